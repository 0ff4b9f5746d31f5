"""A later report of less does not talk a graver proposal down; a corrected figure does."""

from datetime import datetime
from typing import Any

import pytest

from linkage.alerts import Casualties
from linkage.intake.incident_state import IncidentState, open_from
from linkage.kinds import Kind
from linkage.plan.proposing import propose, tables_in_force
from linkage.vocabulary import Grade
from tests.builders import alert


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


def test_what_a_person_graded_is_left_alone(now: datetime) -> None:
    it = state(now)
    it.grade = Grade.ORDINARY
    propose(it, {"loss_10k_yuan": 99999}, tables_in_force())
    assert it.grade_proposed is None


def test_an_everyday_call_is_given_no_grade(now: datetime) -> None:
    it = state(now, kind=Kind.DISPUTE, event_code=Kind.DISPUTE.event_code)
    propose(it, {}, tables_in_force())
    assert it.grade_proposed is None
