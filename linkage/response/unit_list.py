"""Read side of 处置力量: every unit that helps, as it reported itself, and where it is sent."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from linkage.alerts import Point
from linkage.areas import area_code
from linkage.record import Record
from linkage.response.nearest import Known
from linkage.response_tables import unit_booking
from linkage.tables import incident, unit


def read_units(record: Record, agency_ids: Collection[str] | None = None) -> tuple[Known, ...]:
    """Vehicles that are only watched are not among them. None: of all agencies."""
    with record.read() as cx:
        return units_of(cx, agency_ids)


def scene_of(record: Record, incident_id: int) -> Point | None:
    """Where an incident is, if anybody knows."""
    with record.read() as cx:
        row = cx.execute(
            select(incident.c.lon, incident.c.lat).where(incident.c.id == incident_id)
        ).first()
    return None if row is None or row.lon is None or row.lat is None else Point(row.lon, row.lat)


def units_of(cx: Connection, agency_ids: Collection[str] | None = None) -> tuple[Known, ...]:
    ask = select(unit).where(unit.c.watched.is_(False))
    if agency_ids is not None:
        ask = ask.where(unit.c.agency_id.in_(list(agency_ids)))
    sent = _sent(cx)
    found = []
    for row in cx.execute(ask.order_by(unit.c.agency_id, unit.c.unit_id)):
        point = None if row.lon is None or row.lat is None else Point(row.lon, row.lat)
        found.append(
            Known(
                agency_id=row.agency_id,
                unit_id=row.unit_id,
                label=row.label,
                state=row.state,
                point=point,
                area=area_code(point),
                reported_at=row.reported_at,
                booked=sent.get((row.agency_id, row.unit_id)),
            )
        )
    return tuple(found)


def _sent(cx: Connection) -> dict[tuple[str, str], str]:
    """Unit → number of the incident that it is booked for."""
    b = unit_booking.c
    ask = (
        select(b.agency_id, b.unit_id, incident.c.number)
        .join(incident, incident.c.id == b.incident_id)
        .where(b.released_at.is_(None))
        .order_by(b.id)
    )
    return {(agency, name): number for agency, name, number in cx.execute(ask)}
