"""处置力量 and 监管车辆 as the live map shows them. Times are epoch seconds."""

import msgspec
from sqlalchemy import Connection, select

from linkage.tables import unit


class LiveUnit(msgspec.Struct, frozen=True, gc=False):
    """A crew, or a vehicle that is watched. `heading`: degrees from north, clockwise."""

    id: str
    agency_id: str
    label: str
    state: str
    lon: float | None
    lat: float | None
    reported_at: int
    heading: int | None
    speed_kmh: float | None
    watched: bool
    hazmat: bool
    cargo: str | None


def units_since(cx: Connection, seen: int) -> list[LiveUnit]:
    rows = cx.execute(select(unit).where(unit.c.revision > seen))
    return [
        LiveUnit(
            id=f"{row.agency_id}/{row.unit_id}",
            agency_id=row.agency_id,
            label=row.label,
            state=row.state,
            lon=row.lon,
            lat=row.lat,
            reported_at=int(row.reported_at.timestamp()),
            heading=row.heading,
            speed_kmh=row.speed_kmh,
            watched=row.watched,
            hazmat=row.hazmat,
            cargo=row.cargo,
        )
        for row in rows
    ]
