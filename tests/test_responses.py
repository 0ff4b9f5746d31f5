"""A joint response: issued to all at once, changed, withdrawn, chased; two officers, one winner."""

import threading
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import event, insert, select, update

from linkage.alerts import Point
from linkage.datum import Datum, from_wgs84
from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.plan.run_cards import Proposal, load_run_cards, propose
from linkage.record import Record
from linkage.response import responses
from linkage.response.order_messages import tell_open
from linkage.tables import assignment, incident, outbound_message
from linkage.vocabulary import AssignmentStatus, IncidentStatus
from tests.builders import alert
from tests.desk import (
    AGENCIES,
    DATA,
    INFORM,
    LEAD,
    SUPPORT,
    declared,
    incident_row,
    issue,
    open_list,
    order,
    orders_sent,
    say,
    story,
    task_row,
)
from tests.onrecord import change_incident, put_incident

S = AssignmentStatus
FIVE = ("police", "health", "environment", "transport")


@pytest.fixture
def fire(record: Record) -> int:
    """A workshop burns in 海州; 119 has told us."""
    burning = alert(
        source_id="119-cad",
        kind=Kind.FIRE,
        event_code="12G01",
        headline="厂房起火",
        place="海州区新浦工业园",
        fire_alarm_level=2,
    )
    return put_incident(record, burning)


def five_orders() -> list[Any]:
    return [order("fire", LEAD), *(order(agency) for agency in FIVE)]


def wire_count(record: Record) -> int:
    with record.read() as cx:
        return len(cx.execute(select(outbound_message.c.id)).all())


def proposal() -> Proposal:
    cards = load_run_cards(DATA / "run_cards.toml", AGENCIES)
    return propose(Kind.FIRE, "12G01", cards=cards, agencies=AGENCIES)


# Issuing


def test_five_departments_are_told_at_once_and_the_incident_is_dispatched(
    record: Record, fire: int, now: datetime
) -> None:
    ids = issue(record, fire, *five_orders(), at=now, declared=declared(now))
    rows = [task_row(record, one) for one in ids]
    assert [row.agency_id for row in rows] == ["fire", *FIVE]
    assert {row.status for row in rows} == {S.ISSUED}
    assert {(row.revision, row.issued_at, row.issued_by) for row in rows} == {
        (1, now, "甲（值班员）")
    }
    row = incident_row(record, fire)
    assert (row.status, row.dispatched_at) == (IncidentStatus.DISPATCHED, now)
    assert row.response_level == 3
    assert row.version == 3, "the response started, the orders went out"
    for agency in ("fire", *FIVE):
        assert len(orders_sent(record, agency)) == 1
        assert [one.id for one in open_list(record, agency).assignments] == [
            rows[["fire", *FIVE].index(agency)].id
        ]


def test_every_task_has_its_times_from_the_moment_of_issuing(
    record: Record, fire: int, now: datetime
) -> None:
    lead, told = issue(record, fire, order("fire", LEAD), order("weather", INFORM), at=now)
    row = task_row(record, lead)
    assert row.acknowledge_due_at == now + timedelta(seconds=60)
    assert row.on_scene_due_at == now + timedelta(minutes=15)
    assert row.report_due_at == now + timedelta(minutes=30)
    row = task_row(record, told)
    assert (row.acknowledge_due_at, row.on_scene_due_at, row.report_due_at) == (None, None, None)


def test_an_order_tells_what_where_how_bad_and_until_when(
    record: Record, fire: int, now: datetime
) -> None:
    (task_id,) = issue(record, fire, order("fire", LEAD), at=now, declared=declared(now))
    (told,) = orders_sent(record, "fire")
    assert (told.id, told.revision, told.status, told.role_label) == (
        task_id,
        1,
        S.ISSUED,
        "牵头",
    )
    assert told.incident.number == incident_row(record, fire).number
    assert (told.incident.kind_label, told.incident.headline) == ("火灾", "厂房起火")
    assert told.incident.level == "响应等级：Ⅲ级，火警等级：二级火警，危害程度：较重"
    assert told.task == "到场处置并报告"
    assert told.issued_by == "甲（值班员）"
    assert told.acknowledge_due_at == now + timedelta(seconds=60)
    assert not told.exercise


def test_times_on_the_wire_are_beijing_times_with_their_offset(
    record: Record, fire: int, now: datetime
) -> None:
    issue(record, fire, order("fire", LEAD), at=now)
    with record.read() as cx:
        payload = cx.execute(select(outbound_message.c.payload)).scalars().first()
    form = msgspec.json.decode(payload)
    assert form["issued_at"] == "2026-11-22T14:30:00+08:00"
    assert form["acknowledge_due_at"] == "2026-11-22T14:31:00+08:00"


def test_each_department_gets_the_scene_in_the_datum_of_its_own_map(
    record: Record, fire: int, now: datetime
) -> None:
    issue(record, fire, order("fire", LEAD), order("market"), order("water"), at=now)
    for agency, datum in (("fire", Datum.GCJ02), ("market", Datum.BD09), ("water", Datum.CGCS2000)):
        (told,) = orders_sent(record, agency)
        assert told.where is not None
        assert told.where.wgs84 == Point(119.17, 34.6)
        assert told.where.datum == datum
        x, y = from_wgs84(datum, 119.17, 34.6)
        assert (told.where.own.lon, told.where.own.lat) == pytest.approx((x, y), abs=1e-6)


def test_an_incident_nobody_could_place_is_issued_with_its_words_only(
    record: Record, now: datetime
) -> None:
    lost = put_incident(record, alert(source_ref="J2", point=None))
    issue(record, lost, order("police", LEAD), at=now)
    (told,) = orders_sent(record, "police")
    assert told.where is None
    assert told.incident.place == "海州区郁洲路口"


def test_nobody_is_told_the_callers_name_or_number(record: Record, now: datetime) -> None:
    called = alert(source_ref="J3", caller_name="报警人甲", caller_phone="13900000000")
    issue(record, put_incident(record, called), order("police", LEAD), at=now)
    with record.read() as cx:
        for payload in cx.execute(select(outbound_message.c.payload)).scalars():
            assert b"13900000000" not in payload
            assert "报警人甲".encode() not in payload


def test_who_is_only_told_does_not_make_the_incident_dispatched(
    record: Record, fire: int, now: datetime
) -> None:
    issue(record, fire, order("weather", INFORM), at=now)
    row = incident_row(record, fire)
    assert (row.status, row.dispatched_at) == (IncidentStatus.RECEIVED, None)


def test_a_second_wave_does_not_move_the_first_dispatch(
    record: Record, fire: int, now: datetime
) -> None:
    issue(record, fire, order("fire", LEAD), at=now)
    say(record, "fire", task_of(record, "fire"), S.ACKNOWLEDGED, now + timedelta(seconds=20))
    issue(record, fire, order("health"), at=now + timedelta(minutes=5))
    row = incident_row(record, fire)
    assert row.dispatched_at == now
    assert row.status == IncidentStatus.ACKNOWLEDGED


def task_of(record: Record, agency_id: str) -> int:
    with record.read() as cx:
        query = select(assignment.c.id).where(assignment.c.agency_id == agency_id)
        return int(cx.execute(query.order_by(assignment.c.id.desc())).scalars().first() or 0)


def test_an_exercise_stays_one_on_the_wire(record: Record, now: datetime) -> None:
    drill = put_incident(record, alert(source_ref="Y1", exercise=True))
    (task_id,) = issue(record, drill, order("police", LEAD), at=now)
    assert task_row(record, task_id).exercise
    assert orders_sent(record, "police")[0].exercise


def test_all_or_nobody_when_one_order_is_wrong(record: Record, fire: int, now: datetime) -> None:
    issue(record, fire, order("health"), at=now)
    before = wire_count(record)
    with pytest.raises(NotAllowed, match="卫生在本事件中已有未结任务"):
        issue(record, fire, *five_orders(), at=now)
    assert wire_count(record) == before
    with record.read() as cx:
        assert len(cx.execute(select(assignment.c.id)).all()) == 1


def test_who_has_ended_its_task_may_be_asked_again(
    record: Record, fire: int, now: datetime
) -> None:
    (first,) = issue(record, fire, order("telecom"), at=now)
    say(record, "telecom", first, S.DECLINED, now + timedelta(seconds=5), text="无车可派")
    (second,) = issue(record, fire, order("telecom"), at=now + timedelta(minutes=1))
    assert second != first


@pytest.mark.parametrize(
    ("orders", "words"),
    [
        ([], "没有选择联动单位"),
        ([order("ghost")], "单位“ghost”未登记"),
        ([order("fire"), order("fire")], "消防被选了两次"),
        ([order("fire", LEAD), order("police", LEAD)], "牵头单位只能有一个"),
        ([order("fire", task="  ")], "消防的任务内容为空"),
        ([order("fire", task="水" * 2001)], "有 2001 字，最多 2000 字"),
        ([order("fire", report_s=0)], "时限应大于 0"),
    ],
)
def test_an_order_that_cannot_be_given_says_whose_and_why(
    record: Record, fire: int, now: datetime, orders: list[Any], words: str
) -> None:
    with pytest.raises(NotAllowed, match=words):
        issue(record, fire, *orders, at=now)
    assert wire_count(record) == 0


def test_there_is_no_fifth_level_of_response(record: Record, fire: int, now: datetime) -> None:
    with pytest.raises(NotAllowed, match="没有第 5 级响应"):
        issue(record, fire, order("fire"), at=now, declared=declared(now, 5))


def test_a_second_lead_is_refused_with_the_name_of_the_first(
    record: Record, fire: int, now: datetime
) -> None:
    issue(record, fire, order("fire", LEAD), at=now)
    with pytest.raises(NotAllowed, match="已由消防牵头"):
        issue(record, fire, order("work-safety", LEAD), at=now)


def test_control_characters_never_reach_the_record(
    record: Record, fire: int, now: datetime
) -> None:
    (task_id,) = issue(record, fire, order("fire", task="灭火\x00\x1b[31m\n并报告"), at=now)
    assert task_row(record, task_id).task == "灭火[31m\n并报告"


def test_hostile_words_travel_as_words(record: Record, fire: int, now: datetime) -> None:
    hostile = "<img src=x onerror=alert(1)>{{7*7}}${7*7}=cmd|'/c'!A1"
    issue(record, fire, order("fire", task=hostile), at=now)
    assert orders_sent(record, "fire")[0].task == hostile


def test_analysts_and_other_agencies_issue_nothing(
    record: Record, fire: int, now: datetime, analyst: Actor, fire_officer: Actor
) -> None:
    for actor in (analyst, fire_officer):
        with pytest.raises(NotPermitted):
            issue(record, fire, order("fire"), at=now, actor=actor)
    assert wire_count(record) == 0


@pytest.mark.parametrize("end", ["closed", "cancelled"])
def test_nothing_is_issued_for_what_has_ended(
    record: Record, fire: int, now: datetime, end: str
) -> None:
    change_incident(record, fire, status=end)
    with pytest.raises(NotAllowed, match="请先重启"):
        issue(record, fire, order("fire"), at=now)


# Two officers


def test_of_two_officers_one_wins_and_the_other_is_told_who_what_and_when(
    record: Record, fire: int, now: datetime, other_officer: Actor
) -> None:
    seen = incident_row(record, fire).version
    issue(record, fire, order("fire", LEAD), at=now)
    with pytest.raises(Raced, match=r"甲（值班员）已于 14:30:00 对事件 .* 执行“下达”") as raced:
        issue(
            record,
            fire,
            order("fire", LEAD),
            at=now + timedelta(seconds=3),
            version=seen,
            actor=other_officer,
        )
    assert "消防（牵头）" in str(raced.value)
    assert len(orders_sent(record, "fire")) == 1


def test_a_further_call_meanwhile_does_not_stop_the_officer(
    record: Record, fire: int, now: datetime
) -> None:
    seen = incident_row(record, fire).version
    change_incident(record, fire, alert_count=2)
    assert issue(record, fire, order("fire", LEAD), at=now, version=seen)


def test_an_answer_meanwhile_does_not_stop_the_officer(
    record: Record, fire: int, now: datetime
) -> None:
    (task_id,) = issue(record, fire, order("fire", LEAD), at=now)
    seen = incident_row(record, fire).version
    say(record, "fire", task_id, S.ACKNOWLEDGED, now + timedelta(seconds=9))
    assert incident_row(record, fire).version == seen + 1
    assert issue(record, fire, order("health"), at=now + timedelta(seconds=20), version=seen)


def test_two_desks_pressing_at_the_same_moment_issue_once(
    record: Record, fire: int, now: datetime, other_officer: Actor, officer: Actor
) -> None:
    seen = incident_row(record, fire).version
    outcomes: list[object] = []
    ready = threading.Barrier(2)

    def press(actor: Actor) -> None:
        ready.wait()
        try:
            outcomes.append(
                issue(record, fire, order("fire", LEAD), at=now, version=seen, actor=actor)
            )
        except Raced as why:
            outcomes.append(why)

    desks = [threading.Thread(target=press, args=(a,)) for a in (officer, other_officer)]
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join()
    assert sorted(type(one).__name__ for one in outcomes) == ["Raced", "list"]
    assert len(orders_sent(record, "fire")) == 1


# The log


def test_what_was_done_otherwise_than_the_card_said_is_in_the_log(
    record: Record, fire: int, now: datetime
) -> None:
    said = proposal()
    orders = [line.order() for line in said.assignments if line.agency_id != "environment"]
    orders = [
        msgspec.structs.replace(one, task="封路并疏散商户") if one.agency_id == "police" else one
        for one in orders
    ]
    issue(record, fire, *orders, order("economy"), at=now, proposal=said)
    entries = story(record, fire)
    told = {
        (after["deviation"], after["agency_id"])
        for entry in entries
        if entry.after and "deviation" in (after := msgspec.json.decode(entry.after))
    }
    assert told == {("added", "economy"), ("changed", "police"), ("removed", "environment")}
    summary = entries[-1].reason
    for words in ("增加经贸（配合）", "公安任务有改动", "未下达环保（方案为配合）"):
        assert words in summary


def test_what_follows_the_card_deviates_in_nothing(
    record: Record, fire: int, now: datetime
) -> None:
    said = proposal()
    issue(record, fire, *(line.order() for line in said.assignments), at=now, proposal=said)
    assert not any("deviation" in (entry.after or "") for entry in story(record, fire))
    assert "与方案不同" not in story(record, fire)[-1].reason


def test_every_order_leaves_its_own_entry_with_the_reason_for_this_agency(
    record: Record, fire: int, now: datetime
) -> None:
    ids = issue(record, fire, order("fire", LEAD), order("health", reason=""), at=now)
    by_task = {entry.assignment_id: entry for entry in story(record, fire) if entry.assignment_id}
    assert by_task[ids[0]].reason == "联动方案第14行"
    assert by_task[ids[1]].reason == "由甲（值班员）选定"
    assert {entry.action for entry in by_task.values()} == {"issue"}


# Withdrawing


def test_a_withdrawn_order_reaches_the_department_with_its_own_revision(
    record: Record, fire: int, now: datetime, officer: Actor
) -> None:
    (task_id,) = issue(record, fire, order("fire", LEAD), at=now)
    later = now + timedelta(minutes=3)
    assert (
        responses.cancel(record, officer, task_id, 1, "误报，不必出动", agencies=AGENCIES, at=later)
        == 2
    )
    row = task_row(record, task_id)
    assert (row.status, row.cancelled_at, row.revision) == (S.CANCELLED, later, 2)
    first, second = orders_sent(record, "fire")
    assert (first.status, second.status, second.revision) == (S.ISSUED, S.CANCELLED, 2)
    assert open_list(record, "fire").assignments == []
    assert story(record, fire)[-1].reason == "误报，不必出动"


def test_withdrawing_needs_a_reason_a_right_and_something_to_withdraw(
    record: Record, fire: int, now: datetime, officer: Actor, analyst: Actor
) -> None:
    (task_id,) = issue(record, fire, order("fire", LEAD), at=now)
    with pytest.raises(NotAllowed, match="请写明撤销理由"):
        responses.cancel(record, officer, task_id, 1, " ", agencies=AGENCIES, at=now)
    with pytest.raises(NotPermitted):
        responses.cancel(record, analyst, task_id, 1, "不必", agencies=AGENCIES, at=now)
    with pytest.raises(NotAllowed, match="没有编号为 9999 的任务"):
        responses.cancel(record, officer, 9999, 1, "不必", agencies=AGENCIES, at=now)
    responses.cancel(record, officer, task_id, 1, "不必", agencies=AGENCIES, at=now)
    with pytest.raises(NotAllowed, match="已经撤销"):
        responses.cancel(record, officer, task_id, 2, "不必", agencies=AGENCIES, at=now)


def test_the_second_officer_to_withdraw_is_told_of_the_first(
    record: Record, fire: int, now: datetime, officer: Actor, other_officer: Actor
) -> None:
    (task_id,) = issue(record, fire, order("fire", LEAD), at=now)
    responses.cancel(record, officer, task_id, 1, "误报", agencies=AGENCIES, at=now)
    with pytest.raises(Raced, match="甲（值班员）已于 14:30:00 对该任务执行“撤销任务”（误报）"):
        responses.cancel(record, other_officer, task_id, 1, "重复", agencies=AGENCIES, at=now)


def test_a_completed_task_cannot_be_withdrawn(
    record: Record, fire: int, now: datetime, officer: Actor
) -> None:
    (task_id,) = issue(record, fire, order("fire", LEAD), at=now)
    for status in (S.ACKNOWLEDGED, S.WORKING, S.COMPLETED):
        say(record, "fire", task_id, status, now + timedelta(minutes=1))
    with pytest.raises(NotAllowed, match="任务已办结"):
        responses.cancel(record, officer, task_id, 1, "误报", agencies=AGENCIES)


def test_a_task_left_over_in_an_ended_incident_can_still_be_withdrawn(
    record: Record, fire: int, now: datetime, officer: Actor
) -> None:
    (task_id,) = issue(record, fire, order("fire", LEAD), at=now)
    change_incident(record, fire, status="cancelled")
    responses.cancel(record, officer, task_id, 1, "事件已取消", agencies=AGENCIES, at=now)
    assert orders_sent(record, "fire")[-1].status is S.CANCELLED


# Giving again


def test_a_revised_order_begins_anew_and_keeps_what_was_in_the_log(
    record: Record, fire: int, now: datetime, officer: Actor
) -> None:
    (task_id,) = issue(record, fire, order("fire", LEAD), at=now)
    say(record, "fire", task_id, S.ACKNOWLEDGED, now + timedelta(seconds=10))
    later = now + timedelta(minutes=10)
    changed = order("fire", LEAD, task="改为冷却保护相邻罐区", on_scene_s=600)
    assert (
        responses.reissue(
            record, officer, task_id, 1, changed, reason="火势蔓延", agencies=AGENCIES, at=later
        )
        == 2
    )
    row = task_row(record, task_id)
    assert (row.status, row.revision, row.task) == (S.ISSUED, 2, "改为冷却保护相邻罐区")
    assert (row.acknowledged_at, row.issued_at) == (None, later)
    assert row.on_scene_due_at == later + timedelta(seconds=600)
    told = orders_sent(record, "fire")[-1]
    assert (told.revision, told.task) == (2, "改为冷却保护相邻罐区")
    assert [one.revision for one in open_list(record, "fire").assignments] == [2]
    entry = story(record, fire)[-1]
    assert (entry.action, entry.reason) == ("reissue", "火势蔓延")
    assert "acknowledged_at" in entry.before
    assert incident_row(record, fire).acknowledged_at == now + timedelta(seconds=10)


def test_a_declined_order_can_be_given_again(
    record: Record, fire: int, now: datetime, officer: Actor
) -> None:
    (task_id,) = issue(record, fire, order("telecom"), at=now)
    say(record, "telecom", task_id, S.DECLINED, now, text="车在维修")
    responses.reissue(record, officer, task_id, 1, order("telecom"), agencies=AGENCIES, at=now)
    row = task_row(record, task_id)
    assert (row.status, row.declined_at) == (S.ISSUED, None)
    assert [one.id for one in open_list(record, "telecom").assignments] == [task_id]


def test_giving_again_does_not_change_the_agency_and_not_what_is_done(
    record: Record, fire: int, now: datetime, officer: Actor
) -> None:
    (task_id,) = issue(record, fire, order("fire", LEAD), at=now)
    with pytest.raises(NotAllowed, match="不能换单位"):
        responses.reissue(record, officer, task_id, 1, order("health"), agencies=AGENCIES)
    for status in (S.ACKNOWLEDGED, S.WORKING, S.COMPLETED):
        say(record, "fire", task_id, status, now + timedelta(minutes=1))
    with pytest.raises(NotAllowed, match="任务已办结"):
        responses.reissue(record, officer, task_id, 1, order("fire"), agencies=AGENCIES)


def test_a_withdrawn_order_is_not_revived_beside_a_newer_one(
    record: Record, fire: int, now: datetime, officer: Actor
) -> None:
    (old,) = issue(record, fire, order("fire", LEAD), at=now)
    responses.cancel(record, officer, old, 1, "改派", agencies=AGENCIES, at=now)
    issue(record, fire, order("fire"), at=now)
    with pytest.raises(NotAllowed, match="消防在本事件中已有未结任务"):
        responses.reissue(record, officer, old, 2, order("fire"), agencies=AGENCIES, at=now)


def test_a_helper_can_be_made_the_lead_only_when_there_is_none(
    record: Record, fire: int, now: datetime, officer: Actor
) -> None:
    lead, helper = issue(record, fire, order("fire", LEAD), order("health"), at=now)
    with pytest.raises(NotAllowed, match="已由消防牵头"):
        responses.reissue(record, officer, helper, 1, order("health", LEAD), agencies=AGENCIES)
    responses.reissue(record, officer, lead, 1, order("fire", SUPPORT), agencies=AGENCIES)
    responses.reissue(record, officer, helper, 1, order("health", LEAD), agencies=AGENCIES)
    assert task_row(record, helper).role == LEAD


# Chasing


def test_chasing_sends_the_same_order_again_and_says_so(
    record: Record, fire: int, now: datetime, officer: Actor
) -> None:
    (task_id,) = issue(record, fire, order("fire", LEAD), at=now)
    later = now + timedelta(minutes=2)
    responses.chase(record, officer, task_id, 1, note="已电话催办", agencies=AGENCIES, at=later)
    first, second = orders_sent(record, "fire")
    assert second == first
    row = task_row(record, task_id)
    assert (row.chased_at, row.revision, row.status) == (later, 1, S.ISSUED)
    assert story(record, fire)[-1].action == "chase"


def test_who_has_ended_is_not_chased(
    record: Record, fire: int, now: datetime, officer: Actor
) -> None:
    (task_id,) = issue(record, fire, order("fire", LEAD), at=now)
    responses.cancel(record, officer, task_id, 1, "误报", agencies=AGENCIES, at=now)
    with pytest.raises(NotAllowed, match="不需要催办"):
        responses.chase(record, officer, task_id, 2, agencies=AGENCIES)


# The list of what is open


def test_who_was_away_finds_exactly_what_is_open_oldest_first(
    record: Record, fire: int, now: datetime, officer: Actor
) -> None:
    flood = put_incident(record, alert(source_ref="J9", kind=Kind.FLOOD, event_code="11A01"))
    (one,) = issue(record, fire, order("fire", LEAD), at=now)
    (two,) = issue(record, flood, order("fire"), at=now)
    assert [o.id for o in open_list(record, "fire").assignments] == [one, two]
    responses.cancel(record, officer, one, 1, "误报", agencies=AGENCIES, at=now)
    assert [o.id for o in open_list(record, "fire").assignments] == [two]
    with record.read() as cx:
        kept = cx.execute(select(outbound_message.c.retain, outbound_message.c.topic)).all()
    assert all(retain == topic.endswith("/open") for retain, topic in kept)


def test_with_hundreds_open_the_list_still_fits_the_broker_and_names_them_all(
    record: Record, fire: int, now: datetime
) -> None:
    with record.write(now) as w:
        columns = {c.name: None for c in assignment.columns}
        usual = {
            "incident_id": fire,
            "agency_id": "fire",
            "role": SUPPORT,
            "task": "水" * 500,
            "reason": "压力测试",
            "revision": 1,
            "status": S.ISSUED,
            "exercise": False,
            "issued_by": "甲（值班员）",
            "issued_at": now,
            "changed_at": now,
        }
        rows = [
            {**columns, **usual, "id": w.next_id(), "live_revision": w.next_revision()}
            for _ in range(400)
        ]
        w.cx.execute(insert(assignment), rows)
        tell_open(w, AGENCIES["fire"])
    listed = open_list(record, "fire")
    assert listed.ids == {row["id"] for row in rows}
    assert 50 < len(listed.assignments) < 400
    with record.read() as cx:
        assert len(cx.execute(select(outbound_message.c.payload)).scalar_one()) < 262_144


def test_the_feed_learns_of_every_change(
    record: Record, fire: int, now: datetime, officer: Actor
) -> None:
    def feed() -> tuple[int, int]:
        with record.read() as cx:
            return (
                cx.execute(select(incident.c.revision)).scalar_one(),
                cx.execute(select(assignment.c.live_revision)).scalar_one(),
            )

    (task_id,) = issue(record, fire, order("fire", LEAD), at=now)
    before = feed()
    say(record, "fire", task_id, S.ACKNOWLEDGED, now)
    assert all(new > old for new, old in zip(feed(), before, strict=True))
    before = feed()
    responses.chase(record, officer, task_id, 1, agencies=AGENCIES, at=now)
    assert feed()[1] > before[1]


def test_a_merged_incidents_task_speaks_of_the_incident_it_now_belongs_to(
    record: Record, fire: int, now: datetime, officer: Actor
) -> None:
    other = put_incident(record, alert(source_ref="J7", headline="同一厂房冒烟"))
    (task_id,) = issue(record, other, order("fire", LEAD), at=now)
    with record.write(now) as w:
        w.cx.execute(update(assignment).values(incident_id=fire))
    responses.chase(record, officer, task_id, 1, agencies=AGENCIES, at=now)
    assert orders_sent(record, "fire")[-1].incident.headline == "厂房起火"


def test_who_calls_nineteen_agencies_waits_no_longer_than_for_one(
    record: Record, now: datetime
) -> None:
    """An officer's action is committed within 200 ms: its statements do not grow with agencies."""

    def statements(ref: str, *agencies: str) -> int:
        incident_id = put_incident(record, alert(source_ref=ref))
        said: list[str] = []

        def note(*about: Any) -> None:
            said.append(about[2])

        event.listen(record.engine, "before_cursor_execute", note)
        issue(record, incident_id, *map(order, agencies), at=now)
        event.remove(record.engine, "before_cursor_execute", note)
        return len(said)

    assert statements("J11", *AGENCIES) <= statements("J12", "fire") + 1  # many rows go by COPY
