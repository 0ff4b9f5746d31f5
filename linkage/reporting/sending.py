"""A signed report goes to the authority: into the outbox, stamped when sent, sent again when no
receipt comes."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from linkage.actions import Action
from linkage.alerts import Casualties, Point
from linkage.beijing import beijing
from linkage.duty_tables import report
from linkage.errors import NotAllowed
from linkage.people import Actor, permit
from linkage.record import Record, Writing
from linkage.reporting.elements import UNKNOWN, Difference, counted, differences
from linkage.reporting.exchange import REPORT_TOPIC, Change, ReportMessage, Said
from linkage.reporting.limits import ReportLimits
from linkage.reporting.reports import Report, as_seen, chain_of, signed_before
from linkage.reporting.titles import title_of
from linkage.response.outbox import enqueue
from linkage.response_vocabulary import ReportElement, ReportStatus
from linkage.tables import incident, outbound_message

_encode = msgspec.json.Encoder().encode
# GB/T 2260 with the six places of the lower divisions, as the exchange package wants it.
_CITY = "320700"
_DIGITS = 7
_OUT = frozenset({ReportStatus.SIGNED, ReportStatus.SENT})


def send(w: Writing, one: Report, limits: ReportLimits) -> None:
    """Enqueue a signed report, in the transaction that signed it."""
    message = report_message(w.cx, one, limits)
    topic = REPORT_TOPIC.format(one.authority)
    outbound_id = enqueue(w, one.authority, topic, _encode(message), exercise=one.exercise)
    w.cx.execute(update(report).where(report.c.id == one.id).values(outbound_id=outbound_id))


def report_message(cx: Connection, one: Report, limits: ReportLimits) -> ReportMessage:
    """What the authority is sent."""
    before = None
    row: Any = None
    if one.incident_id is not None:
        before = signed_before(chain_of(cx, one.incident_id), one)
        query = select(incident).where(incident.c.id == one.incident_id)
        row = cx.execute(query).mappings().one()
    said = one.elements
    summary = said.get(ReportElement.COURSE) or said.get(ReportElement.OVERVIEW) or UNKNOWN
    people = {e.value: count for e, count in counted(said).items()}
    done = said.get(ReportElement.MEASURES, UNKNOWN)
    area = (row["area_code"] if row else None) or _CITY
    return ReportMessage(
        id=one.id,
        number=one.number or "",
        report_type=one.stage,
        report_type_label=one.stage.label,
        seq=one.serial,
        authority=one.authority,
        issuer=limits.issuer.name,
        region_code=f"{area:0<12}",
        event_id=row["number"] if row else None,
        event_code=row["event_code"] if row else None,
        level=one.grade,
        response_level=row["response_level"] if row else None,
        occurred_at=beijing(row["occurred_at"]) if row else None,
        received_at=beijing(row["opened_at"]) if row else None,
        position=_point(row) if row else None,
        title=title_of(one, limits),
        summary=summary,
        casualties=Casualties(**people) if row else None,
        measures=tuple(line for line in done.split("\n") if line and line != UNKNOWN),
        elements=tuple(_said(name, text) for name, text in _printed(said)),
        changes=tuple(map(_change, changes_of(one, before, limits))),
        follows=before.number if before else None,
        basis=one.basis,
        signed_by=one.signed_by or "",
        signed_at=beijing(one.signed_at or one.changed_at),
        telephoned_at=beijing(one.telephoned_at) if one.telephoned_at else None,
        due_at=beijing(one.written_due_at) if one.written_due_at else None,
        late_reason=one.late_reason,
        attachments=(),
        exercise=one.exercise,
    )


def changes_of(one: Report, before: Report | None, limits: ReportLimits) -> list[Difference]:
    """What this report says otherwise than the one before; nothing where it is the first."""
    if before is None:
        return []
    form = limits.domains[one.domain].form
    return differences(before.elements, one.elements, one.stage, form)


def resend(
    record: Record,
    actor: Actor,
    report_id: int,
    version: int,
    *,
    at: datetime | None = None,
) -> None:
    """An officer sends it again, byte for byte: the same id."""
    permit(actor, Action.RESEND_REPORT)
    with record.write(at) as w:
        one = as_seen(w.cx, report_id, version)
        if one.status not in _OUT:
            raise NotAllowed(f"{one.name}现为“{one.status.label}”，已报出、未收到回执的才能重报。")
        _again(w, one, str(actor), "人工重报")


def due_for_resend(one: Report, limits: ReportLimits, now: datetime) -> bool:
    """No receipt within the time: pure, so that the clock and the screen agree."""
    if one.status is not ReportStatus.SENT or one.resends >= limits.rules.resends:
        return False
    return now >= receipt_due_at(one, limits)


def receipt_due_at(one: Report, limits: ReportLimits) -> datetime:
    last = one.resent_at or one.sent_at or one.signed_at or one.changed_at
    return last + timedelta(minutes=limits.rules.receipt_min)


def stamp_sent(w: Writing) -> None:
    """The broker has confirmed these."""
    rows = w.cx.execute(_confirmed()).all()
    for report_id, sent_at in rows:
        w.cx.execute(
            update(report)
            .where(report.c.id == report_id, report.c.sent_at.is_(None))
            .values(sent_at=sent_at, status=ReportStatus.SENT.value, version=report.c.version + 1)
        )


def any_confirmed(cx: Connection) -> bool:
    return cx.execute(_confirmed().limit(1)).first() is not None


def _confirmed() -> Any:
    return (
        select(report.c.id, outbound_message.c.sent_at)
        .join(outbound_message, outbound_message.c.id == report.c.outbound_id)
        .where(
            report.c.status == ReportStatus.SIGNED.value,
            outbound_message.c.sent_at.is_not(None),
        )
    )


def resend_unanswered(w: Writing, one: Report, limits: ReportLimits) -> None:
    minutes = limits.rules.receipt_min
    _again(w, one, "rule:report", f"{minutes}分钟没有回执，第{one.resends + 1}次重报")


def _again(w: Writing, one: Report, actor: str, why: str) -> None:
    kept = select(outbound_message.c.topic, outbound_message.c.payload)
    first = w.cx.execute(kept.where(outbound_message.c.id == one.outbound_id)).one()
    enqueue(w, one.authority, first.topic, bytes(first.payload), exercise=one.exercise)
    w.log.add(
        actor,
        Action.RESEND_REPORT,
        f"{one.name} {one.number}：{why}",
        incident_id=one.incident_id,
        before={"report": one.id, "resends": one.resends},
        after={"report": one.id, "resends": one.resends + 1},
    )
    w.cx.execute(
        update(report)
        .where(report.c.id == one.id)
        .values(resends=one.resends + 1, resent_at=w.at, version=one.version + 1, changed_at=w.at)
    )


def _printed(said: dict[str, str]) -> list[tuple[ReportElement, str]]:
    return [(e, said[e.value]) for e in ReportElement if e.value in said]


def _said(element: ReportElement, text: str) -> Said:
    return Said(element.value, element.label, text)


def _change(one: Difference) -> Change:
    return Change(one.element.value, one.element.label, one.before, one.after)


def _point(row: Any) -> Point | None:
    if row["lon"] is None or row["lat"] is None:
        return None
    return Point(round(row["lon"], _DIGITS), round(row["lat"], _DIGITS))
