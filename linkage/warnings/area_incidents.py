"""A warning's own incident: opened by a person, once, so that preparation can be ordered; closed
by a person when the warning is over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, union_all, update

from linkage.actions import Action, Happening
from linkage.desk.facts import Incident, read_incidents
from linkage.duty_tables import public_warning
from linkage.errors import NotAllowed
from linkage.log import as_json
from linkage.people import Actor, permit
from linkage.record import Record, Writing
from linkage.response import responses
from linkage.response.agencies import Agency
from linkage.response.moves import LIVE
from linkage.response.orders import Order
from linkage.tables import assignment, incident, warning
from linkage.vocabulary import (
    OPEN_STATUSES,
    AssignmentRole,
    IncidentStatus,
    PositionNote,
    Severity,
    WarningColour,
)
from linkage.warnings.standing import Standing, find_standing, standing, upcoming

_SEVERITY = {
    WarningColour.RED: Severity.EXTREME,
    WarningColour.ORANGE: Severity.SEVERE,
    WarningColour.YELLOW: Severity.MODERATE,
    WarningColour.BLUE: Severity.MINOR,
}


class Raised(NamedTuple):
    """An agency that was only told and must now prepare: its order is given anew."""

    assignment_id: int
    revision: int
    order: Order


class Remaining(NamedTuple):
    """What of a preparation is not ordered yet. `done`: who has an order already."""

    new: tuple[Order, ...]
    raised: tuple[Raised, ...]
    done: tuple[str, ...]


def prepare_response(
    record: Record,
    actor: Actor,
    warning_id: int,
    orders: Sequence[Order],
    *,
    agencies: Mapping[str, Agency],
    at: datetime | None = None,
) -> int:
    """One click: the warning's incident, opened if it is not there yet, and the orders. Returns it.

    Who has the same order already gets none again; who was only told is ordered anew.
    """
    permit(actor, Action.ISSUE)
    it = open_for(record, actor, warning_id, at=at)
    with record.read() as cx:
        left = remaining(cx, it.id, orders)
    if not left.new and not left.raised:
        raise NotAllowed("准备任务已经全部下达，不必再下达；进展见“联动任务”。")
    if left.new:
        responses.issue(record, actor, it.id, it.version, left.new, agencies=agencies, at=at)
    for one in left.raised:
        responses.reissue(
            record,
            actor,
            one.assignment_id,
            one.revision,
            one.order,
            agencies=agencies,
            reason="预警升级，由告知改为准备",
            at=at,
        )
    return it.id


def open_for(
    record: Record, actor: Actor, warning_id: int, *, at: datetime | None = None
) -> Incident:
    """The warning's incident; asked twice, by whomever, it is the same one."""
    permit(actor, Action.ISSUE)
    with record.write(at) as w:
        it = find_standing(w.cx, warning_id)
        if it is None:
            raise NotAllowed(f"没有标识为 {warning_id} 的预警，请刷新后重新选择。")
        if it.incident_id is not None:
            return _still_open(w, it.incident_id)
        if it.ended or it.reach.over(w.at):
            raise NotAllowed(f"“{it.headline}”已不再生效，不能下达预警响应准备。")
        new = _open(w, actor, it)
        table = public_warning if it.ours else warning
        w.cx.execute(
            update(table)
            .where(table.c.id == it.id)
            .values(incident_id=new, revision=w.next_revision())
        )
        return read_incidents(w.cx, [new])[0]


def remaining(cx: Connection, incident_id: int | None, orders: Sequence[Order]) -> Remaining:
    its = assignment.c
    query = select(its.id, its.agency_id, its.role, its.revision).where(
        its.incident_id == incident_id, its.status.in_([s.value for s in LIVE])
    )
    rows = {row.agency_id: row for row in cx.execute(query)} if incident_id is not None else {}
    led = any(row.role == AssignmentRole.LEAD for row in rows.values())
    new, raised, done = [], [], []
    for order in orders:
        row = rows.get(order.agency_id)
        if row is None:
            if not (led and order.role is AssignmentRole.LEAD):
                new.append(order)
        elif row.role == AssignmentRole.INFORM and order.role is not AssignmentRole.INFORM:
            raised.append(Raised(row.id, row.revision, order))
        else:
            done.append(order.agency_id)
    return Remaining(tuple(new), tuple(raised), tuple(done))


def to_close(cx: Connection, now: datetime) -> list[Incident]:
    """Open incidents of warnings of which none stands or is to come any more. Proposed, never
    done by itself."""
    links = union_all(
        *(
            select(table.c.incident_id).where(table.c.incident_id.is_not(None))
            for table in (warning, public_warning)
        )
    ).subquery()
    opened = select(incident.c.id).where(
        incident.c.id.in_(select(links.c.incident_id)),
        incident.c.alert_count == 0,  # opened for a warning: nobody reported it
        incident.c.status.in_([s.value for s in OPEN_STATUSES]),
    )
    ids = list(cx.execute(opened.order_by(incident.c.id)).scalars())
    if not ids:
        return []
    stand = {one.incident_id for one in (*standing(cx, now), *upcoming(cx, now))}
    return read_incidents(cx, [i for i in ids if i not in stand])


def _still_open(w: Writing, incident_id: int) -> Incident:
    (it,) = read_incidents(w.cx, [incident_id])
    if it.status not in OPEN_STATUSES:
        raise NotAllowed(
            f"预警响应事件 {it.number} {it.status.label}；要继续准备，请先重启该事件。"
        )
    return it


def _open(w: Writing, actor: Actor, it: Standing) -> int:
    new, number = w.next_id(), w.next_number()
    severity = _SEVERITY[it.colour]
    w.cx.execute(
        insert(incident).values(
            id=new,
            number=number,
            kind=it.kind.value,
            event_code=it.event_code,
            status=IncidentStatus.RECEIVED,
            headline=f"预警响应准备：{it.headline}",
            place=it.place,
            position_note=PositionNote.NOWHERE,
            severity=severity,
            severity_rank=severity.rank,
            hazmat=False,
            alert_count=0,
            source_ids=as_json([it.source_id]),
            occurred_at=it.effective_at,
            opened_at=w.at,
            last_alert_at=w.at,
            changed_at=w.at,
            claimed_by=str(actor),
            claimed_at=w.at,
            exercise=it.exercise,
            version=1,
            revision=w.next_revision(),
        )
    )
    w.log.add(
        str(actor),
        Happening.OPEN,
        f"为“{it.headline}”建立预警响应事件",
        incident_id=new,
        after={"warning": it.id, "version": 1},
    )
    return new
