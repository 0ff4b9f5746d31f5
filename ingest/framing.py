"""What a binary protocol must say of itself: where its frames end, and what one frame states."""

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
        super().__init__(f"{len(data)} 字节不属于任何帧：{shown}{more}；请检查网关的分帧设置")
        self.data = data


# So many bytes of broken frames in one message are none: their checksums would only cost time.
MOST_IN_VAIN = 1_000_000
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
