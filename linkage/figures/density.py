"""密度: incidents per square kilometre, counted in the database on a grid of squares."""

from math import cos, radians

import msgspec
from sqlalchemy import Connection, and_, func, select

from linkage.figures.portable import cell
from linkage.figures.selection import Selection, conditions
from linkage.tables import incident
from linkage.vocabulary import PositionNote

# More cells than this make a slow map and no clearer one: the grid is made coarser instead.
MOST_CELLS = 5_000
SIZES_KM = (0.5, 1.0, 2.0, 5.0, 10.0)
# One degree in kilometres at the latitude of 连云港 (34.6°): east to west, and north to south.
_EAST_KM = 111.32 * cos(radians(34.6))
_NORTH_KM = 110.93


class Cell(msgspec.Struct, frozen=True, gc=False):
    """One square of the grid: its south-west corner, and how many incidents lie in it."""

    west: float
    south: float
    count: int


class Density(msgspec.Struct, frozen=True, kw_only=True):
    """`elsewhere`: with a position that is not to be trusted or lies outside the city; those and
    the `unlocated` are in no cell. Cells: fullest first."""

    size_km: float
    cells: tuple[Cell, ...]
    counted: int
    elsewhere: int
    unlocated: int

    @property
    def width(self) -> float:
        return self.size_km / _EAST_KM

    @property
    def height(self) -> float:
        return self.size_km / _NORTH_KM

    def per_km2(self, count: int) -> float:
        return count / self.size_km**2


def density(cx: Connection, selection: Selection, size_km: float) -> Density:
    """On squares of `size_km`, or larger ones if there would be more than MOST_CELLS."""
    row = incident.c
    usable = and_(row.position_note == PositionNote.EXACT, row.lon.is_not(None))
    sizes = [size for size in SIZES_KM if size >= size_km] or [size_km]
    for size in sizes:
        width, height = size / _EAST_KM, size / _NORTH_KM
        column, line = cell(row.lon, width), cell(row.lat, height)
        query = (
            select(column, line, func.count())
            .where(*conditions(selection), usable)
            .group_by(column, line)
            .order_by(func.count().desc(), column, line)
            .limit(MOST_CELLS + 1)
        )
        found = cx.execute(query).all()
        if len(found) <= MOST_CELLS:
            break
    count = select(func.count(), func.count(row.lon)).where(*conditions(selection))
    total, located = cx.execute(count).one()
    counted = sum(n for _, _, n in found)
    return Density(
        size_km=size,
        cells=tuple(Cell(x * width - 180, y * height - 180, n) for x, y, n in found),
        counted=counted,
        elsewhere=located - counted,
        unlocated=total - located,
    )
