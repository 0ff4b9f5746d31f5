"""Accounting: received = stored + duplicate + rejected, per source and channel, always."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, tuple_, update

from linkage.intake_tables import source_state
from linkage.record import Writing
from linkage.vocabulary import Channel, Outcome

_COUNT = (
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
        excess=source_state.c.excess + bindparam("more_excess"),
    )
)
_ADD = _COUNT.values(last_at=bindparam("seen_at"), delay_s=bindparam("delay"))


class Accounts:
    """Counts of one batch, written once at its end."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], Counter[Outcome]] = {}
        self._first_at: dict[tuple[str, str], datetime] = {}
        self._seen: dict[tuple[str, str], tuple[datetime, float | None]] = {}
        self._gone: dict[str, datetime] = {}
        self._excess: Counter[tuple[str, str]] = Counter()

    def count(
        self,
        channel: Channel,
        source_id: str,
        outcome: Outcome,
        received_at: datetime,
        sent_at: datetime | None,
        *,
        alive: bool = True,
        excess: bool = False,
    ) -> None:
        """`alive`: it spoke to us now. What the broker has kept since who knows when is no sign
        of life, nor is a last will. `excess`: above its agreed rate; counted, never dropped."""
        key = (channel._value_, source_id)
        counts = self._counts.get(key)
        if counts is None:
            counts = self._counts[key] = Counter()
            self._first_at[key] = received_at
        counts[outcome] += 1
        if excess:
            self._excess[key] += 1
        if not alive:
            return
        delay = (received_at - sent_at).total_seconds() if sent_at else None
        self._seen[key] = (received_at, delay)
        if self._gone:
            self._gone.pop(source_id, None)

    def gone(self, source_id: str, at: datetime) -> None:
        """Its last will came; whatever it says after that takes it back."""
        self._gone[source_id] = at

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
        changed = [self._change(key) for key in keys if key in known and key in self._seen]
        if changed:
            w.cx.execute(_ADD, changed)
        counted = [self._more(key) for key in keys if key in known and key not in self._seen]
        if counted:
            w.cx.execute(_COUNT, counted)
        fresh = [self._first(key) for key in keys if key not in known]
        if fresh:
            w.cx.execute(insert(source_state), fresh)
        for source_id, at in sorted(self._gone.items()):
            heartbeat = state.channel == Channel.HEARTBEAT._value_
            row = update(source_state).where(heartbeat, state.source_id == source_id)
            w.cx.execute(row.values(offline_at=at))

    def _change(self, key: tuple[str, str]) -> dict[str, Any]:
        seen_at, delay = self._seen[key]
        return self._more(key) | {"seen_at": seen_at, "delay": delay}

    def _more(self, key: tuple[str, str]) -> dict[str, Any]:
        counts = self._counts[key]
        return {
            "key_channel": key[0],
            "key_source": key[1],
            "more": counts.total(),
            "more_stored": counts[Outcome.STORED],
            "more_duplicate": counts[Outcome.DUPLICATE],
            "more_rejected": counts[Outcome.REJECTED],
            "more_excess": self._excess[key],
        }

    def _first(self, key: tuple[str, str]) -> dict[str, Any]:
        counts = self._counts[key]
        seen_at, delay = self._seen.get(key, (None, None))
        return {
            "channel": key[0],
            "source_id": key[1],
            "received": counts.total(),
            "stored": counts[Outcome.STORED],
            "duplicate": counts[Outcome.DUPLICATE],
            "rejected": counts[Outcome.REJECTED],
            "first_at": self._first_at[key],
            "last_at": seen_at,
            "delay_s": delay,
            "excess": self._excess[key],
        }
