"""每周抖动清单: which sensors alarm too often, too briefly or without end. ISA-18.2-2016 §16.

Nobody's alarm is turned off by it: the department repairs the sensor or moves its threshold.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from linkage.reading_tables import reading_event, series
from linkage.readings.judge import Change, Fault
from linkage.readings.telemetry import Telemetry

WEEK = timedelta(days=7)
# ISA-18.2: an alarm that clears before anybody could act on it; one that stands for a day.
FLEETING_S = 120.0
STANDING = timedelta(hours=24)
_UPWARD = {Change.OPENS.value, Change.RAISES.value}


class Chatter(msgspec.Struct, kw_only=True):
    """One sensor's week. `crossings` = told + `folded`; `standing_since`: its alarm that does not
    end; `fault`: what it is suspected of now, since `fault_since`."""

    source_id: str
    station_id: str
    station: str
    factor: str
    crossings: int = 0
    folded: int = 0
    fleeting: int = 0
    stuck: int = 0
    flapping: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    fault: Fault = Fault.NONE
    fault_since: datetime | None = None
    standing_since: datetime | None = None

    @property
    def told(self) -> int:
        return self.crossings - self.folded

    @property
    def now(self) -> str:
        """How it is at present."""
        if self.fault:
            return self.fault.label
        return "长期越限" if self.standing_since else "已恢复"

    @property
    def remedy(self) -> str:
        """What the department should do, worst first."""
        if self.fault is Fault.STUCK or self.stuck:
            return "检修传感器：读数长时间不变"
        if self.standing_since is not None:
            return "越限已超过 24 小时：处置，或核对阈值"
        if self.flapping or self.folded:
            return "检修传感器，或拉开阈值与解除值的距离"
        if self.fleeting * 2 >= self.crossings:
            return "延长最短持续时间，滤去瞬时波动"
        return "核对阈值"


def chatter(
    cx: Connection, telemetry: Telemetry, now: datetime, over: timedelta = WEEK
) -> list[Chatter]:
    """Worst first: suspected of a fault, then by crossings. Sensors that behaved are not in it."""
    since = _ms(now - over)
    found: dict[int, Chatter] = {}
    rows = {
        row.id: row
        for row in cx.execute(
            select(
                series.c.id,
                series.c.source_id,
                series.c.station_id,
                series.c.factor,
                series.c.fault,
                series.c.fault_since_ms,
                series.c.level_since_ms,
            ).where(series.c.exercise.is_(False))
        )
    }
    for event in cx.execute(
        select(reading_event).where(reading_event.c.at_ms >= since).order_by(reading_event.c.id)
    ):
        if event.series_id in rows:
            one = found.setdefault(event.series_id, _sensor(rows[event.series_id], telemetry))
            _count(one, event)
    for series_id, row in rows.items():
        standing = row.level_since_ms is not None and _at(row.level_since_ms) <= now - STANDING
        if row.fault or standing:
            one = found.setdefault(series_id, _sensor(row, telemetry))
            one.fault = Fault(row.fault)
            one.fault_since = _at(row.fault_since_ms) if row.fault else None
            one.standing_since = _at(row.level_since_ms) if standing else None
    return sorted(found.values(), key=_worst)


def worth_a_look(sensors: Iterable[Chatter]) -> list[Chatter]:
    """Those that should be repaired or set anew; a real alarm or two is no chatter."""
    return [
        one
        for one in sensors
        if one.fault
        or one.standing_since
        or one.stuck
        or one.folded
        or one.fleeting >= 2
        or one.crossings >= 5
    ]


def _count(one: Chatter, event: Any) -> None:
    at = _at(event.at_ms)
    one.first_at, one.last_at = one.first_at or at, at
    if event.change in _UPWARD:
        one.crossings += 1
        one.folded += not event.told
    elif event.change == Change.CLEARS.value:
        one.fleeting += event.lasted_s is not None and event.lasted_s <= FLEETING_S
    elif event.change == Fault.STUCK.value:
        one.stuck += 1
    elif event.change == Fault.FLAPPING.value:
        one.flapping += 1


def _sensor(row: Any, telemetry: Telemetry) -> Chatter:
    station = telemetry.station_of(row.source_id, row.station_id)
    return Chatter(
        source_id=row.source_id,
        station_id=row.station_id,
        station=station.name if station else f"未登记测站 {row.station_id}",
        factor=telemetry.factor_name(row.factor),
    )


def _worst(one: Chatter) -> tuple[bool, bool, int, str, str]:
    return (
        one.fault is Fault.NONE,
        one.standing_since is None,
        -one.crossings,
        one.station,
        one.factor,
    )


def _at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
