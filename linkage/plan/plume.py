"""下风向示意: a sector downwind of a release, as a rough aid. Pure; no dispersion is reckoned.

Basis, all to be confirmed by the city's own experts (待核):
- The zone to protect is at least as wide as it is long, as in the table of inhalation hazards of
  ERG 2020: half of the angle is never less than atan(1/2), 26.6°.
- The wind turns: 2.15 standard deviations of its direction hold nine tenths of a normal plume. The
  deviation by stability class is that of US NRC Regulatory Guide 1.23 (1972), A 25° to F 2.5°.
- Stability by wind and sky is Pasquill's table (1961); of two classes the less stable, whose
  sector is the wider.
- Below 2 m/s the wind has no steady direction: at least 45° to each side; below 1 m/s none at all:
  the whole circle.
"""

import math
from collections.abc import Iterable
from datetime import datetime

import msgspec

from linkage.alerts import Point
from linkage.response.nearest import away
from linkage.vocabulary import Labelled

CAVEAT = "粗略示意，不能代替现场侦检和扩散计算"
CALM_MS, LIGHT_MS = 1.0, 2.0
NARROWEST_DEG = math.degrees(math.atan(0.5))
LIGHT_DEG = 45.0
NINE_TENTHS = 2.15
TURNS = {"A": 25.0, "B": 20.0, "C": 15.0, "D": 10.0, "E": 5.0, "F": 2.5}
LEAST_M, MOST_M = 50, 20_000
# Guide 111 of ERG 2020, substance not known (待核).
UNKNOWN_ISOLATE_M = 100
USUAL_LENGTH_M = 1_000
# A reading older than this is no present wind; a station further off has another one.
FRESH_S, NEAR_M = 3_600, 30_000
STEP_DEG = 5.0


class Sky(Labelled):
    """What the sky does to the air near the ground."""

    UNKNOWN = "unknown", "不清楚（按中性）"
    SUN = "sun", "白天，晴"
    HAZE = "haze", "白天，多云"
    OVERCAST = "overcast", "阴天或雨（昼夜）"
    CLOUDY_NIGHT = "cloudy_night", "夜间，多云"
    CLEAR_NIGHT = "clear_night", "夜间，晴"


# Classes for wind below 2, 3, 5, 6 m/s and above.
STEPS_MS = (2.0, 3.0, 5.0, 6.0)
CLASSES = {
    Sky.UNKNOWN: "DDDDD",
    Sky.SUN: "AABCC",
    Sky.HAZE: "BCCDD",
    Sky.OVERCAST: "DDDDD",
    Sky.CLOUDY_NIGHT: "EEDDD",
    Sky.CLEAR_NIGHT: "FFEDD",
}


class Wind(msgspec.Struct, frozen=True):
    """`from_deg`: where it comes FROM, from north, clockwise, as every weather report says it."""

    from_deg: float
    speed_ms: float


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A wind on record. `speed_ms` None: the station does not measure it. `metres`: to the scene.

    `doubt`: why it is not taken without asking; empty when it is."""

    name: str
    from_deg: float
    speed_ms: float | None
    at: datetime
    metres: float
    doubt: str = ""


class Plume(msgspec.Struct, frozen=True, kw_only=True):
    """`axis_deg`: where it drifts TO. `ring`: sector and isolation circle as one, lon and lat."""

    axis_deg: float
    half_deg: float  # 180: no direction
    stability: str
    length_m: float
    isolate_m: float
    ring: tuple[tuple[float, float], ...]
    why: str


def plume(
    scene: Point, wind: Wind, sky: Sky, length_m: float, isolate_m: float = UNKNOWN_ISOLATE_M
) -> Plume:
    """The ground downwind that may be reached, out to `length_m`, with `isolate_m` all around."""
    length_m = max(length_m, isolate_m)
    axis = (wind.from_deg + 180) % 360
    stability, half, why = spread(wind.speed_ms, sky)
    ring = _ring(scene, axis, half, length_m, isolate_m)
    return Plume(
        axis_deg=axis,
        half_deg=half,
        stability=stability,
        length_m=length_m,
        isolate_m=isolate_m,
        ring=ring,
        why=why,
    )


def spread(speed_ms: float, sky: Sky) -> tuple[str, float, str]:
    """Stability class, half of the sector's angle, and the reason."""
    step = sum(speed_ms >= limit for limit in STEPS_MS)
    stability = CLASSES[sky][step]
    if speed_ms < CALM_MS:
        return stability, 180.0, "静风（不足 1 米/秒），没有稳定的下风向，按四周都可能受影响"
    half = max(NARROWEST_DEG, NINE_TENTHS * TURNS[stability])
    if speed_ms < LIGHT_MS:
        half = max(half, LIGHT_DEG)
        return stability, half, f"微风（不足 2 米/秒），风向不稳，每侧 {half:.0f}°"
    return stability, half, f"大气稳定度按 {stability} 类，每侧 {half:.0f}°"


def judge(found: Iterable[Measured], now: datetime) -> list[Measured]:
    """The winds on record, those to be trusted first, of these the nearest, then the newest."""
    judged = [msgspec.structs.replace(one, doubt=_doubt(one, now)) for one in found]
    return sorted(judged, key=lambda one: (bool(one.doubt), one.metres, -one.at.timestamp()))


def _doubt(one: Measured, now: datetime) -> str:
    age = (now - one.at).total_seconds()
    if age > FRESH_S:
        return f"读数已是 {int(age // 60)} 分钟前的，请核实后手工填写"
    if one.metres > NEAR_M:
        return f"测站在 {one.metres / 1000:.0f} 公里外，风可能不同"
    return "" if one.speed_ms is not None else "没有风速，请补填"


def _ring(
    scene: Point, axis: float, half: float, length_m: float, isolate_m: float
) -> tuple[tuple[float, float], ...]:
    """A keyhole: the far arc between the two edges, the near circle for the rest of the way."""
    if half >= 180:
        return tuple(away(scene, turn, length_m) for turn in _turns(0, 360 - STEP_DEG))
    far_arc = [away(scene, turn, length_m) for turn in _turns(axis - half, axis + half)]
    near = _turns(axis + half, axis - half + 360)
    return (*far_arc, *(away(scene, turn, isolate_m) for turn in near))


def _turns(first: float, last: float) -> list[float]:
    steps = max(1, math.ceil((last - first) / STEP_DEG))
    return [first + (last - first) * n / steps for n in range(steps + 1)]
