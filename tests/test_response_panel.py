"""The response on 事件处置: started, changed, ended; why it is proposed; knowledge beside it."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import streamlit as st
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from dashboard import desk
from dashboard.response_start import NO_RESPONSE
from linkage.alerts import Casualties
from linkage.desk import incidents, merging
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.plan import levels
from linkage.plan.levels import JointResponse
from linkage.plan.response_rows import read_responses
from linkage.record import Record
from linkage.response.tasks import read_tasks_of
from linkage.response_tables import run_card_version
from linkage.vocabulary import AssignmentRole, AssignmentStatus, Disposition, Grade
from tests.builders import alert
from tests.desk import LEAD, declared, incident_row, issue, order, say
from tests.onrecord import add_alert, change_incident, put_incident
from tests.screens import desk_on, drawn, field, keys, opened, press, shown, turn_to, unfold

AGO = timedelta(minutes=3)
COMPLETED = AssignmentStatus.COMPLETED


@pytest.fixture
def record(fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    record = fresh_sqlite()
    with desk_on(record, monkeypatch):
        yield record
    record.close()


@pytest.fixture
def leak(record: Record) -> int:
    """A tank of benzene leaks; two dead."""
    return put_incident(
        record,
        alert(
            kind=Kind.HAZMAT,
            event_code="12D02",
            occurred_at=datetime.now(UTC) - AGO,
            place="徐圩新区",
            headline="苯储罐泄漏",
            text="苯储罐泄漏，UN1114",
            hazmat=True,
            casualties=Casualties(deaths=2),
        ),
        grade_proposed=Grade.ORDINARY,
        grade_reason="死亡2人",
    )


def screen_of(record: Record, it: int, sits: Actor | None = None) -> AppTest:
    return opened("incident", sits, incident=incident_row(record, it).number)


def only(record: Record, it: int) -> JointResponse:
    (found,) = read_responses(record, it)
    return found


def started(record: Record, it: int, officer: Actor, level: int = 3) -> JointResponse:
    now = datetime.now(UTC)
    seen = incident_row(record, it).version
    levels.start_response(record, officer, it, seen, declared(now, level), at=now)
    return only(record, it)


def test_one_click_starts_the_response_with_its_four_fields_and_sends_the_orders(
    record: Record, leak: int
) -> None:
    screen = screen_of(record, leak)
    assert "启动Ⅳ级响应并下达" in screen.button(key="assign_issue").label
    press(screen, "assign_issue")
    found = only(record, leak)
    assert (found.level, found.subject) == (4, "徐圩新区危险化学品事故应急处置")
    assert found.expected_until is not None
    assert "安监（牵头）" in found.measures
    assert "消防（现场指挥）" in found.measures
    assert found.card_version_id is not None
    assert incident_row(record, leak).response_level == 4
    assert "县区指挥" in shown(screen)


def test_the_cards_as_they_stood_that_day_can_be_opened_and_compared(
    record: Record, leak: int, officer: Actor
) -> None:
    """A response of last year is judged by last year's cards."""
    press(screen_of(record, leak), "assign_issue")
    text = shown(screen_of(record, leak))
    now = desk.run_cards()
    assert f"启动时所据联动方案：版本 {now.label}，第15行" in text.replace("\\", "")
    assert "相同" in text
    with record.write() as w:
        old = now.text.replace('name = "危险化学品泄漏、爆炸"', 'name = "危化品"', 1)
        assert old != now.text
        digest = hashlib.sha256(old.encode()).hexdigest()
        row = {"label": "2019-1", "text": old, "digest": digest}
        w.cx.execute(update(run_card_version).values(**row))
    st.cache_data.clear()
    screen = screen_of(record, leak)
    text = shown(screen).replace("\\", "")
    assert "启动时所据联动方案：版本 2019-1，第15行" in text
    assert "名称由“危化品”改为“危险化学品泄漏、爆炸”" in text
    (card,) = [code.value for code in screen.code if "危化品" in code.value]
    assert card.startswith("[[card]]")
    assert "row = 16" not in card
    screen = drawn(field(screen, "toggle", "response_card_whole").set_value(True).run())
    assert old.strip() in [code.value for code in screen.code]


def test_another_level_proposes_others_before_anything_is_sent(record: Record, leak: int) -> None:
    screen = screen_of(record, leak)
    field(screen, "button_group", "assign_level_").set_value(3)
    drawn(screen.run())
    assert "启动Ⅲ级响应并下达" in screen.button(key="assign_issue").label
    press(screen, "assign_issue")
    assert only(record, leak).level == 3
    assert "市级指挥" in shown(screen)


def test_orders_go_out_without_a_response_only_where_that_was_chosen_in_words(
    record: Record, leak: int
) -> None:
    screen = screen_of(record, leak)
    level = field(screen, "button_group", "assign_level_")
    assert level.proto.required, "a second click on the level must not take it away"
    assert "不启动响应" in level.options
    level.set_value(NO_RESPONSE)
    drawn(screen.run())
    assert "启动" not in screen.button(key="assign_issue").label
    press(screen, "assign_issue")
    assert read_responses(record, leak) == []
    assert field(screen, "button_group", "response_start_level_").proto.required


def test_after_a_merge_the_officer_reads_who_leads_besides_and_who_has_two_tasks(
    record: Record, leak: int, officer: Actor
) -> None:
    other = put_incident(record, alert(source_ref="J9", kind=Kind.HAZMAT, event_code="12D02"))
    now = datetime.now(UTC)
    issue(record, leak, order("fire", LEAD), order("police"), at=now)
    issue(record, other, order("police", LEAD), at=now)
    assert "牵头任务" not in shown(screen_of(record, leak))
    merging.merge(record, officer, other, leak, "同一起", agencies=desk.agencies())
    told = shown(screen_of(record, leak))
    assert "并案后有 2 个牵头任务（消防、公安），请留一个，其余撤销。" in told
    assert "公安在本事件中有多项未结任务，重复的请撤销。" in told


def test_with_a_field_missing_nothing_is_sent_and_the_officer_reads_which(
    record: Record, leak: int
) -> None:
    screen = screen_of(record, leak)
    field(screen, "text_area", "assign_measures_4").set_value(" ")
    press(screen, "assign_issue")
    assert "应急处置措施" in screen.error[0].value
    assert read_responses(record, leak) == []


def test_the_level_goes_up_with_a_reason(record: Record, leak: int, officer: Actor) -> None:
    started(record, leak, officer, 4)
    screen = screen_of(record, leak)
    assert screen.button(key="response_level_2").label == "提级为Ⅱ级"
    press(screen, "response_level_2")
    assert "理由" in screen.error[0].value
    field(screen, "text_input", "response_level_why").set_value("死亡增加到10人")
    press(screen, "response_level_2")
    assert only(record, leak).level == 2
    assert "省级接手后登记移交指挥" in shown(screen)


def test_after_raising_to_three_who_stood_by_is_called_up_with_one_click(
    record: Record, leak: int, officer: Actor
) -> None:
    press(screen_of(record, leak), "assign_issue")
    screen = screen_of(record, leak)
    assert "assign_call_up" not in keys(screen), "at Ⅳ the city departments stand by"
    one = only(record, leak)
    levels.raise_level(record, officer, one.id, one.version, 3, "死亡3人", agencies=desk.agencies())
    told = {t.agency_id: t for t in read_tasks_of(record, leak)}["weather"]
    now = datetime.now(UTC)
    for status in (AssignmentStatus.ACKNOWLEDGED, AssignmentStatus.REPORTED, COMPLETED):
        say(record, "weather", told.id, status, now)
    screen = screen_of(record, leak)
    assert "现仅告知待命" in shown(screen)
    before = {t.agency_id for t in read_tasks_of(record, leak) if t.role is AssignmentRole.INFORM}
    press(screen, "assign_call_up")
    live = [task for task in read_tasks_of(record, leak) if task.status is not COMPLETED]
    tasks = {task.agency_id: task for task in live}
    called = {a for a in before if a in tasks and tasks[a].role is AssignmentRole.SUPPORT}
    assert {"weather", "telecom"} <= called, "also who was told and has closed it"
    for agency_id in called:
        assert tasks[agency_id].status is AssignmentStatus.ISSUED
        assert "待命" not in tasks[agency_id].task
    assert "assign_call_up" not in keys(screen_of(record, leak))


def test_an_officer_sees_that_ending_and_lowering_are_for_leaders(
    record: Record, leak: int, officer: Actor, chief: Actor
) -> None:
    started(record, leak, officer, 3)
    screen = screen_of(record, leak)
    assert screen.button(key="response_level_4").disabled
    assert not screen.button(key="response_level_2").disabled
    assert all(b.disabled for b in screen.button if str(b.key).startswith("response_command_"))
    assert "由值班长或指挥员执行" in shown(screen)
    screen = screen_of(record, leak, chief)
    field(screen, "text_input", "response_end_why").set_value("险情解除")
    press(screen, "response_end")
    assert only(record, leak).end_reason == "险情解除"
    assert "响应已于" in shown(screen)


def test_a_response_past_its_term_says_so(record: Record, leak: int, officer: Actor) -> None:
    now = datetime.now(UTC) - timedelta(days=2)
    said = declared(now)
    levels.start_response(record, officer, leak, 1, said, at=now)
    assert "已过期限" in shown(screen_of(record, leak))


def test_closing_under_a_running_response_is_refused_on_the_screen(
    record: Record, leak: int, officer: Actor
) -> None:
    started(record, leak, officer)
    screen = screen_of(record, leak)
    press(screen, f"incident_close_{Disposition.HANDLED.value}")
    assert "响应尚未终止" in screen.error[0].value


def test_the_screen_says_why_and_what_would_change_it(record: Record, leak: int) -> None:
    told = shown(unfold(screen_of(record, leak), "response_why"))
    assert "联动方案第15行" in told
    assert "若再死亡1人，" in told
    assert "，事件等级将建议较大，响应将建议Ⅲ级" in told
    assert "联动方案版本" in told


def test_the_grade_is_confirmed_with_its_clause_and_starts_nothing(
    record: Record, leak: int
) -> None:
    screen = screen_of(record, leak)
    assert "《生产安全事故报告和调查处理条例》第三条" in shown(screen)
    assert "距较大：死亡再增1人（达3人）" in shown(screen)
    press(screen, "incident_grade_confirm")
    row = incident_row(record, leak)
    assert (row.grade, row.response_level) == (Grade.ORDINARY, None)


def test_the_sheet_of_the_substance_stands_beside_the_incident(record: Record, leak: int) -> None:
    told = shown(turn_to(screen_of(record, leak), "知识"))
    assert "不要用直流水灭火" in told
    assert "待核" in told
    assert "先问" in told


def test_deaths_told_after_the_end_are_shown_on_the_incident_and_in_the_list(
    record: Record, leak: int, officer: Actor
) -> None:
    version = incidents.confirm_grade(record, officer, leak, 1, Grade.ORDINARY)
    incidents.close(record, officer, leak, version, Disposition.HANDLED)
    at = datetime.now(UTC) + timedelta(seconds=5)
    late = alert(
        source_id="120-cad", source_ref="K1", occurred_at=at, casualties=Casualties(deaths=3)
    )
    add_alert(record, leak, late)
    change_incident(record, leak, deaths=3, last_alert_at=at)
    told = shown(screen_of(record, leak))
    assert "办结后又报死亡3人" in told
    assert "请值班长重启" in told
    number = incident_row(record, leak).number
    assert f"incident_late_{number}" in keys(opened("incident"))
