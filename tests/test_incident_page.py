"""事件处置 as an officer works it: all on one screen, and a click does what the screen said."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import streamlit as st
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from dashboard import words
from linkage.actions import Action
from linkage.alerts import Casualties
from linkage.desk import incidents, merging
from linkage.desk.facts import Incident, read_incidents
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.record import Record
from linkage.response import responses
from linkage.response.agencies import load_agencies
from linkage.response.orders import Order
from linkage.response.tasks import read_tasks_of
from linkage.tables import assignment, incident_alert, log_entry, outbound_message
from linkage.vocabulary import (
    AssignmentRole,
    AssignmentStatus,
    Disposition,
    Grade,
    IncidentStatus,
    LinkKind,
    LinkState,
    PositionNote,
    Severity,
)
from tests.builders import alert
from tests.onrecord import add_alert, change_incident, put_incident, put_link, put_warning
from tests.screens import desk_on, drawn, field, keys, opened, press, shown, turn_to, unfold

AGENCIES = load_agencies(words.DATA / "agencies.toml")
AGO = timedelta(minutes=3)
HOSTILE = (
    "<script>alert(1)</script>",
    "[点我](javascript:alert(1)) **粗** `x` $\\frac{1}{2}$ :material/home: :red[红]",
    "${alert(1)}`+alert(2)+`",
    "' OR 1=1 --\u202e倒写\u0000",
)


@pytest.fixture
def record(fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    """One database is enough here: what differs between the two is tested below the screen."""
    record = fresh_sqlite()
    with desk_on(record, monkeypatch):
        yield record
    record.close()


@pytest.fixture
def fire(record: Record) -> int:
    """A fire in a shopping centre, three minutes old, people trapped."""
    return put_incident(
        record,
        alert(
            kind=Kind.FIRE,
            event_code="12G03",
            source_kind="火灾",
            occurred_at=datetime.now(UTC) - AGO,
            place="连云区海棠路商业综合体",
            headline="商场三楼起火",
            text="商场三楼起火，有人喊救命",
            severity=Severity.EXTREME,
            casualties=Casualties(trapped=5, injured=0),
            caller_name="李某某",
            caller_phone="13912345678",
        ),
    )


def incident_of(record: Record, incident_id: int) -> Incident:
    with record.read() as cx:
        (it,) = read_incidents(cx, [incident_id])
    return it


def open_incident(record: Record, incident_id: int, sits: Actor | None = None) -> AppTest:
    return opened("incident", sits, incident=incident_of(record, incident_id).number)


# What is shown


def test_with_nothing_going_on_the_page_says_so(record: Record) -> None:
    assert "当前没有在办事件" in shown(opened("incident"))


def test_the_list_says_nothing_twice(record: Record) -> None:
    put_incident(record, alert(source_ref="J1", headline="海连中路 道路交通事故", place="海连中路"))
    put_incident(record, alert(source_ref="J2", headline="三楼冒烟", place="幸福路"))
    told = [text.value for text in opened("incident").text]
    assert "海连中路 道路交通事故" in told
    assert "道路交通事故　三楼冒烟　幸福路" in told


def test_the_worst_stands_first_and_one_click_opens_it(record: Record, fire: int) -> None:
    put_incident(record, alert(source_ref="J2", severity=Severity.MINOR, headline="轻微刮擦"))
    screen = opened("incident")
    listed = [key for key in (b.key for b in screen.button) if key and "open" in key]
    assert listed[0] == f"incident_open_{incident_of(record, fire).number}"
    press(screen, listed[0])
    assert screen.query_params["incident"] == incident_of(record, fire).number
    assert "商场三楼起火" in shown(screen)


def test_the_search_finds_by_telephone_and_says_how(record: Record, fire: int) -> None:
    screen = opened("incident")
    drawn(screen.text_input(key="incident_find").set_value("13912345678").run())
    assert f"incident_open_{incident_of(record, fire).number}" in keys(screen)
    assert "按电话" in shown(screen)
    drawn(screen.text_input(key="incident_find").set_value("没有这个地方").run())
    assert "没有符合的事件" in shown(screen)


def test_an_unknown_number_in_the_address_is_said_plainly(record: Record, fire: int) -> None:
    screen = opened("incident", incident="20990101-0001")
    assert "没有编号为" in screen.warning[0].value
    assert f"incident_open_{incident_of(record, fire).number}" in keys(screen)


def test_one_look_tells_what_how_bad_whose_and_how_old(record: Record, fire: int) -> None:
    now = datetime.now(UTC)
    put_warning(record, ["320700"], at=now - AGO, expires_at=now + AGO)
    text = shown(open_incident(record, fire))
    for word in ("火灾", "特别严重", "已接报", "尚无人接手", "3 分钟前", "被困 5", "受伤 0"):
        assert word in text, word
    assert "暴雨橙色预警" in text
    assert not re.search(r"死亡 \d", text), "nobody counted the dead, so there is no figure"


def test_every_source_speaks_in_its_own_words_with_its_score(record: Record, fire: int) -> None:
    now = datetime.now(UTC)
    said = alert(
        source_id="119-cad",
        source_ref="F1",
        text="三楼中庭明火，烟向上窜",
        occurred_at=now,
        facts={"area_m2": "30", "people_trapped": True},
    )
    add_alert(record, fire, said, payload="三楼".encode("gb18030"))
    screen = open_incident(record, fire)
    assert "燃烧面积 30 平方米 · 人员被困 是" in words_plain(shown(screen))
    words_said = [t.value for t in screen.text]
    assert "商场三楼起火，有人喊救命" in words_said
    assert "三楼中庭明火，烟向上窜" in words_said
    with record.read() as cx:
        for alert_id in cx.execute(select(incident_alert.c.alert_id)).scalars():
            unfold(screen, f"incident_score_{alert_id}")
    card = next(d.value for d in screen.dataframe if "分值" in d.value.columns)
    assert card.to_numpy().tolist()[-1] == ["合计", "7.5"]
    turn_to(screen, "原始报文")
    press(screen, next(k for k in keys(screen) if k.startswith("uncover_payload_")))
    assert any("JJDBH" in code.value for code in screen.code)
    assert any("7b 22 4a 4a" in code.value for code in screen.code), "hexadecimal is at hand"


def test_an_exercise_says_that_it_is_one(record: Record) -> None:
    drill = put_incident(record, alert(exercise=True))
    assert "演练事件：下达的指令标明“演练”" in shown(open_incident(record, drill))


def test_a_department_opens_only_what_it_takes_part_in(
    record: Record, fire: int, officer: Actor, fire_officer: Actor
) -> None:
    assert "没有本单位的联动任务" in shown(open_incident(record, fire, fire_officer))
    assert "请从“联动任务”打开" in shown(opened("incident", fire_officer))
    order = Order(agency_id="fire", role=AssignmentRole.LEAD, task="灭火")
    seen = incident_of(record, fire).version
    responses.issue(record, officer, fire, seen, [order], agencies=AGENCIES)
    text = shown(open_incident(record, fire, fire_officer))
    assert "商场三楼起火" in text
    assert "13912345678" not in text


def test_an_analyst_sees_no_telephone_number_and_no_payload(
    record: Record, fire: int, analyst: Actor
) -> None:
    said = alert(source_ref="J3", text="联系电话13812340000，速来", headline="补报")
    add_alert(record, fire, said)
    screen = open_incident(record, fire, analyst)
    text = shown(screen)
    assert "139****5678" in words_plain(text)
    text += "".join(shown(turn_to(screen, tab)) for tab in ("时间线", "关联", "原始报文"))
    assert "13912345678" not in text
    assert "13812340000" not in text
    assert "仅值班岗位可查看" in text


def test_the_desk_sees_who_called_once_it_asks_and_each_look_is_in_the_log(
    record: Record, fire: int, officer: Actor
) -> None:
    """Covered at first; open for this desk after one press, which is one entry."""
    screen = open_incident(record, fire)
    assert "13912345678" not in shown(screen)
    press(screen, f"uncover_callers_{fire}")
    assert "13912345678" in shown(screen)
    drawn(screen.run())
    assert "13912345678" in shown(screen)
    ask = select(log_entry).where(log_entry.c.action == Action.UNMASK)
    with record.read() as cx:
        (entry,) = cx.execute(ask).all()
    assert (entry.actor, entry.incident_id) == (str(officer), fire)
    press(screen, f"cover_callers_{fire}")
    assert "13912345678" not in shown(screen)
    assert "查看个人信息" in shown(turn_to(screen, "时间线")), "the timeline says who looked"


def test_the_payload_is_covered_until_the_desk_asks(record: Record, fire: int) -> None:
    screen = turn_to(open_incident(record, fire), "原始报文")
    assert [each.value for each in screen.code] == []
    key = next(k for k in keys(screen) if k.startswith("uncover_payload_"))
    press(screen, key)
    assert any("JJDBH" in str(each.value) for each in screen.code)


def words_plain(text: str) -> str:
    return text.replace("\\", "")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_text(record: Record, hostile: str) -> None:
    """D02: shown as text, nothing drawn of it."""
    bad = alert(
        headline=hostile,
        text=f"原文{hostile}",
        place=hostile,
        source_kind=hostile[:80],
        source_ref=hostile[:120],
        caller_name=hostile,
        plates=(hostile,),
        facts={"substance": hostile, hostile: 1},
    )
    first = put_incident(record, bad, claimed_by=hostile)
    other = put_incident(record, msgspec.structs.replace(bad, source_ref="J2"))
    put_link(record, other, first, LinkKind.PROPOSED, LinkState.OPEN, score=5.0)
    screen = open_incident(record, first)
    assert f"原文{hostile}" in [t.value for t in screen.text]
    for leaf in [tab.label for tab in screen.tabs]:
        turn_to(screen, leaf)
        for each in (*screen.markdown, *screen.caption, *screen.warning, *screen.info):
            assert hostile not in each.value
        labelled = (*screen.checkbox, *screen.button, *screen.radio, *screen.expander)
        assert not [each.label for each in labelled if hostile in each.label]
    assert hostile not in shown(opened("incident")).replace(f"　{hostile}", "")


def test_without_a_database_the_page_says_what_to_do(
    record: Record, fire: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_desks = [opened(page, incident="20261122-0001") for page in ("incident", "responses")]
    monkeypatch.setenv("LINKAGE_DATABASE_URL", "sqlite:////no/such/folder/linkage.db")
    st.cache_resource.clear()
    for screen in open_desks:
        assert "数据库暂时连不上" in screen.run().error[0].value


# What an officer does


def test_the_first_officer_claims_and_the_second_is_told_who(
    record: Record, fire: int, officer: Actor, other_officer: Actor
) -> None:
    mine = open_incident(record, fire, officer)
    theirs = open_incident(record, fire, other_officer)
    press(mine, "incident_claim")
    assert "已接手" in mine.toast[0].value
    press(theirs, "incident_claim")
    assert "甲（值班员）" in words_plain(theirs.error[0].value)
    assert "甲（值班员）接手" in words_plain(shown(theirs)), "and the page has read again"
    assert incident_of(record, fire).claimed_by == "甲（值班员）"


def test_the_chief_takes_over_and_gives_back(
    record: Record, fire: int, officer: Actor, other_officer: Actor, chief: Actor
) -> None:
    incidents.claim(record, officer, fire)
    assert "incident_take_over" not in keys(open_incident(record, fire, other_officer))
    screen = open_incident(record, fire, chief)
    press(screen, "incident_take_over")
    assert "请写明接替理由" in screen.error[0].value
    field(screen, "text_input", "incident_take_over_reason").set_value("甲离席")
    press(screen, "incident_take_over")
    assert incident_of(record, fire).claimed_by == str(chief)
    field(screen, "text_input", "incident_release_reason").set_value("交回值班员")
    press(screen, "incident_release")
    assert incident_of(record, fire).claimed_by is None
    assert "incident_claim" in keys(screen)


def test_a_click_acts_on_what_the_screen_showed_not_on_what_came_after(
    record: Record, fire: int, officer: Actor, other_officer: Actor
) -> None:
    screen = open_incident(record, fire, officer)
    seen = incident_of(record, fire).version
    incidents.confirm_grade(record, other_officer, fire, seen, Grade.MAJOR, "现场核报")
    field(screen, "radio", "incident_grade_grade").set_value(Grade.ORDINARY)
    field(screen, "text_input", "incident_grade_reason").set_value("电话核实")
    press(screen, "incident_grade_confirm")
    assert "乙（值班员）" in words_plain(screen.error[0].value)
    assert incident_of(record, fire).grade is Grade.MAJOR


def test_verified_is_verified_once(record: Record, fire: int) -> None:
    screen = press(open_incident(record, fire), "incident_verify")
    assert incident_of(record, fire).status is IncidentStatus.VERIFIED
    assert screen.button(key="incident_verify").disabled


def test_the_grade_is_proposed_with_its_clause_and_confirmed_by_a_person(
    record: Record, fire: int
) -> None:
    change_incident(record, fire, deaths=3)
    screen = open_incident(record, fire)
    assert "系统建议：较大" in shown(screen)
    assert "《生产安全事故报告和调查处理条例》" in shown(screen)
    assert "距重大" in shown(screen)
    press(screen, "incident_grade_confirm")
    assert incident_of(record, fire).grade is Grade.CONSIDERABLE
    assert "较大事件" in shown(screen)


def test_another_grade_than_the_proposed_needs_a_reason(record: Record, fire: int) -> None:
    change_incident(record, fire, deaths=3)
    screen = open_incident(record, fire)
    field(screen, "radio", "incident_grade_grade").set_value(Grade.MAJOR)
    press(screen, "incident_grade_confirm")
    assert "写明理由" in screen.error[0].value
    assert incident_of(record, fire).grade is None


def test_a_lost_incident_is_placed(record: Record) -> None:
    lost = put_incident(
        record,
        alert(point=None, position_note=PositionNote.MISSING, area_code=None, place="灌云"),
    )
    screen = open_incident(record, lost)
    assert "待定位" in shown(screen)
    field(screen, "number_input", "incident_place_lon").set_value(119.255)
    field(screen, "number_input", "incident_place_lat").set_value(34.284)
    field(screen, "text_input", "incident_place_place").set_value("灌云县伊山镇")
    press(screen, "incident_place_confirm")
    it = incident_of(record, lost)
    assert it.point is not None
    assert (it.point.lon, it.place, it.area_code) == (119.255, "灌云县伊山镇", "320723")
    assert it.position_note is PositionNote.EXACT


def test_a_note_stands_in_the_timeline(record: Record, fire: int) -> None:
    screen = turn_to(open_incident(record, fire), "时间线")
    field(screen, "text_area", "incident_note_text").set_value("已电话通知物业")
    press(screen, "incident_note_save")
    assert "已电话通知物业" in [t.value for t in screen.text]
    assert field(screen, "text_area", "incident_note_text").value == "", "ready for the next note"


def test_closing_is_a_menu_and_a_result_and_can_be_taken_back(record: Record, fire: int) -> None:
    screen = open_incident(record, fire)
    field(screen, "text_area", "incident_close_note").set_value("明火已灭")
    press(screen, f"incident_close_{Disposition.HANDLED.value}")
    assert incident_of(record, fire).status is IncidentStatus.CLOSED
    assert not [key for key in keys(screen) if key.startswith("incident_close")]
    assert screen.button(key="incident_reopen").disabled, "a duty officer asks the chief"
    press(screen, "incident_take_back")
    assert incident_of(record, fire).status is IncidentStatus.RECEIVED
    assert "明火已灭" in shown(turn_to(screen, "时间线")), "the log keeps that it was closed"


def test_who_may_not_report_is_offered_no_way_to_the_reports(
    record: Record, fire: int, analyst: Actor
) -> None:
    assert "incident_reports" in keys(open_incident(record, fire))
    assert "incident_reports" not in keys(open_incident(record, fire, analyst))


def test_the_chief_reopens(record: Record, fire: int, officer: Actor, chief: Actor) -> None:
    seen = incident_of(record, fire).version
    incidents.close(record, officer, fire, seen, Disposition.FALSE_ALARM)
    screen = open_incident(record, fire, chief)
    field(screen, "text_input", "incident_reopen_reason").set_value("复燃")
    press(screen, "incident_reopen")
    assert incident_of(record, fire).status is IncidentStatus.RECEIVED


def test_an_analyst_can_press_nothing(record: Record, fire: int, analyst: Actor) -> None:
    screen = open_incident(record, fire, analyst)
    going = ("open", "pressing_", "desk_leave", "pulse")  # from one place to another
    acts = [b for b in screen.button if b.key and not any(word in b.key for word in going)]
    assert acts
    assert all(b.disabled for b in acts), [b.key for b in acts if not b.disabled]


# The same event or not


@pytest.fixture
def twin(record: Record, fire: int) -> int:
    later = datetime.now(UTC) - timedelta(minutes=2)
    twin = put_incident(
        record, alert(source_id="119-cad", source_ref="F7", kind=Kind.FIRE, occurred_at=later)
    )
    put_link(
        record,
        twin,
        fire,
        LinkKind.PROPOSED,
        LinkState.OPEN,
        score=17.5,
        reasons='[["相距 90 米",9.0]]',
    )
    return twin


def test_the_proposal_is_one_click_and_can_be_taken_back(
    record: Record, fire: int, twin: int
) -> None:
    screen = open_incident(record, fire)
    assert "疑似同一事件" in shown(screen)
    press(screen, "incident_same_yes")
    assert incident_of(record, twin).status is IncidentStatus.MERGED
    assert incident_of(record, fire).alert_count == 2
    turn_to(screen, "关联")
    undo = next(key for key in keys(screen) if key.startswith("incident_undo_"))
    press(screen, undo)
    assert incident_of(record, twin).status is IncidentStatus.RECEIVED
    assert incident_of(record, fire).alert_count == 1


def test_a_refusal_is_remembered(record: Record, fire: int, twin: int) -> None:
    screen = press(open_incident(record, fire), "incident_same_no")
    assert "incident_same_yes" not in keys(screen)
    assert "已否决" in shown(turn_to(screen, "关联"))
    assert incident_of(record, twin).status is IncidentStatus.RECEIVED


def test_whoever_opens_the_merged_one_is_led_to_the_other(
    record: Record, fire: int, twin: int, officer: Actor
) -> None:
    merging.merge(record, officer, twin, fire, "同一起火灾", agencies=AGENCIES)
    screen = open_incident(record, twin)
    assert "已并入" in screen.warning[0].value
    assert "incident_claim" not in keys(screen)
    press(screen, "incident_open_merged")
    assert screen.query_params["incident"] == incident_of(record, fire).number


def test_a_statement_that_is_another_event_is_split_off(record: Record, fire: int) -> None:
    other = add_alert(
        record, fire, alert(source_id="122-cad", source_ref="S1", headline="两车追尾")
    )
    change_incident(record, fire, alert_count=2)
    screen = open_incident(record, fire)
    ticks = {c.key: c for c in screen.checkbox if (c.key or "").startswith("incident_split_alert")}
    for key, tick in ticks.items():
        tick.set_value(key.startswith(f"incident_split_alert_{other}_"))
    drawn(screen.run())
    assert "拆分后" in shown(screen), "both are shown as they would stand"
    field(screen, "text_input", "incident_split_reason").set_value("地点不同")
    press(screen, "incident_split")
    assert incident_of(record, fire).alert_count == 1
    assert "拆分" in shown(screen)


def test_two_incidents_are_related_by_a_search(record: Record, fire: int) -> None:
    put_incident(record, alert(source_ref="J5", place="墟沟海滨大道", headline="交通拥堵"))
    screen = open_incident(record, fire)
    drawn(field(screen, "text_input", "incident_join_find").set_value("海滨大道").run())
    field(screen, "text_input", "incident_join_reason").set_value("救援通道")
    press(screen, "incident_relate")
    assert "已关联" in screen.toast[0].value
    assert "交通拥堵" in shown(turn_to(screen, "关联"))


def test_what_was_typed_for_one_incident_does_not_stand_in_the_next(
    record: Record, fire: int
) -> None:
    other = put_incident(record, alert(source_ref="J9"))
    screen = open_incident(record, fire)
    drawn(field(screen, "text_area", "incident_note_text").set_value("只属于火灾").run())
    screen.query_params["incident"] = incident_of(record, other).number
    drawn(screen.run())
    assert field(screen, "text_area", "incident_note_text").value == ""


# The joint response


def test_a_joint_response_to_five_agencies_takes_three_clicks(record: Record, fire: int) -> None:
    screen = open_incident(record, fire)
    support = next(p for p in screen.pills if p.label == "配合")
    proposed = list(support.value)
    assert len(proposed) > 4
    clicks = 0
    support.set_value(proposed[:4])
    clicks += 1
    inform = next((p for p in screen.pills if p.label == "告知"), None)
    if inform is not None:
        inform.set_value([])
        clicks += 1
    drawn(screen.run())
    assert "5 个单位" in screen.button(key="assign_issue").label
    press(screen, "assign_issue")
    assert clicks + 1 <= 4
    with record.read() as cx:
        orders = cx.execute(select(assignment)).all()
        sent = cx.execute(select(outbound_message.c.agency_id)).scalars().all()
    assert len(orders) == 5
    assert {row.status for row in orders} == {AssignmentStatus.ISSUED}
    assert [row.role for row in orders].count(AssignmentRole.LEAD) == 1
    assert set(sent) == {row.agency_id for row in orders}, "each has its order in the outbox"
    assert "已下达 5 个单位：消防、" in words_plain(screen.toast[0].value)
    assert incident_of(record, fire).status is IncidentStatus.DISPATCHED


def test_the_whole_proposal_goes_out_with_one_click(record: Record, fire: int) -> None:
    screen = press(open_incident(record, fire), "assign_issue")
    tasks = read_tasks_of(record, fire)
    assert len(tasks) > 5
    assert all(task.reason for task in tasks), "each says why it is asked"
    assert f"{len(tasks)} 个单位：已下达 {len(tasks)}" in shown(screen)


def test_an_order_goes_out_as_edited(record: Record, fire: int) -> None:
    screen = open_incident(record, fire)
    drawn(field(screen, "toggle", "assign_adjust").set_value(True).run())
    field(screen, "text_input", "assign_task_health").set_value("派两辆救护车到西门")
    field(screen, "number_input", "assign_limit_health").set_value(90)
    added = field(screen, "pills", "assign_added")
    added.set_value(["water"])
    press(screen, "assign_issue")
    tasks = {task.agency_id: task for task in read_tasks_of(record, fire)}
    health = tasks["health"]
    assert health.task == "派两辆救护车到西门"
    assert health.acknowledge_due_at == health.issued_at + timedelta(seconds=90)
    assert tasks["water"].reason == "值班员增加"
    assert tasks["water"].role is AssignmentRole.SUPPORT


def test_of_two_officers_who_issue_one_wins_and_the_other_is_told(
    record: Record, fire: int, officer: Actor, other_officer: Actor
) -> None:
    screen = open_incident(record, fire, officer)
    order = Order(agency_id="fire", role=AssignmentRole.LEAD, task="灭火")
    seen = incident_of(record, fire).version
    responses.issue(record, other_officer, fire, seen, [order], agencies=AGENCIES)
    press(screen, "assign_issue")
    assert "乙（值班员）" in words_plain(screen.error[0].value)
    assert [task.agency_id for task in read_tasks_of(record, fire)] == ["fire"], "none doubled"
    assert "1 个单位" in shown(screen), "the page has read again"


def test_an_order_is_withdrawn_only_with_a_reason(record: Record, fire: int) -> None:
    screen = press(open_incident(record, fire), "assign_issue")
    task = next(t for t in read_tasks_of(record, fire) if t.agency_id == "health")
    press(screen, f"assign_task_open_{task.id}")
    press(screen, f"assign_task_cancel_{task.id}")
    assert "撤销理由" in screen.error[0].value
    field(screen, "text_input", "assign_task_reason").set_value("现场无伤员")
    press(screen, f"assign_task_cancel_{task.id}")
    again = next(t for t in read_tasks_of(record, fire) if t.id == task.id)
    assert again.status is AssignmentStatus.CANCELLED
    press(screen, f"assign_task_reissue_{task.id}")
    again = next(t for t in read_tasks_of(record, fire) if t.id == task.id)
    assert (again.status, again.revision) == (AssignmentStatus.ISSUED, 3)


def test_a_nuisance_call_is_offered_no_joint_response_by_itself(record: Record) -> None:
    call = put_incident(record, alert(kind=Kind.INVALID_CALL, event_code="19000"))
    screen = open_incident(record, call)
    assert screen.button(key="assign_issue").disabled
    assert "不启动联动" in shown(unfold(screen, "response_why"))
