"""HJ 212-2017 §6.3: where a frame begins and ends in what a gateway sent.

`##`, four digits of length, the data segment (… `CP=&&…&&`), four hex digits of CRC, CRLF. Devices
leave out the CRLF, state a wrong length or stop in the middle: the second `&&` ends a frame as
surely as its length, and the next `##` with four digits ends a frame that was cut off.
"""

import re

from ingest.dialects.checksums import crc_hj212
from ingest.framing import BLANK, Cut, Noise, between, past_line_end

_HEAD = re.compile(rb"##[0-9]{4}")
_HALF_HEAD = re.compile(rb"#(#[0-9]{0,3})?\Z")
_CRC = re.compile(rb"[0-9A-Fa-f]{0,4}")
_LONGEST = 6 + 9999 + 4  # more than this is no frame, whatever it began with


def begins(payload: bytes) -> bool:
    return payload.lstrip(BLANK).startswith(b"##")


def cut(data: bytes) -> Cut:
    """See `ingest.framing.Cut`. Line ends between frames go with the frame before."""
    pieces: list[bytes | Noise] = []
    at = 0
    while at < len(data):
        head = _HEAD.search(data, at)
        half = None if head else _HALF_HEAD.search(data, at)
        start = head.start() if head else half.start() if half else len(data)
        if start > at:
            pieces.append(between(data[at:start]))
        stop = _end(data, start) if head else None
        if stop is None:
            return Cut(pieces, data[start:])
        pieces.append(data[start:stop])
        at = stop
    return Cut(pieces, b"")


def _end(data: bytes, start: int) -> int | None:
    """Where the frame at `start` ends; None while that cannot be told."""
    limit = start + _LONGEST
    due = start + int(data[start + 2 : start + 6]) + 10
    other = _HEAD.search(data, start + 6, limit)
    if due <= len(data) and data[due - 6 : due - 4] == b"&&":
        opening = data.find(b"&&", start + 6, due - 6)
        # A frame that lost its tail may be due just where the next one ends.
        alone = other is None or other.start() >= due
        if opening > 0 and (alone or _is_sound(data[start + 6 : due - 4], data[due - 4 : due])):
            return past_line_end(data, due)
    stop = other.start() if other else min(limit, len(data))
    opening = data.find(b"&&", start + 6, stop)
    closing = data.find(b"&&", opening + 2, stop) if opening > 0 else -1
    if closing > 0:
        crc = _CRC.match(data, closing + 2, stop)
        if crc and (len(crc[0]) == 4 or crc.end() < len(data)):
            return past_line_end(data, crc.end())
    return stop if other or len(data) >= limit else None


def _is_sound(segment: bytes, crc: bytes) -> bool:
    return crc.upper() == b"%04X" % crc_hj212(segment)
