"""改正: refused messages taken in after all, once; or left at that, with a note.

The refused row and its bytes stay as they came. What is taken in instead is a message of its own
that says which one it `mends`, and the old one says what it was `mended_by`, all in the one
transaction that places the alert: a crash leaves either both or neither.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    delete,
    exists,
    insert,
    select,
    update,
)

from linkage.actions import Action
from linkage.errors import NotAllowed, Raced
from linkage.intake.arrivals import Arrival, Receipt
from linkage.intake.rows import digest
from linkage.intake.take_in import Intake
from linkage.intake_tables import set_aside as set_aside_table
from linkage.people import Actor, permit
from linkage.record import Record, Writing
from linkage.response.outbox import enqueue
from linkage.tables import inbound_message, incident
from linkage.vocabulary import Outcome

MOST_NOTE = 300
_KEPT = inbound_message.c
# How a receipt goes over the wire: topic and payload.
Wire = Callable[[Receipt], tuple[str, bytes]]


class Original(msgspec.Struct, frozen=True, kw_only=True):
    """A refused message as it came. `payload` is empty where it was marked 涉密."""

    id: int
    channel: str
    source_id: str
    topic: str
    payload: bytes
    received_at: datetime
    retained: bool
    reason: str
    field: str | None


class Mended(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one: `id` of the refused message, `new_id` of the one in its place.

    `new_id` None: nothing was done, and `reason` says why.
    """

    id: int
    new_id: int | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    incident: str | None = None


def originals(cx: Connection, ids: Sequence[int]) -> list[Original]:
    """Those of `ids` that are refused and still open, in the order they came."""
    rows = cx.execute(
        select(*(_KEPT[name] for name in Original.__struct_fields__))
        .where(_KEPT.id.in_(ids), *_open())
        .order_by(_KEPT.id)
    ).mappings()
    return [Original(**{**row, "reason": row["reason"] or ""}) for row in rows]


def is_classified(payload: bytes, reason: str) -> bool:
    """涉密: there is nothing here to look at or to put right."""
    return not payload and "涉密" in reason


def take(
    intake: Intake, actor: Actor, arrivals: Sequence[Arrival], at: datetime, wire: Wire
) -> list[Mended]:
    """Take in what was put right, each at most once, whoever else is at it.

    `arrivals` name in `mends` what they stand for. A receipt goes out to every source, by the
    outbox: it may have waited since the refusal. Raises NotPermitted.
    """
    with intake.batch(at) as (w, batch):
        before = _contents(w.cx, [a.mends for a in arrivals if a.mends is not None])
        changed = {a.mends for a in arrivals if before.get(a.mends or 0) != a.payload}
        permit(actor, Action.MEND if changed else Action.REDRIVE)
        mine = [a for a in arrivals if a.mends is not None and _claim(w, a.mends)]
        first_new = w.last_id + 1
        for receipt in batch.take(mine):
            enqueue(w, receipt.source_id, *wire(receipt))
        done = _joined(w.cx, mine, first_new)
        for arrival in mine:
            _note(w, actor, arrival, done[arrival.mends or 0], arrival.mends in changed)
    lost = [a.mends for a in arrivals if a.mends is not None and a.mends not in done]
    late = "已由他人改正、不再处理或已不存在"
    return [*done.values(), *(Mended(id=original, reason=late) for original in lost)]


def _open() -> tuple[ColumnElement[bool], ...]:
    return (
        _KEPT.outcome == Outcome.REJECTED._value_,
        _KEPT.mended_by.is_(None),
        ~exists().where(set_aside_table.c.inbound_id == _KEPT.id),
    )


def _contents(cx: Connection, ids: Sequence[int]) -> dict[int, bytes]:
    rows = cx.execute(select(_KEPT.id, _KEPT.payload).where(_KEPT.id.in_(ids)))
    return {row.id: row.payload for row in rows}


def _claim(w: Writing, original: int) -> bool:
    # The new number is not known yet; its own stands there until the end of the transaction.
    taken = w.cx.execute(
        update(inbound_message).where(_KEPT.id == original, *_open()).values(mended_by=original)
    )
    return taken.rowcount == 1


def _joined(cx: Connection, arrivals: Sequence[Arrival], first_new: int) -> dict[int, Mended]:
    """Old and new rows point at each other; by the number of the old one."""
    wanted = [a.mends for a in arrivals]
    columns = (_KEPT.id, _KEPT.mends, _KEPT.outcome, _KEPT.reason, incident.c.number)
    rows = cx.execute(
        select(*columns)
        .join_from(inbound_message, incident, incident.c.id == _KEPT.incident_id, isouter=True)
        .where(_KEPT.id >= first_new, _KEPT.mends.in_(wanted))
    ).all()
    done = {}
    for row in rows:
        cx.execute(update(inbound_message).where(_KEPT.id == row.mends).values(mended_by=row.id))
        done[row.mends] = Mended(
            id=row.mends,
            new_id=row.id,
            outcome=Outcome(row.outcome),
            reason=row.reason,
            incident=row.number,
        )
    return done


def _note(w: Writing, actor: Actor, arrival: Arrival, done: Mended, changed: bool) -> None:
    # Not under the incident: nobody decided anything about it that another officer should see
    # before deciding himself.
    after: dict[str, Any] = {"message": done.new_id, "outcome": done.outcome}
    if done.incident:
        after["incident"] = done.incident
    if changed:
        after["digest"] = digest(arrival.payload)
    action, how = (Action.MEND, "改正后") if changed else (Action.REDRIVE, "原样")
    reason = f"{arrival.source_id} 的拒收报文{how}重新接入"
    w.log.add(str(actor), action, reason, before={"message": done.id}, after=after)


def set_aside(
    record: Record, actor: Actor, ids: Sequence[int], note: str, *, at: datetime | None = None
) -> int:
    """Leave refused messages at that; returns how many. Raises NotPermitted, NotAllowed, Raced."""
    permit(actor, Action.SET_ASIDE)
    note = note.strip()
    if not note:
        raise NotAllowed("请写明不再处理的原因。")
    if len(note) > MOST_NOTE:
        raise NotAllowed(f"原因至多 {MOST_NOTE} 字，现有 {len(note)} 字。")
    with record.write(at) as w:
        found = sorted(w.cx.execute(select(_KEPT.id).where(_KEPT.id.in_(ids), *_open())).scalars())
        if not found:
            raise Raced("所选报文已由他人改正或不再处理，请刷新后再看。")
        rows = [
            {"inbound_id": one, "note": note, "decided_by": str(actor), "decided_at": w.at}
            for one in found
        ]
        w.cx.execute(insert(set_aside_table), rows)
        before, after = ({"messages": found, "set_aside": it} for it in (False, True))
        w.log.add(str(actor), Action.SET_ASIDE, note, before=before, after=after)
    return len(found)


def take_up(record: Record, actor: Actor, ids: Sequence[int], *, at: datetime | None = None) -> int:
    """Undo `set_aside`; returns how many. Raises NotPermitted, Raced."""
    permit(actor, Action.TAKE_UP)
    with record.write(at) as w:
        aside = set_aside_table.c
        found = sorted(
            w.cx.execute(select(aside.inbound_id).where(aside.inbound_id.in_(ids))).scalars()
        )
        if not found:
            raise Raced("所选报文已由他人恢复处理，请刷新后再看。")
        w.cx.execute(delete(set_aside_table).where(aside.inbound_id.in_(found)))
        before, after = ({"messages": found, "set_aside": it} for it in (True, False))
        w.log.add(str(actor), Action.TAKE_UP, "恢复处理", before=before, after=after)
    return len(found)
