"""部门工作台, read side: beside one task of the department, what its joint response shares."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, or_, select

from linkage.actions import Action
from linkage.alerts import Point
from linkage.desk.facts import decoded, rows_of
from linkage.people import Actor
from linkage.plan.knowledge import Knowledge, Sheet
from linkage.record import Record
from linkage.response.agencies import Agency
from linkage.response.bookings import agencies_of
from linkage.response.nearest import metres
from linkage.response.own_desk import OwnTask, chosen
from linkage.response.own_guard import own_agency
from linkage.response.shared import all_shown, shown
from linkage.response_tables import joint_response
from linkage.response_vocabulary import CommandLevel, ResponseStatus
from linkage.tables import (
    alert,
    assignment,
    incident_alert,
    incident_link,
    log_entry,
    unit,
)
from linkage.vocabulary import AssignmentRole, AssignmentStatus, LinkKind

_ROLES = list(AssignmentRole)
# An incident of a storm may have hundreds of reports; the newest say what is there.
_READ_ALERTS = 200


class Partner(msgspec.Struct, frozen=True):
    """Who takes part besides, and how far it is. Nothing of what it was told or said."""

    agency_id: str
    role: AssignmentRole
    status: AssignmentStatus


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """The response that runs: its four statutory fields."""

    level: int
    command: CommandLevel
    subject: str
    measures: str
    expected_until: datetime | None
    started_at: datetime


class Near(msgspec.Struct, frozen=True, kw_only=True):
    """A unit of the department's own, and how far it is from the scene, as the crow flies."""

    label: str
    state: str
    metres: float
    reported_at: datetime


class Said(msgspec.Struct, frozen=True):
    at: datetime
    actor: str
    reason: str


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside an open task. `near`: the nearest unit first."""

    partners: tuple[Partner, ...]
    declared: Declared | None
    sheets: tuple[Sheet, ...]
    near: tuple[Near, ...]


def beside(
    record: Record, actor: Actor, task: OwnTask, knowledge: Knowledge, agencies: dict[str, Agency]
) -> Beside:
    """Of a task that is open; of one that is over nothing is shared any more."""
    agency_id = own_agency(actor)
    if not task.open or task.agency_id != agency_id:
        return Beside(partners=(), declared=None, sheets=(), near=())
    with record.read() as cx:
        return Beside(
            partners=_partners(cx, agency_id, task.incident_id),
            declared=_declared(cx, task.incident_id),
            sheets=tuple(knowledge.sheets(_texts(cx, task.incident_id))),
            near=_near(cx, agencies_of(agency_id, agencies), task.scene.point),
        )


def own_answers(record: Record, actor: Actor, task: OwnTask) -> tuple[Said, ...]:
    """What was answered to a task of its own, oldest first; also before its incident was merged."""
    if task.agency_id != own_agency(actor):
        return ()
    link, entry = incident_link.c, log_entry.c
    merged = select(link.from_id).where(
        link.to_id == task.incident_id, link.kind == LinkKind.MERGED.value
    )
    where = or_(entry.incident_id == task.incident_id, entry.incident_id.in_(merged))
    ask = (
        select(*chosen(log_entry, "log_entry, own answer"))
        .where(where, entry.assignment_id == task.id, entry.action == Action.FEEDBACK.value)
        .order_by(entry.id)
    )
    with record.read() as cx:
        rows = all_shown("log_entry, own answer", rows_of(cx, ask))
    return tuple(msgspec.convert(row, Said) for row in rows)


def _partners(cx: Connection, agency_id: str, incident_id: int) -> tuple[Partner, ...]:
    a, of = assignment.c, "assignment, another's"
    ask = select(*chosen(assignment, of)).where(
        a.incident_id == incident_id,
        a.agency_id != agency_id,
        a.status != AssignmentStatus.PROPOSED.value,
    )
    rows = [msgspec.convert(row, Partner) for row in all_shown(of, rows_of(cx, ask.order_by(a.id)))]
    return tuple(sorted(rows, key=lambda one: _ROLES.index(one.role)))


def _declared(cx: Connection, incident_id: int) -> Declared | None:
    its = joint_response.c
    ask = select(*chosen(joint_response, "joint_response")).where(
        its.incident_id == incident_id, its.status == ResponseStatus.ACTIVE.value
    )
    rows = rows_of(cx, ask)
    return msgspec.convert(shown("joint_response", rows[0]), Declared) if rows else None


def _texts(cx: Connection, incident_id: int) -> list[str]:
    """All that may name a substance. It is looked through here, and only the sheet is handed on."""
    ask = (
        select(alert.c.headline, alert.c.text, alert.c.facts, alert.c.plates)
        .join(incident_alert, incident_alert.c.alert_id == alert.c.id)
        .where(incident_alert.c.incident_id == incident_id)
        .order_by(alert.c.id.desc())
        .limit(_READ_ALERTS)
    )
    rows = cx.execute(ask).all()
    plates = [plate for row in rows for plate in decoded(row.plates) or ()]
    carried = select(unit.c.cargo).where(unit.c.label.in_(plates), unit.c.cargo.is_not(None))
    texts = list(cx.execute(carried).scalars()) if plates else []
    for row in rows:
        facts: dict[str, Any] = decoded(row.facts) or {}
        texts += [row.headline, row.text, *(v for v in facts.values() if isinstance(v, str))]
    return texts


def _near(cx: Connection, whose: frozenset[str], scene: Point | None) -> tuple[Near, ...]:
    if scene is None:
        return ()
    ask = select(*chosen(unit, "unit, own")).where(
        unit.c.agency_id.in_(sorted(whose)), unit.c.watched.is_(False), unit.c.lon.is_not(None)
    )
    found = [
        Near(
            label=row["label"],
            state=row["state"],
            metres=metres(scene, Point(row["lon"], row["lat"])),
            reported_at=row["reported_at"],
        )
        for row in all_shown("unit, own", rows_of(cx, ask))
    ]
    return tuple(sorted(found, key=lambda one: one.metres))
