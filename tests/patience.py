"""The end of what would otherwise run for ever. How fast something is, `bench/` measures."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

LONG_S = 60.0
"""Thirty times and more of what anything under test takes: a busy machine never needs it."""


class RanOnError(AssertionError):
    """Nobody would have waited for this."""


@contextmanager
def not_for_ever(seconds: float = LONG_S) -> Iterator[None]:
    """Ends what is still at work after `seconds`. Raises RanOnError. In the main thread only."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise RanOnError(f"still at work after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
