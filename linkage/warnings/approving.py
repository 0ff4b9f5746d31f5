"""预警审签: a second person approves or returns; what is approved leaves in that transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from linkage.actions import Action
from linkage.duty_tables import public_warning
from linkage.errors import NotAllowed, NotPermitted
from linkage.people import Actor, permit, same_person
from linkage.record import Record, Writing
from linkage.response.outbox import enqueue
from linkage.response_vocabulary import PublicWarningStatus as Status
from linkage.vocabulary import MessageKind
from linkage.warnings import cap_schema
from linkage.warnings.cap_out import Message, Reference, identifier, to_xml
from linkage.warnings.composing import check, must_stand
from linkage.warnings.public import PublicWarning, as_seen, earlier, find_public, move, write_down
from linkage.warnings.public_words import PublicWords

# Not retained: a channel that comes late must not send out what has ended since. docs/decisions
# 0014.
TOPIC = "linkage/v1/warning/{}"
TO_ALL = "public"  # whom the outbox sends it to: no agency


def approve(
    record: Record,
    actor: Actor,
    warning_id: int,
    version: int,
    *,
    words: PublicWords,
    region: str,
    at: datetime | None = None,
) -> str:
    """Publish it; returns its identifier. Never by who has written in it."""
    permit(actor, Action.APPROVE_WARNING)
    with record.write(at) as w:
        it = as_seen(w, warning_id, version)
        _second_person(it, actor)
        lifts = it.message_kind is MessageKind.CANCEL
        to = move(it, Status.CANCELLED if lifts else Status.ISSUED)
        check(it.text, words, w.at, it.message_kind)
        before = _replaced(w, it)
        message = _message(w, it, words)
        xml = to_xml(message)
        against = cap_schema.fault(xml)
        if against is not None:
            raise NotAllowed(f"预警报文不符合 CAP 1.2，未发布：{against}。请退回修改文字。")
        outbound = enqueue(w, TO_ALL, TOPIC.format(region), xml, exercise=it.exercise)
        if before is not None:
            _end(w, actor, before, Status.CANCELLED if lifts else Status.UPDATED)
        w.log.add(
            str(actor),
            Action.APPROVE_WARNING,
            f"{it.message_kind.label}：{it.headline}",
            incident_id=it.incident_id,
            before={"status": it.status},
            after={"public_warning": it.id, "status": to, "identifier": message.identifier},
        )
        values: dict[str, Any] = {"ended_at": w.at} if lifts else {}
        write_down(
            w,
            it,
            status=to,
            identifier=message.identifier,
            issued_at=w.at,
            approved_by=str(actor),
            approved_at=w.at,
            xml=xml.decode(),
            outbound_id=outbound,
            **values,
        )
    return message.identifier


def send_back(
    record: Record,
    actor: Actor,
    warning_id: int,
    version: int,
    reason: str,
    *,
    at: datetime | None = None,
) -> int:
    permit(actor, Action.RETURN_WARNING)
    if not reason.strip():
        raise NotAllowed("请写明退回理由，拟制人会看到。")
    with record.write(at) as w:
        it = as_seen(w, warning_id, version)
        to = move(it, Status.RETURNED)
        w.log.add(
            str(actor),
            Action.RETURN_WARNING,
            f"{it.headline}：{reason.strip()}",
            incident_id=it.incident_id,
            before={"status": it.status},
            after={"public_warning": it.id, "status": to},
        )
        return write_down(w, it, status=to, return_reason=f"{actor}：{reason.strip()}")


def preview(it: PublicWarning, before: Sequence[PublicWarning], words: PublicWords) -> bytes:
    """The message as it would leave now; number and time of issue are given when it does.

    `before`: see public.earlier.
    """
    sender = _sender(it, words)
    return to_xml(_made(it, before, words, f"{sender}_{'0' * 14}_0", it.changed_at))


def wrote_in(it: PublicWarning, actor: Actor) -> bool:
    return any(same_person(actor.name, name) for name in it.authors)


def _second_person(it: PublicWarning, actor: Actor) -> None:
    if wrote_in(it, actor):
        raise NotPermitted(
            f"{actor}参与了“{it.headline}”的拟制，不能自己审签；请另一位值班长或指挥员审签。"
        )


def _replaced(w: Writing, it: PublicWarning) -> PublicWarning | None:
    if it.replaces_id is None:
        return None
    before = find_public(w.cx, it.replaces_id)
    if before is None:
        raise NotAllowed("所更新或解除的预警不存在，请退回。")
    must_stand(before, w.at)
    return before


def _message(w: Writing, it: PublicWarning, words: PublicWords) -> Message:
    sender = _sender(it, words)
    its = public_warning.c.identifier
    taken = w.cx.execute(select(its).where(its.like(f"{sender}\\_%", escape="\\"))).scalars()
    number = identifier(sender, w.at, (one for one in taken if one))
    if number is None:
        raise NotAllowed("同一秒内已发布 10 条预警，请稍候一秒再审签。")
    return _made(it, earlier(w.cx, it), words, number, w.at)


def _made(
    it: PublicWarning,
    before: Sequence[PublicWarning],
    words: PublicWords,
    number: str,
    sent: datetime,
) -> Message:
    template = words.templates.get(it.event_code)
    usual = template.words(it.colour) if template else None
    # All of the series: a channel that missed one in between must still end the first.
    references = tuple(
        Reference(one.identifier.partition("_")[0], one.identifier, one.issued_at)
        for one in before
        if one.identifier and one.issued_at
    )
    return Message(
        identifier=number,
        sender=_sender(it, words),
        sent=sent,
        message_kind=it.message_kind,
        text=it.text,
        category=template.category if template else "Other",
        respond=usual.respond if usual else (),
        references=references,
        exercise=it.exercise,
    )


def _sender(it: PublicWarning, words: PublicWords) -> str:
    issuer = words.issuer_named(it.issuer)
    if issuer is None:
        raise NotAllowed(f"发布单位“{it.issuer}”没有登记，请退回改正。")
    return issuer.sender


def _end(w: Writing, actor: Actor, before: PublicWarning, to: Status) -> None:
    move(before, to)
    write_down(w, before, status=to, ended_at=w.at)
    w.log.add(
        str(actor),
        Action.APPROVE_WARNING,
        f"{before.headline}：{to.label}",
        incident_id=before.incident_id,
        before={"status": before.status},
        after={"public_warning": before.id, "status": to},
    )
