"""Which moment a reading is judged by: the station's clock where it can be trusted, else ours."""

from datetime import datetime
from typing import NamedTuple

from linkage.readings.reading import Reading
from linkage.vocabulary import Span

# A clock set by hand is a minute or two off; more, and it is not to be trusted.
AHEAD_S = 120.0
# Two readings between which our clock and theirs ran on alike, to this share, come from a clock
# that is set wrong; a store that is emptied hands over an hour in a second.
STEADY = 0.5
LENGTH_S = {Span.MOMENT: 0.0, Span.MINUTE: 60.0, Span.HOUR: 3600.0, Span.DAY: 86_400.0}


class Time(NamedTuple):
    """`at`: to judge by, epoch seconds; None: not to be judged. `said`: as the station wrote it.

    `lag`: None where it tells nothing about the station's clock. `reason`: for a person; empty
    where all is well.
    """

    at: float | None
    said: float
    lag: float | None
    reason: str


def time_of(  # noqa: PLR0917
    reading: Reading,
    judged_at: float,
    last_said: float,
    last_lag: float | None,
    stale_s: float,
    now: datetime,
) -> Time:
    """A mean is known when its span has ended. `judged_at`, `last_…`: of the series so far."""
    length = LENGTH_S[reading.span]
    said = reading.measured_at.timestamp() + length
    received = now.timestamp()
    lag = received - said
    in_time = -AHEAD_S <= lag <= stale_s + length
    if in_time and said > judged_at:
        return Time(said, said, lag, "")
    if received <= judged_at or said == last_said:
        return Time(None, said, None, "该时刻已经判过，仅存档")
    # A clock that was set back, or begins at 2000 with a new battery, says once what is before
    # last_said; from then on it runs on like any that is set wrong.
    if said > last_said:
        if lag < -AHEAD_S:
            return Time(received, said, lag, f"测站时钟快 {_length(-lag)}，按收到时间判")
        if last_lag is not None and abs(lag - last_lag) < STEADY * (said - last_said):
            return Time(received, said, lag, f"测站时钟慢 {_length(lag)}，按收到时间判")
    if in_time:
        return Time(None, said, lag, "该时刻已经判过，仅存档")
    if lag < 0:
        return Time(None, said, lag, f"测站时钟快 {_length(-lag)} 且刚被调过，仅存档")
    # What a station kept while its line was down says nothing of the present.
    return Time(None, said, lag, f"迟到 {_length(lag)} 的补传数据，仅存档")


def _length(seconds: float) -> str:
    if seconds < 7200:
        return f"{seconds / 60:.0f} 分钟"
    return f"{seconds / 3600:.0f} 小时" if seconds < 172_800 else f"{seconds / 86_400:.0f} 天"
