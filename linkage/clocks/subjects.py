"""What something is owed for, read from the record: orders, incidents, needs, reports, warnings
out, hand-overs, shifts, roll calls. Read side only."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, func, or_, select

from linkage.beijing import BEIJING
from linkage.clocks.clock import Clocks, Subject
from linkage.clocks.subject_names import CALLED, RESPONDING, STAMPS, UNSIGNED
from linkage.duty_tables import exercise, handover, public_warning, report, roll_call
from linkage.duty_tables import roll_call_answer as answer
from linkage.kinds import Kind
from linkage.response_tables import joint_response, need
from linkage.response_vocabulary import (
    About,
    NeedStatus,
    Post,
    PublicWarningStatus,
    ReportStage,
    ReportStatus,
)
from linkage.tables import assignment, incident, log_entry
from linkage.vocabulary import OPEN_STATUSES, AssignmentRole, AssignmentStatus, Count, Grade

# A withdrawal nobody confirmed, a report nobody answered: after so long it is history.
REMEMBERED = timedelta(days=2)
# What changed without a revision is found after so long at the latest.
READ_ANEW = timedelta(minutes=10)
_GRADES = list(Grade)
_ENDED = (AssignmentStatus.COMPLETED, AssignmentStatus.CANCELLED, AssignmentStatus.PROPOSED)
_OF_TASK = [name for name in STAMPS[About.ASSIGNMENT] if name in assignment.c]
_OF_INCIDENT = [name for name in STAMPS[About.INCIDENT] if name in incident.c]
_PEOPLE = [count.value for count in Count]
_TASKS = select(
    *(assignment.c[n] for n in ("id", "incident_id", "agency_id", "role", "revision")),
    *(assignment.c[n] for n in ("status", "exercise", *_OF_TASK)),
)
_INCIDENTS = select(
    *(incident.c[n] for n in ("id", "number", "kind", "status", "severity", "exercise")),
    *(incident.c[n] for n in ("grade", "grade_proposed", *_PEOPLE, *_OF_INCIDENT)),
)
Which = ColumnElement[bool]


def tasks_where(cx: Connection, which: Which) -> list[Row[Any]]:
    """Orders that may owe something, of whatever incident; and what is completed in one that is
    open: somebody acted, though nothing is owed any more."""
    status = assignment.c.status
    still = assignment.c.incident_id.in_(select(incident.c.id).where(is_open()))
    done = (status == AssignmentStatus.COMPLETED.value) & still
    owing = status.not_in(_ENDED) | (status == AssignmentStatus.CANCELLED.value) | done
    return list(cx.execute(_TASKS.where(owing, which)))


def incidents_where(cx: Connection, which: Which) -> list[Row[Any]]:
    return list(cx.execute(_INCIDENTS.where(which)))


def is_open() -> Which:
    return incident.c.status.in_([status.value for status in OPEN_STATUSES])


def recent(now: datetime) -> Which:
    """Of the withdrawn orders those that are not history."""
    a = assignment.c
    return or_(
        a.status != AssignmentStatus.CANCELLED.value,
        and_(a.cancel_read_at.is_(None), a.cancelled_at > now - REMEMBERED),
    )


def task_subject(row: Row[Any], clocks: Clocks, *, replaced: bool) -> Subject:
    agency = clocks.agencies.get(row.agency_id)
    role = AssignmentRole(row.role)
    return Subject(
        about=About.ASSIGNMENT,
        id=row.id,
        round=row.revision,
        state=row.status,
        who=f"{clocks.agency(row.agency_id)}（{role.label}）",
        stamps={name: getattr(row, name) for name in _OF_TASK},
        traits={
            "role": row.role,
            "agency_id": row.agency_id,
            "has_units": clocks.has_units(row.agency_id),
            "receipts": agency is None or agency.receipts,
            "replaced": replaced,
        },
        agency_id=row.agency_id,
        incident_id=row.incident_id,
        assignment_id=row.id,
        exercise=row.exercise,
    )


def incident_subject(
    row: Row[Any], tasks: Iterable[Row[Any]], proposed_at: datetime | None
) -> Subject:
    """`proposed_at`: when the grade was proposed, where one is proposed above the confirmed."""
    acting = any(
        task.role != AssignmentRole.INFORM.value
        and task.status not in {AssignmentStatus.CANCELLED, AssignmentStatus.DECLINED}
        for task in tasks
    )
    stamps = {name: getattr(row, name) for name in _OF_INCIDENT}
    return Subject(
        about=About.INCIDENT,
        id=row.id,
        state=row.status,
        who=f"事件 {row.number}",
        stamps=stamps | {"grade_proposed_at": proposed_at},
        traits={
            "severity": row.severity,
            "assigned": acting,
            "people_known": any(getattr(row, name) is not None for name in _PEOPLE),
            "grade_open": grade_open(row),
            "fault": row.kind == Kind.SYSTEM_FAULT.value,
        },
        incident_id=row.id,
        exercise=row.exercise,
    )


def grade_open(row: Row[Any]) -> bool:
    """A grade is proposed that nobody has confirmed, or one above the confirmed."""
    if not row.grade_proposed:
        return False
    worse = _GRADES.index(Grade(row.grade_proposed))
    return not row.grade or worse < _GRADES.index(Grade(row.grade))


def proposed_at(cx: Connection, rows: Iterable[Row[Any]]) -> dict[int, datetime]:
    """When the grade that waits was proposed, by incident: as the log says, else at opening."""
    waiting = {row.id: row.opened_at for row in rows if grade_open(row)}
    ids = list(waiting)
    for start in range(0, len(ids), 500):
        said = cx.execute(
            select(log_entry.c.incident_id, func.max(log_entry.c.at))
            .where(
                log_entry.c.incident_id.in_(ids[start : start + 500]),
                log_entry.c.after.like('%"grade_proposed":"%'),
            )
            .group_by(log_entry.c.incident_id)
        )
        waiting |= {row[0]: row[1] for row in said}
    return waiting


# Asked several times a second: to build them anew costs as much as to ask.
_RESPONSES = (
    select(joint_response, incident.c.number)
    .join(incident, incident.c.id == joint_response.c.incident_id)
    .where(joint_response.c.ended_at.is_(None), joint_response.c.expected_until.is_not(None))
)
_NEEDS = (
    select(need, incident.c.number)
    .join(incident, incident.c.id == need.c.incident_id)
    .where(
        need.c.status.not_in([NeedStatus.ARRIVED, NeedStatus.RELEASED, NeedStatus.WITHDRAWN]),
        is_open(),
    )
)
_REPORTS = (
    select(report, incident.c.number.label("incident_number"))
    .outerjoin(incident, incident.c.id == report.c.incident_id)
    .where(report.c.status.not_in([ReportStatus.RECEIVED, ReportStatus.WITHDRAWN]))
)
_OUT = public_warning.c
_WARNINGS_OUT = select(public_warning).where(
    _OUT.status.in_([PublicWarningStatus.PENDING, PublicWarningStatus.RETURNED])
    | and_(_OUT.status == PublicWarningStatus.ISSUED, _OUT.published_at.is_(None))
)
_HANDOVERS = (
    select(handover.c.id, *(handover.c[n] for n in STAMPS[About.HANDOVER]))
    .where(handover.c.taken_at.is_(None))
    .order_by(handover.c.change_at.desc())
    .limit(2)
)
_CALLS = select(roll_call).where(roll_call.c.exercise == bindparam("drill"))
_LAST_CALL = _CALLS.order_by(roll_call.c.called_at.desc()).limit(1)
_SILENT = select(func.count()).where(
    answer.c.roll_call_id == bindparam("roll_call_id"), answer.c.answered_at.is_(None)
)


def others(cx: Connection) -> Iterator[Subject]:
    """All that is neither order nor incident: few rows, read whole."""
    yield from _responses(cx)
    yield from _needs(cx)
    yield from _reports(cx)
    yield from _warnings_out(cx)
    yield from _handovers(cx)
    yield from _roll_calls(cx)


def exercise_over(cx: Connection) -> datetime | None:
    """When the last exercise ended: what was owed in it is owed no more."""
    ended: datetime | None = cx.execute(select(func.max(exercise.c.ended_at))).scalar_one()
    return ended


def _responses(cx: Connection) -> Iterator[Subject]:
    for row in cx.execute(_RESPONSES):
        yield Subject(
            about=About.INCIDENT,
            id=row.incident_id,
            round=int(row.expected_until.timestamp()),  # prolonged, it ends anew
            state=RESPONDING,
            who=f"事件 {row.number}",
            stamps={"started_at": row.started_at, "expected_until": row.expected_until},
            traits={},
            incident_id=row.incident_id,
            exercise=row.exercise,
        )


def _needs(cx: Connection) -> Iterator[Subject]:
    for row in cx.execute(_NEEDS):
        yield Subject(
            about=About.NEED,
            id=row.id,
            state=row.status,
            who=f"{row.what[:20]}（事件 {row.number}）",
            stamps={"asked_at": row.asked_at, "changed_at": row.changed_at},
            incident_id=row.incident_id,
            assignment_id=row.assignment_id,
            exercise=row.exercise,
        )


def _reports(cx: Connection) -> Iterator[Subject]:
    for row in cx.execute(_REPORTS):
        stage = ReportStage(row.stage)
        serial = str(row.serial) if stage is ReportStage.FOLLOW_UP else ""
        of = f"事件 {row.incident_number}" if row.incident_number else _day(row.written_due_at)
        yield Subject(
            about=About.REPORT,
            id=row.id,
            state=row.status,
            who=f"{stage.label}{serial}（{of}）",
            stamps={name: getattr(row, name) for name in STAMPS[About.REPORT]},
            traits={"stage": row.stage},
            incident_id=row.incident_id,
            exercise=row.exercise,
        )


def _day(due_at: datetime | None) -> str:
    return f"{due_at.astimezone(BEIJING):%m-%d}" if due_at else "待定"


def _warnings_out(cx: Connection) -> Iterator[Subject]:
    for row in cx.execute(_WARNINGS_OUT):
        yield Subject(
            about=About.PUBLIC_WARNING,
            id=row.id,
            state=row.status,
            who=f"对外预警“{row.headline[:20]}”",
            stamps={name: getattr(row, name) for name in STAMPS[About.PUBLIC_WARNING]},
            incident_id=row.incident_id,
            exercise=row.exercise,
        )


def _handovers(cx: Connection) -> Iterator[Subject]:
    for row in cx.execute(_HANDOVERS):
        yield Subject(
            about=About.HANDOVER,
            id=row.id,
            state=UNSIGNED,
            who=Post.OFFICER.label,
            stamps={name: getattr(row, name) for name in STAMPS[About.HANDOVER]},
        )


def _roll_calls(cx: Connection) -> Iterator[Subject]:
    """One clock for a call, whoever has not answered; a new call ends the one before, and one in
    practice no real one."""
    for drill in (False, True):
        yield from _last_roll_call(cx, drill=drill)


def _last_roll_call(cx: Connection, *, drill: bool) -> Iterator[Subject]:
    last = cx.execute(_LAST_CALL, {"drill": drill}).first()
    if last is None:
        return
    if missing := cx.execute(_SILENT, {"roll_call_id": last.id}).scalar_one():
        yield Subject(
            about=About.ROLL_CALL,
            id=last.id,
            state=CALLED,
            who=f"{missing} 家单位",
            stamps={"called_at": last.called_at, "due_at": last.due_at},
            exercise=last.exercise,
        )
