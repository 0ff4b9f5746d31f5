"""Bring the index of open incidents up to the record: all of it at the start, then what changed."""

from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, MappingResult, select
from sqlalchemy.sql import ColumnElement

from linkage.correlation.open_incidents import OpenIncidents, opened_by
from linkage.desk.refold import stored
from linkage.tables import alert, incident, incident_alert, incident_link
from linkage.vocabulary import OPEN_STATUSES, LinkKind, LinkState

# An officer's own placing of an incident, in metres: a street corner, not a guess.
PLACED_M = 50.0
_OPEN = sorted(status._value_ for status in OPEN_STATUSES)


def reload_open(cx: Connection, index: OpenIncidents, after: int | None) -> None:
    """Take in what others changed after feed revision `after`; everything if None."""
    changed = None if after is None else incident.c.revision > after
    columns = (incident.c.id, incident.c.number, incident.c.status, incident.c.lon, incident.c.lat)
    wanted = [incident.c.status.in_(_OPEN)] if changed is None else [changed]
    rows = {row.id: row for row in cx.execute(select(*columns).where(*wanted))}
    for incident_id in rows:
        index.remove(incident_id)
    if not rows:
        return
    for incident_id, group in groupby(_members(cx, changed), key=itemgetter("incident_id")):
        alerts = [stored(row) for row in group]
        row = rows[incident_id]
        index.add(opened_by(alerts[0], incident_id, row.number))
        for one in alerts[1:]:
            index.absorb(incident_id, one)
        _move(index, row)
    links = select(incident_link.c.from_id, incident_link.c.to_id).where(
        incident_link.c.kind == LinkKind.PROPOSED._value_,
        incident_link.c.state == LinkState.OPEN._value_,
    )
    if changed is not None:
        # A storm has thousands that others have not touched.
        touched = select(incident.c.id).where(changed)
        links = links.where(
            incident_link.c.from_id.in_(touched) | incident_link.c.to_id.in_(touched)
        )
    for link in cx.execute(links):
        index.likely_same(link.from_id, link.to_id)


def _members(cx: Connection, changed: ColumnElement[bool] | None) -> MappingResult:
    is_open = incident.c.status.in_(_OPEN)
    return cx.execute(
        select(alert, incident_alert.c.incident_id)
        .join_from(incident_alert, alert, incident_alert.c.alert_id == alert.c.id)
        .join(incident, incident.c.id == incident_alert.c.incident_id)
        .where(is_open if changed is None else is_open & changed)
        .order_by(incident_alert.c.incident_id, alert.c.id)
    ).mappings()


def _move(index: OpenIncidents, row: Any) -> None:
    known = index.get(row.id)
    if known is not None and row.lon is not None and known.lon is None:
        index.move(row.id, row.lon, row.lat, PLACED_M)
