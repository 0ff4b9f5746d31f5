"""超时: which assignments are late at `now`, by how much and in what. Pure."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from linkage.response.moves import LIVE, ORDER
from linkage.vocabulary import AssignmentStatus, Labelled


class Lateness(Labelled):
    UNACKNOWLEDGED = "unacknowledged", "未签收"
    NOT_ON_SCENE = "not_on_scene", "未到场"
    UNREPORTED = "unreported", "未反馈"


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule needs to know of an assignment: columns of the same names."""

    id: int
    status: AssignmentStatus
    issued_at: datetime
    acknowledge_due_at: datetime | None
    on_scene_due_at: datetime | None
    report_due_at: datetime | None
    acknowledged_at: datetime | None
    on_scene_at: datetime | None
    reported_at: datetime | None


class Late(msgspec.Struct, frozen=True, kw_only=True):
    """`since`: when the clock began, the issuing of the order as it stands."""

    assignment_id: int
    what: Lateness
    due_at: datetime
    since: datetime
    by_s: float

    @property
    def label(self) -> str:
        """超时3分20秒未签收"""
        return f"超时{duration(self.by_s)}{self.what.label}"


def late(assignments: Iterable[Due], now: datetime) -> list[Late]:
    """The late ones, the longest late first. One that is late twice is named by what came first."""
    found = [breach for one in assignments if (breach := breach_of(one, now)) is not None]
    return sorted(found, key=lambda breach: (-breach.by_s, breach.assignment_id))


def breach_of(one: Due, now: datetime) -> Late | None:
    """Which limit an assignment has passed without the answer; None: in time, or ended."""
    if one.status not in LIVE:
        return None
    for what, due_at in _open_limits(one):
        # At the very second it is due nobody is late yet.
        if due_at is not None and now > due_at:
            return Late(
                assignment_id=one.id,
                what=what,
                due_at=due_at,
                since=one.issued_at,
                by_s=(now - due_at).total_seconds(),
            )
    return None


def next_due(one: Due) -> tuple[Lateness, datetime] | None:
    """The next answer that is awaited and when: for who is nearest to a breach."""
    if one.status not in LIVE:
        return None
    limits = [(what, due_at) for what, due_at in _open_limits(one) if due_at is not None]
    return limits[0] if limits else None


def _open_limits(one: Due) -> list[tuple[Lateness, datetime | None]]:
    """The limits that still run, in the order of an assignment's life.

    Who has gone further has passed what lies before, though its stamp may be missing.
    """
    come = ORDER.index(one.status)
    limits = []
    if one.acknowledged_at is None and come < ORDER.index(AssignmentStatus.ACKNOWLEDGED):
        limits.append((Lateness.UNACKNOWLEDGED, one.acknowledge_due_at))
    if one.on_scene_at is None and come < ORDER.index(AssignmentStatus.ON_SCENE):
        limits.append((Lateness.NOT_ON_SCENE, one.on_scene_due_at))
    if one.reported_at is None and come < ORDER.index(AssignmentStatus.REPORTED):
        limits.append((Lateness.UNREPORTED, one.report_due_at))
    return limits


def duration(seconds: float) -> str:
    """45秒, 3分20秒, 2小时5分."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}秒"
    if whole < 3600:
        return f"{whole // 60}分{whole % 60}秒"
    return f"{whole // 3600}小时{whole % 3600 // 60}分"
