"""A later report of less does not talk a graver proposal down; a corrected figure does."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from linkage.alerts import Casualties
from linkage.desk.queries import read_case
from linkage.desk.situating import figures_of
from linkage.intake.incident_state import IncidentState, open_from
from linkage.intake.take_in import Intake
from linkage.kinds import Kind
from linkage.plan.proposing import propose, tables_in_force
from linkage.record import Record
from linkage.tables import incident
from linkage.vocabulary import Grade
from tests.builders import alert
from tests.test_intake import RULES, arrival, rows


def state(now: datetime, **changes: Any) -> IncidentState:
    said = {"kind": Kind.WORK_ACCIDENT, "event_code": "12F00", "casualties": Casualties(deaths=1)}
    return open_from(alert(**(said | changes)), now, 1, "20261122-0001")


@pytest.mark.parametrize(
    ("facts", "grade"),
    [
        ({}, Grade.CONSIDERABLE),
        ({"floor": "3"}, Grade.CONSIDERABLE),
        ({"loss_10k_yuan": 900}, Grade.ORDINARY),
        ({"loss_10k_yuan": 5000}, Grade.MAJOR),
    ],
)
def test_a_proposal_falls_only_when_a_figure_is_stated_anew(
    now: datetime, facts: dict[str, Any], grade: Grade
) -> None:
    it = state(now)
    propose(it, {"loss_10k_yuan": 1200}, tables_in_force())
    assert it.grade_proposed == Grade.CONSIDERABLE
    propose(it, facts, tables_in_force())
    assert it.grade_proposed == grade


# Through the intake: one report says one thing, the next another; nobody says all of it each time.


def told(record: Record, now: datetime, *said: dict[str, Any], **changes: Any) -> Any:
    """The row of the one incident after its source said these facts, one report after another."""
    intake = Intake(record, RULES)
    for minute, facts in enumerate(said):
        at = now + timedelta(minutes=minute)
        one = alert(revision=minute + 1, facts=facts, occurred_at=now, **changes)
        intake.take_in([arrival(one, at)], at)
    (row,) = rows(record, incident)
    return row


def test_a_figure_told_alone_does_not_talk_down_what_rests_on_another(
    record: Record, now: datetime
) -> None:
    factory: dict[str, Any] = {"kind": Kind.WORK_ACCIDENT, "event_code": "12F00"}
    factory["casualties"] = Casualties(deaths=1)
    row = told(record, now, {"loss_10k_yuan": 6000}, {"area_ha": 2, "trapped_min": 5}, **factory)
    assert row.grade_proposed == Grade.MAJOR


def test_what_two_reports_of_a_cableway_say_counts_together(record: Record, now: datetime) -> None:
    cable: dict[str, Any] = {"kind": Kind.SPECIAL_EQUIPMENT, "event_code": "12N06"}
    row = told(record, now, {"stranded": 120, "stranded_h": 13}, {"stranded_h": 24}, **cable)
    assert row.grade_proposed == Grade.MAJOR, "100 people for 24 hours, told one after the other"


def test_a_revision_that_came_late_grades_nothing_on_the_record_nor_on_the_screen(
    record: Record, now: datetime
) -> None:
    intake = Intake(record, RULES)
    for minute, (revision, loss) in enumerate(((1, 900), (3, 6000), (2, 100))):
        at = now + timedelta(minutes=minute)
        factory = {"kind": Kind.WORK_ACCIDENT, "event_code": "12F00", "occurred_at": now}
        one = alert(revision=revision, facts={"loss_10k_yuan": loss}, **factory)
        intake.take_in([arrival(one, at)], at)
    (row,) = rows(record, incident)
    assert row.grade_proposed == Grade.MAJOR
    case = read_case(record, row.id, now)
    assert case is not None
    assert figures_of(case) == {"loss_10k_yuan": 6000}


def test_a_figure_corrected_below_every_threshold_takes_its_proposal_back(
    record: Record, now: datetime
) -> None:
    quake: dict[str, Any] = {"kind": Kind.EARTHQUAKE, "event_code": "11C02"}
    row = told(record, now, {"magnitude": 4.2}, {"magnitude": 3.8}, **quake)
    assert (row.grade_proposed, row.grade_reason) == (None, None)


def test_what_a_person_graded_is_left_alone(now: datetime) -> None:
    it = state(now)
    it.grade = Grade.ORDINARY
    propose(it, {"loss_10k_yuan": 99999}, tables_in_force())
    assert it.grade_proposed is None


def test_an_everyday_call_is_given_no_grade(now: datetime) -> None:
    it = state(now, kind=Kind.DISPUTE, event_code=Kind.DISPUTE.event_code)
    propose(it, {}, tables_in_force())
    assert it.grade_proposed is None
