"""Wherever a text of an exercise leaves us or is shown it says so; no real figure counts it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from dashboard import task_rows
from linkage.alerts import Casualties
from linkage.clocks.audit import audit
from linkage.clocks.keeper import Keeper
from linkage.clocks.next_to_breach import late_by_incident
from linkage.clocks.rule_file import read_clocks
from linkage.clocks.running import running
from linkage.desk import incidents, merging
from linkage.desk.live import open_incidents
from linkage.desk.tally import tally
from linkage.errors import NotAllowed
from linkage.exercise import exercises
from linkage.exercise.marking import MARK
from linkage.figures.density import density
from linkage.figures.export import Format, Order, export_csv, export_geojson, file_name
from linkage.figures.flood import news
from linkage.figures.response_times import response_times
from linkage.figures.selection import Cut, Selection
from linkage.figures.statistics import figures
from linkage.handover.gather import Facts, sections
from linkage.means.calls import calls_due
from linkage.people import Actor
from linkage.plan.levels import Declaration, start_response
from linkage.record import Record
from linkage.response.feedback import NeedStep, Want
from linkage.response.need_messages import needs_for
from linkage.response.needs import apply_need_step, ask
from linkage.response.outbox import pending
from linkage.response.tasks import live_tasks
from linkage.response_tables import clock_firing, joint_response, need, notice
from linkage.response_vocabulary import NeedSort, NeedStatus
from linkage.settings import SHIPPED
from linkage.tables import assignment, outbound_message
from linkage.vocabulary import (
    AssignmentRole,
    AssignmentStatus,
    Disposition,
    Grade,
    LinkKind,
    LinkState,
    Role,
)
from tests.builders import alert
from tests.desk import AGENCIES, incident_row, issue, open_list, order, orders_sent, say
from tests.onrecord import put_incident, put_link
from tests.screens import desk_on, opened, shown
from tests.timekeeping import put_on_duty

MINUTE = timedelta(minutes=1)


def lived(record: Record, at: datetime, ref: str, *, exercise: bool) -> int:
    """An incident with a response, orders, answers, a need and its end but for one order."""
    said = alert(source_ref=ref, exercise=exercise, occurred_at=at, casualties=Casualties(deaths=3))
    incident_id = put_incident(record, said, grade_proposed=Grade.CONSIDERABLE)
    chief = Actor("丙", Role.DUTY_CHIEF)
    declared = Declaration(
        subject="罐车侧翻", level=3, expected_until=at + 60 * MINUTE, measures="封路疏散"
    )
    version = incident_row(record, incident_id).version
    start_response(record, chief, incident_id, version, declared, at=at + MINUTE)
    ids = issue(record, incident_id, order("fire"), order("telecom"), at=at + MINUTE)
    say(record, "fire", ids[0], AssignmentStatus.ACKNOWLEDGED, at + 2 * MINUTE)
    want = Want(sort=NeedSort.SUPPLIES, what="吸附棉", amount=3, measure="箱")
    ask(record, chief, incident_id, want, agencies=AGENCIES, of=("fire",), at=at + 2 * MINUTE)
    return incident_id


def test_every_row_of_an_exercise_bears_its_flag(record: Record, now: datetime) -> None:
    lived(record, now, "D1", exercise=True)
    with record.read() as cx:
        for table in (assignment, joint_response, need, notice):
            flags = cx.execute(select(table.c.exercise)).scalars().all()
            assert flags, table.name
            assert all(flags), table.name


def test_what_leaves_us_says_it_in_a_flag_and_in_words(record: Record, now: datetime) -> None:
    """A department whose system has no field for it reads it in the task."""
    lived(record, now, "D1", exercise=True)
    (told,) = orders_sent(record, "fire")
    assert told.exercise
    assert told.task.startswith(MARK)
    assert told.incident.headline.startswith(MARK)
    assert all(one.task.startswith(MARK) for one in open_list(record, "fire").assignments)
    with record.read() as cx:
        needs = needs_for(cx, "fire")
        notices = cx.execute(select(notice)).all()
    assert [one.what for one in needs] == [f"{MARK}吸附棉"]
    assert {row.means for row in notices} >= {"telephone", "sheet"}
    for row in notices:
        assert row.title.startswith(MARK), row.means
        assert row.text.startswith(MARK), row.means


def test_what_is_refused_in_an_exercise_says_it_too(record: Record, now: datetime) -> None:
    lived(record, now, "D1", exercise=True)
    lived(record, now, "R1", exercise=False)
    with record.read() as cx:
        tasks = list(cx.execute(select(assignment).where(assignment.c.agency_id == "fire")))
        needs = list(cx.execute(select(need)))
    late = now + 5 * MINUTE
    for task in tasks:
        say(record, "fire", task.id, AssignmentStatus.REPORTED, late, revision=9)
    for asked in needs:
        step = NeedStep(need_id=asked.id, status=NeedStatus.RELEASED)
        with record.write(late) as w:
            apply_need_step(w, step, AGENCIES["fire"])
    out = outbound_message.c
    with record.read() as cx:
        refused = list(
            cx.execute(select(out.payload, out.exercise).where(out.topic.like("%/refused")))
        )
    assert len(refused) == 4
    for payload, exercise in refused:
        assert (MARK in payload.decode()) == (b'"exercise":true' in payload) == exercise
    assert sum(exercise for _, exercise in refused) == 2


def test_a_real_order_goes_before_all_that_an_exercise_has_waiting(
    record: Record, now: datetime
) -> None:
    lived(record, now, "D1", exercise=True)
    lived(record, now, "R1", exercise=False)
    with record.read() as cx:
        out = outbound_message.c
        told = select(out.payload, out.exercise).where(out.assignment_id.is_not(None))
        for payload, exercise in cx.execute(told):
            assert (b'"exercise":true' in payload) == exercise
        first, *_ = [one for one in pending(cx, 100, now + 60 * MINUTE) if not one.retain]
    assert b'"exercise":false' in first.payload


def test_the_officer_calls_first_whom_the_real_work_needs(record: Record, now: datetime) -> None:
    lived(record, now, "D1", exercise=True)
    lived(record, now + MINUTE, "R1", exercise=False)
    with record.read() as cx:
        drills = [call.exercise for call in calls_due(cx, now + 60 * MINUTE)]
    assert set(drills) == {False, True}
    assert drills == sorted(drills)


def test_an_exercise_crowds_no_real_order_out_of_the_list(record: Record, now: datetime) -> None:
    drill = put_incident(record, alert(source_ref="D1", exercise=True, occurred_at=now))
    real = put_incident(record, alert(source_ref="R1", occurred_at=now))
    issue(record, drill, order("fire", task="演" * 2000), at=now)
    long = alert(exercise=True, occurred_at=now)
    for number in range(30):
        more = put_incident(record, msgspec.structs.replace(long, source_ref=f"D{number + 2}"))
        issue(record, more, order("fire", task="演" * 2000), at=now)
    (last,) = issue(record, real, order("fire"), at=now)
    listed = open_list(record, "fire")
    assert listed.others, "the list was full"
    assert listed.assignments[0].id == last


def test_what_is_real_never_says_it(record: Record, now: datetime) -> None:
    lived(record, now, "R1", exercise=False)
    (told,) = orders_sent(record, "fire")
    with record.read() as cx:
        notices = cx.execute(select(notice)).all()
    texts = [told.task, told.incident.headline, *(f"{row.title}{row.text}" for row in notices)]
    assert [text for text in texts if "演练" in text] == []


def numbers(record: Record, now: datetime, analyst: Actor) -> dict[str, Any]:
    """Every figure that is shown, printed or exported of what is real."""
    whole = Selection(since=now - timedelta(days=1), until=now + timedelta(days=1))
    asked = Order(actor=analyst, why="周报", selection=whole, source_names={}, at=now)
    cut = Cut(1, now)
    with record.read() as cx:
        found: dict[str, Any] = {
            "figures": figures(cx, cut, whole, {}),
            "times": response_times(cx, whole, now + timedelta(hours=2)),
            "density": density(cx, whole, 1.0),
            "tally": tally(cx, now + timedelta(hours=1)),
            "flood": news(cx, now + timedelta(minutes=3)),
        }
    rows = b"".join(export_csv(record, asked)).decode("utf-8-sig").splitlines()
    found["csv"] = [line for line in rows if "R1" in line or "20261122-" in line]
    found["geojson"] = b"".join(export_geojson(record, asked)).count(b'"Feature"')
    return found


def test_no_real_figure_counts_an_exercise(record: Record, now: datetime, analyst: Actor) -> None:
    real = lived(record, now, "R1", exercise=False)
    before = numbers(record, now, analyst)
    first = lived(record, now, "D1", exercise=True)
    second = lived(record, now + MINUTE, "D2", exercise=True)
    put_link(record, second, first, LinkKind.PROPOSED, LinkState.OPEN)
    after = numbers(record, now, analyst)
    for name, was in before.items():
        assert after[name] == was, name
    drills = Selection(since=now, until=now + timedelta(days=1), exercise=True)
    assert "演练" in file_name(drills, Format.CSV)
    with record.read() as cx:
        assert figures(cx, Cut(1, now), drills, {}).total == 2
        shown_to_all = {row.id: row.exercise for row in open_incidents(cx)}
    assert shown_to_all == {str(real): False, str(first): True, str(second): True}


def test_the_sheet_of_the_next_shift_counts_an_exercise_by_itself(
    record: Record, now: datetime
) -> None:
    """Of what was done since the last hand-over; and what is real stands first in every part."""
    lived(record, now, "D1", exercise=True)
    lived(record, now + MINUTE, "R1", exercise=False)
    facts = Facts({}, AGENCIES, read_clocks(SHIPPED, AGENCIES))
    with record.read() as cx:
        parts = {one.title: one.items for one in sections(cx, facts, now + 40 * MINUTE)}
    done = [item.text for item in parts["上次交接以来"]]
    assert "新建事件 1（另有演练 1）" in done
    assert "下达任务 2（另有演练 2）" in done
    for title in ("启动中的响应", "在办事件（重的在前）", "已超时和半小时内到期", "未解决的需求"):
        drills = [item.text.startswith(MARK) for item in parts[title]]
        assert set(drills) == {False, True}, title
        assert drills == sorted(drills), title


def test_an_exercise_that_leaves_its_leaders_in_peace_alarms_nobody(
    record: Record, now: datetime, chief: Actor
) -> None:
    """Nobody to be told but a leader, who is not asked: for real that would be the auditor's."""
    put_on_duty(record, now - MINUTE, now + 600 * MINUTE, officer="", deputy="", chief="")
    exercises.begin(record, chief, "不惊动领导", at=now)
    drill = put_incident(record, alert(exercise=True, occurred_at=now), at=now)
    issue(record, drill, order("fire", AssignmentRole.LEAD), at=now)
    keeper = Keeper(record, read_clocks(SHIPPED, AGENCIES), steady=lambda: 0.0)
    for seconds in (0, 61, 200):
        keeper.look(now + timedelta(seconds=seconds))
    with record.read() as cx:
        mine = select(clock_firing.c.told).where(clock_firing.c.incident_id == drill)
        told = " ".join(cx.execute(mine).scalars())
        said = audit(cx, now + timedelta(seconds=201), read_clocks(SHIPPED, AGENCIES))
    assert "演练不通知" in told
    assert "卯" not in told
    assert not any("演练" in one.words for one in said.findings)


def test_an_exercise_is_chased_by_the_same_clocks_under_its_flag(
    record: Record, now: datetime
) -> None:
    lived(record, now, "D1", exercise=True)
    with record.read() as cx:
        clocks = read_clocks(SHIPPED, AGENCIES)
        runs = running(cx, now + 10 * MINUTE, clocks)
    assert late_by_incident(runs, now + 10 * MINUTE)
    assert {run.exercise for run in runs if run.incident_id is not None} == {True}


def test_nobody_joins_an_exercise_to_a_real_incident_by_hand(
    record: Record, now: datetime, officer: Actor
) -> None:
    real = lived(record, now, "R1", exercise=False)
    drill = lived(record, now, "D1", exercise=True)
    for one, other in ((real, drill), (drill, real)):
        with pytest.raises(NotAllowed, match="演练事件与真实事件不能"):
            merging.merge(record, officer, one, other, "同一地点", agencies=AGENCIES, at=now)


@pytest.fixture
def desk_record(
    fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Record]:
    record = fresh_sqlite()
    with desk_on(record, monkeypatch):
        yield record
    record.close()


def test_the_pages_say_it_in_words(desk_record: Record) -> None:
    at = datetime.now(UTC) - 10 * MINUTE
    drill = lived(desk_record, at, "D1", exercise=True)
    assert "演练" in shown(opened("incident", incident=str(drill)))
    assert MARK in shown(opened("responses"))


def test_the_figures_of_the_tasks_are_those_of_the_real_work(desk_record: Record) -> None:
    at = datetime.now(UTC) - 10 * MINUTE
    lived(desk_record, at, "D1", exercise=True)
    lived(desk_record, at + MINUTE, "R1", exercise=False)
    text = shown(opened("responses"))
    assert "进行中 2" in text
    assert "待签收 1" in text
    assert "演练 2" in text
    every = task_rows.standings(live_tasks(desk_record), {}, at)
    assert [each.task.exercise for each in every] == [False, False, True, True]


def test_a_closed_exercise_stays_an_exercise(record: Record, now: datetime, chief: Actor) -> None:
    drill = put_incident(record, alert(source_ref="D1", exercise=True, occurred_at=now))
    version = incident_row(record, drill).version
    incidents.close(record, chief, drill, version, Disposition.HANDLED, at=now + MINUTE)
    version = incident_row(record, drill).version
    incidents.reopen(record, chief, drill, version, "复盘", at=now + 2 * MINUTE)
    assert incident_row(record, drill).exercise
