"""即将超时: what presses most, in the words of the screens. Pure."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from linkage.clocks.clock import Clocks, Running
from linkage.response_vocabulary import About

# What runs out within this time belongs on a strip that everybody sees.
SOON = timedelta(minutes=10)


class Pressing(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list. `words`: 消防（牵头）超时3分20秒未签收. `owner`: who lets it run."""

    running: Running
    words: str
    owner: str
    late: bool


def next_to_breach(
    runs: Iterable[Running], now: datetime, clocks: Clocks, *, within: timedelta | None = None
) -> list[Pressing]:
    """`nearest`, in words."""
    return [in_words(run, now, clocks) for run in nearest(runs, now, within=within)]


def nearest(
    runs: Iterable[Running], now: datetime, *, within: timedelta | None = None
) -> list[Running]:
    """What is late and what will be, the most pressing first; of one order only what presses most.

    `within`: leave out what has longer. What is too late and calls nobody stands on its own row.
    """
    end = None if within is None else now + within
    near = (
        run
        for run in runs
        if (end is None or run.due_at <= end) and (run.called or not run.is_late(now))
    )
    first: dict[tuple[About, int], Running] = {}
    for run in pressing_first(near):
        first.setdefault((run.about, run.about_id), run)
    return list(first.values())


def in_words(run: Running, now: datetime, clocks: Clocks) -> Pressing:
    return Pressing(
        running=run, words=said(run, now), owner=clocks.owner(run), late=run.is_overdue(now)
    )


def pressing_first(runs: Iterable[Running]) -> list[Running]:
    """The nearest limit first, which is the longest late; what nobody is called for (no ladder)
    stands behind what somebody is."""

    def pressing(run: Running) -> tuple[bool, datetime, tuple[str, str, int, int]]:
        return not run.called, run.due_at, run.key

    return sorted(runs, key=pressing)


def of_assignments(runs: Iterable[Running]) -> dict[int, Running]:
    """The clock of each order that presses most."""
    first: dict[int, Running] = {}
    for run in pressing_first(run for run in runs if run.about is About.ASSIGNMENT):
        first.setdefault(run.about_id, run)
    return first


def late_by_incident(runs: Iterable[Running], now: datetime) -> dict[int, int]:
    """How many orders of each incident are past a limit that somebody is called for."""
    late = {
        (run.incident_id, run.about_id)
        for run in runs
        if run.is_overdue(now) and run.about is About.ASSIGNMENT and run.incident_id is not None
    }
    return dict(Counter(incident_id for incident_id, _ in late))


def said(run: Running, now: datetime) -> str:
    """消防（牵头）超时3分20秒未签收, or 消防（牵头）签收还剩40秒."""
    return f"{run.who}{said_short(run, now)}"


def said_short(run: Running, now: datetime) -> str:
    """超时3分20秒未签收, or 签收还剩40秒."""
    left = run.left_s(now)
    if run.is_late(now):
        return f"超时{duration(-left)}{run.late}"
    return f"{run.words}还剩{duration(left)}"


def duration(seconds: float) -> str:
    """45秒, 3分20秒, 2小时5分, 3天4小时."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}秒"
    if whole < 3600:
        return f"{whole // 60}分{whole % 60}秒"
    if whole < 86_400:
        return f"{whole // 3600}小时{whole % 3600 // 60}分"
    return f"{whole // 86_400}天{whole % 86_400 // 3600}小时"
