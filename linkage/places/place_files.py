"""Every place that our files know, for the gazetteer and the map; read anew when a file changes.

Districts and towns come with the base map; seats of government, stations and panels from the
registers the intake already uses; what the city itself adds, from data/places.toml.
"""

import json
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec
from shapely.geometry import shape

from linkage.alerts import Point
from linkage.areas import AREAS, area_code
from linkage.datum import Datum, to_wgs84
from linkage.errors import BadConfig
from linkage.intake.known_points import EAST, NORTH, SOUTH, WEST, KnownPoint
from linkage.panels import Panel, load_panels
from linkage.places.place import Place, PlaceKind
from linkage.readings.stations import load_stations
from linkage.toml_file import only_keys, read_toml, shaped, tables_of

OWN = "places.toml"
BASE = Path(__file__).parents[2] / "data" / "basemap"
DISTRICTS = "lianyungang_districts_tianditu_wgs84.geojson"
TOWNS = "towns_geonames_wgs84.geojson"
CITY = "连云港市"
# Positions of the demonstration are by eye: the town is where it says, more or less.
_BY_EYE_M = 5000
_TOWN_ENDS = ("镇", "乡", "街道")
FILES = (OWN, "known_points.toml", "stations.toml", "panels.toml", "demo/places.toml")


class OwnPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One [[place]] of data/places.toml. `basis`: who measured and when."""

    name: str
    kind: PlaceKind
    lon: float
    lat: float
    basis: str
    datum: Datum = Datum.WGS84
    aliases: list[str] = []
    within_m: int = 0
    about: str = ""


def load_places(tables: Path, sources: Collection[str]) -> list[Place]:
    """Raises BadConfig. `sources`: ids of sources.toml, as stations name them."""
    file = tables / OWN
    named = load_own_places(file) if file.exists() else []
    own = [*named, *_seats(tables / "known_points.toml")]
    registers = [*_stations(tables / "stations.toml", sources), *_panels(tables / "panels.toml")]
    towns = list(_towns())
    demo = tables / "demo" / "places.toml"
    known = {name for town in towns for name in (town.name, *town.aliases)}
    by_eye = [place for place in _demo_towns(demo) if place.name not in known]
    found: dict[tuple[str, str], Place] = {}
    for place in (*_districts(), *own, *registers, *towns, *by_eye):
        found.setdefault((place.name, place.area), place)  # what comes first is surer
    return list(found.values())


def load_own_places(path: Path) -> list[Place]:
    """data/places.toml; may list nothing. Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "place")
    if not raw:
        return []
    places = []
    for number, table in enumerate(tables_of(path, raw, "place"), 1):
        entry = f'[[place]] "{table.get("name", f"第 {number} 项")}"'
        kinds = "、".join(f"{kind.value}（{kind.label}）" for kind in PlaceKind)
        own = shaped(
            path,
            entry,
            table,
            OwnPlace,
            f"kind 可用：{kinds}；datum 可用：wgs84、cgcs2000、gcj02、bd09",
        )
        lon, lat = to_wgs84(own.datum, own.lon, own.lat)
        if not (WEST <= lon <= EAST and SOUTH <= lat <= NORTH):
            where = f"位置 {own.lon}, {own.lat} 不在本市"
            raise BadConfig(path.name, entry, where, "请核对经纬度，先经度后纬度，并核对 datum")
        if not own.name.strip() or not own.basis.strip() or own.within_m < 0:
            raise BadConfig(
                path.name, entry, "没有名称或依据", "请写 name 和 basis，within_m 不小于 0"
            )
        at = Point(lon, lat)
        places.append(
            Place(
                name=own.name.strip(),
                kind=own.kind,
                point=at,
                area=area_code(at) or "",
                aliases=tuple(own.aliases),
                within_m=own.within_m,
                about=own.about,
            )
        )
    return places


def _districts() -> Iterator[Place]:
    features = json.loads((BASE / DISTRICTS).read_text(encoding="utf-8"))["features"]
    west, south, east, north = 180.0, 90.0, 0.0, 0.0
    for feature in features:
        area = shape(feature["geometry"])
        inside = area.representative_point()
        bounds: tuple[float, float, float, float] = tuple(round(b, 5) for b in area.bounds)
        west, south = min(west, bounds[0]), min(south, bounds[1])
        east, north = max(east, bounds[2]), max(north, bounds[3])
        name = feature["properties"]["name"]
        yield Place(
            name=name,
            kind=PlaceKind.DISTRICT,
            point=Point(round(inside.x, 5), round(inside.y, 5)),
            area=feature["properties"]["adcode"],
            aliases=(name[:-1],),
            bounds=bounds,
        )
    middle = Point(round((west + east) / 2, 5), round((south + north) / 2, 5))
    yield Place(
        name=CITY,
        kind=PlaceKind.DISTRICT,
        point=middle,
        aliases=(CITY[:-1],),
        bounds=(west, south, east, north),
    )


def _towns() -> Iterator[Place]:
    for feature in json.loads((BASE / TOWNS).read_text(encoding="utf-8"))["features"]:
        said = feature["properties"]
        lon, lat = feature["geometry"]["coordinates"]
        yield Place(
            name=said["name"],
            kind=PlaceKind.TOWN,
            point=Point(lon, lat),
            area=said["area"],
            aliases=tuple(said["aliases"]),
            within_m=said["within_m"],
        )


def _seats(path: Path) -> Iterator[Place]:
    """Not all known points are seats: what says so in its name is."""
    raw = read_toml(path)
    for number, table in enumerate(tables_of(path, raw, "point"), 1):
        point = shaped(path, f"[[point]] 第 {number} 项", table, KnownPoint)
        at = Point(point.lon, point.lat)
        seat = point.names[0].endswith("政府")
        yield Place(
            name=point.names[0],
            kind=PlaceKind.SEAT if seat else PlaceKind.OTHER,
            point=at,
            area=area_code(at) or "",
            aliases=tuple(point.names[1:]),
            within_m=100,
        )


def _stations(path: Path, sources: Collection[str]) -> Iterator[Place]:
    for station in load_stations(path, sources).values():
        yield Place(
            name=station.name,
            kind=PlaceKind.STATION,
            point=station.point,
            area=station.area or area_code(station.point) or "",
            about=station.kind,
        )


def _panels(path: Path) -> Iterator[Place]:
    for panel in load_panels(path).values():
        if panel.point is not None:
            yield Place(
                name=panel.name,
                kind=PlaceKind.RISK_SITE if _dangerous(panel) else PlaceKind.UNIT,
                point=panel.point,
                area=area_code(panel.point) or _named(panel.place),
                aliases=(panel.place,),
                about=panel.substance,
            )


def _named(address: str) -> str:
    """The district that an address begins with, where the position lies beyond the shore."""
    return next((code for code, name in AREAS.items() if address.startswith(name)), "")


def _dangerous(panel: Panel) -> bool:
    return bool(panel.substance) or "储罐" in panel.kind


def _demo_towns(path: Path) -> Iterator[Place]:
    """The towns among the places of the demonstration; its roads are no positions at all."""
    if not path.exists():
        return
    for place in tomllib.loads(path.read_text(encoding="utf-8"))["place"]:
        district = AREAS.get(place["area"], "")
        name = place["name"].removeprefix(district)
        if name.endswith(_TOWN_ENDS):
            short = next(name.removesuffix(end) for end in _TOWN_ENDS if name.endswith(end))
            yield Place(
                name=name,
                kind=PlaceKind.TOWN,
                point=Point(place["lon"], place["lat"]),
                area=place["area"],
                aliases=(short,),
                within_m=_BY_EYE_M,
            )


def risk_sites(places: Collection[Place]) -> list[Place]:
    return [place for place in places if place.kind is PlaceKind.RISK_SITE]
