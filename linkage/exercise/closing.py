"""演练结束: everything of it that is still open is closed in one transaction, with one reason."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, Table, select, update

from linkage.actions import Action
from linkage.desk.amend import change, find_incident
from linkage.desk.progress import advance
from linkage.duty_tables import public_warning, report
from linkage.people import Actor
from linkage.plan.levels import end_within
from linkage.record import Writing
from linkage.reporting.reports import OPEN
from linkage.response.agencies import Agency
from linkage.response.assignments import change_assignment
from linkage.response.bookings import free_exercise
from linkage.response.moves import LIVE
from linkage.response.need_messages import concerned, tell_needs
from linkage.response.order_messages import tell_each
from linkage.response_tables import joint_response, need, need_offer, notice
from linkage.response_vocabulary import (
    NeedStatus,
    NoticeStatus,
    PublicWarningStatus,
    ReportStatus,
    ResponseStatus,
)
from linkage.tables import assignment, incident, warning
from linkage.vocabulary import (
    OPEN_STATUSES,
    AssignmentStatus,
    Disposition,
    IncidentStatus,
    WarningStatus,
)
from linkage.warnings.public import AT_WORK

_END = Action.END_EXERCISE


def close_all(
    w: Writing, actor: Actor, reason: str, agencies: Mapping[str, Agency]
) -> dict[str, int]:
    """Orders withdrawn and the departments told, responses ended, incidents closed, and what
    waits to be sent need not be. Returns how many of each.

    Every row that carries the flag, whenever it came: nothing of an exercise outlives it.
    """
    return {
        "assignments": _withdraw(w, actor, reason, agencies),
        "responses": _end_responses(w, actor, reason),
        "bookings": free_exercise(w, str(actor), reason),
        "needs": _take_back_needs(w, actor, reason),
        "reports": _withdraw_reports(w, actor, reason),
        "notices": _silence(w, reason),
        "warnings": _lift(w),
        "public_warnings": _end_public(w, actor, reason),
        "incidents": _close(w, actor, reason),
    }


def _flagged(w: Writing, table: Table, which: Any) -> list[RowMapping]:
    rows = select(table).where(table.c.exercise.is_(True), which).order_by(table.c.id)
    return list(w.cx.execute(rows).mappings())


def _withdraw(w: Writing, actor: Actor, reason: str, agencies: Mapping[str, Agency]) -> int:
    live = assignment.c.status.in_([status.value for status in LIVE])
    rows = _flagged(w, assignment, live)
    for row in rows:
        values = {
            "status": AssignmentStatus.CANCELLED,
            "revision": row["revision"] + 1,
            "cancelled_at": w.at,
        }
        change_assignment(w, actor, row, _END, reason, values)
    # A department that is no longer in the file cannot be told; its row is closed all the same.
    known = [row for row in rows if row["agency_id"] in agencies]
    tell_each(w, {row["id"]: agencies[row["agency_id"]] for row in known})
    return len(rows)


def _end_responses(w: Writing, actor: Actor, reason: str) -> int:
    rows = _flagged(w, joint_response, joint_response.c.status == ResponseStatus.ACTIVE.value)
    for row in rows:
        end_within(w, str(actor), find_incident(w, row["incident_id"]), row, reason)
    return len(rows)


def _take_back_needs(w: Writing, actor: Actor, reason: str) -> int:
    rows = _flagged(w, need, need.c.closed_at.is_(None))
    for row in rows:
        told = concerned(w.cx, row["incident_id"])
        values = {
            "status": NeedStatus.WITHDRAWN,
            "closed_at": w.at,
            "changed_at": w.at,
            "version": row["version"] + 1,
        }
        _write(w, need, row, values)
        w.cx.execute(
            update(need_offer)
            .where(need_offer.c.need_id == row["id"], need_offer.c.released_at.is_(None))
            .values(status=NeedStatus.RELEASED, released_at=w.at, changed_at=w.at)
        )
        after = {"need": row["id"], "status": NeedStatus.WITHDRAWN}
        w.log.add(str(actor), _END, reason, incident_id=row["incident_id"], after=after)
        tell_needs(w, row["incident_id"], told)
    return len(rows)


def _withdraw_reports(w: Writing, actor: Actor, reason: str) -> int:
    """What is signed is gone; a draft of an exercise need not be finished."""
    rows = _flagged(w, report, report.c.status.in_([status.value for status in OPEN]))
    for row in rows:
        values = {
            "status": ReportStatus.WITHDRAWN,
            "returned_by": str(actor),
            "returned_at": w.at,
            "return_reason": reason,
            "changed_at": w.at,
            "version": row["version"] + 1,
        }
        _write(w, report, row, values)
        after = {"report": row["id"], "status": ReportStatus.WITHDRAWN}
        w.log.add(str(actor), _END, reason, incident_id=row["incident_id"], after=after)
    return len(rows)


def _end_public(w: Writing, actor: Actor, reason: str) -> int:
    """What was published said of itself that it was an exercise, and is not sent after; here it
    is in force no longer. What was not published is dropped."""
    at_work = [status.value for status in (*AT_WORK, PublicWarningStatus.ISSUED)]
    rows = _flagged(w, public_warning, public_warning.c.status.in_(at_work))
    for row in rows:
        issued = row["status"] == PublicWarningStatus.ISSUED
        status = PublicWarningStatus.EXPIRED if issued else PublicWarningStatus.DISCARDED
        values: dict[str, Any] = {"status": status, "changed_at": w.at}
        _write(w, public_warning, row, values | {"version": row["version"] + 1})
        after = {"public_warning": row["id"], "status": status}
        w.log.add(str(actor), _END, reason, incident_id=row["incident_id"], after=after)
    return len(rows)


def _silence(w: Writing, reason: str) -> int:
    rows = _flagged(w, notice, notice.c.status == NoticeStatus.WAITING.value)
    for row in rows:
        _write(w, notice, row, {"status": NoticeStatus.VOID, "result": reason})
    return len(rows)


def _lift(w: Writing) -> int:
    rows = _flagged(w, warning, warning.c.status == WarningStatus.ACTIVE.value)
    for row in rows:
        ended = {"status": WarningStatus.CANCELLED, "ended_at": w.at, "revision": w.next_revision()}
        _write(w, warning, row, ended)
    return len(rows)


def _close(w: Writing, actor: Actor, reason: str) -> int:
    is_open = incident.c.status.in_([status.value for status in OPEN_STATUSES])
    rows = _flagged(w, incident, is_open)
    for row in rows:
        end = advance(IncidentStatus(row["status"]), IncidentStatus.CLOSED)
        values = {"status": end, "closed_at": w.at, "disposition": Disposition.HANDLED}
        change(w, row, str(actor), _END, reason, **values)
    return len(rows)


def _write(w: Writing, table: Table, row: RowMapping, values: dict[str, Any]) -> None:
    w.cx.execute(update(table).where(table.c.id == row["id"]).values(**values))
