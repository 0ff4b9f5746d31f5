"""JT/T 808-2011, -2013 and -2019: positions and alarms of vehicle terminals, as their gateways
pass the frames on. docs/dialects/jt808.md says what becomes of which message."""

import struct
from collections.abc import Sequence
from functools import reduce
from operator import xor
from typing import NamedTuple

from ingest.dialects.jt808_position import Positions
from ingest.dialects.jt808_words import message_name
from ingest.framing import Cut, Framing, Join, ReadFrame
from linkage.alerts import Unreadable
from linkage.intake.arrivals import Part, Remark
from linkage.sources import Source

MARK = b"\x7e"
LONGEST = 4_096  # bytes between two marks: 1023 of body and 21 of header, each escaped at worst
SHORTEST = 13  # header and check byte
_IS_2019, _IS_PACKET, _LENGTH = 1 << 14, 1 << 13, 0x3FF
_REPORT, _ANSWER, _CONTROLLED, _BATCH = 0x0200, 0x0201, 0x0500, 0x0704
_READ = frozenset({_REPORT, _ANSWER, _CONTROLLED, _BATCH})
_SHOWN = 12  # bytes of what cannot be read, for the officer


class Message(NamedTuple):
    number: int
    terminal: str
    body: bytes
    serial: int
    packet: tuple[int, int] | None  # number from 1, of how many


def cut(data: bytes) -> Cut:
    """Everything between two marks; the closing mark of a frame may be missing, or shared."""
    first, *rest = data.split(MARK)
    pieces: list[bytes | Unreadable] = []
    closed = True  # the last mark belongs to what stands before it
    if first:
        closed = _plain(first) is not None
        pieces.append(MARK + first + MARK if closed else _noise(first))
    if not rest:
        return Cut(pieces, b"")
    noise = b""
    for part in rest[:-1]:
        if len(part) >= SHORTEST:
            pieces += [_noise(noise)] if noise else []
            pieces.append(MARK + part + MARK)
            noise = b""
        elif part:
            noise += MARK + part + MARK
        closed = bool(part)
    pieces += [_noise(noise)] if noise else []
    last = rest[-1]
    if len(last) > LONGEST:
        pieces.append(_noise(MARK + last))
        return Cut(pieces, b"")
    if last:
        return Cut(pieces, MARK + last)
    opens = not closed or (not first and len(rest) == 1)
    return Cut(pieces, MARK if opens else b"")


def reader(source: Source) -> ReadFrame:
    positions = Positions(source)

    def read(frame: bytes, join: Join) -> Sequence[Part | Unreadable]:
        message = open_frame(frame)
        number, body = message.number, message.body
        if number not in _READ:
            return (Remark(f"{message_name(number)}，终端 {message.terminal}"),)
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
        raise Unreadable(f"校验码或转义不符，{_beginning(frame)}；请检查网关是否原样转发")
    number, properties = struct.unpack_from(">HH", plain)
    at = 5 if properties & _IS_2019 else 4
    end = at + (10 if properties & _IS_2019 else 6)
    header = end + (6 if properties & _IS_PACKET else 2)
    body, length = plain[header:-1], properties & _LENGTH
    if len(plain) <= header or len(body) != length:
        raise Unreadable(f"消息体长度不符：消息头写 {length} 字节，{_beginning(frame)}")
    if properties >> 10 & 0b111:
        raise Unreadable(f"{message_name(number)} 的消息体已加密，请在终端或网关关闭加密")
    serial, *packet = struct.unpack_from(">HHH" if properties & _IS_PACKET else ">H", plain, end)
    terminal = plain[at:end].hex().upper().lstrip("0") or "0"
    return Message(number, terminal, body, serial, (packet[1], packet[0]) if packet else None)


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


def _noise(data: bytes) -> Unreadable:
    return Unreadable(f"{_beginning(data)}，不在 7E 与 7E 之间；请检查网关的分帧设置")


def _beginning(data: bytes) -> str:
    return f"共 {len(data)} 字节，以 {data[:_SHOWN].hex(' ').upper()} 开头"


FRAMING = Framing(cut, lambda payload: payload.startswith(MARK), reader)
