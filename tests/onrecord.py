"""Rows put on the record directly, for tests of the read side and of the screens."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import insert, update

from linkage.alerts import Alert
from linkage.intake.incident_state import IncidentState, open_from
from linkage.log import as_json
from linkage.record import Record, Writing
from linkage.tables import (
    alert,
    assignment,
    inbound_message,
    incident,
    incident_alert,
    incident_link,
    warning,
)
from linkage.vocabulary import AssignmentStatus, Outcome, WarningStatus
from tests.builders import CALL


def put_incident(record: Record, first: Alert = CALL, **columns: Any) -> int:
    """An incident opened by `first`, received when it occurred; `columns` overrule."""
    with record.write(at=columns.pop("at", first.occurred_at)) as w:
        state = open_from(first, w.at, w.next_id(), w.next_number())
        state.revision = w.next_revision()
        w.cx.execute(insert(incident).values(**{**state.columns(), **columns}))
        _attach(w, first, state.id)
        w.log.add(
            f"source:{first.source_id}",
            "open",
            f"{first.source_ref} 立为新事件",
            incident_id=state.id,
            after={"status": state.status},
        )
    return state.id


def add_alert(
    record: Record,
    incident_id: int,
    said: Alert,
    *,
    payload: bytes = b"{}",
    score: float | None = 7.5,
    reasons: tuple[tuple[str, float], ...] = (("相距 120 米", 4.0), ("相隔 3 分钟", 3.5)),
) -> int:
    """A further statement in an incident; returns its alert id."""
    with record.write(at=said.occurred_at) as w:
        return _attach(w, said, incident_id, payload=payload, score=score, reasons=reasons)


def _attach(
    w: Writing,
    said: Alert,
    incident_id: int,
    *,
    payload: bytes = b'{"JJDBH":"J1"}',
    score: float | None = None,
    reasons: tuple[tuple[str, float], ...] = (),
) -> int:
    alert_id, inbound_id = w.next_id(), w.next_id()
    w.cx.execute(
        insert(inbound_message).values(
            id=inbound_id,
            channel="alert",
            source_id=said.source_id,
            topic=f"linkage/v1/alert/{said.source_id}",
            payload=payload,
            received_at=w.at,
            retained=False,
            outcome=Outcome.STORED,
            alert_id=alert_id,
            incident_id=incident_id,
        )
    )
    w.cx.execute(insert(alert).values(_alert_row(said, alert_id, inbound_id, w.at)))
    w.cx.execute(
        insert(incident_alert).values(
            alert_id=alert_id,
            incident_id=incident_id,
            score=score,
            reasons=as_json(reasons) if reasons else None,
            decided_by="rule",
            decided_at=w.at,
        )
    )
    return alert_id


def _alert_row(said: Alert, alert_id: int, inbound_id: int, at: datetime) -> dict[str, Any]:
    row = {c.name: getattr(said, c.name, None) for c in alert.columns}
    return {
        **row,
        "id": alert_id,
        "inbound_id": inbound_id,
        "received_at": at,
        "revision": said.revision or 1,
        "references_json": as_json(said.references) if said.references else None,
        "lon": said.point.lon if said.point else None,
        "lat": said.point.lat if said.point else None,
        "casualties": as_json(msgspec.to_builtins(said.casualties)),
        "plates": as_json(said.plates) if said.plates else None,
        "facts": as_json(said.facts) if said.facts else None,
        "digest": "0" * 32,
    }


def put_link(
    record: Record, from_id: int, to_id: int, kind: str, state: str, **columns: Any
) -> int:
    with record.write(at=columns.pop("at", None)) as w:
        link_id = w.next_id()
        values = {"decided_by": "rule", "decided_at": w.at, **columns}
        w.cx.execute(
            insert(incident_link).values(
                id=link_id, from_id=from_id, to_id=to_id, kind=kind, state=state, **values
            )
        )
    return link_id


def put_task(record: Record, incident_id: int, agency_id: str, **columns: Any) -> int:
    """An assignment as issued, with no order in the outbox; `columns` overrule."""
    with record.write(at=columns.pop("at", None)) as w:
        task_id = w.next_id()
        values = {
            "role": "support",
            "task": "赶赴现场处置",
            "reason": "预案",
            "revision": 1,
            "status": AssignmentStatus.ISSUED,
            "exercise": False,
            "issued_by": "甲（值班员）",
            "issued_at": w.at,
            "changed_at": w.at,
            "live_revision": w.next_revision(),
            **columns,
        }
        w.cx.execute(
            insert(assignment).values(
                id=task_id, incident_id=incident_id, agency_id=agency_id, **values
            )
        )
    return task_id


def put_warning(record: Record, area_codes: list[str], **columns: Any) -> int:
    with record.write(at=columns.pop("at", None)) as w:
        warning_id = w.next_id()
        values = {
            "alert_id": 0,
            "source_id": "weather",
            "source_ref": f"W{warning_id}",
            "kind": "rainstorm",
            "event_code": "11B03",
            "colour": "orange",
            "status": WarningStatus.ACTIVE,
            "headline": "暴雨橙色预警",
            "text": "三小时内雨量将达50毫米以上",
            "effective_at": w.at,
            "exercise": False,
            "revision": w.next_revision(),
            **columns,
        }
        w.cx.execute(
            insert(warning).values(id=warning_id, area_codes=as_json(area_codes), **values)
        )
    return warning_id


def change_incident(record: Record, incident_id: int, **columns: Any) -> None:
    """Somebody else's write: the row changes and its version rises."""
    with record.write() as w:
        w.cx.execute(
            update(incident)
            .where(incident.c.id == incident_id)
            .values(version=incident.c.version + 1, revision=w.next_revision(), **columns)
        )


__all__ = [
    "IncidentState",
    "add_alert",
    "change_incident",
    "put_incident",
    "put_link",
    "put_task",
    "put_warning",
]
