"""联动任务 as the duty chief reads it: who refused, who is late, who is next; and what to do."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from dashboard.task_acts import order_of
from dashboard.task_rows import standings
from linkage.alerts import Point
from linkage.clocks.next_to_breach import of_assignments
from linkage.clocks.running import running
from linkage.people import Actor
from linkage.record import Record
from linkage.response.bookings import booked
from linkage.response.feedback import Share, UnitReport
from linkage.response.order_rules import LONGEST_TASK
from linkage.response.tasks import live_tasks, read_tasks_of
from linkage.response.units import apply_unit
from linkage.tables import outbound_message
from linkage.vocabulary import AssignmentRole, AssignmentStatus
from tests.builders import alert
from tests.desk import say as desk_says
from tests.onrecord import put_incident, put_task
from tests.screens import desk_on, drawn, field, keys, opened, press, shown
from tests.timekeeping import CLOCKS

S = AssignmentStatus


@pytest.fixture
def record(fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    record = fresh_sqlite()
    with desk_on(record, monkeypatch):
        yield record
    record.close()


@pytest.fixture
def incident(record: Record) -> int:
    return put_incident(record, alert(place="海州区郁洲路口"))


def issued(record: Record, incident_id: int, agency: str, ago_s: int, **columns: object) -> int:
    """A task given `ago_s` seconds ago, to be signed within a minute."""
    at = datetime.now(UTC) - timedelta(seconds=ago_s)
    limits = {"acknowledge_due_at": at + timedelta(seconds=60)}
    return put_task(record, incident_id, agency, at=at, **{**limits, **columns})


def rows(screen: AppTest) -> list[int]:
    """The tasks in the order they stand."""
    prefix = "responses_task_open_"
    return [int(b.key.removeprefix(prefix)) for b in screen.button if b.key and prefix in b.key]


def test_with_nothing_under_way_the_page_says_so(record: Record) -> None:
    text = shown(opened("responses"))
    assert "当前没有进行中的联动任务" in text
    assert "还没有结束的联动任务" in text


def test_refused_first_then_the_most_overdue_then_the_next_to_breach(
    record: Record, incident: int
) -> None:
    calm = issued(record, incident, "weather", 5, acknowledge_due_at=None)
    soon = issued(record, incident, "health", 20)
    late = issued(record, incident, "fire", 105)
    later = issued(record, incident, "transport", 200)
    refused = issued(record, incident, "environment", 90, status=S.DECLINED)
    screen = opened("responses")
    assert rows(screen) == [refused, later, late, soon, calm]
    text = shown(screen)
    assert re.search("超时(4[5-9]|5[0-9])秒未签收", text)
    assert "超时 2" in text
    assert "退回 1" in text
    assert "签收还剩" in text
    assert "待改派" in text


def test_one_agency_one_status_or_only_the_late(record: Record, incident: int) -> None:
    fire = issued(record, incident, "fire", 105)
    health = issued(record, incident, "health", 10, status=S.EN_ROUTE)
    screen = opened("responses")
    drawn(screen.selectbox(key="responses_agency").set_value("health").run())
    assert rows(screen) == [health]
    drawn(screen.selectbox(key="responses_agency").set_value(None).run())
    drawn(screen.pills(key="responses_status").set_value([S.ISSUED]).run())
    assert rows(screen) == [fire]
    drawn(screen.pills(key="responses_status").set_value([S.REPORTED]).run())
    assert "没有符合筛选条件的任务" in shown(screen)
    drawn(screen.pills(key="responses_status").set_value([]).run())
    drawn(screen.toggle(key="responses_late").set_value(True).run())
    assert rows(screen) == [fire]


def test_all_the_late_are_chased_with_one_click(
    record: Record, incident: int, officer: Actor
) -> None:
    late = [issued(record, incident, agency, 105) for agency in ("fire", "transport")]
    in_time = issued(record, incident, "health", 5)
    screen = opened("responses", officer)
    assert "（2）" in screen.button(key="responses_chase_all").label
    press(screen, "responses_chase_all")
    assert "消防、交通" in screen.toast[0].value or "交通、消防" in screen.toast[0].value
    chased = {task.id for task in read_tasks_of(record, incident) if task.chased_at}
    assert chased == set(late)
    assert in_time not in chased
    with record.read() as cx:
        sent = cx.execute(select(outbound_message.c.assignment_id)).scalars().all()
    assert set(late) <= set(sent), "the order goes out again"


def test_a_refused_task_is_given_again(record: Record, incident: int) -> None:
    refused = issued(record, incident, "environment", 90, status=S.DECLINED)
    screen = press(opened("responses"), f"responses_task_open_{refused}")
    assert screen.button(key=f"responses_task_chase_{refused}").disabled
    press(screen, f"responses_task_reissue_{refused}")
    (task,) = read_tasks_of(record, incident)
    assert (task.status, task.revision) == (S.ISSUED, 2)


def test_what_was_said_on_the_telephone_is_entered(record: Record, incident: int) -> None:
    fire = issued(record, incident, "fire", 100)
    screen = press(opened("responses"), f"responses_task_open_{fire}")
    field(screen, "text_input", "responses_task_reason").set_value("已派两车")
    press(screen, f"responses_task_phone_{fire}")
    (task,) = read_tasks_of(record, incident)
    assert (task.status, task.last_feedback) == (S.ACKNOWLEDGED, "已派两车")


def test_two_officers_at_one_task_one_is_told(
    record: Record, incident: int, officer: Actor, other_officer: Actor
) -> None:
    task = issued(record, incident, "fire", 10)
    mine = press(opened("responses", officer), f"responses_task_open_{task}")
    theirs = press(opened("responses", other_officer), f"responses_task_open_{task}")
    field(mine, "text_input", "responses_task_reason").set_value("改由专职队")
    press(mine, f"responses_task_cancel_{task}")
    press(theirs, f"responses_task_reissue_{task}")
    assert "甲" in theirs.error[0].value
    (now,) = read_tasks_of(record, incident)
    assert now.status is S.CANCELLED


def test_an_order_that_has_not_left_the_house_is_seen(record: Record, incident: int) -> None:
    task = issued(record, incident, "fire", 40)
    long_ago = datetime.now(UTC) - timedelta(seconds=40)
    with record.write(at=long_ago) as w:
        w.cx.execute(
            outbound_message.insert().values(
                id=w.next_id(),
                assignment_id=task,
                agency_id="fire",
                topic="linkage/v1/assignment/fire",
                payload=b"{}",
                retain=False,
                created_at=w.at,
                attempts=3,
                last_error="<b>消息代理</b>未连接",
            )
        )
    assert re.search("未送达 4[0-9]秒", shown(opened("responses")))


def test_an_analyst_may_look_and_not_touch(record: Record, incident: int, analyst: Actor) -> None:
    task = issued(record, incident, "fire", 105)
    screen = press(opened("responses", analyst), f"responses_task_open_{task}")
    touch = [
        b
        for b in screen.button
        if b.key and not any(w in b.key for w in ("open", "pressing", "desk_"))
    ]
    assert touch
    assert [b.key for b in touch if not b.disabled] == []


def test_an_agencys_words_are_text(record: Record, incident: int) -> None:
    said = "<img src=x onerror=alert(1)> **已** [到](javascript:x)"
    issued(record, incident, "fire", 10, last_feedback=said, task=said, reason=said)
    screen = opened("responses")
    assert any(said in t.value for t in screen.text)
    press(screen, next(key for key in keys(screen) if "task_open" in key))
    assert not [m for m in (*screen.markdown, *screen.caption) if said in m.value]


def test_a_hundred_tasks_are_turned_page_by_page(record: Record, incident: int) -> None:
    for number in range(30):
        issued(record, incident, "fire", 100 + number)
    screen = opened("responses")
    assert len(rows(screen)) == 13
    assert "进行中 30" in shown(screen)


def test_what_has_ended_stands_in_the_history(record: Record, incident: int) -> None:
    issued(record, incident, "fire", 900, status=S.COMPLETED, last_feedback="明火已扑灭")
    screen = opened("responses")
    assert rows(screen) == []
    history = screen.dataframe[0].value
    assert history["最后反馈"].tolist() == ["明火已扑灭"]
    assert history["结果"].tolist() == ["已办结"]


def test_an_order_given_again_has_as_much_time_as_before(record: Record, incident: int) -> None:
    issued(record, incident, "fire", 105, role=AssignmentRole.LEAD)
    (task,) = live_tasks(record)
    again = order_of(task)
    assert (again.acknowledge_s, again.on_scene_s, again.role) == (60, None, AssignmentRole.LEAD)


def test_who_is_due_at_the_same_second_stands_in_the_order_of_the_roles(
    record: Record, incident: int
) -> None:
    due = datetime.now(UTC)
    for role in reversed(AssignmentRole):
        issued(record, incident, "fire", 10, role=role, acknowledge_due_at=due)
    with record.read() as cx:
        clocks = of_assignments(running(cx, due, CLOCKS))
    found = standings(live_tasks(record), clocks, due)
    assert [each.task.role for each in found] == list(AssignmentRole)


def test_what_a_department_lacks_stands_with_the_refused(record: Record, incident: int) -> None:
    """K09: two of three vehicles: back with the officer, above whoever is only late."""
    late = issued(record, incident, "fire", 200)
    short = issued(record, incident, "transport", 5)
    now = datetime.now(UTC)
    share = Share(what="吊车", asked=3, given=2, measure="辆")
    desk_says(record, "transport", short, S.ACKNOWLEDGED, now, share=share)
    screen = opened("responses")
    assert rows(screen) == [short, late]
    assert "缺 吊车 1辆" in shown(screen)


def test_an_order_that_nobodys_system_has_says_so(record: Record, incident: int) -> None:
    """K01: the broker took it, the department's system is away: 未送达, and why."""
    at = datetime.now(UTC) - timedelta(seconds=20)
    issued(record, incident, "fire", 20, told_at=at)
    issued(record, incident, "health", 20, told_at=at, delivered_at=at)
    text = shown(opened("responses"))
    assert re.search("未送达 [2-5][0-9]秒", text)
    assert "对方系统已收" in text


def test_a_withdrawal_stays_until_it_is_confirmed(record: Record, incident: int) -> None:
    """K10: by the line or, as here, by telephone."""
    at = datetime.now(UTC) - timedelta(seconds=20)
    task = issued(
        record, incident, "fire", 90, status=S.CANCELLED, cancelled_at=at, told_at=at, revision=2
    )
    screen = opened("responses")
    assert "撤销待对方确认" in shown(screen)
    screen = press(screen, f"responses_task_open_{task}")
    press(screen, f"responses_task_phone_{task}")
    (now,) = read_tasks_of(record, incident)
    assert now.cancel_read_at is not None
    assert live_tasks(record) == ()


def test_an_order_is_rewritten_under_the_eyes_of_a_count(record: Record, incident: int) -> None:
    """K14: the field holds 2,000 and counts them; what is written travels as it is."""
    task = issued(record, incident, "fire", 10)
    screen = press(opened("responses"), f"responses_task_open_{task}")
    text = field(screen, "text_area", "responses_task_task")
    assert text.max_chars == LONGEST_TASK
    text.set_value("{{7*7}} 改为警戒")
    press(screen, f"responses_task_reissue_{task}")
    (now,) = read_tasks_of(record, incident)
    assert (now.task, now.revision) == ("{{7*7}} 改为警戒", 2)


def test_the_nearest_unit_is_sent_with_one_click(record: Record, incident: int) -> None:
    task = issued(record, incident, "fire", 10)
    for name, lon in (("1", 119.30), ("2", 119.18)):
        report = UnitReport(
            agency_id="119",
            unit_id=name,
            label=f"消防车{name}",
            state="待命",
            point=Point(lon, 34.6),
        )
        with record.write() as w:
            apply_unit(w, report)
    screen = press(opened("responses"), f"responses_task_open_{task}")
    told = [line for line in shown(screen).splitlines() if "直线" in line]
    assert [line[:4] for line in told] == ["消防车2", "消防车1"]
    chosen = next(b.key for b in screen.button if b.key and "book_119_2" in b.key)
    screen = press(screen, chosen)
    (sent,) = booked(record)
    assert (sent.unit_id, sent.assignment_id) == ("2", task)
    text = shown(screen)
    assert "已调派 2" in text
    assert "已调派到事件" in text
    press(screen, f"responses_unit_free_{sent.id}")
    assert booked(record) == ()
