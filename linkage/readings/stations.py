"""data/stations.toml: where each 测站 stands, what it is called. A wrong entry stops the start."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

from linkage.alerts import Point
from linkage.areas import AREAS, area_code
from linkage.datum import Datum, to_wgs84
from linkage.errors import BadConfig
from linkage.toml_entry import one_of
from linkage.toml_file import only_keys, read_toml, shaped, tables_of

# Chinese land and sea, generously: what lies outside is a slip of the keyboard.
_LON, _LAT = (73.0, 136.0), (3.0, 54.0)


class Station(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`id`: theirs (MN, telemetry address). `lon`, `lat`: in `datum` in the file, WGS-84 once
    read. `level_datum`: of its gauge: 废黄河零点 and 1985 differ by about 0.2 m here."""

    source: str
    id: str
    name: str
    lon: float
    lat: float
    datum: Datum = Datum.WGS84
    area: str | None = None  # GB/T 2260; by its position, if not given
    kind: str = ""  # 厂界大气, 河道水文 …: thresholds may name it
    level_datum: str | None = None

    @property
    def point(self) -> Point:
        return Point(self.lon, self.lat)


Stations = dict[tuple[str, str], Station]  # by source and their id


def load_stations(path: Path, sources: Collection[str]) -> Stations:
    """Raises BadConfig. `sources`: ids of sources.toml."""
    raw = read_toml(path)
    only_keys(path, raw, "station")
    stations: Stations = {}
    for number, table in enumerate(_tables(path, raw), start=1):
        name = f'[[station]] "{table.get("name", f"第{number}项")}"'
        datums = f"datum 可用：{'、'.join(Datum)}"
        station = shaped(path, name, table, Station, datums)
        _check(path, name, station, sources, stations)
        lon, lat = to_wgs84(station.datum, station.lon, station.lat)
        area = station.area or area_code(Point(lon, lat))
        stations[station.source, station.id] = msgspec.structs.replace(
            station, lon=round(lon, 6), lat=round(lat, 6), datum=Datum.WGS84, area=area
        )
    return stations


def _tables(path: Path, raw: dict[str, Any]) -> list[dict[str, Any]]:
    """A city may have none yet."""
    return tables_of(path, raw, "station") if raw else []


def _check(
    path: Path, name: str, station: Station, sources: Collection[str], before: Stations
) -> None:
    def refuse(wrong: str, remedy: str) -> None:
        raise BadConfig(path.name, name, wrong, remedy)

    if station.source not in sources:
        refuse(f'source "{station.source}" 不在 sources.toml', one_of(station.source, sources))
    if not station.id or len(station.id) > 60:
        refuse("id 为空或超过 60 字", "写对方报文里的站号：MN、遥测站地址")
    if (station.source, station.id) in before:
        other = before[station.source, station.id].name
        refuse(f'站号 "{station.id}" 已属于“{other}”', "每个测站只写一次")
    if not station.name.strip() or len(station.name) > 60:
        refuse("name 为空或超过 60 字", "写值班员认得的站名")
    if not (_LON[0] <= station.lon <= _LON[1] and _LAT[0] <= station.lat <= _LAT[1]):
        swapped = _LON[0] <= station.lat <= _LON[1]
        remedy = "lon、lat 疑似颠倒，请对调" if swapped else "lon 应在 73–136，lat 应在 3–54"
        refuse(f"坐标 {station.lon}, {station.lat} 不在中国境内", remedy)
    if station.area is not None and station.area not in AREAS:
        refuse(f'area "{station.area}" 不是本市区划代码', one_of(station.area, AREAS))
