"""撤回: one's own last act, for some minutes, as an act of its own in the log."""

from datetime import datetime, timedelta

import pytest

from linkage.actions import Action
from linkage.alerts import Point
from linkage.desk import incidents, merging
from linkage.desk.queries import Case, read_case
from linkage.desk.take_back import WITHIN, last_step, take_back
from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.people import Actor
from linkage.record import Record
from linkage.vocabulary import (
    Disposition,
    Grade,
    IncidentStatus,
    LinkKind,
    LinkState,
    PositionNote,
)
from tests.builders import alert
from tests.onrecord import add_alert, put_incident, put_link
from tests.test_incident_page import AGENCIES


@pytest.fixture
def it(record: Record) -> int:
    return put_incident(record, alert())


def case_of(record: Record, incident_id: int, now: datetime) -> Case:
    case = read_case(record, incident_id, now)
    assert case is not None
    return case


def back(record: Record, actor: Actor, incident_id: int, now: datetime) -> None:
    step = last_step(case_of(record, incident_id, now), str(actor), now)
    assert step is not None, "nothing to take back"
    take_back(record, actor, incident_id, step, agencies=AGENCIES, at=now)


def test_a_claim_by_mistake_is_given_back_with_one_line_in_the_log(
    record: Record, it: int, officer: Actor, now: datetime
) -> None:
    incidents.claim(record, officer, it, at=now)
    back(record, officer, it, now + timedelta(seconds=20))
    case = case_of(record, it, now)
    assert case.incident.claimed_by is None
    assert [line.action for line in case.log[:2]] == [Action.TAKE_BACK, Action.CLAIM]
    assert case.log[0].before["claimed_by"] == str(officer)
    assert last_step(case, str(officer), now) is None, "and that is the end of it"


def test_verifying_grading_and_placing_are_taken_back_to_what_was(
    record: Record, it: int, officer: Actor, now: datetime
) -> None:
    before = case_of(record, it, now).incident
    seen = incidents.verify(record, officer, it, before.version, at=now)
    back(record, officer, it, now)
    after = case_of(record, it, now).incident
    assert (after.status, after.stamps) == (before.status, before.stamps)
    seen = incidents.confirm_grade(record, officer, it, seen + 1, Grade.MAJOR, "误点", at=now)
    back(record, officer, it, now)
    assert case_of(record, it, now).incident.grade is None
    incidents.place_at(record, officer, it, seen + 1, Point(119.9, 34.2), "别处", at=now)
    back(record, officer, it, now)
    after = case_of(record, it, now).incident
    assert (after.point, after.place) == (before.point, before.place)
    assert after.position_note is PositionNote.EXACT


def test_who_closed_the_wrong_one_has_it_open_again_without_the_chief(
    record: Record, it: int, officer: Actor, now: datetime
) -> None:
    seen = case_of(record, it, now).incident.version
    incidents.close(record, officer, it, seen, Disposition.HANDLED, at=now)
    back(record, officer, it, now + WITHIN)
    after = case_of(record, it, now).incident
    assert after.status is IncidentStatus.RECEIVED
    assert after.disposition is None


def test_after_some_minutes_it_stands(
    record: Record, it: int, officer: Actor, now: datetime
) -> None:
    incidents.claim(record, officer, it, at=now)
    late = now + WITHIN + timedelta(seconds=1)
    step = last_step(case_of(record, it, now), str(officer), now)
    assert step is not None
    assert last_step(case_of(record, it, late), str(officer), late) is None
    with pytest.raises(NotAllowed, match="超过 5 分钟"):
        take_back(record, officer, it, step, agencies=AGENCIES, at=late)


def test_nobody_takes_back_what_a_colleague_did(
    record: Record, it: int, officer: Actor, other_officer: Actor, now: datetime
) -> None:
    incidents.claim(record, officer, it, at=now)
    case = case_of(record, it, now)
    assert last_step(case, str(other_officer), now) is None
    step = last_step(case, str(officer), now)
    assert step is not None
    with pytest.raises(NotAllowed, match="本人"):
        take_back(record, other_officer, it, step, agencies=AGENCIES, at=now)


def test_what_a_colleague_did_since_is_not_swept_away(
    record: Record, it: int, officer: Actor, other_officer: Actor, now: datetime
) -> None:
    """D11: what was decided on an older view is refused, and says who and when."""
    seen = incidents.claim(record, officer, it, at=now)
    step = last_step(case_of(record, it, now), str(officer), now)
    assert step is not None
    incidents.verify(record, other_officer, it, seen, at=now)
    assert last_step(case_of(record, it, now), str(officer), now) is None
    with pytest.raises(Raced, match="乙"):
        take_back(record, officer, it, step, agencies=AGENCIES, at=now)


def test_an_analyst_takes_nothing_back(
    record: Record, it: int, officer: Actor, analyst: Actor, now: datetime
) -> None:
    incidents.claim(record, officer, it, at=now)
    step = last_step(case_of(record, it, now), str(officer), now)
    assert step is not None
    with pytest.raises(NotPermitted):
        take_back(record, analyst, it, step, agencies=AGENCIES, at=now)


def test_a_note_is_struck_and_both_lines_stay(
    record: Record, it: int, officer: Actor, now: datetime
) -> None:
    incidents.note(record, officer, it, "写错了地方", at=now)
    back(record, officer, it, now)
    told = [(line.action, line.reason) for line in case_of(record, it, now).log[:2]]
    assert told == [(Action.TAKE_BACK, "作废记录：写错了地方"), (Action.NOTE, "写错了地方")]


def test_a_split_a_merge_and_a_refusal_are_taken_back(
    record: Record, it: int, officer: Actor, now: datetime
) -> None:
    other = add_alert(record, it, alert(source_id="122-cad", source_ref="S1"))
    seen = case_of(record, it, now).incident.version
    merging.split(record, officer, it, seen, [other], "不是一起", at=now)
    back(record, officer, it, now)
    assert len(case_of(record, it, now).said) == 2
    twin = put_incident(record, alert(source_ref="T2"))
    merging.merge(record, officer, twin, it, "一起", agencies=AGENCIES, at=now)
    back(record, officer, it, now)
    assert case_of(record, twin, now).incident.status is IncidentStatus.RECEIVED
    put_link(record, twin, it, LinkKind.PROPOSED, LinkState.OPEN, score=9.0)
    (link,) = [ln for ln in case_of(record, it, now).links if ln.kind is LinkKind.PROPOSED]
    merging.refuse(record, officer, link.id, at=now)
    back(record, officer, it, now)
    (link,) = [ln for ln in case_of(record, it, now).links if ln.kind is LinkKind.PROPOSED]
    assert link.state is LinkState.OPEN
