"""What became of a message and of each thing it says, and what its sender is told."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from linkage.alerts import Alert
from linkage.intake.arrivals import Arrival, Receipt, Several
from linkage.vocabulary import Outcome


class Fate(NamedTuple):
    """Of one arrival, or of one of its parts."""

    outcome: Outcome
    reason: str | None = None
    field: str | None = None
    alert_id: int | None = None
    incident_id: int | None = None


def together(fates: Sequence[Fate]) -> Fate:
    """One word for a message of several parts: refused if any part is, as somebody must act."""
    if not fates:
        return Fate(Outcome.STORED, "等待后续数据")
    if len(fates) == 1:
        return fates[0]
    alert_id = next((f.alert_id for f in fates if f.alert_id), None)
    incident_id = next((f.incident_id for f in fates if f.incident_id), None)
    refused = [(n, f) for n, f in enumerate(fates, 1) if f.outcome is Outcome.REJECTED]
    if refused:
        count = len(fates)
        said = "；".join(f"第 {n} 段：{f.reason}" for n, f in refused[:3])
        rest = count - len(refused)
        more = f"等 {len(refused)} 段" if len(refused) > 3 else ""
        reason = f"共 {count} 段，{said}{more}；其余 {rest} 段已处理"
        return Fate(Outcome.REJECTED, reason, refused[0][1].field, alert_id, incident_id)
    stored = any(f.outcome is Outcome.STORED for f in fates)
    if stored:
        remarks = list(dict.fromkeys(f.reason for f in fates if f.reason))
        return Fate(Outcome.STORED, "；".join(remarks[:3]) or None, None, alert_id, incident_id)
    return Fate(Outcome.DUPLICATE, fates[0].reason, None, alert_id, incident_id)


def receipts(
    inbound_id: int,
    arrival: Arrival,
    fate: Fate,
    of_parts: Sequence[Fate],
    numbers: Mapping[int, str],
) -> Iterator[Receipt]:
    """One for the message; where it says several alerts, one for each of them by its number.

    What of it was refused is told once more, without a number: it had none that we could read.
    """
    content = arrival.content
    if isinstance(content, Alert):
        yield _receipt(inbound_id, arrival, content.source_ref, fate, numbers)
        return
    named = 0
    if isinstance(content, Several):
        for part, each in zip(content.parts, of_parts, strict=True):
            if isinstance(part, Alert):
                named += 1
                yield _receipt(inbound_id, arrival, part.source_ref, each, numbers)
    if named == 0 or fate.outcome is Outcome.REJECTED:
        yield _receipt(inbound_id, arrival, None, fate, numbers)


def _receipt(
    inbound_id: int,
    arrival: Arrival,
    source_ref: str | None,
    fate: Fate,
    numbers: Mapping[int, str],
) -> Receipt:
    return Receipt(
        source_id=arrival.source_id,
        id=inbound_id,
        source_ref=source_ref,
        status=fate.outcome,
        incident=numbers.get(fate.incident_id) if fate.incident_id else None,
        reason=fate.reason,
        at=arrival.received_at,
    )
