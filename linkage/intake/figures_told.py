"""What was told of incidents before this batch, for those whose grade may rest on it."""

from typing import Any

import msgspec
from sqlalchemy import select

from linkage.record import Writing
from linkage.tables import alert, incident_alert


def figures_told(w: Writing, incident_ids: list[int]) -> dict[int, dict[str, Any]]:
    """Incident → the facts of its statements; the last word on each counts, and none of a
    statement that its source had overtaken before it came."""
    found: dict[int, dict[str, Any]] = {}
    if not incident_ids:
        return found
    rows = w.cx.execute(
        select(
            incident_alert.c.incident_id,
            alert.c.source_id,
            alert.c.source_ref,
            alert.c.revision,
            alert.c.facts,
        )
        .join(incident_alert, incident_alert.c.alert_id == alert.c.id)
        .where(incident_alert.c.incident_id.in_(incident_ids), alert.c.facts.is_not(None))
        .order_by(alert.c.id)
    )
    newest: dict[tuple[int, str, str], int] = {}
    for row in rows:
        key = (row.incident_id, row.source_id, row.source_ref)
        if row.revision >= newest.get(key, -1):
            newest[key] = row.revision
            found.setdefault(row.incident_id, {}).update(msgspec.json.decode(row.facts))
    return found
