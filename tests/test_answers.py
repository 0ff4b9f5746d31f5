"""What agencies answer: late, doubled, crossed, refused; and how far the incident comes by it."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from linkage.alerts import Casualties, Point
from linkage.clocks.running import running
from linkage.errors import NotAllowed, NotPermitted
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.plan.grading import load_grading
from linkage.record import Record
from linkage.response import responses
from linkage.response.feedback import Feedback, UnitReport
from linkage.tables import log_entry, unit
from linkage.vocabulary import AssignmentStatus, IncidentStatus, Outcome, Role
from tests.builders import alert
from tests.desk import (
    AGENCIES,
    DATA,
    INFORM,
    LEAD,
    incident_row,
    issue,
    open_list,
    order,
    say,
    story,
    task_row,
)
from tests.onrecord import change_incident, put_incident
from tests.timekeeping import CLOCKS

S = AssignmentStatus
STORED, DUPLICATE, REJECTED = Outcome.STORED, Outcome.DUPLICATE, Outcome.REJECTED
WAY = (S.ACKNOWLEDGED, S.EN_ROUTE, S.ON_SCENE, S.WORKING, S.REPORTED, S.COMPLETED)


@pytest.fixture
def fire(record: Record) -> int:
    return put_incident(record, alert(kind=Kind.FIRE, event_code="12G01", headline="厂房起火"))


@pytest.fixture
def engine(record: Record, fire: int, now: datetime) -> int:
    """The fire service has its order."""
    return issue(record, fire, order("fire", LEAD), at=now)[0]


def after(now: datetime, **clock: float) -> datetime:
    return now + timedelta(**clock)


def late_in(record: Record, task_id: int, at: datetime) -> list[str]:
    """What a task is late in."""
    with record.read() as cx:
        runs = running(cx, at, CLOCKS)
    return [run.late for run in runs if run.assignment_id == task_id and run.is_late(at)]


def test_the_whole_way_of_an_engine_is_stamped_step_by_step(
    record: Record, fire: int, engine: int, now: datetime
) -> None:
    for minutes, status in enumerate(WAY, start=1):
        assert say(record, "fire", engine, status, after(now, minutes=minutes))[0] is STORED
        assert task_row(record, engine).status == status
    row = task_row(record, engine)
    stamps = [getattr(row, f"{status}_at") for status in WAY]
    assert stamps == [after(now, minutes=m) for m in range(1, 7)]
    assert incident_row(record, fire).status == IncidentStatus.RESOLVED


def test_words_needs_and_people_are_kept_for_the_officer(
    record: Record, fire: int, engine: int, now: datetime
) -> None:
    say(record, "fire", engine, S.ACKNOWLEDGED, now, by="值班员丙", text="明白，两车出动")
    say(
        record,
        "fire",
        engine,
        S.ON_SCENE,
        after(now, minutes=9),
        by="值班员丙",
        text="二层有明火",
        needs="增派高喷车",
        casualties=Casualties(injured=2, trapped=1),
    )
    row = task_row(record, engine)
    assert (row.last_feedback, row.last_feedback_by) == ("二层有明火", "值班员丙")
    assert row.needs == "增派高喷车"
    assert msgspec.json.decode(row.casualties) == {"injured": 2, "trapped": 1}


def test_saying_nothing_new_takes_no_earlier_words_away(
    record: Record, engine: int, now: datetime
) -> None:
    say(record, "fire", engine, S.ACKNOWLEDGED, now, text="明白", needs="图纸")
    say(record, "fire", engine, S.EN_ROUTE, after(now, minutes=1))
    row = task_row(record, engine)
    assert (row.last_feedback, row.needs) == ("明白", "图纸")


def test_people_counted_on_the_scene_raise_the_incidents_figures_and_never_lower_them(
    record: Record, fire: int, engine: int, now: datetime
) -> None:
    change_incident(record, fire, injured=2)
    say(record, "fire", engine, S.ACKNOWLEDGED, now, casualties=Casualties(injured=1, deaths=1))
    row = incident_row(record, fire)
    assert (row.injured, row.deaths, row.missing) == (2, 1, None)


def test_three_dead_on_the_scene_propose_a_graver_grade_with_its_clause(
    record: Record, fire: int, engine: int, now: datetime
) -> None:
    tables = load_grading(DATA / "grading.toml")
    for deaths, grade in ((3, "considerable"), (1, "considerable"), (10, "major")):
        said = Feedback(
            assignment_id=engine,
            revision=1,
            status=S.ACKNOWLEDGED,
            text=f"死亡{deaths}人",
            casualties=Casualties(deaths=deaths),
        )
        with record.write(now) as w:
            responses.apply_feedback(w, said, AGENCIES["fire"], grading=tables)
        row = incident_row(record, fire)
        assert row.grade_proposed == grade
        assert "第三条" in row.grade_reason
        assert row.grade is None


# Delivered again


@pytest.mark.parametrize("come", range(1, len(WAY) + 1))
def test_every_answer_may_be_delivered_again_with_one_effect(
    record: Record, fire: int, engine: int, now: datetime, come: int
) -> None:
    for minutes, status in enumerate(WAY[:come], start=1):
        say(record, "fire", engine, status, after(now, minutes=minutes), text=status.label)
    before = tuple(task_row(record, engine)), incident_row(record, fire).version
    entries = len(story(record, fire))
    for minutes, status in enumerate(WAY[:come], start=1):
        at = after(now, minutes=minutes)
        outcome, reason = say(
            record,
            "fire",
            engine,
            status,
            at,
            text=status.label,
            received_at=after(now, hours=1),
        )
        assert outcome is DUPLICATE
        assert "已收到过" in reason
    assert (tuple(task_row(record, engine)), incident_row(record, fire).version) == before
    assert len(story(record, fire)) == entries


def test_the_same_status_with_new_words_is_news(record: Record, engine: int, now: datetime) -> None:
    say(record, "fire", engine, S.ACKNOWLEDGED, now)
    say(record, "fire", engine, S.ON_SCENE, after(now, minutes=8), text="一层明火")
    outcome, _ = say(record, "fire", engine, S.ON_SCENE, after(now, minutes=12), text="火已控制")
    assert outcome is STORED
    row = task_row(record, engine)
    assert row.last_feedback == "火已控制"
    assert row.on_scene_at == after(now, minutes=8)


# Out of order


def test_on_the_way_told_after_the_arrival_fills_the_gap_and_turns_nobody_back(
    record: Record, fire: int, engine: int, now: datetime
) -> None:
    say(record, "fire", engine, S.ACKNOWLEDGED, after(now, minutes=1))
    say(record, "fire", engine, S.ON_SCENE, after(now, minutes=8))
    outcome, reason = say(
        record, "fire", engine, S.EN_ROUTE, after(now, minutes=2), received_at=after(now, minutes=9)
    )
    assert outcome is STORED
    assert reason == "补记“已出动”，任务仍为“已到场”"
    row = task_row(record, engine)
    assert (row.status, row.en_route_at) == (S.ON_SCENE, after(now, minutes=2))
    seen = incident_row(record, fire)
    assert seen.status == IncidentStatus.ON_SCENE
    assert seen.en_route_at == after(now, minutes=2)


def test_a_late_stage_without_its_own_time_was_at_the_latest_before_the_next(
    record: Record, engine: int, now: datetime
) -> None:
    say(record, "fire", engine, S.ACKNOWLEDGED, after(now, minutes=1))
    say(record, "fire", engine, S.ON_SCENE, after(now, minutes=8))
    with record.write(after(now, minutes=20)) as w:
        said = Feedback(assignment_id=engine, revision=1, status=S.EN_ROUTE)
        assert responses.apply_feedback(w, said, AGENCIES["fire"])[0] is STORED
    assert task_row(record, engine).en_route_at == after(now, minutes=8)


def test_work_told_again_does_not_undo_the_report(
    record: Record, engine: int, now: datetime
) -> None:
    for minutes, status in enumerate(WAY[:5], start=1):
        say(record, "fire", engine, status, after(now, minutes=minutes))
    outcome, _ = say(record, "fire", engine, S.WORKING, after(now, minutes=4), text="再报")
    assert outcome is DUPLICATE
    assert task_row(record, engine).status == S.REPORTED


def test_work_that_flares_up_after_the_report_is_work_again(
    record: Record, engine: int, now: datetime
) -> None:
    for minutes, status in enumerate(WAY[:5], start=1):
        say(record, "fire", engine, status, after(now, minutes=minutes))
    assert say(record, "fire", engine, S.WORKING, after(now, minutes=30))[0] is STORED
    row = task_row(record, engine)
    assert (row.status, row.working_at) == (S.WORKING, after(now, minutes=4))


def test_new_words_about_a_passed_stage_are_refused_not_swallowed(
    record: Record, engine: int, now: datetime
) -> None:
    for minutes, status in enumerate(WAY, start=1):
        say(record, "fire", engine, status, after(now, minutes=minutes))
    outcome, reason = say(
        record, "fire", engine, S.REPORTED, after(now, hours=2), text="又发现一名伤者"
    )
    assert (outcome, reason) == (REJECTED, "任务已办结，不能再报“已反馈”。")


# Refused


def test_an_answer_to_an_order_nobody_gave_is_refused(record: Record, now: datetime) -> None:
    outcome, reason = say(record, "fire", 4711, S.ACKNOWLEDGED, now)
    assert (outcome, reason) == (REJECTED, "没有编号为 4711 的任务，请核对任务编号。")


def test_an_answer_for_another_agency_is_refused_and_written_down(
    record: Record, engine: int, now: datetime
) -> None:
    outcome, reason = say(record, "police", engine, S.ACKNOWLEDGED, now)
    assert outcome is REJECTED
    assert "不属于公安" in reason
    assert task_row(record, engine).status == S.ISSUED
    with record.read() as cx:
        entry = cx.execute(select(log_entry).order_by(log_entry.c.id.desc())).first()
    assert entry is not None
    assert (entry.actor, entry.assignment_id) == ("agency:police", engine)


def test_an_answer_to_an_older_order_asks_for_a_signature_on_the_new_one(
    record: Record, engine: int, now: datetime, officer: Actor
) -> None:
    responses.reissue(record, officer, engine, 1, order("fire", LEAD), agencies=AGENCIES, at=now)
    outcome, reason = say(record, "fire", engine, S.ACKNOWLEDGED, after(now, seconds=9))
    assert outcome is REJECTED
    assert reason == "反馈针对第 1 版指令，现行是第 2 版；请按新指令签收后再反馈。"
    assert (
        say(record, "fire", engine, S.ACKNOWLEDGED, after(now, seconds=9), revision=2)[0] is STORED
    )


def test_an_answer_to_an_order_not_yet_given_is_refused(
    record: Record, engine: int, now: datetime
) -> None:
    outcome, reason = say(record, "fire", engine, S.ACKNOWLEDGED, now, revision=2)
    assert outcome is REJECTED
    assert "没有第 2 版指令" in reason


def test_setting_out_unsigned_is_refused_with_what_to_do(
    record: Record, engine: int, now: datetime
) -> None:
    outcome, reason = say(record, "fire", engine, S.EN_ROUTE, now)
    assert outcome is REJECTED
    assert "请先签收" in reason
    assert task_row(record, engine).en_route_at is None


def test_an_office_without_vehicles_reports_straight_after_signing(
    record: Record, fire: int, now: datetime
) -> None:
    (task_id,) = issue(record, fire, order("weather"), at=now)
    say(record, "weather", task_id, S.ACKNOWLEDGED, now)
    assert say(record, "weather", task_id, S.ON_SCENE, now)[0] is REJECTED
    assert say(record, "weather", task_id, S.REPORTED, now, text="东南风4级")[0] is STORED
    assert say(record, "weather", task_id, S.EN_ROUTE, now, text="出动")[0] is REJECTED
    assert task_row(record, task_id).en_route_at is None


def test_refused_answers_change_nothing_at_all(
    record: Record, fire: int, engine: int, now: datetime
) -> None:
    before = tuple(task_row(record, engine)), tuple(incident_row(record, fire))
    say(record, "fire", engine, S.COMPLETED, now, casualties=Casualties(deaths=9))
    say(record, "fire", engine, S.ACKNOWLEDGED, now, revision=7)
    assert (tuple(task_row(record, engine)), tuple(incident_row(record, fire))) == before


# Crossing with a withdrawal


def test_a_signature_that_crosses_the_withdrawal_revives_nothing(
    record: Record, engine: int, now: datetime, officer: Actor
) -> None:
    responses.cancel(
        record, officer, engine, 1, "误报", agencies=AGENCIES, at=after(now, seconds=5)
    )
    outcome, reason = say(record, "fire", engine, S.ACKNOWLEDGED, after(now, seconds=4))
    assert outcome is REJECTED
    assert reason == "任务已于 14:30:05 撤销，不再接受“已签收”。"
    assert task_row(record, engine).status == S.CANCELLED


def test_the_department_signs_that_it_has_read_the_withdrawal(
    record: Record, fire: int, engine: int, now: datetime, officer: Actor
) -> None:
    responses.cancel(record, officer, engine, 1, "误报", agencies=AGENCIES, at=now)
    assert say(record, "fire", engine, S.ACKNOWLEDGED, now, revision=2) == (
        STORED,
        "撤销通知已签收",
    )
    assert say(record, "fire", engine, S.ACKNOWLEDGED, now, revision=2)[0] is DUPLICATE
    row = task_row(record, engine)
    assert (row.status, row.acknowledged_at) == (S.CANCELLED, None)
    assert row.last_feedback == "撤销通知已签收"
    assert incident_row(record, fire).acknowledged_at is None


def test_a_withdrawn_task_takes_no_other_answer(
    record: Record, engine: int, now: datetime, officer: Actor
) -> None:
    responses.cancel(record, officer, engine, 1, "误报", agencies=AGENCIES, at=now)
    outcome, reason = say(record, "fire", engine, S.ON_SCENE, now, revision=2)
    assert outcome is REJECTED
    assert "任务已撤销" in reason


# Late, silent, refusing


def test_a_signature_after_its_time_is_taken_and_the_delay_can_be_read(
    record: Record, engine: int, now: datetime
) -> None:
    assert "未签收" in late_in(record, engine, after(now, minutes=3))
    assert say(record, "fire", engine, S.ACKNOWLEDGED, after(now, minutes=4))[0] is STORED
    row = task_row(record, engine)
    assert row.acknowledged_at > row.acknowledge_due_at
    assert "未签收" not in late_in(record, engine, after(now, minutes=5))


def test_a_refusal_is_seen_at_once_with_its_reason(
    record: Record, fire: int, engine: int, now: datetime
) -> None:
    outcome, reason = say(
        record, "fire", engine, S.DECLINED, after(now, seconds=30), text="力量均已出动"
    )
    assert (outcome, reason) == (STORED, "已退回：力量均已出动")
    row = task_row(record, engine)
    assert (row.status, row.declined_at) == (S.DECLINED, after(now, seconds=30))
    assert row.last_feedback == "力量均已出动"
    assert open_list(record, "fire").assignments == []
    assert incident_row(record, fire).status == IncidentStatus.DISPATCHED


def test_who_refused_cannot_sign_afterwards_unasked(
    record: Record, engine: int, now: datetime
) -> None:
    say(record, "fire", engine, S.DECLINED, now)
    outcome, reason = say(record, "fire", engine, S.ACKNOWLEDGED, after(now, seconds=9))
    assert outcome is REJECTED
    assert "重新下达" in reason


def test_six_departments_one_refuses_one_is_silent_and_the_whole_is_never_done(
    record: Record, fire: int, now: datetime
) -> None:
    agencies = ("fire", "police", "health", "environment", "transport", "telecom")
    orders = [order(a, LEAD) if a == "fire" else order(a) for a in agencies]
    tasks = dict(zip(agencies, issue(record, fire, *orders, at=now), strict=True))
    for agency in agencies[:4]:
        for minutes, status in enumerate(WAY, start=1):
            say(record, agency, tasks[agency], status, after(now, minutes=minutes))
    say(record, "transport", tasks["transport"], S.DECLINED, after(now, minutes=1))
    row = incident_row(record, fire)
    assert (row.status, row.resolved_at) == (IncidentStatus.ON_SCENE, None)
    statuses = {agency: task_row(record, one).status for agency, one in tasks.items()}
    assert statuses["transport"] == S.DECLINED
    assert statuses["telecom"] == S.ISSUED


# How far the incident has come


def test_the_furthest_of_its_agencies_brings_the_incident_on(
    record: Record, fire: int, now: datetime
) -> None:
    first, second = issue(record, fire, order("fire", LEAD), order("health"), at=now)
    say(record, "health", second, S.ACKNOWLEDGED, after(now, minutes=1))
    say(record, "health", second, S.EN_ROUTE, after(now, minutes=2))
    assert incident_row(record, fire).status == IncidentStatus.EN_ROUTE
    say(record, "fire", first, S.ACKNOWLEDGED, after(now, minutes=3))
    row = incident_row(record, fire)
    assert row.status == IncidentStatus.EN_ROUTE
    assert row.acknowledged_at == after(now, minutes=1)


def test_each_stamp_of_the_incident_is_the_first_that_came(
    record: Record, fire: int, now: datetime
) -> None:
    first, second = issue(record, fire, order("fire", LEAD), order("health"), at=now)
    for minutes, (agency, task_id) in enumerate((("fire", first), ("health", second)), start=1):
        say(record, agency, task_id, S.ACKNOWLEDGED, after(now, minutes=minutes))
        say(record, agency, task_id, S.ON_SCENE, after(now, minutes=10 + minutes))
    row = incident_row(record, fire)
    assert row.acknowledged_at == after(now, minutes=1)
    assert row.on_scene_at == after(now, minutes=11)


def test_who_was_only_told_moves_no_incident(record: Record, fire: int, now: datetime) -> None:
    (told,) = issue(record, fire, order("weather", INFORM), at=now)
    say(record, "weather", told, S.ACKNOWLEDGED, now)
    row = incident_row(record, fire)
    assert (row.status, row.acknowledged_at) == (IncidentStatus.RECEIVED, None)


def test_all_done_but_one_withdrawn_is_all_done(
    record: Record, fire: int, now: datetime, officer: Actor
) -> None:
    first, second = issue(record, fire, order("fire", LEAD), order("health"), at=now)
    for minutes, status in enumerate(WAY, start=1):
        say(record, "fire", first, status, after(now, minutes=minutes))
    assert incident_row(record, fire).status == IncidentStatus.ON_SCENE
    responses.cancel(
        record, officer, second, 1, "现场无伤员", agencies=AGENCIES, at=after(now, minutes=9)
    )
    row = incident_row(record, fire)
    assert (row.status, row.resolved_at) == (IncidentStatus.RESOLVED, after(now, minutes=6))


def test_an_answer_does_not_reopen_what_an_officer_has_closed(
    record: Record, fire: int, engine: int, now: datetime
) -> None:
    change_incident(record, fire, status="closed")
    assert say(record, "fire", engine, S.ACKNOWLEDGED, after(now, minutes=1))[0] is STORED
    assert incident_row(record, fire).status == IncidentStatus.CLOSED


# Clocks


@pytest.mark.parametrize(
    ("theirs", "stamped"),
    [
        (timedelta(seconds=20), timedelta(seconds=20)),  # as they say
        (timedelta(minutes=5), timedelta(minutes=3)),  # the future: ours
        (timedelta(minutes=3, seconds=40), timedelta(minutes=3)),  # a little fast: ours
        (timedelta(seconds=-0.6), timedelta(0)),  # cut to the second: not before the order
        (timedelta(hours=-8), timedelta(minutes=3)),  # another zone: ours
        (timedelta(hours=8), timedelta(minutes=3)),
    ],
)
def test_a_departments_clock_is_believed_only_where_it_can_be_right(
    record: Record, engine: int, now: datetime, theirs: timedelta, stamped: timedelta
) -> None:
    say(record, "fire", engine, S.ACKNOWLEDGED, now + theirs, received_at=after(now, minutes=3))
    assert task_row(record, engine).acknowledged_at == now + stamped


def test_a_clock_that_was_not_believed_is_told(record: Record, engine: int, now: datetime) -> None:
    _, reason = say(
        record,
        "fire",
        engine,
        S.ACKNOWLEDGED,
        after(now, hours=8),
        received_at=after(now, minutes=1),
    )
    assert "对方时间 2026-11-22 22:30:00 不可信，按接收时间记" in reason


def test_without_a_clock_of_its_own_ours_counts(record: Record, engine: int, now: datetime) -> None:
    with record.write(after(now, minutes=2)) as w:
        said = Feedback(assignment_id=engine, revision=1, status=S.ACKNOWLEDGED)
        responses.apply_feedback(w, said, AGENCIES["fire"])
    assert task_row(record, engine).acknowledged_at == after(now, minutes=2)


# By telephone


def test_an_officer_enters_what_was_said_on_the_telephone_under_his_own_name(
    record: Record, fire: int, engine: int, now: datetime, officer: Actor
) -> None:
    said = Feedback(assignment_id=engine, revision=1, status=S.ACKNOWLEDGED, text="电话签收")
    responses.take_by_telephone(record, officer, said, agencies=AGENCIES, at=now)
    assert task_row(record, engine).status == S.ACKNOWLEDGED
    assert story(record, fire)[-1].actor == "甲（值班员）"


def test_an_agency_officer_answers_for_the_own_agency_only(
    record: Record, engine: int, now: datetime, fire_officer: Actor, analyst: Actor
) -> None:
    said = Feedback(assignment_id=engine, revision=1, status=S.ACKNOWLEDGED)
    police = Actor("庚", Role.AGENCY_OFFICER, "police")
    for actor in (police, analyst):
        with pytest.raises(NotPermitted):
            responses.take_by_telephone(record, actor, said, agencies=AGENCIES, at=now)
    responses.take_by_telephone(record, fire_officer, said, agencies=AGENCIES, at=now)
    assert task_row(record, engine).status == S.ACKNOWLEDGED


def test_what_cannot_be_entered_says_why(
    record: Record, engine: int, now: datetime, officer: Actor
) -> None:
    for task_id, words in ((engine, "请先签收"), (999, "没有编号为 999 的任务")):
        said = Feedback(assignment_id=task_id, revision=1, status=S.ON_SCENE)
        with pytest.raises(NotAllowed, match=words):
            responses.take_by_telephone(record, officer, said, agencies=AGENCIES, at=now)


# Units


def report(at: datetime | None, **changes: Any) -> UnitReport:
    usual = UnitReport(
        agency_id="fire",
        unit_id="HZ-01",
        label="海州一号车",
        state="途中",
        point=Point(119.17, 34.6),
        assignment_id=17,
        at=at,
    )
    return msgspec.structs.replace(usual, **changes)


def unit_row(record: Record) -> Any:
    with record.read() as cx:
        return cx.execute(select(unit)).one()


def test_a_unit_is_where_its_newest_report_says(record: Record, now: datetime) -> None:
    for seconds, state in ((0, "途中"), (30, "到场")):
        with record.write(after(now, seconds=seconds)) as w:
            said = report(after(now, seconds=seconds), state=state)
            assert responses.apply_unit(w, said) == (STORED, "")
    row = unit_row(record)
    assert (row.state, row.lon, row.lat, row.assignment_id) == ("到场", 119.17, 34.6, 17)
    assert row.reported_at == after(now, seconds=30)
    with record.write(after(now, seconds=60)) as w:
        outcome, _ = responses.apply_unit(w, report(after(now, seconds=10)))
    assert outcome is DUPLICATE
    assert unit_row(record).state == "到场"


def test_a_unit_whose_clock_runs_ahead_does_not_lock_out_its_later_reports(
    record: Record, now: datetime
) -> None:
    with record.write(now) as w:
        responses.apply_unit(w, report(after(now, hours=8)))
    assert unit_row(record).reported_at == now
    with record.write(after(now, seconds=5)) as w:
        assert responses.apply_unit(w, report(None, state="到场"))[0] is STORED


def test_units_of_two_agencies_may_bear_the_same_number(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        responses.apply_unit(w, report(now))
        responses.apply_unit(w, report(now, agency_id="police"))
    with record.read() as cx:
        rows = cx.execute(select(unit).order_by(unit.c.agency_id)).all()
    assert [row.agency_id for row in rows] == ["fire", "police"]
    assert rows[0].revision != rows[1].revision


def test_a_unit_without_a_position_keeps_none(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        responses.apply_unit(w, report(now, point=None))
    assert (unit_row(record).lon, unit_row(record).lat) == (None, None)
