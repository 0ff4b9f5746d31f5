"""What goes from one incident to another when they are merged, split or that is undone."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, select, update

from linkage.actions import Action
from linkage.desk.amend import find_incident
from linkage.desk.progress import LADDER, STAMPS, advance, reached
from linkage.desk.refold import Reading
from linkage.log import as_json
from linkage.people import Actor
from linkage.record import Writing
from linkage.response.agencies import Agency
from linkage.response.assignments import change_assignment, live_of
from linkage.response.bookings import move_bookings
from linkage.response.moves import LIVE
from linkage.response.need_messages import any_open, tell_needs
from linkage.response.order_messages import tell_each
from linkage.response_tables import need, notice
from linkage.tables import alert, assignment, incident_alert
from linkage.vocabulary import AssignmentStatus, Grade, IncidentStatus

# Bound variables in one statement: far below the limit of both databases.
CHUNK = 1000
_WORST_FIRST = list(Grade)
# Where the link remembers what became of the responses and the needs, beside the columns.
MEMORY, NEEDS = "joint_response", "needs"


def alerts_of(w: Writing | Reading, incident_id: int) -> list[int]:
    rows = select(incident_alert.c.alert_id).where(incident_alert.c.incident_id == incident_id)
    return list(w.cx.execute(rows.order_by(incident_alert.c.alert_id)).scalars())


def with_siblings(w: Writing | Reading, incident_id: int, alert_ids: Iterable[int]) -> list[int]:
    """Those of the incident's statements that are `alert_ids` or of the same records.

    A source's record is never torn apart: its updates go where it goes.
    """
    rows = w.cx.execute(
        select(alert.c.id, alert.c.source_id, alert.c.source_ref)
        .join(incident_alert, incident_alert.c.alert_id == alert.c.id)
        .where(incident_alert.c.incident_id == incident_id)
        .order_by(alert.c.id)
    ).all()
    chosen = set(alert_ids)
    records = {(row.source_id, row.source_ref) for row in rows if row.id in chosen}
    return [row.id for row in rows if (row.source_id, row.source_ref) in records]


def move_alerts(w: Writing, alert_ids: list[int], to_id: int) -> None:
    """Score cards go along: how a statement came to its first incident stays readable."""
    for start in range(0, len(alert_ids), CHUNK):
        some = alert_ids[start : start + CHUNK]
        w.cx.execute(
            update(incident_alert)
            .where(incident_alert.c.alert_id.in_(some))
            .values(incident_id=to_id)
        )


def owed_assignments(w: Writing, incident_id: int) -> list[int]:
    """Assignments that are not over; finished ones stay with the incident they were done for.

    One that was refused is not over: somebody has to do the work.
    """
    going = [
        AssignmentStatus.PROPOSED.value,
        AssignmentStatus.DECLINED.value,
        *(status.value for status in LIVE),
    ]
    rows = select(assignment.c.id).where(
        assignment.c.incident_id == incident_id, assignment.c.status.in_(going)
    )
    return list(w.cx.execute(rows.order_by(assignment.c.id)).scalars())


def still_at(w: Writing, incident_id: int, assignment_ids: list[int]) -> list[int]:
    rows = select(assignment.c.id).where(
        assignment.c.incident_id == incident_id, assignment.c.id.in_(assignment_ids)
    )
    return list(w.cx.execute(rows.order_by(assignment.c.id)).scalars())


def move_assignments(  # noqa: PLR0917
    w: Writing, actor: Actor, action: Action, assignment_ids: list[int], to_id: int, reason: str
) -> None:
    """The orders stand as they are, so their revision does: an answer on its way stays good."""
    rows = select(assignment).where(assignment.c.id.in_(assignment_ids)).order_by(assignment.c.id)
    for row in w.cx.execute(rows).mappings().all():
        change_assignment(w, actor, row, action, reason, {"incident_id": to_id})
    move_bookings(w, assignment_ids, to_id)
    # What is still sent or answered by another means stands on the timeline of where they went.
    letters = notice.c.assignment_id.in_(assignment_ids)
    w.cx.execute(update(notice).where(letters).values(incident_id=to_id))
    w.cx.execute(
        update(need).where(need.c.assignment_id.in_(assignment_ids)).values(incident_id=to_id)
    )


def move_own_needs(
    w: Writing, from_id: int, to_id: int, need_ids: Collection[int] | None = None
) -> list[int]:
    """What the desk itself, or an agency without a task, still needs goes along; of what is not
    there any more nothing. Returns which went. `need_ids`: only these."""
    theirs = (need.c.incident_id == from_id) & need.c.closed_at.is_(None)
    found = w.cx.execute(select(need.c.id).where(theirs).order_by(need.c.id)).scalars()
    moved = [one for one in found if need_ids is None or one in need_ids]
    if moved:
        w.cx.execute(update(need).where(need.c.id.in_(moved)).values(incident_id=to_id))
    if any_open(w.cx):
        for incident_id in (from_id, to_id):
            tell_needs(w, incident_id)
    return moved


def tell_agencies(w: Writing, assignment_ids: list[int], agencies: Mapping[str, Agency]) -> None:
    """Send these orders again: the incident they belong to has another number now."""
    rows = select(assignment.c.id, assignment.c.agency_id).where(
        assignment.c.id.in_(assignment_ids),
        assignment.c.status.in_([status.value for status in LIVE]),
    )
    live = w.cx.execute(rows).all()
    # Who has left the register is told nothing: no road leads there.
    tell_each(w, {row.id: agencies[row.agency_id] for row in live if row.agency_id in agencies})


def tell_level(
    w: Writing, before: RowMapping, already: list[int], agencies: Mapping[str, Agency]
) -> None:
    """Who works at the incident reads its new level, where it is not as `before`. Their orders
    stand. `already`: those who were told of it just now."""
    if find_incident(w, before["id"])["response_level"] == before["response_level"]:
        return
    live = live_of(w, before["id"])
    others = {i: agencies[a] for a, _, i in live if i not in already and a in agencies}
    tell_each(w, others, anew=False)


def taken_over(source: RowMapping, target: RowMapping) -> dict[str, Any]:
    """What `target` becomes by what people and agencies did for `source`.

    The earlier stamp, the further status, the graver grade, the higher response stand.
    """
    values: dict[str, Any] = {
        "status": advance(IncidentStatus(target["status"]), IncidentStatus(source["status"])),
        "grade": min(_stated(source, target, "grade"), key=_WORST_FIRST.index, default=None),
        # Level 1 is the highest.
        "response_level": min(_stated(source, target, "response_level"), default=None),
    }
    for column in STAMPS.values():
        values[column] = min(_stated(source, target, column), default=None)
    if target["claimed_by"] is None:
        values |= {name: source[name] for name in ("claimed_by", "claimed_at")}
    return {name: value for name, value in values.items() if value != target[name]}


def passed_on(target: RowMapping, values: Mapping[str, Any], needs: list[int]) -> str:
    """The memory of `taken_over` for the link: {column: [was, became]}, and the needs that went."""
    memory: dict[str, Any] = {n: [target[n], became] for n, became in values.items()}
    return as_json({**memory, NEEDS: needs} if needs else memory)


def needs_passed_on(link: RowMapping) -> list[int]:
    memory = msgspec.json.decode(link["passed_on"]) if link["passed_on"] else {}
    return list(memory.get(NEEDS, ()))


def given_back(memory: str | None, row: RowMapping) -> dict[str, Any]:
    """The columns of `row` as they would be had it taken nothing over; later changes stand."""
    values: dict[str, Any] = {}
    pairs = msgspec.json.decode(memory) if memory else {}
    pairs.pop(NEEDS, None)
    pairs.pop(MEMORY, None)  # linkage/plan/response_merging.py gives that back
    before, _ = pairs.pop("status", (IncidentStatus.RECEIVED, None))
    for name, (was, became) in pairs.items():
        if _told_back(name, became) == row[name]:
            values[name] = _told_back(name, was)
    if row["status"] in LADDER:
        own = reached({**row, **values})
        values["status"] = max(own, IncidentStatus(before), key=LADDER.index)
    return values


def _stated(source: RowMapping, target: RowMapping, column: str) -> list[Any]:
    return [row[column] for row in (target, source) if row[column] is not None]


def _told_back(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if value and name.endswith("_at") else value
