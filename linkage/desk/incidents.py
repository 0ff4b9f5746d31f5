"""事件处置: what an officer does to one incident, from claiming it to closing it.

Each function is one transaction and returns the incident's new version. `version` is the one the
officer's screen showed. `at` is when it was done: now, if not given. They raise Raced when a
person was faster, NotAllowed when the incident is not in a state for it, NotPermitted when the
actor's role is not.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update

from linkage.actions import Action
from linkage.alerts import Point
from linkage.areas import area_code
from linkage.beijing import clock
from linkage.desk.amend import as_seen, change, find_incident, open_incident, step
from linkage.desk.progress import advance, reached
from linkage.errors import NotAllowed, Raced
from linkage.people import Actor, permit
from linkage.plan.response_rows import active_row
from linkage.record import Record, Writing
from linkage.response.agencies import Agency
from linkage.response.assignments import live_of
from linkage.response.moves import LIVE
from linkage.response.need_messages import any_open, tell_needs
from linkage.response.order_messages import tell_open
from linkage.tables import assignment, incident
from linkage.vocabulary import (
    RESPONSE_LEVELS,
    AssignmentRole,
    Disposition,
    Grade,
    IncidentStatus,
    PositionNote,
)

_UNTRUE = frozenset({Disposition.FALSE_ALARM, Disposition.UNFOUNDED})


def claim(record: Record, actor: Actor, incident_id: int, *, at: datetime | None = None) -> int:
    """Take an incident in hand, so that colleagues see who has it. Raised twice it is harmless."""
    permit(actor, Action.CLAIM)
    with record.write(at) as w:
        row = open_incident(w, incident_id)
        if row["claimed_by"] == str(actor):
            return int(row["version"])
        if row["claimed_by"] is not None:
            raise Raced(
                f"事件 {row['number']} 已由{row['claimed_by']}于 {clock(row['claimed_at'])} 接手。"
            )
        return change(w, row, str(actor), Action.CLAIM, "", claimed_by=str(actor), claimed_at=w.at)


def take_over(
    record: Record,
    actor: Actor,
    incident_id: int,
    version: int,
    reason: str,
    *,
    at: datetime | None = None,
) -> int:
    """A leader takes from its officer what stands still: ill, relieved, called away."""
    permit(actor, Action.TAKE_OVER)
    why = _stated(reason, "请写明接替理由。")
    with record.write(at) as w:
        row = open_incident(w, incident_id)
        as_seen(w, row, version)
        if row["claimed_by"] is None:
            raise NotAllowed(f"事件 {row['number']} 尚无人接手，请直接接手。")
        if row["claimed_by"] == str(actor):
            return int(row["version"])
        said = f"自{row['claimed_by']}接替：{why}"
        mine = {"claimed_by": str(actor), "claimed_at": w.at}
        return change(w, row, str(actor), Action.TAKE_OVER, said, **mine)


def release(
    record: Record,
    actor: Actor,
    incident_id: int,
    version: int,
    reason: str,
    *,
    at: datetime | None = None,
) -> int:
    """Who has the incident gives it back, so that it is among the unclaimed again."""
    permit(actor, Action.RELEASE)
    why = _stated(reason, "请写明交回理由。")
    with record.write(at) as w:
        row = open_incident(w, incident_id)
        as_seen(w, row, version)
        if row["claimed_by"] != str(actor):
            has = f"由{row['claimed_by']}接手" if row["claimed_by"] else "尚无人接手"
            raise NotAllowed(f"事件 {row['number']} {has}，只有接手人可以交回。")
        return change(w, row, str(actor), Action.RELEASE, why, claimed_by=None, claimed_at=None)


def _stated(reason: str, otherwise: str) -> str:
    if not reason.strip():
        raise NotAllowed(otherwise)
    return reason.strip()


def verify(
    record: Record,
    actor: Actor,
    incident_id: int,
    version: int,
    *,
    note: str = "",
    at: datetime | None = None,
) -> int:
    """The facts are confirmed with the caller or on the spot."""
    permit(actor, Action.VERIFY)
    with record.write(at) as w:
        row = open_incident(w, incident_id)
        as_seen(w, row, version)
        if row["verified_at"] is not None:
            return int(row["version"])
        return change(
            w, row, str(actor), Action.VERIFY, note, **step(w, row, IncidentStatus.VERIFIED)
        )


def confirm_grade(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    incident_id: int,
    version: int,
    grade: Grade | None,
    reason: str = "",
    *,
    at: datetime | None = None,
) -> int:
    """A person declares the grade (突发事件应对法 §3). What we activate is another matter: levels.

    None: the law knows no grades for this kind. A grade other than the proposed one needs a reason.
    """
    permit(actor, Action.CONFIRM_GRADE)
    with record.write(at) as w:
        row = open_incident(w, incident_id)
        as_seen(w, row, version)
        as_proposed = grade is not None and grade == row["grade_proposed"]
        if not reason.strip() and not as_proposed:
            raise NotAllowed("所定等级与系统建议不一致，请写明理由。")
        why = reason.strip() or row["grade_reason"] or ""
        return change(w, row, str(actor), Action.CONFIRM_GRADE, why, grade=grade)


def place_at(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    incident_id: int,
    version: int,
    point: Point,
    place: str,
    *,
    at: datetime | None = None,
) -> int:
    """Put the incident where the officer knows it to be; later reports do not move it."""
    permit(actor, Action.PLACE)
    if not (-180 <= point.lon <= 180 and -90 <= point.lat <= 90):
        raise NotAllowed("坐标超出范围：经度应在 ±180 之间，纬度应在 ±90 之间，请重新选点。")
    area = area_code(point)
    with record.write(at) as w:
        row = open_incident(w, incident_id)
        as_seen(w, row, version)
        return change(
            w,
            row,
            str(actor),
            Action.PLACE,
            "",
            lon=point.lon,
            lat=point.lat,
            place=place.replace("\0", "").strip() or row["place"],
            area_code=area,
            position_note=PositionNote.EXACT if area else PositionNote.OUTSIDE,
        )


def note(
    record: Record, actor: Actor, incident_id: int, text: str, *, at: datetime | None = None
) -> int:
    """Words for the log. Nobody else's work is overtaken by it: the version stays."""
    permit(actor, Action.NOTE)
    said = _stated(text, "记录内容为空，请写明情况后再保存。")
    with record.write(at) as w:
        row = find_incident(w, incident_id)
        same = {"version": row["version"]}
        w.log.add(str(actor), Action.NOTE, said, incident_id=incident_id, before=same, after=same)
        w.cx.execute(
            update(incident)
            .where(incident.c.id == incident_id)
            .values(revision=w.next_revision(), changed_at=w.at)
        )
        return int(row["version"])


def close(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    incident_id: int,
    version: int,
    disposition: Disposition,
    note: str = "",
    *,
    agencies: Mapping[str, Agency] | None = None,
    at: datetime | None = None,
) -> int:
    """End the incident. Refused while a response runs or an agency still owes something.

    `agencies` names them.
    """
    permit(actor, Action.CLOSE)
    with record.write(at) as w:
        row = open_incident(w, incident_id)
        as_seen(w, row, version, to_the_letter=True)
        if busy := _busy_agencies(w, incident_id):
            known = agencies or {}
            names = "、".join(known[a].name if a in known else a for a in busy)
            raise NotAllowed(f"{names}的联动任务尚未办结，请先催办或撤销，再办结事件。")
        if (running := active_row(w.cx, incident_id)) is not None:
            level = RESPONSE_LEVELS[running["level"]]
            raise NotAllowed(
                f"{level}响应尚未终止，事件不能办结；请值班长或指挥员先写明理由终止响应。"
            )
        end = IncidentStatus.CANCELLED if disposition in _UNTRUE else IncidentStatus.CLOSED
        closed = change(
            w,
            row,
            str(actor),
            Action.CLOSE,
            note.strip() or disposition.label,
            status=advance(IncidentStatus(row["status"]), end),
            closed_at=w.at,
            disposition=disposition,
        )
        if any_open(w.cx):  # what it still needed, nobody need bring any more
            tell_needs(w, incident_id)
        tell_informed(w, incident_id, agencies or {})
        return closed


def reopen(
    record: Record,
    actor: Actor,
    incident_id: int,
    version: int,
    reason: str,
    *,
    agencies: Mapping[str, Agency] | None = None,
    at: datetime | None = None,
) -> int:
    """Back to where the incident had come before it was closed; the log keeps that it was.

    It is not 处置完毕 any more: what was done before does not count as the end of what is left.
    """
    permit(actor, Action.REOPEN)
    why = _stated(reason, "请写明重启理由。")
    with record.write(at) as w:
        row = find_incident(w, incident_id)
        as_seen(w, row, version)
        if row["status"] not in {IncidentStatus.CLOSED, IncidentStatus.CANCELLED}:
            label = IncidentStatus(row["status"]).label
            raise NotAllowed(f"事件 {row['number']} {label}，只有已办结或已取消的事件可以重启。")
        undone: dict[str, object] = {"resolved_at": None}
        back = advance(IncidentStatus(row["status"]), reached({**row, **undone}))
        undone |= {"status": back, "closed_at": None, "disposition": None}
        opened = change(w, row, str(actor), Action.REOPEN, why, **undone)
        tell_informed(w, incident_id, agencies or {})
        return opened


def tell_informed(w: Writing, incident_id: int, agencies: Mapping[str, Agency]) -> None:
    """What is open for whoever was only informed: it ends, and goes on, with the incident."""
    informed = {agency_id for agency_id, _, _ in live_of(w, incident_id)}
    tell_open(w, *(one for one in agencies.values() if one.id in informed))


def _busy_agencies(w: Writing, incident_id: int) -> list[str]:
    rows = w.cx.execute(
        select(assignment.c.agency_id)
        .where(
            assignment.c.incident_id == incident_id,
            assignment.c.status.in_([status.value for status in LIVE]),
            # Who was only told owes no work.
            assignment.c.role != AssignmentRole.INFORM.value,
        )
        .order_by(assignment.c.id)
    )
    return list(dict.fromkeys(rows.scalars()))
