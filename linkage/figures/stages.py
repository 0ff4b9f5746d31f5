"""环节: the intervals of a response that are measured, and the buckets they are published in."""

from datetime import datetime
from typing import Self

from sqlalchemy import Column

from linkage.tables import assignment, incident
from linkage.vocabulary import Labelled

_MINUTE, _HOUR = 60, 3600


class Stage(Labelled):
    """One interval. `start` and `end`: the columns it runs between."""

    start: Column[datetime]
    end: Column[datetime]
    edges: tuple[int, ...]

    def __new__(
        cls,
        value: str,
        label: str,
        start: Column[datetime] = assignment.c.issued_at,
        end: Column[datetime] = assignment.c.issued_at,
        edges: tuple[int, ...] = (),
    ) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.start, member.end, member.edges = start, end, edges
        return member

    # Upper edges in seconds, each included; the last bucket is open. Published by the centres
    # for 签收, 出动 and 反馈; the others are cut the same way.
    VERIFY = (
        "verify",
        "建立→核实",
        incident.c.opened_at,
        incident.c.verified_at,
        (60, 120, 300, 600),
    )
    DISPATCH = (
        "dispatch",
        "建立→派遣",
        incident.c.opened_at,
        incident.c.dispatched_at,
        (60, 120, 300, 600),
    )
    ACKNOWLEDGE = (
        "acknowledge",
        "下达→签收",
        assignment.c.issued_at,
        assignment.c.acknowledged_at,
        (30, 60, 120, 180),
    )
    TURN_OUT = (
        "turn_out",
        "签收→出动",
        assignment.c.acknowledged_at,
        assignment.c.en_route_at,
        (5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    )
    TRAVEL = (
        "travel",
        "出动→到场",
        assignment.c.en_route_at,
        assignment.c.on_scene_at,
        (5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    )
    ARRIVE = (
        "arrive",
        "下达→到场",
        assignment.c.issued_at,
        assignment.c.on_scene_at,
        (5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    )
    REPORT = (
        "report",
        "下达→反馈",
        assignment.c.issued_at,
        assignment.c.reported_at,
        (30 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR),
    )
    COMPLETE = (
        "complete",
        "下达→办结",
        assignment.c.issued_at,
        assignment.c.completed_at,
        (_HOUR, 2 * _HOUR, 4 * _HOUR, 24 * _HOUR),
    )

    @property
    def of_assignments(self) -> bool:
        return self.end.table is assignment

    def buckets(self) -> tuple[str, ...]:
        """Names of the buckets: "0–30 秒", …, ">180 秒"."""
        # Seconds only where all are short; else minutes up to the hour, then hours.
        short = self.edges[-1] <= 3 * _MINUTE
        named = []
        for lower, upper in zip((0, *self.edges), self.edges, strict=False):
            unit, size = _unit(upper, short=short)
            named.append(f"{lower / size:g}–{upper / size:g} {unit}")
        unit, size = _unit(self.edges[-1], short=short)
        return (*named, f">{self.edges[-1] / size:g} {unit}")


def _unit(seconds: int, *, short: bool) -> tuple[str, int]:
    if short:
        return "秒", 1
    return ("分", _MINUTE) if seconds <= _HOUR else ("小时", _HOUR)
