"""One source floods, the others are not kept waiting; nothing of the flood is dropped."""

import time
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ingest.turns import FEW, LONGEST, Turns
from ingest.wire import Message
from linkage.intake_tables import source_state
from linkage.record import Record
from linkage.sources import load_sources
from linkage.tables import inbound_message
from tests.parts import Mosquitto, wait_until
from tests.running import Caller, running_ingest

SOURCES = load_sources(Path("sources.toml"))
# Seconds of a batch without messages, and of each message: SQLite, PostgreSQL, a slow disk.
COSTS = [(0.003, 0.0002), (0.010, 0.0002), (0.030, 0.0003)]


def message(n: int, topic: bytes = b"linkage/v1/alert/x") -> Message:
    return Message(n, topic, b"", retained=False)


class Hall:
    """Lanes with queues, and an intake whose batches last as long as it is told."""

    def __init__(self, fixed_s: float, each_s: float, rates: dict[str, int | None]) -> None:
        self.turns, self.now = Turns(), 0.0
        self.fixed_s, self.each_s = fixed_s, each_s
        self.queues: dict[str, list[float]] = {name: [] for name in rates}
        self.waits: dict[str, list[float]] = {name: [] for name in rates}
        self.excess = dict.fromkeys(rates, 0)
        self.sizes: list[int] = []
        self.taken: list[tuple[str, float]] = []  # of this turn: lane, and when it came
        for name, per_minute in rates.items():
            self.turns.add(name, per_minute, life_safety=name.startswith("110"))

    def take(self, lane: str, most: int) -> list[Message]:
        queue = self.queues[lane]
        there = [at for at in queue[:most] if at <= self.now]
        self.taken += [(lane, at) for at in there]
        del queue[: len(there)]
        return [message(1) for _ in there]

    def turn(self, most: int = 500) -> int:
        self.taken = []
        ready = [name for name, queue in self.queues.items() if queue and queue[0] <= self.now]
        given = self.turns.batch(ready, self.take, self.now, most)
        count = sum(len(messages) for _, messages in given)
        for name, messages in given:
            self.excess[name] += sum(one.excess for one in messages)
        if not count:
            left = [queue[0] for queue in self.queues.values() if queue]
            self.now = max(self.now, min(left)) if left else self.now
            return 0
        lasted = self.fixed_s + count * self.each_s
        self.now += lasted
        self.turns.lasted(lasted)
        self.sizes.append(count)
        for name, at in self.taken:
            self.waits[name].append(self.now - at)
        return count

    def run(self, until: float) -> None:
        while self.now < until and any(self.queues.values()):
            self.turn()


def calls(dice: Random, per_second: float, until: float) -> list[float]:
    times, at = [], 0.0
    while (at := at + dice.expovariate(per_second)) < until:
        times.append(at)
    return times


def p99(waits: list[float]) -> float:
    return sorted(waits)[int(len(waits) * 0.99)]


@pytest.mark.parametrize(("fixed_s", "each_s"), COSTS)
@pytest.mark.parametrize("flooder", ["110-cad", "water"])
def test_a_flood_leaves_the_others_p99_within_twice_what_it_was(
    flooder: str, fixed_s: float, each_s: float
) -> None:
    """T26: one source at 100 times its rate for a minute."""
    others = [f"source-{n}" for n in range(18)]
    seconds = 60.0
    p99s = []
    for flood in (0.0, 100.0):
        dice = Random(3)
        hall = Hall(fixed_s, each_s, dict.fromkeys([flooder, *others], 60))
        for name in others:
            hall.queues[name] = calls(dice, 0.5, seconds)
        hall.queues[flooder] = calls(dice, flood, seconds) if flood else []
        hall.run(seconds)
        waits = [wait for name in others for wait in hall.waits[name]]
        assert len(waits) > 400
        p99s.append(p99(waits))
    assert p99s[1] <= 2 * p99s[0]
    assert hall.excess[flooder] > 0
    assert all(hall.excess[name] == 0 for name in others)


def test_above_its_rate_is_counted_and_handed_over_all_the_same() -> None:
    hall = Hall(0.001, 0.0001, {"fire": 60, "water": 60})
    hall.queues["fire"] = [0.0] * 1_000
    hall.run(60)
    assert len(hall.waits["fire"]) == 1_000
    # A minute's worth at once, and what the second or so of the work allows.
    assert 930 <= hall.excess["fire"] <= 940


def test_what_has_come_in_our_absence_is_not_above_the_rate() -> None:
    hall = Hall(0.001, 0.0001, {"fire": 60})
    hall.turns.allow(1_000)
    hall.queues["fire"] = [0.0] * 1_000
    hall.run(60)
    assert hall.excess["fire"] == 0


def test_a_backlog_alone_drains_in_full_batches() -> None:
    hall = Hall(0.003, 0.0002, dict.fromkeys(["fire", "water", "110-cad"], 60))
    hall.queues["water"] = [0.0] * 5_000
    hall.run(60)
    assert hall.sizes[0] == FEW
    assert set(hall.sizes[1:-1]) == {500}


def test_nineteen_backlogs_drain_side_by_side_and_life_safety_within_its_rate_first() -> None:
    """T27: everybody comes back at once with a long queue."""
    names = [f"source-{n}" for n in range(18)]
    hall = Hall(0.003, 0.0002, {"110-cad": 3_000, **dict.fromkeys(names, 600)})
    for name in hall.queues:
        hall.queues[name] = [0.0] * 3_000
    while hall.queues["110-cad"]:
        hall.turn()
    assert hall.now < 3
    assert all(len(hall.waits[name]) < 100 for name in names)
    hall.run(600)
    assert all(len(waits) == 3_000 for waits in hall.waits.values())
    assert hall.now < 60 * 0.0002 * 3_000 * 19


@pytest.mark.parametrize(("fixed_s", "each_s"), COSTS)
def test_a_storm_over_the_city_is_kept_up_with(fixed_s: float, each_s: float) -> None:
    """T26: five hundred a second from everybody, above every agreed rate: nobody falls behind."""
    rates: dict[str, int | None] = {f"{n}-cad": 60 for n in range(108, 127)}
    hall = Hall(fixed_s, each_s, rates)
    dice = Random(4)
    for number, queue in enumerate(hall.queues.values()):
        # A few systems say most of it, and some next to nothing, as in a real one.
        queue.extend(calls(dice, 80 if number < 6 else 1.5, 60))
    hall.run(60)
    waits = [wait for each in hall.waits.values() for wait in each]
    assert len(waits) > 25_000
    assert sum(map(len, hall.queues.values())) < 500
    assert p99(waits) < 1.0


@pytest.mark.parametrize("cost", [*COSTS, (0.010, 0.0008), (0.030, 0.001)])
def test_a_storm_of_calls_is_kept_up_with_on_a_busy_machine(cost: tuple[float, float]) -> None:
    """T26: nearly all of it comes from 110, 122 and 120; the departments say little."""
    storm = {"110-cad": 280, "122-cad": 140, "120-cad": 48, "119-cad": 21, "fire": 4, "market": 3}
    hall = Hall(*cost, dict.fromkeys(storm, 60))
    dice = Random(5)
    for name, per_second in storm.items():
        hall.queues[name] = calls(dice, per_second, 60)
    hall.run(60)
    assert sum(map(len, hall.queues.values())) < 50
    assert all(p99(waits) < 0.5 for waits in hall.waits.values())


def test_the_flooded_lane_gets_its_turns_however_many_light_ones_there_are() -> None:
    hall = Hall(0.003, 0.0002, dict.fromkeys(["flood", "a", "b"], 60))
    hall.queues["flood"] = [0.0] * 10_000
    dice = Random(1)
    for name in ("a", "b"):
        hall.queues[name] = calls(dice, 400.0, 20.0)  # more than light: there is always something
    hall.run(5)
    assert len(hall.waits["flood"]) > 500


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 60)), max_size=30),
    st.integers(1, 500),
)
def test_no_message_is_lost_or_changes_places_in_its_lane(
    bursts: list[tuple[str, int]], most: int
) -> None:
    turns = Turns()
    queues: dict[str, list[Message]] = {name: [] for name in "abcde"}
    numbers = dict.fromkeys(queues, 0)
    for name in queues:
        turns.add(name, 5 if name != "e" else None, life_safety=name == "a")
    given_: dict[str, list[int]] = {name: [] for name in queues}

    def take(lane: str, count: int) -> list[Message]:
        assert 0 < count <= most
        queue = queues[lane]
        taken, queues[lane] = queue[:count], queue[count:]
        return taken

    def hand_over(now: float) -> int:
        handed = turns.batch([name for name in queues if queues[name]], take, now, most)
        count = sum(len(messages) for _, messages in handed)
        assert count <= most
        for name, messages in handed:
            given_[name] += [one.mid for one in messages]
        turns.lasted(0.001 * count)
        return count

    for at, (name, count) in enumerate(bursts):
        for _ in range(count):
            numbers[name] += 1
            queues[name].append(message(numbers[name]))
        hand_over(at)
    for at in range(10_000):
        if not hand_over(len(bursts) + at):
            break
    assert given_ == {name: list(range(1, numbers[name] + 1)) for name in queues}


def test_a_flood_through_the_real_road_is_all_kept_and_the_excess_counted(
    mosquitto: Mosquitto, record: Record, database_url: str, tmp_path: Path
) -> None:
    """T26: the excess is stored and counted; a call of another source is not held up behind it."""
    flooder, other = SOURCES["civil-defence"], SOURCES["110-cad"]
    assert flooder.rate_per_minute == 60
    with running_ingest(mosquitto, database_url, tmp_path):
        flood, calm = Caller(mosquitto, flooder), Caller(mosquitto, other)
        calm.send("first")
        wait_until(lambda: "first" in calm.receipts, 10, "the intake to be awake")
        for n in range(3_000):
            flood.send(f"F{n}", msgspec.json.encode({"n": n}))
        began = time.monotonic()
        calm.send("second")
        wait_until(lambda: "second" in calm.receipts, 10, "the call in the middle of the flood")
        waited = time.monotonic() - began
        kept = select(func.count()).select_from(inbound_message)
        with record.read() as cx:
            then = cx.execute(kept).scalar_one()
        assert then < 3_000, "the flood was over before the call came: nothing was shown"
        wait_until(lambda: _count(record) == 3_002, 60, "the whole flood")
        flood.close()
        calm.close()
    with record.read() as cx:
        states = {
            row.source_id: row for row in cx.execute(select(source_state)) if row.channel == "alert"
        }
    assert states[flooder.id].received == states[flooder.id].rejected == 3_000
    assert 2_800 < states[flooder.id].excess <= 2_940
    assert states[other.id].excess == 0
    assert waited < 2
    assert LONGEST < 500


def _count(record: Record) -> int:
    with record.read() as cx:
        return int(cx.execute(select(func.count()).select_from(inbound_message)).scalar_one())
