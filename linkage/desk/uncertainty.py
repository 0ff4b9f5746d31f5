"""位置误差: how far from its marker an incident may be. Pure.

A marker looks as sure as a marker can; the circle around it says what the source really knew.
"""

import msgspec

from linkage.alerts import Point
from linkage.areas import SEATS, area_code, reach_m
from linkage.response.nearest import far, metres
from linkage.vocabulary import PositionNote

# Two decimals of a degree (ingest/position.py calls that coarse): 0.56 km north or south and
# 0.46 km east or west at this latitude, 0.72 km at a corner; rounded up.
GRID_M = 800
# The seat of a district, within the ten metres by which it was recognised and the map's own error.
_SEAT_M = 600
# A stated error below this is drawn smaller than the marker itself; above, it is a slip of the pen.
LEAST_M, MOST_M = 20, 60_000
FACT = "position_radius_m"  # what a source states: the radius of a base station, of a satellite fix


class Rough(msgspec.Struct, frozen=True):
    """The true place lies within `metres` of the marker, as far as anybody said; and why."""

    metres: int
    why: str


def rough(note: PositionNote, point: Point | None, stated_m: object = None) -> Rough | None:
    """None: as good as the marker shows, or no marker at all. What the source states goes before
    what we make of its numbers, unless that is wider."""
    if point is None:
        return None
    guess = _guess(point) if note is PositionNote.COARSE else None
    stated = _metres(stated_m)
    if stated is not None and (guess is None or stated >= guess.metres):
        return Rough(stated, f"来源报定位误差 {far(stated)}")
    return guess


def _guess(point: Point) -> Rough:
    if any(metres(point, Point(*seat)) <= _SEAT_M for seat in SEATS):
        reach = reach_m(None if _is_city(point) else area_code(point))
        return Rough(
            reach, "坐标是政府驻地，多为地图服务认不出地址时的默认点，可能在辖区内任何地方"
        )
    return Rough(GRID_M, "坐标只有两位小数，约一公里见方")


def _is_city(point: Point) -> bool:
    return metres(point, Point(*SEATS[0])) <= _SEAT_M


def _metres(stated: object) -> int | None:
    """As a number or as text of one; nothing that is no distance."""
    try:
        found = float(stated)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    if isinstance(stated, bool) or not LEAST_M <= found <= MOST_M:
        return None
    return round(found)
