"""What our own processes say of themselves: the probe that went round broker, intake, database."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from linkage.intake_tables import service_state
from linkage.log import as_json
from linkage.record import Writing

INGEST = "ingest"
# The probe goes round every 5 s; three missed ones are a fault.
PROBE_EVERY_S = 5.0
PROBE_LATE_S = 15.0


class Probe(msgspec.Struct, frozen=True):
    """What the probe carries: when it left, by our own clock."""

    sent_at: datetime


class ServiceState(msgspec.Struct, frozen=True):
    at: datetime
    detail: dict[str, Any]

    def is_late(self, now: datetime) -> bool:
        return (now - self.at).total_seconds() > PROBE_LATE_S


def note_probe(
    w: Writing, payload: bytes, received_at: datetime, broker_note: Mapping[str, object]
) -> None:
    """Leave the round trip where every screen sees it. A foreign probe is ignored."""
    try:
        probe = msgspec.json.decode(payload, type=Probe)
    except msgspec.DecodeError:
        return
    trip_ms = round((received_at - probe.sent_at).total_seconds() * 1000, 1)
    set_service(w, INGEST, received_at, {**broker_note, "round_trip_ms": trip_ms})


def set_service(w: Writing, name: str, at: datetime, detail: Mapping[str, object]) -> None:
    w.cx.execute(delete(service_state).where(service_state.c.name == name))
    w.cx.execute(insert(service_state).values(name=name, at=at, detail=as_json(detail)))


def read_service(cx: Connection, name: str = INGEST) -> ServiceState | None:
    row = cx.execute(select(service_state).where(service_state.c.name == name)).first()
    if row is None:
        return None
    return ServiceState(row.at.astimezone(UTC), msgspec.json.decode(row.detail))
