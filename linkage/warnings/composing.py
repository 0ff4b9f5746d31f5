"""拟制对外预警: compose, change, submit, discard. Nothing leaves before a second person approves.

Each function is one transaction. Raises NotAllowed, NotPermitted, Raced with a sentence for the
screen.
"""

from datetime import datetime

import msgspec
from sqlalchemy import exists, insert, select

from linkage.actions import Action
from linkage.desk.facts import read_incidents
from linkage.duty_tables import public_warning
from linkage.errors import NotAllowed
from linkage.log import as_json
from linkage.people import Actor, permit
from linkage.record import Record, Writing
from linkage.response_vocabulary import PublicWarningStatus as Status
from linkage.vocabulary import OPEN_STATUSES, MessageKind
from linkage.warnings import legal
from linkage.warnings.cap_out import clean
from linkage.warnings.legal import Text
from linkage.warnings.public import (
    AT_WORK,
    OPEN_TO_EDIT,
    PublicWarning,
    as_seen,
    find_public,
    move,
    text_columns,
    write_down,
)
from linkage.warnings.public_words import PublicWords


def compose(
    record: Record,
    actor: Actor,
    text: Text,
    *,
    words: PublicWords,
    exercise: bool = False,
    incident_id: int | None = None,
    at: datetime | None = None,
) -> int:
    """A draft. Refused by name while one of the eight legal fields is missing."""
    permit(actor, Action.COMPOSE_WARNING)
    with record.write(at) as w:
        if incident_id is not None:
            _of_incident(w, incident_id, exercise=exercise)
        return _draft(
            w,
            actor,
            _checked(text, words, w.at, MessageKind.ALERT),
            message_kind=MessageKind.ALERT,
            exercise=exercise,
            incident_id=incident_id,
        )


def follow_up(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    warning_id: int,
    version: int,
    message_kind: MessageKind,
    text: Text,
    *,
    words: PublicWords,
    at: datetime | None = None,
) -> int:
    """A draft that updates or lifts the warning `warning_id`, which stands until it is approved."""
    permit(actor, Action.COMPOSE_WARNING)
    if message_kind not in {MessageKind.UPDATE, MessageKind.CANCEL}:
        raise NotAllowed("后续报文只有更新和解除两种。")
    with record.write(at) as w:
        before = as_seen(w, warning_id, version)
        must_stand(before, w.at)
        _nobody_else(w, before)
        said = _checked(text, words, w.at, message_kind)
        _same_voice(before, said)
        return _draft(
            w,
            actor,
            said,
            message_kind=message_kind,
            exercise=before.exercise,
            incident_id=before.incident_id,
            replaces_id=before.id,
        )


def change(
    record: Record,
    actor: Actor,
    warning_id: int,
    version: int,
    text: Text,
    *,
    words: PublicWords,
    at: datetime | None = None,
) -> int:
    """Rewrite a draft or one that was returned. Who has written in it may not approve it."""
    permit(actor, Action.COMPOSE_WARNING)
    with record.write(at) as w:
        it = as_seen(w, warning_id, version)
        if it.status not in OPEN_TO_EDIT:
            raise NotAllowed(f"“{it.headline}”现为“{it.status.label}”，不能再改；要改请先退回。")
        said = _checked(text, words, w.at, it.message_kind)
        before = find_public(w.cx, it.replaces_id) if it.replaces_id is not None else None
        if before is not None:
            _same_voice(before, said)
        authors = tuple(dict.fromkeys((*it.authors, actor.name)))
        w.log.add(
            str(actor),
            Action.COMPOSE_WARNING,
            f"修改：{said.headline}",
            incident_id=it.incident_id,
            before=_told(it.text),
            after={"public_warning": it.id} | _told(said),
        )
        return write_down(w, it, **(text_columns(said) | {"authors": authors}))


def submit(
    record: Record,
    actor: Actor,
    warning_id: int,
    version: int,
    *,
    words: PublicWords,
    at: datetime | None = None,
) -> int:
    permit(actor, Action.SUBMIT_WARNING)
    with record.write(at) as w:
        it = as_seen(w, warning_id, version)
        to = move(it, Status.PENDING)
        _checked(it.text, words, w.at, it.message_kind)
        _note(w, actor, Action.SUBMIT_WARNING, it, to, "")
        return write_down(w, it, status=to, submitted_at=w.at, return_reason=None)


def discard(
    record: Record,
    actor: Actor,
    warning_id: int,
    version: int,
    reason: str,
    *,
    at: datetime | None = None,
) -> int:
    """A draft nobody wants any more: kept, and out of the way."""
    permit(actor, Action.COMPOSE_WARNING)
    if not reason.strip():
        raise NotAllowed("请写明作废理由。")
    with record.write(at) as w:
        it = as_seen(w, warning_id, version)
        to = move(it, Status.DISCARDED)
        _note(w, actor, Action.COMPOSE_WARNING, it, to, reason.strip())
        return write_down(w, it, status=to, ended_at=w.at)


def must_stand(before: PublicWarning, at: datetime) -> None:
    if not before.in_force or before.expires_at <= at:
        label = before.status.label if not before.in_force else Status.EXPIRED.label
        raise NotAllowed(f"“{before.headline}”{label}，不再生效，不能更新或解除；请另行拟制。")


def check(text: Text, words: PublicWords, now: datetime, message_kind: MessageKind) -> None:
    """Raise NotAllowed: single voice first, then what is missing, then what cannot be."""
    refused = legal.refusal(text, words.voices, words.issuers)
    if refused is not None:
        raise NotAllowed(refused)
    gaps = legal.missing(text, message_kind)
    if gaps:
        raise NotAllowed(f"缺少{'、'.join(gaps)}，请补齐后再保存（突发事件应对法§64）。")
    faults = list(legal.wrong(text, now, message_kind))
    if faults:
        raise NotAllowed("".join(faults))


def _checked(text: Text, words: PublicWords, now: datetime, message_kind: MessageKind) -> Text:
    """The text without what no screen has a place for, or NotAllowed."""
    plain = {
        name: clean(getattr(text, name)).strip()
        for name in ("area", "headline", "notice", "measures", "issuer")
    }
    said = msgspec.structs.replace(text, **plain)
    check(said, words, now, message_kind)
    return said


def _draft(
    w: Writing,
    actor: Actor,
    text: Text,
    *,
    message_kind: MessageKind,
    exercise: bool,
    incident_id: int | None,
    replaces_id: int | None = None,
) -> int:
    new = w.next_id()
    w.cx.execute(
        insert(public_warning).values(
            id=new,
            message_kind=message_kind,
            replaces_id=replaces_id,
            incident_id=incident_id,
            status=Status.DRAFT,
            **text_columns(text),
            composed_by=str(actor),
            authors=as_json([actor.name]),
            composed_at=w.at,
            exercise=exercise,
            changed_at=w.at,
            version=1,
            revision=w.next_revision(),
        )
    )
    w.log.add(
        str(actor),
        Action.COMPOSE_WARNING,
        f"{message_kind.label}：{text.headline}",
        incident_id=incident_id,
        after={"public_warning": new, "replaces": replaces_id} | _told(text),
    )
    return new


def _of_incident(w: Writing, incident_id: int, *, exercise: bool) -> None:
    """Practice and earnest never meet: no real warning goes out for a rehearsed incident."""
    found = read_incidents(w.cx, [incident_id])
    if not found:
        raise NotAllowed(f"没有标识为 {incident_id} 的事件，请刷新后重新选择。")
    it = found[0]
    if it.status not in OPEN_STATUSES:
        raise NotAllowed(f"事件 {it.number} {it.status.label}，不能再关联预警，请另选。")
    if it.exercise and not exercise:
        raise NotAllowed(f"事件 {it.number} 是演练，它的预警必须标明演练。")
    if exercise and not it.exercise:
        raise NotAllowed(f"事件 {it.number} 不是演练，演练预警不能关联真实事件。")


def _same_voice(before: PublicWarning, said: Text) -> None:
    if said.event_code != before.event_code or said.issuer != before.issuer:
        raise NotAllowed("更新和解除不能换类别和发布单位；请另行拟制，再解除原预警。")


def _nobody_else(w: Writing, before: PublicWarning) -> None:
    its = public_warning.c
    waiting = exists().where(
        its.replaces_id == before.id, its.status.in_([s.value for s in AT_WORK])
    )
    if w.cx.execute(select(waiting)).scalar_one():
        raise NotAllowed(f"“{before.headline}”的更新或解除已在拟制中，请在待办中继续。")


def _note(  # noqa: PLR0917
    w: Writing, actor: Actor, action: Action, it: PublicWarning, to: Status, reason: str
) -> None:
    said = f"{it.headline}：{reason}" if reason else it.headline
    w.log.add(
        str(actor),
        action,
        said,
        incident_id=it.incident_id,
        before={"status": it.status},
        after={"public_warning": it.id, "status": to},
    )


def _told(text: Text) -> dict[str, object]:
    told: dict[str, object] = msgspec.to_builtins(text)
    return told
