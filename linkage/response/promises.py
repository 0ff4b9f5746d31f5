"""双重承诺: a unit that an agency offers here and is promised or booked elsewhere already."""

from sqlalchemy import select

from linkage.record import Writing
from linkage.response_tables import need, need_offer, unit_booking
from linkage.response_vocabulary import NeedStatus
from linkage.tables import incident

_GIVEN = [NeedStatus.OFFERED.value, NeedStatus.ON_THE_WAY.value, NeedStatus.ARRIVED.value]


def promised_elsewhere(w: Writing, agency_id: str, unit_id: str, incident_id: int) -> str:
    """Numbers of the other incidents that count on the unit; empty where none does."""
    o, n, b = need_offer.c, need.c, unit_booking.c
    offered = (
        select(n.incident_id)
        .join(need_offer, o.need_id == n.id)
        .where(o.agency_id == agency_id, o.unit_id == unit_id, o.status.in_(_GIVEN))
        .where(n.closed_at.is_(None))
    )
    sent = select(b.incident_id).where(
        b.agency_id == agency_id, b.unit_id == unit_id, b.released_at.is_(None)
    )
    others = (
        select(incident.c.number)
        .where(incident.c.id.in_(offered.union(sent)), incident.c.id != incident_id)
        .order_by(incident.c.number)
    )
    return "、".join(w.cx.execute(others).scalars())
