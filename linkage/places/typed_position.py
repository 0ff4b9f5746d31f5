"""A position typed as numbers: 119.2,34.6 · 119°12.5',34°36' · 东经119度12分 北纬34度36分.

Longitude and latitude are told apart by their size, so the order does not matter here: no place
of the country has a latitude above 60.
"""

import re
import unicodedata

import msgspec

from linkage.alerts import Point
from linkage.datum import Datum, to_wgs84

# Degrees, minutes and seconds as people write them → ° ' ", the seconds first: NFKC parts them.
_MARKS = {
    "\u2032\u2032": '"',
    "''": '"',
    "\u2032": "'",
    "\u2019": "'",
    "\u201d": '"',
    "\u00ba": "°",
    "度": "°",
    "分": "'",
    "秒": '"',
}
_SIDES = {"东经": "e", "北纬": "n", "经度": "e", "纬度": "n", "lon": "e", "lat": "n"}
_ALLOWED = re.compile(r"[\d.\s,、;:/en°'\"+]*")
_BETWEEN = re.compile(r"[\s,、;:/+]+|(?<=[\d°'\"])(?=[en])|(?<=[en])")
_ANGLE = re.compile(r"(\d{1,3}(?:\.\d+)?)°(?:(\d{1,2}(?:\.\d+)?)')?(?:(\d{1,2}(?:\.\d+)?)\")?")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
LONGEST = 60


class Typed(msgspec.Struct, frozen=True):
    """What the numbers say. `why`: in the user's words, where they look like a position and are
    none; then there is no point."""

    point: Point | None
    why: str = ""


def typed_position(text: str) -> Typed | None:
    """None where `text` is no position at all, but a name."""
    narrow = unicodedata.normalize("NFKC", text[:LONGEST]).lower()
    for word, side in _SIDES.items():
        narrow = narrow.replace(word, f" {side} ")
    for mark, ours in _MARKS.items():
        narrow = narrow.replace(mark, ours)
    if not re.search(r"\d", narrow) or not _ALLOWED.fullmatch(narrow):
        return None
    tokens = [token for token in _BETWEEN.split(narrow) if token]
    angles = _angles([t for t in tokens if t not in {"e", "n"}])
    if angles is None:
        return None
    if len(angles) != 2:
        return Typed(None, "请写经度和纬度两个数，用逗号隔开，如 119.2,34.6")
    values: list[float] = []
    for degrees, minutes, seconds in angles:
        if minutes >= 60 or seconds >= 60:
            return Typed(None, "分、秒应小于 60")
        values.append(degrees + minutes / 60 + seconds / 3600)
    sides = [t for t in tokens if t in {"e", "n"}]
    return _told_apart(values, sides)


def _told_apart(values: list[float], sides: list[str]) -> Typed:
    lon, lat = max(values), min(values)
    if not (70 <= lon <= 140 and 0 < lat < 60):
        return Typed(None, "经度应在 70 到 140 之间，纬度应在 0 到 60 之间，请核对")
    said = ["e" if value == lon else "n" for value in values]
    if len(sides) == 2 and sides != said:
        return Typed(None, "经度、纬度与所写的东经（E）、北纬（N）不符，请核对")
    return Typed(Point(lon, lat))


def _angles(tokens: list[str]) -> list[tuple[float, float, float]] | None:
    """Degrees, minutes, seconds each; None where something is no angle."""
    if all(_NUMBER.fullmatch(token) for token in tokens):
        numbers = [float(token) for token in tokens]
        size = {4: 2, 6: 3}.get(len(numbers), 1)  # 119 12.5 34 36: in pairs; six in threes
        groups = [numbers[n : n + size] for n in range(0, len(numbers), size)]
        return [_three(group) for group in groups]
    joined: list[str] = []
    for token in tokens:  # put together again what a space took apart: 119° 12.5'
        if joined and joined[-1][-1] in "°'" and "°" not in token:
            joined[-1] += token
        else:
            joined.append(token)
    found = []
    for token in joined:
        angle = _ANGLE.fullmatch(_closed(token))
        if angle is None:
            return None
        found.append(_three([float(part or 0) for part in angle.groups()]))
    return found


def _three(parts: list[float]) -> tuple[float, float, float]:
    degrees, minutes, seconds = [*parts, 0.0, 0.0][:3]
    return degrees, minutes, seconds


def _closed(token: str) -> str:
    """With the mark that people leave out at the end: after degrees minutes, then seconds."""
    if not token[-1].isdigit():
        return token
    return token + ('"' if "'" in token else "'" if "°" in token else "°")


def readings(point: Point) -> list[tuple[Datum, Point]]:
    """The same numbers as each map means them, as WGS-84: an officer who was sent them by a
    telephone's map chooses."""
    found = [(Datum.WGS84, point)]
    for datum in (Datum.GCJ02, Datum.BD09):
        lon, lat = to_wgs84(datum, point.lon, point.lat)
        found.append((datum, Point(round(lon, 6), round(lat, 6))))
    return found
