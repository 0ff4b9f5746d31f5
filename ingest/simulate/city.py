"""The city of the demonstration: its places, and what a caller says of where he is."""

import tomllib
from pathlib import Path
from random import Random

import msgspec

from linkage.alerts import Point

# Degrees. A mobile telephone finds its caller within 150 m or so.
_SPREAD_LON, _SPREAD_LAT = 0.0016, 0.0013


class Place(msgspec.Struct, frozen=True):
    """`area`: GB/T 2260. `weight`: how often something happens there."""

    name: str
    area: str
    lon: float
    lat: float
    weight: float = 1.0

    @property
    def point(self) -> Point:
        return Point(self.lon, self.lat)


class _Places(msgspec.Struct, forbid_unknown_fields=True):
    place: list[Place]


class City:
    def __init__(self, demo: Path) -> None:
        raw = tomllib.loads((demo / "places.toml").read_text(encoding="utf-8"))
        self.places = msgspec.convert(raw, _Places).place
        self._weights = [place.weight for place in self.places]
        self._by_name = {place.name: place for place in self.places}

    def anywhere(self, rng: Random) -> Place:
        """One place, the busy ones more often; somewhere along its road."""
        place = rng.choices(self.places, self._weights)[0]
        point = near(place.point, rng)
        return msgspec.structs.replace(place, lon=point.lon, lat=point.lat)

    def named(self, name: str) -> Place:
        return self._by_name[name]


def near(point: Point, rng: Random) -> Point:
    """What a second telephone at the same scene says."""
    return Point(
        round(point.lon + rng.uniform(-_SPREAD_LON, _SPREAD_LON), 6),
        round(point.lat + rng.uniform(-_SPREAD_LAT, _SPREAD_LAT), 6),
    )


def in_words(place: Place, rng: Random) -> str:
    """The same place as another caller would put it."""
    if not place.name.endswith(("路", "街", "大道")):
        return rng.choice((place.name, f"{place.name}附近"))
    number = rng.randrange(1, 320)
    return rng.choice(
        (f"{place.name}{number}号附近", f"{place.name}{number}号", place.name, f"{place.name}路口")
    )
