"""以往事件: what of the same kind has happened at this place before, and how it ended."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from linkage.alerts import Point
from linkage.kinds import Kind
from linkage.personal import masked
from linkage.record import Record
from linkage.response.nearest import metres
from linkage.tables import incident, unit
from linkage.vocabulary import Disposition, IncidentStatus

# The same site, crossing or bend of the road.
NEAR_M = 1000
MOST = 5
# A degree of latitude is 111 km; of longitude less, 91 km here.
_LAT, _LON = NEAR_M / 111_000, NEAR_M / 91_000
_OVER = (IncidentStatus.CLOSED.value, IncidentStatus.CANCELLED.value)
# Of a kind that fills the record, only so many of the box are looked at.
_LOOKED_AT = 200


class Past(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    occurred_at: datetime
    headline: str
    place: str
    metres: float
    deaths: int | None
    injured: int | None
    disposition: Disposition | None


def past_here(cx: Connection, incident_id: int, kind: Kind, point: Point) -> list[Past]:
    """Ended incidents of the kind within a kilometre, nearest first: one query by index."""
    c = incident.c
    query = (
        select(
            c.number, c.occurred_at, c.headline, c.place, c.lon, c.lat, c.deaths, c.injured,
            c.disposition,
        )
        .where(
            c.status.in_(_OVER),
            c.kind == kind.value,
            c.exercise.is_(False),
            c.lon.between(point.lon - _LON, point.lon + _LON),
            c.lat.between(point.lat - _LAT, point.lat + _LAT),
            c.id != incident_id,
        )
        .order_by(c.id.desc())
        .limit(_LOOKED_AT)
    )  # fmt: skip
    found = []
    for row in cx.execute(query):
        away = metres(point, Point(row.lon, row.lat))
        if away <= NEAR_M:
            found.append(
                Past(
                    number=row.number,
                    occurred_at=row.occurred_at,
                    headline=masked(row.headline),
                    place=masked(row.place),
                    metres=away,
                    deaths=row.deaths,
                    injured=row.injured,
                    disposition=Disposition(row.disposition) if row.disposition else None,
                )
            )
    return sorted(found, key=lambda one: one.metres)[:MOST]


def read_past(record: Record, incident_id: int, kind: Kind, point: Point | None) -> list[Past]:
    if point is None:
        return []
    with record.read() as cx:
        return past_here(cx, incident_id, kind, point)


def cargo_of(record: Record, plates: tuple[str, ...]) -> list[str]:
    """What the named vehicles are known to carry."""
    if not plates:
        return []
    query = select(unit.c.cargo).where(unit.c.label.in_(plates), unit.c.cargo.is_not(None))
    with record.read() as cx:
        return list(cx.execute(query).scalars())
