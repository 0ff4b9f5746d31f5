"""部门工作台 as the officer of a department uses it: what is owed, one press, what went wrong."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from linkage.alerts import Casualties
from linkage.duty.rules import load_duty
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.record import Record
from linkage.response import needs, responses
from linkage.response.feedback import Want
from linkage.response.need_list import read_needs_of
from linkage.response_vocabulary import NeedSort, NeedStatus
from linkage.roll_call import calling
from linkage.tables import log_entry
from linkage.vocabulary import AssignmentStatus, Role, Severity
from tests.builders import alert
from tests.desk import AGENCIES, DATA, LEAD, OFFICER, issue, order, say, task_row
from tests.onrecord import put_incident
from tests.screens import desk_on, drawn, field, keys, opened, press, shown
from tests.signing import sit_down

S = AssignmentStatus


@pytest.fixture
def record(fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    record = fresh_sqlite()
    with desk_on(record, monkeypatch):
        yield record
    record.close()


@pytest.fixture
def given() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=20)


@pytest.fixture
def incident(record: Record, given: datetime) -> int:
    first = alert(
        kind=Kind.HAZMAT_VEHICLE,
        severity=Severity.EXTREME,
        place="灌云县 G15 高速",
        headline="罐车侧翻，报警人：张三丰 13812345678",
        text="苯泄漏",
        occurred_at=given,
    )
    return put_incident(record, first)


@pytest.fixture
def task(record: Record, incident: int, given: datetime) -> int:
    told = [order("fire", LEAD, task="稀释堵漏"), order("health", task="抢救伤员")]
    return issue(record, incident, *told, at=given)[0]


def test_with_nothing_to_do_the_desk_says_so(record: Record, fire_officer: Actor) -> None:
    screen = opened("department", fire_officer)
    assert any("没有待办任务" in each.value for each in screen.success)


def test_whoever_is_of_no_department_is_sent_to_the_centres_page(record: Record) -> None:
    assert "本页供联动单位的值班员使用" in shown(opened("department"))


def test_the_order_and_what_the_others_share(
    record: Record, task: int, fire_officer: Actor
) -> None:
    text = shown(opened("department", fire_officer))
    for told in (
        "稀释堵漏",
        "灌云县",
        "待签收",
        "签收还剩",
        "卫生",
        "配合",
        "由本单位牵头",
        "隔离",
    ):
        assert told in text
    for kept in ("抢救伤员", "13812345678", "张三丰"):
        assert kept not in text


def test_the_whole_way_with_one_press_each(record: Record, task: int, fire_officer: Actor) -> None:
    screen = opened("department", fire_officer)
    for status in (S.ACKNOWLEDGED, S.EN_ROUTE, S.ON_SCENE, S.WORKING):
        press(screen, f"department_next_{task}")
        assert task_row(record, task).status == status
        assert status.label in screen.toast[0].value


def test_how_long_it_takes_to_come_is_one_tap(
    record: Record, task: int, fire_officer: Actor, given: datetime
) -> None:
    say(record, "fire", task, S.ACKNOWLEDGED, given)
    screen = opened("department", fire_officer)
    eta = next(p for p in screen.pills if p.key and p.key.startswith("department_step_eta"))
    drawn(eta.set_value(15).run())
    field(screen, "text_input", "department_step_words").set_value("两车十人")
    press(screen, f"department_next_{task}")
    assert task_row(record, task).last_feedback == "两车十人；预计 15 分钟到场"


def test_a_refusal_asks_first_and_takes_a_reason_by_a_tap(
    record: Record, task: int, fire_officer: Actor
) -> None:
    screen = press(opened("department", fire_officer), f"department_form_{task}_declined")
    assert task_row(record, task).status == S.ISSUED, "the first press refuses nothing"
    press(screen, f"department_send_{task}_declined")
    assert "请写明退回理由" in screen.error[0].value
    reasons = next(p for p in screen.pills if p.key and "department_declined" in p.key)
    drawn(reasons.set_value(["缺少所需装备"]).run())
    field(screen, "text_area", "department_declined_words").set_value("无堵漏工具")
    press(screen, f"department_send_{task}_declined")
    row = task_row(record, task)
    assert (row.status, row.last_feedback) == (S.DECLINED, "缺少所需装备；无堵漏工具")


def test_a_report_with_people_counted(
    record: Record, task: int, fire_officer: Actor, given: datetime
) -> None:
    say(record, "fire", task, S.ACKNOWLEDGED, given)
    say(record, "fire", task, S.WORKING, given)
    screen = press(opened("department", fire_officer), f"department_next_{task}")
    field(screen, "text_area", "department_reported_words").set_value("泄漏已减小")
    field(screen, "number_input", "department_reported_injured").set_value(3)
    press(screen, f"department_send_{task}_reported")
    row = task_row(record, task)
    assert (row.status, row.last_feedback) == (S.REPORTED, "泄漏已减小")
    assert "受伤" in shown(opened("department", fire_officer))
    assert '"injured":3' in row.casualties


def test_on_the_way_words_leave_the_stage_as_it_is(
    record: Record, task: int, fire_officer: Actor, given: datetime
) -> None:
    say(record, "fire", task, S.ACKNOWLEDGED, given)
    say(record, "fire", task, S.EN_ROUTE, given)
    screen = press(opened("department", fire_officer), f"department_form_{task}_reported")
    field(screen, "text_area", "department_reported_words").set_value("堵在路上")
    press(screen, f"department_send_{task}_reported")
    row = task_row(record, task)
    assert (row.status, row.last_feedback) == (S.EN_ROUTE, "堵在路上")


def test_after_a_report_the_work_may_go_on(
    record: Record, task: int, fire_officer: Actor, given: datetime
) -> None:
    say(record, "fire", task, S.ACKNOWLEDGED, given)
    say(record, "fire", task, S.REPORTED, given, text="已控制")
    screen = opened("department", fire_officer)
    press(screen, f"department_skip_{task}_working")
    assert task_row(record, task).status == S.WORKING


def test_a_department_without_vehicles_goes_straight_to_its_report(
    record: Record, incident: int, given: datetime
) -> None:
    told = issue(record, incident, order("weather"), at=given)[0]
    assert not AGENCIES["weather"].has_units
    screen = opened("department", Actor("辛", Role.AGENCY_OFFICER, "weather"))
    press(screen, f"department_next_{told}")
    press(screen, f"department_next_{told}")
    field(screen, "text_area", "department_reported_words").set_value("三小时内无雨")
    press(screen, f"department_send_{told}_reported")
    assert task_row(record, told).status == S.REPORTED


def test_words_half_written_survive_what_arrives(
    record: Record, incident: int, task: int, fire_officer: Actor, given: datetime
) -> None:
    screen = press(opened("department", fire_officer), f"department_form_{task}_declined")
    written = field(screen, "text_area", "department_declined_words")
    drawn(written.set_value("写了一半").run())
    issue(record, put_incident(record, alert(source_ref="J2")), order("fire"), at=given)
    say(record, "health", task + 1, S.ACKNOWLEDGED, given)
    drawn(screen.run())
    again = field(screen, "text_area", "department_declined_words")
    assert (again.value, again.key) == ("写了一半", written.key)


def test_an_order_withdrawn_while_one_writes_is_told_and_the_words_stay(
    record: Record, task: int, fire_officer: Actor
) -> None:
    screen = press(opened("department", fire_officer), f"department_form_{task}_declined")
    drawn(field(screen, "text_area", "department_declined_words").set_value("写了一半").run())
    responses.cancel(record, OFFICER, task, 1, "误报", agencies=AGENCIES)
    drawn(screen.run())
    told = [each.value for each in screen.error]
    assert any("撤销这项任务，请停止执行" in each for each in told)
    assert any("不能提交" in each for each in told)
    assert field(screen, "text_area", "department_declined_words").value == "写了一半"
    assert screen.button(key=f"department_send_{task}_declined").disabled
    press(screen, f"department_shut_{task}_declined")
    assert screen.button(key=f"department_next_{task}").label == "确认已知悉撤销"
    press(screen, f"department_next_{task}")
    assert task_row(record, task).cancel_read_at is not None
    assert any("没有待办任务" in each.value for each in screen.success)


def test_a_colleague_of_the_same_department_was_faster(
    record: Record, task: int, fire_officer: Actor
) -> None:
    """D10: two telephones, one order."""
    mine = opened("department", fire_officer)
    theirs = opened("department", Actor("壬", Role.AGENCY_OFFICER, "fire"))
    press(mine, f"department_next_{task}")
    press(theirs, f"department_next_{task}")
    assert "己（部门值班员）已于" in theirs.error[0].value.replace("\\", "")
    assert "已签收" in theirs.error[0].value


def test_another_ones_task_in_the_address_is_refused_and_noted_once(
    record: Record, task: int, given: datetime
) -> None:
    """D05: the number of another department's task in the address, and the page drawn again."""
    other = Actor("壬", Role.AGENCY_OFFICER, "police")
    screen = opened("department", other, task=str(task))
    drawn(screen.run())
    assert "不能查看" in screen.error[0].value
    assert "稀释堵漏" not in shown(screen)
    assert not [key for key in keys(screen) if "department_next" in key]
    with record.read() as cx:
        noted = cx.execute(select(log_entry.c.id).where(log_entry.c.action == "denied")).all()
    assert len(noted) == 1


def test_a_button_from_before_the_officer_changed_departments_does_nothing(
    record: Record, task: int, fire_officer: Actor
) -> None:
    """D06: the page was drawn for one department; its button is pressed by who is of another."""
    screen = opened("department", fire_officer)
    sit_down(record, Actor(fire_officer.name, Role.AGENCY_OFFICER, "police"))
    press(screen, f"department_next_{task}")
    assert "身份已变更" in screen.error[0].value
    assert task_row(record, task).status == S.ISSUED
    assert "稀释堵漏" not in shown(screen)


@pytest.mark.parametrize("number", ["0", "-1", "9" * 30, "\uff11", "1; DROP TABLE", "<b>x</b>"])
def test_a_number_that_is_none(record: Record, fire_officer: Actor, number: str) -> None:
    screen = opened("department", fire_officer, task=number)
    assert "不能查看" in screen.error[0].value


def test_a_need_is_asked_for_and_taken_back(
    record: Record, incident: int, task: int, fire_officer: Actor, given: datetime
) -> None:
    say(record, "fire", task, S.ACKNOWLEDGED, given)
    screen = opened("department", fire_officer)
    field(screen, "text_input", "department_ask_what").set_value("高喷车")
    field(screen, "number_input", "department_ask_amount").set_value(2.0)
    field(screen, "text_input", "department_ask_measure").set_value("辆")
    press(screen, f"department_ask_{task}")
    (need,) = read_needs_of(record, incident)
    assert (need.what, need.amount, need.agency_id) == ("高喷车", 2.0, "fire")
    press(screen, f"department_need_open_{need.id}")
    field(screen, "text_input", "department_withdraw_reason").set_value("已自行解决")
    press(screen, f"department_need_withdraw_{need.id}")
    assert read_needs_of(record, incident)[0].status is NeedStatus.WITHDRAWN


def test_what_others_need_is_offered_and_a_slip_taken_back(
    record: Record, fire_officer: Actor
) -> None:
    flood = put_incident(record, alert(kind=Kind.FLOOD, source_ref="J5"))
    want = Want(sort=NeedSort.SUPPLIES, what="沙袋", amount=300, measure="个")
    asked = needs.ask(record, OFFICER, flood, want, agencies=AGENCIES, of=["fire"])
    screen = opened("department", fire_officer)
    press(screen, f"department_need_{asked}_withdrawn")
    assert read_needs_of(record, flood)[0].offers[0].status is NeedStatus.WITHDRAWN
    field(screen, "number_input", "department_offer_amount").set_value(200.0)
    press(screen, f"department_need_{asked}_offered")
    (offer,) = read_needs_of(record, flood)[0].offers
    assert (offer.agency_id, offer.amount, offer.status) == ("fire", 200, NeedStatus.OFFERED)


def test_a_roll_call_is_answered_with_one_press(record: Record, fire_officer: Actor) -> None:
    times = load_duty(DATA / "duty.toml").roll_call
    number = calling.call(record, OFFICER, AGENCIES, times)
    screen = opened("department", fire_officer)
    assert any("点名" in each.value for each in screen.warning)
    press(screen, f"department_roll_{number}")
    assert not [key for key in keys(screen) if "department_roll" in key]


def test_past_tasks_stand_with_what_was_answered(
    record: Record, task: int, fire_officer: Actor, given: datetime
) -> None:
    for seconds, status in enumerate((S.ACKNOWLEDGED, S.REPORTED, S.COMPLETED)):
        at = given + timedelta(seconds=seconds)
        say(record, "fire", task, status, at, text=f"第{seconds}报")
    screen = opened("department", fire_officer, task=str(task))
    text = shown(screen)
    assert "第2报" in text
    assert "卫生" not in text, "what the others do is shared while one takes part"
    assert not [key for key in keys(screen) if "department_next" in key]


def test_hostile_words_are_text(record: Record, given: datetime, fire_officer: Actor) -> None:
    said = "<img src=x onerror=alert(1)> **已** [到](javascript:x)"
    at = put_incident(record, alert(headline=said, place=said))
    issue(record, at, order("fire", task=said, reason=said), at=given)
    needs.ask(
        record,
        OFFICER,
        at,
        Want(sort=NeedSort.SUPPLIES, what=said[:90], amount=1, measure="`${x}`"),
        agencies=AGENCIES,
        of=["fire"],
    )
    screen = opened("department", fire_officer)
    assert any(said in each.value for each in screen.text)
    marked = [*screen.markdown, *screen.caption, *screen.warning, *screen.info]
    assert not [each.value for each in marked if "[到](javascript" in each.value]
    assert not [b.label for b in screen.button if "[到](javascript" in b.label]


def test_an_exercise_says_so(record: Record, given: datetime, fire_officer: Actor) -> None:
    drill = put_incident(record, alert(exercise=True), exercise=True)
    issue(record, drill, order("fire"), at=given)
    text = shown(opened("department", fire_officer))
    assert "演练任务" in text
    assert "【演练】" in text


def test_people_whom_another_has_counted_are_shown(
    record: Record, task: int, fire_officer: Actor, given: datetime
) -> None:
    say(record, "health", task + 1, S.ACKNOWLEDGED, given, casualties=Casualties(injured=4))
    assert "受伤 4" in shown(opened("department", fire_officer))
