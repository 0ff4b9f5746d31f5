"""即将超时: what presses most, in the words of the screens. Pure."""

from collections import Counter, defaultdict
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
    """What is late and what will be, the most pressing first; of one order only what presses most.

    What nobody is called for (no ladder) stands behind what somebody is. `within`: leave out what
    has longer.
    """
    first: dict[tuple[About, int], Running] = {}
    for run in sorted(runs, key=lambda run: _pressing(run, now, clocks)):
        if within is None or run.due_at <= now + within:
            first.setdefault((run.about, run.about_id), run)
    return [
        Pressing(running=run, words=said(run, now), owner=clocks.owner(run), late=run.is_late(now))
        for run in first.values()
    ]


def _pressing(run: Running, now: datetime, clocks: Clocks) -> tuple[bool, datetime, str]:
    quiet = run.is_late(now) and not clocks.by_id[run.rule_id].ladder
    return quiet, run.due_at, f"{run.rule_id}{run.about_id}"


def of_assignments(runs: Iterable[Running]) -> dict[int, list[Running]]:
    """By order, the nearest limit first."""
    found: defaultdict[int, list[Running]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: (run.due_at, run.rule_id)):
        if run.about is About.ASSIGNMENT:
            found[run.about_id].append(run)
    return dict(found)


def late_by_incident(runs: Iterable[Running], now: datetime) -> dict[int, int]:
    """How many orders of each incident are past a limit that somebody is called for."""
    late = {
        (run.incident_id, run.about_id)
        for run in runs
        if run.about is About.ASSIGNMENT and run.incident_id is not None and run.is_late(now)
    }
    return dict(Counter(incident_id for incident_id, _ in late if incident_id is not None))


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
