"""What would become of an arrival: decided as the intake decides, with nothing written.

For an officer who is about to put a refused message right, and wants to see it first.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from linkage.alerts import Alert, Unreadable
from linkage.correlation.correlate import correlate
from linkage.correlation.open_incidents import OpenIncidents
from linkage.intake.arrivals import Arrival, Part, Remark, Several
from linkage.intake.device_state import DeviceState
from linkage.intake.known import RecordKey, Statement, known_statements, own_record, said_before
from linkage.intake.rows import digest
from linkage.kinds import Kind
from linkage.log import as_json
from linkage.readings.reading import Reading
from linkage.tables import incident
from linkage.vocabulary import Outcome

# What a preview says: nothing has become of it yet.
WOULD = {
    Outcome.STORED: "可以接入",
    Outcome.DUPLICATE: "与已入库的相同",
    Outcome.REJECTED: "仍会拒收",
}


class Foresight(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a message. `becomes`: in an officer's words what it would do to the record.

    `incident`: the number of the one it would go to; None where it would open one, or none is
    concerned.
    """

    outcome: Outcome
    becomes: str
    field: str | None = None
    kind: Kind | None = None
    place: str = ""
    occurred_at: datetime | None = None
    incident: str | None = None


class Foreseen(msgspec.Struct, frozen=True):
    """A message: the outcome of the whole, and each part."""

    outcome: Outcome
    parts: tuple[Foresight, ...]

    @property
    def brings_nothing(self) -> bool:
        """Refused again, and what can be read of it says nothing that the record does not have."""
        fresh = any(p.outcome is Outcome.STORED and p.kind is not None for p in self.parts)
        return self.outcome is Outcome.REJECTED and not fresh


def foresee(
    cx: Connection, arrivals: Sequence[Arrival], open_incidents: OpenIncidents
) -> list[Foreseen]:
    """One answer for each, as if it came alone."""
    alerts = [one for a in arrivals for one in _parts(a) if isinstance(one, Alert)]
    known, numbers = known_statements(cx, alerts)
    found = []
    for arrival in arrivals:
        whole = not isinstance(arrival.content, Several)
        parts = []
        for part in _parts(arrival):
            is_alert = isinstance(part, Alert)
            said = as_json(part).encode() if is_alert and not whole else arrival.payload
            print_ = digest(said) if is_alert else ""
            parts.append(_part(cx, part, print_, known, numbers, open_incidents))
        found.append(Foreseen(_together(parts), tuple(parts)))
    return found


def _parts(arrival: Arrival) -> Sequence[object]:
    content = arrival.content
    return content.parts if isinstance(content, Several) else (content,)


def _together(parts: Iterable[Foresight]) -> Outcome:
    """The same word as `linkage.intake.batch` has for them."""
    outcomes = [part.outcome for part in parts]
    for outcome in (Outcome.REJECTED, Outcome.STORED, Outcome.DUPLICATE):
        if outcome in outcomes:
            return outcome
    return Outcome.STORED


def _part(  # noqa: PLR0917
    cx: Connection,
    part: Part | object,
    print_: str,
    known: dict[RecordKey, Statement],
    numbers: dict[int, str],
    open_incidents: OpenIncidents,
) -> Foresight:
    if isinstance(part, Unreadable):
        return Foresight(outcome=Outcome.REJECTED, becomes=part.reason, field=part.field)
    if isinstance(part, Alert):
        outcome, becomes, number = _alert(cx, part, print_, known, numbers, open_incidents)
        return Foresight(
            outcome=outcome,
            becomes=becomes,
            kind=part.kind,
            place=part.place,
            occurred_at=part.occurred_at,
            incident=number,
        )
    return Foresight(outcome=Outcome.STORED, becomes=_other(part))


def _other(part: object) -> str:
    """What is judged only as it is written."""
    if isinstance(part, Remark):
        return part.text
    if isinstance(part, Reading):
        return f"测值入库：{part.station_id} {part.factor} {part.value} {part.unit}"
    return "设备状态入库" if isinstance(part, DeviceState) else "入库时按规则核对"


def _alert(  # noqa: PLR0917
    cx: Connection,
    alert: Alert,
    print_: str,
    known: dict[RecordKey, Statement],
    numbers: dict[int, str],
    open_incidents: OpenIncidents,
) -> tuple[Outcome, str, str | None]:
    said = known.get(own_record(alert))
    if said is not None:
        number = numbers.get(said.incident_id) if said.incident_id else None
        again = said_before(alert, said, print_)
        if again:
            return Outcome.DUPLICATE, again, number
        if said.incident_id is not None:
            return Outcome.STORED, "同一记录的续报", number
    if alert.is_warning:
        return Outcome.STORED, "预警入库", None
    for reference in alert.references:
        named = known.get((*reference, alert.exercise))
        if named is not None and named.incident_id is not None:
            words = f"来源指明关联记录 {reference[0]} {reference[1]}"
            return Outcome.STORED, words, numbers.get(named.incident_id)
    match = correlate(alert, open_incidents.candidates(alert))
    if match is None:
        return Outcome.STORED, "立为新事件", None
    reasons = "；".join(text for text, _ in match.reasons)
    number = _number(cx, match.incident_id)
    if match.decision == "joins":
        return Outcome.STORED, f"归入已有事件：{reasons}", number
    return Outcome.STORED, f"立为新事件，疑似与 {number} 同一事件：{reasons}", None


def _number(cx: Connection, incident_id: int) -> str | None:
    row = cx.execute(select(incident.c.number).where(incident.c.id == incident_id)).first()
    return None if row is None else str(row.number)
