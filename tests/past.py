"""A past to count: incidents, assignments and messages put straight into the record."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from linkage.intake_tables import source_state
from linkage.log import as_json
from linkage.record import Writing
from linkage.tables import assignment, inbound_message, incident
from linkage.vocabulary import Outcome

NAMES = {"110-cad": "110 接处警", "119-cad": "119 接处警", "weather": "气象预警"}


def put_incident(w: Writing, opened_at: datetime, **changes: Any) -> int:
    """A fire in 海州区, reported once by 119, with `changes`. `sources`: list of ids."""
    return put_incidents(w, opened_at, [changes])[0]


def put_incidents(w: Writing, opened_at: datetime, changes: list[dict[str, Any]]) -> list[int]:
    """As many as there are `changes`, in one statement: for a long past."""
    rows = [_incident(w, opened_at, dict(change)) for change in changes]
    # One shape for all rows: what one of them does not say is empty.
    empty = dict.fromkeys(key for row in rows for key in row)
    w.cx.execute(insert(incident), [empty | row for row in rows])
    return [row["id"] for row in rows]


def _incident(w: Writing, opened_at: datetime, changes: dict[str, Any]) -> dict[str, Any]:
    sources = changes.pop("sources", ["119-cad"])
    incident_id = w.next_id()
    row = {
        "id": incident_id,
        "number": f"20261122-{incident_id:04d}",
        "kind": "fire",
        "event_code": "12G03",
        "status": "received",
        "headline": "居民楼冒烟",
        "place": "海州区解放中路",
        "lon": 119.17,
        "lat": 34.6,
        "position_note": "exact",
        "area_code": "320706",
        "severity": "moderate",
        "severity_rank": 2,
        "hazmat": False,
        "alert_count": len(sources),
        "source_ids": as_json(sources),
        "occurred_at": opened_at - timedelta(minutes=1),
        "opened_at": opened_at,
        "last_alert_at": opened_at,
        "changed_at": opened_at,
        "exercise": False,
        "version": 1,
        "revision": w.next_revision(),
    }
    return row | changes


def put_assignment(w: Writing, incident_id: int, issued_at: datetime, **changes: Any) -> int:
    """An order to the fire brigade; stamps given as seconds after `issued_at`."""
    assignment_id = w.next_id()
    stamps = {
        name: issued_at + timedelta(seconds=value) if type(value) in {int, float} else value
        for name, value in changes.items()
    }
    row = {
        "id": assignment_id,
        "incident_id": incident_id,
        "agency_id": "fire",
        "role": "lead",
        "task": "灭火救援",
        "reason": "联动方案第 1 行",
        "revision": 1,
        "status": "issued",
        "exercise": False,
        "issued_by": "甲（值班员）",
        "issued_at": issued_at,
        "changed_at": issued_at,
        "live_revision": w.next_revision(),
    }
    w.cx.execute(insert(assignment).values(row | stamps))
    return assignment_id


def put_message(  # noqa: PLR0917
    w: Writing,
    source_id: str,
    at: datetime,
    outcome: Outcome = Outcome.STORED,
    payload: bytes = b"{}",
    channel: str = "alert",
    **more: Any,
) -> int:
    message_id = w.next_id()
    w.cx.execute(
        insert(inbound_message).values(
            id=message_id,
            channel=channel,
            source_id=source_id,
            topic=f"linkage/v1/{channel}/{source_id}",
            payload=payload,
            received_at=at,
            retained=False,
            outcome=outcome,
            **more,
        )
    )
    return message_id


def put_account(  # noqa: PLR0917
    w: Writing,
    source_id: str,
    last_at: datetime,
    stored: int = 0,
    duplicate: int = 0,
    rejected: int = 0,
    channel: str = "alert",
    delay_s: float | None = 0.2,
) -> None:
    w.cx.execute(
        insert(source_state).values(
            channel=channel,
            source_id=source_id,
            received=stored + duplicate + rejected,
            stored=stored,
            duplicate=duplicate,
            rejected=rejected,
            first_at=last_at - timedelta(hours=1),
            last_at=last_at,
            delay_s=delay_s,
            excess=0,
        )
    )
