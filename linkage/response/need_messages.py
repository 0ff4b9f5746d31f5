"""What an agency is told of needs: the retained list of those it may help with, or asked for."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, and_, or_, select

from linkage.exercise.marking import marked
from linkage.record import BEIJING, Writing
from linkage.response.feedback import quantity
from linkage.response.moves import LIVE
from linkage.response.need_moves import Part, shortfall
from linkage.response.outbox import enqueue
from linkage.response_tables import need, need_offer
from linkage.response_vocabulary import NeedSort, NeedStatus
from linkage.tables import assignment, incident
from linkage.vocabulary import OPEN_STATUSES

NEEDS_TOPIC = "linkage/v1/assignment/{}/needs"
MOST_LISTED = 200
_encode = msgspec.json.Encoder().encode
_LIVE = [status.value for status in LIVE]


class OfferMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What the agency itself has promised to a need."""

    status: NeedStatus
    amount: float | None
    unit: str | None


class NeedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A need, as an agency is told of it. `short`: what nobody has promised; `asked_of_you`: it
    was put to this agency by name; `own`: this agency asked for it."""

    id: int
    sort: NeedSort
    sort_label: str
    what: str
    amount: float | None
    measure: str
    short: float | None
    short_words: str
    note: str
    incident: str
    place: str
    asked_at: datetime
    asked_of_you: bool
    own: bool
    yours: OfferMessage | None
    exercise: bool

    @property
    def yours_stands(self) -> bool:
        """The agency has answered this need already."""
        return self.yours is not None and self.yours.status is not NeedStatus.ASKED


class NeedList(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of `…/needs`, retained: every open need that concerns the agency."""

    agency: str
    at: datetime
    needs: list[NeedMessage]


def concerned(cx: Connection, incident_id: int) -> set[str]:
    """Who is told of the needs of an incident: who works there, who asked, who was asked."""
    a, n, o = assignment.c, need.c, need_offer.c
    working = select(a.agency_id).where(a.incident_id == incident_id, a.status.in_(_LIVE))
    asking = select(n.agency_id).where(n.incident_id == incident_id, n.agency_id.is_not(None))
    giving = (
        select(o.agency_id)
        .join(need, n.id == o.need_id)
        .where(n.incident_id == incident_id, n.closed_at.is_(None))
    )
    return {one for ask in (working, asking, giving) for one in cx.execute(ask).scalars()}


def tell_needs(w: Writing, incident_id: int, also: Iterable[str] = ()) -> None:
    """Enqueue the new list for everybody whom the needs of an incident concern."""
    for agency_id in sorted(concerned(w.cx, incident_id) | set(also)):
        tell_needs_to(w, agency_id)


def tell_needs_to(w: Writing, agency_id: str) -> None:
    listed = NeedList(
        agency=agency_id, at=w.at.astimezone(BEIJING), needs=needs_for(w.cx, agency_id)
    )
    enqueue(w, agency_id, NEEDS_TOPIC.format(agency_id), _encode(listed), retain=True)


def tell_come_or_gone(w: Writing, incident_id: int, agency_ids: Iterable[str]) -> None:
    """These agencies have begun or ended to work at the incident, which its needs are put to."""
    if any_open(w.cx, incident_id):
        for agency_id in agency_ids:
            tell_needs_to(w, agency_id)


def any_open(cx: Connection, incident_id: int | None = None) -> bool:
    """Whether anybody needs anything, there or anywhere: mostly nobody does, and then no list has
    to be made."""
    found = select(need.c.id).where(need.c.closed_at.is_(None)).limit(1)
    if incident_id is not None:
        found = found.where(need.c.incident_id == incident_id)
    return cx.execute(found).first() is not None


def concerning(
    agency_id: str, *, refused_too: bool = False, closed_too: bool = False
) -> ColumnElement[bool]:
    """Needs that an agency may answer: of incidents it works at, its own, and those put to it by
    name. `refused_too`: also what it has said it cannot give. Joined with `incident`."""
    works_at = select(assignment.c.incident_id).where(
        assignment.c.agency_id == agency_id, assignment.c.status.in_(_LIVE)
    )
    has_offer = select(need_offer.c.need_id).where(need_offer.c.agency_id == agency_id)
    if not refused_too:
        has_offer = has_offer.where(need_offer.c.status != NeedStatus.WITHDRAWN.value)
    theirs = or_(
        need.c.incident_id.in_(works_at),
        need.c.agency_id == agency_id,
        need.c.id.in_(has_offer),
    )
    if closed_too:
        return theirs
    return and_(need.c.closed_at.is_(None), incident.c.status.in_(OPEN_STATUSES), theirs)


def needs_for(cx: Connection, agency_id: str) -> list[NeedMessage]:
    """The open needs that concern one agency: what is real first, then the oldest."""
    rows = (
        cx.execute(
            select(need, incident.c.number, incident.c.place)
            .join(incident, incident.c.id == need.c.incident_id)
            .where(concerning(agency_id))
            .order_by(need.c.exercise, need.c.id)
            .limit(MOST_LISTED)
        )
        .mappings()
        .all()
    )
    ids = [row["id"] for row in rows]
    offers = cx.execute(select(need_offer).where(need_offer.c.need_id.in_(ids))).mappings().all()
    return [
        _message(row, [one for one in offers if one["need_id"] == row["id"]], agency_id)
        for row in rows
    ]


def _message(row: RowMapping, given: list[RowMapping], agency_id: str) -> NeedMessage:
    parts = [Part(NeedStatus(one["status"]), one["amount"]) for one in given]
    mine = next((one for one in given if one["agency_id"] == agency_id), None)
    short, sort = shortfall(row["amount"], parts), NeedSort(row["sort"])
    return NeedMessage(
        id=row["id"],
        sort=sort,
        sort_label=sort.label,
        what=marked(row["what"], exercise=row["exercise"]),
        amount=row["amount"],
        measure=row["measure"],
        short=short,
        short_words=quantity(short, row["measure"]),
        note=row["note"] or "",
        incident=row["number"],
        place=row["place"],
        asked_at=row["asked_at"].astimezone(BEIJING),
        asked_of_you=mine is not None and mine["status"] == NeedStatus.ASKED,
        own=row["agency_id"] == agency_id,
        yours=None if mine is None else _yours(mine),
        exercise=row["exercise"],
    )


def _yours(mine: RowMapping) -> OfferMessage:
    status = NeedStatus(mine["status"])
    return OfferMessage(status=status, amount=mine["amount"], unit=mine["unit_id"])
