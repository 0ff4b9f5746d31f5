"""What the screen counts that changes with the clock: late assignments, the day's figures."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, or_, select

from linkage.kinds import Kind
from linkage.record import BEIJING
from linkage.response.moves import LIVE
from linkage.response.overdue import Due, breach_of
from linkage.tables import assignment, incident, incident_link
from linkage.vocabulary import LinkKind, LinkState

# Nothing opened longer ago is closed today often enough to be looked for each second.
LONGEST_OPEN = timedelta(days=30)


class Tally(msgspec.Struct, frozen=True, gc=False):
    """Figures a screen cannot count from its own rows. Exercises and our own findings (系统故障)
    are left out."""

    opened_today: int
    closed_today: int
    links_open: int


def late_by_incident(cx: Connection, now: datetime) -> dict[str, int]:
    """How many assignments of each incident are past their time at `now`."""
    due = assignment.c
    passed = or_(due.acknowledge_due_at < now, due.on_scene_due_at < now, due.report_due_at < now)
    # The database finds those that may be late, the rule says which are.
    rows = cx.execute(_DUES.where(due.status.in_([s.value for s in LIVE]), passed))
    return dict(
        Counter(
            str(row.incident_id)
            for row in rows
            if breach_of(msgspec.convert(row, Due, from_attributes=True), now) is not None
        )
    )


def tally(cx: Connection, now: datetime) -> Tally:
    midnight = now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    opened = select(func.count()).select_from(incident).where(_OF_THE_CITY)
    links = select(func.count()).select_from(incident_link)
    recent = incident.c.opened_at >= midnight - LONGEST_OPEN
    proposed = incident_link.c.kind == LinkKind.PROPOSED.value
    return Tally(
        opened_today=_count(cx, opened.where(incident.c.opened_at >= midnight)),
        closed_today=_count(cx, opened.where(recent, incident.c.closed_at >= midnight)),
        links_open=_count(cx, links.where(proposed, incident_link.c.state == LinkState.OPEN.value)),
    )


_OF_THE_CITY = incident.c.exercise.is_(False) & (incident.c.kind != Kind.SYSTEM_FAULT.value)
_DUES = select(assignment.c.incident_id, *(assignment.c[field] for field in Due.__struct_fields__))


def _count(cx: Connection, rows: Select[Any]) -> int:
    return int(cx.execute(rows).scalar_one())
