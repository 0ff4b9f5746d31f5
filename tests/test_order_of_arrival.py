"""Twice, out of order, before their time: what the same calls make of the record in any order."""

import json
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from ingest.holding import Holding
from ingest.receive import understand
from ingest.registry import read_registry, read_rules
from ingest.wire import Message
from linkage.alerts import Alert, Point
from linkage.desk.live import warnings_since
from linkage.intake.arrivals import Receipt
from linkage.intake.take_in import Intake
from linkage.kinds import Kind
from linkage.record import Record
from linkage.settings import load_settings
from linkage.tables import alert as alert_table
from linkage.tables import incident, incident_alert, incident_link
from linkage.tables import warning as warning_table
from linkage.vocabulary import MessageKind, Outcome, Severity, WarningColour
from tests.builders import alert
from tests.test_intake import arrival, rows, take

ROOT = Path(__file__).parents[1]
SETTINGS = load_settings({})
REGISTRY = read_registry(SETTINGS)
QUAKE = json.loads((ROOT / "tests/fixtures/earthquake/automatic-report.json").read_bytes())


@pytest.fixture
def intake(record: Record) -> Intake:
    return Intake(record, read_rules(SETTINGS, REGISTRY))


def send(intake: Intake, source: str, form: dict[str, Any], now: datetime) -> Receipt:
    payload = json.dumps(form, ensure_ascii=False).encode()
    message = Message(1, f"linkage/v1/alert/{source}".encode(), payload, retained=False)
    return intake.take_in([understand(message, REGISTRY, now, Holding())], now)[0]


def members(record: Record) -> int:
    """How many alerts stand in an incident."""
    with record.read() as cx:
        return int(cx.execute(select(func.count()).select_from(incident_alert)).scalar_one())


def test_the_packet_number_says_nothing_the_record_number_says_all(
    intake: Intake, record: Record, now: datetime
) -> None:
    """T06: sent again with or without DUP it is one call; another record number is another."""
    payload = json.dumps({"x": 1}).encode()
    one, far = alert(source_ref="A"), Point(118.75, 34.54)
    receipts = intake.take_in(
        [
            arrival(one, now, payload=payload),
            arrival(one, now, payload=payload),
            arrival(alert(source_ref="B", point=far, place="东海县", text="另一起"), now),
        ],
        now,
    )
    assert [r.status for r in receipts] == [Outcome.STORED, Outcome.DUPLICATE, Outcome.STORED]
    assert len(rows(record, incident)) == 2


def test_changes_of_one_minute_are_all_kept_and_the_last_stands(
    intake: Intake, record: Record, now: datetime
) -> None:
    """T08: a source that writes no seconds gives several changes one time"""
    minute = 1_795_329_000
    for n, severity in enumerate(Severity):
        one = alert(revision=minute, text=f"第{n}版", severity=severity)
        (receipt,) = take(intake, now + timedelta(seconds=n), one)
        assert receipt.status is Outcome.STORED
    kept = [row.revision for row in rows(record, alert_table)]
    assert kept == [minute + n for n in range(len(Severity))]
    (old,) = take(intake, now, alert(revision=minute - 60, text="前一分钟"))
    assert old.status is Outcome.STORED
    assert "前一分钟" not in str(rows(record, incident))


REVISIONS = [
    alert(revision=n, text=f"第{n}版", severity=s)
    for n, s in ((1, Severity.MINOR), (2, Severity.MODERATE), (3, Severity.SEVERE))
]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_revisions_in_any_order_are_all_kept_and_the_newest_stands(
    intake: Intake, record: Record, now: datetime, order: tuple[int, ...]
) -> None:
    """T07, T08: newest by the source's own sequence, not by arrival."""
    for step, n in enumerate(order):
        take(intake, now + timedelta(seconds=step), REVISIONS[n])
    assert sorted(r.revision for r in rows(record, alert_table)) == [1, 2, 3]
    (one,) = rows(record, incident)
    assert one.severity == "severe"
    assert one.alert_count == 1


def test_the_same_number_with_other_words_is_a_new_version_of_one_call(
    intake: Intake, record: Record, now: datetime
) -> None:
    """T07: where a source numbers no revisions, each change is the next one."""
    for text in ("甲", "乙", "丙"):
        take(intake, now, alert(text=text))
    assert [(r.revision, r.text) for r in rows(record, alert_table)] == [
        (1, "甲"),
        (2, "乙"),
        (3, "丙"),
    ]
    assert len(rows(record, incident)) == 1


@pytest.mark.parametrize("numbered", [True, False])
def test_a_withdrawal_before_its_call_keeps_it_closed(
    intake: Intake, record: Record, now: datetime, numbered: bool
) -> None:
    """T09: a cancelled record waits; the call, when it comes, joins it and does not reopen it."""
    first = alert(revision=1 if numbered else None)
    gone = replace(
        first, revision=2 if numbered else None, message_kind=MessageKind.CANCEL, text=""
    )
    take(intake, now, gone)
    (receipt,) = take(intake, now + timedelta(seconds=5), first)
    assert receipt.status is Outcome.STORED
    (one,) = rows(record, incident)
    assert (one.status, one.disposition) == ("cancelled", "false_alarm")
    assert members(record) == 2


@pytest.mark.parametrize("kind", [MessageKind.UPDATE, MessageKind.CANCEL])
def test_a_warning_that_names_one_we_never_saw_is_linked_when_that_comes(
    intake: Intake, record: Record, now: datetime, kind: MessageKind
) -> None:
    """P13, P34: the named one never comes to life."""
    blue = alert(source_id="weather", source_ref="W1", warning_colour=WarningColour.BLUE)
    take(
        intake,
        now,
        replace(blue, source_ref="W2", message_kind=kind, references=(("weather", "W1"),)),
    )
    take(intake, now, blue)
    states = {(w.source_ref, w.status) for w in rows(record, warning_table)}
    assert ("W1", "active") not in states
    assert (("W2", "active") in states) is (kind is MessageKind.UPDATE)


def test_a_warning_that_had_expired_when_it_came_is_not_shown(
    intake: Intake, record: Record, now: datetime
) -> None:
    """P34: kept, and not active on any screen."""
    old = alert(
        source_id="weather",
        source_ref="W1",
        warning_colour=WarningColour.RED,
        occurred_at=now - timedelta(hours=30),
        expires_at=now - timedelta(hours=6),
    )
    take(intake, now, old)
    assert len(rows(record, warning_table)) == 1
    with record.read() as cx:
        assert warnings_since(cx, -1, now) == []


def test_an_exercise_warning_is_not_live(intake: Intake, record: Record, now: datetime) -> None:
    """P13: Exercise and Test stand apart and end no real one."""
    real = alert(source_id="weather", source_ref="W1", warning_colour=WarningColour.BLUE)
    practised = replace(real, source_ref="W2", exercise=True, references=(("weather", "W1"),))
    take(intake, now, real, replace(practised, message_kind=MessageKind.CANCEL))
    states = {(w.source_ref, w.status, w.exercise) for w in rows(record, warning_table)}
    assert ("W1", "active", False) in states


def three_views(now: datetime) -> list[Alert]:
    """One crash as 120, 122 and 119 tell it."""
    common: dict[str, Any] = {"occurred_at": now - timedelta(minutes=3)}
    return [
        alert(source_id="122-cad", source_ref="T1", **common),
        alert(
            source_id="120-cad",
            source_ref="E1",
            kind=Kind.INJURY,
            event_code="19000",
            source_kind="外伤",
            headline="车祸伤",
            text="两车相撞，一人受伤",
            point=Point(119.1705, 34.6003),
            **common,
        ),
        alert(
            source_id="119-cad",
            source_ref="F1",
            kind=Kind.RESCUE,
            event_code="19000",
            source_kind="抢险救援",
            headline="车辆救援",
            text="两车相撞，有人被困",
            point=Point(119.1697, 34.6),
            **common,
        ),
    ]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_three_systems_about_one_place_and_hour_lose_no_report(
    intake: Intake, record: Record, now: datetime, order: tuple[int, ...]
) -> None:
    """P30: each report is kept and stands in one incident; what stays apart is proposed."""
    views = three_views(now)
    for step, n in enumerate(order):
        take(intake, now + timedelta(seconds=20 * step), views[n])
    assert len(rows(record, alert_table)) == members(record) == 3
    apart = len(rows(record, incident)) - 1
    links = [link for link in rows(record, incident_link) if link.kind == "proposed"]
    assert apart <= len(links)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_call_behind_a_withdrawal_is_not_withdrawn_with_it(
    intake: Intake, record: Record, now: datetime, at_once: bool
) -> None:
    """Somebody else reports the place in the moment that the first takes his word back: in one
    batch or in two, his call is an open incident."""
    first = alert(source_ref="A", caller_phone="13900000001")
    taken_back = replace(first, message_kind=MessageKind.CANCEL, revision=2)
    second = alert(source_ref="B", caller_phone="13900000001")
    take(intake, now, first)
    if at_once:
        take(intake, now, taken_back, second)
    else:
        take(intake, now, taken_back)
        take(intake, now, second)
    found = [(one.status, one.alert_count) for one in rows(record, incident)]
    assert found == [("cancelled", 1), ("received", 1)]


@pytest.mark.parametrize("at_once", [True, False])
def test_what_two_have_reported_stands_when_one_takes_it_back(
    intake: Intake, record: Record, now: datetime, at_once: bool
) -> None:
    first = alert(source_ref="A", caller_phone="13900000001")
    second = alert(source_ref="B", caller_phone="13900000001")
    taken_back = replace(first, message_kind=MessageKind.CANCEL, revision=2)
    if at_once:
        take(intake, now, first, second, taken_back)
    else:
        for each in (first, second, taken_back):
            take(intake, now, each)
    (one,) = rows(record, incident)
    assert (one.status, one.alert_count) == ("received", 2)


def test_a_quake_below_zero_is_a_quake(intake: Intake, record: Record, now: datetime) -> None:
    """P35: small ones have negative magnitudes."""
    receipt = send(intake, "earthquake", {**QUAKE, "M": "-0.3"}, now)
    assert receipt.status is Outcome.STORED
    assert [one.kind for one in rows(record, incident)] == ["earthquake"]


@pytest.mark.parametrize("magnitude", ["不详", "-9", "50", "1e999"])
def test_a_magnitude_that_cannot_be_is_refused_by_name(
    intake: Intake, record: Record, now: datetime, magnitude: str
) -> None:
    """P35: what is wrong is named."""
    receipt = send(intake, "earthquake", {**QUAKE, "M": magnitude}, now)
    assert receipt.status is Outcome.REJECTED
    assert str(receipt.reason).startswith("M：")
    assert rows(record, incident) == []


def test_a_quarry_blast_is_no_quake_and_rings_no_bell(
    intake: Intake, record: Record, now: datetime
) -> None:
    """P35: by the table of types, whatever its magnitude."""
    types = {t: r.kind for t, r in REGISTRY.sources["earthquake"].kinds.items()}
    blasts = [t for t, kind in types.items() if kind is not Kind.EARTHQUAKE]
    assert blasts
    for blast in blasts:
        send(intake, "earthquake", {**QUAKE, "id": f"X{blast}", "EQ_TYPE": blast, "M": "6.5"}, now)
    found = rows(record, incident)
    assert found
    assert all(one.kind != "earthquake" and one.severity == "minor" for one in found)
