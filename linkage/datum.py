"""Datums of positions: theirs → WGS-84 (= CGCS2000 here), and back for a department's own map."""

from math import cos, pi, sin, sqrt

from linkage.vocabulary import Labelled


class Datum(Labelled):
    """What the numbers of a position mean. GCJ-02 lies about 520 m off at Lianyungang."""

    WGS84 = "wgs84", "WGS-84"
    CGCS2000 = "cgcs2000", "CGCS2000"
    GCJ02 = "gcj02", "GCJ-02"
    BD09 = "bd09", "BD-09"


_AXIS = 6378245.0  # Krasovsky 1940, metres
_E2 = 0.00669342162296594323
_BD_PI = pi * 3000.0 / 180.0
# A tenth of a millimetre: the shift bends so little that two or three rounds reach it.
_CLOSE = 1e-9


def _shift(lon: float, lat: float) -> tuple[float, float]:
    """GCJ-02 minus WGS-84, degrees."""
    x, y = lon - 105.0, lat - 35.0
    root = sqrt(abs(x))
    fine = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + fine
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + fine
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    angle = lat / 180.0 * pi
    magic = 1.0 - _E2 * sin(angle) ** 2
    return (
        east * 180.0 / (_AXIS / sqrt(magic) * cos(angle) * pi),
        north * 180.0 / (_AXIS * (1.0 - _E2) / (magic * sqrt(magic)) * pi),
    )


def wgs_to_gcj(lon: float, lat: float) -> tuple[float, float]:
    east, north = _shift(lon, lat)
    return lon + east, lat + north


def gcj_to_wgs(lon: float, lat: float) -> tuple[float, float]:
    """The inverse has no closed form; iterated until it is closer than any survey."""
    x, y = lon, lat
    for _ in range(6):
        east, north = _shift(x, y)
        next_x, next_y = lon - east, lat - north
        close = abs(next_x - x) < _CLOSE and abs(next_y - y) < _CLOSE
        x, y = next_x, next_y
        if close:
            break
    return x, y


def gcj_to_bd(lon: float, lat: float) -> tuple[float, float]:
    return _turn(lon, lat, 1.0)


def bd_to_gcj(lon: float, lat: float) -> tuple[float, float]:
    return _turn(lon - 0.0065, lat - 0.006, -1.0)


def _turn(x: float, y: float, way: float) -> tuple[float, float]:
    distance = sqrt(x * x + y * y) + way * 0.00002 * sin(y * _BD_PI)
    # atan2 by its parts: the angle is turned by some 1e-6 only.
    turn = way * 0.000003 * cos(x * _BD_PI)
    size = sqrt(x * x + y * y)
    c, s = x / size, y / size
    east = distance * (c * cos(turn) - s * sin(turn))
    north = distance * (s * cos(turn) + c * sin(turn))
    return (east + 0.0065, north + 0.006) if way > 0 else (east, north)


def _in_china(lon: float, lat: float) -> bool:
    # The box in which map services shift: their maps of other countries are true.
    return 72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271


def to_wgs84(datum: Datum, x: float, y: float) -> tuple[float, float]:
    """A position in `datum` (longitude, latitude, degrees) as WGS-84; abroad nothing is shifted."""
    if not _in_china(x, y):
        return x, y
    if datum is Datum.GCJ02:
        return gcj_to_wgs(x, y)
    if datum is Datum.BD09:
        return gcj_to_wgs(*bd_to_gcj(x, y))
    return x, y


def from_wgs84(datum: Datum, lon: float, lat: float) -> tuple[float, float]:
    """A WGS-84 position as the numbers a map in `datum` needs."""
    if not _in_china(lon, lat):
        return lon, lat
    if datum is Datum.GCJ02:
        return wgs_to_gcj(lon, lat)
    if datum is Datum.BD09:
        return gcj_to_bd(*wgs_to_gcj(lon, lat))
    return lon, lat
