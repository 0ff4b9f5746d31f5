"""时间线: the log of one incident in the words of the duty room. Pure."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from linkage.actions import Action, Happening
from linkage.desk.queries import Case, Line, Said
from linkage.vocabulary import AssignmentStatus


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the timeline. `said`: the alert it tells of; `agency_id`: whose task it moved."""

    at: datetime
    who: str
    did: str
    words: str
    said: Said | None = None
    agency_id: str | None = None


_LABELS: dict[str, str] = {m.value: m.label for m in (*Action, *Happening)}


def timeline(case: Case) -> list[Event]:
    """Newest first, as the log is."""
    said = {each.id: each for each in case.said}
    agencies = {task.id: task.agency_id for task in case.tasks}
    return [_event(line, said, agencies) for line in case.log]


def _event(line: Line, said: Mapping[int, Said], agencies: Mapping[int, str]) -> Event:
    after = line.after if isinstance(line.after, dict) else {}
    alert = said.get(after.get("alert", 0))
    did = _LABELS.get(line.action, line.action)
    status = after.get("status")
    if line.assignment_id is not None and status in set(AssignmentStatus):
        did = f"{did} → {AssignmentStatus(status).label}"
    return Event(
        at=line.at,
        who=line.actor,
        did=did,
        words=line.reason,
        said=alert,
        agency_id=agencies.get(line.assignment_id) if line.assignment_id else None,
    )
