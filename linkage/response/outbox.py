"""下行报文: what must be sent, was sent, could not be sent. Nothing here is ever dropped."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, and_, bindparam, exists, func, insert, or_, select, update

from linkage.record import Writing
from linkage.tables import outbound_message

# Doubling from two seconds; a broker that is back must not wait longer than a minute for us.
FIRST_RETRY_S = 2
LONGEST_RETRY_S = 60
# A next try further ahead than any pause is of a clock that has been put back since.
LONGEST_WAIT = timedelta(seconds=2 * LONGEST_RETRY_S)


class Outbound(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    id: int
    agency_id: str
    topic: str
    payload: bytes
    retain: bool
    created_at: datetime
    attempts: int


_WIRE = outbound_message.c
_UNSENT = and_(_WIRE.sent_at.is_(None), _WIRE.superseded_by.is_(None))


class Posted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A message to put out. `retain`: it is the whole truth of its topic."""

    agency_id: str
    topic: str
    payload: bytes
    retain: bool = False
    assignment_id: int | None = None
    exercise: bool = False


def enqueue(
    w: Writing,
    agency_id: str,
    topic: str,
    payload: bytes,
    *,
    retain: bool = False,
    assignment_id: int | None = None,
    exercise: bool = False,
) -> int:
    """Put a message into the transaction that made it true. Returns its id.

    A retained message is the whole truth of its topic: older unsent ones are superseded by it,
    and say by which. `exercise`: nothing in it is real, so all that is real goes before it.
    """
    one = Posted(
        agency_id=agency_id,
        topic=topic,
        payload=payload,
        retain=retain,
        assignment_id=assignment_id,
        exercise=exercise,
    )
    return enqueue_each(w, [one])[0]


def enqueue_each(w: Writing, posted: Sequence[Posted]) -> list[int]:
    """`enqueue` of several, in order: an officer who calls nineteen agencies waits for it."""
    rows = [
        {**msgspec.structs.asdict(one), "id": w.next_id(), "created_at": w.at, "attempts": 0}
        for one in posted
    ]
    retained = [{"by": row["id"], "of": row["topic"]} for row in rows if row["retain"]]
    if retained:
        older = _UNSENT & (_WIRE.topic == bindparam("of")) & _WIRE.retain.is_(True)
        supersede = update(outbound_message).where(older).values(superseded_by=bindparam("by"))
        w.cx.execute(supersede, retained)
    if rows:
        w.cx.execute(insert(outbound_message), rows)
    return [row["id"] for row in rows]


def pending(cx: Connection, limit: int, now: datetime) -> list[Outbound]:
    """What should be sent now: what is real first, then the oldest.

    A message that failed waits out its back-off, and so do later messages about the same
    assignment: a cancellation must not overtake its order.
    """
    earlier = outbound_message.alias("earlier")
    held_back = exists().where(
        earlier.c.assignment_id == _WIRE.assignment_id,
        earlier.c.id < _WIRE.id,
        earlier.c.sent_at.is_(None),
        earlier.c.superseded_by.is_(None),
        earlier.c.retry_at > now,
        earlier.c.retry_at <= now + LONGEST_WAIT,
    )
    retry_at = _WIRE.retry_at
    may_try = or_(retry_at.is_(None), retry_at <= now, retry_at > now + LONGEST_WAIT)
    rows = cx.execute(
        select(*(_WIRE[name] for name in Outbound.__struct_fields__))
        .where(_UNSENT, may_try, ~held_back)
        .order_by(_WIRE.exercise, _WIRE.id)
        .limit(limit)
    )
    return [Outbound(**row) for row in rows.mappings()]


def mark_sent(w: Writing, ids: list[int]) -> None:
    """The broker confirmed these. Told twice, the first time stands."""
    w.cx.execute(
        update(outbound_message)
        .where(_WIRE.id.in_(ids), _WIRE.sent_at.is_(None))
        .values(
            sent_at=w.at,
            attempts=_WIRE.attempts + 1,
            last_attempt_at=w.at,
            retry_at=None,
            last_error=None,
        )
    )


def repeat_retained(w: Writing) -> None:
    """Send the newest word on every retained topic once more: it is still the whole truth."""
    newest = select(func.max(_WIRE.id)).where(_WIRE.retain.is_(True)).group_by(_WIRE.topic)
    w.cx.execute(
        update(outbound_message)
        .where(_WIRE.id.in_(newest), _WIRE.sent_at.is_not(None))
        .values(sent_at=None, retry_at=None)
    )


def mark_failed(w: Writing, message_id: int, error: str) -> None:
    """One more attempt failed; it will be tried again."""
    query = select(_WIRE.attempts).where(_WIRE.id == message_id)
    attempts = w.cx.execute(query).scalar_one() + 1
    w.cx.execute(
        update(outbound_message)
        .where(_WIRE.id == message_id)
        .values(
            attempts=attempts,
            last_attempt_at=w.at,
            retry_at=w.at + back_off(attempts),
            last_error=error,
        )
    )


def back_off(attempts: int) -> timedelta:
    """How long after the last of so many failures the next attempt comes."""
    doublings = min(attempts - 1, LONGEST_RETRY_S.bit_length())
    return timedelta(seconds=min(FIRST_RETRY_S << doublings, LONGEST_RETRY_S))
