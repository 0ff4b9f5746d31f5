"""Whether a place lies inside the outline of a warning."""

from functools import lru_cache
from math import cos, hypot, radians

import msgspec
import shapely

from linkage.alerts import Point, Shape

_KM = 111.2  # of a degree of latitude
_shapes = msgspec.json.Decoder(list[Shape]).decode


@lru_cache(maxsize=256)
def _polygon(ring: tuple[tuple[float, float], ...]) -> shapely.Polygon:
    """Asked of thousands of incidents, made once."""
    made = shapely.Polygon(ring)
    shapely.prepare(made)
    return made


def outlined(shapes: str | None, at: Point | None) -> bool:
    """`shapes`: as `warning.shapes` holds them. What is drawn by its middle only holds no place."""
    if not shapes or at is None:
        return False
    return any(holds(shape, at) for shape in _shapes(shapes))


def holds(shape: Shape, at: Point | None) -> bool:
    if at is None:
        return False
    if shape.ring:
        return bool(shapely.intersects_xy(_polygon(shape.ring), at.lon, at.lat))
    if shape.km and shape.lon is not None and shape.lat is not None:
        east = (at.lon - shape.lon) * cos(radians(shape.lat))
        return hypot(east, at.lat - shape.lat) * _KM <= shape.km
    return False
