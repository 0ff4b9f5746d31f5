"""What every desk must see at once: the live feed's rows, and whether the picture is fresh.

Read side only. Rows carry codes; the Chinese words go to a screen once, with its snapshot.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection, select

from linkage.alerts import Shape
from linkage.intake_tables import service_state, source_state
from linkage.tables import incident, ledger, unit, warning
from linkage.vocabulary import OPEN_STATUSES, Channel, WarningStatus

# The probe goes round every few seconds; three missed turns are a fault, not a hiccup.
INTAKE_SILENT = timedelta(seconds=15)
_HEARD_ON = (Channel.ALERT.value, Channel.HEARTBEAT.value)
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
    late: int = 0  # assignments past their time


class LiveUnit(msgspec.Struct, frozen=True, gc=False):
    id: str
    agency_id: str
    label: str
    state: str
    lon: float | None
    lat: float | None
    reported_at: int


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


class Silent(msgspec.Struct, frozen=True, gc=False):
    """A source past its expected interval. `last_at` None: never heard since the record began."""

    id: str
    name: str
    last_at: int | None


class Intake(msgspec.Struct, frozen=True, gc=False):
    """What the intake last said of itself; `alive` False when it fell silent, or never spoke."""

    alive: bool
    at: int | None = None
    broker: str = ""
    durable: bool = True
    round_trip_ms: float | None = None


class Freshness(msgspec.Struct, frozen=True, gc=False):
    at: int
    last_alert_at: int | None
    sources: int
    silent: list[Silent]
    intake: Intake


class Expected(Protocol):
    """The two facts of a source that tell whether it is silent."""

    @property
    def name(self) -> str: ...
    @property
    def expect_every(self) -> timedelta: ...


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
            reported_at=_epoch(row.reported_at),
        )
        for row in rows
    ]


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


def freshness(cx: Connection, sources: Mapping[str, Expected], now: datetime) -> Freshness:
    heard: dict[str, datetime] = {}
    last_alert: datetime | None = None
    states = select(source_state.c.channel, source_state.c.source_id, source_state.c.last_at)
    for channel, source_id, last_at in cx.execute(
        states.where(source_state.c.channel.in_(_HEARD_ON))
    ):
        heard[source_id] = max(last_at, heard.get(source_id, last_at))
        if channel == Channel.ALERT:
            last_alert = max(last_at, last_alert or last_at)
    row = cx.execute(select(service_state).where(service_state.c.name == "ingest")).first()
    return Freshness(
        at=_epoch(now),
        last_alert_at=_epoch(last_alert) if last_alert else None,
        sources=len(sources),
        silent=silent_sources(sources, heard, now),
        intake=intake_health(row.at, row.detail, now) if row else Intake(alive=False),
    )


def silent_sources(
    sources: Mapping[str, Expected], heard: Mapping[str, datetime], now: datetime
) -> list[Silent]:
    """Sources past their expected interval at `now`, longest silence first, never heard ahead."""
    silent = [
        Silent(source_id, source.name, _epoch(heard[source_id]) if source_id in heard else None)
        for source_id, source in sources.items()
        if source_id not in heard or now - heard[source_id] > source.expect_every
    ]
    return sorted(silent, key=lambda s: (s.last_at or 0, s.id))


def intake_health(at: datetime, detail: str, now: datetime) -> Intake:
    said = msgspec.json.decode(detail)
    return Intake(
        alive=now - at <= INTAKE_SILENT,
        at=_epoch(at),
        broker=str(said.get("broker", "")),
        durable=bool(said.get("durable", True)),
        round_trip_ms=said.get("round_trip_ms"),
    )


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
    )


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
