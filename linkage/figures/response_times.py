"""响应时间: how long each stage took, in the form Chinese command centres publish.

A stamp that is missing or earlier than the one before it is left out and counted, never averaged.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Executable, select

from linkage.figures.portable import instant
from linkage.figures.selection import Selection, conditions
from linkage.figures.stages import Stage
from linkage.tables import assignment, incident
from linkage.vocabulary import AssignmentStatus

# Neither was ever binding on an agency.
_NOT_BINDING = (AssignmentStatus.PROPOSED, AssignmentStatus.CANCELLED)


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """Of one stage. Seconds; a begun second counts as a whole one.

    `n` were measured; `missing` have no start or no end (yet); `impossible` end before they start.
    Percentiles are by nearest rank: a value that did occur. `shares`: counts per bucket.
    """

    stage: Stage
    n: int
    missing: int
    impossible: int
    mean: float | None
    p50: int | None
    p90: int | None
    shares: tuple[int, ...]


class Target(msgspec.Struct, frozen=True):
    """Of those that had a time limit: kept, broken, and those whose limit has not come yet."""

    met: int
    missed: int
    pending: int

    @property
    def share(self) -> float | None:
        return self.met / (self.met + self.missed) if self.met + self.missed else None


class AgencyTimes(msgspec.Struct, frozen=True):
    """One agency's answers. `declined`: assignments it gave back."""

    agency_id: str
    assignments: int
    declined: int
    acknowledge: Times
    arrive: Times
    targets: dict[Stage, Target]


class ResponseTimes(msgspec.Struct, frozen=True):
    """`cancelled`: assignments left out because they were taken back."""

    stages: tuple[Times, ...]
    targets: dict[Stage, Target]
    agencies: tuple[AgencyTimes, ...]
    assignments: int
    cancelled: int


# Length in whole seconds (None: missing, -1: impossible) → how many, and their microseconds.
_Histogram = dict[int | None, tuple[int, int]]
# Which limit of an order belongs to which stage.
_LIMITS = {
    Stage.ACKNOWLEDGE: assignment.c.acknowledge_due_at,
    Stage.ARRIVE: assignment.c.on_scene_due_at,
    Stage.REPORT: assignment.c.report_due_at,
}
_OF_ASSIGNMENTS = tuple(stage for stage in Stage if stage.of_assignments)
_OF_INCIDENTS = tuple(stage for stage in Stage if not stage.of_assignments)
# Rows fetched at once: what is kept of them is counted, so memory stays flat.
_AT_ONCE = 5_000


class _Tally:
    """What is counted of one agency (or of all incidents) while the rows go by."""

    def __init__(self) -> None:
        self.assignments = self.declined = 0
        self.lengths: dict[Stage, _Histogram] = defaultdict(dict)
        self.limits: dict[Stage, Counter[str]] = defaultdict(Counter)

    def measure(self, stage: Stage, start: int | None, end: int | None) -> None:
        known = self.lengths[stage]
        if start is None or end is None:
            second, length = None, 0
        else:
            length = end - start
            second = -1 if length < 0 else -(-length // 1_000_000)
        n, total = known.get(second, (0, 0))
        known[second] = (n + 1, total + length)

    def judge(self, stage: Stage, done: int | None, due: int | None, now: int) -> None:
        if due is None:
            return
        if done is not None:
            self.limits[stage]["met" if done <= due else "missed"] += 1
        else:
            self.limits[stage]["missed" if due < now else "pending"] += 1

    def target(self, stage: Stage) -> Target:
        counted = self.limits[stage]
        return Target(counted["met"], counted["missed"], counted["pending"])


def response_times(cx: Connection, selection: Selection, at: datetime) -> ResponseTimes:
    """Of the selected incidents and their assignments; limits are judged as of `at`.

    One pass over each of the two tables: a pass costs more than all that is counted in it.
    """
    tallies: dict[str, _Tally] = defaultdict(_Tally)
    cancelled = _read_assignments(cx, selection, at, tallies)
    own = _Tally()
    columns = _columns(_OF_INCIDENTS)
    query = select(*map(instant, columns)).where(*conditions(selection))
    for row in _rows(cx, query):
        stamps = dict(zip(columns, row, strict=True))
        for stage in _OF_INCIDENTS:
            own.measure(stage, stamps[stage.start], stamps[stage.end])
    every = [own, *tallies.values()]
    return ResponseTimes(
        tuple(_times(stage, _together(t.lengths[stage] for t in every)) for stage in Stage),
        {stage: _sum(t.target(stage) for t in tallies.values()) for stage in _LIMITS},
        tuple(_agency(agency_id, tallies[agency_id]) for agency_id in sorted(tallies)),
        sum(t.assignments for t in tallies.values()),
        cancelled,
    )


def _read_assignments(
    cx: Connection, selection: Selection, at: datetime, tallies: dict[str, _Tally]
) -> int:
    """Count every binding assignment; returns how many were taken back."""
    columns = _columns(_OF_ASSIGNMENTS, *_LIMITS.values())
    query = (
        select(assignment.c.agency_id, assignment.c.status, *map(instant, columns))
        .join(incident, incident.c.id == assignment.c.incident_id)
        .where(*conditions(selection))
    )
    now = round(at.timestamp() * 1_000_000)
    cancelled = 0
    for agency_id, status, *row in _rows(cx, query):
        if status in _NOT_BINDING:
            cancelled += status == AssignmentStatus.CANCELLED
            continue
        stamps = dict(zip(columns, row, strict=True))
        tally = tallies[agency_id]
        tally.assignments += 1
        for stage in _OF_ASSIGNMENTS:
            tally.measure(stage, stamps[stage.start], stamps[stage.end])
        if status == AssignmentStatus.DECLINED:
            tally.declined += 1  # no time was promised
            continue
        for stage, due in _LIMITS.items():
            tally.judge(stage, stamps[stage.end], stamps[due], now)
    return cancelled


def _columns(stages: Iterable[Stage], *more: Column[datetime]) -> list[Column[datetime]]:
    ends = [column for stage in stages for column in (stage.start, stage.end)]
    return list(dict.fromkeys([*ends, *more]))


def _rows(cx: Connection, query: Executable) -> Iterator[Any]:
    yield from cx.execute(query, execution_options={"yield_per": _AT_ONCE})


def _agency(agency_id: str, tally: _Tally) -> AgencyTimes:
    return AgencyTimes(
        agency_id,
        tally.assignments,
        tally.declined,
        _times(Stage.ACKNOWLEDGE, tally.lengths[Stage.ACKNOWLEDGE]),
        _times(Stage.ARRIVE, tally.lengths[Stage.ARRIVE]),
        {stage: tally.target(stage) for stage in _LIMITS},
    )


def _together(parts: Iterable[_Histogram]) -> _Histogram:
    whole: _Histogram = {}
    for part in parts:
        for second, (n, total) in part.items():
            had = whole.get(second, (0, 0))
            whole[second] = (had[0] + n, had[1] + total)
    return whole


def _times(stage: Stage, lengths: _Histogram) -> Times:
    measured = sorted((s, n) for s, (n, _) in lengths.items() if s is not None and s >= 0)
    n = sum(count for _, count in measured)
    total = sum(t for s, (_, t) in lengths.items() if s is not None and s >= 0)
    shares = [0] * (len(stage.edges) + 1)
    for second, count in measured:
        bucket = next((i for i, edge in enumerate(stage.edges) if second <= edge), -1)
        shares[bucket] += count
    return Times(
        stage=stage,
        n=n,
        missing=lengths.get(None, (0, 0))[0],
        impossible=lengths.get(-1, (0, 0))[0],
        mean=total / n / 1_000_000 if n else None,
        p50=_nearest_rank(measured, n, 50),
        p90=_nearest_rank(measured, n, 90),
        shares=tuple(shares),
    )


def _nearest_rank(measured: list[tuple[int, int]], n: int, percent: int) -> int | None:
    rank = -(-percent * n // 100)  # the smallest value that at least `percent` % do not exceed
    for second, count in measured:
        rank -= count
        if rank <= 0:
            return second
    return None


def _sum(targets: Iterable[Target]) -> Target:
    listed = list(targets)
    return Target(
        sum(t.met for t in listed),
        sum(t.missed for t in listed),
        sum(t.pending for t in listed),
    )
