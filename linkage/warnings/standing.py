"""The warnings in force at a moment, theirs and ours, and the incidents inside each.

Asked by time alone: what stood at four in the morning is answered as surely as what stands now.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, or_, select

from linkage.alerts import Shape
from linkage.desk.facts import Incident, as_incident, rows_of
from linkage.duty_tables import public_warning
from linkage.exercise.marking import mark
from linkage.kinds import Kind
from linkage.response_vocabulary import PublicWarningStatus
from linkage.sources import OURSELVES
from linkage.tables import incident, warning
from linkage.vocabulary import IncidentStatus, MessageKind, WarningColour, WarningStatus
from linkage.warnings.relations import Reach, Spot, area_name, inside, relate

_shapes = msgspec.json.Decoder(tuple[Shape, ...]).decode
_codes = msgspec.json.Decoder(tuple[str, ...]).decode


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One warning. `end_assumed`: the issuer names no end, `expires_at` is the usual life.

    `ended`: how it ended before its time, or that it ran out; "" while nobody has said so.
    """

    id: int
    source_id: str  # "linkage": one of our own to the public
    ref: str
    kind: Kind
    event_code: str
    colour: WarningColour
    headline: str
    text: str
    area_codes: tuple[str, ...]
    shapes: tuple[Shape, ...]
    effective_at: datetime
    expires_at: datetime
    end_assumed: bool
    ended_at: datetime | None
    ended: str
    incident_id: int | None
    exercise: bool

    @property
    def ours(self) -> bool:
        return self.source_id == OURSELVES

    @property
    def place(self) -> str:
        """The divisions in words; "" where only an outline was drawn."""
        return "、".join(map(area_name, self.area_codes))

    @property
    def title(self) -> str:
        return f"{mark(exercise=self.exercise)}{self.kind.label}{self.colour.label}预警"

    @property
    def reach(self) -> Reach:
        return Reach(
            id=self.id,
            area_codes=self.area_codes,
            shapes=self.shapes,
            effective_at=self.effective_at,
            expires_at=self.expires_at,
            ended_at=self.ended_at,
            exercise=self.exercise,
        )


def standing(cx: Connection, at: datetime) -> list[Standing]:
    """In force at `at`, the worst first, then the newest."""
    found = [
        *(_theirs(row) for row in rows_of(cx, select(warning).where(_while(warning.c, at)))),
        *(_ours(row) for row in rows_of(cx, _OURS.where(_while(public_warning.c, at)))),
    ]
    return sorted(found, key=_worst_first)


def upcoming(cx: Connection, at: datetime) -> list[Standing]:
    """Told already, to begin later."""
    theirs = select(warning).where(
        warning.c.effective_at > at, warning.c.status == WarningStatus.ACTIVE.value
    )
    ours = _OURS.where(public_warning.c.starts_at > at, public_warning.c.ended_at.is_(None))
    found = [*map(_theirs, rows_of(cx, theirs)), *map(_ours, rows_of(cx, ours))]
    return sorted(found, key=lambda one: one.effective_at)


def ended_since(cx: Connection, since: datetime, at: datetime) -> list[Standing]:
    """What has ended between the two moments, the latest first; all-clears are among them."""
    found: list[Standing] = []
    mine = warning.c
    over = or_(mine.ended_at.between(since, at), mine.expires_at.between(since, at))
    found += map(_theirs, rows_of(cx, select(warning).where(over)))
    its = public_warning.c
    over = or_(its.ended_at.between(since, at), its.expires_at.between(since, at))
    found += map(_ours, rows_of(cx, _OURS.where(over)))
    gone = [one for one in found if one.reach.over(at) and ends(one) > one.effective_at]
    return sorted(gone, key=ends, reverse=True)


def ends(one: Standing) -> datetime:
    """The second at which it ended or will."""
    return one.expires_at if one.ended_at is None else min(one.ended_at, one.expires_at)


def find_standing(cx: Connection, warning_id: int) -> Standing | None:
    theirs = rows_of(cx, select(warning).where(warning.c.id == warning_id))
    if theirs:
        return _theirs(theirs[0])
    ours = rows_of(cx, _OURS.where(public_warning.c.id == warning_id))
    return _ours(ours[0]) if ours else None


def around(cx: Connection, spot: Spot, at: datetime) -> list[tuple[Standing, str]]:
    """The warnings one incident lies inside at `at`, and why."""
    found = ((one, inside(one.reach, spot)) for one in standing(cx, at))
    return [(one, why) for one, why in found if why is not None]


def inside_each(
    cx: Connection, warnings: Iterable[Standing], at: datetime
) -> dict[int, list[tuple[Incident, str]]]:
    """Warning → the incidents that were open inside it at `at`, the worst first, and why.

    One query for all of them. The area incident of a warning is the warning's own: it lies in
    none.
    """
    reaches = [one.reach for one in warnings]
    if not reaches:
        return {}
    found = {it.id: it for it in map(as_incident, rows_of(cx, _open_at(at)))}
    spots = [
        Spot(id=it.id, area_code=it.area_code, point=it.point, exercise=it.exercise)
        for it in found.values()
    ]
    return {
        warning_id: sorted(
            ((found[i], why) for i, why in members.items()),
            key=lambda pair: (-pair[0].severity.rank, pair[0].id),
        )
        for warning_id, members in relate(reaches, spots, at).items()
    }


def _open_at(at: datetime) -> Select[Any]:
    its = incident.c
    return select(incident).where(
        its.opened_at <= at,
        or_(its.closed_at.is_(None), its.closed_at > at),
        its.status != IncidentStatus.MERGED.value,
        or_(its.area_code.is_not(None), its.lon.is_not(None)),
    )


# A lifting is a message, not a warning: it is never in force.
_OURS = select(public_warning).where(
    public_warning.c.issued_at.is_not(None),
    public_warning.c.message_kind != MessageKind.CANCEL.value,
)


def _while(its: Any, at: datetime) -> Any:
    begins, stands = (
        (its.effective_at, WarningStatus.ACTIVE.value)
        if "effective_at" in its
        else (its.starts_at, PublicWarningStatus.ISSUED.value)
    )
    not_ended = or_(its.ended_at > at, and_(its.ended_at.is_(None), its.status == stands))
    # An update may say the hour at which the first one began; it did not stand before it was told.
    told = its.issued_at <= at if "issued_at" in its else begins <= at
    return and_(begins <= at, told, its.expires_at > at, not_ended)


def _worst_first(one: Standing) -> tuple[bool, int, float]:
    return one.exercise, list(WarningColour).index(one.colour), -one.effective_at.timestamp()


@lru_cache(maxsize=256)
def _drawn(shapes: str | None) -> tuple[Shape, ...]:
    return _shapes(shapes) if shapes else ()


def _theirs(row: dict[str, Any]) -> Standing:
    status = WarningStatus(row["status"])
    return Standing(
        id=row["id"],
        source_id=row["source_id"],
        ref=row["source_ref"],
        kind=Kind(row["kind"]),
        event_code=row["event_code"],
        colour=WarningColour(row["colour"]),
        headline=row["headline"],
        text=row["text"],
        area_codes=_codes(row["area_codes"]),
        shapes=_drawn(row["shapes"]),
        effective_at=row["effective_at"],
        expires_at=row["expires_at"],
        end_assumed=bool(row["end_assumed"]),
        ended_at=row["ended_at"],
        ended="" if status is WarningStatus.ACTIVE else status.label,
        incident_id=row["incident_id"],
        exercise=row["exercise"],
    )


def _ours(row: dict[str, Any]) -> Standing:
    status = PublicWarningStatus(row["status"])
    return Standing(
        id=row["id"],
        source_id=OURSELVES,
        ref=row["identifier"] or "",
        kind=Kind(row["kind"]),
        event_code=row["event_code"],
        colour=WarningColour(row["colour"]),
        headline=row["headline"],
        text="\n".join((row["notice"], row["measures"])),
        area_codes=_codes(row["area_codes"]),
        shapes=(),
        effective_at=max(row["starts_at"], row["issued_at"]),
        expires_at=row["expires_at"],
        end_assumed=False,
        ended_at=row["ended_at"],
        ended="" if status is PublicWarningStatus.ISSUED else status.label,
        incident_id=row["incident_id"],
        exercise=row["exercise"],
    )
