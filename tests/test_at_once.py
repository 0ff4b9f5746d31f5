"""Two desks and a department in the same second: one wins, the other reads why, nothing is torn."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from linkage.desk import incidents, merging
from linkage.errors import NotAllowed, Raced
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.plan import levels
from linkage.plan.response_rows import read_responses
from linkage.record import Record
from linkage.response import responses
from linkage.response.feedback import Feedback
from linkage.response.moves import LIVE
from linkage.response.responses import apply_feedback
from linkage.response.tasks import read_tasks_of
from linkage.verify import verify
from linkage.vocabulary import AssignmentStatus, Disposition, Outcome
from tests.builders import alert
from tests.desk import (
    AGENCIES,
    LEAD,
    declared,
    incident_row,
    issue,
    open_list,
    order,
    orders_sent,
    say,
    task_row,
)
from tests.onrecord import put_incident

S = AssignmentStatus
SECOND = timedelta(seconds=1)
Act = Callable[[], object]


@pytest.fixture
def fire(record: Record, now: datetime) -> int:
    return put_incident(record, alert(kind=Kind.FIRE, event_code="12G01"), at=now)


@pytest.fixture
def engine(record: Record, fire: int, now: datetime) -> int:
    return issue(record, fire, order("fire", LEAD), at=now)[0]


def at_once(*acts: Act) -> list[object]:
    """What each came to: its result, or why it was refused."""
    ready = threading.Barrier(len(acts))
    came_to: list[object] = [None] * len(acts)

    def run(place: int) -> None:
        ready.wait()
        try:
            came_to[place] = acts[place]()
        except (Raced, NotAllowed) as why:
            came_to[place] = why

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came_to


def won(came_to: list[object]) -> int:
    return sum(not isinstance(one, Exception) for one in came_to)


def nothing_is_torn(record: Record, incident_id: int) -> None:
    live = {one.id for one in read_tasks_of(record, incident_id) if one.status in LIVE}
    assert open_list(record, "fire").ids == live
    faults = {one.check for one in verify(record) if one.fault}
    assert faults <= {"收报记账"}, "the statement was put on record by hand"


def test_one_withdraws_and_one_gives_anew_while_the_department_signs(  # noqa: PLR0917
    record: Record, fire: int, engine: int, officer: Actor, other_officer: Actor, now: datetime
) -> None:
    """K10, K05: of the two officers one wins; the signature holds for what it was given for."""
    later = now + 9 * SECOND

    def cancel() -> object:
        return responses.cancel(record, officer, engine, 1, "误报", agencies=AGENCIES, at=later)

    def anew() -> object:
        say_so = order("fire", LEAD, task="改走北门")
        return responses.reissue(
            record, other_officer, engine, 1, say_so, agencies=AGENCIES, at=later
        )

    def sign() -> object:
        said = Feedback(assignment_id=engine, revision=1, status=S.ACKNOWLEDGED, at=later)
        with record.write(later) as w:
            return apply_feedback(w, said, AGENCIES["fire"])[0]

    *desks, signed = at_once(cancel, anew, sign)
    assert won(desks) == 1
    loser = next(one for one in desks if isinstance(one, Exception))
    assert "您的操作未生效" in str(loser)
    row = task_row(record, engine)
    assert (row.revision, row.status in {S.CANCELLED, S.ISSUED}) == (2, True)
    if row.status == S.ISSUED:
        assert row.acknowledged_at is None, "the order that stands has not been signed"
    assert signed in {Outcome.STORED, Outcome.REJECTED}
    assert orders_sent(record, "fire")[-1].revision == 2
    nothing_is_torn(record, fire)


def test_one_closes_while_another_calls_up_a_department(
    record: Record, fire: int, officer: Actor, other_officer: Actor, now: datetime
) -> None:
    seen = incident_row(record, fire).version
    came_to = at_once(
        lambda: incidents.close(record, officer, fire, seen, Disposition.HANDLED, at=now),
        lambda: issue(record, fire, order("fire", LEAD), at=now, version=seen, actor=other_officer),
    )
    assert won(came_to) == 1
    assert bool(read_tasks_of(record, fire)) is not bool(incident_row(record, fire).closed_at)


def test_two_raise_the_level_in_the_same_second_and_it_rises_once(
    record: Record, fire: int, officer: Actor, other_officer: Actor, now: datetime
) -> None:
    issue(record, fire, order("fire", LEAD), at=now, declared=declared(now, 4))
    (one,) = read_responses(record, fire)

    def up(actor: Actor, level: int) -> Act:
        return lambda: levels.raise_level(
            record, actor, one.id, one.version, level, "有人被困", agencies=AGENCIES, at=now
        )

    assert won(at_once(up(officer, 3), up(other_officer, 2))) == 1
    (after,) = read_responses(record, fire)
    assert after.level == incident_row(record, fire).response_level
    assert f"{'ⅠⅡⅢ'[after.level - 1]}级" in orders_sent(record, "fire")[-1].incident.level
    nothing_is_torn(record, fire)


def test_a_merge_and_an_order_for_what_is_merged_leave_no_task_behind(
    record: Record, fire: int, officer: Actor, other_officer: Actor, now: datetime
) -> None:
    """K10: either the order goes along, or it is refused."""
    said = alert(source_ref="J9", kind=Kind.FIRE, event_code="12G01")
    other = put_incident(record, said, at=now)
    came_to = at_once(
        lambda: merging.merge(record, officer, other, fire, "同一起", agencies=AGENCIES, at=now),
        lambda: issue(record, other, order("fire"), at=now, version=1, actor=other_officer),
    )
    assert not isinstance(came_to[0], Exception)
    assert read_tasks_of(record, other) == ()
    assert len(read_tasks_of(record, fire)) == won(came_to) - 1


def test_who_declined_before_the_close_is_called_anew_after_the_reopening(  # noqa: PLR0917
    record: Record, fire: int, engine: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    """K09, K06: what they say late to the order that was declined is refused."""
    say(record, "fire", engine, S.DECLINED, now + SECOND, text="车辆全出")
    responses.cancel(record, officer, engine, 1, "另派", agencies=AGENCIES, at=now + 2 * SECOND)
    row = incident_row(record, fire)
    incidents.close(record, officer, fire, row.version, Disposition.HANDLED, at=now + 3 * SECOND)
    version = incident_row(record, fire).version
    with pytest.raises(NotAllowed, match="请先重启该事件"):
        responses.reissue(record, officer, engine, 2, order("fire", LEAD), agencies=AGENCIES)
    incidents.reopen(record, chief, fire, version, "复燃", at=now + 4 * SECOND)
    again = now + 5 * SECOND
    responses.reissue(record, officer, engine, 2, order("fire", LEAD), agencies=AGENCIES, at=again)
    outcome, reason = say(record, "fire", engine, S.ACKNOWLEDGED, again + SECOND, revision=1)
    assert (outcome, "现行是第 3 版" in reason) == (Outcome.REJECTED, True)
    signed = say(record, "fire", engine, S.ACKNOWLEDGED, again + SECOND, revision=3)
    assert signed[0] is Outcome.STORED
    nothing_is_torn(record, fire)
