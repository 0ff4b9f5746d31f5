"""Halves of frames: kept with the message they came in, so that no restart loses them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from linkage.intake.arrivals import Held
from linkage.intake_tables import fragment, source_state
from linkage.record import Writing
from linkage.tables import inbound_message
from linkage.vocabulary import Channel, Outcome

Change = tuple[str, Held, int]  # source, what is held, the message it came in
Where = tuple[str, str, str]  # source, stream, key


def waiting(cx: Connection) -> list[tuple[str, Held]]:
    """What waits, with the source it is of."""
    return [
        (row.source_id, Held(stream=row.stream, key=row.key, data=row.data, since=row.since))
        for row in cx.execute(select(fragment))
    ]


def write_fragments(w: Writing, changes: Sequence[Change]) -> None:
    """The last state of each stream and key; what expired turns its message into a refusal."""
    last: dict[Where, tuple[Held, int, bool]] = {}
    for source_id, held, inbound_id in changes:
        where = (source_id, held.stream, held.key)
        if held.expired:
            # What waits since this very batch has no row yet.
            begun = last.pop(where, None)
            if begun is not None and begun[0].data and begun[2]:
                _give_up(w, where, begun[0].data, begun[1])
            else:
                _expire(w, where)
        before = last.get(where)
        if held.anew or before is None:
            last[where] = (held, inbound_id, held.anew)
        else:
            last[where] = (held, before[1], before[2])
    for where, (held, inbound_id, anew) in sorted(last.items(), key=lambda item: item[0]):
        row = _row(where)
        if not held.data:
            w.cx.execute(delete(fragment).where(row))
            continue
        values: dict[str, object] = {"data": held.data, "since": held.since}
        # What goes on from an earlier message stays that message's.
        changed = values | {"inbound_id": inbound_id} if anew else values
        if w.cx.execute(update(fragment).where(row).values(changed)).rowcount == 0:
            source_id, stream, key = where
            w.cx.execute(
                insert(fragment).values(
                    source_id=source_id, stream=stream, key=key, inbound_id=inbound_id, **values
                )
            )


def expire_fragments(w: Writing, before: datetime) -> int:
    """Give up what has waited since before `before`; returns how many."""
    columns = (fragment.c.source_id, fragment.c.stream, fragment.c.key)
    late: Iterable[Where] = [
        (row.source_id, row.stream, row.key)
        for row in w.cx.execute(select(*columns).where(fragment.c.since < before))
    ]
    count = 0
    for where in late:
        _expire(w, where)
        count += 1
    return count


def _row(where: Where) -> ColumnElement[bool]:
    source_id, stream, key = where
    f = fragment.c
    return (f.source_id == source_id) & (f.stream == stream) & (f.key == key)


def _expire(w: Writing, where: Where) -> None:
    """What waited is given up: its message is refused after all, and the accounts with it."""
    row = w.cx.execute(select(fragment).where(_row(where))).first()
    if row is None:
        return
    w.cx.execute(delete(fragment).where(_row(where)))
    _give_up(w, where, row.data, row.inbound_id)


def _give_up(w: Writing, where: Where, data: bytes, inbound_id: int) -> None:
    source_id, _, key = where
    if len(data) == 1 and not key:
        # No more than the sign that a frame begins with: some gateways end each frame with one.
        return
    what = "分包没有到齐" if key else f"末尾 {len(data)} 字节不成完整帧"
    reason = f"{what}，等不到后续；同一报文其余内容已处理。请检查网关是否断线或截断"
    kept = inbound_message.c
    was = w.cx.execute(select(kept.outcome).where(kept.id == inbound_id)).scalar()
    if was not in {Outcome.STORED, Outcome.DUPLICATE}:
        return
    w.cx.execute(
        update(inbound_message)
        .where(kept.id == inbound_id)
        .values(outcome=Outcome.REJECTED._value_, reason=reason)
    )
    state = source_state.c
    w.cx.execute(
        update(source_state)
        .where(state.channel == Channel.ALERT._value_, state.source_id == source_id)
        .values({was: state[was] - 1, "rejected": state.rejected + 1})
    )
