"""What a binary protocol must say of itself: where its frames end, and what one frame states."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from linkage.alerts import Unreadable
from linkage.intake.arrivals import Part
from linkage.sources import Source


class Cut(NamedTuple):
    """Bytes taken apart: whole frames and noise in order, and a beginning that is not whole yet.

    Noise (bytes that belong to no frame) is an `Unreadable` that says how many and which, so that
    nothing is skipped in silence. Pieces and `rest` together are all the bytes.
    """

    pieces: Sequence[bytes | Unreadable]
    rest: bytes


# The packets of one statement, joined: (which statement, number from 1, of how many, this one) →
# all of them in order, or None while some are missing.
Join = Callable[[str, int, int, bytes], list[bytes] | None]
# One whole frame → what it states. Raises Unreadable.
ReadFrame = Callable[[bytes, Join], Sequence[Part]]


class Framing(NamedTuple):
    """`cut` never raises; `begins` tells a payload that starts with a frame of this protocol."""

    cut: Callable[[bytes], Cut]
    begins: Callable[[bytes], bool]
    reader: Callable[[Source], ReadFrame]
