"""参与单位: which incidents concern an agency. Who has to respond must be able to see what to."""

from sqlalchemy import Connection, or_, select

from linkage.response_tables import need, need_offer
from linkage.tables import assignment, incident


def involved(cx: Connection, agency_id: str, incident_id: int) -> bool:
    """Whether it has, or had, a task in the incident, or a need of its own or put to it; there,
    or where the incident was merged into."""
    at: int | None = incident_id
    seen: set[int] = set()
    while at is not None and at not in seen:
        seen.add(at)
        if _has_part(cx, agency_id, at):
            return True
        at = cx.execute(select(incident.c.merged_into).where(incident.c.id == at)).scalar()
    return False


def _has_part(cx: Connection, agency_id: str, incident_id: int) -> bool:
    offered = select(need_offer.c.need_id).where(need_offer.c.agency_id == agency_id)
    asks = (
        select(assignment.c.id).where(
            assignment.c.incident_id == incident_id, assignment.c.agency_id == agency_id
        ),
        select(need.c.id).where(
            need.c.incident_id == incident_id,
            or_(need.c.agency_id == agency_id, need.c.id.in_(offered)),
        ),
    )
    return any(cx.execute(ask.limit(1)).first() is not None for ask in asks)
