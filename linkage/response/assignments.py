"""联动任务: the rows of `assignment`: found as the officer saw them, written and logged."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from linkage.actions import Action
from linkage.beijing import clock
from linkage.desk.amend import find_incident
from linkage.errors import NotAllowed, Raced
from linkage.people import Actor
from linkage.record import Writing
from linkage.response.moves import LIVE
from linkage.response.order_rules import clean
from linkage.response.orders import Order
from linkage.tables import assignment, log_entry
from linkage.vocabulary import AssignmentStatus


def live_of(w: Writing, incident_id: int) -> list[tuple[str, str, int]]:
    live = [status.value for status in AssignmentStatus if status in LIVE]
    rows = w.cx.execute(
        select(assignment.c.agency_id, assignment.c.role, assignment.c.id)
        .where(assignment.c.incident_id == incident_id, assignment.c.status.in_(live))
        .order_by(assignment.c.id)
    )
    return [(agency_id, role, assignment_id) for agency_id, role, assignment_id in rows]


def assignment_as_seen(w: Writing, assignment_id: int, revision: int) -> RowMapping:
    """The assignment's row, or Raced when its order is no longer the one the officer saw."""
    row = (
        w.cx.execute(select(assignment).where(assignment.c.id == assignment_id)).mappings().first()
    )
    if row is None:
        raise NotAllowed(f"没有编号为 {assignment_id} 的任务，请刷新后重新选择。")
    if row["revision"] != revision:
        raise Raced(_who_was_faster(w, row))
    return row


def _who_was_faster(w: Writing, row: RowMapping) -> str:
    changes = (Action.ISSUE, Action.REISSUE, Action.CANCEL)
    entry = (
        w.cx.execute(
            select(log_entry)
            .where(
                log_entry.c.assignment_id == row["id"],
                log_entry.c.action.in_([action.value for action in changes]),
            )
            .order_by(log_entry.c.id.desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    if entry is None:
        return "任务刚被改动，您的操作未生效；请查看最新情况后再决定。"
    did = Action(entry["action"]).label
    return (
        f"{entry['actor']}已于 {clock(entry['at'])} 对该任务执行“{did}”（{entry['reason']}），"
        "您的操作未生效；请查看最新情况后再决定。"
    )


def insert_assignments(
    w: Writing, actor: Actor, row: RowMapping, orders: Sequence[Order], version: int
) -> list[int]:
    made = [_new_assignment(w, actor, row, order, version) for order in orders]
    w.cx.execute(insert(assignment), made)
    return [one["id"] for one in made]


def _new_assignment(
    w: Writing, actor: Actor, row: RowMapping, order: Order, version: int
) -> dict[str, Any]:
    columns = order_columns(w, actor, order)
    made = {
        "id": w.next_id(),
        "incident_id": row["id"],
        "agency_id": order.agency_id,
        "revision": 1,
        "status": AssignmentStatus.ISSUED,
        "exercise": row["exercise"],
        "changed_at": w.at,
        "live_revision": w.next_revision(),
        **columns,
    }
    w.log.add(
        str(actor),
        Action.ISSUE,
        columns["reason"],
        incident_id=row["id"],
        assignment_id=made["id"],
        after={"agency_id": order.agency_id, "status": "issued", "version": version}
        | {name: columns[name] for name in ("role", "task")},
    )
    return made


def order_columns(w: Writing, actor: Actor, order: Order) -> dict[str, Any]:
    def due(seconds: int | None) -> datetime | None:
        return None if seconds is None else w.at + timedelta(seconds=seconds)

    return {
        "role": order.role,
        "task": clean(order.task),
        "reason": clean(order.reason) or f"由{actor}选定",
        "issued_by": str(actor),
        "issued_at": w.at,
        "acknowledge_due_at": due(order.acknowledge_s),
        "on_scene_due_at": due(order.on_scene_s),
        "report_due_at": due(order.report_s),
    }


def change_assignment(  # noqa: PLR0917
    w: Writing, actor: Actor, row: RowMapping, action: Action, reason: str, values: dict[str, Any]
) -> None:
    values = {name: value for name, value in values.items() if value != row[name]}
    version = find_incident(w, row["incident_id"])["version"]
    w.log.add(
        str(actor),
        action,
        reason,
        incident_id=row["incident_id"],
        assignment_id=row["id"],
        before={name: row[name] for name in values},
        after=values | {"version": version},
    )
    w.cx.execute(
        update(assignment)
        .where(assignment.c.id == row["id"])
        .values(**values, changed_at=w.at, live_revision=w.next_revision())
    )
