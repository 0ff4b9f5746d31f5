"""Our own clock put back or forward: how far each clock that runs has got all the same.

Whatever the time of day says, an escalation neither waits until the day has caught up nor starts
over. Forward the time of day is believed: a machine that slept has missed that time.
"""

from collections.abc import Callable, Container, Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from linkage.clocks import firings
from linkage.clocks.clock import Clock, Running
from linkage.clocks.steps import step_at

# Our clock and the clock of the machine that stamped a row may differ by so much unnoticed.
AHEAD = timedelta(seconds=2)
JUMP_S = 5.0
NO_SHIFT = timedelta(0)


class OwnClock:
    """`jumped`: seconds by which it was put forward (or back, below zero), until `said`.
    `shifts`: how far a clock is ahead of the time of day, where it is.
    """

    def __init__(self, steady: Callable[[], float]) -> None:
        self._steady = steady
        self._last: tuple[datetime, float] | None = None
        self.shifts: dict[firings.Key, timedelta] = {}
        # Clocks of which steps were taken later than now; None: to be looked up.
        self._passed: set[firings.Key] | None = None
        self.jumped = 0.0

    def look(self, now: datetime) -> None:
        steady, last = self._steady(), self._last
        self._last = now, steady
        if last is None:
            return
        jump = (now - last[0]).total_seconds() - (steady - last[1])
        if abs(jump) <= JUMP_S:
            return
        self.jumped += jump
        self._passed = None
        # Put right again, nobody is late for the time that was lived through twice.
        by = timedelta(seconds=jump)
        moved = {key: shift - by for key, shift in self.shifts.items()}
        self.shifts = {key: shift for key, shift in moved.items() if shift > AHEAD}

    def look_up(self, cx: Connection, now: datetime) -> None:
        """After a start and after each jump: what was taken by a clock that went ahead of ours."""
        if self._passed is None:
            self._passed = firings.taken_after(cx, now + AHEAD)

    def said(self) -> None:
        self.jumped = 0.0

    def strange(self, runs: Iterable[Running], now: datetime) -> set[firings.Key]:
        """Those that began, or have come further, later than now, and whose shift is not known."""
        ahead, passed = now + AHEAD, self._passed or ()
        found = {
            run.key for run in runs if run.started_at > ahead or (passed and run.key in passed)
        }
        return found - self.shifts.keys()

    def find_shift(self, rule: Clock, run: Running, taken: set[int], now: datetime) -> None:
        """It goes on from where it was; after a restart nobody knows that, and it goes on from the
        step that it had reached, else from its start."""
        if not self.strange([run], now):
            return
        was = step_at(rule, run, max(taken)) if taken else run.started_at
        here = timedelta(seconds=-self.jumped)  # in the look after the jump
        self.shifts[run.key] = max(here if self.jumped < 0 else was - now, NO_SHIFT)

    def forget(self, keys: Container[firings.Key]) -> None:
        """All but these."""
        self.shifts = {key: by for key, by in self.shifts.items() if key in keys}


def jumped_words(seconds: float) -> str:
    if seconds > 0:
        return (
            f"本机时钟向前跳变 {seconds:.0f} 秒：按新的时间计时，已到期的随即提醒和升级，"
            "请检查时间同步（NTP）"
        )
    return (
        f"本机时钟向后跳变 {-seconds:.0f} 秒：已在走的时限按跳变前的进度继续，请检查时间同步（NTP）"
    )
