"""就近力量: which units can be sent, the nearest first; each with its reason, and who cannot. Pure.

The distance is as the crow flies and says so: no road network stands behind it.
"""

import math
from collections.abc import Iterable
from datetime import datetime

import msgspec

from linkage.alerts import Point
from linkage.response.unit_states import Readiness, UnitStates

EARTH_M = 6_371_008.8  # mean radius


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A unit as it last reported itself. `booked`: where the desk has sent it. `area`: GB/T 2260
    of where it is."""

    agency_id: str
    unit_id: str
    label: str
    state: str
    point: Point | None
    area: str | None
    reported_at: datetime
    booked: str | None = None


class Candidate(msgspec.Struct, frozen=True):
    unit: Known
    metres: float
    age_s: float
    readiness: Readiness

    @property
    def reason(self) -> str:
        """直线 2.3 公里，“待命”，位置 12 秒前"""
        state = f"“{self.unit.state}”"
        if self.readiness is Readiness.UNKNOWN:
            state += f"（{self.readiness.label}，请先询问）"
        return f"直线 {far(self.metres)}，{state}，位置 {int(self.age_s)} 秒前"


class Skipped(msgspec.Struct, frozen=True):
    unit: Known
    why: str


class Nearest(msgspec.Struct, frozen=True):
    """`short`: how many of those wanted nobody can give."""

    candidates: tuple[Candidate, ...]
    skipped: tuple[Skipped, ...]
    short: int

    @property
    def words(self) -> str:
        if not self.short:
            return ""
        return f"可调派力量不足：还缺 {self.short} 个，请向其他单位提出需求。"


def nearest(
    scene: Point, units: Iterable[Known], now: datetime, states: UnitStates, *, wanted: int = 1
) -> Nearest:
    """Free ones before those whose state we cannot read; among them the nearest first."""
    found, skipped = [], []
    for unit in units:
        why = why_not(unit, now, states)
        if why or unit.point is None:
            skipped.append(Skipped(unit, why or "没有位置"))
            continue
        age = max(0.0, (now - unit.reported_at).total_seconds())
        found.append(Candidate(unit, metres(scene, unit.point), age, states.readiness(unit.state)))
    found.sort(key=lambda c: (c.readiness is not Readiness.FREE, c.metres, c.unit.unit_id))
    free = sum(one.readiness is Readiness.FREE for one in found)
    return Nearest(tuple(found[: states.near]), tuple(skipped), max(0, wanted - free))


def why_not(unit: Known, now: datetime, states: UnitStates) -> str:
    """Why a unit is not proposed; empty when it can be."""
    if unit.booked is not None:
        return f"已调派到事件 {unit.booked}"
    readiness = states.readiness(unit.state)
    if readiness in {Readiness.BUSY, Readiness.OFF}:
        return f"自报“{unit.state}”，{readiness.label}"
    age = (now - unit.reported_at).total_seconds()
    if age > states.stale_s:
        return f"位置已过时（{int(age // 60)} 分钟前）"
    return ""


def metres(a: Point, b: Point) -> float:
    """As the crow flies: haversine on the mean radius, good to half a per cent."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    north, east = lat_b - lat_a, math.radians(b.lon - a.lon)
    h = math.sin(north / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(east / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(h))


def away(start: Point, bearing: float, distance_m: float) -> tuple[float, float]:
    """Lon and lat of the place `distance_m` from `start` on the great circle of `bearing`."""
    lat, lon = math.radians(start.lat), math.radians(start.lon)
    turn, angle = math.radians(bearing), distance_m / EARTH_M
    sine = math.sin(lat) * math.cos(angle) + math.cos(lat) * math.sin(angle) * math.cos(turn)
    east = math.atan2(
        math.sin(turn) * math.sin(angle) * math.cos(lat), math.cos(angle) - math.sin(lat) * sine
    )
    return math.degrees(lon + east), math.degrees(math.asin(sine))


def far(metres_: float) -> str:
    """850 米, 2.3 公里."""
    return f"{metres_:.0f} 米" if metres_ < 1000 else f"{metres_ / 1000:.1f} 公里"
