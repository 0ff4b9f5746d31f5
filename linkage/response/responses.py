"""联动处置: issue, revise, cancel and chase the assignments of an incident."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from linkage.actions import Action
from linkage.desk.amend import as_seen, change, open_incident, step
from linkage.errors import NotAllowed
from linkage.people import Actor, permit
from linkage.plan.deviations import Deviation, deviations
from linkage.plan.levels import Declaration, start_within
from linkage.plan.run_cards import Proposal, RunCards
from linkage.record import Record, Writing
from linkage.response.agencies import Agency
from linkage.response.answers import apply_feedback, take_by_telephone
from linkage.response.assignments import (
    assignment_as_seen,
    change_assignment,
    insert_assignments,
    live_of,
    order_columns,
)
from linkage.response.bookings import free_units_of
from linkage.response.moves import LIVE, advance
from linkage.response.need_messages import tell_come_or_gone
from linkage.response.order_messages import tell, tell_each
from linkage.response.order_rules import check_orders
from linkage.response.orders import Order
from linkage.response.settling import settle_incident
from linkage.response.units import apply_unit
from linkage.vocabulary import AssignmentRole, AssignmentStatus, IncidentStatus

__all__ = [
    "apply_feedback",
    "apply_unit",
    "cancel",
    "chase",
    "issue",
    "issue_within",
    "reissue",
    "reissue_within",
    "take_by_telephone",
]

# What an order begins anew with.
_STAMPS = (
    "acknowledged_at",
    "en_route_at",
    "on_scene_at",
    "working_at",
    "reported_at",
    "completed_at",
    "declined_at",
    "cancelled_at",
    "cancel_read_at",
    "chased_at",
)


def issue(
    record: Record,
    actor: Actor,
    incident_id: int,
    version: int,
    orders: Sequence[Order],
    *,
    agencies: Mapping[str, Agency],
    proposal: Proposal | None = None,
    declared: Declaration | None = None,
    cards: RunCards | None = None,
    at: datetime | None = None,
) -> list[int]:
    """Give several agencies their share in one transaction; returns the assignment ids.

    `version`: of the incident as the officer saw it. `proposal`: what the run card said; what
    differs from it is logged. `declared`: the response that starts with these orders, if one
    does; `cards`: what it rests on. Raises Raced, NotAllowed, NotPermitted.
    """
    permit(actor, Action.ISSUE)
    check_orders(orders, agencies)
    with record.write(at) as w:
        row = open_incident(w, incident_id)
        as_seen(w, row, version)
        if declared is not None:
            start_within(w, actor, row, declared, cards=cards, proposal=proposal)
            row = open_incident(w, incident_id)
        return issue_within(w, actor, row, orders, agencies=agencies, proposal=proposal)


def issue_within(
    w: Writing,
    actor: Actor,
    row: RowMapping,
    orders: Sequence[Order],
    *,
    agencies: Mapping[str, Agency],
    proposal: Proposal | None = None,
) -> list[int]:
    """`issue` as a part of another act. `row`: of the incident, as it is now."""
    incident_id = row["id"]
    _check_nobody_twice(w, incident_id, orders, agencies)
    after = int(row["version"]) + 1
    ids = insert_assignments(w, actor, row, orders, after)
    changes = _incident_changes(w, row, orders)
    differs = [] if proposal is None else deviations(proposal, orders, agencies)
    _log_deviations(w, actor, incident_id, differs, after)
    change(w, row, str(actor), Action.ISSUE, _summary(orders, agencies, differs), **changes)
    tell_each(w, {i: agencies[order.agency_id] for i, order in zip(ids, orders, strict=True)})
    tell_come_or_gone(w, incident_id, [order.agency_id for order in orders])
    return ids


def cancel(
    record: Record,
    actor: Actor,
    assignment_id: int,
    revision: int,
    reason: str,
    *,
    agencies: Mapping[str, Agency],
    at: datetime | None = None,
) -> int:
    """Withdraw an order; the agency is told. Returns the new revision.

    `revision`: of the order as the officer saw it.
    """
    permit(actor, Action.CANCEL)
    if not reason.strip():
        raise NotAllowed("请写明撤销理由，对方会看到。")
    with record.write(at) as w:
        row = assignment_as_seen(w, assignment_id, revision)
        status = AssignmentStatus(row["status"])
        if status is AssignmentStatus.CANCELLED:
            raise NotAllowed("该任务已经撤销，不必再撤。")
        advance(status, AssignmentStatus.CANCELLED, has_units=True)
        values = {
            "status": AssignmentStatus.CANCELLED,
            "revision": revision + 1,
            "cancelled_at": w.at,
        }
        change_assignment(w, actor, row, Action.CANCEL, reason.strip(), values)
        free_units_of(w, assignment_id, str(actor), Action.CANCEL.label)
        tell(w, assignment_id, agencies[row["agency_id"]])
        tell_come_or_gone(w, row["incident_id"], [row["agency_id"]])
        settle_incident(w, row["incident_id"], str(actor), Action.CANCEL)
    return revision + 1


def reissue(
    record: Record,
    actor: Actor,
    assignment_id: int,
    revision: int,
    order: Order,
    *,
    agencies: Mapping[str, Agency],
    reason: str = "",
    at: datetime | None = None,
) -> int:
    """Give the order again, changed or not: back to 已下达 with new due times.

    Returns the new revision. The agency signs anew; what it had answered stays in the log.
    """
    permit(actor, Action.REISSUE)
    check_orders([order], agencies)
    with record.write(at) as w:
        reissue_within(w, actor, assignment_id, revision, order, agencies=agencies, reason=reason)
    return revision + 1


def reissue_within(
    w: Writing,
    actor: Actor,
    assignment_id: int,
    revision: int,
    order: Order,
    *,
    agencies: Mapping[str, Agency],
    reason: str,
) -> None:
    """`reissue` as a part of another act, such as calling up who stands by."""
    row = assignment_as_seen(w, assignment_id, revision)
    if order.agency_id != row["agency_id"]:
        raise NotAllowed("重新下达不能换单位；请撤销原任务，再向新单位下达。")
    advance(AssignmentStatus(row["status"]), AssignmentStatus.ISSUED, has_units=True)
    incident = open_incident(w, row["incident_id"])
    others = [] if row["status"] in LIVE else [order]
    _check_nobody_twice(w, incident["id"], others, agencies)
    _check_one_lead(w, incident["id"], [order], agencies, besides=assignment_id)
    values: dict[str, Any] = {name: None for name in _STAMPS if row[name] is not None}
    values |= order_columns(w, actor, order)
    values |= {"status": AssignmentStatus.ISSUED, "revision": revision + 1}
    words = reason.strip() or "重新下达"
    change_assignment(w, actor, row, Action.REISSUE, words, values)
    tell(w, assignment_id, agencies[order.agency_id])
    tell_come_or_gone(w, incident["id"], [order.agency_id])


def chase(
    record: Record,
    actor: Actor,
    assignment_id: int,
    revision: int,
    *,
    agencies: Mapping[str, Agency],
    note: str = "",
    at: datetime | None = None,
) -> None:
    """Remind the agency: the same order goes out again, and the log says that it did."""
    permit(actor, Action.CHASE)
    with record.write(at) as w:
        row = assignment_as_seen(w, assignment_id, revision)
        status = AssignmentStatus(row["status"])
        if status not in LIVE:
            raise NotAllowed(f"任务{status.label}，不需要催办。")
        change_assignment(w, actor, row, Action.CHASE, note.strip() or "催办", {"chased_at": w.at})
        tell(w, assignment_id, agencies[row["agency_id"]], anew=False, chased=True)


def _check_nobody_twice(
    w: Writing, incident_id: int, orders: Sequence[Order], agencies: Mapping[str, Agency]
) -> None:
    """Nobody gets two orders for one incident; a change is a re-issue of the first."""
    wanted = {order.agency_id for order in orders}
    names = [agencies[a].name for a, _, _ in live_of(w, incident_id) if a in wanted]
    if names:
        raise NotAllowed(
            f"{'、'.join(dict.fromkeys(names))}在本事件中已有未结任务；"
            "要改动请用“重新下达”，要换人请先撤销。"
        )
    _check_one_lead(w, incident_id, orders, agencies)


def _check_one_lead(
    w: Writing,
    incident_id: int,
    orders: Sequence[Order],
    agencies: Mapping[str, Agency],
    besides: int | None = None,
) -> None:
    if not any(order.role is AssignmentRole.LEAD for order in orders):
        return
    for agency_id, role, assignment_id in live_of(w, incident_id):
        if role == AssignmentRole.LEAD and assignment_id != besides:
            name = agencies[agency_id].name if agency_id in agencies else agency_id
            raise NotAllowed(f"本事件已由{name}牵头；要换牵头单位，请先撤销{name}的任务。")


def _incident_changes(w: Writing, row: RowMapping, orders: Iterable[Order]) -> dict[str, Any]:
    # Who is only told has not been sent out.
    if any(order.role is not AssignmentRole.INFORM for order in orders):
        return step(w, row, IncidentStatus.DISPATCHED)
    return {}


def _log_deviations(
    w: Writing, actor: Actor, incident_id: int, differs: Iterable[Deviation], version: int
) -> None:
    for one in differs:
        after = {"deviation": one.what, "agency_id": one.agency_id, "version": version}
        w.log.add(str(actor), Action.ISSUE, one.words, incident_id=incident_id, after=after)


def _summary(
    orders: Iterable[Order], agencies: Mapping[str, Agency], differs: Sequence[Deviation]
) -> str:
    told = "、".join(f"{agencies[o.agency_id].name}（{o.role.label}）" for o in orders)
    words = f"下达联动任务：{told}"
    return f"{words}；与方案不同：{'，'.join(d.words for d in differs)}" if differs else words
