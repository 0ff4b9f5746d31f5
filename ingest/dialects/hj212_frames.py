"""HJ 212-2017 §6.3: where a frame begins and ends in what a gateway sent.

`##`, four digits of length, the data segment (… `CP=&&…&&`), four hex digits of CRC, CRLF. Devices
leave out the CRLF, state a wrong length or stop in the middle: the second `&&` ends a frame as
surely as its length, and the next `##` with four digits ends a frame that was cut off.
"""

import re

from ingest.dialects.checksums import crc_hj212
from ingest.framing import BLANK, MOST_IN_VAIN, Cut, Noise, between, past_line_end

_HEAD = re.compile(rb"##[0-9]{4}")
_HALF_HEAD = re.compile(rb"#(#[0-9]{0,3})?\Z")
_CRC = re.compile(rb"[0-9A-Za-z]{0,4}")  # wrong ones too: the reader says so
_LONGEST = 6 + 9999 + 4  # more than this is no frame, whatever it began with


def begins(payload: bytes) -> bool:
    return payload.lstrip(BLANK).startswith(b"##")


def cut(data: bytes) -> Cut:
    """See `ingest.framing.Cut`. Line ends between frames go with the frame before."""
    pieces: list[bytes | Noise] = []
    at = in_vain = 0
    while at < len(data) and in_vain <= MOST_IN_VAIN:
        head = _HEAD.search(data, at)
        half = None if head else _HALF_HEAD.search(data, at)
        start = head.start() if head else half.start() if half else len(data)
        if start > at:
            pieces.append(between(data[at:start]))
        stop = _due_end(data, start) if head else None
        if stop is None and head:
            stop = _broken_end(data, start)
            in_vain += int(data[start + 2 : start + 6]) + 10
        if stop is None:
            return Cut(pieces, data[start:])
        pieces.append(data[start:stop])
        at = stop
    if at < len(data):
        pieces.append(between(data[at:]))
    return Cut(pieces, b"")


def _due_end(data: bytes, start: int) -> int | None:
    """Where the frame ends if its length is right."""
    due = start + int(data[start + 2 : start + 6]) + 10
    if due > len(data) or data[due - 6 : due - 4] != b"&&" or not data[due - 4 : due].isalnum():
        return None
    if data.find(b"&&", start + 6, due - 6) < 0:
        return None
    # A frame that lost its tail may be due just where the next one ends.
    other = _HEAD.search(data, start + 6, due)
    if other and not _is_sound(data[start + 6 : due - 4], data[due - 4 : due]):
        return None
    return past_line_end(data, due)


def _broken_end(data: bytes, start: int) -> int | None:
    """Where it ends if its length is wrong or it was cut off; None while that cannot be told."""
    limit = start + _LONGEST
    other = _HEAD.search(data, start + 6, limit)
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
