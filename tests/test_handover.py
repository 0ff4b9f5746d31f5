"""交接班: two people sign one sheet, and nothing of the work is lost between two shifts."""

import hashlib
import itertools
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from linkage.clocks.keeper import Keeper
from linkage.clocks.running import running
from linkage.desk import incidents
from linkage.duty.roster import on_post
from linkage.duty_tables import handover
from linkage.errors import NotAllowed, Raced
from linkage.handover import notes, signing
from linkage.handover.gather import MOST, Facts, sections
from linkage.handover.paper import handover_json, handover_pdf
from linkage.handover.sheet import Item, Section, Sheet, differences, digest, read_sheet
from linkage.handover.turns import Turn, current_turn, turns
from linkage.people import Actor
from linkage.record import Record
from linkage.response.moves import LIVE
from linkage.response_tables import clock_firing, need, notice
from linkage.response_vocabulary import Post
from linkage.sources import load_sources
from linkage.tables import assignment, incident
from linkage.vocabulary import (
    OPEN_STATUSES,
    AssignmentStatus,
    IncidentStatus,
    Role,
)
from tests.builders import alert
from tests.desk import AGENCIES, LEAD, incident_row, issue, order, say
from tests.onrecord import put_incident, put_task, put_warning
from tests.rosters import ALL, NOW, OTHERS, RULES, book, imported, shift
from tests.timekeeping import CLOCKS

ROOT = Path(__file__).parents[1]
FACTS = Facts(load_sources(ROOT / "sources.toml"), AGENCIES, CLOCKS)
_NUMBERS = itertools.count(1)
# 20:00 in Beijing.
CHANGE = NOW + timedelta(hours=5, minutes=30)
LEAVES = Actor("值班员甲", Role.DUTY_OFFICER)
COMES = Actor("值班员乙", Role.DUTY_OFFICER)


@pytest.fixture
def turn(record: Record) -> Turn:
    imported(record, book(shift("11月22日"), shift("11月22日", "夜班", OTHERS)))
    with record.read() as cx:
        found = current_turn(cx, RULES, CHANGE - timedelta(minutes=10))
    assert found is not None
    return found


def at(minutes: float) -> datetime:
    return CHANGE + timedelta(minutes=minutes)


def drawn(record: Record, turn: Turn, minutes: float = -10) -> signing.Handover:
    signing.draw_up(record, LEAVES, turn, FACTS, at=at(minutes))
    return kept(record)


def kept(record: Record) -> signing.Handover:
    with record.read() as cx:
        found = signing.read(cx, CHANGE)
    assert found is not None
    return found


def lines(one: signing.Handover, title: str) -> list[str]:
    found = next(section for section in one.sheet.sections if section.title.startswith(title))
    return [item.text for item in found.items]


def test_the_roster_says_who_leaves_and_who_comes(turn: Turn) -> None:
    assert turn.at == CHANGE
    assert turn.off == ("当班值班员 值班员甲", "当班值班长 班长甲")
    assert turn.on == ("当班值班员 值班员乙", "当班值班长 班长乙")


def test_who_stays_on_for_a_second_shift_hands_over_to_nobody(record: Record) -> None:
    imported(record, book(shift("11月22日"), shift("11月22日", "夜班")))
    with record.read() as cx:
        assert turns(cx, NOW, NOW + timedelta(days=1)) == []


def test_the_sheet_tells_what_is_open_at_that_moment(record: Record, turn: Turn) -> None:
    incident_id = put_incident(record, at=NOW, status=IncidentStatus.VERIFIED)
    issue(record, incident_id, order("fire", LEAD), at=at(-20))
    notes.add_note(record, LEAVES, "郁洲路口信号灯故障，已报交警", at=at(-30))
    one = drawn(record, turn)
    assert "海州区郁洲路口" in lines(one, "在办事件")[0]
    assert "无人接手" in lines(one, "在办事件")[0]
    assert "消防（牵头）" in lines(one, "未签收")[0]
    assert any("已超时" in line for line in lines(one, "已超时"))
    assert "郁洲路口信号灯故障" in lines(one, "本班备注")[0]
    assert one.digest == digest(one.sheet.text)


def put_needs(record: Record, incident_id: int, count: int) -> None:
    with record.write(at(-30)) as w:
        for number in range(count):
            values = {"incident_id": incident_id, "sort": "equipment", "what": f"冲锋舟{number}"}
            values |= {"measure": "艘", "status": "asked", "asked_by": "甲", "exercise": False}
            moments = {"asked_at": w.at, "changed_at": w.at}
            w.cx.execute(insert(need).values(id=w.next_id(), version=1, **values, **moments))


def test_what_does_not_fit_on_the_sheet_is_counted(record: Record, turn: Turn) -> None:
    put_needs(record, put_incident(record, at=at(-60)), MOST + 3)
    for number in range(MOST + 2):
        put_warning(record, ["320700"], source_ref=f"W{number}", expires_at=at(600), at=at(-60))
    sheet = drawn(record, turn)
    assert len(lines(sheet, "未解决的需求")) == MOST + 1
    assert lines(sheet, "未解决的需求")[-1] == "另有 3 项，见“事件处置”"
    assert lines(sheet, "生效中的预警")[-1] == "另有 2 项，见“态势总览”"


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(IncidentStatus),
            st.booleans(),
            st.lists(st.sampled_from(AssignmentStatus), max_size=3, unique=True),
            st.integers(0, 2),
        ),
        max_size=4,
    )
)
def test_whatever_is_open_stands_on_the_sheet(
    record: Record, turn: Turn, work: list[tuple[IncidentStatus, bool, list[str], int]]
) -> None:
    """In every state of the record: incidents, orders, what is needed, notes, reports."""
    for status, claimed, tasks, wants in work:
        number = f"p{next(_NUMBERS)}"
        stands = {"status": status, "claimed_by": "甲" if claimed else None, "at": at(-60)}
        incident_id = put_incident(record, alert(source_ref=number), number=number, **stands)
        for agency, state in zip(("fire", "health", "traffic"), tasks, strict=False):
            put_task(record, incident_id, agency, status=state, issued_at=at(-50))
        put_needs(record, incident_id, wants)
    note_id = notes.add_note(record, LEAVES, "留意潮位", at=at(-20))
    with record.read() as cx:
        told = {item.key: item.text for s in sections(cx, FACTS, at(-10)) for item in s.items}
        its, task = incident.c, assignment.c
        states = [status.value for status in OPEN_STATUSES]
        open_ = select(its.id).where(its.status.in_(states))
        issued = select(task.id).where(task.status == "issued", task.incident_id.in_(open_))
        going = select(task.incident_id).where(
            task.status.in_([status.value for status in LIVE]),
            task.incident_id.in_(open_),
        )
        owed = {f"incident-{i}" for i in cx.execute(open_).scalars()}
        owed |= {f"assignment-{i}" for i in cx.execute(issued).scalars()}
        owed |= {f"need-{i}" for i in cx.execute(select(need.c.id)).scalars()}
        assert owed | {f"note-{note_id}"} <= told.keys()
        for incident_id in cx.execute(going).scalars():
            assert "在办任务" in told[f"incident-{incident_id}"]


def test_both_sign_the_same_sheet_and_what_came_between_stands_beside_it(
    record: Record, turn: Turn
) -> None:
    one = drawn(record, turn)
    signing.give(record, LEAVES, one.id, one.digest, at=at(-5))
    put_incident(record, at=at(-2))
    signing.take(record, COMES, one.id, one.digest, FACTS, at=at(1))
    done = kept(record)
    assert (done.given_by, done.taken_by) == (str(LEAVES), str(COMES))
    assert (done.digest, done.sheet) == (one.digest, one.sheet)
    assert [d.what for d in done.changes if d.section.startswith("在办事件")] == ["新增"]


def test_a_sheet_drawn_up_again_is_not_signed_by_who_saw_the_old_one(
    record: Record, turn: Turn
) -> None:
    seen = drawn(record, turn)
    put_incident(record, at=at(-9))
    drawn(record, turn, minutes=-8)
    with pytest.raises(Raced, match="已重新生成"):
        signing.give(record, LEAVES, seen.id, seen.digest, at=at(-5))


def test_one_person_cannot_sign_for_both(record: Record, turn: Turn) -> None:
    one = drawn(record, turn)
    signing.give(record, LEAVES, one.id, one.digest, at=at(-5))
    with pytest.raises(NotAllowed, match="两个人"):
        signing.take(record, LEAVES, one.id, one.digest, FACTS, "替班", at=at(1))


def test_nobody_takes_over_what_was_not_given(record: Record, turn: Turn) -> None:
    one = drawn(record, turn)
    with pytest.raises(NotAllowed, match="交班人还没有签字"):
        signing.take(record, COMES, one.id, one.digest, FACTS, at=at(1))


def test_who_is_not_on_the_roster_says_why_he_signs(
    record: Record, turn: Turn, chief: Actor
) -> None:
    one = drawn(record, turn)
    with pytest.raises(NotAllowed, match="班表上交班的是当班值班员 值班员甲"):
        signing.give(record, chief, one.id, one.digest, at=at(0))
    signing.give(record, chief, one.id, one.digest, "值班员甲突发疾病", at=at(0))
    assert kept(record).given_by == str(chief)


def test_a_signed_sheet_is_not_drawn_up_again(record: Record, turn: Turn) -> None:
    one = drawn(record, turn)
    signing.give(record, LEAVES, one.id, one.digest, at=at(-5))
    with pytest.raises(Raced, match="不能再换"):
        drawn(record, turn, minutes=-4)
    with pytest.raises(Raced, match="已于"):
        signing.give(record, LEAVES, one.id, one.digest, at=at(-3))


def test_at_the_change_the_sheet_is_there_by_itself_and_once(record: Record, turn: Turn) -> None:
    assert signing.open_due(record, FACTS, at(-1)) is None
    assert signing.open_due(record, FACTS, at(0)) is not None
    assert signing.open_due(record, FACTS, at(0)) is None
    assert signing.open_due(record, FACTS, at(9)) is None
    assert kept(record).sheet.on == turn.on


def test_without_a_roster_there_is_nothing_to_hand_over(record: Record) -> None:
    assert signing.open_due(record, FACTS, NOW) is None
    with record.read() as cx:
        assert cx.execute(select(handover)).first() is None
        assert current_turn(cx, RULES, NOW) is None


def test_an_unsigned_change_is_escalated(record: Record, turn: Turn) -> None:
    signing.open_due(record, FACTS, at(0))
    keeper = Keeper(record, CLOCKS, steady=lambda: 0.0)
    for minutes in range(0, 41, 5):
        keeper.look(at(minutes))
    with record.read() as cx:
        fired = list(
            cx.execute(select(clock_firing.c.step).where(clock_firing.c.about == "handover"))
        )
        told = set(cx.execute(select(notice.c.person_id).where(notice.c.about == "firing")))
    assert len(fired) >= 2
    assert told


def test_a_response_in_full_swing_loses_nothing_at_the_change_of_shifts(
    record: Record, turn: Turn
) -> None:
    """The claim, the running clocks and the escalation go on; only whom it calls is another."""
    incident_id = put_incident(record, at=at(-30), status=IncidentStatus.VERIFIED)
    incidents.claim(record, LEAVES, incident_id, at=at(-29))
    fire, health = issue(record, incident_id, order("fire", LEAD), order("health"), at=at(-2))
    say(record, "health", health, AssignmentStatus.ACKNOWLEDGED, at(-1))
    with record.read() as cx:
        before = {run.key for run in running(cx, at(-0.5), CLOCKS) if run.incident_id}
    one = drawn(record, turn, minutes=-0.5)
    signing.give(record, LEAVES, one.id, one.digest, at=at(-0.2))
    signing.take(record, COMES, one.id, one.digest, FACTS, at=at(0.2))
    with record.read() as cx:
        after = {run.key for run in running(cx, at(0.2), CLOCKS) if run.incident_id}
        now_on = [person.name for person in on_post(cx, Post.OFFICER, at(0.2))]
    assert before == after
    assert incident_row(record, incident_id).claimed_by == str(LEAVES)
    assert now_on == ["值班员乙"]
    Keeper(record, CLOCKS, steady=lambda: 0.0).look(at(0.5))
    with record.read() as cx:
        firing = clock_firing.c
        told = list(cx.execute(select(firing.told).where(firing.assignment_id == fire)).scalars())
    assert "值班员乙" in str(told)
    assert ALL[0] not in str(told)
    leader = Actor(OTHERS[2], Role.DUTY_CHIEF)
    version = incident_row(record, incident_id).version
    incidents.take_over(record, leader, incident_id, version, "接班", at=at(1))


def test_a_struck_note_stays_with_who_struck_it(record: Record) -> None:
    note_id = notes.add_note(record, LEAVES, "备用电台送修", at=at(-60))
    notes.strike_note(record, COMES, note_id, at=at(5))
    with pytest.raises(Raced, match="已被划去"):
        notes.strike_note(record, COMES, note_id, at=at(6))
    with record.read() as cx:
        one = notes.notes(cx, at(-120))[0]
    assert (one.text, one.struck_by) == ("备用电台送修", str(COMES))
    with pytest.raises(NotAllowed, match="空的"):
        notes.add_note(record, LEAVES, " \n", at=at(7))


def test_what_came_changed_and_went_is_told_apart() -> None:
    def sheet(*items: Item) -> Sheet:
        sections = (Section("在办事件", items),)
        return Sheet(change_at=CHANGE, drawn_at=NOW, off=(), on=(), sections=sections)

    before = sheet(Item("1", "甲 已接报"), Item("2", "乙"), Item("3", "丙"))
    after = sheet(Item("1", "甲 已派遣"), Item("3", "丙"), Item("4", "丁"))
    assert [(d.what, d.text) for d in differences(before, after)] == [
        ("变为", "甲 已派遣"),
        ("新增", "丁"),
        ("不再列", "乙"),
    ]
    assert read_sheet(before.text) == before


def test_what_is_printed_and_kept_is_what_was_signed(record: Record, turn: Turn) -> None:
    put_incident(record, at=NOW)
    one = drawn(record, turn)
    signing.give(record, LEAVES, one.id, one.digest, at=at(-5))
    signing.take(record, COMES, one.id, one.digest, FACTS, at=at(1))
    done = kept(record)
    signed = json.loads(handover_json(done))
    assert hashlib.sha256(signed["sheet"].encode()).hexdigest() == signed["sha256"] == one.digest
    assert (signed["given_by"], signed["taken_by"]) == (str(LEAVES), str(COMES))
    assert handover_pdf(done).startswith(b"%PDF")
