"""Where it is: the numbers of a payload → a WGS-84 marker, or a note why there is none."""

import re
from collections.abc import Callable

from linkage.alerts import Point
from linkage.areas import SEATS
from linkage.datum import Datum, bd_to_gcj, gcj_to_wgs, wgs_to_gcj
from linkage.vocabulary import PositionNote

# The city and its waters. A position outside is shown in words, never as a marker.
WEST, EAST, SOUTH, NORTH = 117.5, 120.5, 33.5, 35.5
# GCJ-02 offsets are interpolated between corners of cells this wide, in degrees: within 0.2 m
# of the exact inverse at a tenth of its cost. tests/test_position.py holds the figure.
_CELL = 0.01
# float() takes more than a coordinate on the wire may be: 1_0, nan, infinity. Where that lies in
# the city no harm is done; where it does not, this decides what it is called.
_number = re.compile(r"\s*[+-]?[0-9]{1,9}(\.[0-9]{0,20})?\s*").fullmatch

Convert = Callable[[float, float], tuple[float, float]]
Position = tuple[Point | None, tuple[float, float] | None, PositionNote]
MISSING: Position = (None, None, PositionNote.MISSING)
UNREADABLE: Position = (None, None, PositionNote.UNREADABLE)


def position(x: object, y: object, to_wgs84: Convert) -> Position:
    """Longitude and latitude as sent → marker or none, the numbers as sent, and a note.

    Never raises: a call without a usable position is still a call.
    """
    try:
        lon, lat = float(x), float(y)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return _without_marker(x, y, to_wgs84)
    if WEST <= lon <= EAST and SOUTH <= lat <= NORTH:
        x, y = to_wgs84(lon, lat)
        note = PositionNote.EXACT
        # Two decimals are a kilometre: a village, a map's grid, no place to send an engine to.
        grid = int(lon * 1e6 + 0.5) % 10_000 == 0 and int(lat * 1e6 + 0.5) % 10_000 == 0
        if grid or (int(x * 1e3) in _SEAT_COLUMNS and _ten_metres(x, y) in _SEATS):
            note = PositionNote.COARSE
        return Point(x, y), (lon, lat), note
    return _without_marker(x, y, to_wgs84)


def _ten_metres(lon: float, lat: float) -> int:
    return int(lon * 1e4) * 10_000_000 + int(lat * 1e4)


# A district's seat to ten metres is what a map service answers for a place it does not know; also
# where its GCJ-02 was passed on as it was.
_SEATS = frozenset(
    _ten_metres(lon, lat) + east * 10_000_000 + north
    for seat in SEATS
    for lon, lat in (seat, wgs_to_gcj(*seat))
    for east in (-1, 0, 1)
    for north in (-1, 0, 1)
)
_SEAT_COLUMNS = frozenset(ten_metres // 10_000_000 // 10 for ten_metres in _SEATS)


def _without_marker(x: object, y: object, to_wgs84: Convert) -> Position:
    """Why these numbers are no place in the city: missing, zero, swapped, outside, no numbers."""
    if x is None or x == "":
        return MISSING if y is None or y == "" else UNREADABLE
    lon, lat = _degrees(x), _degrees(y)
    if lon is None or lat is None:
        return UNREADABLE
    sent = (lon, lat)
    if lon == 0 or lat == 0:
        return None, sent, PositionNote.ZERO
    if WEST <= lat <= EAST and SOUTH <= lon <= NORTH:
        # Longitude and latitude cannot be confused here, so the swap is undone, with a note.
        return Point(*to_wgs84(lat, lon)), sent, PositionNote.SWAPPED
    return None, sent, PositionNote.OUTSIDE


def converter(datum: str) -> Convert:
    """The way from a datum to WGS-84 for positions inside the city's box."""
    return _CONVERTERS[Datum(datum)]


def _degrees(value: object) -> float | None:
    if type(value) is str:
        return float(value) if _number(value) else None
    if type(value) is float or type(value) is int:
        return float(value) if abs(value) < 1e9 else None
    return None


Offsets = tuple[float, float, float, float, float, float, float, float]
_corners: dict[tuple[int, int], tuple[float, float]] = {}
_cells: dict[tuple[int, int], Offsets] = {}  # bounded by the box: at most 60,000


def _gcj02_to_wgs84(lon: float, lat: float) -> tuple[float, float]:
    across, up = lon / _CELL, lat / _CELL
    column, row = int(across), int(up)
    x0, y0, x1, y1, x2, y2, x3, y3 = _cells.get((column, row)) or _cell(column, row)
    right, above = across - column, up - row
    left, below = 1.0 - right, 1.0 - above
    return (
        lon + (x0 * left + x1 * right) * below + (x2 * left + x3 * right) * above,
        lat + (y0 * left + y1 * right) * below + (y2 * left + y3 * right) * above,
    )


def _cell(column: int, row: int) -> Offsets:
    offsets = (
        *_corner(column, row),
        *_corner(column + 1, row),
        *_corner(column, row + 1),
        *_corner(column + 1, row + 1),
    )
    _cells[column, row] = offsets
    return offsets


def _corner(column: int, row: int) -> tuple[float, float]:
    known = _corners.get((column, row))
    if known is None:
        lon, lat = column * _CELL, row * _CELL
        back_lon, back_lat = gcj_to_wgs(lon, lat)
        known = _corners[column, row] = (back_lon - lon, back_lat - lat)
    return known


def _bd09_to_wgs84(lon: float, lat: float) -> tuple[float, float]:
    return _gcj02_to_wgs84(*bd_to_gcj(lon, lat))


def _as_sent(lon: float, lat: float) -> tuple[float, float]:
    return lon, lat


_CONVERTERS: dict[Datum, Convert] = {
    Datum.WGS84: _as_sent,
    Datum.CGCS2000: _as_sent,
    Datum.GCJ02: _gcj02_to_wgs84,
    Datum.BD09: _bd09_to_wgs84,
}
