"""What every desk must see at once: the live feed's rows, and whether the picture is fresh.

Read side only. Rows carry codes; the Chinese words go to a screen once, with its snapshot.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from linkage.alerts import Shape
from linkage.figures.flood import Flood
from linkage.intake.watch import UNHEARD, Expected, Heard, Listening, silent_ids
from linkage.intake_tables import source_state
from linkage.own_state import (
    INGEST,
    PROBE_LATE_S,
    WATCH,
    Road,
    ServiceState,
    listening,
    read_services,
    road,
    watch_of,
)
from linkage.tables import incident, ledger, warning
from linkage.vocabulary import OPEN_STATUSES, Channel, WarningStatus

# The probe goes round every few seconds; three missed turns are a fault, not a hiccup.
INTAKE_SILENT = timedelta(seconds=PROBE_LATE_S)
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


class Silent(msgspec.Struct, frozen=True, gc=False):
    """A source past its expected interval and grace, or `offline` by its last will.

    `last_at` None: never heard since the record began.
    """

    id: str
    name: str
    last_at: int | None
    offline: bool = False


class Intake(msgspec.Struct, frozen=True, gc=False):
    """What the intake last said of itself; `alive` False when it fell silent, or never spoke."""

    alive: bool
    at: int | None = None
    broker: str = ""
    durable: bool = True
    round_trip_ms: float | None = None
    road: Road = Road.NEVER


class Freshness(msgspec.Struct, frozen=True, gc=False):
    """`silent`: 失联, longest first. `never`: names of those that were never heard, 未接入."""

    at: int
    last_alert_at: int | None
    sources: int
    silent: list[Silent]
    intake: Intake
    never: list[str] = []
    flood: Flood | None = None


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


def freshness(cx: Connection, sources: Mapping[str, Expected], now: datetime) -> Freshness:
    alerts, heard = heard_of(cx)
    last_alert = max((at for i, at in alerts.items() if i in sources), default=None)
    services = read_services(cx, INGEST, WATCH)
    watch = watch_of(services)
    return Freshness(
        at=_epoch(now),
        last_alert_at=_epoch(last_alert) if last_alert else None,
        sources=len(sources),
        silent=silent_sources(sources, heard, listening(services, now), now),
        intake=intake_health(services, now),
        never=[s.name for i, s in sources.items() if heard.get(i, UNHEARD).last_at is None],
        flood=watch.flood if watch else None,
    )


def heard_of(cx: Connection) -> tuple[dict[str, datetime], dict[str, Heard]]:
    """Each source's last alert, and when it was heard at all."""
    state = source_state.c
    alerts: dict[str, datetime] = {}
    heard: dict[str, Heard] = {}
    rows = select(state.channel, state.source_id, state.last_at, state.offline_at)
    for channel, source_id, last_at, offline_at in cx.execute(
        rows.where(state.channel.in_(_HEARD_ON))
    ):
        if channel == Channel.ALERT and last_at is not None:
            alerts[source_id] = last_at
        known = heard.get(source_id, UNHEARD)
        times = [at for at in (last_at, known.last_at) if at]
        heard[source_id] = Heard(max(times, default=None), offline_at or known.offline_at)
    return alerts, heard


def silent_sources(
    sources: Mapping[str, Expected],
    heard: Mapping[str, Heard],
    gap: Listening,
    now: datetime,
) -> list[Silent]:
    """Sources that are 失联 at `now`, longest silence first, never heard ahead."""
    silent = []
    for source_id in silent_ids(sources, heard, gap, now):
        known = heard.get(source_id, UNHEARD)
        at = _epoch(known.last_at) if known.last_at else None
        silent.append(Silent(source_id, sources[source_id].name, at, known.is_offline))
    return sorted(silent, key=lambda s: (s.last_at or 0, s.id))


def intake_health(services: Mapping[str, ServiceState], now: datetime) -> Intake:
    state = services.get(INGEST)
    if state is None:
        return Intake(alive=False, road=road(services, now))
    said = state.detail
    return Intake(
        alive=now - state.at <= INTAKE_SILENT,
        at=_epoch(state.at),
        broker=str(said.get("broker", "")),
        durable=bool(said.get("durable", True)),
        round_trip_ms=said.get("round_trip_ms"),
        road=road(services, now),
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
