"""A department's system that stammers, boasts, lies or has no clock: kept, refused with a reason
that a person can act on, and never a fault of ours."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from ingest.registry import read_registry, read_rules
from ingest.wire import Message
from ingest.worker import Worker
from linkage.intake.take_in import Intake
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.record import Record
from linkage.response import needs
from linkage.response.feedback import NeedStep, Want, quantity
from linkage.response.hear import hear
from linkage.response.need_list import Need, read_needs_of
from linkage.response_vocabulary import NeedSort, NeedStatus
from linkage.settings import load_settings
from linkage.tables import inbound_message, log_entry
from linkage.vocabulary import AssignmentStatus, Outcome
from tests.builders import alert
from tests.desk import AGENCIES, LEAD, issue, order, say, task_row
from tests.onrecord import put_incident
from tests.test_worker import Broker

SETTINGS = load_settings({})
REGISTRY = read_registry(SETTINGS)
N, S = NeedStatus, AssignmentStatus
STORED, DUPLICATE, REJECTED = Outcome.STORED, Outcome.DUPLICATE, Outcome.REJECTED
SECOND = timedelta(seconds=1)
PUMPS = Want(sort=NeedSort.EQUIPMENT, what="排水泵", amount=5, measure="台")
# What a program writes by mistake, and what somebody writes who means harm.
NUMBERS = (-1, 0, 1.5, True, 2**63, -(2**63), 10**30, 1e308, "0x1", "\uff11")
SHAPES = (None, "", [], [1], {}, {"a": 1}, False)
WORDS = ("\0", "a\0b", "\u202e", "x" * 50_000, "{{7*7}}", "=1+1", "<script>", "\r\nX: y")
TIMES = (
    "9999-12-31T23:59:59+00:00",
    "0001-01-01T00:00:00+14:00",
    "2026-11-22T14:30:20",
    "2099-01-01T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "2026-13-40T99:99:99+08:00",
)
ODD = (*NUMBERS, *SHAPES, *WORDS, *TIMES)


@pytest.fixture
def flood(record: Record, now: datetime) -> int:
    return put_incident(record, alert(kind=Kind.FLOOD, event_code="11A01"), at=now)


@pytest.fixture
def task(record: Record, flood: int, now: datetime) -> int:
    return issue(record, flood, order("water", LEAD), order("police"), at=now)[0]


def spoilt(form: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """The form with each field wrong in every way, and with each missing."""
    for key, value in form.items():
        yield {name: v for name, v in form.items() if name != key}
        for odd in ODD:
            yield {**form, key: odd}
            if isinstance(value, dict):
                yield from ({**form, key: {**value, inner: odd}} for inner in value)
            if isinstance(value, list):
                yield from ({**form, key: [{**value[0], inner: odd}]} for inner in value[0])
    for status in (*AssignmentStatus, *NeedStatus, "delivered", "已签收", "ACKNOWLEDGED"):
        yield {**form, "status": str(status)}


def heard(record: Record, topic: str, forms: Iterable[dict[str, Any]], at: datetime) -> list[Any]:
    """Through the intake in batches; what became of each."""
    payloads = [json.dumps(form, ensure_ascii=False).encode() for form in forms]
    every = [Message(i, topic.encode(), one, retained=False) for i, one in enumerate(payloads, 1)]
    broker = Broker(*[every[i : i + 100] for i in range(0, len(every), 100)])
    intake = Intake(record, read_rules(SETTINGS, REGISTRY))
    worker = Worker(broker, intake, record, REGISTRY, clock=lambda: at)  # type: ignore[arg-type]
    worker.run(lambda: not broker.batches)
    assert len(broker.acknowledged) == len(every)
    c = inbound_message.c
    with record.read() as cx:
        ask = select(c.outcome, c.reason, c.payload).where(c.topic == topic).order_by(c.id)
        return list(cx.execute(ask))


def only(record: Record, incident_id: int) -> Need:
    (need,) = read_needs_of(record, incident_id)
    return need


def step(record: Record, need_id: int, status: N, at: datetime, **more: Any) -> tuple[Outcome, str]:
    """By the water works, whose clock goes as ours does, received at once unless told otherwise."""
    received_at = more.pop("received_at", at)
    said = NeedStep(**{"need_id": need_id, "status": status, "at": at, **more})
    with record.write(received_at) as w:
        return hear(w, said, AGENCIES["water"])


def test_whatever_a_department_sends_is_kept_or_refused_with_a_reason(
    record: Record, flood: int, task: int, officer: Actor, now: datetime
) -> None:
    """And the right answer that comes after all of it is taken."""
    need_id = needs.ask(record, officer, flood, PUMPS, agencies=AGENCIES, at=now)
    at = "2026-11-22T14:30:20+08:00"
    answer = {
        "assignment": task,
        "revision": 1,
        "status": "acknowledged",
        "at": at,
        "by": "值班员",
        "text": "两车",
        "share": {"what": "车", "asked": 3, "given": 2, "measure": "辆", "sort": "equipment"},
        "needs": [{"sort": "supplies", "what": "棉", "amount": 20, "measure": "箱"}],
        "casualties": {"injured": 2},
        "agency": "water",
    }
    offer = {"need": need_id, "status": "offered", "amount": 5, "unit": "u", "text": "t", "at": at}
    forms = [*spoilt(answer), *spoilt(offer), *spoilt({"roll_call": 1, "by": "甲", "at": at})]
    found = heard(record, "linkage/v1/feedback/water", forms, now + 60 * SECOND)
    unit = {"label": "车", "state": "途中", "lon": 119.1, "lat": 34.5, "assignment": task, "at": at}
    unit |= {"heading": 10, "speed_kmh": 30, "datum": "gcj02", "unit": "u1"}
    found += heard(record, "linkage/v1/unit/water/u1", spoilt(unit), now + 60 * SECOND)
    assert {one.outcome for one in found} == {"stored", "duplicate", "rejected"}
    for outcome, reason, payload in found:
        assert "程序内部错误" not in (reason or ""), payload[:300]
        assert outcome == "stored" or reason, payload[:300]
    police = {"assignment": task + 1, "revision": 1, "status": "acknowledged", "at": at}
    (good,) = heard(record, "linkage/v1/feedback/police", [police], now + 61 * SECOND)
    assert good.outcome == "stored"
    assert task_row(record, task + 1).status == S.ACKNOWLEDGED


def test_a_clock_at_the_end_of_the_world_is_told_with_its_day(
    record: Record, task: int, now: datetime
) -> None:
    """The answer is taken by our clock; the last hours of 9999 have no Beijing time."""
    for status, at, told in (
        (S.ACKNOWLEDGED, datetime(9999, 12, 31, 23, tzinfo=UTC), "9999-12-31 23:00:00 UTC"),
        (S.EN_ROUTE, now - timedelta(days=1), "2026-11-21 14:30:00"),
    ):
        received_at = now + 5 * SECOND
        outcome, reason = say(record, "water", task, status, at, received_at=received_at)
        assert (outcome, told in reason) == (STORED, True), reason
    assert task_row(record, task).acknowledged_at == now + 5 * SECOND


def test_an_offer_delivered_again_does_not_undo_its_withdrawal(
    record: Record, flood: int, task: int, officer: Actor, now: datetime
) -> None:
    """K04: nor the smaller figure that came after it; a new offer by the same clock is one."""
    need_id = needs.ask(record, officer, flood, PUMPS, agencies=AGENCIES, at=now)
    step(record, need_id, N.OFFERED, now + SECOND, amount=5)
    step(record, need_id, N.OFFERED, now + 2 * SECOND, amount=2)
    again = {"amount": 5, "received_at": now + 3 * SECOND}
    assert step(record, need_id, N.OFFERED, now + SECOND, **again)[0] is DUPLICATE
    assert only(record, flood).offers[0].amount == 2
    step(record, need_id, N.WITHDRAWN, now + 4 * SECOND)
    again["received_at"] = now + 9 * SECOND
    outcome, reason = step(record, need_id, N.OFFERED, now + SECOND, **again)
    assert (outcome, "以较新的为准" in reason) == (DUPLICATE, True)
    assert only(record, flood).uncovered
    assert step(record, need_id, N.OFFERED, now + 10 * SECOND, amount=5)[0] is STORED


def test_a_step_from_a_clock_that_is_ahead_makes_no_other_late(
    record: Record, flood: int, task: int, officer: Actor, now: datetime
) -> None:
    need_id = needs.ask(record, officer, flood, PUMPS, agencies=AGENCIES, at=now)
    ahead = now + timedelta(days=365)
    step(record, need_id, N.OFFERED, ahead, received_at=now + SECOND)
    assert step(record, need_id, N.ON_THE_WAY, now + 2 * SECOND)[0] is STORED


def test_nothing_is_no_offer(
    record: Record, flood: int, task: int, officer: Actor, now: datetime
) -> None:
    need_id = needs.ask(record, officer, flood, PUMPS, agencies=AGENCIES, at=now)
    for amount in (0, -3):
        outcome, reason = step(record, need_id, N.OFFERED, now, amount=amount)
        assert (outcome, "大于 0" in reason) == (REJECTED, True)
    assert only(record, flood).status is N.ASKED
    assert step(record, need_id, N.WITHDRAWN, now + SECOND, amount=0)[0] is STORED, "we have none"


def test_one_vehicle_offered_to_two_incidents_is_noticed(
    record: Record, flood: int, task: int, officer: Actor, now: datetime
) -> None:
    other = put_incident(record, alert(source_ref="J7", kind=Kind.FLOOD, event_code="11A01"))
    first = needs.ask(record, officer, flood, PUMPS, agencies=AGENCIES, at=now)
    second = needs.ask(record, officer, other, PUMPS, agencies=AGENCIES, at=now)
    step(record, first, N.OFFERED, now + SECOND, unit_id="泵车三号")
    assert step(record, second, N.OFFERED, now + 2 * SECOND, unit_id="泵车三号")[0] is STORED
    with record.read() as cx:
        ask = select(log_entry.c.reason).where(log_entry.c.incident_id == other)
        told = cx.execute(ask.order_by(log_entry.c.id.desc()).limit(1)).scalar_one()
    assert "泵车三号 同时用于事件" in told


def test_the_same_need_written_with_a_tab_or_twice_is_one_need(
    record: Record, flood: int, task: int, now: datetime
) -> None:
    want = Want(sort=NeedSort.SUPPLIES, what="吸附\t棉", amount=20, measure="箱")
    for seconds, text in enumerate(("一", "二", "三"), start=1):
        at = now + seconds * SECOND
        say(record, "water", task, S.ACKNOWLEDGED, at, wants=(want, want), text=text)
    assert only(record, flood).amount == 20


@pytest.mark.parametrize(
    ("amount", "written"),
    [(3.0, "3个"), (1.5, "1.5个"), (1_234_567, "1234567个"), (1e7, "10000000个")],
)
def test_a_large_figure_is_written_in_full(amount: float, written: str) -> None:
    assert quantity(amount, "个") == written
