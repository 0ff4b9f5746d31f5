"""What the record says of an exercise, or of one incident, for its score sheet."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, Table, func, select

from linkage.actions import Action
from linkage.beijing import clock
from linkage.clocks.clock import Clocks
from linkage.duty_tables import handover, report
from linkage.exercise.score import (
    Escalation,
    Facts,
    HandoverFacts,
    IncidentFacts,
    ReportFacts,
    TaskFacts,
)
from linkage.exercise.targets import Moment
from linkage.response.agencies import Agency
from linkage.response_tables import clock_firing, joint_response
from linkage.response_vocabulary import About, Post, ReportStage, Step
from linkage.tables import alert, assignment, incident, incident_alert, log_entry
from linkage.vocabulary import AssignmentRole, AssignmentStatus, Grade, IncidentStatus

# From this grade on the city starts a response of its own. domain §7, escalation.
_CITY_RESPONDS = frozenset({Grade.EXCEPTIONAL, Grade.MAJOR, Grade.CONSIDERABLE})
_ENDED = frozenset({AssignmentStatus.CANCELLED, AssignmentStatus.DECLINED})


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """`incident_id`: of one incident only. Otherwise everything with the flag since `since`.

    `over`: it has ended.
    """

    title: str
    exercise: bool
    since: datetime
    until: datetime
    over: bool = True
    incident_id: int | None = None


def gather(cx: Connection, scope: Scope, clocks: Clocks) -> Facts:
    rows = _incidents(cx, scope)
    ids = [row["id"] for row in rows]
    logged = _log(cx, ids)
    numbers = {row["id"]: row["number"] for row in rows}
    return Facts(
        title=scope.title,
        exercise=scope.exercise,
        began_at=scope.since,
        until=scope.until,
        over=scope.over,
        incidents=tuple(_incident(cx, row, logged) for row in rows),
        tasks=tuple(_task(row, numbers, clocks.agencies) for row in _of(cx, assignment, ids)),
        reports=tuple(_report(row, numbers) for row in _of(cx, report, ids)),
        handovers=tuple(_handovers(cx, scope)),
        escalations=tuple(_escalations(cx, ids, numbers, clocks)),
        deviations=tuple(_deviations(logged, numbers)),
    )


def _incidents(cx: Connection, scope: Scope) -> list[RowMapping]:
    rows = select(incident).where(
        incident.c.exercise.is_(scope.exercise), incident.c.status != IncidentStatus.MERGED.value
    )
    if scope.incident_id is not None:
        rows = rows.where(incident.c.id == scope.incident_id)
    else:
        rows = rows.where(incident.c.opened_at >= scope.since, incident.c.opened_at <= scope.until)
    return list(cx.execute(rows.order_by(incident.c.id)).mappings())


def _of(cx: Connection, table: Table, incident_ids: Sequence[int]) -> list[RowMapping]:
    rows = select(table).where(table.c.incident_id.in_(incident_ids)).order_by(table.c.id)
    return list(cx.execute(rows).mappings())


def _log(cx: Connection, incident_ids: Sequence[int]) -> list[RowMapping]:
    rows = select(log_entry).where(log_entry.c.incident_id.in_(incident_ids))
    return list(cx.execute(rows.order_by(log_entry.c.id)).mappings())


def _incident(cx: Connection, row: RowMapping, logged: Sequence[RowMapping]) -> IncidentFacts:
    mine = [entry for entry in logged if entry["incident_id"] == row["id"]]
    own = joint_response.c
    started = select(func.min(own.started_at)).where(own.incident_id == row["id"])
    given = select(func.min(assignment.c.issued_at)).where(assignment.c.incident_id == row["id"])
    moments = {
        Moment.REPORTED: _first_report(cx, row),
        Moment.OPENED: row["opened_at"],
        Moment.PROPOSED: _proposed(cx, row, mine),
        Moment.VERIFIED: row["verified_at"],
        Moment.GRADED: _when(mine, Action.CONFIRM_GRADE),
        Moment.STARTED: cx.execute(started).scalar_one(),
        # An order that was given anew has a later time: the first stands in the log.
        Moment.ISSUED: _when(mine, Action.ISSUE) or cx.execute(given).scalar_one(),
    }
    grade = row["grade"] or row["grade_proposed"]
    return IncidentFacts(
        number=row["number"],
        headline=row["headline"],
        severity=row["severity"],
        moments={moment: at for moment, at in moments.items() if at is not None},
        grade_wanted=row["grade_proposed"] is not None,
        response_wanted=grade in _CITY_RESPONDS or moments[Moment.STARTED] is not None,
    )


def _first_report(cx: Connection, row: RowMapping) -> datetime | None:
    """When the first statement about it came in; what it tells of may be long ago."""
    first = (
        select(func.min(alert.c.received_at))
        .join(incident_alert, incident_alert.c.alert_id == alert.c.id)
        .where(incident_alert.c.incident_id == row["id"])
    )
    came: datetime | None = cx.execute(first).scalar_one()
    return came


def _proposed(cx: Connection, row: RowMapping, logged: Sequence[RowMapping]) -> datetime | None:
    """When the figures first proposed the grade: as the log says, or else with the last report
    before a person decided."""
    grade = row["grade"] or row["grade_proposed"]
    for entry in logged:
        if grade is not None and _after(entry).get("grade_proposed") == grade:
            at: datetime = entry["at"]
            return at
    decided = _when(logged, Action.CONFIRM_GRADE)
    last = (
        select(func.max(alert.c.received_at))
        .join(incident_alert, incident_alert.c.alert_id == alert.c.id)
        .where(incident_alert.c.incident_id == row["id"])
    )
    if decided is not None:
        last = last.where(alert.c.received_at <= decided)
    came: datetime | None = cx.execute(last).scalar_one()
    return came if grade is not None else None


def _when(logged: Sequence[RowMapping], action: Action) -> datetime | None:
    return next((entry["at"] for entry in logged if entry["action"] == action.value), None)


def _after(entry: RowMapping) -> dict[str, Any]:
    after = msgspec.json.decode(entry["after"]) if entry["after"] else None
    return after if isinstance(after, dict) else {}


def _task(row: RowMapping, numbers: Mapping[int, str], agencies: Mapping[str, Agency]) -> TaskFacts:
    agency = agencies.get(row["agency_id"])
    return TaskFacts(
        number=numbers[row["incident_id"]],
        agency_id=row["agency_id"],
        agency=agency.name if agency else row["agency_id"],
        role=AssignmentRole(row["role"]),
        has_units=agency.has_units if agency else False,
        receipts=agency.receipts if agency else True,
        ended=row["status"] in _ENDED,
        stamps={name: row[name] for name in row if name.endswith("_at")},
    )


def _report(row: RowMapping, numbers: Mapping[int, str]) -> ReportFacts:
    stage = ReportStage(row["stage"])
    serial = row["serial"] if stage is ReportStage.FOLLOW_UP else ""
    same = {name for name in ReportFacts.__struct_fields__ if name in row}
    return ReportFacts(
        **{name: row[name] for name in same},
        name=f"{numbers[row['incident_id']]} {stage.label}{serial}",
    )


def _handovers(cx: Connection, scope: Scope) -> list[HandoverFacts]:
    """A shift is always a real one: whose turn changes beside an exercise owes it nothing."""
    if scope.exercise:
        return []
    at = handover.c.change_at
    rows = cx.execute(select(handover).where(at >= scope.since, at <= scope.until).order_by(at))
    return [
        HandoverFacts(change_at=r.change_at, given_at=r.given_at, taken_at=r.taken_at) for r in rows
    ]


def _escalations(
    cx: Connection,
    ids: Sequence[int],
    numbers: Mapping[int, str],
    clocks: Clocks,
) -> list[Escalation]:
    found = []
    for row in _of(cx, clock_firing, ids):
        owner = _owner(row["owner"], clocks.agencies)
        told = "、".join(msgspec.json.decode(row["told"]))
        what = f"{numbers[row['incident_id']]} {About(row['about']).label}（{owner}）"
        rule = clocks.by_id.get(row["rule_id"])
        awaited = f"{rule.awaits}：" if rule else ""
        words = f"{what}{awaited}{Step(row['step']).label}{f'，已通知{told}' if told else ''}"
        found.append(Escalation(at=row["fired_at"], due_at=row["due_at"], words=words))
    return found


def _owner(owner: str, agencies: Mapping[str, Agency]) -> str:
    """An agency by name, a post by its label."""
    if owner in agencies:
        return agencies[owner].name
    return Post(owner).label if owner in set(Post) else owner


def _deviations(logged: Sequence[RowMapping], numbers: Mapping[int, str]) -> list[str]:
    return [
        f"{numbers[entry['incident_id']]} {clock(entry['at'])} {entry['reason']}"
        for entry in logged
        if "deviation" in _after(entry)
    ]
