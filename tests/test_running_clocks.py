"""What runs: every state has its clock and its owner, or the table says why it has none; and who
is late is named at once, by how much and in what."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from linkage.clocks.clock import THE_AGENCY, Running, Subject, clocks_of
from linkage.clocks.next_to_breach import (
    duration,
    late_by_incident,
    next_to_breach,
    of_assignments,
    said_short,
)
from linkage.clocks.running import KeptUp, running
from linkage.clocks.subject_names import STATES
from linkage.duty_tables import handover, report, roll_call, roll_call_answer
from linkage.record import Record
from linkage.response_tables import joint_response, need
from linkage.response_vocabulary import About, Post
from linkage.vocabulary import AssignmentStatus as S
from linkage.vocabulary import IncidentStatus
from tests.onrecord import change_incident, put_incident, put_task
from tests.timekeeping import CLOCKS, put_on_duty, run_of

ISSUED = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
LIMITS = {
    "acknowledge_due_at": timedelta(seconds=60),
    "on_scene_due_at": timedelta(minutes=15),
    "report_due_at": timedelta(minutes=30),
}


def after(**clock: float) -> datetime:
    return ISSUED + timedelta(**clock)


def fire(status: S = S.ISSUED, **stamps: datetime | None) -> Subject:
    """The brigade leads: a minute to sign, a quarter of an hour to the scene."""
    due = {name: ISSUED + length for name, length in LIMITS.items()}
    return Subject(
        about=About.ASSIGNMENT,
        id=1,
        round=1,
        state=status,
        who="消防（牵头）",
        stamps={"issued_at": ISSUED, **due, **stamps},
        traits={"role": "lead", "agency_id": "fire", "has_units": True, "replaced": False},
        agency_id="fire",
        incident_id=9,
        assignment_id=1,
    )


def pressing(subject: Subject, now: datetime) -> str:
    (one,) = next_to_breach(clocks_of(subject, CLOCKS), now, CLOCKS)
    return one.words


# The table


@pytest.mark.parametrize(
    ("about", "state"), [(about, state) for about, states in STATES.items() for state in states]
)
def test_every_state_has_a_clock_or_the_table_says_why_it_has_none(
    about: About, state: str
) -> None:
    timed = (about.value, str(state)) in CLOCKS.by_state
    why = [one.why for one in CLOCKS.without if (one.about, one.state) == (about, state)]
    assert timed != bool(why), "one of the two, and only one"


def test_every_clock_has_an_owner_and_a_basis() -> None:
    for rule in CLOCKS.by_id.values():
        assert rule.owner in {THE_AGENCY, *Post}
        assert rule.basis


def test_no_number_stands_in_two_places() -> None:
    """What an order sets for itself, by agencies.toml and run_cards.toml, has no limit here."""
    for rule_id in ("acknowledge_lead", "acknowledge_support", "arrival", "feedback"):
        assert CLOCKS.by_id[rule_id].limit is None
        assert CLOCKS.by_id[rule_id].due


@pytest.mark.parametrize(
    ("rule_id", "seconds"),
    [("delivered", 5), ("dispatch_120", 60), ("out_119", 60), ("out_120", 180)],
)
def test_the_figures_of_the_call_centres(rule_id: str, seconds: int) -> None:
    assert CLOCKS.by_id[rule_id].limit == timedelta(seconds=seconds)


# One order


def test_at_the_very_second_it_is_due_nobody_is_late() -> None:
    assert pressing(fire(), after(seconds=60)) == "消防（牵头）签收还剩0秒"
    assert pressing(fire(), after(seconds=61)) == "消防（牵头）超时1秒未签收"


def test_who_signed_late_to_set_out_is_late_only_in_setting_out() -> None:
    signed = fire(S.ACKNOWLEDGED, acknowledged_at=after(seconds=50))
    assert pressing(signed, after(seconds=55)) == "消防（牵头）出动还剩5秒"
    assert pressing(signed, after(seconds=75)) == "消防（牵头）超时15秒未出动"


def test_who_arrived_is_late_only_when_the_report_waits() -> None:
    there = fire(S.ON_SCENE, acknowledged_at=after(seconds=5), on_scene_at=after(minutes=9))
    assert pressing(there, after(minutes=29)) == "消防（牵头）反馈还剩1分0秒"
    assert pressing(there, after(minutes=31)) == "消防（牵头）超时1分0秒未反馈"


def test_who_reported_without_saying_it_arrived_is_not_asked_for_the_arrival() -> None:
    done = fire(S.REPORTED, acknowledged_at=after(seconds=9), reported_at=after(minutes=5))
    assert {run.words for run in clocks_of(done, CLOCKS)} == {"办结"}


@pytest.mark.parametrize("status", [S.PROPOSED, S.COMPLETED])
def test_what_has_ended_or_not_begun_is_never_late(status: S) -> None:
    assert clocks_of(fire(status), CLOCKS) == []


def test_who_is_only_told_is_never_late() -> None:
    told = dict.fromkeys(LIMITS)
    assert clocks_of(fire(**told), CLOCKS) == []


def test_a_due_time_on_the_order_rules_over_the_table() -> None:
    signed = fire(
        S.ACKNOWLEDGED, acknowledged_at=after(seconds=5), en_route_due_at=after(minutes=4)
    )
    assert pressing(signed, after(minutes=1)) == "消防（牵头）出动还剩3分0秒"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0秒"), (59.9, "59秒"), (60, "1分0秒"), (200, "3分20秒"), (7500, "2小时5分")],
)
def test_durations_read_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_days_are_said_as_days() -> None:
    assert duration(3 * 86_400 + 4 * 3600) == "3天4小时"


# On the record


def runs_of(record: Record, now: datetime) -> list[Running]:
    with record.read() as cx:
        return running(cx, now, CLOCKS)


def rules(record: Record, now: datetime) -> set[str]:
    return {run.rule_id for run in runs_of(record, now)}


def put(record: Record, table: Any, **values: Any) -> int:
    with record.write(ISSUED) as w:
        row_id = w.next_id()
        w.cx.execute(insert(table).values(id=row_id, **values))
    return row_id


def test_a_grave_incident_that_nobody_verifies_or_acts_in(record: Record) -> None:
    put_incident(record, at=ISSUED, severity="severe")
    now = after(minutes=11)
    late = {run.late for run in runs_of(record, now) if run.is_late(now)}
    assert late == {"未核实", "无单位处置"}


def test_a_finding_of_our_own_is_not_chased_as_an_incident_of_the_city(record: Record) -> None:
    put_incident(record, at=ISSUED, severity="severe", kind="system_fault")
    assert rules(record, after(hours=1)) == set()


def test_a_grade_that_waits_for_a_person_and_one_that_is_worse_than_the_confirmed(
    record: Record,
) -> None:
    incident_id = put_incident(record, at=ISSUED, grade_proposed="considerable")
    assert "grade" in rules(record, ISSUED)
    change_incident(record, incident_id, grade="considerable")
    assert "grade" not in rules(record, ISSUED)
    change_incident(record, incident_id, grade_proposed="major")
    assert "grade" in rules(record, ISSUED)


def test_a_response_past_its_time_and_prolonged(record: Record) -> None:
    incident_id = put_incident(record, at=ISSUED)
    put(
        record,
        joint_response,
        incident_id=incident_id,
        status="active",
        level=3,
        command="city",
        subject="危化品泄漏",
        expected_until=after(hours=2),
        measures="",
        started_by="丙",
        started_at=ISSUED,
        changed_at=ISSUED,
        exercise=False,
        version=1,
    )
    now = after(hours=3)
    (run,) = [run for run in runs_of(record, now) if run.rule_id == "response_until"]
    assert said_short(run, now) == "超时1小时0分响应已过预计期限"


def test_a_need_that_nobody_answers(record: Record) -> None:
    incident_id = put_incident(record, at=ISSUED)
    put(
        record,
        need,
        incident_id=incident_id,
        sort="equipment",
        what="堵漏工具",
        amount=2.0,
        measure="套",
        status="asked",
        asked_by="消防",
        asked_at=ISSUED,
        changed_at=ISSUED,
        exercise=False,
        version=1,
    )
    now = after(minutes=12)
    words = [one.words for one in next_to_breach(runs_of(record, now), now, CLOCKS)]
    assert any("堵漏工具" in said and "超时2分0秒需求无人答复" in said for said in words)


def test_a_report_runs_on_three_clocks_until_it_is_telephoned_and_sent(record: Record) -> None:
    base = {
        "authority": "province",
        "domain": "default",
        "stage": "first",
        "serial": 0,
        "elements": "{}",
        "basis": "§",
        "runs_from": ISSUED,
        "telephone_due_at": after(minutes=30),
        "written_due_at": after(hours=1),
        "legal_due_at": after(hours=2),
        "written_by": "甲",
        "written_at": ISSUED,
        "exercise": False,
        "changed_at": ISSUED,
        "resends": 0,
        "version": 1,
    }
    put(record, report, status="draft", **base)
    assert rules(record, ISSUED) == {"report_telephone", "report_written", "report_legal"}
    put(record, report, status="sent", sent_at=ISSUED, telephoned_at=ISSUED, **base)
    assert rules(record, ISSUED) - {"report_telephone", "report_written", "report_legal"} == {
        "report_receipt"
    }


def test_a_hand_over_that_nobody_signs(record: Record) -> None:
    put(
        record,
        handover,
        change_at=after(hours=1),
        sheet="{}",
        digest="0",
        made_at=ISSUED,
        version=1,
    )
    assert "handover" in rules(record, ISSUED)


def test_a_roll_call_runs_until_the_last_has_answered(record: Record) -> None:
    call = put(
        record,
        roll_call,
        called_by="甲",
        called_at=ISSUED,
        due_at=after(minutes=10),
        exercise=False,
    )
    with record.write(ISSUED) as w:
        for agency in ("fire", "health"):
            w.cx.execute(insert(roll_call_answer).values(roll_call_id=call, agency_id=agency))
    (run,) = runs_of(record, ISSUED)
    assert (run.rule_id, run.who) == ("roll_call", "2 家单位")


def test_an_empty_shift_is_seen_seven_days_ahead(record: Record) -> None:
    put_on_duty(record, ISSUED, after(days=6))
    found = [run for run in runs_of(record, ISSUED) if run.rule_id == "empty_shift"]
    assert {run.due_at for run in found} == {after(days=6)}
    assert len(found) == 4
    put_on_duty_later = after(days=6, hours=-1)
    assert [run for run in runs_of(record, put_on_duty_later) if run.rule_id == "empty_shift"]


def test_a_roster_nobody_has_entered_yet_has_no_gaps(record: Record) -> None:
    assert runs_of(record, ISSUED) == []


def test_what_is_kept_up_is_what_is_read_anew(record: Record) -> None:
    kept = KeptUp(CLOCKS)
    incident_id = put_incident(record, at=ISSUED, severity="severe")
    tasks = [
        put_task(record, incident_id, agency, at=ISSUED, acknowledge_due_at=after(seconds=60))
        for agency in ("fire", "health", "police")
    ]
    for status in (IncidentStatus.DISPATCHED, IncidentStatus.CLOSED, IncidentStatus.RECEIVED):
        with record.read() as cx:
            mine = sorted(run.key for run in kept.look(cx, after(seconds=5)))
        assert mine == sorted(run.key for run in runs_of(record, after(seconds=5)))
        change_incident(record, incident_id, status=status)
    assert tasks


def test_a_receipt_that_calls_nobody_is_late_on_no_screen() -> None:
    """The strip said two and the map one: 未送达 stands on the order's own row."""
    receipt = run_of("delivered", ISSUED, after(seconds=5))
    signature = run_of("acknowledge_lead", ISSUED, after(seconds=60), about_id=8)
    runs, now = [receipt, signature], after(hours=1)
    assert [one.running for one in next_to_breach(runs, now, CLOCKS) if one.late] == [signature]
    assert late_by_incident(runs, now) == {signature.incident_id: 1}


def test_the_map_counts_the_orders_that_are_late_of_each_incident(record: Record) -> None:
    incident_id = put_incident(record, at=ISSUED)
    for agency in ("fire", "health"):
        limits = {name: ISSUED + length for name, length in LIMITS.items()}
        put_task(record, incident_id, agency, at=ISSUED, **limits)
    runs = runs_of(record, after(hours=1))
    assert late_by_incident(runs, after(hours=1)) == {incident_id: 2}
    assert {run.words for run in of_assignments(runs).values()} == {"签收"}
