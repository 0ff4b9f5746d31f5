"""预警响应准备: who prepares at which colour; one incident for a warning, opened and closed by
people."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from linkage.desk import incidents
from linkage.desk.facts import read_incidents
from linkage.errors import BadConfig, NotAllowed, NotPermitted
from linkage.intake.take_in import Intake
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.record import Record
from linkage.response import responses
from linkage.response.tasks import live_tasks, read_tasks_of
from linkage.tables import incident, warning
from linkage.verify import verify
from linkage.vocabulary import (
    AssignmentRole,
    Disposition,
    MessageKind,
    WarningColour,
    WarningStatus,
)
from linkage.warnings.area_incidents import open_for, prepare_response, remaining, to_close
from linkage.warnings.expiry import expire
from linkage.warnings.preparing import Preparation, load_warning_responses, prepare
from linkage.warnings.standing import find_standing, inside_each, standing
from tests.builders import alert
from tests.desk import AGENCIES
from tests.onrecord import put_warning
from tests.test_intake import RULES, rows, take

ROOT = Path(__file__).parents[1]
RESPONSES = load_warning_responses(ROOT / "data" / "warning_responses.toml", AGENCIES)
HOUR = timedelta(hours=1)


def proposed(kind: Kind, colour: WarningColour) -> Preparation:
    return prepare(kind, colour, responses=RESPONSES, agencies=AGENCIES)


def parties(kind: Kind, colour: WarningColour) -> dict[str, AssignmentRole]:
    return {one.agency_id: one.role for one in proposed(kind, colour).orders}


def test_at_typhoon_yellow_these_prepare_and_those_are_told() -> None:
    said = parties(Kind.TYPHOON, WarningColour.YELLOW)
    assert said["work-safety"] is AssignmentRole.LEAD
    assert {a for a, role in said.items() if role is AssignmentRole.SUPPORT} == {
        *("water", "transport", "agriculture"),
        *("police", "fire", "telecom", "weather", "economy"),
    }
    assert {a for a, role in said.items() if role is AssignmentRole.INFORM} == {
        *("health", "civil-affairs", "environment", "market"),
    }


@pytest.mark.parametrize("kind", [k for one in RESPONSES.responses for k in one.kinds])
def test_a_worse_colour_never_needs_fewer(kind: Kind) -> None:
    blue, yellow, orange, red = (
        {a for a, role in parties(kind, colour).items() if role is not AssignmentRole.INFORM}
        for colour in reversed(WarningColour)
    )
    assert blue <= yellow <= orange <= red


def test_every_line_says_why_and_what_to_do() -> None:
    plan = proposed(Kind.TYPHOON, WarningColour.RED)
    assert "气象灾害防御条例§38" in plan.reason
    assert all(one.task and "第2行" in one.reason for one in plan.orders)
    (police,) = [one for one in plan.orders if one.agency_id == "police"]
    assert "黄色起参加" in police.reason


def test_a_kind_without_a_row_says_so() -> None:
    plan = proposed(Kind.EPIDEMIC, WarningColour.RED)
    assert plan.orders == ()
    assert "没有准备方案" in plan.reason


@pytest.fixture
def typhoon(record: Record, now: datetime) -> int:
    return put_warning(
        record,
        ["320700"],
        at=now,
        kind="typhoon",
        event_code="11B01",
        colour="yellow",
        expires_at=now + 12 * HOUR,
        headline="台风黄色预警",
    )


def orders(colour: WarningColour = WarningColour.YELLOW) -> Preparation:
    return proposed(Kind.TYPHOON, colour)


def test_one_click_opens_the_incident_and_orders_everybody(
    record: Record, officer: Actor, typhoon: int, now: datetime
) -> None:
    plan = orders()
    made = prepare_response(record, officer, typhoon, plan.orders, agencies=AGENCIES, at=now)
    tasks = read_tasks_of(record, made)
    assert {t.agency_id for t in tasks} == {one.agency_id for one in plan.orders}
    with record.read() as cx:
        (it,) = read_incidents(cx, [made])
        found = find_standing(cx, typhoon)
    assert found is not None
    assert found.incident_id == made
    assert (it.kind, it.claimed_by, it.alert_count) == (Kind.TYPHOON, "甲（值班员）", 0)
    assert [finding.fault for finding in verify(record) if finding.fault] == []


def test_a_second_click_makes_no_second_incident(
    record: Record, officer: Actor, other_officer: Actor, typhoon: int, now: datetime
) -> None:
    first = open_for(record, officer, typhoon, at=now)
    assert open_for(record, other_officer, typhoon, at=now).id == first.id
    prepare_response(record, officer, typhoon, orders().orders, agencies=AGENCIES, at=now)
    with pytest.raises(NotAllowed, match="已经全部下达"):
        prepare_response(record, other_officer, typhoon, orders().orders, agencies=AGENCIES, at=now)
    with record.read() as cx:
        assert len(cx.execute(select(incident.c.id)).all()) == 1


def test_when_the_colour_rises_only_what_is_new_is_ordered(
    record: Record, officer: Actor, typhoon: int, now: datetime
) -> None:
    made = prepare_response(record, officer, typhoon, orders().orders, agencies=AGENCIES, at=now)
    before = {t.agency_id: t for t in live_tasks(record)}
    red = orders(WarningColour.RED).orders
    with record.read() as cx:
        left = remaining(cx, made, red)
    assert {one.order.agency_id for one in left.raised} == {
        *("health", "civil-affairs", "environment", "market"),
    }
    prepare_response(record, officer, typhoon, red, agencies=AGENCIES, at=now + HOUR)
    after = {t.agency_id: t for t in live_tasks(record)}
    assert (after["police"].id, after["police"].revision) == (before["police"].id, 1)
    assert after["health"].role is AssignmentRole.SUPPORT
    assert after["civil-defence"].role is AssignmentRole.SUPPORT
    assert {t.incident_id for t in after.values()} == {made}


def test_the_incident_goes_on_under_the_warning_that_takes_its_place(
    record: Record, officer: Actor, now: datetime
) -> None:
    intake = Intake(record, RULES)
    blue = alert(
        source_id="weather",
        source_ref="W1",
        warning_colour=WarningColour.BLUE,
        occurred_at=now,
        expires_at=now + 12 * HOUR,
        area_codes=("320700",),
    )
    take(intake, now, blue)
    (row,) = rows(record, warning)
    it = open_for(record, officer, row.id, at=now)
    yellow = alert(
        source_id="weather",
        source_ref="W2",
        message_kind=MessageKind.UPDATE,
        references=(("weather", "W1"),),
        warning_colour=WarningColour.YELLOW,
        occurred_at=now,
        expires_at=now + 12 * HOUR,
        area_codes=("320700",),
    )
    take(intake, now + HOUR, yellow)
    with record.read() as cx:
        assert [one.incident_id for one in standing(cx, now + HOUR)] == [it.id]
        assert to_close(cx, now + HOUR) == []


def test_when_the_warning_is_over_closing_is_proposed_and_not_done(
    record: Record, officer: Actor, typhoon: int, now: datetime
) -> None:
    made = prepare_response(record, officer, typhoon, orders().orders, agencies=AGENCIES, at=now)
    over = now + 12 * HOUR
    expire(record, over)
    with record.read() as cx:
        assert to_close(cx, now) == []
        (it,) = to_close(cx, over)
    assert it.id == made
    for task in live_tasks(record):
        cancel = (record, officer, task.id, task.revision, "预警已到期")
        responses.cancel(*cancel, agencies=AGENCIES, at=over)
    with record.read() as cx:
        (it,) = to_close(cx, over)
    incidents.close(record, officer, it.id, it.version, Disposition.HANDLED, at=over)
    with record.read() as cx:
        assert to_close(cx, over) == []


def test_nobody_prepares_for_what_is_over(record: Record, officer: Actor, now: datetime) -> None:
    gone = put_warning(
        record,
        ["320700"],
        at=now,
        expires_at=now + HOUR,
        status=WarningStatus.CANCELLED,
        ended_at=now,
    )
    with pytest.raises(NotAllowed, match="已不再生效"):
        open_for(record, officer, gone, at=now)


def test_an_analyst_orders_nothing(
    record: Record, analyst: Actor, typhoon: int, now: datetime
) -> None:
    with pytest.raises(NotPermitted):
        prepare_response(record, analyst, typhoon, orders().orders, agencies=AGENCIES, at=now)


def test_an_exercise_prepares_as_an_exercise(record: Record, officer: Actor, now: datetime) -> None:
    drill = put_warning(
        record, ["320700"], at=now, expires_at=now + HOUR, exercise=True, kind="typhoon"
    )
    made = prepare_response(record, officer, drill, orders().orders, agencies=AGENCIES, at=now)
    assert all(t.exercise for t in read_tasks_of(record, made))


def test_the_warnings_own_incident_lies_in_none(
    record: Record, officer: Actor, typhoon: int, now: datetime
) -> None:
    open_for(record, officer, typhoon, at=now)
    with record.read() as cx:
        stand = standing(cx, now)
        assert inside_each(cx, stand, now) == {typhoon: []}


def test_a_restarted_intake_reads_an_incident_that_nobody_reported(
    record: Record, officer: Actor, typhoon: int, now: datetime
) -> None:
    open_for(record, officer, typhoon, at=now)
    intake = Intake(record, RULES)
    take(intake, now, alert(occurred_at=now))
    assert len(rows(record, incident)) == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ('lead = "water"', '单位 "waterworks" 没有登记'),
        ('basis = "防洪法', "basis 是空的"),
    ],
)
def test_a_bad_table_is_refused_with_place_and_remedy(
    tmp_path: Path, changed: str, said: str
) -> None:
    text = (ROOT / "data" / "warning_responses.toml").read_text(encoding="utf-8")
    if changed.startswith("lead"):
        text = text.replace(changed, 'lead = "waterworks"', 1)
    else:
        line = next(one for one in text.splitlines() if one.startswith(changed))
        text = text.replace(line, 'basis = " "', 1)
    file = tmp_path / "warning_responses.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadConfig, match=said):
        load_warning_responses(file, AGENCIES)
