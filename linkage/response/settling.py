"""How far an incident has come by what its agencies have answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, RowMapping, func, select

from linkage.actions import Action
from linkage.alerts import Casualties
from linkage.desk.amend import change, find_incident
from linkage.desk.progress import ENDS, advance
from linkage.desk.progress import STAMPS as INCIDENT_STAMPS
from linkage.kinds import Kind
from linkage.plan.grading import GradeTables, propose_grade
from linkage.record import Writing
from linkage.response.feedback import Feedback
from linkage.tables import assignment, log_entry
from linkage.vocabulary import AssignmentRole, Grade, IncidentStatus
from linkage.vocabulary import AssignmentStatus as S

STAMPS = {
    S.ACKNOWLEDGED: "acknowledged_at",
    S.EN_ROUTE: "en_route_at",
    S.ON_SCENE: "on_scene_at",
    S.WORKING: "working_at",
    S.REPORTED: "reported_at",
    S.COMPLETED: "completed_at",
    S.DECLINED: "declined_at",
}
# The first of its agencies to come so far brings the incident there. 已控制 is said by people.
_BRINGS = {
    IncidentStatus.ACKNOWLEDGED: ("acknowledged_at",),
    IncidentStatus.EN_ROUTE: ("en_route_at",),
    IncidentStatus.ON_SCENE: ("on_scene_at", "working_at"),
}
_COLUMNS = ("acknowledged_at", "en_route_at", "on_scene_at", "working_at", "completed_at")


def settle_incident(
    w: Writing,
    incident_id: int,
    actor: str,
    action: Action,
    *,
    said: Feedback | None = None,
    grading: GradeTables | None = None,
) -> None:
    """Move the incident to where its agencies have brought it: forward only, stamped once.

    Of people the highest count that anybody stated stands, as with alerts; with `grading` the
    counts propose a grade anew, which may only rise.
    """
    row = find_incident(w, incident_id)
    if IncidentStatus(row["status"]) in ENDS:
        return
    changes: dict[str, Any] = {}
    for status, moment in _since_reopened(w, incident_id).items():
        so_far = IncidentStatus(changes.get("status", row["status"]))
        changes["status"] = advance(so_far, status)
        if row[INCIDENT_STAMPS[status]] is None:
            changes[INCIDENT_STAMPS[status]] = moment
    if said is not None:
        counted = _counted(row, said)
        changes |= counted
        if counted and grading is not None:
            changes |= _graded({**row, **counted}, grading)
    changes = {name: value for name, value in changes.items() if value != row[name]}
    if changes:
        reason = f"联动单位{said.status.label}" if said is not None else "其余任务均已办结"
        change(w, row, actor, action, reason, **changes)


def _acting(w: Writing, incident_id: int) -> list[Row[Any]]:
    """The assignments that count: not who was only told, nor whose order was withdrawn."""
    query = select(assignment.c.status, *(assignment.c[name] for name in _COLUMNS)).where(
        assignment.c.incident_id == incident_id,
        assignment.c.role != AssignmentRole.INFORM.value,
        assignment.c.status != S.CANCELLED.value,
    )
    return list(w.cx.execute(query))


def _reopened(w: Writing, incident_id: int) -> datetime | None:
    """When a person last said that the incident is not over."""
    mine = (log_entry.c.incident_id == incident_id) & (log_entry.c.action == Action.REOPEN.value)
    newest: datetime | None = w.cx.execute(select(func.max(log_entry.c.at)).where(mine)).scalar()
    return newest


def _since_reopened(w: Writing, incident_id: int) -> dict[IncidentStatus, datetime]:
    """What was completed before a person re-opened the incident does not end it a second time."""
    reached = _reached(_acting(w, incident_id))
    ended = reached.get(IncidentStatus.RESOLVED)
    if ended is not None:
        reopened = _reopened(w, incident_id)
        if reopened is not None and ended <= reopened:
            del reached[IncidentStatus.RESOLVED]
    return reached


def _reached(acting: list[Row[Any]]) -> dict[IncidentStatus, datetime]:
    """Which steps were reached and when first, in order of the way.

    处置完毕 only when everybody has completed: one who is silent or refused holds it open.
    """
    reached = {}
    for status, columns in _BRINGS.items():
        moments = [getattr(row, c) for row in acting for c in columns if getattr(row, c)]
        if moments:
            reached[status] = min(moments)
    if acting and all(row.status == S.COMPLETED for row in acting):
        reached[IncidentStatus.RESOLVED] = max(row.completed_at for row in acting)
    return reached


def _counted(row: RowMapping, said: Feedback) -> dict[str, int]:
    counts = {name: getattr(said.casualties, name) for name in Casualties.__struct_fields__}
    return {
        name: count
        for name, count in counts.items()
        if count is not None and (row[name] is None or count > row[name])
    }


def _graded(row: Mapping[str, Any], grading: GradeTables) -> dict[str, Any]:
    """The grade the counts propose, where it is above what was proposed before."""
    people = Casualties(**{name: row[name] for name in Casualties.__struct_fields__})
    proposed = propose_grade(Kind(row["kind"]), row["event_code"], people, {}, tables=grading)
    worst_first = list(Grade)
    before = row["grade_proposed"]
    if proposed.grade is None:
        return {}
    if before and worst_first.index(Grade(before)) <= worst_first.index(proposed.grade):
        return {}
    return {"grade_proposed": proposed.grade, "grade_reason": proposed.reason}
