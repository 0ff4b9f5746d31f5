"""Accounting: received = stored + duplicate + rejected, per source and channel, always."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, tuple_, update

from linkage.intake_tables import source_state
from linkage.record import Writing
from linkage.vocabulary import Channel, Outcome

_ADD = (
    update(source_state)
    .where(
        source_state.c.channel == bindparam("key_channel"),
        source_state.c.source_id == bindparam("key_source"),
    )
    .values(
        received=source_state.c.received + bindparam("more"),
        stored=source_state.c.stored + bindparam("more_stored"),
        duplicate=source_state.c.duplicate + bindparam("more_duplicate"),
        rejected=source_state.c.rejected + bindparam("more_rejected"),
        last_at=bindparam("seen_at"),
        delay_s=bindparam("delay"),
    )
)


class Accounts:
    """Counts of one batch, written once at its end."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], Counter[Outcome]] = {}
        self._seen: dict[tuple[str, str], tuple[datetime, float | None]] = {}

    def count(
        self,
        channel: Channel,
        source_id: str,
        outcome: Outcome,
        received_at: datetime,
        sent_at: datetime | None,
    ) -> None:
        key = (channel._value_, source_id)
        counts = self._counts.get(key)
        if counts is None:
            counts = self._counts[key] = Counter()
        counts[outcome] += 1
        delay = (received_at - sent_at).total_seconds() if sent_at else None
        self._seen[key] = (received_at, delay)

    def write(self, w: Writing) -> None:
        if not self._counts:
            return
        # In the order of their keys: two intakes never wait for each other crosswise.
        keys = sorted(self._counts)
        state = source_state.c
        known = {
            tuple(row)
            for row in w.cx.execute(
                select(state.channel, state.source_id).where(
                    tuple_(state.channel, state.source_id).in_(keys)
                )
            )
        }
        changed = [self._change(key) for key in keys if key in known]
        if changed:
            w.cx.execute(_ADD, changed)
        fresh = [self._first(key) for key in keys if key not in known]
        if fresh:
            w.cx.execute(insert(source_state), fresh)

    def _change(self, key: tuple[str, str]) -> dict[str, Any]:
        counts = self._counts[key]
        seen_at, delay = self._seen[key]
        return {
            "key_channel": key[0],
            "key_source": key[1],
            "more": counts.total(),
            "more_stored": counts[Outcome.STORED],
            "more_duplicate": counts[Outcome.DUPLICATE],
            "more_rejected": counts[Outcome.REJECTED],
            "seen_at": seen_at,
            "delay": delay,
        }

    def _first(self, key: tuple[str, str]) -> dict[str, Any]:
        counts = self._counts[key]
        seen_at, delay = self._seen[key]
        return {
            "channel": key[0],
            "source_id": key[1],
            "received": counts.total(),
            "stored": counts[Outcome.STORED],
            "duplicate": counts[Outcome.DUPLICATE],
            "rejected": counts[Outcome.REJECTED],
            "first_at": seen_at,
            "last_at": seen_at,
            "delay_s": delay,
            "excess": 0,
        }
