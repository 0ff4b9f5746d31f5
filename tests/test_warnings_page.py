"""预警发布 as the desk uses it: what stands, who prepares, our own from the draft to the public."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from dashboard.warning_tables import public_words
from linkage.exercise import exercises
from linkage.people import Actor
from linkage.record import Record
from linkage.response.tasks import live_tasks
from linkage.response_vocabulary import PublicWarningStatus as Status
from linkage.tables import warning
from linkage.vocabulary import Role, WarningStatus
from linkage.warnings.approving import approve, send_back
from linkage.warnings.area_incidents import open_for
from linkage.warnings.public import at_work, published
from tests.builders import alert
from tests.onrecord import put_incident, put_warning
from tests.screens import desk_on, drawn, field, keys, opened, press, shown

CHIEF = Actor("丙", Role.DUTY_CHIEF)
HOUR = timedelta(hours=1)


@pytest.fixture
def record(fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    record = fresh_sqlite()
    with desk_on(record, monkeypatch):
        yield record
    record.close()


def warn(record: Record, **columns: object) -> int:
    at = datetime.now(UTC) - HOUR
    usual = {"at": at, "kind": "typhoon", "event_code": "11B01", "colour": "yellow"}
    return put_warning(record, ["320700"], **{**usual, "expires_at": at + 7 * HOUR, **columns})


def view(screen: AppTest, name: str) -> AppTest:
    screen.session_state["warnings_view"] = name
    return drawn(screen.run())


def test_with_nothing_in_force_the_page_says_so(record: Record) -> None:
    text = shown(opened("warnings"))
    assert "当前没有生效中的预警" in text
    assert "没有待办的对外预警" in text


def test_what_stands_is_shown_with_its_end_and_what_lies_inside(record: Record) -> None:
    warn(record, headline="市气象台发布台风黄色预警", end_assumed=True)
    put_incident(record, alert(place="海州区郁洲路口"))
    screen = opened("warnings")
    text = shown(screen)
    assert "市气象台发布台风黄色预警" in text
    assert "按 24 小时计" in text
    assert "海州区郁洲路口" in text
    assert "在预警区域连云港市内" in text


def test_one_click_prepares_and_the_second_look_says_done(record: Record) -> None:
    made = warn(record)
    screen = press(opened("warnings"), f"warnings_prepare_go_{made}")
    assert "准备任务已下达" in shown(screen)
    assert len(live_tasks(record)) == 13
    button = screen.button(key=f"warnings_prepare_go_{made}")
    assert button.disabled
    assert "预警响应事件" in " ".join(b.label for b in screen.button)


def test_when_it_is_over_closing_is_proposed(record: Record, officer: Actor) -> None:
    made = warn(record)
    it = open_for(record, officer, made)
    with record.write() as w:
        w.cx.execute(
            update(warning)
            .where(warning.c.id == made)
            .values(status=WarningStatus.CANCELLED, ended_at=w.at)
        )
    screen = opened("warnings")
    assert f"{it.number} 的预警已结束，建议办结" in shown(screen)
    assert "已解除" in " ".join(str(m.value) for m in screen.markdown) + shown(screen)
    press(screen, f"warnings_close_{it.id}")
    assert "建议办结" not in shown(opened("warnings"))


def composed(record: Record) -> AppTest:
    screen = view(opened("warnings"), "拟制")
    field(screen, "selectbox", "warnings_form_alert_colour").select_index(1)
    return drawn(screen.run())


def test_a_draft_goes_from_the_template_to_the_second_person(record: Record) -> None:
    screen = composed(record)
    assert "连云港市气象台发布台风黄色预警[III级/较重]" in [t.value for t in screen.text_input]
    screen = press(screen, "warnings_save_submit")
    assert "已送审" in shown(screen)
    with record.read() as cx:
        (it,) = at_work(cx)
    assert it.status is Status.PENDING
    own = view(opened("warnings", Actor("甲", Role.COMMANDER)), "待办")
    assert own.button(key=f"warnings_approve_{it.id}").disabled
    chief = view(opened("warnings", CHIEF), "待办")
    field(chief, "checkbox", "warnings_row_sure").check()
    chief = press(drawn(chief.run()), f"warnings_approve_{it.id}")
    assert "已审签，正在发布" in shown(chief)
    with record.read() as cx:
        (out,) = published(cx)
    assert out.identifier is not None
    text = shown(view(opened("warnings"), "已发布"))
    assert out.identifier.split("_")[0] in text
    assert "本市发布" in text


def test_what_is_missing_is_named_and_what_was_typed_stays(record: Record) -> None:
    screen = composed(record)
    field(screen, "text_area", "warnings_form_alert_measures").set_value("")
    screen = press(drawn(screen.run()), "warnings_save_draft")
    assert "缺少应当采取的措施" in shown(screen)
    assert field(screen, "text_area", "warnings_form_alert_notice").value


def test_a_forbidden_kind_says_the_clause_before_anything_is_saved(record: Record) -> None:
    screen = view(opened("warnings"), "拟制")
    field(screen, "selectbox", "warnings_form_alert_event").set_value("14F99")
    text = shown(drawn(screen.run()))
    assert "反恐怖主义法" in text
    assert "省级反恐怖主义工作领导机构" in text


def test_lifting_opens_the_form_with_its_base(record: Record) -> None:
    screen = press(composed(record), "warnings_save_submit")
    with record.read() as cx:
        (it,) = at_work(cx)
    chief = view(opened("warnings", CHIEF), "待办")
    field(chief, "checkbox", "warnings_row_sure").check()
    press(drawn(chief.run()), f"warnings_approve_{it.id}")
    screen = view(opened("warnings"), "已发布")
    screen = press(screen, f"warnings_cancel_{it.id}")
    assert "解除：" in shown(screen)
    field(screen, "text_area", "warnings_form_cancel_notice").set_value("台风已远离。")
    screen = press(drawn(screen.run()), "warnings_save_submit")
    assert "已送审" in shown(screen)
    with record.read() as cx:
        (waiting,) = at_work(cx)
    assert waiting.replaces_id == it.id


def test_an_analyst_reads_and_changes_nothing(record: Record) -> None:
    made = warn(record)
    screen = opened("warnings", Actor("戊", Role.ANALYST))
    assert screen.button(key=f"warnings_prepare_go_{made}").disabled
    screen = view(screen, "拟制")
    assert all(b.disabled for b in screen.button if b.key and b.key.startswith("warnings_save"))


def test_a_department_is_sent_to_its_tasks(record: Record, fire_officer: Actor) -> None:
    screen = opened("warnings", fire_officer)
    assert "本单位的准备任务见" in shown(screen)
    assert not [k for k in keys(screen) if k.startswith("warnings_")]


def test_hostile_words_of_a_warning_stay_words(record: Record) -> None:
    warn(record, headline="<script>alert(1)</script> **粗** [链接](x)", text="<img src=x>")
    screen = opened("warnings")
    assert "<script>alert(1)</script> **粗** [链接](x)" in [t.value for t in screen.text]


def test_three_hundred_warnings_are_all_there_and_the_worst_are_first(record: Record) -> None:
    for n in range(300):
        warn(record, colour="red" if n == 299 else "blue", headline=f"第{n}号预警")
    screen = opened("warnings")
    assert "第299号预警" in shown(screen)
    seen = set[str]()
    for leaf in range(15):
        screen.selectbox(key="warnings_leaf").set_value(leaf)
        cards = [t.value for t in drawn(screen.run()).text if "号预警" in t.value]
        assert len(cards) == 20
        seen |= set(cards)
    assert len(seen) == 300
    with record.write() as w:
        w.cx.execute(update(warning).where(warning.c.id > 0).values(expires_at=w.at))
    assert "当前没有生效中的预警" in shown(drawn(screen.run()))


def test_a_warning_is_composed_for_its_incident(record: Record) -> None:
    it = put_incident(record, alert(place="海州区郁洲路口"))
    screen = composed(record)
    field(screen, "selectbox", "warnings_form_alert_incident").set_value(it)
    press(drawn(screen.run()), "warnings_save_submit")
    with record.read() as cx:
        (made,) = at_work(cx)
    assert made.incident_id == it
    again = view(opened("warnings", incident=str(it)), "拟制")
    assert field(again, "selectbox", "warnings_form_alert_incident").value == it


def test_the_warning_of_a_rehearsed_incident_cannot_be_real(record: Record) -> None:
    it = put_incident(record, alert(place="海州区郁洲路口", exercise=True))
    screen = composed(record)
    field(screen, "selectbox", "warnings_form_alert_incident").set_value(it)
    screen = drawn(screen.run())
    drill = field(screen, "checkbox", "warnings_form_alert_exercise")
    assert (drill.value, drill.disabled) == (True, True)
    press(screen, "warnings_save_submit")
    with record.read() as cx:
        (made,) = at_work(cx)
    assert made.exercise


def drill(screen: AppTest) -> Any:
    return field(screen, "checkbox", "warnings_form_alert_exercise")


def test_while_an_exercise_runs_a_warning_is_practice_unless_somebody_says_otherwise(
    record: Record,
) -> None:
    exercises.begin(record, CHIEF, "台风<b>演练</b>")
    screen = composed(record)
    assert (drill(screen).value, drill(screen).disabled) == (True, False)
    assert "正在进行，已先选为演练" in shown(screen)
    screen = drawn(drill(screen).uncheck().run())
    assert "这是对社会公众的真实预警，请确认" in shown(screen)
    press(screen, "warnings_save_submit")
    with record.read() as cx:
        (made,) = at_work(cx)
    assert not made.exercise


def test_an_exercise_that_begins_does_not_turn_the_warning_under_the_hand(record: Record) -> None:
    screen = composed(record)
    assert not drill(screen).value
    exercises.begin(record, CHIEF, "台风")
    screen = drawn(screen.run())
    assert not drill(screen).value
    assert "这是对社会公众的真实预警" in shown(screen)


def test_while_an_exercise_runs_the_warning_of_a_real_incident_stays_real(record: Record) -> None:
    exercises.begin(record, CHIEF, "台风")
    it = put_incident(record, alert(place="海州区郁洲路口"))
    screen = composed(record)
    field(screen, "selectbox", "warnings_form_alert_incident").set_value(it)
    screen = drawn(screen.run())
    assert (drill(screen).value, drill(screen).disabled) == (False, True)
    press(screen, "warnings_save_submit")
    with record.read() as cx:
        (made,) = at_work(cx)
    assert not made.exercise


def test_a_lifting_that_came_back_keeps_its_words(record: Record) -> None:
    screen = press(composed(record), "warnings_save_submit")
    with record.read() as cx:
        (it,) = at_work(cx)
    known = public_words()
    approve(record, CHIEF, it.id, it.version, words=known, region="320700")
    screen = press(view(opened("warnings"), "已发布"), f"warnings_cancel_{it.id}")
    field(screen, "text_area", "warnings_form_cancel_notice").set_value("台风已远离。")
    press(drawn(screen.run()), "warnings_save_submit")
    with record.read() as cx:
        (lifting,) = at_work(cx)
    send_back(record, CHIEF, lifting.id, lifting.version, "写明时间")
    screen = press(view(opened("warnings"), "待办"), f"warnings_edit_{lifting.id}")
    assert field(screen, "text_area", "warnings_form_cancel_notice").value == "台风已远离。"
