"""测站: the latest of every station for the live map, and the past day of one for its chart.

Read side only. Rows carry codes and numbers; names and words go to a screen once.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, select

from linkage.reading_tables import series
from linkage.readings.clock import LENGTH_S
from linkage.readings.history import samples
from linkage.readings.telemetry import Telemetry
from linkage.readings.thresholds import Rule
from linkage.vocabulary import Quality, Severity, Span

# Where no rule says when a factor's value is too old to be shown as the present.
STALE_S = 3600.0
PAST = timedelta(hours=24)


class LiveReading(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The latest of one factor. Times are epoch seconds; a mean is of when its span ended."""

    factor: str
    span: str
    value: float | None
    unit: str
    at: int
    quality: str
    severity: str  # of the level that stands; "" for none
    fault: str


class LiveStation(msgspec.Struct, frozen=True, gc=False):
    """One station. `lon`, `lat`: as its payloads say, if they do; `words` know the registered."""

    id: str  # source/station
    lon: float | None
    lat: float | None
    received_at: int
    severity: str  # the worst that stands
    exercise: bool
    readings: list[LiveReading]


_COLUMNS = (
    series.c.source_id,
    series.c.station_id,
    series.c.exercise,
    series.c.factor,
    series.c.span,
    series.c.value,
    series.c.unit,
    series.c.measured_ms,
    series.c.received_ms,
    series.c.quality,
    series.c.severity,
    series.c.fault,
    series.c.lon,
    series.c.lat,
)
_ORDER = (series.c.source_id, series.c.station_id, series.c.exercise)


def stations_since(cx: Connection, seen: int) -> list[LiveStation]:
    """Every station of which a reading came after feed revision `seen`, whole."""
    news = series.alias()
    told = (
        select(news.c.station_id, news.c.source_id, news.c.exercise)
        .where(news.c.revision > seen)
        .distinct()
        .subquery()
    )
    here = series.c
    rows = cx.execute(
        select(*_COLUMNS)
        .join_from(
            told,
            series,
            and_(
                here.station_id == told.c.station_id,
                here.source_id == told.c.source_id,
                here.exercise == told.c.exercise,
            ),
        )
        .order_by(*_ORDER)
    )
    return [_station(list(group)) for _, group in groupby(rows, key=lambda row: tuple(row)[:3])]


def _station(rows: list[Any]) -> LiveStation:
    first = rows[0]
    newest: dict[str, Any] = {}
    for row in sorted(rows, key=_ended_at):
        newest[row.factor] = row  # the later one stands
    placed = next((row for row in reversed(rows) if row.lon is not None), first)
    return LiveStation(
        id=f"{first.source_id}/{first.station_id}" + ("/drill" if first.exercise else ""),
        lon=placed.lon,
        lat=placed.lat,
        received_at=max(row.received_ms for row in rows) // 1000,
        severity=_worst(row.severity for row in rows),
        exercise=bool(first.exercise),
        readings=[_reading(newest[factor]) for factor in sorted(newest)],
    )


def _ended_at(row: Any) -> float:
    return float(row.measured_ms / 1000 + LENGTH_S[Span(row.span)])


def _reading(row: Any) -> LiveReading:
    ended = _ended_at(row)
    # A clock that runs ahead must not make a reading young for hours.
    at = min(ended, row.received_ms / 1000)
    return LiveReading(
        row.factor, row.span, row.value, row.unit, int(at), row.quality, row.severity, row.fault
    )


def _worst(severities: Iterable[str]) -> str:
    standing = [Severity(severity) for severity in severities if severity]
    return max(standing, key=lambda s: s.rank).value if standing else ""


class Limit(msgspec.Struct, frozen=True):
    """A level of the rule, for a line in the chart."""

    word: str
    value: float
    severity: str
    basis: str


class Past(msgspec.Struct, frozen=True):
    """One series over the past day. `samples`: (epoch seconds, value, quality)."""

    factor: str
    span: str
    unit: str
    limits: list[Limit]
    samples: list[tuple[int, float | None, Quality]]


def past_day(
    cx: Connection, telemetry: Telemetry, station: str, now: datetime, *, back: bool = False
) -> list[Past]:
    """Of a station by its id in the feed; empty where nobody knows it. `back`: `now` is long
    past, and what was measured since is left out."""
    until_ms = now.timestamp() * 1000
    source_id, _, rest = station.partition("/")
    station_id = rest.removesuffix("/drill")
    rows = cx.execute(
        select(series.c.id, series.c.factor, series.c.span, series.c.unit)
        .where(
            series.c.source_id == source_id,
            series.c.station_id == station_id,
            series.c.exercise.is_(rest != station_id),
        )
        .order_by(series.c.factor, series.c.id)
    ).all()
    found = []
    for row in rows:
        told = samples(cx, row.id, now - PAST)
        rule = telemetry.rule_for(source_id, station_id, row.factor)
        points = [(s.ms // 1000, s.value, s.quality) for s in told if not back or s.ms <= until_ms]
        if points:
            found.append(Past(row.factor, row.span, row.unit, _limits(rule, row.unit), points))
    return found


def _limits(rule: Rule | None, unit: str) -> list[Limit]:
    if rule is None or rule.unit != unit:
        return []
    return [Limit(one.word, one.limit, one.severity.value, one.basis) for one in rule.levels]


def stale_after(telemetry: Telemetry, source_id: str, station_id: str, factor: str) -> float:
    rule = telemetry.rule_for(source_id, station_id, factor)
    return rule.stale_s if rule else STALE_S
