"""HJ 212-2017 §6.3: where a frame begins and ends in what a gateway sent.

`##`, four digits of length, the data segment (… `CP=&&…&&`), four hex digits of CRC, CRLF. Devices
leave out the CRLF, state a wrong length or stop in the middle: the second `&&` ends a frame as
surely as its length, and the next `##` with four digits ends a frame that was cut off.
"""

import re

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
    opening = data.find(b"&&", start + 6, limit)
    if due <= len(data) and start < opening < due - 6 and data[due - 6 : due - 4] == b"&&":
        return past_line_end(data, due)
    closing = data.find(b"&&", opening + 2, limit) if opening > 0 else -1
    crc = _CRC.match(data, closing + 2) if closing > 0 else None
    whole = crc is not None and (len(crc[0]) == 4 or crc.end() < len(data))
    cut_off = _HEAD.search(data, start + 6, crc.end() if crc and whole else limit)
    if cut_off:
        return cut_off.start()
    if crc and whole:
        return past_line_end(data, crc.end())
    return limit if len(data) > limit else None
