"""原始报文: what was refused, and whether the payloads kept agree with the accounts."""

from collections import Counter
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, select

from linkage.intake_tables import source_state
from linkage.tables import inbound_message
from linkage.vocabulary import Outcome


class Imbalance(msgspec.Struct, frozen=True):
    """Where the accounts and the kept payloads disagree. Never expected; a fault if it happens."""

    source_id: str
    outcome: Outcome
    accounted: int
    kept: int


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A payload that could not be read. `payload` is empty where it was marked 涉密."""

    id: int
    channel: str
    source_id: str
    topic: str
    received_at: datetime
    reason: str
    field: str | None
    payload: bytes


def imbalances(cx: Connection) -> list[Imbalance]:
    """Compare every account with the payloads kept. Reads one index of all messages: not often."""
    accounted: Counter[tuple[str, str]] = Counter()
    for row in cx.execute(select(source_state)):
        for outcome in Outcome:
            accounted[row.source_id, outcome.value] += getattr(row, outcome.value)
    kept = inbound_message.c
    query = select(kept.source_id, kept.outcome, func.count()).group_by(
        kept.outcome, kept.source_id
    )
    counted = Counter({(source, outcome): n for source, outcome, n in cx.execute(query)})
    return [
        Imbalance(source, Outcome(outcome), accounted[source, outcome], counted[source, outcome])
        for source, outcome in sorted(set(accounted) | set(counted))
        if accounted[source, outcome] != counted[source, outcome]
    ]


def refusals(
    cx: Connection, *, source_id: str | None = None, page: int = 0, size: int = 20
) -> tuple[int, tuple[Refusal, ...]]:
    """How many there are, and one page of them, newest first; the last, if `page` is past it."""
    kept = inbound_message.c
    must = [kept.outcome == Outcome.REJECTED]
    if source_id is not None:
        must.append(kept.source_id == source_id)
    count = cx.execute(select(func.count()).select_from(inbound_message).where(*must)).scalar_one()
    page = min(page, max(0, count - 1) // size)
    query = (
        select(inbound_message)
        .where(*must)
        .order_by(kept.id.desc())
        .limit(size)
        .offset(page * size)
    )
    return count, tuple(
        Refusal(
            id=row.id,
            channel=row.channel,
            source_id=row.source_id,
            topic=row.topic,
            received_at=row.received_at,
            reason=row.reason or "",
            field=row.field,
            payload=row.payload,
        )
        for row in cx.execute(query)
    )
