"""Frames of binary protocols, made as a device makes them, and a gateway that sends them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import reduce
from itertools import pairwise
from operator import xor
from pathlib import Path
from typing import Any

from sqlalchemy import Row, Table, select

from ingest.dialects import FRAME_DIALECTS
from ingest.frames import Frames
from ingest.framing import Cut
from ingest.holding import Holding
from linkage.alerts import Alert, Unreadable
from linkage.intake.arrivals import Arrival, Receipt
from linkage.intake.intake_rules import IntakeRules
from linkage.intake.take_in import Intake
from linkage.log import as_json
from linkage.plan.grading import load_grading
from linkage.record import BEIJING, Record
from linkage.response.agencies import load_agencies
from linkage.sources import Source
from linkage.vocabulary import Channel

ROOT = Path(__file__).parents[1]
RULES = IntakeRules(
    agencies=load_agencies(ROOT / "data" / "agencies.toml"),
    grading=load_grading(ROOT / "data" / "grading.toml"),
)


def panel_frame(
    data: bytes,
    at: datetime,
    *,
    command: int = 2,
    panel: str = "000000000102",
    serial: int = 1,
    wrong: int = 0,
) -> bytes:
    """GB/T 26875.3. `wrong`: what its checksum is off by."""
    body = serial.to_bytes(2, "little") + b"\x01\x01" + panel_time(at)
    body += bytes.fromhex(panel)[::-1] + bytes(6) + len(data).to_bytes(2, "little")
    body += bytes([command]) + data
    return b"@@" + body + bytes([(sum(body) + wrong) & 0xFF]) + b"##"


def panel_time(at: datetime) -> bytes:
    local = at.astimezone(BEIJING)
    return bytes(
        (local.second, local.minute, local.hour, local.day, local.month, local.year - 2000)
    )


def component(
    state: int, at: datetime, said: str | bytes = "", *, kind: int = 42, address: int = 1
) -> bytes:
    """One object of type 2, of the fire alarm system 1."""
    text = said.encode("gb18030") if isinstance(said, str) else said
    return (
        bytes((1, 1, kind))
        + address.to_bytes(4, "little")
        + state.to_bytes(2, "little")
        + text[:31].ljust(31, b"\0")
        + panel_time(at)
    )


def objects(kind: int, *each: bytes) -> bytes:
    return bytes((kind, len(each))) + b"".join(each)


def vehicle_frame(
    body: bytes,
    *,
    number: int = 0x0200,
    terminal: str = "13900000001",
    serial: int = 7,
    packet: tuple[int, int] | None = None,
    year: int = 2013,
    wrong: int = 0,
) -> bytes:
    """JT/T 808. `packet`: number from 1, of how many. `wrong`: what its check byte is off by."""
    properties = len(body) | (0x2000 if packet else 0) | (0x4000 if year == 2019 else 0)
    head = number.to_bytes(2) + properties.to_bytes(2)
    head += b"\x01" if year == 2019 else b""
    head += bytes.fromhex(terminal.rjust(20 if year == 2019 else 12, "0")) + serial.to_bytes(2)
    if packet:
        head += packet[1].to_bytes(2) + packet[0].to_bytes(2)
    plain = head + body
    plain += bytes([reduce(xor, plain) ^ wrong])
    return b"~" + plain.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"~"


def report(
    at: datetime | None,
    *,
    alarms: Sequence[int] = (),
    status: int = 3,
    lon: float = 119.46,
    lat: float = 34.687,
    speed: float = 45.5,
    direction: int = 135,
) -> bytes:
    """The body of 0x0200. `alarms`: bits. `at` None: a clock that was never set."""
    bits = sum(1 << bit for bit in alarms)
    stamp = f"{at.astimezone(BEIJING):%y%m%d%H%M%S}" if at else "000000000000"
    return (
        bits.to_bytes(4)
        + status.to_bytes(4)
        + round(lat * 1e6).to_bytes(4)
        + round(lon * 1e6).to_bytes(4)
        + (12).to_bytes(2)
        + round(speed * 10).to_bytes(2)
        + direction.to_bytes(2)
        + bytes.fromhex(stamp)
    )


def batch(*reports: bytes, late: bool = True) -> bytes:
    """The body of 0x0704."""
    items = b"".join(len(one).to_bytes(2) + one for one in reports)
    return len(reports).to_bytes(2) + bytes([late]) + items


def cut_at(cut: Callable[[bytes], Cut], whole: bytes, places: Sequence[int]) -> Cut:
    """What comes out where the bytes arrive in several messages, cut at these places."""
    found: list[bytes | Unreadable] = []
    rest = b""
    for start, end in pairwise((0, *sorted(places), len(whole))):
        pieces, rest = cut(rest + whole[start:end])
        found += pieces
    return Cut(found, rest)


class Gateway:
    """A gateway that sends frames, and the intake that takes them: from wire to record."""

    def __init__(self, record: Record, source: Source) -> None:
        self.record, self.source = record, source
        self.restart()

    def restart(self) -> None:
        """The intake ends and begins again: it knows what the record knows, and no more."""
        self.intake = Intake(self.record, RULES)
        self.holding = Holding(self.intake.held())

    def send(self, payload: bytes, at: datetime) -> Receipt:
        receipt = self.send_all([payload], at)
        return receipt[0]

    def send_all(self, payloads: Sequence[bytes], at: datetime) -> list[Receipt]:
        """One batch."""
        framing = FRAME_DIALECTS[self.source.dialect_frame or self.source.dialect]
        arrivals = [
            Arrival(
                channel=Channel.ALERT,
                source_id=self.source.id,
                topic=self.source.topic,
                payload=payload,
                received_at=at,
                retained=False,
                content=Frames(self.source, "", at, self.holding).read(payload, framing),
            )
            for payload in payloads
        ]
        receipts = self.intake.take_in(arrivals, at)
        self.holding.keep()
        return receipts

    def hear(self, said: Alert, at: datetime) -> Receipt:
        """What another system states meanwhile."""
        arrival = Arrival(
            channel=Channel.ALERT,
            source_id=said.source_id,
            topic=f"linkage/v1/alert/{said.source_id}",
            payload=as_json(said).encode(),
            received_at=at,
            retained=False,
            content=said,
        )
        return self.intake.take_in([arrival], at)[0]

    def rows(self, table: Table) -> list[Row[Any]]:
        with self.record.read() as cx:
            return list(cx.execute(select(table)).all())
