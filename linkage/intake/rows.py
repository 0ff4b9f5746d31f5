"""Rows in column order for `Writing.append`: plain values, as the drivers store them."""

from datetime import datetime
from hashlib import blake2b
from typing import Any

from linkage.alerts import NOBODY, Alert
from linkage.intake.incident_state import IncidentState
from linkage.log import as_json
from linkage.record import Writing

# What folding an alert into an incident may change; `amended` gives them in this order.
AMENDED = (
    "kind", "event_code", "status", "headline", "place", "lon", "lat", "position_note",
    "area_code", "severity", "severity_rank", "fire_alarm_level", "grade_proposed",
    "grade_reason", "hazmat", "deaths", "missing", "trapped", "injured", "critical", "poisoned",
    "evacuated", "alert_count", "source_ids", "occurred_at", "last_alert_at", "changed_at",
    "closed_at", "disposition", "version", "revision",
)  # fmt: skip


def digest(payload: bytes) -> str:
    """Of a payload: the same bytes again, or a changed statement."""
    return blake2b(payload, digest_size=16).hexdigest()


def alert_row(  # noqa: PLR0917
    w: Writing,
    alert: Alert,
    alert_id: int,
    revision: int,
    received_at: datetime,
    inbound_id: int,
    print_: str,
) -> tuple[Any, ...]:
    point, xy = alert.point, alert.source_xy
    colour = alert.warning_colour
    return (
        alert_id,
        alert.source_id,
        alert.source_ref,
        revision,
        alert.message_kind._value_,
        as_json(alert.references) if alert.references else None,
        alert.kind._value_,
        alert.event_code,
        alert.source_kind,
        w.moment(alert.occurred_at),
        w.moment(alert.sent_at),
        w.moment(received_at),
        alert.place,
        point.lon if point else None,
        point.lat if point else None,
        xy[0] if xy else None,
        xy[1] if xy else None,
        alert.position_note._value_,
        alert.area_code,
        alert.severity._value_,
        alert.urgency._value_,
        alert.certainty._value_,
        colour._value_ if colour else None,
        alert.fire_alarm_level,
        alert.triage_level,
        None if alert.casualties is NOBODY else as_json(alert.casualties),
        alert.caller_name,
        alert.caller_phone,
        as_json(alert.plates) if alert.plates else None,
        alert.hazmat,
        alert.headline,
        alert.text,
        w.moment(alert.expires_at),
        as_json(alert.facts) if alert.facts else None,
        alert.exercise,
        print_,
        inbound_id,
    )


# verified_at … resolved_at: nobody has acted on an incident that opens this moment.
_NOT_YET = (None,) * 7


def incident_row(w: Writing, state: IncidentState) -> tuple[Any, ...]:
    """The whole row of a new incident. Written out: it is half the cost of opening one."""
    moment = w.moment
    return (
        state.id,
        state.number,
        state.kind._value_,
        state.event_code,
        state.status._value_,
        state.headline,
        state.place,
        state.lon,
        state.lat,
        state.position_note._value_,
        state.area_code,
        state.severity._value_,
        state.severity_rank,
        state.fire_alarm_level,
        state.grade_proposed,
        state.grade_reason,
        state.grade,
        state.response_level,
        state.hazmat,
        state.deaths,
        state.missing,
        state.trapped,
        state.injured,
        state.critical,
        state.poisoned,
        state.evacuated,
        state.alert_count,
        as_json(state.source_ids),
        moment(state.occurred_at),
        moment(state.opened_at),
        moment(state.last_alert_at),
        moment(state.changed_at),
        *_NOT_YET,
        moment(state.closed_at),
        state.disposition,
        None,
        None,
        None,
        state.told_late,
        state.exercise,
        state.version,
        state.revision,
    )


def amended(w: Writing, state: IncidentState) -> tuple[Any, ...]:
    """The AMENDED columns of a known incident, then its id."""
    return (*(_plain(w, getattr(state, name)) for name in AMENDED), state.id)


def _plain(w: Writing, value: Any) -> Any:
    kind = type(value)
    if value is None or kind is int or kind is float or kind is str or kind is bool:
        return value
    if kind is list:
        return as_json(value)
    if isinstance(value, str):
        return value._value_  # type: ignore[attr-defined]
    return w.moment(value)
