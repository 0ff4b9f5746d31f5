"""A named place of the map, and what sort of thing it is."""

import msgspec

from linkage.alerts import Point
from linkage.vocabulary import Labelled


class PlaceKind(Labelled):
    """In the order in which equally good answers are listed."""

    DISTRICT = "district", "区县"
    SEAT = "seat", "政府驻地"
    TOWN = "town", "乡镇街道"
    RISK_SITE = "risk_site", "风险点位"
    STATION = "station", "测站"
    HOSPITAL = "hospital", "医院"
    SCHOOL = "school", "学校"
    SHELTER = "shelter", "避难场所"
    TRAFFIC = "traffic", "交通设施"
    WATERWORK = "waterwork", "水利工程"
    UNIT = "monitored", "消防联网单位"
    OTHER = "other", "其他地点"


RANK = {kind: number for number, kind in enumerate(PlaceKind)}

# Out of registers that departments keep for the centre, not for each other.
REGISTERED = frozenset({PlaceKind.RISK_SITE, PlaceKind.STATION, PlaceKind.UNIT})


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """`point`: WGS-84. `area`: district code, "" beyond the city. `within_m`: how far off the
    position may be, 0 where it is as good as surveyed. `about`: what else to know of it.
    `bounds`: west, south, east, north of what is no point but an area."""

    name: str
    kind: PlaceKind
    point: Point
    area: str = ""
    aliases: tuple[str, ...] = ()
    within_m: int = 0
    about: str = ""
    bounds: tuple[float, float, float, float] | None = None
