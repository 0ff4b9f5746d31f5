"""What ends a warning, in whatever form it is named; what never comes to life."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.holding import Holding
from ingest.receive import understand
from ingest.registry import Registry
from ingest.wire import Message
from linkage.alerts import Alert
from linkage.intake.take_in import Intake
from linkage.intake.warning_ids import forms, meant, parts
from linkage.record import Record
from linkage.sources import load_sources
from linkage.tables import alert as alert_table
from linkage.tables import warning
from linkage.vocabulary import MessageKind, Outcome, WarningColour
from tests.builders import alert
from tests.test_intake import RULES, rows, take

ROOT = Path(__file__).parents[1]
ID = "32070041600000_20260806060000"
SHORT = "32070041600_20260806060000"  # the sender in eleven digits


@pytest.fixture
def intake(record: Record) -> Intake:
    return Intake(record, RULES)


BLUE = alert(source_id="weather", source_ref=ID, warning_colour=WarningColour.BLUE)


def statuses(record: Record) -> list[tuple[str, str]]:
    return [(w.source_ref, w.status) for w in rows(record, warning)]


def ending(ref: str, kind: MessageKind = MessageKind.CANCEL, **changes: object) -> object:
    facts = {"source_ref": "END", "message_kind": kind, "references": (("weather", ref),)}
    return alert(source_id="weather", warning_colour=WarningColour.BLUE, **(facts | changes))


@pytest.mark.parametrize(
    ("stands", "named"),
    [(ID, f"{ID}_0"), (f"{ID}_0", ID), (ID, SHORT), (f"{SHORT}_1", f"{ID}_1"), (SHORT, f"{ID}_3")],
)
def test_a_warning_is_ended_by_its_number_in_the_other_form(
    intake: Intake, record: Record, now: datetime, stands: str, named: str
) -> None:
    """P13: the number with or without its serial, the sender in 11 or 14 digits"""
    take(
        intake,
        now,
        alert(source_id="weather", source_ref=stands, warning_colour=WarningColour.BLUE),
    )
    take(intake, now, ending(named))
    assert statuses(record) == [(stands, "cancelled")]


def test_another_serial_of_the_same_second_is_another_warning(
    intake: Intake, record: Record, now: datetime
) -> None:
    for ref in (f"{ID}_0", f"{ID}_1"):
        take(
            intake,
            now,
            alert(source_id="weather", source_ref=ref, warning_colour=WarningColour.BLUE),
        )
    take(intake, now, ending(f"{ID}_1"))
    assert statuses(record) == [(f"{ID}_0", "active"), (f"{ID}_1", "cancelled")]


def test_a_reference_that_fits_two_warnings_ends_neither(
    intake: Intake, record: Record, now: datetime
) -> None:
    for ref in (f"{ID}_0", f"{ID}_1"):
        take(
            intake,
            now,
            alert(source_id="weather", source_ref=ref, warning_colour=WarningColour.BLUE),
        )
    take(intake, now, ending(ID))
    assert [s for _, s in statuses(record)][:2] == ["active", "active"]


def test_the_same_warning_under_its_longer_number_is_not_shown_twice(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, BLUE)
    take(
        intake,
        now,
        alert(source_id="weather", source_ref=f"{ID}_0", warning_colour=WarningColour.BLUE),
    )
    assert statuses(record) == [(ID, "superseded"), (f"{ID}_0", "active")]


@pytest.mark.parametrize("kind", [MessageKind.CANCEL, MessageKind.UPDATE])
def test_a_warning_ended_before_it_came_stays_ended_in_either_form(
    intake: Intake, record: Record, now: datetime, kind: MessageKind
) -> None:
    """T09, P34: ended before it arrived, under a number never seen"""
    take(intake, now, ending(f"{ID}_0", kind))
    take(intake, now, BLUE)
    assert (ID, "active") not in statuses(record)


def test_the_end_of_a_message_ends_every_warning_it_brought(
    intake: Intake, record: Record, now: datetime
) -> None:
    for ref in (ID, f"{ID} #2"):
        take(
            intake,
            now,
            alert(source_id="weather", source_ref=ref, warning_colour=WarningColour.BLUE),
        )
    take(intake, now, ending(f"{ID}_0"))
    assert [status for _, status in statuses(record)] == ["cancelled", "cancelled"]


def test_a_warning_that_is_over_when_it_comes_is_kept_and_not_in_force(
    intake: Intake, record: Record, now: datetime
) -> None:
    """P34: expired on arrival; it still replaces what it names"""
    take(intake, now, BLUE)
    over = ending(ID, MessageKind.UPDATE, expires_at=now)
    (receipt,) = take(intake, now, over)
    assert receipt.status is Outcome.STORED
    assert statuses(record) == [(ID, "superseded"), ("END", "expired")]


def test_an_exercise_never_ends_a_real_warning(
    intake: Intake, record: Record, now: datetime
) -> None:
    """P13: an exercise and a real warning of one number are two"""
    take(intake, now, BLUE)
    take(intake, now, ending(ID, exercise=True))
    assert (ID, "active") in statuses(record)


def test_an_older_revision_that_comes_late_does_not_replace_the_newer(
    intake: Intake, record: Record, now: datetime
) -> None:
    """T08: revisions of one warning out of order"""
    hour = timedelta(hours=1)
    for revision, colour in ((3, "red"), (1, "blue"), (2, "yellow")):
        at = now - hour * (4 - revision)
        take(
            intake,
            now,
            alert(
                source_id="weather",
                source_ref="office/11B03",
                revision=revision,
                occurred_at=at,
                warning_colour=WarningColour(colour),
            ),
        )
    assert [(w.colour, w.status) for w in rows(record, warning)] == [
        ("red", "active"),
        ("blue", "superseded"),
        ("yellow", "superseded"),
    ]
    assert len(rows(record, alert_table)) == 3


def test_a_source_that_numbers_its_revisions_may_warn_again_after_its_end(
    intake: Intake, record: Record, now: datetime
) -> None:
    def said(revision: int, kind: MessageKind) -> None:
        one = alert(
            source_id="weather",
            source_ref="office/11B03",
            revision=revision,
            message_kind=kind,
            warning_colour=WarningColour.BLUE,
        )
        take(intake, now, one)

    said(1, MessageKind.ALERT)
    said(2, MessageKind.CANCEL)
    said(3, MessageKind.ALERT)
    assert [status for _, status in statuses(record)] == ["cancelled", "active"]


def test_an_envelope_gives_its_good_alerts_and_one_refusal_with_its_number(
    intake: Intake, record: Record, now: datetime
) -> None:
    """P12: valid siblings stored, the invalid one refused with the missing element named"""
    file = ROOT / "tests/fixtures/weather/envelope-with-one-bad-alert.xml"
    message = Message(1, b"linkage/v1/alert/weather", file.read_bytes(), retained=False)
    registry = Registry(load_sources(ROOT / "sources.toml"), RULES.agencies, "ingest-1")
    at = datetime.fromisoformat("2026-08-06T08:30:00+00:00")
    arrival = understand(message, registry, at, Holding())
    *good, receipt = intake.take_in([arrival], at)
    assert [r.status for r in good] == [Outcome.STORED] * 2
    assert receipt.status is Outcome.REJECTED
    assert receipt.reason is not None
    assert "第 2 段：scope：CAP 必备元素缺失" in receipt.reason
    assert [(w.colour, w.status, bool(w.shapes)) for w in rows(record, warning)] == [
        ("orange", "active", True),
        ("blue", "active", False),
    ]


def series(
    ref: str, minute: int, kind: MessageKind, code: str = "11B03", area: str = "320700"
) -> Alert:
    """A message of a sender that names the first message of a series in all that follow."""
    return alert(
        source_id="weather",
        source_ref=ref,
        message_kind=kind,
        references=() if kind is MessageKind.ALERT else (("weather", "FIRST"),),
        event_code=code,
        area_codes=(area,),
        sent_at=SENT + timedelta(minutes=minute),
        warning_colour=WarningColour.BLUE,
    )


SENT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
FIRST = series("FIRST", 0, MessageKind.ALERT)
SECOND = series("SECOND", 5, MessageKind.UPDATE)
THIRD = series("THIRD", 10, MessageKind.UPDATE)
END_OF_ALL = series("END", 15, MessageKind.CANCEL)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_series_that_names_its_first_message_goes_on_from_its_last(
    intake: Intake, record: Record, now: datetime, at_once: bool
) -> None:
    """P13: Update after Update and the Cancel name the first; else all would stand for a day"""
    messages = [FIRST, SECOND, THIRD]
    for batch in [messages] if at_once else [[one] for one in messages]:
        take(intake, now, *batch)
    assert statuses(record) == [
        ("FIRST", "superseded"),
        ("SECOND", "superseded"),
        ("THIRD", "active"),
    ]
    take(intake, now, END_OF_ALL)
    assert dict(statuses(record))["THIRD"] == "cancelled"


@pytest.mark.parametrize("before", [[FIRST], []], ids=["first came", "first never came"])
def test_of_a_series_out_of_order_the_last_stands(
    intake: Intake, record: Record, now: datetime, before: list[Alert]
) -> None:
    """T08: an older Update that comes late, or a Cancel sent before it; the first never came"""
    early_end = series("EARLY", 7, MessageKind.CANCEL)
    for one in (*before, THIRD, SECOND, early_end):
        take(intake, now, one)
    found = dict(statuses(record))
    assert (found["SECOND"], found["THIRD"]) == ("superseded", "active")


@pytest.mark.parametrize(
    "other",
    [
        series("THIRD", 10, MessageKind.UPDATE, code="11B06"),
        series("THIRD", 10, MessageKind.UPDATE, area="320722"),
        series("THIRD", 5, MessageKind.UPDATE),
        series("SECOND #2", 5, MessageKind.UPDATE),
    ],
    ids=["another kind", "another district", "sent together", "a part of it"],
)
def test_one_warning_may_become_several(
    intake: Intake, record: Record, now: datetime, other: Alert
) -> None:
    for one in (FIRST, SECOND, other):
        take(intake, now, one)
    assert [status for _, status in statuses(record)] == ["superseded", "active", "active"]


def test_forms_are_equal_both_ways() -> None:
    for one in (ID, f"{ID}_4", SHORT, f"{SHORT}_4"):
        for other in forms(one):
            assert one in forms(other)
    assert forms("urn:oid:2.49.0.1.840.0") == ["urn:oid:2.49.0.1.840.0"]
    assert len(parts(ID)) == len(set(parts(ID))) == 2 * 11 * 9


def test_without_a_serial_its_very_own_number_still_counts() -> None:
    found = [ID, f"{ID}_0", f"{ID}_1"]
    assert meant(ID, found) == [ID]
    assert meant(f"{ID}_1", found) == found
