"""The columns of an incident told anew from its statements, after some came or went."""

from collections.abc import Collection
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, RowMapping, select

from linkage.actions import Action
from linkage.alerts import NOBODY, Alert, Point
from linkage.intake.incident_state import IncidentState, open_from
from linkage.plan.proposing import propose, tables_in_force
from linkage.record import Writing
from linkage.tables import alert, assignment, incident, incident_alert, log_entry

# What the statements say. The rest of a row is what people and agencies did: it stays.
TOLD = (
    "kind",
    "event_code",
    "headline",
    "place",
    "lon",
    "lat",
    "position_note",
    "area_code",
    "severity",
    "severity_rank",
    "fire_alarm_level",
    "hazmat",
    "deaths",
    "missing",
    "trapped",
    "injured",
    "critical",
    "poisoned",
    "evacuated",
    "alert_count",
    "source_ids",
    "occurred_at",
    "last_alert_at",
    "grade_proposed",
    "grade_reason",
)


class Reading(NamedTuple):
    """In the place of a Writing, for who only asks what would be."""

    cx: Connection


class Folded(NamedTuple):
    """`facts`: what was stated beside the columns; the last word on each counts."""

    state: IncidentState
    facts: dict[str, Any]

    def propose(self) -> IncidentState:
        """With the grade that all of it together proposes."""
        propose(self.state, self.facts, tables_in_force())
        return self.state


def told(
    w: Writing | Reading, incident_id: int, only: Collection[int] | None = None
) -> dict[str, Any]:
    """The columns of TOLD as the statements make them. `only`: as these alone would.

    An officer's placing goes before theirs; of people the highest count stands that a source or
    an agency has stated. What is merged into the incident speaks along.
    """
    folded = fold(w, incident_id, "", only)
    if folded is None:
        return {"alert_count": 0}
    state = folded.state
    ids = [incident_id]
    for each in ids:
        merged = select(incident.c.id).where(incident.c.merged_into == each)
        ids.extend(w.cx.execute(merged).scalars())
    for name, count in _counted(w, ids).items():
        setattr(state, name, max(count, getattr(state, name) or 0))
    confirmed = w.cx.execute(
        select(incident.c.grade, incident.c.grade_proposed, incident.c.grade_reason).where(
            incident.c.id == incident_id, incident.c.grade.is_not(None)
        )
    ).first()
    if confirmed is not None:
        state.grade, state.grade_proposed, state.grade_reason = confirmed
    columns = folded.propose().columns()
    return {name: columns[name] for name in TOLD} | _placed(w, ids)


def fold(
    w: Writing | Reading, incident_id: int, number: str, only: Collection[int] | None = None
) -> Folded | None:
    """The incident as its statements make it, in the order they came; None if it has none."""
    rows = w.cx.execute(
        select(alert)
        .join(incident_alert, incident_alert.c.alert_id == alert.c.id)
        .where(incident_alert.c.incident_id == incident_id)
        .order_by(alert.c.id)
    ).mappings()
    state: IncidentState | None = None
    newest: dict[tuple[str, str], int] = {}
    facts: dict[str, Any] = {}
    for row in rows:
        if only is not None and row["id"] not in only:
            continue
        said = stored(row)
        key = (said.source_id, said.source_ref)
        before = newest.get(key, -1)
        if row["revision"] < before:
            continue  # came late: kept, but overtaken by what its source said since
        newest[key] = row["revision"]
        facts |= said.facts
        if state is None:
            state = open_from(said, row["received_at"], incident_id, number)
        else:
            state.absorb(said, row["received_at"], again=before >= 0)
    return None if state is None else Folded(state, facts)


def stored(row: RowMapping) -> Alert:
    """The statement of a row of `alert`."""
    columns = {str(name): value for name, value in row.items()}  # keys are SQLAlchemy's own type
    x, y, lon, lat = (columns[name] for name in ("source_x", "source_y", "lon", "lat"))
    return msgspec.convert(
        {
            **columns,
            "references": _decoded(columns["references_json"]) or (),
            "point": None if lon is None or lat is None else Point(lon, lat),
            "source_xy": None if x is None or y is None else (x, y),
            "casualties": _decoded(columns["casualties"]) or NOBODY,
            "plates": _decoded(columns["plates"]) or (),
            "facts": _decoded(columns["facts"]) or {},
        },
        Alert,
    )


def _placed(w: Writing | Reading, ids: list[int]) -> dict[str, Any]:
    """Where an officer put the incident; the last word counts."""
    words = w.cx.execute(
        select(log_entry.c.after)
        .where(log_entry.c.incident_id.in_(ids), log_entry.c.action == Action.PLACE.value)
        .order_by(log_entry.c.id)
    ).scalars()
    placed: dict[str, Any] = {}
    for after in words:
        placed |= _decoded(after) or {}
    return {name: value for name, value in placed.items() if name in TOLD}


def _counted(w: Writing | Reading, ids: list[int]) -> dict[str, int]:
    """What the agencies at work there have counted."""
    rows = select(assignment.c.casualties).where(
        assignment.c.incident_id.in_(ids), assignment.c.casualties.is_not(None)
    )
    highest: dict[str, int] = {}
    for text in w.cx.execute(rows).scalars():
        for name, count in _decoded(text).items():
            highest[name] = max(count, highest.get(name, 0))
    return highest


def _decoded(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)
