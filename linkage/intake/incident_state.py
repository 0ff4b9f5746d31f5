"""An incident as its alerts, folded in order, make it. Used by intake and by merging."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from linkage.alerts import Alert
from linkage.kinds import ROUTINE_KINDS, Kind
from linkage.log import as_json
from linkage.tables import incident
from linkage.vocabulary import IncidentStatus, MessageKind, PositionNote, Severity

_COUNTS = ("deaths", "missing", "trapped", "injured", "critical", "poisoned", "evacuated")
# What an incident's kind may turn into when a further report says so: from the vague to the
# particular, and from the harmless to the dangerous. Never the other way: an officer does that.
_PARTICULAR = frozenset({Kind.HAZMAT_VEHICLE, Kind.HAZMAT, Kind.VESSEL, Kind.COLLAPSE})
_VAGUE = ROUTINE_KINDS | {Kind.OTHER, Kind.INJURY, Kind.RESCUE, Kind.PUBLIC_SECURITY}
_TURNS = frozenset({(Kind.TRAFFIC_ACCIDENT, k) for k in _PARTICULAR}) | {
    (Kind.FIRE, Kind.HAZMAT),
    (Kind.FIRE, Kind.FOREST_FIRE),
    (Kind.GAS_LEAK, Kind.FIRE),
    (Kind.POISONING, Kind.HAZMAT),
    (Kind.POISONING, Kind.HAZMAT_VEHICLE),
    (Kind.AIR_POLLUTION, Kind.HAZMAT),
    (Kind.AIR_POLLUTION, Kind.HAZMAT_VEHICLE),
}


class IncidentState(msgspec.Struct, kw_only=True, gc=False):
    """The row of one incident; fields are the columns of `incident`, in order."""

    id: int
    number: str
    kind: Kind
    event_code: str
    status: IncidentStatus
    headline: str
    place: str
    lon: float | None
    lat: float | None
    position_note: PositionNote
    area_code: str | None
    severity: Severity
    severity_rank: int
    fire_alarm_level: int | None
    grade_proposed: str | None = None
    grade_reason: str | None = None
    grade: str | None = None
    response_level: int | None = None
    hazmat: bool
    deaths: int | None = None
    missing: int | None = None
    trapped: int | None = None
    injured: int | None = None
    critical: int | None = None
    poisoned: int | None = None
    evacuated: int | None = None
    alert_count: int = 0
    source_ids: list[str]
    occurred_at: datetime
    opened_at: datetime
    last_alert_at: datetime
    changed_at: datetime
    verified_at: datetime | None = None
    dispatched_at: datetime | None = None
    acknowledged_at: datetime | None = None
    en_route_at: datetime | None = None
    on_scene_at: datetime | None = None
    controlled_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    disposition: str | None = None
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    merged_into: int | None = None
    told_late: bool | None = None
    exercise: bool
    version: int = 0
    revision: int = 0

    def absorb(self, alert: Alert, received_at: datetime, *, again: bool = False) -> None:
        """Fold one more statement in. `again`: the source has said it before (an update).

        Counts of people take the highest that anybody stated: sources count the same people,
        and no machine lowers them. Position and place stay those of the first who knew them.
        """
        if not again:
            self.alert_count += 1
        if alert.source_id not in self.source_ids:
            self.source_ids.append(alert.source_id)
        self.last_alert_at = max(self.last_alert_at, received_at)
        self.changed_at = max(self.changed_at, received_at)
        if alert.message_kind is MessageKind.CANCEL:
            return
        self.occurred_at = min(self.occurred_at, alert.occurred_at)
        self.hazmat = self.hazmat or alert.hazmat
        self._turn(alert)
        if alert.severity.rank > self.severity_rank:
            self.severity, self.severity_rank = alert.severity, alert.severity.rank
        if self.lon is None and alert.point is not None:
            self.lon, self.lat = alert.point.lon, alert.point.lat
            self.position_note, self.area_code = alert.position_note, alert.area_code
        self.place = self.place or alert.place
        # 119 may raise its alarm level, never lower it.
        self.fire_alarm_level = _highest(self.fire_alarm_level, alert.fire_alarm_level)
        for count in _COUNTS:
            stated = getattr(alert.casualties, count)
            if stated is not None:
                setattr(self, count, _highest(getattr(self, count), stated))

    def _turn(self, alert: Alert) -> None:
        kind = alert.kind
        if kind is Kind.SYSTEM_FAULT:
            # Says how long it lasts, or that it is over.
            self.headline = alert.headline or self.headline
            return
        if self.kind is kind is Kind.EARTHQUAKE and "magnitude" in alert.facts:
            # It names the magnitude, and the formal report names another than the automatic one.
            self.headline = alert.headline or self.headline
            return
        if self.hazmat and self.kind is Kind.TRAFFIC_ACCIDENT:
            kind = Kind.HAZMAT_VEHICLE
        vague_to_clear = self.kind in _VAGUE and kind not in _VAGUE
        if vague_to_clear or (self.kind, kind) in _TURNS:
            self.kind = kind
            self.event_code = alert.event_code if kind is alert.kind else kind.event_code
            self.headline = alert.headline or self.headline

    def columns(self) -> dict[str, Any]:
        """The row as SQLAlchemy takes it."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        values["source_ids"] = as_json(self.source_ids)
        return values


def open_from(alert: Alert, received_at: datetime, incident_id: int, number: str) -> IncidentState:
    """A new incident, with its first alert folded in."""
    kind = alert.kind
    event_code = alert.event_code
    if alert.hazmat and kind is Kind.TRAFFIC_ACCIDENT:
        kind, event_code = Kind.HAZMAT_VEHICLE, Kind.HAZMAT_VEHICLE.event_code
    counts = alert.casualties
    return IncidentState(
        id=incident_id,
        number=number,
        kind=kind,
        event_code=event_code,
        status=IncidentStatus.RECEIVED,
        headline=alert.headline or f"{alert.place}{kind.label}",
        place=alert.place,
        lon=alert.point.lon if alert.point else None,
        lat=alert.point.lat if alert.point else None,
        position_note=alert.position_note,
        area_code=alert.area_code,
        severity=alert.severity,
        severity_rank=alert.severity.rank,
        fire_alarm_level=alert.fire_alarm_level,
        hazmat=alert.hazmat,
        deaths=counts.deaths,
        missing=counts.missing,
        trapped=counts.trapped,
        injured=counts.injured,
        critical=counts.critical,
        poisoned=counts.poisoned,
        evacuated=counts.evacuated,
        alert_count=1,
        source_ids=[alert.source_id],
        occurred_at=alert.occurred_at,
        opened_at=received_at,
        last_alert_at=received_at,
        changed_at=received_at,
        exercise=alert.exercise,
        version=1,
    )


def state_of(row: Row[Any]) -> IncidentState:
    """The state of a row of `incident`, as selected whole."""
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public spelling
    values["kind"] = Kind(values["kind"])
    values["status"] = IncidentStatus(values["status"])
    values["severity"] = Severity(values["severity"])
    values["position_note"] = PositionNote(values["position_note"])
    values["source_ids"] = msgspec.json.decode(values["source_ids"], type=list[str])
    return IncidentState(**values)


def _highest(known: int | None, stated: int | None) -> int | None:
    if known is None or stated is None:
        return known if stated is None else stated
    return max(known, stated)


assert IncidentState.__struct_fields__ == tuple(c.name for c in incident.columns)  # noqa: S101 - the fold writes rows in this order
