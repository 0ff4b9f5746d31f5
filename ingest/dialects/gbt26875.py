"""GB/T 26875.3-2011: fire alarm panels behind their transmission device (用户信息传输装置).

A frame that cannot be trusted is refused; in one that can, nothing stands in the way of a fire
alarm: neither a text that cannot be read nor a clock that is wrong. docs/dialects/gbt26875.md
"""

from collections.abc import Sequence

from ingest.dialects.gbt26875_objects import Objects, moment
from ingest.dialects.gbt26875_words import COMMANDS, WITH_DATA
from ingest.framing import BLANK, MOST_BROKEN, Cut, Framing, Join, Noise, ReadFrame, between
from linkage.alerts import Unreadable
from linkage.intake.arrivals import Part, Remark
from linkage.sources import Source

START, END = b"\x40\x40", b"\x23\x23"
SHORTEST = 30  # bytes around the application data
MOST_DATA = 1_024  # bytes of application data
_LENGTH_AT, _COMMAND_AT, _DATA_AT = 24, 26, 27
_SHOWN = 12  # bytes of what cannot be read, for the officer


def begins(payload: bytes) -> bool:
    return payload.lstrip(BLANK).startswith(START)


def cut(data: bytes) -> Cut:
    """By the length each frame states, if its end stands there; else on to the next beginning."""
    pieces: list[bytes | Unreadable] = []
    at = noise = broken = 0
    while True:
        start = data.find(START, at)
        if start < 0:
            # A last 40 may be the first half of a beginning.
            end = len(data) - (1 if data.endswith(START[:1]) and len(data) > noise else 0)
            _add_noise(pieces, data[noise:end])
            return Cut(pieces, data[end:])
        size = _size(data, start)
        end = start + (size or 0)
        if size is None or (end > len(data) and _whole_later(data, start + 1, len(data))):
            at = start + 1
        elif end > len(data):
            _add_noise(pieces, data[noise:start])
            return Cut(pieces, data[start:])
        elif data[end - 2 : end] != END:
            at = start + 1
        else:
            if broken < MOST_BROKEN and not _is_sound(data[start:end]):
                # A length that was spoiled may end where the next frame does.
                broken += 1
                if _whole_later(data, start + 1, end):
                    at = start + 1
                    continue
            _add_noise(pieces, data[noise:start])
            pieces.append(data[start:end])
            at = noise = end


def _size(data: bytes, start: int) -> int | None:
    """Of the frame that may begin here; None where it cannot be one. Too short to say: SHORTEST."""
    length = data[start + _LENGTH_AT : start + _COMMAND_AT]
    if len(length) < 2:
        return SHORTEST
    size = int.from_bytes(length, "little")
    return SHORTEST + size if size <= MOST_DATA else None


def _whole_later(data: bytes, at: int, end: int) -> bool:
    """A whole frame behind a beginning that is not one: it must not wait for what never comes."""
    while (at := data.find(START, at, end)) >= 0:
        size = _size(data, at)
        frame = data[at : at + size] if size is not None and at + size <= end else b""
        if frame.endswith(END) and _is_sound(frame):
            return True
        at += 1
    return False


def _is_sound(frame: bytes) -> bool:
    return _sum_of(frame) == frame[-3]


def _add_noise(pieces: list[bytes | Unreadable], data: bytes) -> None:
    if not data:
        return
    piece = between(data)
    if isinstance(piece, Noise) and data.startswith(START) and len(data) >= _COMMAND_AT:
        length = int.from_bytes(data[_LENGTH_AT:_COMMAND_AT], "little")
        wrong = f"超过 {MOST_DATA} 字节" if length > MOST_DATA else "其后不是结束符 23 23"
        piece.reason = f"应用数据单元长度写 {length} 字节，{wrong}；{piece.reason}"
        piece.field = "应用数据单元长度"
    pieces.append(piece)


def reader(source: Source) -> ReadFrame:
    objects = Objects(source)

    def read(frame: bytes, _: Join) -> Sequence[Part | Unreadable]:
        if not frame.strip(BLANK):
            return ()
        if not _is_sound(frame):
            right = f"应为 {_sum_of(frame):02X}，收到 {frame[-3]:02X}"
            remedy = "请检查网关是否改动了报文"
            raise Unreadable(f"校验和不符，{right}；{_beginning(frame)}，{remedy}", "校验和")
        command, data = frame[_COMMAND_AT], frame[_DATA_AT:-3]
        panel = frame[12:18][::-1].hex().upper()
        if command not in WITH_DATA or not data:
            name = COMMANDS.get(command, "自定义命令" if command >= 128 else "预留命令")
            return (Remark(f"GB/T 26875.3 命令 {command} {name}，装置 {panel}"),)
        return objects.read(panel, data, moment(frame[6:12]))

    return read


def _sum_of(frame: bytes) -> int:
    return sum(frame[2:-3]) & 0xFF


def _beginning(data: bytes) -> str:
    return f"共 {len(data)} 字节，以 {data[:_SHOWN].hex(' ').upper()} 开头"


FRAMING = Framing(cut, begins, reader)
