"""到期: a warning ends at its second on every screen; this writes down that it has."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, union_all, update

from linkage.actions import Happening
from linkage.duty_tables import public_warning
from linkage.exercise.marking import mark
from linkage.record import BEIJING, Record, Writing
from linkage.response_vocabulary import PublicWarningStatus
from linkage.tables import warning
from linkage.vocabulary import MessageKind, WarningStatus

_RULE = "rule:expiry"


def expire(record: Record, now: datetime) -> int:
    """End what has run out by `now`, each at the second it did; returns how many."""
    with record.read() as cx:
        due = cx.execute(
            union_all(
                select(warning.c.id).where(_theirs(now)),
                select(public_warning.c.id).where(_ours(now)),
            )
        ).first()
    if due is None:
        return 0
    with record.write(now) as w:
        return _all(w, warning, _theirs(now), WarningStatus.EXPIRED) + _all(
            w, public_warning, _ours(now), PublicWarningStatus.EXPIRED
        )


def _theirs(now: datetime) -> Any:
    return and_(warning.c.status == WarningStatus.ACTIVE.value, warning.c.expires_at <= now)


def _ours(now: datetime) -> Any:
    its = public_warning.c
    return and_(
        its.status == PublicWarningStatus.ISSUED.value,
        its.message_kind != MessageKind.CANCEL.value,
        its.expires_at <= now,
    )


def _all(w: Writing, table: Any, which: Any, to: WarningStatus | PublicWarningStatus) -> int:
    rows = w.cx.execute(select(table).where(which).order_by(table.c.id)).mappings().all()
    for row in rows:
        values = {"status": to, "ended_at": row["expires_at"], "revision": w.next_revision()}
        if table is public_warning:
            values |= {"version": row["version"] + 1, "changed_at": w.at}
        w.cx.execute(update(table).where(table.c.id == row["id"]).values(**values))
        w.log.add(
            _RULE,
            Happening.EXPIRE,
            _words(row),
            incident_id=row["incident_id"],
            before={"status": row["status"]},
            after={table.name: row["id"], "status": to},
        )
    return len(rows)


def _words(row: Any) -> str:
    drill = mark(exercise=row["exercise"])
    when = f"{row['expires_at'].astimezone(BEIJING):%m-%d %H:%M:%S}"
    assumed = "（来报未写失效时间，按常规时长计）" if row.get("end_assumed") else ""
    return f"{drill}{row['headline']} 于 {when} 到期{assumed}，没有更新也没有解除"
