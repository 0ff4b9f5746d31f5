"""JT/T 808-2011, -2013 and -2019: positions and alarms of vehicle terminals, as their gateways
pass the frames on. docs/dialects/jt808.md says what becomes of which message."""

import struct
from collections.abc import Sequence
from functools import reduce
from operator import xor
from typing import NamedTuple

from ingest.dialects.jt808_position import Positions
from ingest.dialects.jt808_registration import registration
from ingest.dialects.jt808_words import message_name
from ingest.framing import BLANK, Cut, Framing, Join, Noise, ReadFrame
from linkage.alerts import Unreadable
from linkage.intake.arrivals import Part, Remark
from linkage.sources import Source
from linkage.vehicles import vehicles

MARK = b"\x7e"
LONGEST = 4_096  # bytes between two marks: 1023 of body and 21 of header, each escaped at worst
SHORTEST = 13  # header and check byte
_IS_2019, _IS_PACKET, _LENGTH = 1 << 14, 1 << 13, 0x3FF
_REPORT, _ANSWER, _CONTROLLED, _BATCH = 0x0200, 0x0201, 0x0500, 0x0704
_REGISTRATION = 0x0100
_READ = frozenset({_REPORT, _ANSWER, _CONTROLLED, _BATCH})
_LINE_END = b"\r\n"  # what some gateways put after a frame
_SHOWN = 12  # bytes of what cannot be read, for the officer


class Message(NamedTuple):
    number: int
    terminal: str
    body: bytes
    serial: int
    packet: tuple[int, int] | None  # number from 1, of how many
    is_2019: bool


def begins(payload: bytes) -> bool:
    return payload.lstrip(BLANK).startswith(MARK)


def cut(data: bytes) -> Cut:
    """Everything between two marks; the closing mark of a frame may be missing, or shared."""
    first, *rest = data.split(MARK)
    pieces: list[bytes | Unreadable] = []
    closed = bool(first) and _plain(first) is not None  # the last mark belongs to what it follows
    if closed:
        pieces.append(MARK + first + MARK)
    else:
        _add_noise(pieces, [first])
    if not rest:
        return Cut(pieces, b"")
    short: list[bytes] = []  # one after the other they are one piece of noise
    for part in rest[:-1]:
        if len(part) < SHORTEST:
            short.append(part)
        else:
            _add_noise(pieces, short)
            pieces.append(MARK + part + MARK)
            short = []
        closed = bool(part)
    _add_noise(pieces, short)
    last = rest[-1]
    if len(last) > LONGEST or (closed and not last.strip(_LINE_END)):
        _add_noise(pieces, [last])
        return Cut(pieces, b"")
    if last or not closed:
        return Cut(pieces, MARK + last)
    return Cut(pieces, b"")


def _add_noise(pieces: list[bytes | Unreadable], parts: list[bytes]) -> None:
    if any(parts) and (data := MARK.join(parts)).strip(MARK + BLANK):
        pieces.append(Noise(data))


def reader(source: Source) -> ReadFrame:
    positions, known = Positions(source), vehicles()

    def read(frame: bytes, join: Join) -> Sequence[Part | Unreadable]:
        message = open_frame(frame)
        number, body = message.number, message.body
        if number not in _READ:
            more = ""
            if number == _REGISTRATION and message.packet is None:
                more = registration(message.terminal, body, known, is_2019=message.is_2019)
            return (Remark(f"{message_name(number)}，终端 {message.terminal}{more}"),)
        if message.packet is not None:
            at, total = message.packet
            # The packets of one message are numbered on, so the first one's number names it.
            key = f"{message.terminal}:{number:04X}:{(message.serial - at + 1) & 0xFFFF}"
            packets = join(key, at, total, body)
            if packets is None:
                return ()
            body = b"".join(packets)
        if number == _BATCH:
            return positions.batch(message.terminal, body)
        # An answer says first which question it answers.
        return positions.one(message.terminal, body if number == _REPORT else body[2:])

    return read


def open_frame(frame: bytes) -> Message:
    """Escapes undone, check byte, header. Raises Unreadable."""
    plain = _plain(frame[1:-1])
    if plain is None:
        why = f"校验码或转义不符，{_beginning(frame)}；请检查网关是否原样转发"
        raise Unreadable(why, "校验码")
    number, properties = struct.unpack_from(">HH", plain)
    at = 5 if properties & _IS_2019 else 4
    end = at + (10 if properties & _IS_2019 else 6)
    header = end + (6 if properties & _IS_PACKET else 2)
    body, length = plain[header:-1], properties & _LENGTH
    if len(plain) <= header or len(body) != length:
        sizes = f"消息头写 {length} 字节，实收 {max(len(plain) - header - 1, 0)} 字节"
        remedy = "请检查网关是否截断或改动了报文"
        raise Unreadable(f"消息体长度不符，{sizes}；{_beginning(frame)}，{remedy}", "消息体属性")
    if properties >> 10 & 0b111:
        raise Unreadable(
            f"{message_name(number)} 的消息体已加密，请在终端或网关关闭加密", "消息体属性"
        )
    serial, *packet = struct.unpack_from(">HHH" if properties & _IS_PACKET else ">H", plain, end)
    terminal = plain[at:end].hex().upper().lstrip("0") or "0"
    which = (packet[1], packet[0]) if packet else None
    return Message(number, terminal, body, serial, which, bool(properties & _IS_2019))


def _plain(sent: bytes) -> bytes | None:
    """Without escapes; None where an escape or the check byte is wrong, or it is too short."""
    if len(sent) > LONGEST:
        return None
    if b"\x7d" in sent:
        first, *others = sent.split(b"\x7d")
        for one in others:
            if one[:1] not in _ESCAPED:
                return None
            first += _ESCAPED[one[:1]] + one[1:]
        sent = first
    return sent if len(sent) >= SHORTEST and reduce(xor, sent) == 0 else None


_ESCAPED = {b"\x01": b"\x7d", b"\x02": b"\x7e"}


def _beginning(data: bytes) -> str:
    return f"共 {len(data)} 字节，以 {data[:_SHOWN].hex(' ').upper()} 开头"


FRAMING = Framing(cut, begins, reader)
