"""超时: which assignments are late at `now`, by how much and in what. Pure."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

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
    assignment_id: int
    what: Lateness
    due_at: datetime
    since: datetime  # when the clock began: the order
    by_s: float

    @property
    def label(self) -> str:
        """超时 3 分 20 秒未签收"""
        raise NotImplementedError


def late(assignments: Iterable[Due], now: datetime) -> list[Late]:
    """One entry for each late assignment (its earliest breach), the longest late first."""
    raise NotImplementedError
