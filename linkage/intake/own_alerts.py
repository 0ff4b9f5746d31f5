"""What we find wrong with ourselves and with the way to us, as alerts like any other: kept,
accounted, played again, one incident each. Nobody else may speak in this name (linkage/sources.py).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import func, select

from linkage.actions import Action
from linkage.alerts import Alert, Unreadable
from linkage.beijing import day_second
from linkage.desk.amend import change
from linkage.intake.arrivals import Arrival
from linkage.intake.troubles import Phase, Saying, Spell
from linkage.intake.watch import lasting
from linkage.kinds import Kind
from linkage.log import as_json
from linkage.record import Writing
from linkage.sources import OURSELVES
from linkage.tables import alert as alert_table
from linkage.tables import assignment, incident, incident_alert, log_entry
from linkage.vocabulary import (
    Certainty,
    Channel,
    Disposition,
    IncidentStatus,
    MessageKind,
    PositionNote,
    Severity,
    Urgency,
)

TOPIC = f"linkage/v1/alert/{OURSELVES}"
_RULE = "rule:watch"


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """How one trouble is told. `wrong`: as long as it lasts; `right`: when it is over."""

    severity: Severity
    wrong: str  # 接入系统 110 接处警 失联
    right: str  # 接入系统 110 接处警 已恢复
    advice: str
    spell: str  # what its length is called: 失联


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of an alert of our own."""

    ref: str
    phase: Phase
    at: datetime
    began: datetime
    severity: Severity
    headline: str
    text: str


def finding(saying: Saying, wording: Wording, now: datetime) -> Finding:
    """Pure."""
    one, phase = saying.spell, saying.phase
    over = one.ended is not None
    until = one.ended or now
    length = lasting(until - one.this_time)
    if over:
        headline = f"{wording.right}（{wording.spell} {length}）"
    else:
        headline = f"{wording.wrong} {length}"
    return Finding(
        ref=one.ref,
        phase=phase,
        at=now,
        began=one.began,
        severity=wording.severity,
        headline=headline,
        text=_text(one, wording, until),
    )


def _text(one: Spell, wording: Wording, until: datetime) -> str:
    begun = f"自 {day_second(one.this_time)} 起"
    if one.ended is not None:
        begun += f"，{day_second(until)} 恢复"
    often = f"；{day_second(one.began)} 以来第 {one.times} 次" if one.times > 1 else ""
    return f"{begun}{often}。{wording.advice}"


def arrival_of(found: Finding) -> Arrival:
    """As if it had come by the wire, for `Intake.take_in`."""
    return Arrival(
        channel=Channel.ALERT,
        source_id=OURSELVES,
        topic=TOPIC,
        payload=as_json(found).encode(),
        received_at=found.at,
        retained=False,
        content=_alert(found),
    )


def read_finding(payload: bytes) -> Alert:
    """A kept payload of ours again, for playing a period anew. Raises Unreadable."""
    try:
        return _alert(msgspec.json.decode(payload, type=Finding))
    except msgspec.DecodeError as why:
        raise Unreadable(f"不是本系统的自检报文（{why}）") from None


def _alert(found: Finding) -> Alert:
    began = found.phase is Phase.BEGAN
    return Alert(
        source_id=OURSELVES,
        source_ref=found.ref,
        kind=Kind.SYSTEM_FAULT,
        event_code=Kind.SYSTEM_FAULT.event_code,
        source_kind="系统自检",
        occurred_at=found.began,
        message_kind=MessageKind.ALERT if began else MessageKind.UPDATE,
        position_note=PositionNote.NOWHERE,
        severity=found.severity,
        urgency=Urgency.IMMEDIATE,
        certainty=Certainty.OBSERVED,
        headline=found.headline,
        text=found.text,
    )


def close_untouched(w: Writing, refs: Sequence[str]) -> int:
    """Close the incidents of what is over and settled, if no person has touched them.

    A rule ends here what a rule has begun; where anybody has claimed, graded, noted, merged or
    ordered anything, the incident is that person's to close. Returns how many were closed.
    """
    closed = 0
    for ref in refs:
        incident_id = w.cx.execute(
            select(incident_alert.c.incident_id)
            .join_from(alert_table, incident_alert, incident_alert.c.alert_id == alert_table.c.id)
            .where(alert_table.c.source_id == OURSELVES, alert_table.c.source_ref == ref)
            .limit(1)
        ).scalar_one_or_none()
        if incident_id is None:
            continue
        row = w.cx.execute(select(incident).where(incident.c.id == incident_id)).mappings().one()
        if row["status"] != IncidentStatus.RECEIVED or _touched(w, incident_id, row["claimed_by"]):
            continue
        reason = "故障已恢复并保持稳定，无人接手，系统自动办结"
        values = {
            "status": IncidentStatus.CLOSED,
            "closed_at": w.at,
            "disposition": Disposition.HANDLED,
        }
        change(w, row, _RULE, Action.CLOSE, reason, **values)
        closed += 1
    return closed


def _touched(w: Writing, incident_id: int, claimed_by: str | None) -> bool:
    if claimed_by is not None:
        return True
    by_people = select(func.count()).where(
        log_entry.c.incident_id == incident_id,
        log_entry.c.actor.not_like("rule%"),
        log_entry.c.actor.not_like("source:%"),
    )
    orders = select(func.count()).where(assignment.c.incident_id == incident_id)
    return any(w.cx.execute(count).scalar_one() for count in (by_people, orders))


def say(sayings: Sequence[Saying], wordings: Mapping[str, Wording], now: datetime) -> list[Arrival]:
    """What is to be taken in; a spell that settles is said only if its end was not."""
    return [
        arrival_of(finding(one, wordings[one.spell.about], now))
        for one in sayings
        if one.phase is not Phase.SETTLED or not one.spell.told_end
    ]
