"""The vehicles of the demonstration: where they are, as the JT/T 808 frames of their terminals."""

import heapq
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import reduce
from math import atan2, cos, degrees, hypot, radians
from operator import xor
from pathlib import Path

import msgspec

from ingest.simulate.statements import Desk, Step
from linkage.datum import Datum, from_wgs84
from linkage.record import BEIJING
from linkage.vehicles import vehicles

SOURCE = "transport"
_METRES = 111_320.0  # a degree of latitude
_POSITIONED = 0b11  # ACC on, positioned


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """data/demo/traffic.toml explains the fields."""

    terminal: str
    every: float
    speed_kmh: float
    route: list[tuple[float, float]]
    halts: float | None = None

    def at(self, seconds: float) -> tuple[float, float, int]:
        """Longitude, latitude and direction after so many seconds on the road, there and back."""
        legs = [_leg(a, b) for a, b in zip(self.route, self.route[1:], strict=False)]
        whole = sum(length for length, _ in legs)
        gone = (self.speed_kmh / 3.6 * seconds) % (2 * whole)
        back = gone > whole
        left = 2 * whole - gone if back else gone
        for (length, direction), start, end in zip(legs, self.route, self.route[1:], strict=False):
            if left <= length:
                part = left / length
                lon = start[0] + part * (end[0] - start[0])
                lat = start[1] + part * (end[1] - start[1])
                return lon, lat, (direction + 180 * back) % 360
            left -= length
        return *self.route[-1], legs[-1][1]


class _Routes(msgspec.Struct, forbid_unknown_fields=True):
    vehicle: list[Route]


def load_routes(demo: Path) -> list[Route]:
    raw = tomllib.loads((demo / "traffic.toml").read_text(encoding="utf-8"))
    return msgspec.convert(raw, _Routes).vehicle


class Traffic:
    def __init__(self, routes: list[Route], desk: Desk, speed: float) -> None:
        self._routes, self._desk, self._speed = routes, desk, speed
        self._serial = 0

    def from_(self, start: datetime) -> Iterator[Step]:
        """Endless: each vehicle at its own pace."""
        waiting = [(start + timedelta(seconds=2 + n), n) for n in range(len(self._routes))]
        while waiting:
            due, n = heapq.heappop(waiting)
            route = self._routes[n]
            since = (due - start).total_seconds()
            yield self._desk.frame(due, SOURCE, self._frame(route, due, since))
            heapq.heappush(waiting, (due + timedelta(seconds=route.every), n))

    def _frame(self, route: Route, at: datetime, since: float) -> bytes:
        self._serial = self._serial % 0xFFFF + 1
        if route.halts is not None and since * self._speed >= route.halts:
            lon, lat = route.route[-1]
            return frame(route.terminal, at, self._serial, (lon, lat, 0), 0.0)
        return frame(route.terminal, at, self._serial, route.at(since), route.speed_kmh)


def frame(
    terminal: str, at: datetime, serial: int, where: tuple[float, float, int], speed: float
) -> bytes:
    """JT/T 808-2013, 0x0200. `where`: WGS-84 and direction; written in the terminal's own datum."""
    known = vehicles().get(terminal)
    datum = (known and known.datum) or Datum.WGS84
    lon, lat = from_wgs84(datum, where[0], where[1])
    body = bytes(4) + _POSITIONED.to_bytes(4)
    body += round(lat * 1e6).to_bytes(4) + round(lon * 1e6).to_bytes(4) + bytes(2)
    body += round(speed * 10).to_bytes(2) + where[2].to_bytes(2)
    body += bytes.fromhex(f"{at.astimezone(BEIJING):%y%m%d%H%M%S}")
    head = b"\x02\x00" + len(body).to_bytes(2) + bytes.fromhex(terminal.rjust(12, "0"))
    plain = head + serial.to_bytes(2) + body
    plain += bytes([reduce(xor, plain)])
    return b"~" + plain.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"~"


def _leg(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, int]:
    """Metres, and degrees from north."""
    east = (end[0] - start[0]) * cos(radians(start[1])) * _METRES
    north = (end[1] - start[1]) * _METRES
    return hypot(east, north), round(degrees(atan2(east, north))) % 360
