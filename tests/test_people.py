"""Who may do what, told to whoever may not."""

import pytest

from linkage.actions import Action
from linkage.errors import NotPermitted
from linkage.people import MAY, Actor, permit
from linkage.vocabulary import Role


def test_every_action_of_a_person_has_a_row() -> None:
    assert set(MAY) == set(Action)
    assert all(MAY.values()), "an action that nobody may do"


# What an analyst may: take figures and prints along, and look after an account of one's own.
_ANALYSTS = {Action.EXPORT, Action.PRINT, Action.SET_PASSWORD, Action.SET_SECOND_FACTOR}


@pytest.mark.parametrize("action", [a for a in Action if a not in _ANALYSTS])
def test_an_analyst_reads_and_changes_nothing(analyst: Actor, action: Action) -> None:
    with pytest.raises(NotPermitted, match=r"戊（研判员）无权执行"):
        permit(analyst, action)


def test_a_refusal_says_who_may(officer: Actor) -> None:
    with pytest.raises(NotPermitted, match=r"“重启”：此操作限值班长、指挥员"):
        permit(officer, Action.REOPEN)


def test_an_agency_answers_for_its_own_assignments_only(fire_officer: Actor) -> None:
    permit(fire_officer, Action.FEEDBACK, "fire")
    with pytest.raises(NotPermitted, match="只能处理本单位"):
        permit(fire_officer, Action.FEEDBACK, "health")
    with pytest.raises(NotPermitted, match="只能处理本单位"):
        permit(fire_officer, Action.FEEDBACK)


def test_an_agency_officer_without_an_agency_may_do_nothing() -> None:
    with pytest.raises(NotPermitted):
        permit(Actor("庚", Role.AGENCY_OFFICER), Action.FEEDBACK)


def test_an_agency_cannot_issue_to_another(fire_officer: Actor) -> None:
    with pytest.raises(NotPermitted, match=r"已?无权执行“下达”"):
        permit(fire_officer, Action.ISSUE, "fire")


def test_the_log_names_the_person_and_the_role(officer: Actor) -> None:
    assert str(officer) == "甲（值班员）"


def test_an_analyst_exports_and_an_agency_does_not(analyst: Actor, fire_officer: Actor) -> None:
    permit(analyst, Action.EXPORT)
    with pytest.raises(NotPermitted, match="“导出”"):
        permit(fire_officer, Action.EXPORT, "fire")
