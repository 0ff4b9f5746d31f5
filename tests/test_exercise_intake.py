"""What comes in as an exercise: the road it takes, and that nothing of it touches what is real."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from ingest.holding import Holding
from ingest.receive import understand
from ingest.registry import ROOT, read_registry, read_rules
from ingest.wire import Message
from linkage.alerts import Alert, Casualties, Unreadable
from linkage.intake.arrivals import Receipt, Remark, Several
from linkage.intake.device_state import DeviceState
from linkage.intake.take_in import Intake
from linkage.intake_tables import source_state
from linkage.readings.reading import Reading
from linkage.record import Record
from linkage.settings import load_settings
from linkage.tables import alert as alert_table
from linkage.tables import incident, incident_link, unit
from linkage.tables import warning as warning_table
from linkage.vocabulary import MessageKind, Outcome, WarningColour, WarningStatus
from tests.builders import alert
from tests.test_dialects import wire_bytes
from tests.test_intake import rows, take

SETTINGS = load_settings({})
REGISTRY = read_registry(SETTINGS)
FIXTURES = Path(__file__).parent / "fixtures"
PAYLOADS = [f for f in sorted(FIXTURES.rglob("*.*")) if not f.name.endswith(".expected.json")]


@pytest.fixture
def intake(record: Record) -> Intake:
    REGISTRY.devices.put_in_use()
    return Intake(record, read_rules(SETTINGS, REGISTRY))


def message(source: str, payload: bytes, level: str = "/exercise") -> Message:
    return Message(1, f"{ROOT}/alert/{source}{level}".encode(), payload, retained=False)


def send(
    intake: Intake, source: str, payload: bytes, at: datetime, level: str = "/exercise"
) -> Receipt:
    arrival = understand(message(source, payload, level), REGISTRY, at, Holding())
    return intake.take_in([arrival], at)[0]


def payload_of(source: str, name: str) -> bytes:
    return (FIXTURES / source / f"{name}.json").read_bytes()


def parts_of(source: str, payload: bytes, at: datetime, level: str) -> tuple[object, ...]:
    said = understand(message(source, payload, level), REGISTRY, at, Holding()).content
    return said.parts if isinstance(said, Several) else (said,)


@pytest.mark.parametrize("source", sorted(REGISTRY.sources))
def test_whatever_its_dialect_a_system_can_take_part(source: str, now: datetime) -> None:
    """The topic says it, so a dialect without a flag says it too."""
    files = [f for f in PAYLOADS if f.parent.name == source]
    for file in files:
        real = parts_of(source, wire_bytes(file), now, "")
        practised = parts_of(source, wire_bytes(file), now, "/exercise")
        assert len(real) == len(practised), file
        for was, became in zip(real, practised, strict=True):
            if isinstance(was, Alert | Reading):
                assert became == replace(was, exercise=True), file
            elif isinstance(became, DeviceState):
                assert all(alert.exercise for _, alert in became.alarms), file
            else:
                assert isinstance(became, Remark | Unreadable), file


def test_another_word_one_level_down_is_still_refused(intake: Intake, now: datetime) -> None:
    payload = payload_of("110-cad", "tanker-overturned")
    refused = send(intake, "110-cad", payload, now, "/drill")
    assert refused.status is Outcome.REJECTED
    assert "多出一级" in (refused.reason or "")


def call(**changes: Any) -> Alert:
    return alert(source_ref="J77", casualties=Casualties(injured=1), **changes)


@pytest.mark.parametrize("exercise_first", [True, False])
def test_an_exercise_that_uses_a_real_record_number_says_nothing_about_the_real_one(
    intake: Intake, record: Record, now: datetime, *, exercise_first: bool
) -> None:
    practised = replace(call(), exercise=True, casualties=Casualties(deaths=3), revision=1)
    both = [practised, replace(call(), revision=1)]
    for content in both if exercise_first else reversed(both):
        (receipt,) = take(intake, now, content)
        assert receipt.status is Outcome.STORED
    found = {row.exercise: row for row in rows(record, incident)}
    assert (found[True].deaths, found[False].deaths) == (3, None)
    assert len({row.revision for row in rows(record, alert_table)}) == 2
    # Its update goes to its own, in both.
    for exercise in (True, False):
        more = replace(call(), exercise=exercise, revision=9, casualties=Casualties(injured=5))
        take(intake, now + timedelta(minutes=1), more)
    assert [row.alert_count for row in rows(record, incident)] == [1, 1]
    assert len(rows(record, incident)) == 2
    assert {row.injured for row in rows(record, incident)} == {5}


@pytest.mark.parametrize("exercise", [True, False])
def test_naming_a_record_of_the_other_kind_joins_nothing(
    intake: Intake, record: Record, now: datetime, *, exercise: bool
) -> None:
    take(intake, now, call(exercise=not exercise))
    names = alert(
        source_id="122-cad",
        source_ref="T1",
        references=(("110-cad", "J77"),),
        exercise=exercise,
    )
    take(intake, now + timedelta(minutes=1), names)
    assert len(rows(record, incident)) == 2
    assert rows(record, incident_link) == [], "not even proposed to be the same"


def test_the_same_bytes_over_the_real_topic_are_a_real_call(
    intake: Intake, record: Record, now: datetime
) -> None:
    payload = payload_of("110-cad", "tanker-overturned")
    assert send(intake, "110-cad", payload, now).status is Outcome.STORED
    assert send(intake, "110-cad", payload, now).status is Outcome.DUPLICATE
    assert send(intake, "110-cad", payload, now, "").status is Outcome.STORED
    assert sorted(row.exercise for row in rows(record, incident)) == [False, True]


def test_the_end_of_an_exercised_warning_does_not_end_the_real_one(
    intake: Intake, record: Record, now: datetime
) -> None:
    real = alert(
        source_id="weather",
        source_ref="32070041600000_20261122060000",
        warning_colour=WarningColour.YELLOW,
        sent_at=now,
        expires_at=now + timedelta(hours=6),
        area_codes=("320700",),
    )
    take(intake, now, real)
    off = replace(
        real,
        exercise=True,
        message_kind=MessageKind.CANCEL,
        sent_at=now + timedelta(minutes=1),
        references=((real.source_id, real.source_ref),),
    )
    take(intake, now + timedelta(minutes=1), off)
    found = {row.exercise: row.status for row in rows(record, warning_table)}
    assert found[False] == WarningStatus.ACTIVE


def test_a_vehicle_of_an_exercise_does_not_move_the_real_one(
    intake: Intake, record: Record, now: datetime
) -> None:
    frame = FIXTURES / "transport" / "frame-position-of-a-tanker.hex"
    raw = wire_bytes(frame)
    arrival = understand(message("transport", raw), REGISTRY, now, Holding())
    assert isinstance(arrival.content, Several)
    assert any(isinstance(part, Remark) for part in arrival.content.parts)
    intake.take_in([arrival], now)
    with record.read() as cx:
        assert cx.execute(select(unit)).all() == []


def test_an_alarm_of_an_exercise_begins_and_ends_beside_the_real_one(
    intake: Intake, record: Record, now: datetime
) -> None:
    """JT/T 808 has no flag: a tanker that rolls over in an exercise, then in earnest."""
    frame = FIXTURES / "transport" / "frame-tanker-rolls-over.hex"
    raw = wire_bytes(frame)
    send(intake, "transport", raw, now)
    send(intake, "transport", raw, now + timedelta(seconds=5), "")
    assert sorted(row.exercise for row in rows(record, incident)) == [False, True]
    refs = {row.source_ref for row in rows(record, alert_table)}
    assert len(refs) == 2, "each its own record"


def test_received_is_what_was_stored_duplicate_and_rejected(
    intake: Intake, record: Record, now: datetime
) -> None:
    """The accounts of a system count its exercises too."""
    payload = payload_of("110-cad", "tanker-overturned")
    for _ in range(2):
        send(intake, "110-cad", payload, now)
    with record.read() as cx:
        row = (
            cx.execute(select(source_state).where(source_state.c.source_id == "110-cad"))
            .mappings()
            .first()
        )
    assert row is not None
    assert row["received"] == row["stored"] + row["duplicate"] + row["rejected"] == 2
