"""An order on its way to a person: put out, receipted by a system, accepted by somebody, or not."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from ingest.feedback import read_feedback
from linkage.actions import Action, Happening
from linkage.alerts import Impostor
from linkage.desk import incidents, merging
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.record import Record
from linkage.response import outbox, responses
from linkage.response.agencies import Agency
from linkage.response.feedback import Delivered, Share
from linkage.response.hear import hear
from linkage.response.need_list import read_needs_of
from linkage.response.reach import Reached, Told, reached
from linkage.response.receipts import note_undelivered
from linkage.response.refusals import MOST_WAITING, Refusal
from linkage.response.tasks import live_tasks, read_tasks_of
from linkage.response_vocabulary import NeedSort, Reach
from linkage.tables import log_entry, outbound_message
from linkage.vocabulary import AssignmentStatus, Disposition, IncidentStatus, Outcome
from tests.builders import alert
from tests.desk import (
    AGENCIES,
    LEAD,
    incident_row,
    issue,
    open_list,
    order,
    orders_sent,
    say,
    story,
    task_row,
)
from tests.onrecord import put_incident
from tests.timekeeping import CLOCKS

S = AssignmentStatus
STORED, DUPLICATE, REJECTED = Outcome.STORED, Outcome.DUPLICATE, Outcome.REJECTED
SECOND = timedelta(seconds=1)
SIX = ("fire", "police", "health", "environment", "transport", "water")


@pytest.fixture
def fire(record: Record) -> int:
    return put_incident(record, alert(kind=Kind.FIRE, event_code="12G01", headline="厂房起火"))


@pytest.fixture
def engine(record: Record, fire: int, now: datetime) -> int:
    return issue(record, fire, order("fire", LEAD), at=now)[0]


def receipt(
    record: Record, task_id: int, at: datetime, agency: str = "fire", revision: int = 1
) -> tuple[Outcome, str]:
    with record.write(at) as w:
        said = Delivered(assignment_id=task_id, revision=revision)
        return hear(w, said, AGENCIES[agency])


def refused(record: Record, agency: str) -> list[Refusal]:
    wire = outbound_message.c
    with record.read() as cx:
        ask = select(wire.payload).where(wire.topic == f"linkage/v1/assignment/{agency}/refused")
        payloads = cx.execute(ask.order_by(wire.id)).scalars().all()
    return [msgspec.json.decode(one, type=Refusal) for one in payloads]


def newest_entry(record: Record) -> Any:
    with record.read() as cx:
        return cx.execute(select(log_entry).order_by(log_entry.c.id.desc()).limit(1)).one()


def reach_of(record: Record, incident_id: int, at: datetime) -> tuple[Reach, bool]:
    (task,) = read_tasks_of(record, incident_id)
    told = msgspec.convert(task, Told, from_attributes=True)
    found = reached(told, at, CLOCKS.receipt_within)
    return found.reach, found.other_means


def missed(record: Record, at: datetime, agencies: Mapping[str, Agency] = AGENCIES) -> int:
    return note_undelivered(record, at, CLOCKS.receipt_within, agencies)


def send_all(record: Record, at: datetime) -> None:
    """The broker takes everything."""
    with record.write(at) as w:
        outbox.mark_sent(w, [one.id for one in outbox.pending(w.cx, 10_000, at)])


def test_with_the_broker_away_an_order_is_undelivered_within_five_seconds(
    record: Record, fire: int, engine: int, now: datetime
) -> None:
    """K01: the order waits, says so, and at a minute other means are the better way."""
    assert reach_of(record, fire, now + 2 * SECOND) == (Reach.WAITING, False)
    assert reach_of(record, fire, now + 5 * SECOND) == (Reach.UNDELIVERED, False)
    assert reach_of(record, fire, now + 60 * SECOND) == (Reach.UNDELIVERED, True)
    with record.read() as cx:
        assert outbox.pending(cx, 10, now), "and still waits to be sent"


def test_with_the_department_away_the_broker_has_it_and_nobody_else(
    record: Record, fire: int, engine: int, now: datetime
) -> None:
    """K01: what the broker took is not yet delivered; a receipt of the system ends the doubt."""
    send_all(record, now + SECOND)
    assert reach_of(record, fire, now + 2 * SECOND) == (Reach.SENT, False)
    assert reach_of(record, fire, now + 6 * SECOND) == (Reach.UNDELIVERED, False)
    assert receipt(record, engine, now + 9 * SECOND)[0] is STORED
    assert reach_of(record, fire, now + 99 * SECOND) == (Reach.DELIVERED, False)


def test_a_receipt_of_the_system_is_nobodys_acceptance(
    record: Record, fire: int, engine: int, now: datetime
) -> None:
    """K02: two stamps; the clock goes on until a person has signed."""
    receipt(record, engine, now + SECOND)
    row = task_row(record, engine)
    assert (row.delivered_at, row.acknowledged_at) == (now + SECOND, None)
    assert row.status == S.ISSUED
    assert incident_row(record, fire).acknowledged_at is None
    say(record, "fire", engine, S.ACKNOWLEDGED, now + 40 * SECOND)
    row = task_row(record, engine)
    assert (row.delivered_at, row.acknowledged_at) == (now + SECOND, now + 40 * SECOND)


def test_who_signs_without_a_receipt_has_the_order_all_the_same(
    record: Record, engine: int, now: datetime
) -> None:
    say(record, "fire", engine, S.ACKNOWLEDGED, now + 40 * SECOND)
    assert task_row(record, engine).delivered_at == now + 40 * SECOND


def test_a_receipt_may_come_as_often_as_it_likes(
    record: Record, engine: int, now: datetime
) -> None:
    """K04: the first counts."""
    receipt(record, engine, now + SECOND)
    entries = newest_entry(record).id
    assert receipt(record, engine, now + 9 * SECOND)[0] is DUPLICATE
    assert task_row(record, engine).delivered_at == now + SECOND
    assert newest_entry(record).id == entries


def test_a_lost_acknowledgement_is_asked_for_with_the_same_number_and_revision(
    record: Record, fire: int, engine: int, now: datetime, officer: Actor
) -> None:
    """K03: the reminder is the same order, the repeated answer one change of state."""
    for _ in range(2):
        responses.chase(record, officer, engine, 1, agencies=AGENCIES, at=now + 70 * SECOND)
    assert {(one.id, one.revision) for one in orders_sent(record, "fire")} == {(engine, 1)}
    signed = now + 50 * SECOND
    for _ in range(3):
        say(record, "fire", engine, S.ACKNOWLEDGED, signed, received_at=now + 75 * SECOND)
    assert task_row(record, engine).acknowledged_at == signed
    moved = [one for one in story(record, fire) if '"status":"acknowledged"' in (one.after or "")]
    assert len([one for one in moved if one.assignment_id == engine]) == 1


def test_of_a_system_that_gives_no_receipts_none_is_missed(
    record: Record, fire: int, engine: int, now: datetime
) -> None:
    """K01: only what the broker has not taken either has surely not arrived."""
    mute = msgspec.structs.replace(AGENCIES["fire"], receipts=False)
    assert missed(record, now + 6 * SECOND, {**AGENCIES, "fire": mute}) == 0
    (task,) = read_tasks_of(record, fire)
    told, within = msgspec.convert(task, Told, from_attributes=True), CLOCKS.receipt_within
    assert reached(told, now + 6 * SECOND, within, receipts=False).reach is Reach.UNDELIVERED
    send_all(record, now + 7 * SECOND)
    (task,) = read_tasks_of(record, fire)
    told = msgspec.convert(task, Told, from_attributes=True)
    late = now + 90 * SECOND
    assert reached(told, late, within, receipts=False) == Reached(Reach.SENT)
    assert reached(told, late, within).reach is Reach.UNDELIVERED, "of one that gives them"


def test_a_second_acknowledgement_changes_nothing(
    record: Record, engine: int, now: datetime
) -> None:
    """K04: kept as a duplicate, the task as it was."""
    say(record, "fire", engine, S.ACKNOWLEDGED, now + SECOND)
    before = tuple(task_row(record, engine))
    later = now + 9 * SECOND
    assert say(record, "fire", engine, S.ACKNOWLEDGED, later, received_at=later)[0] is DUPLICATE
    assert tuple(task_row(record, engine)) == before


def test_a_time_out_and_the_acceptance_cross(
    record: Record, fire: int, engine: int, now: datetime
) -> None:
    """K05: it stands as accepted; the history shows the time-out and the acceptance."""
    assert missed(record, now + 4 * SECOND) == 0
    assert missed(record, now + 6 * SECOND) == 1
    assert missed(record, now + 7 * SECOND) == 0, "said once"
    said_at = now + 5 * SECOND
    say(record, "fire", engine, S.ACKNOWLEDGED, said_at, received_at=now + 8 * SECOND)
    row = task_row(record, engine)
    assert (row.status, row.acknowledged_at) == (S.ACKNOWLEDGED, said_at)
    did = [one.action for one in story(record, fire) if one.assignment_id == engine]
    assert did == [Action.ISSUE, Happening.UNDELIVERED, Action.FEEDBACK]
    assert receipt(record, engine, now + 9 * SECOND)[0] is DUPLICATE
    assert task_row(record, engine).status == S.ACKNOWLEDGED


def test_an_answer_for_a_cancelled_task_is_refused_and_the_department_told(
    record: Record, fire: int, engine: int, now: datetime, officer: Actor
) -> None:
    """K06: cancelled."""
    responses.cancel(record, officer, engine, 1, "误报", agencies=AGENCIES, at=now)
    assert say(record, "fire", engine, S.EN_ROUTE, now + SECOND)[0] is REJECTED
    (told,) = refused(record, "fire")
    assert (told.assignment, told.revision, told.standing) == (engine, 1, S.CANCELLED)
    assert told.standing_revision == 2
    assert "已于 14:30:00 撤销" in told.reason
    entry = newest_entry(record)
    assert (entry.action, entry.assignment_id) == (Action.FEEDBACK, engine)
    assert "拒收“已出动”" in entry.reason


def test_an_answer_for_an_unknown_task_is_refused_and_the_department_told(
    record: Record, now: datetime
) -> None:
    """K06: unknown."""
    assert say(record, "fire", 4711, S.ACKNOWLEDGED, now)[0] is REJECTED
    (told,) = refused(record, "fire")
    assert (told.assignment, told.standing) == (4711, None)
    assert "4711" in newest_entry(record).reason


@pytest.mark.parametrize("by_system", [True, False])
def test_an_answer_for_anothers_task_is_refused_and_a_security_event(
    record: Record, fire: int, engine: int, now: datetime, by_system: bool
) -> None:
    """K06, K07: another's; who asks learns nothing of how that task stands."""
    if by_system:
        outcome, _ = receipt(record, engine, now, "police")
    else:
        outcome, _ = say(record, "police", engine, S.ACKNOWLEDGED, now)
    assert outcome is REJECTED
    assert task_row(record, engine).status == S.ISSUED
    assert task_row(record, engine).delivered_at is None
    (told,) = refused(record, "police")
    assert (told.standing, told.standing_revision) == (None, None)
    assert refused(record, "fire") == []
    entry = newest_entry(record)
    assert (entry.action, entry.actor) == (Happening.SECURITY, "agency:police")
    assert entry.incident_id == fire


def test_an_answer_in_anothers_name_is_an_impostors() -> None:
    """K07: the topic is the credential; a payload that claims another name is refused."""
    payload = b'{"agency": "fire", "assignment": 1, "revision": 1, "status": "acknowledged"}'
    with pytest.raises(Impostor):
        read_feedback(payload, AGENCIES["police"])


def test_refusals_nobody_reads_do_not_fill_the_outbox(record: Record, now: datetime) -> None:
    for number in range(MOST_WAITING + 20):
        say(record, "fire", 4711 + number, S.ACKNOWLEDGED, now)
    assert len(refused(record, "fire")) == MOST_WAITING


def test_nothing_can_be_answered_before_it_is_committed(
    record: Record, fire: int, now: datetime
) -> None:
    """K08: what the outbox shows to who publishes is committed; a fast peer finds its task."""
    issue(record, fire, order("fire", LEAD), at=now)
    with record.read() as cx:
        waiting = outbox.pending(cx, 10, now)
    for one in waiting:
        if one.topic == "linkage/v1/assignment/fire":
            task = msgspec.json.decode(one.payload)["id"]
            assert say(record, "fire", task, S.ACKNOWLEDGED, now)[0] is STORED


def test_two_of_three_vehicles_bring_the_incident_back_to_the_officer(
    record: Record, fire: int, engine: int, now: datetime
) -> None:
    """K09: accepted in part: what is missing stands as a need until somebody has it."""
    share = Share(what="消防车", asked=3, given=2, measure="辆")
    say(record, "fire", engine, S.ACKNOWLEDGED, now + SECOND, share=share, text="两车出动")
    (task,) = live_tasks(record)
    assert task.status is S.ACKNOWLEDGED
    assert task.short == "消防车 1辆"
    (need,) = read_needs_of(record, fire)
    assert (need.sort, need.amount, need.agency_id) == (NeedSort.EQUIPMENT, 1.0, "fire")
    words = "部分受理：要求消防车 3辆，可派 2辆；两车出动"
    assert any(words in one.reason for one in story(record, fire))
    say(record, "fire", engine, S.ACKNOWLEDGED, now + SECOND, share=share, text="两车出动")
    assert len(read_needs_of(record, fire)) == 1


def test_a_refusal_with_its_reason_is_back_with_the_officer_at_once(
    record: Record, fire: int, now: datetime
) -> None:
    """K09: refused."""
    (task_id,) = issue(record, fire, order("telecom"), at=now)
    say(record, "telecom", task_id, S.DECLINED, now + SECOND, text="无车可派")
    (task,) = live_tasks(record)
    assert (task.status, task.last_feedback) == (S.DECLINED, "无车可派")
    assert incident_row(record, fire).status == IncidentStatus.DISPATCHED


def test_a_withdrawal_on_the_way_is_confirmed_by_the_department(
    record: Record, fire: int, engine: int, now: datetime, officer: Actor
) -> None:
    """K10: it stands among the live tasks until somebody there has read it."""
    for status in (S.ACKNOWLEDGED, S.EN_ROUTE):
        say(record, "fire", engine, status, now + SECOND)
    responses.cancel(record, officer, engine, 1, "误报", agencies=AGENCIES, at=now + 60 * SECOND)
    assert [one.id for one in live_tasks(record)] == [engine]
    assert [(one.id, one.revision) for one in open_list(record, "fire").cancelled] == [(engine, 2)]
    assert reach_of(record, fire, now + 66 * SECOND) == (Reach.UNDELIVERED, False)
    read_at = now + 70 * SECOND
    assert say(record, "fire", engine, S.ACKNOWLEDGED, read_at, revision=2)[0] is STORED
    assert task_row(record, engine).cancel_read_at == read_at
    assert task_row(record, engine).status == S.CANCELLED
    assert live_tasks(record) == ()
    assert open_list(record, "fire").cancelled == []
    assert say(record, "fire", engine, S.ACKNOWLEDGED, read_at, revision=2)[0] is DUPLICATE


def test_an_order_given_anew_is_told_and_receipted_anew(
    record: Record, fire: int, engine: int, now: datetime, officer: Actor
) -> None:
    """K10: re-assigned: the old receipt says nothing of the new order."""
    receipt(record, engine, now + SECOND)
    changed = order("fire", LEAD, task="改为警戒")
    later = now + 60 * SECOND
    responses.reissue(record, officer, engine, 1, changed, agencies=AGENCIES, at=later)
    assert reach_of(record, fire, later + 6 * SECOND) == (Reach.UNDELIVERED, False)
    assert receipt(record, engine, later + 7 * SECOND, revision=1)[0] is DUPLICATE
    assert task_row(record, engine).delivered_at is None
    assert receipt(record, engine, later + 8 * SECOND, revision=2)[0] is STORED


def test_a_merge_tells_every_department_and_leaves_no_task_behind(
    record: Record, fire: int, now: datetime, officer: Actor
) -> None:
    """K10: live tasks, refused ones and needs go along; each department is told and receipts."""
    other = put_incident(record, alert(source_ref="J9", kind=Kind.FIRE, event_code="12G01"))
    ids = issue(record, other, order("fire"), order("police"), order("water"), at=now)
    say(record, "police", ids[1], S.ACKNOWLEDGED, now + SECOND, needs="照明设备")
    say(record, "water", ids[2], S.DECLINED, now + SECOND, text="泵站检修")
    later = now + 60 * SECOND
    merging.merge(record, officer, other, fire, "同一起火", agencies=AGENCIES, at=later)
    assert {one.id for one in read_tasks_of(record, fire)} == set(ids)
    assert read_tasks_of(record, other) == ()
    assert [one.what for one in read_needs_of(record, fire)] == ["照明设备"]
    number = incident_row(record, fire).number
    for agency, task_id in zip(("fire", "police"), ids, strict=False):
        assert orders_sent(record, agency)[-1].incident.number == number
        assert task_row(record, task_id).delivered_at is None, "awaited anew"
        assert receipt(record, task_id, later + SECOND, agency)[0] is STORED
    assert {one.id for one in live_tasks(record)} == set(ids), "the refused one is seen too"


def test_of_six_departments_each_has_its_own_state_and_two_hold_the_end_open(
    record: Record, fire: int, now: datetime
) -> None:
    """K12: four complete, one refuses, one is silent: never 处置完毕."""
    ids = dict(zip(SIX, issue(record, fire, *(order(one) for one in SIX), at=now), strict=True))
    for agency in SIX[:4]:
        for minutes, status in enumerate((S.ACKNOWLEDGED, S.REPORTED, S.COMPLETED), start=1):
            say(record, agency, ids[agency], status, now + minutes * 60 * SECOND)
    say(record, "transport", ids["transport"], S.DECLINED, now + 60 * SECOND, text="无车")
    states = {one.agency_id: one.status for one in read_tasks_of(record, fire)}
    assert [states[agency] for agency in SIX] == [S.COMPLETED] * 4 + [S.DECLINED, S.ISSUED]
    row = incident_row(record, fire)
    assert (row.status, row.resolved_at) == (IncidentStatus.ACKNOWLEDGED, None)


# Template strings of every engine there is; none of them is ours.
TEMPLATES = (
    "{{7*7}}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{%25 print(7*7) %25}",
    "{{''.__class__.__mro__}}",
    "{0.__class__}",
    "%(password)s",
    "${jndi:ldap://127.0.0.1/a}",
    "`id`",
    "$(id)",
    "=1+1",
)


@pytest.mark.parametrize("hostile", TEMPLATES)
def test_template_strings_travel_as_they_are(
    record: Record, fire: int, now: datetime, hostile: str
) -> None:
    """K14: never evaluated, on the wire, in the record or in the log."""
    (task_id,) = issue(record, fire, order("fire", LEAD, task=hostile, reason=hostile), at=now)
    assert task_row(record, task_id).task == hostile
    assert orders_sent(record, "fire")[0].task == hostile
    say(record, "fire", task_id, S.ACKNOWLEDGED, now + SECOND, text=hostile, needs=hostile)
    assert task_row(record, task_id).last_feedback == hostile
    (need,) = read_needs_of(record, fire)
    assert need.what == hostile


@pytest.mark.parametrize("length", [2000, 2001])
def test_a_text_of_two_thousand_and_one_is_refused_with_its_count(
    record: Record, fire: int, now: datetime, length: int
) -> None:
    """K14: 2,000 pass whole, 2,001 are refused with both figures."""
    given = order("fire", LEAD, task="水" * length)
    if length <= 2000:
        issue(record, fire, given, at=now)
        assert len(orders_sent(record, "fire")[0].task) == length
        return
    with pytest.raises(Exception, match="有 2001 字，最多 2000 字"):
        issue(record, fire, given, at=now)


def test_characters_that_turn_the_writing_round_are_taken_out(
    record: Record, fire: int, now: datetime
) -> None:
    """K14: control characters, and those that show a text in another order than it has."""
    (task_id,) = issue(
        record, fire, order("fire", LEAD, task="灭\x00火\u202e\u2066并\x1b报"), at=now
    )
    assert task_row(record, task_id).task == "灭火并报"


def test_a_reopened_incident_is_not_closed_again_by_what_was_done_before(  # noqa: PLR0917
    record: Record, fire: int, engine: int, now: datetime, officer: Actor, chief: Actor
) -> None:
    """The old tasks are completed; only what is done from now on can end it."""
    for minutes, status in enumerate((S.ACKNOWLEDGED, S.REPORTED, S.COMPLETED), start=1):
        say(record, "fire", engine, status, now + minutes * 60 * SECOND)
    assert incident_row(record, fire).status == IncidentStatus.RESOLVED
    hour = now + 3600 * SECOND
    version = incident_row(record, fire).version
    incidents.close(record, officer, fire, version, Disposition.HANDLED, at=hour)
    incidents.reopen(record, chief, fire, version + 1, "复燃", at=hour + SECOND)
    assert incident_row(record, fire).status == IncidentStatus.ACKNOWLEDGED
    (second,) = issue(record, fire, order("police"), at=hour + 60 * SECOND)
    responses.cancel(record, officer, second, 1, "不需要", agencies=AGENCIES, at=hour + 90 * SECOND)
    row = incident_row(record, fire)
    assert row.status not in {IncidentStatus.RESOLVED, IncidentStatus.CLOSED}
    (third,) = issue(record, fire, order("fire"), at=hour + 120 * SECOND)
    for minutes, status in enumerate((S.ACKNOWLEDGED, S.REPORTED, S.COMPLETED), start=3):
        say(record, "fire", third, status, hour + minutes * 60 * SECOND)
    assert incident_row(record, fire).status == IncidentStatus.RESOLVED


def test_the_read_of_a_receipt_knows_both_words() -> None:
    for word in ("delivered", "received"):
        payload = b'{"assignment": 7, "revision": 2, "status": "%s"}' % word.encode()
        assert read_feedback(payload, AGENCIES["fire"]) == Delivered(assignment_id=7, revision=2)


def test_retained_lists_are_repeated_to_a_broker_that_lost_them(
    record: Record, fire: int, engine: int, now: datetime
) -> None:
    """K11: after a reconnect the newest list goes out once more, an older one never."""
    send_all(record, now)
    issue(record, fire, order("police"), at=now + SECOND)
    with record.write(now + 2 * SECOND) as w:
        outbox.repeat_retained(w)
        again = outbox.pending(w.cx, 100, now + 2 * SECOND)
        topics = [one.topic for one in again if one.retain]
    assert sorted(topics) == [
        "linkage/v1/assignment/fire/open",
        "linkage/v1/assignment/police/open",
    ]
