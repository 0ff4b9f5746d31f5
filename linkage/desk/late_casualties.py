"""办结后又报伤亡: what was counted in an incident since it was closed; which incidents have it."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from linkage.alerts import Casualties
from linkage.desk.queries import Case
from linkage.record import Record
from linkage.tables import alert, incident, incident_alert
from linkage.vocabulary import IncidentStatus

_OVER = (IncidentStatus.CLOSED.value, IncidentStatus.CANCELLED.value)


class LateCount(NamedTuple):
    incident_id: int
    number: str
    headline: str
    closed_at: datetime
    told_at: datetime


def told_after_close(case: Case) -> Casualties | None:
    """The highest of each count stated since; None while the incident is open."""
    closed_at = case.incident.stamps.get(IncidentStatus.CLOSED)
    if case.incident.status.value not in _OVER or closed_at is None:
        return None
    since = [each.casualties for each in case.said if each.received_at > closed_at]
    return Casualties(
        **{
            name: max((getattr(people, name) or 0 for people in since), default=0) or None
            for name in Casualties.__struct_fields__
        }
    )


def late_counts(record: Record, now: datetime, days: int) -> list[LateCount]:
    """Ended incidents of the last `days` in which somebody counted people since, newest first."""
    c = incident.c
    query = (
        select(c.id, c.number, c.headline, c.closed_at, alert.c.received_at, alert.c.casualties)
        .join(incident_alert, incident_alert.c.incident_id == c.id)
        .join(alert, alert.c.id == incident_alert.c.alert_id)
        .where(
            c.opened_at > now - timedelta(days=days),
            c.status.in_(_OVER),
            c.last_alert_at > c.closed_at,
            c.exercise.is_(False),
            alert.c.received_at > c.closed_at,
            alert.c.casualties.is_not(None),
        )
        .order_by(alert.c.received_at.desc())
        .limit(50)
    )
    found: dict[int, LateCount] = {}
    with record.read() as cx:
        for row in cx.execute(query):
            # {} is what a source says that counted nobody.
            if row.casualties not in {"{}", "null"}:
                late = LateCount(row.id, row.number, row.headline, row.closed_at, row.received_at)
                found.setdefault(row.id, late)
    return list(found.values())
