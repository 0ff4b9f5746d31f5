"""办结后又报伤亡: what was counted in an incident since it was closed; which incidents have it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import select

from linkage.alerts import Casualties
from linkage.desk.queries import Case
from linkage.record import Record
from linkage.tables import alert, incident, incident_alert
from linkage.vocabulary import IncidentStatus

# The newest; a duty room reads no more at a glance.
_MOST = 50
_people = msgspec.json.Decoder(Casualties).decode
_OVER = (IncidentStatus.CLOSED.value, IncidentStatus.CANCELLED.value)


class LateCount(NamedTuple):
    incident_id: int
    number: str
    headline: str
    closed_at: datetime
    told_at: datetime


def told_after_close(case: Case) -> Casualties | None:
    """The counts that rose since, each at its highest; None while the incident is open.

    Who only says again what was known at the end has changed nothing.
    """
    closed_at = case.incident.stamps.get(IncidentStatus.CLOSED)
    if case.incident.status.value not in _OVER or closed_at is None:
        return None
    return _risen(((each.received_at, each.casualties) for each in case.said), closed_at)


def late_counts(record: Record, now: datetime, days: int) -> list[LateCount]:
    """Ended incidents of the last `days` in which a count rose since, newest first."""
    c = incident.c
    ended = (
        c.opened_at > now - timedelta(days=days),
        c.status.in_(_OVER),
        c.last_alert_at > c.closed_at,
        c.exercise.is_(False),
    )
    query = (
        select(c.id, c.number, c.headline, c.closed_at, alert.c.received_at, alert.c.casualties)
        .join(incident_alert, incident_alert.c.incident_id == c.id)
        .join(alert, alert.c.id == incident_alert.c.alert_id)
        .where(*ended, alert.c.casualties.is_not(None))
        # {} is what a source says that counted nobody.
        .where(alert.c.casualties.not_in(["{}", "null"]))
        .order_by(alert.c.received_at.desc())
    )
    said: dict[int, list[Any]] = {}
    with record.read() as cx:
        for row in cx.execute(query):
            said.setdefault(row.id, []).append(row)
    found = []
    for rows in said.values():
        last = rows[0]
        told = ((row.received_at, _people(row.casualties)) for row in rows)
        if _risen(told, last.closed_at) != Casualties():
            late = LateCount(last.id, last.number, last.headline, last.closed_at, last.received_at)
            found.append(late)
    return found[:_MOST]


def _risen(told: Iterable[tuple[datetime, Casualties]], closed_at: datetime) -> Casualties:
    known: dict[str, int] = {}
    since: dict[str, int] = {}
    for at, people in told:
        when = since if at > closed_at else known
        for name in Casualties.__struct_fields__:
            when[name] = max(when.get(name, 0), getattr(people, name) or 0)
    return Casualties(**{name: n for name, n in since.items() if n > known.get(name, 0)})
