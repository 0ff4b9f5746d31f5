"""Where a CAP warning holds: division codes, polygons and circles. CAP 1.2 §3.2.4.

In CAP latitude comes first. A shape that is no area as it stands is shown by its middle with a
note (reliability P14); one that lies elsewhere is told and not drawn. Heights are not read.
"""

import re
from collections.abc import Callable, Iterable
from math import cos, radians
from typing import NamedTuple

import shapely

from ingest.dialects.cap_block import Block
from ingest.fields import LINE
from ingest.position import EAST, NORTH, SOUTH, WEST, Convert, converter
from linkage.alerts import Shape
from linkage.areas import AREAS, named_area
from linkage.sources import Source
from linkage.vocabulary import ShapeNote

MOST_AREAS = 200
MOST_SHAPES = 60
# A coast followed by the metre has thousands of points; the map shows it no better than this.
MOST_POINTS = 400
_FINE = 0.0005  # degrees, 50 m
CITY_CODE = "320700"
_KM = 111.2  # of a degree of latitude
_DIVISION = re.compile(r"[1-8][0-9]{5}(?:[0-9]{3}|[0-9]{6})?")
# Codes of other countries that look like ours: SAME, FIPS and CLC have six digits too.
_FOREIGN = ("SAME", "UGC", "FIPS", "CLC", "NUTS", "EMMA", "ISO", "PROFILE", "LAYER", "WARNCELL")
_NUMBER = r"[+-]?(?:[0-9]{1,9}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})"
_PAIR = re.compile(rf"(?<![0-9.])({_NUMBER})\s*,\s*({_NUMBER})")
_CIRCLE = re.compile(rf"({_NUMBER})\s*,\s*({_NUMBER})\s+({_NUMBER})")
_NAMES = {name: code for code, name in AREAS.items()} | {"连云港市": CITY_CODE}
_ABOVE = re.compile(r"^(?:江苏省)?(?:连云港市)?(?=.)")
_AND = re.compile(r"[、，,；;\s]+")
_CITY = shapely.box(WEST, SOUTH, EAST, NORTH)

# Told, and nowhere on the map: a place would be a guess.
_UNREAD = Shape(note=ShapeNote.UNREADABLE)

Ring = list[tuple[float, float]]  # lon, lat


class Areas(NamedTuple):
    place: str
    codes: tuple[str, ...]
    shapes: tuple[Shape, ...]
    notes: list[str]


def read_areas(source: Source) -> Callable[[list[Block]], Areas]:
    to_wgs84 = converter(source.datum)

    def read(blocks: list[Block]) -> Areas:
        for block in blocks[:MOST_AREAS]:
            block.need("areaDesc")
        codes = _codes(blocks)
        drawn = [
            shape
            for block in blocks[:MOST_AREAS]
            for shape in (
                *(_polygon(text, to_wgs84) for text in block.texts("polygon")),
                *(_circle(text, to_wgs84) for text in block.texts("circle")),
            )
        ]
        place = "、".join(dict.fromkeys(b.line("areaDesc") for b in blocks[:MOST_AREAS]))
        notes = _notes(blocks, drawn, codes)
        return Areas(place[:LINE], codes, tuple(drawn[:MOST_SHAPES]), notes)

    return read


def _codes(blocks: list[Block]) -> tuple[str, ...]:
    """Six digits of each division named by code or by name, each once."""
    pairs = (pair for block in blocks for pair in block.pairs("geocode"))
    found = [_division(name, value) for name, value in pairs]
    found += [code for block in blocks[:MOST_AREAS] for code in _said(block)]
    return tuple(dict.fromkeys(code for code in found if code))[:MOST_AREAS]


def _said(block: Block) -> list[str]:
    """The divisions that areaDesc lists and nothing else, where the area says no more."""
    if block.blocks("geocode") or block.texts("polygon") or block.texts("circle"):
        return []
    names = [name for name in _AND.split(block.line("areaDesc")) if name]
    codes = [_NAMES.get(name) or _NAMES.get(_ABOVE.sub("", name)) for name in names]
    return [code for code in codes if code] if all(codes) else []


def _division(name: str, value: str) -> str | None:
    if name.upper().startswith(_FOREIGN):
        return None
    if _DIVISION.fullmatch(value):
        return named_area(value) or value[:6]
    return next((code for name, code in _NAMES.items() if value.endswith(name)), None)


def _polygon(text: str, to_wgs84: Convert) -> Shape:
    pairs = _PAIR.findall(text)
    left = _PAIR.sub("", text).replace(",", " ").strip()
    ring = [(float(lon), float(lat)) for lat, lon in pairs]
    if left or len(ring) < 3:
        return _UNREAD
    note = None
    if not _on_earth(ring) or (not _near(ring) and _near(_swapped(ring))):
        ring, note = _swapped(ring), ShapeNote.SWAPPED
        if not _near(ring):
            return _UNREAD
    if ring[0] != ring[-1]:
        note = note or ShapeNote.OPEN_RING
        ring.append(ring[0])
    if len(set(ring)) < 3:
        return _UNREAD
    outline = shapely.Polygon(ring)
    if note is None and not outline.is_valid:
        note = ShapeNote.CROSSING
    middle = outline.representative_point() if outline.is_valid else outline.convex_hull.centroid
    lon, lat = _placed(middle.x, middle.y, to_wgs84)
    if not shapely.intersects(outline.envelope, _CITY):
        note = ShapeNote.OUTSIDE
    if note is not None:
        return Shape(lon, lat, note=note)
    if len(ring) > MOST_POINTS:
        ring = _coarser(outline)
    return Shape(lon, lat, ring=tuple(_placed(x, y, to_wgs84) for x, y in ring))


def _circle(text: str, to_wgs84: Convert) -> Shape:
    found = _CIRCLE.fullmatch(text)
    if found is None:
        return _UNREAD
    lat, lon, km = (float(number) for number in found.groups())
    note = None
    if not _on_earth([(lon, lat)]) or (_in_city(lat, lon) and not _in_city(lon, lat)):
        lon, lat, note = lat, lon, ShapeNote.SWAPPED
    if km < 0 or not _on_earth([(lon, lat)]):
        return _UNREAD
    wide, high = km / (_KM * max(0.1, cos(radians(lat)))), km / _KM
    if not shapely.intersects(shapely.box(lon - wide, lat - high, lon + wide, lat + high), _CITY):
        note = ShapeNote.OUTSIDE
    elif km == 0:
        note = note or ShapeNote.NO_RADIUS
    lon, lat = _placed(lon, lat, to_wgs84)
    return Shape(lon, lat, note=note) if note is not None else Shape(lon, lat, km=km)


def _notes(blocks: list[Block], drawn: list[Shape], codes: tuple[str, ...]) -> list[str]:
    counts: dict[ShapeNote, int] = {}
    for shape in drawn:
        if shape.note is not None:
            counts[shape.note] = counts.get(shape.note, 0) + 1
    notes = [
        f"预警范围 {count} 处{note.label}，{_shown_how(note)}" for note, count in counts.items()
    ]
    here = any(code.startswith(CITY_CODE[:4]) or code in {"320000", "100000"} for code in codes)
    near = any(shape.note is not ShapeNote.OUTSIDE for shape in drawn)
    if (codes or drawn) and not here and not near:
        notes.append("预警范围不含本市")
    if len(blocks) > MOST_AREAS:
        notes.append(f"area 共 {len(blocks)} 段，只读前 {MOST_AREAS} 段")
    if len(drawn) > MOST_SHAPES:
        notes.append(f"图形共 {len(drawn)} 个，只画前 {MOST_SHAPES} 个")
    return notes


def _shown_how(note: ShapeNote) -> str:
    if note in {ShapeNote.OUTSIDE, ShapeNote.UNREADABLE}:
        return "地图不画"
    return "地图以中心点示意"


def _coarser(outline: shapely.Polygon) -> Ring:
    fine = _FINE
    while len(ring := list(outline.simplify(fine).exterior.coords)) > MOST_POINTS:
        fine *= 2
    return ring


def _placed(lon: float, lat: float, to_wgs84: Convert) -> tuple[float, float]:
    # Other datums are converted where they differ: near here; a far corner may be off by a street.
    if _in_city(lon, lat):
        lon, lat = to_wgs84(lon, lat)
    return round(lon, 5), round(lat, 5)


def _swapped(ring: Ring) -> Ring:
    return [(lat, lon) for lon, lat in ring]


def _on_earth(ring: Iterable[tuple[float, float]]) -> bool:
    return all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in ring)


def _near(ring: Ring) -> bool:
    return any(_in_city(lon, lat) for lon, lat in ring)


def _in_city(lon: float, lat: float) -> bool:
    return WEST <= lon <= EAST and SOUTH <= lat <= NORTH
