"""Casualties told after the grade or after the end: graded anew in the term, noted after it."""

from datetime import datetime, timedelta

import pytest

from linkage.alerts import Casualties
from linkage.desk import incidents
from linkage.desk.late_casualties import late_counts, told_after_close
from linkage.desk.queries import Case, read_case
from linkage.intake.arrivals import Arrival
from linkage.intake.take_in import Intake
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.plan.grading import GradeProposal, propose_grade
from linkage.plan.proposing import tables_in_force
from linkage.plan.regrading import Regrading, regrading
from linkage.record import Record
from linkage.vocabulary import Disposition, Grade, IncidentStatus
from tests.builders import alert
from tests.desk import incident_row
from tests.test_intake import RULES, arrival

TABLES = tables_in_force()
DEAD = Casualties(deaths=3)


def proposal(deaths: int, code: str = "12F00") -> GradeProposal:
    kind = Kind.WORK_ACCIDENT
    return propose_grade(kind, code, Casualties(deaths=deaths), {}, tables=TABLES)


def asked(  # noqa: PLR0917
    now: datetime,
    days: float,
    confirmed: Grade | None = Grade.ORDINARY,
    late: Casualties | None = DEAD,
    deaths: int = 3,
    code: str = "12F00",
) -> Regrading | None:
    happened = now - timedelta(days=days)
    return regrading(code, confirmed, proposal(deaths, code), happened, late, now, TABLES)


@pytest.mark.parametrize(
    ("code", "days", "due"),
    [
        ("12F00", 29.9, True),
        ("12F00", 30, True),
        ("12F00", 30.1, False),
        ("12H02", 7, True),
        ("12H02", 7.1, False),
        ("12G01", 7, True),
        ("12G01", 7.1, False),
    ],
)
def test_the_term_is_thirty_days_and_seven_for_traffic_and_fire(
    now: datetime, code: str, days: float, due: bool
) -> None:
    found = asked(now, days, code=code)
    assert found is not None
    assert found.due is due
    assert ("重启" in found.words) is due
    assert ("只作记录" in found.words) is not due


def test_what_makes_no_graver_grade_is_checked_and_not_graded_anew(now: datetime) -> None:
    found = asked(now, 3, confirmed=Grade.MAJOR)
    assert found is not None
    assert not found.due
    assert "请核对" in found.words


def test_with_nothing_counted_since_the_end_nothing_is_asked(now: datetime) -> None:
    assert asked(now, 3, late=Casualties()) is None
    assert asked(now, 3, late=Casualties(injured=0)) is None


def test_an_open_incident_that_grew_worse_than_its_grade_asks_for_another(now: datetime) -> None:
    found = asked(now, 1, late=None)
    assert found is not None
    assert found.due
    assert "重启" not in found.words
    assert asked(now, 1, late=None, confirmed=Grade.CONSIDERABLE) is None
    assert asked(now, 1, late=None, confirmed=None) is None


# Through the intake: nobody closes or opens anything by itself


def said(deaths: int | None, revision: int, at: datetime) -> Arrival:
    people = Casualties(deaths=deaths) if deaths is not None else Casualties()
    return arrival(
        alert(
            kind=Kind.WORK_ACCIDENT,
            event_code="12F00",
            occurred_at=at,
            revision=revision,
            casualties=people,
        ),
        at,
    )


def case_of(record: Record, incident_id: int, now: datetime) -> Case:
    case = read_case(record, incident_id, now)
    assert case is not None
    return case


def test_deaths_told_after_the_end_stand_on_the_closed_incident_and_are_listed(
    record: Record, officer: Actor, chief: Actor, now: datetime
) -> None:
    intake = Intake(record, RULES)
    intake.take_in([said(1, 1, now)], now)
    (it,) = late_or_all(record)
    version = incident_row(record, it).version
    version = incidents.confirm_grade(record, officer, it, version, Grade.ORDINARY, "", at=now)
    ended = now + timedelta(hours=5)
    incidents.close(record, officer, it, version, Disposition.HANDLED, at=ended)
    later = now + timedelta(days=6)
    assert late_counts(record, later, 30) == []
    intake.take_in([said(3, 2, later)], later)

    row = incident_row(record, it)
    assert (row.status, row.deaths) == (IncidentStatus.CLOSED, 3), "counted, and still closed"
    (listed,) = late_counts(record, later, 30)
    assert (listed.incident_id, listed.told_at) == (it, later)
    late = told_after_close(case_of(record, it, later))
    assert late is not None
    assert late.deaths == 3

    incidents.reopen(record, chief, it, row.version, "续报死亡3人，重新定级", at=later)
    again = later + timedelta(hours=1)
    intake.take_in([said(4, 3, again)], again)
    row = incident_row(record, it)
    assert row.status != IncidentStatus.CLOSED, "what was opened again stays open"
    assert told_after_close(case_of(record, it, later)) is None


def test_who_says_again_after_the_end_what_was_known_asks_for_nothing(
    record: Record, officer: Actor, now: datetime
) -> None:
    intake = Intake(record, RULES)
    intake.take_in([said(3, 1, now)], now)
    (it,) = late_or_all(record)
    version = incident_row(record, it).version
    grade, why = Grade.ORDINARY, "两人与本次事故无关"
    version = incidents.confirm_grade(record, officer, it, version, grade, why, at=now)
    ended = now + timedelta(hours=5)
    incidents.close(record, officer, it, version, Disposition.HANDLED, at=ended)
    for deaths, revision in ((3, 2), (2, 3), (None, 4)):
        later = ended + timedelta(hours=revision)
        intake.take_in([said(deaths, revision, later)], later)
        assert told_after_close(case_of(record, it, later)) == Casualties()
        assert late_counts(record, later, 30) == []
        late = told_after_close(case_of(record, it, later))
        assert asked(later, 1, late=late) is None, "graver than confirmed, but not news"
    later = ended + timedelta(hours=9)
    intake.take_in([said(4, 5, later)], later)
    assert told_after_close(case_of(record, it, later)) == Casualties(deaths=4)
    assert [late.incident_id for late in late_counts(record, later, 30)] == [it]


def late_or_all(record: Record) -> list[int]:
    from sqlalchemy import select

    from linkage.tables import incident

    with record.read() as cx:
        return list(cx.execute(select(incident.c.id)).scalars())
