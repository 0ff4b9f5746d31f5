"""Several workers, one record: a dead one's lanes are taken over, and nobody works on another's."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from ingest.lanes import DELIVERY, STRANGERS, lanes_of
from ingest.registry import read_registry, read_rules
from ingest.workforce import DEAD_S
from linkage.intake.leases import LaneLost, Me, beat, enlist, give_back, must_hold, plan
from linkage.intake.take_in import Intake
from linkage.intake_tables import lane, worker
from linkage.own_state import CLASH, read_service
from linkage.record import Record
from linkage.settings import load_settings
from linkage.sources import load_sources
from tests.parts import Mosquitto, wait_until
from tests.running import Caller, Ingest
from tests.test_path import assert_nothing_lost_or_doubled, stored_refs

SOURCES = load_sources(Path("sources.toml"))
REGISTRY = read_registry(load_settings({}))
LANES = lanes_of(REGISTRY)
ALL = {*LANES, DELIVERY}
TAKEN_OVER_S = 10.0


def holders(record: Record) -> dict[str, str | None]:
    with record.read() as cx:
        rows = cx.execute(select(lane.c.id, lane.c.worker_id))
        return {name: holder and holder.split("#")[0] for name, holder in rows}


def shares(record: Record) -> dict[str, int]:
    held = [holder for holder in holders(record).values() if holder]
    return {name: held.count(name) for name in set(held)}


class Worker(Ingest):
    """`python -m ingest run` under a name of its own; nobody waits for its probe."""

    def __init__(
        self, broker: Mosquitto, url: str, folder: Path, name: str, *words: str, **more: str
    ) -> None:
        super().__init__(broker, url, folder)
        self.environment |= {"LINKAGE_WORKER": name, "LINKAGE_DATA": str(folder / "data"), **more}
        self.log = folder / f"{name}.log"
        self.words = words

    def start(self) -> None:
        command = [sys.executable, "-m", "ingest", "run", *self.words]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def signal(self, number: signal.Signals) -> None:
        assert self.process
        os.kill(self.process.pid, number)


@contextmanager
def at_work(record: Record, *workers: Worker) -> Iterator[None]:
    """Started, and every lane is somebody's."""
    try:
        for each in workers:
            each.start()
        wait_until(lambda: all_held(record), 30, "every lane to be held")
        yield
    finally:
        alive = [one for one in workers if one.process and one.process.poll() is None]
        for each in alive:
            each.signal(signal.SIGCONT)
        for each in alive:
            each.stop()


def all_held(record: Record) -> bool:
    held = holders(record)
    return held.keys() >= ALL and None not in held.values()


@contextmanager
def storm(caller: Caller, rate: int) -> Iterator[None]:
    over = threading.Event()
    thread = threading.Thread(target=caller.send_steadily, args=(rate, over.is_set))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture
def caller(mosquitto: Mosquitto) -> Iterator[Caller]:
    caller = Caller(mosquitto, SOURCES["110-cad"])
    yield caller
    caller.close()


NAMES = st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=5, unique=True)


@settings(deadline=None)
@given(NAMES, st.data())
def test_shares_are_even_and_everything_is_somebodys_soon(
    names: list[str], data: st.DataObject
) -> None:
    workers = {name: data.draw(st.booleans(), label=f"{name} stands by") for name in names}
    lanes = [f"lane-{n}" for n in range(21)]
    groups = (lanes[:5], lanes[5:])
    held: dict[str, str | None] = {
        name: data.draw(st.sampled_from([None, *names]), label=name) for name in lanes
    }
    moved = 0
    for _ in range(2):  # one turn to give up, one to take
        for me in sorted(workers):
            claimed, surplus = plan(me, workers, held, groups)
            assert not claimed & surplus
            assert all(held[name] is None for name in claimed)
            held |= dict.fromkeys(claimed, me) | dict.fromkeys(surplus, None)
            moved += len(claimed)
    at_work = [name for name, standby in workers.items() if not standby] or list(workers)
    counts = [list(held.values()).count(name) for name in at_work]
    assert sum(counts) == len(lanes)
    assert max(counts) - min(counts) <= 1
    for me in workers:  # and then nothing moves any more
        assert plan(me, workers, held, groups) == (set(), set())


def me(name: str, now: object) -> Me:
    return Me(id=name, standby=False, started_at=now, detail={"process": 1})  # type: ignore[arg-type]


def test_a_batch_for_a_lane_that_was_taken_over_is_not_kept(record: Record, now: object) -> None:
    """T22: fencing: the check is in the transaction of the batch, not before it."""
    first, second = me("first#1", now), me("second#1", now)
    with record.write() as w:
        beat(w, first, lambda _: (), ())
        enlist(w, first.id, {"water", "fire"})
    intake = Intake(
        record, read_rules(load_settings({}), REGISTRY), lambda w: must_hold(w, first.id, {"water"})
    )
    intake.take_in([], now)  # type: ignore[arg-type]
    with record.write() as w:
        standing = beat(w, second, lambda rows: [row.id for row in rows], (["water", "fire"],))
    assert standing.mine == {"water", "fire"}
    with pytest.raises(LaneLost, match="water"):
        intake.take_in([], now)  # type: ignore[arg-type]
    with pytest.raises(LaneLost), record.write() as w:
        must_hold(w, first.id, {"water"})
    with record.write() as w:
        give_back(w, first.id, {"water"})  # too late as well: it is another's now
    assert holders(record) == {"water": "second", "fire": "second"}


def test_alone_a_batch_asks_nothing_about_lanes(record: Record, now: object) -> None:
    asked: list[int] = []
    intake = Intake(record, read_rules(load_settings({}), REGISTRY), lambda _: asked.append(1))
    for _ in range(3):
        intake.take_in([], now)  # type: ignore[arg-type]
    assert len(asked) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_workers_share_the_lanes_and_a_goodbye_gives_them_back(
    mosquitto: Mosquitto, record: Record, database_url: str, tmp_path: Path
) -> None:
    one = Worker(mosquitto, database_url, tmp_path, "one")
    two = Worker(mosquitto, database_url, tmp_path, "two")
    with at_work(record, one, two):
        wait_until(lambda: shares(record) == {"one": 11, "two": 11}, 20, "even shares")
        assert two.stop() == 0
        wait_until(lambda: shares(record) == {"one": 22}, 10, "the other to take all")
    assert holders(record) == dict.fromkeys(ALL)
    with record.read() as cx:
        assert cx.execute(select(worker)).all() == []


def test_a_killed_workers_lanes_are_at_work_again_within_ten_seconds(
    mosquitto: Mosquitto, record: Record, database_url: str, tmp_path: Path, caller: Caller
) -> None:
    """T22: kill -9 one of two: nothing lost, nothing doubled, 10 s at most."""
    one = Worker(mosquitto, database_url, tmp_path, "one")
    two = Worker(mosquitto, database_url, tmp_path, "two")
    with at_work(record, one, two), storm(caller, 200):
        wait_until(lambda: shares(record) == {"one": 11, "two": 11}, 20, "even shares")
        name = holders(record)["110-cad"]
        victim = one if name == "one" else two
        # As if its machine were gone: nobody here can see that the process is.
        _hide_process(record)
        began = time.monotonic()
        victim.kill()
        wait_until(lambda n=name: holders(record)["110-cad"] not in {n, None}, 20, "takeover")
        before = len(stored_refs(record))
        wait_until(lambda n=before: len(stored_refs(record)) > n, 10, "calls to be taken")
        took = time.monotonic() - began
        print(f"taken over after {took:.1f} s")
        assert took <= TAKEN_OVER_S
        victim.start()
        wait_until(lambda: shares(record) == {"one": 11, "two": 11}, 20, "even shares")
    with at_work(record, one):
        assert_nothing_lost_or_doubled(record, caller)


def _hide_process(record: Record) -> None:
    with record.write() as w:
        for row in w.cx.execute(select(worker)).all():
            detail = msgspec.json.decode(row.detail) | {"space": "another machine"}
            w.cx.execute(
                worker.update()
                .where(worker.c.id == row.id)
                .values(detail=msgspec.json.encode(detail).decode())
            )


def test_a_worker_that_was_stopped_and_wakes_does_no_harm(
    mosquitto: Mosquitto, record: Record, database_url: str, tmp_path: Path, caller: Caller
) -> None:
    """T22: SIGSTOP while it works; the other takes over; it wakes and finds itself replaced."""
    one = Worker(mosquitto, database_url, tmp_path, "one")
    two = Worker(mosquitto, database_url, tmp_path, "two")
    sqlite = database_url.startswith("sqlite")
    with at_work(record, one, two), storm(caller, 200):
        wait_until(lambda: shares(record) == {"one": 11, "two": 11}, 20, "even shares")
        name = holders(record)["110-cad"]
        sleeper = one if name == "one" else two
        while True:
            sleeper.signal(signal.SIGSTOP)
            if not sqlite or _may_write(record):
                break
            sleeper.signal(signal.SIGCONT)  # in a transaction: on SQLite nobody could go on
        wait_until(lambda: holders(record)["110-cad"] not in {name, None}, 20, "takeover")
        before = len(stored_refs(record))
        wait_until(lambda: len(stored_refs(record)) > before + 200, 20, "calls to be taken")
        sleeper.signal(signal.SIGCONT)
        wait_until(lambda: shares(record) == {"one": 11, "two": 11}, 20, "even shares again")
    with at_work(record, one):
        assert_nothing_lost_or_doubled(record, caller)


def _may_write(record: Record) -> bool:
    with record.engine.connect() as cx:
        cx.connection.driver_connection.execute("PRAGMA busy_timeout = 100")  # type: ignore[union-attr]
        try:
            cx.exec_driver_sql("ROLLBACK")
        except OperationalError:
            return False
        return True


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_standby_works_only_when_nobody_else_does(
    mosquitto: Mosquitto, record: Record, database_url: str, tmp_path: Path, caller: Caller
) -> None:
    """T22: the hot standby takes over within 10 s, and steps back when the other returns."""
    main = Worker(mosquitto, database_url, tmp_path, "main")
    spare = Worker(mosquitto, database_url, tmp_path, "spare", "--standby")
    with at_work(record, main, spare), storm(caller, 100):
        wait_until(lambda: shares(record) == {"main": 22}, 20, "the standby to stand by")
        _hide_process(record)
        began = time.monotonic()
        main.kill()
        wait_until(lambda: shares(record) == {"spare": 22}, 20, "the standby to work")
        before = len(stored_refs(record))
        wait_until(lambda: len(stored_refs(record)) > before, 10, "calls to be taken")
        took = time.monotonic() - began
        print(f"standby at work after {took:.1f} s")
        assert took <= TAKEN_OVER_S
        main.start()
        wait_until(lambda: shares(record) == {"main": 22}, 20, "the standby to step back")
    with at_work(record, main):
        assert_nothing_lost_or_doubled(record, caller)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_command_runs_two_workers_and_starts_again_what_dies(
    mosquitto: Mosquitto, record: Record, database_url: str, tmp_path: Path
) -> None:
    crew = Worker(mosquitto, database_url, tmp_path, "crew", "--workers", "2")
    with at_work(record, crew):
        wait_until(lambda: shares(record) == {"crew/1": 11, "crew/2": 11}, 20, "even shares")
        with record.read() as cx:
            details = cx.execute(select(worker.c.detail)).scalars().all()
        os.kill(msgspec.json.decode(details[0])["process"], signal.SIGKILL)
        wait_until(lambda: len(shares(record)) == 1, 20, "the death to be seen")
        wait_until(lambda: shares(record) == {"crew/1": 11, "crew/2": 11}, 20, "even shares again")
    assert holders(record) == dict.fromkeys(ALL)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_another_intake_of_the_same_name_is_reported_with_both_names(
    mosquitto: Mosquitto, record: Record, database_url: str, tmp_path: Path
) -> None:
    """T21: a client-id clash is said aloud and shown, instead of an endless quarrel in silence."""
    ours = Worker(mosquitto, database_url, tmp_path, "ours")
    folder = tmp_path / "other"
    folder.mkdir()
    elsewhere = f"sqlite:///{folder}/linkage.db"
    foreign = Worker(mosquitto, elsewhere, folder, "foreign")
    subprocess.run(
        [sys.executable, "-m", "linkage", "migrate"], env=foreign.environment, check=True
    )
    with at_work(record, ours):
        foreign.start()
        try:

            def told() -> bool:
                with record.read() as cx:
                    state = read_service(cx, CLASH)
                return state is not None and "ours#" in str(state.detail["why"])

            wait_until(told, 20, "the clash to be told")
        finally:
            foreign.stop()
        assert "LINKAGE_INGEST_ID" in ours.log.read_text("utf-8")
        assert STRANGERS in holders(record)
        assert DEAD_S < TAKEN_OVER_S
