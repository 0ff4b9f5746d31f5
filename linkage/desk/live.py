"""What every desk must see at once: the live feed's rows.

Read side only. Rows carry codes; the Chinese words go to a screen once, with its snapshot.
"""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from linkage.alerts import Shape
from linkage.tables import incident, ledger, warning
from linkage.vocabulary import OPEN_STATUSES, WarningStatus

_shapes = msgspec.json.Decoder(list[Shape]).decode
Reading = Connection  # for those who pass one through and must not know SQLAlchemy


class LiveIncident(msgspec.Struct, frozen=True, gc=False):
    """One open incident as the map and the queue show it. Times are epoch seconds."""

    id: str
    number: str
    kind: str
    status: str
    severity: str
    rank: int
    headline: str
    place: str
    lon: float | None
    lat: float | None
    position_note: str
    area_code: str | None
    alerts: int
    sources: list[str]
    opened_at: int
    changed_at: int
    claimed_by: str | None
    grade: str | None
    response_level: int | None
    hazmat: bool
    exercise: bool
    version: int
    told_late: bool
    late: int = 0  # assignments past their time


class LiveWarning(msgspec.Struct, frozen=True, gc=False):
    id: str
    kind: str
    colour: str
    headline: str
    area_codes: list[str]
    effective_at: int
    expires_at: int
    exercise: bool
    active: bool
    shapes: list[Shape] = []


def revision(cx: Connection) -> int:
    """The newest revision; read before the rows, so that a row is never missed."""
    return int(cx.execute(select(ledger.c.revision)).scalar_one())


def open_incidents(cx: Connection) -> list[LiveIncident]:
    is_open = incident.c.status.in_([s.value for s in OPEN_STATUSES])
    return [_incident(row) for row in cx.execute(_INCIDENTS.where(is_open))]


def incidents_since(cx: Connection, seen: int) -> list[LiveIncident]:
    """Every incident changed after revision `seen`, closed and merged ones too."""
    return [_incident(row) for row in cx.execute(_INCIDENTS.where(incident.c.revision > seen))]


def is_open(row: LiveIncident) -> bool:
    return row.status in OPEN_STATUSES


def warnings_since(cx: Connection, seen: int, now: datetime) -> list[LiveWarning]:
    """Warnings changed after `seen`. From the beginning (`seen` < 0) only those still in force."""
    rows = select(warning).where(warning.c.revision > seen)
    if seen < 0:
        rows = rows.where(
            warning.c.status == WarningStatus.ACTIVE.value, warning.c.expires_at > now
        )
    return [
        LiveWarning(
            id=str(row.id),
            kind=row.kind,
            colour=row.colour,
            headline=row.headline,
            area_codes=msgspec.json.decode(row.area_codes),
            effective_at=_epoch(row.effective_at),
            expires_at=_epoch(row.expires_at),
            exercise=row.exercise,
            active=row.status == WarningStatus.ACTIVE,
            shapes=_shapes(row.shapes) if row.shapes else [],
        )
        for row in cx.execute(rows)
    ]


_INCIDENTS = select(
    incident.c.id,
    incident.c.number,
    incident.c.kind,
    incident.c.status,
    incident.c.severity,
    incident.c.severity_rank,
    incident.c.headline,
    incident.c.place,
    incident.c.lon,
    incident.c.lat,
    incident.c.position_note,
    incident.c.area_code,
    incident.c.alert_count,
    incident.c.source_ids,
    incident.c.opened_at,
    incident.c.changed_at,
    incident.c.claimed_by,
    incident.c.grade,
    incident.c.response_level,
    incident.c.hazmat,
    incident.c.exercise,
    incident.c.version,
    incident.c.told_late,
)


def _incident(row: Any) -> LiveIncident:
    return LiveIncident(
        id=str(row.id),
        number=row.number,
        kind=row.kind,
        status=row.status,
        severity=row.severity,
        rank=row.severity_rank,
        headline=row.headline,
        place=row.place,
        lon=row.lon,
        lat=row.lat,
        position_note=row.position_note,
        area_code=row.area_code,
        alerts=row.alert_count,
        sources=msgspec.json.decode(row.source_ids),
        opened_at=_epoch(row.opened_at),
        changed_at=_epoch(row.changed_at),
        claimed_by=row.claimed_by,
        grade=row.grade,
        response_level=row.response_level,
        hazmat=row.hazmat,
        exercise=row.exercise,
        version=row.version,
        told_late=bool(row.told_late),
    )


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
