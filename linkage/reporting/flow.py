"""The way of a report: 草稿 → 待签发 → 已签发, or back with a reason. Nothing signed is changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update

from linkage.actions import Action
from linkage.beijing import clock
from linkage.desk.amend import find_incident
from linkage.duty_tables import report
from linkage.errors import NotAllowed, NotPermitted
from linkage.log import as_json
from linkage.people import Actor, permit, same_person
from linkage.record import Record, Writing
from linkage.reporting.drafts import refuse_unended
from linkage.reporting.elements import checked, refuse_empty
from linkage.reporting.lateness import late_paper, late_telephone
from linkage.reporting.limits import ReportLimits
from linkage.reporting.reports import Report, as_seen, next_number
from linkage.reporting.sending import send
from linkage.response_vocabulary import ReportStage
from linkage.response_vocabulary import ReportStatus as S

LONGEST_NOTE = 500


def save(
    record: Record,
    actor: Actor,
    report_id: int,
    version: int,
    elements: Mapping[str, str],
    *,
    limits: ReportLimits,
    at: datetime | None = None,
) -> int:
    """Keep the form as the officer has filled it in. Returns the new version."""
    permit(actor, Action.COMPOSE_REPORT)
    with record.write(at) as w:
        one = as_seen(w.cx, report_id, version)
        _refuse_unless(one, {S.DRAFT, S.RETURNED}, "修改")
        kept = checked(elements, one.stage, limits.domains[one.domain].form)
        changes = {"elements": as_json(kept), "written_by": str(actor), "written_at": w.at}
        changes["authors"] = _authors(one, actor)
        changed = [name for name, text in kept.items() if text != one.elements.get(name)]
        return change_report(
            w, one, str(actor), Action.COMPOSE_REPORT, f"修改{len(changed)}项", changes
        )


def submit(
    record: Record,
    actor: Actor,
    report_id: int,
    version: int,
    *,
    at: datetime | None = None,
) -> int:
    """To the leader. Who submits answers for the words, and cannot sign them."""
    permit(actor, Action.SUBMIT_REPORT)
    with record.write(at) as w:
        one = as_seen(w.cx, report_id, version)
        _refuse_unless(one, {S.DRAFT, S.RETURNED}, "送签")
        refuse_empty(one.elements, one.stage)
        _refuse_unended(w, one)
        changes = {
            "status": S.PENDING,
            "submitted_at": w.at,
            "written_by": str(actor),
            "authors": _authors(one, actor),
        }
        return change_report(w, one, str(actor), Action.SUBMIT_REPORT, one.name, changes)


def sign(
    record: Record,
    actor: Actor,
    report_id: int,
    version: int,
    *,
    limits: ReportLimits,
    late_reason: str = "",
    at: datetime | None = None,
) -> str:
    """Signed, numbered and in the outbox in one transaction. Returns the number.

    Raises NotPermitted where the signer wrote it, NotAllowed where it is late without a reason
    (突发事件应对法 §61: no 迟报).
    """
    permit(actor, Action.SIGN_REPORT)
    with record.write(at) as w:
        one = as_seen(w.cx, report_id, version)
        _refuse_unless(one, {S.PENDING}, "签发")
        if any(same_person(actor.name, name) for name in one.authors):
            raise NotPermitted(f"{actor}是这份{one.name}的起草人，须由另一位值班长或指挥员签发。")
        _refuse_unended(w, one)
        late = late_paper(one, w.at)
        reason = _with_reason(one, late, late_reason)
        number = next_number(w.cx, limits.issuer, one, w.at)
        changes = {
            "status": S.SIGNED,
            "number": number,
            "signed_by": str(actor),
            "signed_at": w.at,
            "late_reason": reason,
        }
        words = f"{one.name} {number}" + (f"；{late}，原因：{reason}" if late else "")
        change_report(w, one, str(actor), Action.SIGN_REPORT, words, changes)
        send(w, as_seen(w.cx, report_id, version + 1), limits)
    return number


def return_to_writer(
    record: Record,
    actor: Actor,
    report_id: int,
    version: int,
    reason: str,
    *,
    at: datetime | None = None,
) -> int:
    """The leader wants other words; the limits go on running."""
    permit(actor, Action.RETURN_REPORT)
    why = _note(reason, "请写明退回理由，起草人会看到。")
    with record.write(at) as w:
        one = as_seen(w.cx, report_id, version)
        _refuse_unless(one, {S.PENDING}, "退回")
        changes = {
            "status": S.RETURNED,
            "returned_by": str(actor),
            "returned_at": w.at,
            "return_reason": why,
        }
        return change_report(w, one, str(actor), Action.RETURN_REPORT, why, changes)


def withdraw(
    record: Record,
    actor: Actor,
    report_id: int,
    version: int,
    reason: str,
    *,
    at: datetime | None = None,
) -> int:
    """A leader decides that this draft need not go out: a false alarm, one report too many."""
    permit(actor, Action.RETURN_REPORT)
    why = _note(reason, "请写明不再报送的理由；应报不报要承担责任（突发事件应对法第六十一条）。")
    with record.write(at) as w:
        one = as_seen(w.cx, report_id, version)
        _refuse_unless(one, {S.DRAFT, S.PENDING, S.RETURNED}, "撤下")
        changes = {
            "status": S.WITHDRAWN,
            "returned_by": str(actor),
            "returned_at": w.at,
            "return_reason": why,
        }
        words = f"不再报送：{why}"
        return change_report(w, one, str(actor), Action.RETURN_REPORT, words, changes)


def telephone(
    record: Record,
    actor: Actor,
    report_id: int,
    version: int,
    told: str,
    *,
    when: datetime | None = None,
    late_reason: str = "",
    at: datetime | None = None,
) -> int:
    """The authority was told by telephone: whom, and when (now, if not said)."""
    permit(actor, Action.TELEPHONE_REPORT)
    note = _note(told, "请写明电话报告给了谁（单位、姓名或工号）和要点。")
    with record.write(at) as w:
        one = as_seen(w.cx, report_id, version)
        if one.telephoned_at is not None:
            raise NotAllowed(f"已于 {clock(one.telephoned_at)} 电话报告，不必重复记录。")
        if one.status is S.WITHDRAWN:
            raise NotAllowed("这份报告已撤下，不再报送。")
        called = when or w.at
        # The officer reads a clock without seconds.
        if not one.runs_from.replace(second=0, microsecond=0) <= called <= w.at:
            begun = clock(one.runs_from)
            raise NotAllowed(f"电话时间应在起算时间 {begun} 之后、现在之前，请核对。")
        late = late_telephone(one, called)
        changes = {
            "telephoned_at": called,
            "telephoned_by": str(actor),
            "telephone_note": note,
            "late_reason": _with_reason(one, late, late_reason),
        }
        words = f"{clock(called)} 告{note}" + (f"；{late}" if late else "")
        return change_report(w, one, str(actor), Action.TELEPHONE_REPORT, words, changes)


def change_report(  # noqa: PLR0917
    w: Writing, one: Report, actor: str, action: str, reason: str, changes: dict[str, Any]
) -> int:
    """Write the changes and, before and after, to the log; returns the new version."""
    shown = {name: value for name, value in changes.items() if name != "elements"}
    before = {name: getattr(one, name) for name in shown}
    after = dict(shown)
    if "elements" in changes:
        # The words themselves: the log proves who wrote what.
        before["elements"], after["elements"] = as_json(one.elements), changes["elements"]
    w.log.add(
        actor,
        action,
        reason,
        incident_id=one.incident_id,
        before={"report": one.id, "version": one.version, **before},
        after={"report": one.id, "version": one.version + 1, **after},
    )
    w.cx.execute(
        update(report)
        .where(report.c.id == one.id)
        .values(**changes, changed_at=w.at, version=one.version + 1)
    )
    return one.version + 1


def _authors(one: Report, actor: Actor) -> str:
    """Everybody whose words these are: none of them signs."""
    return as_json(list(dict.fromkeys((*one.authors, actor.name))))


def _refuse_unless(one: Report, allowed: set[S], what: str) -> None:
    if one.status in allowed:
        return
    if one.signed_at is not None:
        raise NotAllowed(
            f"{one.name}（{one.number}）已签发，不能{what}；要更正请起草续报并写明更正内容。"
        )
    may = "、".join(status.label for status in S if status in allowed)
    raise NotAllowed(f"{one.name}现为“{one.status.label}”，{may}状态才能{what}，请刷新。")


def _refuse_unended(w: Writing, one: Report) -> None:
    if one.stage is ReportStage.FINAL and one.incident_id is not None:
        refuse_unended(find_incident(w, one.incident_id))


def _with_reason(one: Report, late: str, said: str) -> str | None:
    """The reasons so far and this one; NotAllowed where one is owed."""
    given = said.replace("\0", "").strip()[:LONGEST_NOTE]
    if late and not given and not one.late_reason:
        raise NotAllowed(f"{late}，请写明迟报原因后再提交；原因随报告上报并存档。")
    both = [one.late_reason, given] if given != one.late_reason else [given]
    return "；".join(part for part in both if part) or None


def _note(text: str, otherwise: str) -> str:
    kept = text.replace("\0", "").strip()[:LONGEST_NOTE]
    if not kept:
        raise NotAllowed(otherwise)
    return kept
