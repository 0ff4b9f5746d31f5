"""The demonstration: readable by the intake, the same for the same seed, like a real evening."""

import argparse
import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from ingest.decode import read_alert
from ingest.simulate.city import City
from ingest.simulate.commands import story
from ingest.simulate.evening import load_evening
from ingest.simulate.feed import RESEND_AFTER, Feed, Ledger, payload_of, write_status
from ingest.simulate.line import Line
from ingest.simulate.roll import FIRST_ROUND, load_roll
from ingest.simulate.scenario import load_scenario
from ingest.simulate.statements import Step, rule_for
from ingest.simulate.write import write_alert
from linkage.alerts import Alert, Unreadable
from linkage.areas import area_code
from linkage.errors import BadConfig
from linkage.kinds import Kind
from linkage.settings import load_settings
from linkage.sources import load_sources
from linkage.vocabulary import MessageKind, Severity
from tests.parts import Mosquitto, wait_until

DEMO = Path("data/demo")
SOURCES = load_sources(Path("sources.toml"))
START = datetime(2026, 8, 6, 11, 0, tzinfo=UTC)  # 19:00 in Beijing


class Said(NamedTuple):
    due: datetime
    alert: Alert


def told(minutes: float, **options: Any) -> list[Said]:
    """Every statement within so many minutes."""
    steps = steps_of(minutes, **options)
    return [Said(s.due, s.alert) for s in steps if s.alert is not None]


def steps_of(
    minutes: float, *, seed: int = 42, speed: float = 1, scenario: str = "", start: datetime = START
) -> list[Step]:
    """Everything that leaves a system within so many minutes, also what is no statement."""
    options = argparse.Namespace(seed=seed, speed=speed, scenario=scenario)
    end = start + timedelta(minutes=minutes)
    return list(takewhile(lambda step: step.due < end, story(SOURCES, DEMO, start, options)))


def test_the_same_seed_is_the_same_evening() -> None:
    first, again = told(60, scenario="typhoon"), told(60, scenario="typhoon")
    assert first == again
    assert [write_alert(s.alert, SOURCES[s.alert.source_id]) for s in first] == [
        write_alert(s.alert, SOURCES[s.alert.source_id]) for s in again
    ]


def test_another_seed_is_another_evening() -> None:
    assert told(30, seed=1) != told(30, seed=2)


def test_two_evenings_never_share_a_record_number() -> None:
    def numbers(start: datetime) -> set[tuple[str, str]]:
        return {(s.alert.source_id, s.alert.source_ref) for s in told(60, start=start)}

    assert not numbers(START) & numbers(START + timedelta(hours=1))


def test_the_scenario_leaves_the_evening_as_it_was() -> None:
    def of_110(steps: list[Said]) -> list[str]:
        return [s.alert.text for s in steps if s.alert.caller_phone]

    assert of_110(told(60)) == of_110(told(60, scenario="typhoon"))


@pytest.mark.parametrize("speed", [1, 60])
def test_all_nineteen_have_spoken_within_two_minutes(speed: float) -> None:
    spoken = {step.alert.source_id for step in told(FIRST_ROUND / 60 + 0.1, speed=speed)}
    assert spoken == set(SOURCES)


def test_the_intake_reads_every_statement_as_it_was_meant() -> None:
    for step in told(300, speed=20, scenario="typhoon"):
        meant = step.alert
        source = SOURCES[meant.source_id]
        read = read_alert(write_alert(meant, source), source, step.due)
        assert (read.source_ref, read.kind, read.event_code) == (
            meant.source_ref,
            meant.kind,
            meant.event_code,
        )
        assert read.exercise == meant.exercise
        assert abs(read.occurred_at - meant.occurred_at) < timedelta(minutes=1)
        assert read.warning_colour == meant.warning_colour
        assert read.hazmat or not meant.hazmat  # some kinds are hazardous by themselves
        assert read.plates == meant.plates
        if source.dialect != "earthquake" and not meant.is_warning:  # these say it their way
            assert meant.text in read.text
            known = meant.severity in source.severities.values()
            assert read.severity == (meant.severity if known else Severity.UNKNOWN)
        for name, fact in meant.facts.items():
            assert read.facts[name] == fact


def test_positions_survive_every_datum_within_a_metre() -> None:
    for step in told(300, speed=20, scenario="typhoon"):
        meant = step.alert
        if meant.is_warning:
            continue
        source = SOURCES[meant.source_id]
        read = read_alert(write_alert(meant, source), source, step.due)
        assert meant.point is not None
        assert read.point is not None
        assert abs(read.point.lon - meant.point.lon) < 1e-5
        assert abs(read.point.lat - meant.point.lat) < 1e-5


def test_updates_are_read_as_newer_than_what_they_update() -> None:
    seen: dict[tuple[str, str], int] = {}
    updates = 0
    for step in told(600, speed=6):
        alert = step.alert
        if alert.source_id not in {"119-cad", "120-cad", "122-cad"}:
            continue
        read = read_alert(
            write_alert(alert, SOURCES[alert.source_id]), SOURCES[alert.source_id], step.due
        )
        assert read.revision is not None
        key = (alert.source_id, alert.source_ref)
        if key in seen:
            updates += 1
            assert read.revision > seen[key]
            assert read.message_kind is MessageKind.UPDATE
        seen[key] = read.revision
    assert updates > 10


def test_nothing_is_said_to_have_happened_after_it_was_told() -> None:
    for step in told(120, speed=60, scenario="typhoon"):
        assert step.alert.occurred_at <= step.due


def test_every_place_lies_in_the_district_it_names() -> None:
    for place in City(DEMO).places:
        assert area_code(place.point) == place.area, place.name


def test_an_evening_has_the_mix_of_a_prefecture() -> None:
    evening = load_evening(DEMO)
    share: Counter[Kind] = Counter()
    for call in evening.call:
        share[call.kind] += call.share  # type: ignore[assignment]
    assert sum(share.values()) == pytest.approx(100)
    assert share[Kind.TRAFFIC_ACCIDENT] == 30
    assert share[Kind.INVALID_CALL] == 30
    assert share[Kind.NON_POLICE] == 20


def test_a_day_has_about_twelve_hundred_calls() -> None:
    # Callers have telephones; departments do not. The first report of an event counts.
    events = Counter(s.alert.kind for s in told(24 * 60) if s.alert.caller_phone)
    told_more_than_once = 1.15
    assert 1200 * 0.9 < sum(events.values()) / told_more_than_once < 1200 * 1.1


def test_each_call_kind_is_in_the_tables_of_the_systems_that_tell_it() -> None:
    for call in load_evening(DEMO).call:
        for source_id in (call.told, *call.also):
            rule_for(SOURCES[source_id], call.kind, call.called.get(source_id))
    for reading in load_roll(DEMO):
        rule_for(SOURCES[reading.source], reading.kind, reading.word)


def test_a_kind_that_the_table_lacks_is_named_with_the_remedy() -> None:
    with pytest.raises(BadConfig, match=r'sources.toml: source "122-cad".*火灾.*类别表'):
        rule_for(SOURCES["122-cad"], Kind.FIRE)


def test_the_tanker_is_told_by_110_122_119_and_120_within_the_first_minute() -> None:
    steps = told(1, speed=6, scenario="typhoon")
    of_tanker = [s.alert for s in steps if "罐车" in s.alert.text]
    assert {a.source_id for a in of_tanker} == {"110-cad", "119-cad", "120-cad", "122-cad"}


def test_two_fires_in_one_street_are_an_hour_apart() -> None:
    fires = [
        s.alert
        for s in told(2, speed=6, scenario="typhoon")
        if s.alert.kind is Kind.FIRE
        and s.alert.place == "海州区海连中路"
        and not s.alert.caller_phone
    ]
    times = sorted(a.occurred_at for a in fires)
    assert times[-1] - times[0] > timedelta(hours=1)


def test_the_drill_is_a_drill_on_the_wire() -> None:
    drills = [s for s in told(10, speed=6, scenario="typhoon") if s.alert.exercise]
    assert {s.alert.source_id for s in drills} == {"civil-defence", "weather"}
    for step in drills:
        source = SOURCES[step.alert.source_id]
        assert read_alert(write_alert(step.alert, source), source, step.due).exercise


def test_what_is_sent_broken_is_refused_with_a_reason() -> None:
    told = steps_of(6, speed=6, scenario="typhoon")
    broken = [s for s in told if s.alert is None and not s.frame]
    assert len(broken) == 2
    # Whoever starts it sees nineteen green lights first.
    assert all(step.due - START > timedelta(minutes=3) for step in broken)
    for step in broken:
        source = SOURCES[step.source_id]
        with pytest.raises(Unreadable):
            read_alert(payload_of(step, source), source, step.due)


def test_one_message_of_the_scenario_comes_twice_byte_for_byte() -> None:
    sent = Counter(
        payload_of(s, SOURCES[s.source_id]) for s in steps_of(5, speed=6, scenario="typhoon")
    )
    twice = [payload for payload, times in sent.items() if times > 1]
    assert len(twice) == 1
    assert "罐车侧翻" in twice[0].decode("gb18030")


def test_a_scenario_that_is_not_there_is_named() -> None:
    with pytest.raises(BadConfig, match="没有这个情景"):
        load_scenario(DEMO, "quake")


def test_a_step_that_follows_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(
        'title = "x"\nbegin_at = "08:00"\n[[step]]\nat = "09:00"\nsource = "weather"\n'
        'kind = "typhoon"\ntext = "x"\nfollows = "蓝色"\n'
    )
    with pytest.raises(BadConfig, match="没有名为“蓝色”的步骤"):
        load_scenario(tmp_path, "bad")


class Lines:
    """Stands for the nineteen lines: remembers what was said on which topic."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bytes]] = []

    def say(self, topic: str, payload: bytes) -> None:
        self.said.append((topic, payload))

    def on(self, topic: str) -> list[bytes]:
        return [payload for t, payload in self.said if t.startswith(topic)]


def receipt(ref: str, status: str = "stored", incident: str | None = "20260806-0001") -> bytes:
    return msgspec.json.encode({"source_ref": ref, "status": status, "incident": incident})


@pytest.fixture
def lines() -> Lines:
    return Lines()


def feed(lines: Lines, ledger: Ledger, status: Path | None = None) -> Feed:
    return Feed(SOURCES, dict.fromkeys(SOURCES, lines), ledger, status)


def first_call() -> Step:
    return next(s for s in steps_of(60) if s.source_id == "110-cad")


def test_what_has_a_receipt_is_not_sent_again(lines: Lines) -> None:
    ledger = Ledger()
    step = first_call()
    assert step.alert
    feed(lines, ledger).send(step, now=0)
    ledger.heard("linkage/v1/receipt/110-cad", receipt(step.alert.source_ref))
    assert list(ledger.overdue(RESEND_AFTER + 1)) == []


def test_what_has_no_receipt_is_sent_again_less_and_less_often(lines: Lines) -> None:
    ledger = Ledger()
    played = feed(lines, ledger)
    played.send(first_call(), now=0)
    for now in (1, RESEND_AFTER + 1, RESEND_AFTER * 2, RESEND_AFTER * 3 + 2):
        played.keep_up(now)
    sent = lines.on("linkage/v1/alert/110-cad")
    assert len(sent) == 3
    assert len(set(sent)) == 1
    assert ledger.status()["resent"] == 2


def test_every_system_shows_that_it_is_alive(lines: Lines) -> None:
    played = feed(lines, Ledger())
    played.keep_up(now=1)
    assert len({topic for topic, _ in lines.said}) == len(SOURCES)
    lines.said.clear()
    played.keep_up(now=5)
    assert lines.said == []
    played.keep_up(now=30)
    assert len(lines.said) == len(SOURCES)


def test_the_count_tells_what_became_of_everything(lines: Lines, tmp_path: Path) -> None:
    ledger = Ledger()
    played = feed(lines, ledger, tmp_path / "feed.json")
    for step in islice((s for s in steps_of(60) if s.source_id == "110-cad"), 3):
        assert step.alert
        played.send(step, now=0)
        ref = step.alert.source_ref
        ledger.heard("linkage/v1/receipt/110-cad", receipt(ref))
    ledger.heard("linkage/v1/receipt/110-cad", receipt("x", "rejected", None))
    played.keep_up(now=1)
    status = json.loads((tmp_path / "feed.json").read_text())
    assert (status["sent"], status["waiting"]) == (3, 0)
    assert status["answered"] == {"stored": 3, "rejected": 1}
    assert status["first_incident"] == "20260806-0001"
    assert "拒收 1" in status["line"]


def test_the_status_file_is_never_half_written(tmp_path: Path) -> None:
    write_status(tmp_path / "feed.json", {"sent": 1})
    assert [file.name for file in tmp_path.iterdir()] == ["feed.json"]


def test_a_system_knows_whether_anybody_listens(mosquitto: Mosquitto) -> None:
    settings = load_settings({"LINKAGE_MQTT_URL": mosquitto.url})
    topic = "linkage/v1/heartbeat/110-cad"
    speaker = Line(settings, "demo-110-cad", (), lambda *_: None)
    speaker.open()
    confirmed = threading.Event()
    wait_until(speaker.client.is_connected, 5, "the connection")
    speaker.client.publish(topic, b"{}", qos=1).wait_for_publish(5)
    assert not speaker.listened_to.is_set()
    heard: list[bytes] = []
    listener = Line(settings, "intake", (topic,), lambda _, payload: heard.append(payload))
    listener.client.on_subscribe = lambda *_: confirmed.set()
    listener.open()
    assert confirmed.wait(5)
    speaker.say(topic, b"{}")
    assert speaker.listened_to.wait(5)
    wait_until(lambda: heard, 5, "the heartbeat")
    speaker.close()
    listener.close()
