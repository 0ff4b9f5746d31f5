"""What a binary protocol must say of itself: where its frames end, and what one frame states."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from linkage.alerts import Unreadable
from linkage.intake.arrivals import Part
from linkage.sources import Source

SHOWN = 16  # bytes of noise that a reason shows


class Noise(Unreadable):
    """Bytes that belong to no frame: how many, and the first of them, so that somebody can tell
    whether a gateway adds something of its own."""

    def __init__(self, data: bytes) -> None:
        more = " …" if len(data) > SHOWN else ""
        shown = data[:SHOWN].hex(" ").upper()
        remedy = (
            "像是十六进制文字，请网关按原始字节转发" if is_hex(data) else "请检查网关的分帧设置"
        )
        super().__init__(f"{len(data)} 字节不属于任何帧：{shown}{more}；{remedy}")
        self.data = data


_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}[ \r\n]*){10,}")


def is_hex(data: bytes) -> bool:
    """A frame written out in hex digits, as many a gateway does until it is told otherwise."""
    return _HEX.fullmatch(data) is not None


# So many broken frames in one message are none, or so many bytes of them: to look at each anew
# would only cost time.
MOST_BROKEN, MOST_IN_VAIN = 100, 1_000_000
BLANK = b"\r\n \t\0"  # what gateways put between frames


def between(data: bytes, filler: bytes = BLANK) -> bytes | Noise:
    """What stands between two frames: filler is a piece that says nothing, the rest is noise."""
    return Noise(data) if data.strip(filler) else data


def past_line_end(data: bytes, at: int) -> int:
    """A line end after a frame belongs to it."""
    while data[at : at + 1] in {b"\r", b"\n"}:
        at += 1
    return at


class Cut(NamedTuple):
    """Bytes taken apart: whole frames and noise in order, and a beginning that is not whole yet.

    A frame is given as it came, broken ones too: the reader says what is wrong with it. Noise is
    `Noise`, so that nothing is skipped in silence. Pieces and `rest` together are all the bytes,
    and the same frames come out however the bytes were cut into messages.
    """

    pieces: Sequence[bytes | Unreadable]
    rest: bytes


# The packets of one statement, joined: (which statement, number from 1, of how many, this one) →
# all of them in order, or None while some are missing.
Join = Callable[[str, int, int, bytes], list[bytes] | None]
# One whole frame → what it states; a part that cannot be read refuses itself alone. Raises
# Unreadable for the whole frame.
ReadFrame = Callable[[bytes, Join], Sequence[Part | Unreadable]]


class Framing(NamedTuple):
    """`cut` never raises; `begins` tells a payload that starts with a frame of this protocol."""

    cut: Callable[[bytes], Cut]
    begins: Callable[[bytes], bool]
    reader: Callable[[Source], ReadFrame]
