"""Which district a position lies in. GB/T 2260 codes, by point in polygon.

The boundaries are generalised (data/basemap), so a point a little outside the last district,
as the shore at 田湾 is, still counts as that district.
"""

import json
import math
from pathlib import Path

import shapely
from shapely.geometry import shape

from linkage.alerts import Point

_FILE = (
    Path(__file__).parents[1] / "data" / "basemap" / "lianyungang_districts_tianditu_wgs84.geojson"
)
_CELL = 0.01  # degrees, about 1 km: a cell wholly inside one district needs no geometry
_NEAR = 0.005  # degrees, about 500 m: the error of the boundaries
_DEGREE_M = 111_195  # of latitude
# Older and statistical codes that still arrive → the district that is meant.
_ALIASES = {
    "320705": "320706",  # 新浦区, until 2014
    "320721": "320707",  # 赣榆县, until 2014
    "320771": "320703",  # 经济技术开发区: statistical code, its streets lie in 连云区
}


# The seat of the city and of each district as map services answer where they know no better,
# WGS-84 (domain: the administrative centres of the map service, turned from GCJ-02).
SEATS = (
    (119.216072, 34.597681),  # 市
    (119.333143, 34.761041),
    (119.157852, 34.573224),
    (119.167666, 34.842060),
    (118.747375, 34.543409),
    (119.233894, 34.285622),
    (119.310124, 34.088385),
)


def _read() -> tuple[dict[str, str], dict[str, shapely.Geometry]]:
    features = json.loads(_FILE.read_text(encoding="utf-8"))["features"]
    features.sort(key=lambda f: f["properties"]["adcode"])
    names = {f["properties"]["adcode"]: f["properties"]["name"] for f in features}
    shapes = {f["properties"]["adcode"]: shape(f["geometry"]) for f in features}
    return names, shapes


AREAS, _SHAPES = _read()  # code → name, code → polygons


def area_code(point: Point | None) -> str | None:
    """The district of a position, or None: no position, or at sea, or beyond the city."""
    if point is None:
        return None
    code = (_cells or _raster()).get((int(point.lon / _CELL), int(point.lat / _CELL)))
    return _exactly(point) if code == "" else code


def named_area(text: str) -> str | None:
    """The district that a division code of six or more digits names, or None."""
    code = text[:6]
    code = _ALIASES.get(code, code)
    return code if code in AREAS else None


def reach_m(code: str | None) -> int:
    """The radius of the circle that is as large as a district, or as the whole city (None)."""
    found = [_SHAPES[code]] if code in _SHAPES else list(_SHAPES.values())
    square = sum(area.area for area in found) * _DEGREE_M**2 * math.cos(math.radians(34.55))
    return round(math.sqrt(square / math.pi))


# Cell → its district; "" where a border or the shore is near; no entry far outside.
_cells: dict[tuple[int, int], str] = {}


def _raster() -> dict[tuple[int, int], str]:
    """Fill `_cells`, at the first question: 0.1 s."""
    west, south, east, north = shapely.total_bounds(list(_SHAPES.values()))
    cells = [
        (column, row)
        for column in range(int(west / _CELL) - 1, int(east / _CELL) + 2)
        for row in range(int(south / _CELL) - 1, int(north / _CELL) + 2)
    ]
    boxes = shapely.box(
        [c * _CELL for c, _ in cells],
        [r * _CELL for _, r in cells],
        [(c + 1) * _CELL for c, _ in cells],
        [(r + 1) * _CELL for _, r in cells],
    )
    found: dict[tuple[int, int], str] = {}
    for code, area in _SHAPES.items():
        shapely.prepare(area)
        near = area.buffer(_NEAR)
        shapely.prepare(near)
        inside = shapely.contains_properly(area, boxes)
        touched = shapely.intersects(near, boxes)
        for cell, is_inside, is_touched in zip(cells, inside, touched, strict=True):
            if is_inside:
                found[cell] = code
            elif is_touched:
                found.setdefault(cell, "")
    _cells.update(found)  # in one step: another thread sees all of it or nothing
    return _cells


def _exactly(point: Point) -> str | None:
    for code, area in _SHAPES.items():
        if shapely.intersects_xy(area, point.lon, point.lat):
            return code
    here = shapely.Point(point.lon, point.lat)
    apart, code = min((area.distance(here), code) for code, area in _SHAPES.items())
    return code if apart <= _NEAR else None
