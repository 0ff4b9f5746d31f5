"""警情洪峰: more new incidents than a desk can take in, by ANSI/ISA-18.2. Nothing is hidden by it.

The standard calls it an alarm flood when an operator gets more than 10 new alarms in 10 minutes,
and ends it when there are fewer than 5.
"""

from collections import Counter
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, func, select

from linkage.kinds import ROUTINE_KINDS
from linkage.tables import incident

WINDOW = timedelta(minutes=10)
ON_ABOVE = 10.0
OFF_BELOW = 5.0
SHOWN = 3  # of the kinds and sources that make most of it


class News(msgspec.Struct, frozen=True):
    """What was newly opened within the window. `kinds`, `sources`: the most frequent first."""

    count: int
    kinds: tuple[tuple[str, int], ...] = ()
    sources: tuple[tuple[str, int], ...] = ()


class Flood(msgspec.Struct, frozen=True, kw_only=True):
    """The meter as it stands. `rate`: new incidents in 10 minutes for each desk."""

    on: bool
    rate: float
    desks: int
    since: datetime | None = None
    peak: float = 0.0
    peak_at: datetime | None = None
    kinds: tuple[tuple[str, int], ...] = ()
    sources: tuple[tuple[str, int], ...] = ()


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """A flood that is over."""

    began: datetime
    ended: datetime
    peak: float
    desks: int


def measure(before: Flood | None, news: News, desks: int, now: datetime) -> Flood:
    """Pure. On above 10, off below 5; between the two it stays as it was."""
    rate = news.count / desks
    was_on = before is not None and before.on
    on = rate >= OFF_BELOW if was_on else rate > ON_ABOVE
    shown = {"rate": rate, "desks": desks, "kinds": news.kinds, "sources": news.sources}
    if not on:
        return Flood(on=False, **shown)  # type: ignore[arg-type]
    if not was_on or before is None:
        return Flood(on=True, since=now, peak=rate, peak_at=now, **shown)  # type: ignore[arg-type]
    higher = rate > before.peak
    return Flood(
        on=True,
        since=before.since,
        peak=rate if higher else before.peak,
        peak_at=now if higher else before.peak_at,
        **shown,  # type: ignore[arg-type]
    )


def passed(before: Flood | None, after: Flood, now: datetime) -> Passed | None:
    """The flood that ended between the two readings."""
    if before is None or not before.on or after.on or before.since is None:
        return None
    return Passed(began=before.since, ended=now, peak=before.peak, desks=before.desks)


def news(cx: Connection, now: datetime) -> News:
    """New incidents of the last 10 minutes that a desk sees: no exercise, no everyday call.

    Our own findings are among them: a desk reads them in the queue like any other.
    """
    # Counted by the database: a storm opens hundreds of thousands in ten minutes.
    groups = cx.execute(
        select(incident.c.kind, incident.c.source_ids, func.count())
        .where(
            incident.c.opened_at > now - WINDOW,
            incident.c.opened_at <= now,
            incident.c.exercise.is_(False),
            incident.c.kind.not_in([kind.value for kind in ROUTINE_KINDS]),
        )
        .group_by(incident.c.kind, incident.c.source_ids)
    )
    kinds: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    for kind, source_ids, count in groups:
        kinds[kind] += count
        sources[msgspec.json.decode(source_ids)[0]] += count
    shown = (tuple(kinds.most_common(SHOWN)), tuple(sources.most_common(SHOWN)))
    return News(kinds.total(), *shown)
