"""What the screen counts that changes with the clock: the day's figures."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, select

from linkage.kinds import Kind
from linkage.record import BEIJING
from linkage.tables import incident, incident_link
from linkage.vocabulary import LinkKind, LinkState

# Nothing opened longer ago is closed today often enough to be looked for each second.
LONGEST_OPEN = timedelta(days=30)


class Tally(msgspec.Struct, frozen=True, gc=False):
    """Figures a screen cannot count from its own rows. Exercises and our own findings (系统故障)
    are left out."""

    opened_today: int
    closed_today: int
    links_open: int


def tally(cx: Connection, now: datetime) -> Tally:
    midnight = now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    opened = select(func.count()).select_from(incident).where(_OF_THE_CITY)
    links = select(func.count()).select_from(incident_link)
    recent = incident.c.opened_at >= midnight - LONGEST_OPEN
    real = incident_link.c.from_id.in_(select(incident.c.id).where(incident.c.exercise.is_(False)))
    proposed = (incident_link.c.kind == LinkKind.PROPOSED.value) & real
    return Tally(
        opened_today=_count(cx, opened.where(incident.c.opened_at >= midnight)),
        closed_today=_count(cx, opened.where(recent, incident.c.closed_at >= midnight)),
        links_open=_count(cx, links.where(proposed, incident_link.c.state == LinkState.OPEN.value)),
    )


_OF_THE_CITY = incident.c.exercise.is_(False) & (incident.c.kind != Kind.SYSTEM_FAULT.value)


def _count(cx: Connection, rows: Select[Any]) -> int:
    return int(cx.execute(rows).scalar_one())
