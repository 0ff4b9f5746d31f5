"""Read side of 需求: what an incident needs, who gives what, what is still short."""

from collections import defaultdict
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from linkage.desk.facts import rows_of
from linkage.record import Record
from linkage.response.feedback import quantity
from linkage.response.need_moves import CLOSED, Part, covered, shortfall, told
from linkage.response_tables import need, need_offer
from linkage.response_vocabulary import NeedSort, NeedStatus
from linkage.tables import incident
from linkage.vocabulary import OPEN_STATUSES


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    need_id: int
    agency_id: str
    amount: float | None
    unit_id: str | None
    status: NeedStatus
    note: str | None
    offered_by: str
    offered_at: datetime
    on_the_way_at: datetime | None
    arrived_at: datetime | None
    released_at: datetime | None
    changed_at: datetime


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """`agency_id`: who asked; None: the desk. `number`: of the incident, as people say it."""

    id: int
    incident_id: int
    number: str
    assignment_id: int | None
    agency_id: str | None
    sort: NeedSort
    what: str
    amount: float | None
    measure: str
    status: NeedStatus
    note: str | None
    asked_by: str
    asked_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    exercise: bool
    version: int
    offers: tuple[Offer, ...] = ()

    @property
    def parts(self) -> list[Part]:
        return [Part(one.status, one.amount) for one in self.offers]

    @property
    def uncovered(self) -> bool:
        """Open, and nobody has promised enough: the officer has to find somebody."""
        return self.closed_at is None and not covered(self.amount, self.parts)

    @property
    def short(self) -> str:
        """缺 5箱, 已满足 …"""
        if self.status in CLOSED:
            return self.status.label
        return told(self.amount, self.measure, self.parts)


def needs_of(cx: Connection, incident_id: int) -> tuple[Need, ...]:
    """In the order they were asked."""
    return _needs(cx, need.c.incident_id == incident_id)


def read_needs_of(record: Record, incident_id: int) -> tuple[Need, ...]:
    with record.read() as cx:
        return needs_of(cx, incident_id)


def open_needs(record: Record) -> tuple[Need, ...]:
    """Of every incident that is open."""
    with record.read() as cx:
        return _needs(cx, need.c.closed_at.is_(None) & incident.c.status.in_(OPEN_STATUSES))


def short_of_tasks(cx: Connection, assignment_ids: list[int]) -> dict[int, str]:
    """What is still short of each of these tasks, in words; a task that lacks nothing is absent."""
    if not assignment_ids:
        return {}
    which = need.c.assignment_id.in_(assignment_ids) & need.c.closed_at.is_(None)
    found: defaultdict[int, list[str]] = defaultdict(list)
    for one in _needs(cx, which):
        if one.uncovered and one.assignment_id is not None:
            missing = quantity(shortfall(one.amount, one.parts), one.measure)
            found[one.assignment_id].append(f"{one.what} {missing}".rstrip())
    return {task: "、".join(words) for task, words in found.items()}


def _needs(cx: Connection, which: ColumnElement[bool]) -> tuple[Need, ...]:
    rows = rows_of(
        cx,
        select(need, incident.c.number)
        .join(incident, incident.c.id == need.c.incident_id)
        .where(which)
        .order_by(need.c.id),
    )
    offers: defaultdict[int, list[Offer]] = defaultdict(list)
    ids = [row["id"] for row in rows]
    if ids:
        given = select(need_offer).where(need_offer.c.need_id.in_(ids)).order_by(need_offer.c.id)
        for row in rows_of(cx, given):
            offers[row["need_id"]].append(msgspec.convert(row, Offer))
    return tuple(msgspec.convert({**row, "offers": tuple(offers[row["id"]])}, Need) for row in rows)
