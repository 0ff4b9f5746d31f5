"""电话名单: whom an officer has to call now, and what came of each call. No call is made by us."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, insert, or_, select, update

from linkage.actions import Action
from linkage.beijing import clock
from linkage.desk.facts import rows_of
from linkage.duty_tables import person
from linkage.errors import NotAllowed, Raced
from linkage.means import notices
from linkage.people import Actor, permit
from linkage.record import Record, Writing
from linkage.response.agencies import Agency
from linkage.response_tables import notice, notice_attempt
from linkage.response_vocabulary import About, CallResult, Means, NoticeStatus
from linkage.tables import incident

# Whom nobody answered for is called again after so long.
CALL_AGAIN = timedelta(minutes=2)
_N = notice.c


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list. `attempts`: calls made so far, and what the officer's screen showed."""

    id: int
    about: About
    about_id: int
    round: int
    agency_id: str | None
    person_name: str | None
    address: str
    title: str
    text: str
    not_before: datetime
    retry_at: datetime | None
    attempts: int
    result: str | None
    result_by: str | None
    incident_id: int | None
    incident_number: str | None
    assignment_id: int | None
    exercise: bool


def calls_due(cx: Connection, now: datetime) -> list[Call]:
    """Whom to call now: what is real first, then who has waited longest."""
    names = [name for name in Call.__struct_fields__ if name in _N]
    query = (
        select(
            *(_N[name] for name in names),
            person.c.name.label("person_name"),
            incident.c.number.label("incident_number"),
        )
        .outerjoin(person, person.c.id == _N.person_id)
        .outerjoin(incident, incident.c.id == _N.incident_id)
        .where(
            _N.status == NoticeStatus.WAITING,
            _N.means == Means.TELEPHONE,
            _N.not_before <= now,
            or_(_N.retry_at.is_(None), _N.retry_at <= now),
        )
        .order_by(_N.exercise, _N.not_before, _N.id)
    )
    return [msgspec.convert(row, Call) for row in rows_of(cx, query)]


def note_call(
    record: Record,
    actor: Actor,
    notice_id: int,
    attempts: int,
    result: CallResult,
    *,
    words: str = "",
    at: datetime | None = None,
) -> None:
    """Note a call that the officer made. Reached: a person knows; that is not yet a signature.

    `attempts`: as the officer's screen showed. Raises Raced, NotAllowed, NotPermitted.
    """
    permit(actor, Action.TELEPHONE)
    with record.write(at) as w:
        row = _row(w, notice_id)
        if row["status"] != NoticeStatus.WAITING or row["attempts"] != attempts:
            raise Raced(_who_was_faster(row))
        said = f"{result.label}：{words.strip()}" if words.strip() else result.label
        values: dict[str, Any] = {
            "attempts": attempts + 1,
            "last_attempt_at": w.at,
            "result": said,
            "result_by": str(actor),
        }
        values |= _outcome(result, w.at)
        w.cx.execute(update(notice).where(_N.id == notice_id).values(**values))
        _log(w, actor, row, attempts + 1, result, said)


def again(
    record: Record,
    actor: Actor,
    notice_id: int,
    *,
    agencies: Mapping[str, Agency],
    at: datetime | None = None,
) -> int:
    """Put the same notice once more, to the address the agency has now; returns the new one.

    Raises NotAllowed, NotPermitted.
    """
    permit(actor, Action.NOTIFY_AGAIN)
    with record.write(at) as w:
        row = _row(w, notice_id)
        if row["status"] == NoticeStatus.WAITING:
            raise NotAllowed("这一条还在等待发送，不必补发。")
        means = Means(row["means"])
        agency = agencies.get(row["agency_id"] or "")
        address = (agency.address(means) if agency and not row["person_id"] else "") or row[
            "address"
        ]
        names = ("about", "about_id", "round", "title", "text", "agency_id", "person_id")
        kept = {name: row[name] for name in (*names, "incident_id", "assignment_id", "exercise")}
        new_id = notices.put(w, means=means, address=address, not_before=w.at, **kept)
        w.log.add(
            str(actor),
            Action.NOTIFY_AGAIN,
            f"补发{means.label}",
            incident_id=row["incident_id"],
            assignment_id=row["assignment_id"],
            before={"notice": notice_id, "notice_status": row["status"]},
            after={"notice": new_id},
        )
        return new_id


def _row(w: Writing, notice_id: int) -> RowMapping:
    row = w.cx.execute(select(notice).where(_N.id == notice_id)).mappings().first()
    if row is None:
        raise NotAllowed(f"没有编号为 {notice_id} 的通知，请刷新后重新选择。")
    return row


def _outcome(result: CallResult, at: datetime) -> dict[str, Any]:
    if result is CallResult.REACHED:
        return {"status": NoticeStatus.DONE, "sent_at": at, "done_at": at, "retry_at": None}
    if result is CallResult.WRONG_NUMBER:
        return {"status": NoticeStatus.FAILED, "retry_at": None}
    return {"retry_at": at + CALL_AGAIN}


def _log(  # noqa: PLR0917
    w: Writing, actor: Actor, row: RowMapping, number: int, result: CallResult, said: str
) -> None:
    w.cx.execute(
        insert(notice_attempt).values(
            id=w.next_id(),
            notice_id=row["id"],
            at=w.at,
            took_ms=0,
            worked=result is CallResult.REACHED,
            detail=f"{said}（{actor}）",
        )
    )
    w.log.add(
        str(actor),
        Action.TELEPHONE,
        f"第 {number} 次电话：{said}",
        incident_id=row["incident_id"],
        assignment_id=row["assignment_id"],
        before={"notice": row["id"], "notice_status": row["status"]},
        after={"notice": row["id"], "call": result},
    )


def _who_was_faster(row: RowMapping) -> str:
    if row["status"] == NoticeStatus.VOID:
        return f"这个电话不必再打：{row['result']}。"
    when = clock(row["last_attempt_at"]) if row["last_attempt_at"] else "刚才"
    by = row["result_by"] or "系统"
    return f"{by}已于 {when} 记录此电话（{row['result']}），您的记录未生效；请查看后再决定。"
