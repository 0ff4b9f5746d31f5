"""圈选: an outline that an officer drew, how large it is, and what lies inside. Pure.

The browser lists what it draws (dashboard/live_layer/inside.js) by these same formulas; what is
exported is reckoned here, from the record.
"""

import math
from collections.abc import Iterable
from typing import Any

import msgspec
import shapely

from linkage.alerts import Point
from linkage.errors import NotAllowed
from linkage.response.nearest import EARTH_M, away, far, metres

LEAST_M, MOST_M = 10, 100_000
MOST_CORNERS = 200
_LEAST_DEG2 = 1e-8  # ten metres square, in degrees: all corners in a row enclose less
# What the map covers, with some of the sea: an outline elsewhere is none that was drawn here.
_WEST, _EAST, _SOUTH, _NORTH = 116.0, 123.0, 32.0, 37.0


class Circle(msgspec.Struct, frozen=True, tag_field="form", tag="circle"):
    lon: float
    lat: float
    radius_m: float


class Ring(msgspec.Struct, frozen=True, tag_field="form", tag="ring"):
    """Corners, lon and lat, the last joined to the first."""

    corners: tuple[tuple[float, float], ...]


Outline = Circle | Ring


def read_outline(raw: object) -> Outline:
    """What a browser sent. Raises NotAllowed with a sentence for the screen."""
    try:
        found: Outline = msgspec.convert(raw, Outline)
    except msgspec.ValidationError as why:
        raise NotAllowed("圈选范围无法识别，请重新画一次。") from why
    if isinstance(found, Circle):
        _check_place(found.lon, found.lat)
        if not LEAST_M <= found.radius_m <= MOST_M:
            raise NotAllowed("圆的半径应在 10 米到 100 公里之间，请修改半径。")
        return found
    if not 3 <= len(found.corners) <= MOST_CORNERS:
        raise NotAllowed(f"多边形应有 3 到 {MOST_CORNERS} 个顶点，请重新画一次。")
    for lon, lat in found.corners:
        _check_place(lon, lat)
    if not _polygon(found).is_valid or _polygon(found).area < _LEAST_DEG2:
        raise NotAllowed("多边形的边互相交叉或面积为零，请拖动顶点改正。")
    return found


def contains(outline: Outline, point: Point) -> bool:
    """Its edge counts as inside."""
    return bool(within(outline, [point]))


def within(outline: Outline, points: Iterable[Point | None]) -> list[int]:
    """Which of `points` lie inside, by their numbers; who has no position lies nowhere."""
    located = [(n, point) for n, point in enumerate(points) if point is not None]
    if isinstance(outline, Circle):
        middle = Point(outline.lon, outline.lat)
        return [n for n, point in located if metres(middle, point) <= outline.radius_m]
    area = _polygon(outline)
    shapely.prepare(area)
    return [n for n, point in located if shapely.intersects_xy(area, point.lon, point.lat)]


def centre(outline: Outline) -> Point:
    """Of a polygon its centre of area: distances are told from here."""
    if isinstance(outline, Circle):
        return Point(outline.lon, outline.lat)
    middle = _polygon(outline).centroid
    return Point(middle.x, middle.y)


def km2(outline: Outline) -> float:
    """On the sphere: a cap for a circle; for a polygon the sum of Chamberlain and Duquette, 2007
    (JPL 07-3, equation for small polygons)."""
    if isinstance(outline, Circle):
        return 2 * math.pi * EARTH_M**2 * (1 - math.cos(outline.radius_m / EARTH_M)) / 1e6
    total = 0.0
    for (lon, lat), (lon_2, lat_2) in zip(
        outline.corners, (*outline.corners[1:], outline.corners[0]), strict=True
    ):
        sines = math.sin(math.radians(lat)) + math.sin(math.radians(lat_2))
        total += math.radians(lon_2 - lon) * (2 + sines)
    return abs(total) * EARTH_M**2 / 2 / 1e6


def in_words(outline: Outline) -> str:
    """For a heading and for the log: 圆形，半径 3.0 公里，28.27 平方公里。"""
    size = f"{km2(outline):.2f} 平方公里"
    if isinstance(outline, Circle):
        middle = f"{outline.lon:.5f}, {outline.lat:.5f}"
        return f"圆形，圆心 {middle}，半径 {far(outline.radius_m)}，{size}"
    middle_at = centre(outline)
    middle = f"{middle_at.lon:.5f}, {middle_at.lat:.5f}"
    return f"多边形，{len(outline.corners)} 个顶点，中心 {middle}，{size}"


def geometry(outline: Outline) -> dict[str, Any]:
    """GeoJSON knows no circle: a polygon of 72 corners stands for it."""
    if isinstance(outline, Circle):
        middle = Point(outline.lon, outline.lat)
        corners = tuple(away(middle, -5.0 * n, outline.radius_m) for n in range(72))
    else:
        corners = outline.corners
    ring = shapely.LinearRing(corners)
    closed = list(ring.coords) if ring.is_ccw else list(ring.coords)[::-1]  # RFC 7946 §3.1.6
    return {"type": "Polygon", "coordinates": [[list(corner) for corner in closed]]}


def _check_place(lon: float, lat: float) -> None:
    if not (_WEST <= lon <= _EAST and _SOUTH <= lat <= _NORTH):  # a NaN is refused as well
        raise NotAllowed("圈选范围不在本市及周边，请在地图上重新画一次。")


def _polygon(ring: Ring) -> shapely.Polygon:
    return shapely.Polygon(ring.corners)
