"""演练 beside the real work: one at a time, flagged, closed by one act, nothing real touched."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, select

from linkage.clocks.keeper import Keeper
from linkage.clocks.rule_file import read_clocks
from linkage.duty_tables import handover
from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.exercise import ending, exercises
from linkage.exercise.marking import marked
from linkage.exercise.targets import load_exercise_rules
from linkage.people import Actor
from linkage.record import Record
from linkage.response_tables import joint_response, need, notice, unit_booking
from linkage.response_vocabulary import NeedStatus, NoticeStatus, Post, ResponseStatus
from linkage.tables import incident, log_entry, warning
from linkage.verify import verify
from linkage.vocabulary import AssignmentStatus, IncidentStatus, WarningStatus
from tests.builders import alert
from tests.desk import AGENCIES, incident_row, issue, open_list, order, orders_sent, task_row
from tests.onrecord import put_incident, put_warning

DATA = Path(__file__).parents[1] / "data"
RULES = load_exercise_rules(DATA / "exercise.toml")
CLOCKS = read_clocks(DATA, AGENCIES)


def begun(record: Record, chief: Actor, at: datetime, **options: Any) -> int:
    return exercises.begin(record, chief, "台风演练", scenario="typhoon", at=at, **options)


def ended(record: Record, chief: Actor, exercise_id: int, at: datetime) -> Any:
    return ending.end(
        record, chief, exercise_id, "科目完成", agencies=AGENCIES, rules=RULES, clocks=CLOCKS, at=at
    )


def drill(record: Record, at: datetime, **columns: Any) -> int:
    said = alert(exercise=True, source_ref="D1", occurred_at=at)
    return put_incident(record, said, **columns)


def test_a_leader_begins_and_a_duty_officer_may_not(
    record: Record, officer: Actor, chief: Actor, now: datetime
) -> None:
    with pytest.raises(NotPermitted):
        exercises.begin(record, officer, "台风演练", at=now)
    exercise_id = begun(record, chief, now)
    running = exercises.read_running(record)
    assert running is not None
    assert (running.id, running.scenario) == (exercise_id, "typhoon")
    assert exercises.past(record) == []


def test_one_exercise_at_a_time(record: Record, chief: Actor, now: datetime) -> None:
    begun(record, chief, now)
    with pytest.raises(NotAllowed, match=r"台风演练.*正在进行"):
        begun(record, chief, now)
    with pytest.raises(NotAllowed, match="演练名称"):
        exercises.begin(record, chief, " ", at=now)
    with pytest.raises(NotAllowed, match="速度"):
        exercises.begin(record, chief, "快", speed=100, at=now)


def test_leaders_are_paged_only_where_the_exercise_asks(
    record: Record, chief: Actor, now: datetime
) -> None:
    with record.read() as cx:
        assert Post.LEADER not in exercises.posts_paged(cx)
    first = begun(record, chief, now)
    with record.read() as cx:
        assert exercises.posts_paged(cx) == frozenset({Post.OFFICER, Post.DEPUTY, Post.CHIEF})
    ended(record, chief, first, now)
    begun(record, chief, now, page_leaders=True)
    with record.read() as cx:
        assert Post.LEADER in exercises.posts_paged(cx)


def test_one_act_closes_all_of_the_exercise_and_nothing_of_the_real_work(
    record: Record, chief: Actor, now: datetime
) -> None:
    exercise_id = begun(record, chief, now)
    at = now + timedelta(minutes=1)
    practised, real = drill(record, at), put_incident(record, alert(occurred_at=at))
    (task,) = issue(record, practised, order("fire"), at=at)
    (real_task,) = issue(record, real, order("fire"), at=at)
    _respond(record, practised, at, exercise=True)
    _respond(record, real, at, exercise=False)
    flagged = put_warning(record, ["320700"], exercise=True, expires_at=at + timedelta(days=1))
    forecast = put_warning(record, ["320700"], expires_at=at + timedelta(days=1))
    ended(record, chief, exercise_id, now + timedelta(hours=1))
    assert incident_row(record, practised).status == IncidentStatus.CLOSED
    assert incident_row(record, real).status == IncidentStatus.DISPATCHED
    assert task_row(record, task).status == AssignmentStatus.CANCELLED
    assert task_row(record, real_task).status == AssignmentStatus.ISSUED
    assert open_list(record, "fire").ids == {real_task}
    told = [o for o in orders_sent(record, "fire") if o.id == task][-1]
    assert (told.status, told.exercise) == (AssignmentStatus.CANCELLED, True)
    with record.read() as cx:
        for table, row, over in (
            (joint_response, "status", ResponseStatus.ENDED),
            (need, "status", NeedStatus.WITHDRAWN),
            (notice, "status", NoticeStatus.VOID),
        ):
            asked = select(table.c.exercise, table.c[row])
            states = dict(cx.execute(asked).all())  # type: ignore[arg-type]
            assert states[True] == over, table.name
            assert states[False] != over, table.name
        released = select(unit_booking.c.exercise, unit_booking.c.released_at)
        assert [bool(r.released_at) for r in cx.execute(released.order_by("exercise"))] == [
            False,
            True,
        ]
        lifted = dict(cx.execute(select(warning.c.id, warning.c.status)).all())  # type: ignore[arg-type]
    assert lifted == {flagged: WarningStatus.CANCELLED, forecast: WarningStatus.ACTIVE}
    wrong = [found.check for found in verify(record) if found.fault]
    assert wrong == ["收报记账"], "the two calls were put on the record by hand"


def _respond(record: Record, incident_id: int, at: datetime, *, exercise: bool) -> None:
    """A response, a need, a booking and a notice that waits."""
    common = {"incident_id": incident_id, "exercise": exercise}
    with record.write(at) as w:
        rows: dict[Any, dict[str, Any]] = {
            joint_response: {
                "status": ResponseStatus.ACTIVE,
                "level": 3,
                "command": "city",
                "subject": "罐车",
                "measures": "封路",
                "started_by": "丙",
                "started_at": at,
                "changed_at": at,
                "version": 1,
            },
            need: {
                "sort": "people",
                "what": "警力",
                "measure": "人",
                "status": NeedStatus.ASKED,
                "asked_by": "丙",
                "asked_at": at,
                "changed_at": at,
                "version": 1,
            },
            unit_booking: {
                "agency_id": "fire",
                "unit_id": f"U{incident_id}",
                "booked_by": "丙",
                "booked_at": at,
            },
            notice: {
                "means": "sms",
                "about": "incident",
                "about_id": incident_id,
                "round": 1,
                "address": "1",
                "title": "",
                "text": "",
                "status": NoticeStatus.WAITING,
                "created_at": at,
                "not_before": at,
                "attempts": 0,
            },
        }
        for table, values in rows.items():
            w.cx.execute(insert(table).values(id=w.next_id(), **common, **values))


def test_the_sheet_is_kept_with_the_exercise_and_reads_back_the_same(
    record: Record, chief: Actor, now: datetime
) -> None:
    exercise_id = begun(record, chief, now)
    practised = drill(record, now + timedelta(minutes=1))
    issue(record, practised, order("fire"), at=now + timedelta(minutes=2))
    sheet = ended(record, chief, exercise_id, now + timedelta(hours=1))
    (kept,) = exercises.past(record)
    assert ending.kept_score(kept) == sheet
    assert {line.step for line in sheet.missed} == {
        "核实",
        "系统收到",
        "签收",
        "出动",
        "到场",
        "反馈",
    }
    assert exercises.read_running(record) is None


def test_the_sheet_names_the_step_that_was_late(
    record: Record, chief: Actor, now: datetime
) -> None:
    exercise_id = begun(record, chief, now)
    practised = drill(record, now + timedelta(minutes=1))
    issue(record, practised, order("fire"), at=now + timedelta(minutes=2))
    Keeper(record, CLOCKS, steady=lambda: 0.0).look(now + timedelta(minutes=5))
    sheet = ended(record, chief, exercise_id, now + timedelta(hours=1))
    said = " ".join(one.words for one in sheet.escalations)
    assert "联动任务（消防）签收：已超时" in said
    assert "联动任务（消防）系统收到：" in said


def test_ended_twice_the_slower_is_told_who_ended_it(
    record: Record, chief: Actor, commander: Actor, now: datetime
) -> None:
    exercise_id = begun(record, chief, now)
    with pytest.raises(NotAllowed, match="理由"):
        ending.end(
            record, chief, exercise_id, " ", agencies=AGENCIES, rules=RULES, clocks=CLOCKS, at=now
        )
    ended(record, chief, exercise_id, now)
    with pytest.raises(Raced, match="已由丙"):
        ended(record, commander, exercise_id, now)


def test_begin_and_end_stand_in_the_log(record: Record, chief: Actor, now: datetime) -> None:
    exercise_id = begun(record, chief, now)
    ended(record, chief, exercise_id, now + timedelta(hours=1))
    with record.read() as cx:
        rows = cx.execute(select(log_entry).order_by(log_entry.c.id)).all()
    assert [row.action for row in rows] == ["begin_exercise", "end_exercise"]
    assert msgspec.json.decode(rows[-1].after)["exercise_id"] == exercise_id


def test_a_text_says_once_that_it_is_an_exercise() -> None:
    assert marked("到场", exercise=True) == "【演练】到场"
    assert marked("【演练】到场", exercise=True) == "【演练】到场"
    assert marked("到场", exercise=False) == "到场"


def test_an_exercise_incident_of_an_earlier_day_is_not_left_open(
    record: Record, chief: Actor, now: datetime
) -> None:
    """A siren's trial of this morning was never closed by anybody."""
    old = drill(record, now - timedelta(hours=6))
    exercise_id = begun(record, chief, now)
    sheet = ended(record, chief, exercise_id, now + timedelta(hours=1))
    with record.read() as cx:
        status = cx.execute(select(incident.c.status).where(incident.c.id == old)).scalar_one()
    assert status == IncidentStatus.CLOSED
    assert sheet.lines == (), "what was before it is not of its score"


def test_the_real_shift_that_changes_meanwhile_is_not_of_its_score(
    record: Record, chief: Actor, now: datetime
) -> None:
    exercise_id = begun(record, chief, now)
    drill(record, now + timedelta(minutes=1))
    change = now + timedelta(minutes=30)
    unsigned = {"change_at": change, "sheet": "{}", "digest": "0" * 64, "made_at": change}
    with record.write(change) as w:
        w.cx.execute(insert(handover).values(id=w.next_id(), version=1, **unsigned))
    one = exercises.read_running(record)
    assert one is not None
    later = now + timedelta(hours=3)
    with record.read() as cx:
        so_far = ending.score_of(cx, one, later, rules=RULES, clocks=CLOCKS)
    sheet = ended(record, chief, exercise_id, later)
    for each in (so_far, sheet):
        assert each.lines, "the exercise has steps of its own"
        assert "交接班" not in {line.subject for line in each.lines}
