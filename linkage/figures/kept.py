"""原始报文 as they are kept: read again by number or by period, and held against the accounts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import nlargest
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from linkage.intake_tables import source_state
from linkage.record import Record
from linkage.tables import inbound_message
from linkage.vocabulary import Channel, Outcome

_KEPT = inbound_message.c
_AT_ONCE = 1000


class Imbalance(msgspec.Struct, frozen=True):
    """Where the accounts and the kept payloads disagree. Never expected; a fault if it happens."""

    source_id: str
    outcome: Outcome
    accounted: int
    kept: int


class Raw(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it came over the wire. `payload` is empty where it was marked 涉密.

    `mends`: the refused message that a person has put right by this one.
    """

    id: int
    source_id: str
    topic: str
    payload: bytes
    received_at: datetime
    retained: bool
    outcome: str
    reason: str
    mends: int | None


_RAW: tuple[Any, ...] = tuple(
    func.coalesce(_KEPT.reason, "").label("reason") if name == "reason" else _KEPT[name]
    for name in Raw.__struct_fields__
)


def imbalances(cx: Connection) -> list[Imbalance]:
    """Compare every account with the payloads kept. Reads one index of all messages: not often."""
    accounted: Counter[tuple[str, str]] = Counter()
    for row in cx.execute(select(source_state)):
        for outcome in Outcome:
            accounted[row.source_id, outcome.value] += getattr(row, outcome.value)
    query = select(_KEPT.source_id, _KEPT.outcome, func.count()).group_by(
        _KEPT.outcome, _KEPT.source_id
    )
    counted = Counter({(source, outcome): n for source, outcome, n in cx.execute(query)})
    return [
        Imbalance(source, Outcome(outcome), accounted[source, outcome], counted[source, outcome])
        for source, outcome in sorted(set(accounted) | set(counted))
        if accounted[source, outcome] != counted[source, outcome]
    ]


def last_ids(cx: Connection, most: int, source_id: str | None = None) -> list[int]:
    """The numbers of the newest reports, oldest first."""
    newest = select(_KEPT.id).order_by(_KEPT.id.desc()).limit(most)
    reports = newest.where(_KEPT.channel == Channel.ALERT._value_)
    if source_id is None:
        return sorted(cx.execute(reports).scalars())
    # The index is by outcome first: a source that seldom speaks is found without a long search.
    found: list[int] = []
    for outcome in Outcome:
        of_it = (_KEPT.outcome == outcome._value_) & (_KEPT.source_id == source_id)
        found += cx.execute(reports.where(of_it)).scalars()
    return sorted(nlargest(most, found))


def raw_messages(cx: Connection, ids: Sequence[int]) -> list[Raw]:
    """In the order they came."""
    query = select(*_RAW).where(_KEPT.id.in_(ids)).order_by(_KEPT.id)
    return [Raw(**row) for row in cx.execute(query).mappings()]


def raw_period(record: Record, since: datetime, until: datetime) -> Iterator[Raw]:
    """Every message of a period in the order it came, in constant memory.

    Read page by page: a reader that stays for an hour would keep the database from tidying up.
    """
    with record.read() as cx:
        first = first_id_since(cx, since)
    while True:
        query = select(*_RAW).where(_KEPT.id >= first).order_by(_KEPT.id).limit(_AT_ONCE)
        with record.read() as cx:
            rows = [Raw(**row) for row in cx.execute(query).mappings()]
        # A clock that was put back leaves a few out of order: those of a whole page end it.
        if all(row.received_at >= until for row in rows):
            return
        yield from (row for row in rows if since <= row.received_at < until)
        first = rows[-1].id + 1


def came_at(cx: Connection, number: int) -> datetime | None:
    """When a message was received."""
    query = select(_KEPT.received_at).where(_KEPT.id == number)
    return cx.execute(query).scalar_one_or_none()


def kept_span(cx: Connection) -> tuple[datetime, datetime] | None:
    """When the first and the last message were received."""
    ends = select(func.min(_KEPT.id), func.max(_KEPT.id))
    first, last = (came_at(cx, number) for number in cx.execute(ends).one())
    return None if first is None or last is None else (first, last)


def outcomes(cx: Connection) -> Counter[Outcome]:
    """How many messages became what. Reads one index of all messages."""
    rows = cx.execute(select(_KEPT.outcome, func.count()).group_by(_KEPT.outcome))
    return Counter({Outcome(outcome): count for outcome, count in rows})


def first_id_since(cx: Connection, since: datetime) -> int:
    """About the first message of `since`, found by halving: ids rise with time.

    There is no index on received_at: the intake would pay for it with every message.
    """
    low, high = cx.execute(select(func.min(_KEPT.id), func.max(_KEPT.id))).one()
    if high is None:
        return 0
    while low < high:
        middle = (low + high) // 2
        query = select(_KEPT.received_at).where(_KEPT.id >= middle).order_by(_KEPT.id).limit(1)
        if cx.execute(query).scalar_one() >= since:
            high = middle
        else:
            low = middle + 1
    return int(low)
