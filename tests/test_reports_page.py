"""信息报送 on the screen: what is due, the form, what changed, who signs, what was answered."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from linkage.people import Actor
from linkage.record import BEIJING, Record
from linkage.reporting import flow
from linkage.reporting.days import make_day
from linkage.reporting.reports import open_reports
from linkage.response_vocabulary import ReportElement as E
from linkage.response_vocabulary import ReportStage, ReportStatus
from tests.reporting import LIMITS, fill, keeper, one, put_grave, signed
from tests.screens import desk_on, drawn, field, keys, opened, press, shown
from tests.test_reporting import change

MIN = timedelta(minutes=1)


@pytest.fixture
def record(fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    record = fresh_sqlite()
    with desk_on(record, monkeypatch):
        yield record
    record.close()


@pytest.fixture
def at() -> datetime:
    return datetime.now(UTC) - 40 * MIN


@pytest.fixture
def draft(record: Record, at: datetime) -> int:
    put_grave(record, at=at)
    return keeper(record).look(at)[0]


def test_with_nothing_to_report_the_page_says_so(record: Record) -> None:
    text = shown(opened("reports"))
    assert "没有待报送的报告" in text
    assert "还没有办结的报告" in text


def test_the_three_limits_stand_in_words_with_the_reason(record: Record, draft: int) -> None:
    text = shown(opened("reports"))
    assert "电话 已超时10分" in text
    assert "书面 还有1" in text
    assert "法定 还有1小时" in text
    assert "《生产安全事故报告和调查处理条例》" in text
    assert "江苏省应急指挥中心" in text


def test_what_is_due_next_is_opened_first(record: Record, draft: int, at: datetime) -> None:
    put_grave(record, number="20261122-0099", headline="后发生", at=at + 20 * MIN)
    later = keeper(record).look(at + 20 * MIN)[0]
    screen = opened("reports")
    order = [b.key for b in screen.button if b.key and b.key.startswith("reports_open_")]
    assert order == [f"reports_open_{draft}", f"reports_open_{later}"]
    assert screen.query_params["report"] in (str(draft), [str(draft)])


def test_the_officer_fills_in_and_submits(record: Record, draft: int) -> None:
    screen = opened("reports")
    field(screen, "text_area", f"reports_form_cause_{draft}").set_value("转弯侧翻")
    field(screen, "text_input", f"reports_form_deaths_{draft}").set_value("4")
    submit = field(screen, "button", f"reports_form_submit_{draft}")
    text = shown(drawn(submit.click().run()))
    now = one(record, draft)
    assert (now.status, now.elements[E.CAUSE], now.elements[E.DEATHS]) == (
        ReportStatus.PENDING,
        "转弯侧翻",
        "4",
    )
    assert "已保存并送签" in text
    assert "待签发" in text


def test_a_wrong_count_stays_in_the_form_with_the_reason(record: Record, draft: int) -> None:
    screen = opened("reports")
    field(screen, "text_input", f"reports_form_deaths_{draft}").set_value("三四个")
    save = field(screen, "button", f"reports_form_save_{draft}")
    screen = drawn(save.click().run())
    assert "应为整数" in shown(screen)
    assert field(screen, "text_input", f"reports_form_deaths_{draft}").value == "三四个"


def test_a_colleagues_words_are_not_overwritten(
    record: Record, draft: int, other_officer: Actor
) -> None:
    screen = opened("reports")
    fill(record, other_officer, draft, {E.CAUSE: "爆胎"}, datetime.now(UTC))
    field(screen, "text_area", f"reports_form_cause_{draft}").set_value("转弯侧翻")
    save = field(screen, "button", f"reports_form_save_{draft}")
    screen = drawn(save.click().run())
    assert "您的操作未生效" in shown(screen)
    assert "请先重新载入" in shown(screen)
    assert one(record, draft).elements[E.CAUSE] == "爆胎"
    screen = drawn(field(screen, "button", f"reports_form_reload_{draft}").click().run())
    assert field(screen, "text_area", f"reports_form_cause_{draft}").value == "爆胎"


def test_the_chief_signs_after_saying_that_it_is_sure(
    record: Record, draft: int, officer: Actor, chief: Actor
) -> None:
    flow.submit(record, officer, draft, 1)
    screen = opened("reports", chief)
    assert screen.button(key="reports_sign_go").disabled
    field(screen, "checkbox", "reports_sign_sure").check().run()
    text = shown(press(screen, "reports_sign_go"))
    assert one(record, draft).status is ReportStatus.SIGNED
    assert "已签发，正在报出" in text


def test_an_officer_is_told_who_signs(record: Record, draft: int, officer: Actor) -> None:
    flow.submit(record, officer, draft, 1)
    screen = opened("reports")
    assert screen.button(key="reports_sign_go").disabled
    assert "由值班长或指挥员签发" in shown(screen)


def test_a_late_signature_asks_for_its_reason_first(
    record: Record, officer: Actor, chief: Actor, at: datetime
) -> None:
    put_grave(record, at=at - 60 * MIN)
    late = keeper(record).look(at)[0]
    flow.submit(record, officer, late, 1)
    screen = opened("reports", chief)
    field(screen, "checkbox", "reports_sign_sure").check().run()
    assert "请写明迟报原因" in shown(press(screen, "reports_sign_go"))
    field(screen, "text_area", "reports_sign_late").set_value("现场通信中断").run()
    press(screen, "reports_sign_go")
    assert one(record, late).late_reason == "现场通信中断"


def test_what_is_returned_shows_why_and_can_be_edited_again(
    record: Record, draft: int, officer: Actor, chief: Actor
) -> None:
    flow.submit(record, officer, draft, 1)
    screen = opened("reports", chief)
    field(screen, "text_area", "reports_return_why").set_value("请写明泄漏量").run()
    press(screen, "reports_return_go")
    screen = opened("reports", officer)
    assert "请写明泄漏量" in shown(screen)
    assert field(screen, "button", f"reports_form_save_{draft}")


def test_the_call_is_noted_and_the_timer_is_met(record: Record, at: datetime) -> None:
    put_grave(record, at=at + 30 * MIN)
    draft = keeper(record).look(at + 30 * MIN)[0]
    screen = opened("reports")
    field(screen, "text_input", "reports_call_told").set_value("省中心值班员，工号07").run()
    text = shown(press(screen, "reports_call_go"))
    assert one(record, draft).telephone_note == "省中心值班员，工号07"
    assert "电话 按时完成" in text
    assert "已电话报告" in text


def test_the_further_report_shows_what_changed(
    record: Record, draft: int, officer: Actor, chief: Actor, at: datetime
) -> None:
    done = signed(record, draft, officer, chief, at + 20 * MIN)
    assert done.incident_id is not None
    change(record, done.incident_id, at + 25 * MIN, poisoned=4)
    second = keeper(record).look(at + 25 * MIN)[0]
    screen = opened("reports", report=str(second))
    changes = next(t.value for t in screen.dataframe if list(t.value.columns)[1] == "上一报")
    assert ["中毒人数", "1", "4"] in changes.to_numpy().tolist()
    assert any("与首报相比变化" in e.label for e in screen.expander)


def test_what_is_signed_is_read_only_and_can_be_sent_again(
    record: Record, draft: int, officer: Actor, chief: Actor, at: datetime
) -> None:
    signed(record, draft, officer, chief, at + 20 * MIN)
    screen = opened("reports", report=str(draft))
    assert not [k for k in keys(screen) if k.startswith("reports_form_save")]
    press(screen, "reports_resend")
    assert one(record, draft).resends == 1


def test_a_zero_report_is_made_on_the_page(record: Record) -> None:
    screen = press(opened("reports"), "reports_make_zero")
    assert "零报告草稿已生成" in shown(screen)
    with record.read() as cx:
        assert [r.name for r in open_reports(cx)] == ["零报告"]
    assert "已经有了" in shown(press(screen, "reports_make_zero"))


def test_an_incident_no_rule_asks_for_can_be_reported_all_the_same(
    record: Record, at: datetime
) -> None:
    put_grave(record, deaths=0, grade_proposed=None, number="20261122-0042", at=at)
    screen = opened("reports")
    field(screen, "text_input", "reports_compose_number").set_value("20261122-0042").run()
    assert "已起草" in shown(press(screen, "reports_compose_go"))
    field(screen, "text_input", "reports_compose_number").set_value("none").run()
    assert "没有编号为" in shown(press(screen, "reports_compose_go"))


def test_hostile_words_are_words_on_the_page(record: Record, at: datetime) -> None:
    evil = "<script>alert(1)</script>**粗**[点](javascript:1)"
    put_grave(record, headline=evil, place=evil, at=at)
    keeper(record).look(at)
    screen = opened("reports")
    marked = "\n".join(str(m.value) for m in screen.markdown)
    assert "**粗**" not in marked
    assert "](javascript" not in marked


def test_an_exercise_is_marked(record: Record, at: datetime) -> None:
    put_grave(record, exercise=True, at=at)
    keeper(record).look(at)
    assert "演练" in shown(opened("reports"))


def test_an_analyst_reads_and_changes_nothing(record: Record, draft: int, analyst: Actor) -> None:
    screen = opened("reports", analyst)
    assert not [k for k in keys(screen) if k.startswith("reports_form_save")]
    assert screen.button(key="reports_call_go").disabled


def test_from_an_incident_its_report_stands_open(record: Record, draft: int, at: datetime) -> None:
    put_grave(record, number="20261122-0099", headline="后发生", at=at + 20 * MIN)
    later = keeper(record).look(at + 20 * MIN)[0]
    screen = opened("reports", incident="20261122-0099")
    assert screen.session_state["reports_open"] == later
    assert "incident" not in screen.query_params


def test_from_an_incident_without_a_report_one_click_begins_it(
    record: Record, draft: int, at: datetime
) -> None:
    put_grave(record, number="20261122-0098", deaths=0, poisoned=0, grade_proposed=None, at=at)
    screen = opened("reports", incident="20261122-0098")
    assert "还没有报告" in shown(screen)
    press(screen, "reports_first")
    with record.read() as cx:
        assert "20261122-0098" in [r.incident_number for r in open_reports(cx)]
    assert "还没有报告" not in shown(screen)


def test_an_unknown_number_in_the_address_begins_nothing(record: Record) -> None:
    screen = opened("reports", incident="<b>")
    press(screen, "reports_first")
    assert "没有编号为" in shown(screen)


def test_a_report_of_yesterday_does_not_call_itself_todays(record: Record, officer: Actor) -> None:
    day = datetime.now(UTC).astimezone(BEIJING).date() - timedelta(days=1)
    made = make_day(record, officer, ReportStage.ZERO, limits=LIMITS, day=day)
    row = opened("reports").button(key=f"reports_open_{made}")
    assert row.label == f"零报告　{day.month}月{day.day}日"
