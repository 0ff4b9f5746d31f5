"""Whether the picture is fresh: who was heard, who is silent, whether the intake itself is well."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, select

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
from linkage.vocabulary import Channel

# The probe goes round every few seconds; three missed turns are a fault, not a hiccup.
INTAKE_SILENT = timedelta(seconds=PROBE_LATE_S)
_HEARD_ON = (Channel.ALERT.value, Channel.HEARTBEAT.value)


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


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
