"""部门工作台, read side: what one department's officer sees, asked of the record by its id.

Every query takes the department from the actor and selects by linkage/response/shared.py: what is
not to be seen is never read, whatever a page asks for.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Table,
    and_,
    func,
    or_,
    select,
)

from linkage.access.refused import note_refused
from linkage.alerts import Casualties, Point
from linkage.clocks.clock import RECEIPT, Clocks, Running, clocks_of
from linkage.clocks.subjects import task_subject, tasks_where
from linkage.desk.facts import rows_of
from linkage.duty_tables import roll_call_answer
from linkage.errors import NotPermitted
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.record import Record
from linkage.response.moves import LIVE
from linkage.response.need_messages import concerning
from linkage.response.own_answers import Stand
from linkage.response.own_guard import own_agency
from linkage.response.shared import seen, shown
from linkage.response_tables import need
from linkage.tables import assignment, incident
from linkage.vocabulary import (
    OPEN_STATUSES,
    AssignmentRole,
    AssignmentStatus,
    Grade,
    IncidentStatus,
    PositionNote,
    Severity,
)

# A withdrawal that nobody has read for so long is history.
UNREAD_FOR = timedelta(days=2)
# How far back its own past tasks are shown.
PAST_FOR = timedelta(days=7)
MOST_PAST = 50
_LIVE = [status.value for status in LIVE]
_FAR = timedelta(days=3650)
_ROLES = list(AssignmentRole)


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """The incident, as far as a joint response shares it."""

    id: int
    number: str
    kind: Kind
    status: IncidentStatus
    headline: str
    place: str
    point: Point | None
    position_note: PositionNote
    severity: Severity
    fire_alarm_level: int | None
    grade: Grade | None
    response_level: int | None
    hazmat: bool
    casualties: Casualties
    occurred_at: datetime
    exercise: bool


class OwnTask(msgspec.Struct, frozen=True, kw_only=True):
    """One task of the department. `runs`: its clocks, the nearest limit first."""

    id: int
    incident_id: int
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
    told_at: datetime | None
    delivered_at: datetime | None
    undelivered_at: datetime | None
    acknowledged_at: datetime | None
    en_route_at: datetime | None
    on_scene_at: datetime | None
    working_at: datetime | None
    reported_at: datetime | None
    completed_at: datetime | None
    declined_at: datetime | None
    cancelled_at: datetime | None
    cancel_read_at: datetime | None
    chased_at: datetime | None
    changed_at: datetime
    last_feedback: str | None
    last_feedback_by: str | None
    casualties: Casualties | None
    scene: Scene
    runs: tuple[Running, ...] = ()

    @property
    def open(self) -> bool:
        """The department still owes something: the work, or that it has read the withdrawal."""
        if self.status is AssignmentStatus.CANCELLED:
            return self.cancel_read_at is None
        return self.status in LIVE and self.scene.status in OPEN_STATUSES

    @property
    def waits(self) -> bool:
        """A person has to say that they have it: an order, a changed one, a withdrawal."""
        return self.open and self.status in {AssignmentStatus.ISSUED, AssignmentStatus.CANCELLED}

    @property
    def stand(self) -> Stand:
        return Stand(
            status=self.status, last_feedback=self.last_feedback, casualties=self.casualties
        )

    def is_late(self, now: datetime) -> bool:
        return any(run.is_overdue(now) for run in self.runs)


def open_tasks(record: Record, actor: Actor, now: datetime, clocks: Clocks) -> tuple[OwnTask, ...]:
    """What it still owes something for: what is real first, then the nearest limit."""
    agency_id = own_agency(actor)
    with record.read() as cx:
        found = _tasks(cx, _open(agency_id, now), clocks)
    return tuple(sorted(found, key=lambda task: _urgency(task, now)))


def past_tasks(record: Record, actor: Actor, now: datetime) -> tuple[OwnTask, ...]:
    """Its tasks of the last days that are over, the newest first."""
    agency_id, a = own_agency(actor), assignment.c
    over = and_(
        a.agency_id == agency_id,
        a.changed_at > now - PAST_FOR,
        a.status != AssignmentStatus.PROPOSED.value,
        a.id.not_in(select(a.id).where(_open(agency_id, now))),
    )
    with record.read() as cx:
        found = _tasks(cx, over, None)
    return tuple(sorted(found, key=lambda task: task.changed_at, reverse=True)[:MOST_PAST])


def own_task(
    record: Record, actor: Actor, assignment_id: int, now: datetime, clocks: Clocks
) -> OwnTask:
    """One of its tasks, open or over. Another's is refused with NotPermitted, and written down."""
    which = and_(assignment.c.id == assignment_id, assignment.c.agency_id == own_agency(actor))
    with record.read() as cx:
        found = _tasks(cx, which, clocks)
    if found:
        return found[0]
    why = f"{actor}的单位没有编号为 {assignment_id} 的任务，不能查看。"
    refused = NotPermitted(why)
    note_refused(record, actor, refused, "look", {"assignment": assignment_id}, now)
    raise refused


def pulse(record: Record, actor: Actor, now: datetime) -> tuple[int, ...]:
    """Changes when anything on its desk has changed; cheap."""
    agency_id = own_agency(actor)
    a, called, mine = assignment.c, roll_call_answer.c, _incidents(agency_id, now)
    parts = (
        select(func.max(a.live_revision)).where(a.agency_id == agency_id),
        select(func.max(a.live_revision)).where(a.incident_id.in_(mine)),
        select(func.max(incident.c.revision)).where(incident.c.id.in_(mine)),
        select(func.count()).select_from(need).where(need.c.incident_id.in_(mine)),
        select(func.max(called.roll_call_id)).where(called.agency_id == agency_id),
        select(func.count(called.answered_at)).where(called.agency_id == agency_id),
    )
    with record.read() as cx:
        found = cx.execute(select(*(part.scalar_subquery() for part in parts))).one()
    return tuple(value or 0 for value in found)


def _incidents(agency_id: str, now: datetime) -> CompoundSelect[Any]:
    """Of its open tasks, and of the needs that it may answer."""
    asked = (
        select(need.c.incident_id)
        .join(incident, incident.c.id == need.c.incident_id)
        .where(concerning(agency_id, refused_too=True))
    )
    return select(assignment.c.incident_id).where(_open(agency_id, now)).union(asked)


def _open(agency_id: str, now: datetime) -> ColumnElement[bool]:
    a = assignment.c
    going_on = select(incident.c.id).where(incident.c.status.in_(OPEN_STATUSES))
    unread = and_(
        a.status == AssignmentStatus.CANCELLED.value,
        a.cancel_read_at.is_(None),
        a.cancelled_at > now - UNREAD_FOR,
    )
    owed = and_(a.status.in_(_LIVE), a.incident_id.in_(going_on))
    return and_(a.agency_id == agency_id, or_(owed, unread))


def _tasks(cx: Connection, which: ColumnElement[bool], clocks: Clocks | None) -> list[OwnTask]:
    rows = rows_of(cx, select(*chosen(assignment, "assignment, own")).where(which))
    scenes = scenes_of(cx, [row["incident_id"] for row in rows])
    runs: dict[int, tuple[Running, ...]] = {}
    if clocks is not None and rows:
        for row in tasks_where(cx, assignment.c.id.in_([row["id"] for row in rows])):
            found = clocks_of(task_subject(row, clocks, replaced=False), clocks)
            # Whether its own system says it has the order is no work of a person.
            runs[row.id] = tuple(run for run in found if run.rule_id != RECEIPT)
    return [_task(row, scenes[row["incident_id"]], runs.get(row["id"], ())) for row in rows]


def _task(row: dict[str, Any], scene: Scene, runs: tuple[Running, ...]) -> OwnTask:
    told = shown("assignment, own", row)
    values = {name: told[name] for name in OwnTask.__struct_fields__ if name in told}
    counted = told["casualties"]
    values |= {
        "role": AssignmentRole(told["role"]),
        "status": AssignmentStatus(told["status"]),
        "casualties": msgspec.json.decode(counted, type=Casualties) if counted else None,
    }
    return OwnTask(**values, scene=scene, runs=runs)


def scenes_of(cx: Connection, ids: Sequence[int]) -> dict[int, Scene]:
    """For queries that have found by the department's id which incidents concern it."""
    rows = rows_of(cx, select(*chosen(incident, "incident")).where(incident.c.id.in_(list(ids))))
    found = {}
    for row in rows:
        told = shown("incident", row)
        lon, lat = told["lon"], told["lat"]
        told["point"] = None if lon is None or lat is None else Point(lon, lat)
        told["casualties"] = {name: told[name] for name in Casualties.__struct_fields__}
        found[row["id"]] = msgspec.convert(told, Scene)
    return found


def chosen(table: Table, of: str) -> list[ColumnElement[Any]]:
    """The columns that may be read of such rows."""
    return [table.c[name] for name in seen(of)]


def _urgency(task: OwnTask, now: datetime) -> tuple[bool, datetime, int, int]:
    due = task.runs[0].due_at if task.runs else now + _FAR
    return task.exercise, due, _ROLES.index(task.role), task.id
