"""data/known_points.toml: places whose position is known for certain, to hold sources against."""

from pathlib import Path

import msgspec

from linkage.alerts import Point
from linkage.errors import BadConfig
from linkage.toml_file import only_keys, read_toml, shaped, tables_of

WEST, EAST, SOUTH, NORTH = 117.5, 120.5, 33.5, 35.5


class KnownPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """WGS-84. `names`: the exact words a record may have for it. `basis`: how it is known."""

    names: list[str]
    lon: float
    lat: float
    basis: str
    before: list[str] = msgspec.field(default_factory=list)  # what may stand before a name


def load_known_points(path: Path) -> dict[str, Point]:
    """Every wording → its position. Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "point")
    found: dict[str, Point] = {}
    for number, table in enumerate(tables_of(path, raw, "point"), 1):
        entry = f"[[point]] 第 {number} 项"
        point = shaped(path, entry, table, KnownPoint)
        if not (WEST <= point.lon <= EAST and SOUTH <= point.lat <= NORTH):
            where = f"位置 {point.lon}, {point.lat} 不在本市"
            raise BadConfig(path.name, entry, where, "请核对经纬度，先经度后纬度，WGS-84")
        if not point.names or not point.basis:
            raise BadConfig(path.name, entry, "没有名称或依据", "请写 names 和 basis")
        for name in point.names:
            for before in ("", *point.before):
                found[f"{before}{name}"] = Point(point.lon, point.lat)
    return found
