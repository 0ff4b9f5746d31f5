"""The desk of the command centre in a test: issuing orders and reading what became of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from linkage.people import Actor
from linkage.plan.levels import Declaration
from linkage.record import Record
from linkage.response import responses
from linkage.response.agencies import Agency, load_agencies
from linkage.response.feedback import Feedback
from linkage.response.orders import OpenList, Order, OrderMessage
from linkage.tables import assignment, incident, log_entry, outbound_message
from linkage.vocabulary import AssignmentRole, AssignmentStatus, Outcome, Role

DATA = Path(__file__).parents[1] / "data"
AGENCIES: dict[str, Agency] = load_agencies(DATA / "agencies.toml")
OFFICER = Actor("甲", Role.DUTY_OFFICER)
LEAD, SUPPORT, INFORM = AssignmentRole.LEAD, AssignmentRole.SUPPORT, AssignmentRole.INFORM


def order(agency_id: str, role: AssignmentRole = SUPPORT, **changes: Any) -> Order:
    """An order with the usual times; none for who is only told."""
    limits = (None, None, None) if role is INFORM else (60, 900, 1800)
    usual = Order(
        agency_id=agency_id,
        role=role,
        task="到场处置并报告",
        reason="联动方案第14行",
        acknowledge_s=limits[0],
        on_scene_s=limits[1],
        report_s=limits[2],
    )
    return msgspec.structs.replace(usual, **changes)


def declared(now: datetime, level: int = 3, **changes: Any) -> Declaration:
    """A response with its four statutory fields."""
    usual = Declaration(
        subject="徐圩苯泄漏应急处置",
        level=level,
        expected_until=now + timedelta(hours=24),
        measures="封控疏散，侦检堵漏，监测下风向",
    )
    return msgspec.structs.replace(usual, **changes)


def issue(
    record: Record, incident_id: int, *orders: Order, at: datetime, **options: Any
) -> list[int]:
    """Issued by an officer whose screen is up to date."""
    options = {"actor": OFFICER, "version": incident_row(record, incident_id).version, **options}
    return responses.issue(
        record,
        options.pop("actor"),
        incident_id,
        options.pop("version"),
        orders,
        agencies=AGENCIES,
        at=at,
        **options,
    )


def say(
    record: Record,
    agency_id: str,
    assignment_id: int,
    status: AssignmentStatus,
    at: datetime,
    **changes: Any,
) -> tuple[Outcome, str]:
    """The agency answers at `at`, by its clock and by ours, unless told otherwise."""
    received_at = changes.pop("received_at", at)
    said = Feedback(
        **{"assignment_id": assignment_id, "revision": 1, "status": status, "at": at, **changes}
    )
    with record.write(received_at) as w:
        return responses.apply_feedback(w, said, AGENCIES[agency_id])


def incident_row(record: Record, incident_id: int) -> Any:
    with record.read() as cx:
        return cx.execute(select(incident).where(incident.c.id == incident_id)).one()


def task_row(record: Record, assignment_id: int) -> Any:
    with record.read() as cx:
        return cx.execute(select(assignment).where(assignment.c.id == assignment_id)).one()


def orders_sent(record: Record, agency_id: str) -> list[OrderMessage]:
    """Every order in the outbox for an agency, oldest first."""
    return [
        msgspec.json.decode(payload, type=OrderMessage)
        for payload in _payloads(record, f"linkage/v1/assignment/{agency_id}")
    ]


def open_list(record: Record, agency_id: str) -> OpenList:
    """The newest retained list for an agency."""
    payloads = _payloads(record, f"linkage/v1/assignment/{agency_id}/open")
    return msgspec.json.decode(payloads[-1], type=OpenList)


def _payloads(record: Record, topic: str) -> Sequence[bytes]:
    wire = outbound_message.c
    with record.read() as cx:
        query = select(wire.payload).where(wire.topic == topic).order_by(wire.id)
        return cx.execute(query).scalars().all()


def story(record: Record, incident_id: int) -> list[Any]:
    """The log of one incident, oldest first, save how agencies were to be told besides."""
    with record.read() as cx:
        query = select(log_entry).where(
            log_entry.c.incident_id == incident_id, log_entry.c.action != "notice"
        )
        return list(cx.execute(query.order_by(log_entry.c.id)))
