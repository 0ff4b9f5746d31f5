"""联动任务: every agency's share of an incident, with what its screen needs beside it."""

from collections import defaultdict
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from linkage.desk.facts import rows_of
from linkage.kinds import Kind
from linkage.personal import masked
from linkage.record import Record
from linkage.response.need_list import short_of_tasks
from linkage.tables import assignment, incident, outbound_message
from linkage.vocabulary import OPEN_STATUSES, AssignmentRole, AssignmentStatus, IncidentStatus

# Nothing more can come of these.
ENDED = (AssignmentStatus.COMPLETED, AssignmentStatus.CANCELLED)
_UNENDED = tuple(status for status in AssignmentStatus if status not in ENDED)
_OPEN_INCIDENTS = select(incident.c.id).where(incident.c.status.in_(OPEN_STATUSES))


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One agency's share of an incident.

    `unsent_since`: the oldest order of it that has not reached the broker; `unsent_error`: why.
    `short`: what it needs and nobody has promised yet, in words.
    """

    id: int
    incident_id: int
    incident_number: str
    incident_kind: Kind
    incident_place: str
    incident_status: IncidentStatus
    incident_version: int
    agency_id: str
    role: AssignmentRole
    task: str
    reason: str
    revision: int
    status: AssignmentStatus
    exercise: bool
    issued_by: str
    issued_at: datetime
    acknowledge_due_at: datetime | None
    on_scene_due_at: datetime | None
    report_due_at: datetime | None
    acknowledged_at: datetime | None
    en_route_at: datetime | None
    on_scene_at: datetime | None
    working_at: datetime | None
    reported_at: datetime | None
    completed_at: datetime | None
    declined_at: datetime | None
    cancelled_at: datetime | None
    cancel_read_at: datetime | None
    told_at: datetime | None
    delivered_at: datetime | None
    chased_at: datetime | None
    changed_at: datetime
    last_feedback: str | None
    last_feedback_by: str | None
    needs: str | None
    unsent_since: datetime | None = None
    unsent_error: str | None = None
    short: str = ""


def tasks_of(cx: Connection, incident_id: int) -> tuple[Task, ...]:
    """In the order they were issued."""
    return _tasks(cx, assignment.c.incident_id == incident_id)


def read_tasks_of(record: Record, incident_id: int) -> tuple[Task, ...]:
    with record.read() as cx:
        return tasks_of(cx, incident_id)


def live_tasks(record: Record) -> tuple[Task, ...]:
    with record.read() as cx:
        return tasks_alive(cx)


def tasks_alive(cx: Connection) -> tuple[Task, ...]:
    """What somebody still owes us an answer for, in incidents that are open.

    Refused ones too: somebody has to do the work. And withdrawn ones until the agency has
    confirmed it: a crew may still be on its way.
    """
    a = assignment.c
    unread = and_(a.status == AssignmentStatus.CANCELLED.value, a.cancel_read_at.is_(None))
    unread = and_(unread, a.told_at.is_not(None))
    return _tasks(cx, and_(or_(a.status.in_(_UNENDED), unread), a.incident_id.in_(_OPEN_INCIDENTS)))


def ended_tasks(record: Record, *, limit: int = 300) -> tuple[Task, ...]:
    """All others: completed, cancelled, or ended with their incident; the newest first."""
    status, newest_first = assignment.c.status, assignment.c.id.desc()
    # NOT IN walks the primary key backwards; IN would sort every task there has been.
    done = select(assignment.c.id).where(status.not_in(_UNENDED))
    left = select(assignment.c.id).where(
        status.in_(_UNENDED), assignment.c.incident_id.not_in(_OPEN_INCIDENTS)
    )
    with record.read() as cx:
        ids = [
            found
            for ask in (done, left)
            for found in cx.execute(ask.order_by(newest_first).limit(limit)).scalars()
        ]
        newest = sorted(ids, reverse=True)[:limit]
        return _tasks(cx, assignment.c.id.in_(newest), newest=limit)


def _tasks(
    cx: Connection, which: ColumnElement[bool], *, newest: int | None = None
) -> tuple[Task, ...]:
    columns = (
        incident.c.number.label("incident_number"),
        incident.c.kind.label("incident_kind"),
        incident.c.place.label("incident_place"),
        incident.c.status.label("incident_status"),
        incident.c.version.label("incident_version"),
    )
    ask = (
        select(assignment, *columns)
        .join(incident, incident.c.id == assignment.c.incident_id)
        .where(which)
    )
    ask = ask.order_by(assignment.c.id.desc()).limit(newest) if newest else ask.order_by("id")
    rows = [{**row, "incident_place": masked(row["incident_place"])} for row in rows_of(cx, ask)]
    ids = [row["id"] for row in rows]
    unsent, short = _unsent(cx, ids), short_of_tasks(cx, ids)
    return tuple(
        msgspec.convert({**row, **unsent[row["id"]], "short": short.get(row["id"], "")}, Task)
        for row in rows
    )


def _unsent(cx: Connection, ids: list[int]) -> defaultdict[int, dict[str, object]]:
    out = outbound_message.c
    found: defaultdict[int, dict[str, object]] = defaultdict(dict)
    if not ids:
        return found
    rows = cx.execute(
        select(out.assignment_id, func.min(out.created_at), func.max(out.last_error))
        .where(out.assignment_id.in_(ids), out.sent_at.is_(None), out.superseded_by.is_(None))
        .group_by(out.assignment_id)
    )
    for assignment_id, since, error in rows:
        found[assignment_id] = {"unsent_since": since, "unsent_error": error}
    return found
