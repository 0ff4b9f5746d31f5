"""One row of the shared table as a typed thing: what every screen about an incident starts from."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, select

from linkage.alerts import Casualties, Point
from linkage.kinds import Kind
from linkage.personal import masked
from linkage.tables import incident
from linkage.vocabulary import Disposition, Grade, IncidentStatus, PositionNote, Severity


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the shared table, typed; numbers of persons in its texts are masked.

    `stamps`: status → when it was first reached.
    """

    id: int
    number: str
    kind: Kind
    event_code: str
    status: IncidentStatus
    headline: str
    place: str
    point: Point | None
    position_note: PositionNote
    area_code: str | None
    severity: Severity
    fire_alarm_level: int | None
    grade_proposed: Grade | None
    grade_reason: str | None
    grade: Grade | None
    response_level: int | None
    hazmat: bool
    casualties: Casualties
    alert_count: int
    source_ids: tuple[str, ...]
    occurred_at: datetime
    opened_at: datetime
    last_alert_at: datetime
    changed_at: datetime
    stamps: dict[IncidentStatus, datetime]
    disposition: Disposition | None
    claimed_by: str | None
    claimed_at: datetime | None
    merged_into: int | None
    exercise: bool
    version: int


def read_incidents(cx: Connection, ids: Iterable[int]) -> list[Incident]:
    """Those of `ids` that exist, in the order given."""
    wanted = list(ids)
    rows = rows_of(cx, select(incident).where(incident.c.id.in_(wanted)))
    found = {row["id"]: as_incident(row) for row in rows}
    return [found[i] for i in wanted if i in found]


def as_incident(columns: dict[str, Any]) -> Incident:
    stamps = {s: columns[f"{s}_at"] for s in IncidentStatus if columns.get(f"{s}_at")}
    return msgspec.convert(
        {
            **columns,
            "headline": masked(columns["headline"]),
            "place": masked(columns["place"]),
            "point": point_of(columns),
            "casualties": {n: columns[n] for n in Casualties.__struct_fields__},
            "source_ids": decoded(columns["source_ids"]),
            "stamps": {IncidentStatus.RECEIVED: columns["opened_at"], **stamps},
        },
        Incident,
    )


def rows_of(cx: Connection, ask: Select[Any]) -> list[dict[str, Any]]:
    """The rows as plain dicts: msgspec takes no subclass of str, which SQLAlchemy's names are."""
    result = cx.execute(ask)
    names = [str(name) for name in result.keys()]  # noqa: SIM118 - a Result is no dict
    return [dict(zip(names, row, strict=True)) for row in result]


def point_of(columns: dict[str, Any]) -> Point | None:
    lon, lat = columns["lon"], columns["lat"]
    return None if lon is None or lat is None else Point(lon, lat)


def decoded(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)
