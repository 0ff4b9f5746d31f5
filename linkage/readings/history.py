"""The past of a series: read for a chart, given up when its time is over."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, tuple_

from linkage.reading_tables import reading_event, reading_pack, series
from linkage.readings.packing import Sample, in_order, unpack
from linkage.readings.packing import waiting as waiting_in
from linkage.readings.thresholds import History
from linkage.record import UNAVAILABLE, Record, Writing
from linkage.vocabulary import Span

# What one transaction does at most: it holds the one write lock for some milliseconds.
SERIES_A_BITE, PACKS_A_BITE = 50, 1000
# 5,000 series are gone through once an hour.
PRUNE_EVERY_S = 30.0


def samples(cx: Connection, series_id: int, since: datetime) -> list[Sample]:
    """What was measured since then, oldest first."""
    since_ms = _ms(since)
    packs = cx.execute(
        select(reading_pack.c.first_ms, reading_pack.c.data)
        .where(reading_pack.c.series_id == series_id, reading_pack.c.last_ms >= since_ms)
        .order_by(reading_pack.c.number)
    )
    found = [sample for first_ms, data in packs for sample in unpack(first_ms, data)]
    recent = cx.execute(select(series.c.recent).where(series.c.id == series_id)).scalar()
    found += waiting_in(recent or b"")
    return in_order(sample for sample in found if sample.ms >= since_ms)


class Bite(NamedTuple):
    """`after`: the series to go on behind; None when the round is over."""

    after: int | None
    deleted: int


def prune_some(
    w: Writing,
    history: History,
    now: datetime,
    after: int = 0,
    *,
    most_series: int = SERIES_A_BITE,
    most_packs: int = PACKS_A_BITE,
) -> Bite:
    """Delete what is older than its time, of the next few series."""
    rows = w.cx.execute(
        select(series.c.id, series.c.span)
        .where(series.c.id > after)
        .order_by(series.c.id)
        .limit(most_series)
    ).all()
    if not rows:
        means = _ms(now - history.means)
        gone = w.cx.execute(delete(reading_event).where(reading_event.c.at_ms < means)).rowcount
        return Bite(None, gone)
    deleted = 0
    for kept in {history.of(Span(span)) for _, span in rows}:
        ids = [series_id for series_id, span in rows if history.of(Span(span)) == kept]
        deleted += _delete(w, ids, _ms(now - kept), most_packs)
    # A long past goes in several bites of the same series.
    full = deleted >= most_packs
    return Bite(after if full else rows[-1].id, deleted)


def prune(record: Record, history: History, now: datetime, **most: int) -> int:
    """All of it, bite by bite, each in a transaction of its own; returns how many rows went."""
    after: int | None = 0
    deleted = 0
    while after is not None:
        with record.write(now) as w:
            after, gone = prune_some(w, history, now, after, **most)
        deleted += gone
    return deleted


def _delete(w: Writing, ids: Sequence[int], before_ms: int, most: int) -> int:
    pack = reading_pack.c
    key = tuple_(pack.series_id, pack.last_ms, pack.number)
    old = (
        select(pack.series_id, pack.last_ms, pack.number)
        .where(pack.series_id.in_(ids), pack.last_ms < before_ms)
        .limit(most)
    )
    return w.cx.execute(delete(reading_pack).where(key.in_(old))).rowcount


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


class Pruning:
    """A chore of the intake: one bite now and then, so that the past never grows for ever."""

    def __init__(
        self, record: Record, history: Callable[[], History], every_s: float = PRUNE_EVERY_S
    ) -> None:
        """`history`: gives what is in use at that moment."""
        self._record, self._history, self._every_s = record, history, every_s
        self._next: float | None = None
        self._after = 0

    def chore(self, clock: float) -> bool:
        """`clock`: one that does not jump, in seconds. Nothing ever waits for it."""
        if self._next is None:
            self._next = clock + self._every_s  # not while everybody starts
        if clock < self._next:
            return False
        self._next = clock + self._every_s
        now = datetime.now(UTC)
        try:
            with self._record.write(now) as w:
                self._after = prune_some(w, self._history(), now, self._after).after or 0
        except UNAVAILABLE:
            pass  # the worker says so; the next turn comes
        return False
