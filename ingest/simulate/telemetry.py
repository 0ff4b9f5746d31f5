"""The stations of the demonstration: what they measure, as the frames their protocols prescribe."""

import heapq
import math
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import msgspec

from ingest.dialects.checksums import crc_hj212, crc_modbus
from ingest.simulate.statements import Desk, Step
from linkage.record import BEIJING

# Seconds. Every station has spoken once by then, whatever its pace.
FIRST_ROUND = 20.0
# SL 651-2014: element → definition byte (bytes, decimals), and the class of a station.
_ELEMENTS = {"39": (0x23, 4, 3), "26": (0x19, 3, 1), "38": (0x12, 2, 2)}
_CLASSES = {"水库": 0x4B, "河道": 0x48}


class Crossing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """data/demo/telemetry.toml explains the fields. Seconds of real time."""

    after: float
    rise: float
    to: float
    hold: float

    def part(self, since: float) -> float:
        """How much of it stands, 0 to 1, so many seconds after the start."""
        up = (since - self.after) / self.rise
        down = (self.after + 2 * self.rise + self.hold - since) / self.rise
        return max(0.0, min(1.0, up, down))


class Sensor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    base: float
    swing: float
    noise: float
    crossing: Crossing | None = None

    def value(self, since: float, rng: Random) -> float:
        usual = self.base + self.swing * math.sin(since / 600) + rng.gauss(0, self.noise)
        usual = max(0.0, usual)
        if self.crossing is None:
            return usual
        return usual + self.crossing.part(since) * (self.crossing.to - usual)


class Station(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: str
    id: str
    every: float
    least: float
    factor: list[Sensor]
    st: str = ""  # HJ 212-2017 table 5: 系统编码
    class_: str = msgspec.field(name="class", default="")


class _Stations(msgspec.Struct, forbid_unknown_fields=True):
    station: list[Station]


def load_stations(demo: Path) -> list[Station]:
    raw = tomllib.loads((demo / "telemetry.toml").read_text(encoding="utf-8"))
    return msgspec.convert(raw, _Stations).station


class Telemetry:
    def __init__(self, stations: list[Station], desk: Desk, rng: Random, speed: float) -> None:
        self._stations, self._desk, self._rng, self._speed = stations, desk, rng, speed
        self._serial = 0

    def from_(self, start: datetime) -> Iterator[Step]:
        """Endless: each station at its own pace."""
        gap = FIRST_ROUND / len(self._stations)
        waiting = [
            (start + timedelta(seconds=1 + gap * n), n, station)
            for n, station in enumerate(self._stations)
        ]
        while waiting:
            due, n, station = heapq.heappop(waiting)
            frame = self._frame(station, due, (due - start).total_seconds())
            yield self._desk.frame(due, station.source, frame)
            every = max(station.least, station.every / self._speed)
            heapq.heappush(waiting, (due + timedelta(seconds=every), n, station))

    def _frame(self, station: Station, at: datetime, since: float) -> bytes:
        values = {one.code: one.value(since, self._rng) for one in station.factor}
        if station.class_:
            self._serial = self._serial % 0xFFFF + 1
            return sl651(station, at, self._serial, values)
        return hj212(station, at, values)


def hj212(station: Station, at: datetime, values: dict[str, float]) -> bytes:
    """HJ 212-2017 §6.3: 实时数据, CN 2011."""
    local = at.astimezone(BEIJING)
    said = ";".join(f"{code}-Rtd={value:.3f},{code}-Flag=N" for code, value in values.items())
    segment = (
        f"QN={local:%Y%m%d%H%M%S}{local.microsecond // 1000:03d};ST={station.st};CN=2011;"
        f"PW=123456;MN={station.id};Flag=4;CP=&&DataTime={local:%Y%m%d%H%M%S};{said}&&"
    ).encode()
    return b"##%04d%s%04X\r\n" % (len(segment), segment, crc_hj212(segment))


def sl651(station: Station, at: datetime, serial: int, values: dict[str, float]) -> bytes:
    """SL 651-2014: 定时报, HEX coding."""
    local = at.astimezone(BEIJING)
    address = bytes.fromhex(station.id)
    body = serial.to_bytes(2) + bytes.fromhex(f"{local:%y%m%d%H%M%S}")
    body += b"\xf1\xf1" + address + bytes([_CLASSES[station.class_]])
    body += b"\xf0\xf0" + bytes.fromhex(f"{local:%y%m%d%H%M}")
    for code, value in values.items():
        definition, size, digits = _ELEMENTS[code]
        number = f"{round(value * 10**digits):0{2 * size}d}"
        body += bytes.fromhex(code) + bytes([definition]) + bytes.fromhex(number)
    head = b"\x7e\x7e\x01" + address + b"\x12\x34\x32" + len(body).to_bytes(2) + b"\x02"
    frame = head + body + b"\x03"
    return frame + crc_modbus(frame).to_bytes(2)
