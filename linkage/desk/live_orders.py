"""The joint responses as a wall shows them: who has answered, who is late, who will be. Pure.

Short lists, whatever is going on: what stands furthest down nobody can read from five metres.
The screen itself tells late from not yet late, by the limit; so a row changes when an order does,
and not with the clock.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from heapq import nsmallest
from typing import Any

import msgspec

from linkage.clocks.clock import Clocks, Running
from linkage.clocks.next_to_breach import SOON, of_assignments, pressing_first
from linkage.response_vocabulary import About
from linkage.vocabulary import AssignmentRole, AssignmentStatus, Count, Severity

RESPONSES = 12
ORDERS = 24
LATE, AHEAD = 12, 6
_RANKS = {severity.value: severity.rank for severity in Severity}
_OVER = frozenset({AssignmentStatus.PROPOSED.value, AssignmentStatus.CANCELLED.value})


class LiveOrder(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`due_at` 0: no limit runs. `late`: what it is when the limit has passed: 未签收."""

    agency: str
    role: str
    status: str
    due_at: int = 0
    late: str = ""


class LiveResponse(msgspec.Struct, frozen=True, gc=False):
    """What is being done about one incident. `people`: (code, count), where somebody counted.
    Without orders: there is none any more."""

    id: str
    orders: list[LiveOrder] = []
    people: list[tuple[str, int]] = []


class LiveLimit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A limit that has passed or soon will. `awaits`: 签收. `late`: 未签收."""

    incident_id: str
    who: str
    awaits: str
    late: str
    due_at: int
    exercise: bool = False


class Limits(msgspec.Struct, frozen=True, gc=False):
    """`engaged`: incidents with orders out. Exercises are shown and not counted."""

    engaged: int = 0
    late: int = 0
    lines: list[LiveLimit] = []


class LiveShift(msgspec.Struct, frozen=True, gc=False):
    """Without exercises and our own findings. `claim_s`: the median from opening to claiming, of
    what was claimed. `signed`, `in_time`: orders answered, and within their limit, out of
    `orders`. `hours`: opened in each of the last hours, this one last. Times are epoch seconds."""

    name: str
    since: int
    opened: int
    ended: int
    serious: int
    claim_s: int | None
    orders: int
    signed: int
    in_time: int
    hours: list[int]
    kinds: list[tuple[str, int]]


class Board(msgspec.Struct, frozen=True, gc=False):
    responses: dict[str, LiveResponse] = {}
    limits: Limits = Limits()
    shift: LiveShift | None = None

    def since(self, before: "Board") -> list[LiveResponse]:
        """The responses that are other than `before`, and those that are no more."""
        changed = [one for key, one in self.responses.items() if before.responses.get(key) != one]
        return changed + [
            LiveResponse(key) for key in before.responses if key not in self.responses
        ]


def limits(near: Iterable[Running], engaged: int, now: datetime, clocks: Clocks) -> Limits:
    """`near`: what somebody is called for and is late, or will be within SOON."""
    first: dict[tuple[About, int], Running] = {}
    for run in pressing_first(near):
        first.setdefault((run.about, run.about_id), run)
    listed = sorted(first.values(), key=lambda run: run.exercise)
    late = [run for run in listed if run.is_late(now)]
    ahead = [run for run in listed if not run.is_late(now) and run.due_at <= now + SOON]
    return Limits(
        engaged,
        sum(not run.exercise for run in late),
        [_limit(run, clocks) for run in late[:LATE] + ahead[:AHEAD]],
    )


def _limit(run: Running, clocks: Clocks) -> LiveLimit:
    about = "" if run.incident_id is None else str(run.incident_id)
    # Whom an incident waits for is said, for the line below names the incident.
    who = clocks.owner(run) if run.about is About.INCIDENT else run.who
    return LiveLimit(about, who, run.words, run.late, int(run.due_at.timestamp()), run.exercise)


def responses(
    incidents: Mapping[int, Any],
    tasks: Mapping[int, Mapping[int, Any]],
    runs: Mapping[int, Iterable[Running]],
    clocks: Clocks,
) -> tuple[dict[str, LiveResponse], int]:
    """The worst that orders are out for, and how many incidents that is in all. Rows are the
    clocks' own: linkage/clocks/running.py."""
    busy = [
        incidents[one]
        for one, its in tasks.items()
        if one in incidents and any(task.status not in _OVER for task in its.values())
    ]
    worst = nsmallest(RESPONSES, busy, lambda row: (row.exercise, -_RANKS[row.severity], -row.id))
    shown = {
        str(row.id): LiveResponse(
            str(row.id), _orders(tasks[row.id].values(), runs.get(row.id, ()), clocks), _people(row)
        )
        for row in worst
    }
    return shown, sum(not row.exercise for row in busy)


def _orders(tasks: Iterable[Any], runs: Iterable[Running], clocks: Clocks) -> list[LiveOrder]:
    """Who leads stands first, who was only told last."""
    pressing = of_assignments(run for run in runs if run.called)
    parts = list(AssignmentRole)
    live = [task for task in tasks if task.status not in _OVER]
    live.sort(key=lambda task: (parts.index(AssignmentRole(task.role)), task.id))
    return [_order(task, pressing.get(task.id), clocks) for task in live[:ORDERS]]


def _order(task: Any, run: Running | None, clocks: Clocks) -> LiveOrder:
    name = clocks.agency(task.agency_id)
    if run is None:
        return LiveOrder(name, task.role, task.status)
    return LiveOrder(name, task.role, task.status, int(run.due_at.timestamp()), run.late)


def _people(row: Any) -> list[tuple[str, int]]:
    counted = ((count.value, getattr(row, count.value)) for count in Count)
    return [(code, number) for code, number in counted if number]
