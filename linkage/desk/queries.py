"""Read side of 事件处置: one incident and everything around it, as typed things."""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, func, or_, select

from linkage.alerts import NOBODY, Casualties, Point
from linkage.desk.facts import Incident, decoded, point_of, read_incidents, rows_of
from linkage.kinds import Kind
from linkage.record import Record
from linkage.response.tasks import Task, tasks_of
from linkage.response_tables import joint_response
from linkage.tables import (
    alert,
    assignment,
    inbound_message,
    incident,
    incident_alert,
    incident_link,
    log_entry,
)
from linkage.vocabulary import (
    LinkKind,
    LinkState,
    MessageKind,
    Outcome,
    PositionNote,
    Severity,
    WarningColour,
)
from linkage.warnings.relations import Spot
from linkage.warnings.standing import around

# A log of a long response has thousands of lines; a person reads the newest.
LOG_LINES = 500


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What one source said, and why it is in this incident.

    `score` None: it opened the incident. `reasons`: the score card. `facts`:
    plain JSON values that have no column of their own.
    """

    id: int
    source_id: str
    source_ref: str
    revision: int
    message_kind: MessageKind
    kind: Kind
    source_kind: str
    occurred_at: datetime
    sent_at: datetime | None
    received_at: datetime
    place: str
    point: Point | None
    position_note: PositionNote
    severity: Severity
    fire_alarm_level: int | None
    triage_level: int | None
    casualties: Casualties
    caller_name: str | None
    caller_phone: str | None
    plates: tuple[str, ...]
    hazmat: bool
    headline: str
    text: str
    facts: dict[str, Any]
    exercise: bool
    inbound_id: int
    score: float | None
    reasons: tuple[tuple[str, float | None], ...]
    decided_by: str
    decided_at: datetime


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it came, byte for byte."""

    id: int
    source_id: str
    topic: str
    received_at: datetime
    outcome: Outcome
    reason: str | None
    payload: bytes


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """How this incident stands to `other`. `later`: this one is the later of the two."""

    id: int
    kind: LinkKind
    state: LinkState
    score: float | None
    reasons: tuple[tuple[str, float | None], ...]
    decided_by: str
    decided_at: datetime
    later: bool
    other: Incident


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log, as written."""

    id: int
    at: datetime
    actor: str
    action: str
    assignment_id: int | None
    reason: str
    before: Any
    after: Any


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """A forecast in force where the incident is."""

    id: int
    kind: Kind
    colour: WarningColour
    headline: str
    text: str
    effective_at: datetime
    expires_at: datetime
    end_assumed: bool = False
    why: str = ""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Everything 事件处置 shows of one incident. `log` is newest first, the rest oldest."""

    incident: Incident
    said: tuple[Said, ...]
    links: tuple[Link, ...]
    tasks: tuple[Task, ...]
    log: tuple[Line, ...]
    warnings: tuple[Warned, ...]
    merged_into: str | None  # the number to go on with


def read_case(record: Record, incident_id: int, now: datetime) -> Case | None:
    """All of it in one read transaction; None if there is no such incident."""
    with record.read() as cx:
        found = read_incidents(cx, [incident_id])
        if not found:
            return None
        it = found[0]
        into = read_incidents(cx, [it.merged_into]) if it.merged_into else []
        return Case(
            incident=it,
            said=_said(cx, incident_id),
            links=_links(cx, incident_id),
            tasks=tasks_of(cx, incident_id),
            log=_log(cx, incident_id),
            warnings=_warnings(cx, it, now),
            merged_into=into[0].number if into else None,
        )


class Pulse(NamedTuple):
    """Of each what grows with every change; `facts`: what stands on the incident itself."""

    log: int
    links: int
    facts: int
    tasks: int
    response: int


def pulse(record: Record, incident_id: int) -> Pulse:
    """Changes when anything that `read_case` reads has changed, save the warnings. Cheap."""
    log, link = log_entry.c, incident_link.c
    task, response = assignment.c, joint_response.c
    either = or_(link.from_id == incident_id, link.to_id == incident_id)
    parts = (
        select(func.max(log.id)).where(log.incident_id == incident_id),
        select(func.max(link.id)).where(either),
        select(incident.c.revision).where(incident.c.id == incident_id),
        select(func.max(task.live_revision)).where(task.incident_id == incident_id),
        select(func.sum(response.version)).where(response.incident_id == incident_id),
    )
    with record.read() as cx:
        found = cx.execute(select(*(part.scalar_subquery() for part in parts))).one()
    return Pulse(*(int(value or 0) for value in found))


def read_payload(record: Record, inbound_id: int) -> Payload | None:
    with record.read() as cx:
        rows = rows_of(cx, select(inbound_message).where(inbound_message.c.id == inbound_id))
    return msgspec.convert(rows[0], Payload) if rows else None


def _said(cx: Connection, incident_id: int) -> tuple[Said, ...]:
    rows = rows_of(
        cx,
        select(alert, incident_alert)
        .join(incident_alert, incident_alert.c.alert_id == alert.c.id)
        .where(incident_alert.c.incident_id == incident_id)
        .order_by(alert.c.received_at, alert.c.id),
    )
    return tuple(_as_said(row) for row in rows)


def _as_said(columns: dict[str, Any]) -> Said:
    return msgspec.convert(
        {
            **columns,
            "point": point_of(columns),
            "casualties": decoded(columns["casualties"]) or NOBODY,
            "plates": decoded(columns["plates"]) or (),
            "facts": decoded(columns["facts"]) or {},
            "reasons": decoded(columns["reasons"]) or (),
        },
        Said,
    )


def _links(cx: Connection, incident_id: int) -> tuple[Link, ...]:
    link = incident_link.c
    rows = rows_of(
        cx,
        select(incident_link)
        .where(or_(link.from_id == incident_id, link.to_id == incident_id))
        .order_by(link.decided_at, link.id),
    )
    ends = {row["id"]: {row["from_id"], row["to_id"]} - {incident_id} for row in rows}
    others = {it.id: it for it in read_incidents(cx, sorted(set().union(*ends.values())))}
    return tuple(
        msgspec.convert(
            {
                **row,
                "reasons": decoded(row["reasons"]) or (),
                "later": row["from_id"] == incident_id,
                "other": others[min(ends[row["id"]])],
            },
            Link,
        )
        for row in rows
    )


def _log(cx: Connection, incident_id: int) -> tuple[Line, ...]:
    rows = rows_of(
        cx,
        select(log_entry)
        .where(log_entry.c.incident_id == incident_id)
        .order_by(log_entry.c.id.desc())
        .limit(LOG_LINES),
    )
    return tuple(
        msgspec.convert(
            {**row, "before": decoded(row["before"]), "after": decoded(row["after"])}, Line
        )
        for row in rows
    )


def _warnings(cx: Connection, it: Incident, now: datetime) -> tuple[Warned, ...]:
    spot = Spot(id=it.id, area_code=it.area_code, point=it.point, exercise=it.exercise)
    return tuple(
        Warned(
            id=one.id,
            kind=one.kind,
            colour=one.colour,
            headline=one.headline,
            text=one.text,
            effective_at=one.effective_at,
            expires_at=one.expires_at,
            end_assumed=one.end_assumed,
            why=why,
        )
        for one, why in around(cx, spot, now)
    )
