"""History of a series in few bytes: readings wait in the series' own row, and go as one pack.

A row each would cost 25 (SQLite) to 72 bytes (PostgreSQL) and touch a page of every series every
minute. In the row that is rewritten anyway they cost no statement; a pack holds `PACK` of them as
three columns (steps of time, values, qualities), deflated.
"""

import math
import struct
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from linkage.vocabulary import Quality

PACK = 30
_ONE = struct.Struct("<qdB")
SIZE = _ONE.size
# In the order of the codes that are stored: new ones go to the end.
_QUALITIES = (
    Quality.NORMAL,
    Quality.OVER_RANGE,
    Quality.STOPPED,
    Quality.MAINTENANCE,
    Quality.MANUAL,
    Quality.FAULT,
    Quality.CALIBRATION,
    Quality.LINK_FAULT,
    Quality.INVALID,
)
CODES = {quality: code for code, quality in enumerate(_QUALITIES)}


class Sample(NamedTuple):
    """One value of the past. `ms`: epoch milliseconds; `value` None: none was measured."""

    ms: int
    value: float | None
    quality: Quality


def one(ms: int, value: float | None, quality: Quality) -> bytes:
    """A reading as it waits in its series' row."""
    return _ONE.pack(ms, math.nan if value is None else value, CODES[quality])


def waiting(recent: bytes) -> list[Sample]:
    return [
        Sample(ms, None if value != value else value, _QUALITIES[code])  # noqa: PLR0124 - NaN
        for ms, value, code in _ONE.iter_unpack(recent)
    ]


def has(recent: bytes, sample: bytes) -> bool:
    """Whether this very reading waits there already."""
    at = recent.find(sample)
    while at % SIZE:
        if at < 0:
            return False
        at = recent.find(sample, at + 1)
    return True


class Pack(NamedTuple):
    first_ms: int
    last_ms: int
    data: bytes


def pack(recent: bytes) -> Pack:
    """What waits, in order of time."""
    samples = sorted(_ONE.iter_unpack(recent), key=lambda sample: sample[0])
    count = len(samples)
    times = [ms for ms, _, _ in samples]
    steps = [later - earlier for earlier, later in zip([times[0], *times], times, strict=False)]
    data = struct.pack(
        f"<{count}Q{count}d{count}B",
        *steps,
        *(value for _, value, _ in samples),
        *(code for _, _, code in samples),
    )
    return Pack(times[0], times[-1], zlib.compress(data, 6))


def unpack(first_ms: int, data: bytes) -> list[Sample]:
    plain = zlib.decompress(data)
    count = len(plain) // 17
    numbers = struct.unpack(f"<{count}Q{count}d{count}B", plain)
    found = []
    ms = first_ms
    for step, value, code in zip(
        numbers[:count], numbers[count : 2 * count], numbers[2 * count :], strict=True
    ):
        ms += step
        found.append(Sample(ms, None if value != value else value, _QUALITIES[code]))  # noqa: PLR0124
    return found


def in_order(samples: Iterable[Sample]) -> list[Sample]:
    """By time; of two for one moment the later told stands."""
    by_time = {sample.ms: sample for sample in samples}
    return [by_time[ms] for ms in sorted(by_time)]
