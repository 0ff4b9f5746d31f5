"""SL 651-2014 §6.4, §6.5: frames of its two codings, where they begin and end, what they hold.

HEX/BCD: 7E7E, centre, station, password, function, direction and length, STX or SYN, body, end,
CRC. ASCII: the same fields as hex digits after one 01. Downlink frames name the station first.
"""

import re
from typing import NamedTuple

from ingest.dialects.checksums import crc_modbus
from ingest.framing import BLANK, MOST_IN_VAIN, Cut, Noise, between, past_line_end
from linkage.alerts import Unreadable

STX, SYN = 0x02, 0x16
FILLER = BLANK + b"\x7e"  # some gateways end each frame with a 7E, as other protocols do
_ENDS = b"\x03\x17\x05\x04\x06\x15\x1b"  # ETX ETB up; ENQ EOT ACK NAK ESC down
_START = re.compile(rb"\x7e(?=\x7e|\Z)|\x01(?=[0-9A-Fa-f]|\Z)")
_TEXT_HEAD = re.compile(rb"\x01[0-9A-Fa-f]{18}[08][0-9A-Fa-f]{3}[\x02\x16]")
_HALF_TEXT_HEAD = re.compile(rb"\x01[0-9A-Fa-f]{0,22}\Z")
_STATION = re.compile(r"[0-9A-F]{10}")
_UNKNOWN, _NO_HEAD = -1, 0


class Frame(NamedTuple):
    """`packet`: number and total of SYN frames. `is_text`: of the ASCII coding."""

    station_id: str
    function: int
    is_up: bool
    body: bytes
    packet: tuple[int, int] | None
    is_text: bool


def begins(payload: bytes) -> bool:
    return bool(_START.match(payload.lstrip(BLANK)))


def cut(data: bytes) -> Cut:
    """See `ingest.framing.Cut`."""
    pieces: list[bytes | Noise] = []
    done = at = in_vain = 0
    while found := _START.search(data, at):
        start = found.start()
        size = _size(data, start)
        if size == _NO_HEAD:
            at = start + 1
            continue
        if start > done:
            pieces.append(between(data[done:start], FILLER))
        stop: int | None = start + size
        if size == _UNKNOWN or start + size > len(data):
            # Cut off for good if a whole frame stands behind it: it must not be held up.
            stop = _next_whole(data, start)
        elif _crc_said(data[start : start + size]) != _crc_due(data[start : start + size]):
            stop = _next_head(data[start : start + size]) + start
            in_vain += size
        else:
            stop = past_line_end(data, start + size)
        if stop is None:
            return Cut(pieces, data[start:])
        pieces.append(data[start:stop])
        done = at = stop
        if in_vain > MOST_IN_VAIN:
            break
    if done < len(data):
        pieces.append(between(data[done:], FILLER))
    return Cut(pieces, b"")


def open_frame(piece: bytes) -> Frame:
    """Raises Unreadable: cut off, wrong CRC, no station address."""
    size = _size(piece, 0)
    if size <= 0 or len(piece) < size:
        due = f"，应有 {size} 字节" if size > 0 else ""
        raise Unreadable(f"帧不完整：收到 {len(piece)} 字节{due}；请检查网络与网关分帧", "帧")
    piece = piece[:size]
    said, due_crc = _crc_said(piece), _crc_due(piece)
    if said != due_crc:
        raise Unreadable(
            f"CRC：帧尾写 {said}，按帧内容应为 {due_crc}（高字节在前）；请检查遥测站或传输", "帧"
        )
    is_text = piece[0] == 0x01
    at = 24 if is_text else 14
    body, end = piece[at : -5 if is_text else -3], piece[-5 if is_text else -3]
    if end not in _ENDS:
        raise Unreadable(f"报文结束符 {end:02X} 不是 SL 651-2014 表 10 所列；请检查遥测站", "帧")
    digits = piece[1:23].decode() if is_text else piece[2:13].hex().upper()
    is_up = digits[18] == "0"
    station_id = station_address(digits[2:12] if is_up else digits[:10])
    packet = None
    if piece[at - 1] == SYN:
        head = body[:6].decode("ascii", "replace") if is_text else body[:3].hex()
        if not re.fullmatch(r"[0-9A-Fa-f]{6}", head):
            raise Unreadable("多包帧缺少总包数与序号；请检查遥测站", "帧")
        packet = (int(head[3:], 16), int(head[:3], 16))
        body = body[6 if is_text else 3 :]
    return Frame(station_id, int(digits[16:18], 16), is_up, body, packet, is_text)


def station_address(digits: str) -> str:
    """Ten hex digits. SL 651-2014 tables 13 and 14 have letters in the last four at most; provinces
    have them elsewhere."""
    if not _STATION.fullmatch(digits.upper()):
        raise Unreadable(
            f"遥测站地址 {digits[:20]!r} 应为 10 位十六进制数字；请检查遥测站", "遥测站地址"
        )
    return digits.upper()


def _size(data: bytes, start: int) -> int:
    """Of the frame that begins there, head to CRC; or that it is none, or cannot be told yet."""
    if data[start] == 0x01:
        if _TEXT_HEAD.match(data, start):
            return int(data[start + 20 : start + 23], 16) + 29
        return _UNKNOWN if _HALF_TEXT_HEAD.match(data, start) else _NO_HEAD
    head = data[start : start + 14]
    if len(head) < 14:
        return _UNKNOWN
    length = (head[11] << 8 | head[12]) & 0x0FFF
    is_head = head[11] >> 4 in {0, 8} and head[13] in {STX, SYN} and length
    return length + 17 if is_head else _NO_HEAD


def _crc_said(frame: bytes) -> str:
    if frame[0] == 0x01:
        return frame[-4:].decode("ascii", "backslashreplace").upper()
    return frame[-2:].hex().upper()


def _crc_due(frame: bytes) -> str:
    return f"{crc_modbus(frame[: -4 if frame[0] == 0x01 else -2]):04X}"


def _next_whole(data: bytes, start: int) -> int | None:
    """Where, behind a beginning that is not whole, a frame stands that is, with its CRC."""
    in_vain = 0
    for found in _START.finditer(data, start + 1):
        size = _size(data, found.start())
        frame = data[found.start() : found.start() + size] if size > 0 else b""
        if size <= 0 or len(frame) < size:
            continue
        if _crc_said(frame) == _crc_due(frame):
            return found.start()
        in_vain += size
        if in_vain > MOST_IN_VAIN:
            break
    return None


def _next_head(frame: bytes) -> int:
    """How much of a broken frame is its own: its length may be wrong, and the next one in it."""
    heads = (found.start() for found in _START.finditer(frame, 1))
    return next((at for at in heads if _size(frame, at) != _NO_HEAD), len(frame))
