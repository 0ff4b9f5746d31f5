"""The scenario of an exercise is told over the exercise level, once, whoever tells it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ingest.exercise_player import ExercisePlayer
from ingest.holding import Holding
from ingest.receive import understand
from ingest.registry import read_registry, read_rules
from ingest.wire import Message
from linkage.clocks.rule_file import read_clocks
from linkage.exercise import ending, exercises
from linkage.exercise.targets import load_exercise_rules
from linkage.intake.take_in import Intake
from linkage.people import Actor
from linkage.record import Record
from linkage.settings import load_settings
from linkage.tables import incident, warning
from linkage.vocabulary import IncidentStatus, Outcome
from tests.test_intake import rows

SETTINGS = load_settings({})
REGISTRY = read_registry(SETTINGS)
DEMO = SETTINGS.tables / "demo"
Said = list[tuple[str, bytes]]


def player(record: Record, said: Said) -> ExercisePlayer:
    return ExercisePlayer(
        record, DEMO, lambda: REGISTRY.sources, lambda topic, payload: said.append((topic, payload))
    )


def take_in(record: Record, said: Said, at: datetime) -> list[Outcome]:
    intake = Intake(record, read_rules(SETTINGS, REGISTRY))
    arrivals = [
        understand(Message(1, topic.encode(), payload, retained=False), REGISTRY, at, Holding())
        for topic, payload in said
    ]
    return [receipt.status for receipt in intake.take_in(arrivals, at)]


def test_without_an_exercise_nothing_is_said(record: Record, now: datetime) -> None:
    said: Said = []
    assert player(record, said).look(now) == 0
    assert said == []


def test_the_story_is_told_in_its_time_and_every_row_of_it_is_flagged(
    record: Record, chief: Actor, now: datetime
) -> None:
    exercises.begin(record, chief, "台风", scenario="typhoon", speed=10, at=now)
    said: Said = []
    teller = player(record, said)
    begun = teller.look(now + timedelta(seconds=10))
    assert begun >= 10, "what was before begin_at is told at once"
    assert teller.look(now + timedelta(seconds=10)) == 0, "said once"
    teller.look(now + timedelta(hours=1))
    assert len(said) > begun
    assert all(topic.endswith("/exercise") for topic, _ in said)
    outcomes = take_in(record, said, now + timedelta(hours=1))
    assert outcomes.count(Outcome.REJECTED) == 2, "the two broken messages of the scenario"
    found = rows(record, incident)
    assert {row.exercise for row in found} == {True}
    assert {row.exercise for row in rows(record, warning)} == {True}
    assert any(row.deaths == 3 and row.grade_proposed == "considerable" for row in found)


def test_who_takes_over_says_the_same_again_and_it_counts_once(
    record: Record, chief: Actor, now: datetime
) -> None:
    exercises.begin(record, chief, "台风", scenario="typhoon", speed=60, at=now)
    first: Said = []
    second: Said = []
    player(record, first).look(now + timedelta(minutes=2))
    take_in(record, first, now + timedelta(minutes=2))
    incidents = len(rows(record, incident))
    player(record, second).look(now + timedelta(minutes=3))
    assert second[: len(first)] == first
    take_in(record, second[: len(first)], now + timedelta(minutes=3))
    assert len(rows(record, incident)) == incidents


def test_a_scenario_that_is_not_there_stops_nothing(
    record: Record, chief: Actor, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    exercises.begin(record, chief, "没有的", scenario="none", at=now)
    assert player(record, []).look(now) == 0
    assert "没有的" in caplog.text


def test_after_the_end_nothing_more_is_said_and_nothing_stays_open(
    record: Record, chief: Actor, now: datetime
) -> None:
    one = exercises.begin(record, chief, "台风", scenario="typhoon", speed=60, at=now)
    said: Said = []
    teller = player(record, said)
    teller.look(now + timedelta(minutes=1))
    take_in(record, said, now + timedelta(minutes=1))
    rules = load_exercise_rules(Path(SETTINGS.tables) / "exercise.toml")
    end = now + timedelta(minutes=2)
    agencies = REGISTRY.agencies
    clocks = read_clocks(SETTINGS.tables, agencies)
    ending.end(record, chief, one, "完成", agencies=agencies, rules=rules, clocks=clocks, at=end)
    assert teller.look(end + timedelta(minutes=1)) == 0
    over = {IncidentStatus.CLOSED, IncidentStatus.CANCELLED, IncidentStatus.MERGED}
    assert {row.status for row in rows(record, incident)} <= over
