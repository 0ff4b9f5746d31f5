"""部门工作台, what it reads: its own, and of the others what a joint response shares; field by
field."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, insert, select, update

from linkage.alerts import Casualties, Point
from linkage.duty.rules import load_duty
from linkage.duty_tables import roll_call, roll_call_answer
from linkage.errors import NotPermitted
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.plan.knowledge import load_knowledge
from linkage.plan.levels import start_response
from linkage.record import Record
from linkage.response import needs, responses
from linkage.response.feedback import UnitReport, Want
from linkage.response.own_case import Beside, beside, own_answers
from linkage.response.own_desk import OwnTask, open_tasks, own_task, past_tasks, pulse
from linkage.response.own_needs import own_needs, own_roll_calls
from linkage.response.shared import MASKED, NEVER, SHARED, WHOLE, seen, shown
from linkage.response.units import apply_unit
from linkage.response_tables import joint_response, need, need_offer
from linkage.response_vocabulary import NeedSort
from linkage.roll_call import calling
from linkage.tables import alert as alert_table
from linkage.tables import assignment, incident, log_entry, unit
from linkage.vocabulary import AssignmentStatus, Role, Severity
from tests.builders import alert
from tests.desk import (
    AGENCIES,
    DATA,
    LEAD,
    OFFICER,
    declared,
    incident_row,
    issue,
    order,
    say,
    task_row,
)
from tests.onrecord import add_alert, change_incident, put_incident
from tests.timekeeping import CLOCKS

S = AssignmentStatus
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        incident,
        assignment,
        joint_response,
        need,
        need_offer,
        unit,
        log_entry,
        roll_call,
        roll_call_answer,
        alert_table,
    )
}
KNOWLEDGE = load_knowledge(DATA)
ENVIRONMENT = Actor("庚", Role.AGENCY_OFFICER, "environment")
# What nobody outside may read anywhere on its desk.
SECRET = "机密内容"
PUMP = Want(sort=NeedSort.EQUIPMENT, what="防爆泵", amount=2, measure="台")
SAND = Want(sort=NeedSort.SUPPLIES, what="沙袋", amount=300, measure="个")


@pytest.fixture
def spill(record: Record, now: datetime) -> int:
    first = alert(
        kind=Kind.HAZMAT_VEHICLE,
        severity=Severity.EXTREME,
        headline="罐车侧翻，报警人：张三丰 13812345678",
        place="G15 高速 K872 联系 0518-85412345",
        text=f"苯泄漏 {SECRET}",
        caller_name=f"{SECRET}某",
        caller_phone="13987654321",
        facts={"extra": SECRET},
        hazmat=True,
        occurred_at=now,
    )
    return put_incident(record, first, grade="major", response_level=2)


@pytest.fixture
def mine(record: Record, spill: int, now: datetime) -> int:
    """The fire brigade leads; two others take part."""
    told = [order("fire", LEAD, task="稀释堵漏"), order("environment"), order("health")]
    return issue(record, spill, *told, at=now)[0]


def tasks(record: Record, actor: Actor, at: datetime) -> tuple[OwnTask, ...]:
    return open_tasks(record, actor, at, CLOCKS)


def around(record: Record, actor: Actor, at: datetime) -> Beside:
    return beside(record, actor, tasks(record, actor, at)[0], KNOWLEDGE, AGENCIES)


def everything(record: Record, actor: Actor, at: datetime) -> str:
    """All that the desk hands to the page, as text."""
    found: list[Any] = [*tasks(record, actor, at), *past_tasks(record, actor, at)]
    found += [beside(record, actor, t, KNOWLEDGE, AGENCIES) for t in found]
    found += [own_answers(record, actor, t) for t in tasks(record, actor, at)]
    found += [own_needs(record, actor), own_roll_calls(record, actor, at)]
    return repr(found)


@pytest.mark.parametrize("of", SHARED)
def test_every_column_is_decided_on(of: str) -> None:
    """A column that is added tomorrow is shown to nobody until somebody has decided."""
    table = TABLES[of.partition(",")[0]]
    assert set(SHARED[of]) == set(table.columns.keys())


@pytest.mark.parametrize(
    ("of", "name"), [(of, name) for of, columns in SHARED.items() for name in columns]
)
def test_a_field_is_handed_on_as_the_table_says(of: str, name: str) -> None:
    said = "报警人：张三丰 13812345678"
    row = dict.fromkeys(SHARED[of], said)
    found = shown(of, row)
    sight = SHARED[of][name]
    if sight is NEVER:
        assert name not in found
        assert name not in seen(of)
    elif sight is MASKED:
        assert "13812345678" not in found[name]
        assert "张三丰" not in found[name]
    else:
        assert sight is WHOLE
        assert found[name] == said


def test_a_department_sees_its_own_open_tasks_the_nearest_limit_first(
    record: Record, spill: int, mine: int, fire_officer: Actor, now: datetime
) -> None:
    other = put_incident(record, alert(source_ref="J2", kind=Kind.FIRE))
    later = issue(record, other, order("fire", acknowledge_s=300), order("police"), at=now)[0]
    drill = put_incident(record, alert(source_ref="J3", exercise=True), exercise=True)
    practised = issue(record, drill, order("fire", acknowledge_s=5), at=now)[0]
    found = tasks(record, fire_officer, now)
    assert [task.id for task in found] == [mine, later, practised]
    assert {task.agency_id for task in found} == {"fire"}
    assert found[0].runs[0].words == "签收"
    late = tasks(record, fire_officer, now + timedelta(minutes=2))[0]
    assert late.is_late(now + timedelta(minutes=2))
    assert spill == late.incident_id


def test_what_the_incident_is_comes_with_it_and_the_caller_does_not(
    record: Record, mine: int, fire_officer: Actor, now: datetime
) -> None:
    (task,) = tasks(record, fire_officer, now)
    scene = task.scene
    assert (scene.kind, scene.severity, scene.response_level) == (
        Kind.HAZMAT_VEHICLE,
        Severity.EXTREME,
        2,
    )
    assert scene.point == Point(119.17, 34.6)
    text = everything(record, fire_officer, now)
    for personal in ("13812345678", "张三丰", "13987654321", SECRET, "85412345"):
        assert personal not in text


def test_nothing_of_the_others_but_who_they_are_and_how_far(
    record: Record, spill: int, mine: int, fire_officer: Actor, now: datetime
) -> None:
    """D05: every text that the others' rows hold is filled with words that must not show."""
    with record.write(now) as w:
        for table, which in (
            (assignment, assignment.c.agency_id != "fire"),
            (incident, incident.c.id == spill),
        ):
            of = "incident" if table is incident else "assignment, another's"
            texts = {
                name: SECRET
                for name, sight in SHARED[of].items()
                if sight is NEVER and table.c[name].type.python_type is str
            }
            texts = {n: t for n, t in texts.items() if n not in {"casualties", "source_ids"}}
            w.cx.execute(update(table).where(which).values(**texts))
    say(record, "health", mine + 2, S.DECLINED, now, text=SECRET)
    found = around(record, fire_officer, now)
    assert {(p.agency_id, p.status) for p in found.partners} == {
        ("environment", S.ISSUED),
        ("health", S.DECLINED),
    }
    assert SECRET not in everything(record, fire_officer, now)


def test_unrelated_incidents_do_not_exist_for_it(
    record: Record, mine: int, fire_officer: Actor, now: datetime
) -> None:
    other = put_incident(record, alert(source_ref="J2", place=SECRET, headline=SECRET))
    theirs = issue(record, other, order("health"), at=now)[0]
    needs.ask(record, OFFICER, other, SAND, agencies=AGENCIES, of=["health"], at=now)
    assert SECRET not in everything(record, fire_officer, now)
    with pytest.raises(NotPermitted):
        own_task(record, fire_officer, theirs, now, CLOCKS)


def test_the_sheet_of_the_substance_is_shared_and_not_the_words_that_named_it(
    record: Record, spill: int, mine: int, fire_officer: Actor, now: datetime
) -> None:
    add_alert(record, spill, alert(source_ref="J9", text=f"另有液氯钢瓶 {SECRET}"))
    sheets = around(record, fire_officer, now).sheets
    assert [sheet.substance.name for sheet in sheets] == ["液氯", "苯"]
    assert SECRET not in repr(sheets)


def test_the_response_is_shared_with_its_four_statutory_fields(
    record: Record, spill: int, mine: int, fire_officer: Actor, now: datetime
) -> None:
    version = incident_row(record, spill).version
    start_response(
        record, OFFICER, spill, version, declared(now, subject="处置 13812345678"), at=now
    )
    found = around(record, fire_officer, now).declared
    assert found is not None
    assert (found.level, found.measures) == (3, "封控疏散，侦检堵漏，监测下风向")
    assert "13812345678" not in found.subject


def test_the_nearest_unit_of_its_own_and_no_others(
    record: Record, mine: int, fire_officer: Actor, now: datetime
) -> None:
    for agency_id, name, lon in (("fire", "一号车", 119.3), ("119", "二号车", 119.18)):
        place_unit(record, agency_id, name, lon, now)
    place_unit(record, "health", "救护车", 119.17, now)
    near = around(record, fire_officer, now).near
    assert [one.label for one in near] == ["二号车", "一号车"]
    assert 800 < near[0].metres < 1000


def place_unit(record: Record, agency_id: str, name: str, lon: float, at: datetime) -> None:
    report = UnitReport(
        agency_id=agency_id, unit_id=name, label=name, state="待命", point=Point(lon, 34.6)
    )
    with record.write(at) as w:
        apply_unit(w, report)


def test_what_is_over_shares_nothing_any_more(
    record: Record, mine: int, fire_officer: Actor, now: datetime
) -> None:
    for minutes, status in enumerate((S.ACKNOWLEDGED, S.REPORTED, S.WORKING, S.COMPLETED)):
        say(record, "fire", mine, status, now + timedelta(minutes=minutes), text=f"第{minutes}报")
    at = now + timedelta(minutes=9)
    assert tasks(record, fire_officer, at) == ()
    (task,) = past_tasks(record, fire_officer, at)
    assert beside(record, fire_officer, task, KNOWLEDGE, AGENCIES) == Beside(
        partners=(), declared=None, sheets=(), near=()
    )
    said = own_answers(record, fire_officer, task)
    assert [one.reason.partition("：")[2] for one in said] == ["第0报", "第1报", "第2报", "第3报"]
    assert past_tasks(record, fire_officer, at + timedelta(days=8)) == ()


def test_a_withdrawal_stays_until_it_is_read(
    record: Record, mine: int, fire_officer: Actor, now: datetime
) -> None:
    responses.cancel(record, OFFICER, mine, 1, "另有安排", agencies=AGENCIES, at=now)
    (task,) = tasks(record, fire_officer, now)
    assert (task.status, task.open) == (S.CANCELLED, True)
    say(record, "fire", mine, S.ACKNOWLEDGED, now + timedelta(minutes=1), revision=2)
    assert tasks(record, fire_officer, now + timedelta(minutes=1)) == ()


def test_needs_of_its_own_show_who_brings_what_and_not_their_words(
    record: Record, spill: int, mine: int, fire_officer: Actor, now: datetime
) -> None:
    asked = needs.ask(record, fire_officer, spill, PUMP, agencies=AGENCIES, at=now)
    with record.write(now) as w:
        w.cx.execute(
            insert(need_offer).values(
                id=w.next_id(),
                need_id=asked,
                agency_id="health",
                amount=1,
                unit_id=SECRET,
                status="offered",
                note=SECRET,
                offered_by=SECRET,
                offered_at=now,
                changed_at=now,
            )
        )
    (one,) = own_needs(record, fire_officer)
    assert (one.own, one.short_words, one.version) == (True, "缺 1台", 1)
    assert [(g.agency_id, g.amount) for g in one.given] == [("health", 1)]
    assert SECRET not in repr(one)
    (theirs,) = own_needs(record, ENVIRONMENT)
    assert (theirs.own, theirs.version, theirs.given) == (False, None, ())


def test_needs_of_others_where_it_works_or_was_asked_by_name(
    record: Record, mine: int, fire_officer: Actor, now: datetime
) -> None:
    other = put_incident(record, alert(source_ref="J2", kind=Kind.FLOOD))
    want = Want(sort=NeedSort.PEOPLE, what="联系人：李四 13700001111", amount=5, measure="人")
    needs.ask(record, OFFICER, other, want, agencies=AGENCIES, at=now)
    assert own_needs(record, fire_officer) == ()
    needs.ask(record, OFFICER, other, want, agencies=AGENCIES, of=["fire"], note=want.what, at=now)
    (one,) = own_needs(record, fire_officer)
    assert "13700001111" not in repr(one)


def test_a_roll_call_waits_for_its_answer(
    record: Record, fire_officer: Actor, now: datetime
) -> None:
    with record.write(now) as w:
        w.cx.execute(
            insert(roll_call).values(
                id=7,
                called_by="甲（值班员）",
                called_at=now,
                due_at=now + timedelta(minutes=10),
                exercise=False,
            )
        )
        w.cx.execute(
            insert(roll_call_answer),
            [{"roll_call_id": 7, "agency_id": agency} for agency in ("fire", "health")],
        )
    (one,) = own_roll_calls(record, fire_officer, now)
    assert (one.id, one.answered_at) == (7, None)
    assert own_roll_calls(record, ENVIRONMENT, now) == ()
    assert own_roll_calls(record, fire_officer, now + timedelta(days=1)) == ()


def test_another_ones_number_is_refused_and_written_down(
    record: Record, mine: int, now: datetime
) -> None:
    """D05: by the address of the page; a number that nobody has is answered in the same words."""
    before = task_row(record, mine)
    said = []
    for number in (mine, 999_999):
        with pytest.raises(NotPermitted) as refused:
            own_task(record, Actor("壬", Role.AGENCY_OFFICER, "police"), number, now, CLOCKS)
        said.append(str(refused.value).replace(str(number), "N"))
    assert said[0] == said[1]
    assert task_row(record, mine) == before
    with record.read() as cx:
        noted = cx.execute(select(log_entry).where(log_entry.c.action == "denied")).all()
    assert len(noted) == 2
    assert "police" in noted[0].after


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AGENCY_OFFICER])
def test_nobody_else_has_a_departments_desk(record: Record, role: Role, now: datetime) -> None:
    for actor in (Actor("甲", role), Actor("甲", role, "fire")):
        with pytest.raises(NotPermitted):
            open_tasks(record, actor, now, CLOCKS)
    with pytest.raises(NotPermitted):
        own_needs(record, Actor("甲", Role.AGENCY_OFFICER))


def test_the_desk_looks_again_when_something_on_it_has_changed_and_only_then(
    record: Record, spill: int, mine: int, fire_officer: Actor, now: datetime
) -> None:
    def beat() -> tuple[int, ...]:
        return pulse(record, fire_officer, now)

    still = beat()
    other = put_incident(record, alert(source_ref="J2"))
    issue(record, other, order("police"), at=now)
    assert beat() == still, "what concerns others does not redraw this desk"
    say(record, "health", mine + 2, S.ACKNOWLEDGED, now)
    moved = beat()
    assert moved != still, "another one's state is shared"
    change_incident(record, spill, trapped=3)
    grown = beat()
    assert grown != moved
    needs.ask(record, OFFICER, other, SAND, agencies=AGENCIES, of=["fire"], at=now)
    asked = beat()
    assert asked != grown, "asked for help by name"
    issue(record, put_incident(record, alert(source_ref="J3")), order("fire"), at=now)
    ordered = beat()
    assert ordered != asked, "a new order"
    calling.call(record, OFFICER, AGENCIES, load_duty(DATA / "duty.toml").roll_call, at=now)
    assert beat() != ordered, "a roll call"


def test_counts_of_people_are_shared(
    record: Record, spill: int, mine: int, fire_officer: Actor, now: datetime
) -> None:
    say(record, "health", mine + 2, S.ACKNOWLEDGED, now, casualties=Casualties(injured=4))
    assert tasks(record, fire_officer, now)[0].scene.casualties.injured == 4
