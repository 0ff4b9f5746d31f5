"""响应时间: how long each stage took, in the form Chinese command centres publish.

A stamp that is missing or earlier than the one before it is left out and counted, never averaged.
"""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, case, func, or_, select

from linkage.portable import microseconds
from linkage.selection import Selection, conditions
from linkage.stages import Stage
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


def response_times(cx: Connection, selection: Selection, at: datetime) -> ResponseTimes:
    """Of the selected incidents and their assignments; limits are judged as of `at`."""
    stages = []
    per_agency: dict[Stage, dict[str, _Histogram]] = {}
    for stage in Stage:
        lengths = _lengths(cx, stage, selection)
        stages.append(_times(stage, _together(lengths.values())))
        per_agency[stage] = lengths
    limits = _targets(cx, selection, at)
    counted = _assignments(cx, selection)
    binding = {a: n for (a, status), n in counted.items() if status not in _NOT_BINDING}
    agencies = tuple(
        AgencyTimes(
            agency_id,
            sum(n for (a, s), n in counted.items() if a == agency_id and s not in _NOT_BINDING),
            counted[agency_id, AssignmentStatus.DECLINED],
            _times(Stage.ACKNOWLEDGE, per_agency[Stage.ACKNOWLEDGE].get(agency_id, {})),
            _times(Stage.ARRIVE, per_agency[Stage.ARRIVE].get(agency_id, {})),
            limits[agency_id],
        )
        for agency_id in sorted(binding)
    )
    return ResponseTimes(
        tuple(stages),
        {stage: _sum([limits[a][stage] for a in limits]) for stage in _LIMITS},
        agencies,
        sum(a.assignments for a in agencies),
        sum(n for (_, status), n in counted.items() if status == AssignmentStatus.CANCELLED),
    )


def _lengths(cx: Connection, stage: Stage, selection: Selection) -> dict[str, _Histogram]:
    """Agency (or "" for the incident's own stages) → histogram."""
    length = microseconds(stage.start, stage.end)
    seconds = case((length < 0, -1), else_=(length + 999_999) // 1_000_000)
    sums = (func.count(), func.coalesce(func.sum(length), 0))
    must = conditions(selection)
    found: dict[str, _Histogram] = defaultdict(dict)
    if stage.of_assignments:
        query = (
            select(assignment.c.agency_id, seconds, *sums)
            .join(incident, incident.c.id == assignment.c.incident_id)
            .where(*must, assignment.c.status.not_in(_NOT_BINDING))
            .group_by(assignment.c.agency_id, seconds)
        )
        for agency_id, second, n, total in cx.execute(query):
            found[agency_id][second] = (n, int(total))
        return found
    own = select(seconds, *sums).where(*must).group_by(seconds)
    found[""] = {second: (n, int(total)) for second, n, total in cx.execute(own)}
    return found


def _together(parts: Any) -> _Histogram:
    whole: dict[int | None, tuple[int, int]] = {}
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


# Which limit of an order belongs to which stage.
_LIMITS = {
    Stage.ACKNOWLEDGE: (assignment.c.acknowledged_at, assignment.c.acknowledge_due_at),
    Stage.ARRIVE: (assignment.c.on_scene_at, assignment.c.on_scene_due_at),
    Stage.REPORT: (assignment.c.reported_at, assignment.c.report_due_at),
}


def _targets(cx: Connection, selection: Selection, at: datetime) -> dict[str, dict[Stage, Target]]:
    """Agency → stage → target. What was declined or taken back has no target."""
    counts = []
    for done, due in _LIMITS.values():
        met = and_(due.is_not(None), done <= due)
        missed = and_(due.is_not(None), or_(done > due, and_(done.is_(None), due < at)))
        pending = and_(due.is_not(None), done.is_(None), due >= at)
        counts += [func.sum(case((test, 1), else_=0)) for test in (met, missed, pending)]
    query = (
        select(assignment.c.agency_id, *counts)
        .join(incident, incident.c.id == assignment.c.incident_id)
        .where(
            *conditions(selection),
            assignment.c.status.not_in((*_NOT_BINDING, AssignmentStatus.DECLINED)),
        )
        .group_by(assignment.c.agency_id)
    )
    none = {stage: Target(0, 0, 0) for stage in _LIMITS}
    found: dict[str, dict[Stage, Target]] = defaultdict(lambda: none)
    for agency_id, *sums in cx.execute(query):
        parts = zip(sums[0::3], sums[1::3], sums[2::3], strict=True)
        found[agency_id] = {
            stage: Target(*part) for stage, part in zip(_LIMITS, parts, strict=True)
        }
    return found


def _sum(targets: list[Target]) -> Target:
    return Target(
        sum(t.met for t in targets),
        sum(t.missed for t in targets),
        sum(t.pending for t in targets),
    )


def _assignments(cx: Connection, selection: Selection) -> Counter[tuple[str, str]]:
    query = (
        select(assignment.c.agency_id, assignment.c.status, func.count())
        .join(incident, incident.c.id == assignment.c.incident_id)
        .where(*conditions(selection))
        .group_by(assignment.c.agency_id, assignment.c.status)
    )
    return Counter({(agency, status): n for agency, status, n in cx.execute(query)})
