"""部门应答: what a department's own officer answers at our desk, where its system is away or not.

The same table of moves and the same stamps as over the line (linkage/response/answers.py): what
both say is counted once, and who was slower is told who was faster.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import RowMapping, select

from linkage.actions import Action
from linkage.alerts import NOBODY, Casualties
from linkage.beijing import clock
from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.people import Actor, permit
from linkage.plan.grading import GradeTables
from linkage.record import Record, Writing
from linkage.response.agencies import Agency
from linkage.response.answers import apply_feedback
from linkage.response.feedback import Feedback
from linkage.response.order_messages import tell_open
from linkage.response.order_rules import clean
from linkage.response.own_guard import own_agency, watched
from linkage.tables import assignment, log_entry
from linkage.vocabulary import AssignmentStatus, Outcome

S = AssignmentStatus
LONGEST_WORDS = 500
# What is said with these is why they are said at all.
_NEEDS_WORDS = {
    S.DECLINED: "请写明退回理由，指挥中心要据此改派。",
    S.REPORTED: "请写明处置情况或伤亡人数，再反馈。",
    S.COMPLETED: "请写明处置结果，再办结。",
}


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """How the task stood on the officer's screen."""

    status: AssignmentStatus
    last_feedback: str | None
    casualties: Casualties | None


@watched(Action.FEEDBACK)
def answer(
    record: Record,
    actor: Actor,
    said: Feedback,
    seen: Stand,
    *,
    agencies: Mapping[str, Agency],
    grading: GradeTables | None = None,
    at: datetime | None = None,
) -> Outcome:
    """Take the answer into the record, and tell the department's system what is open now.

    Raises NotAllowed where the order was changed or withdrawn meanwhile or the move is not in the
    table, Raced where somebody of the department, or its system, was faster.
    """
    agency = _registered(own_agency(actor), agencies)
    permit(actor, Action.FEEDBACK, agency.id)
    with record.write(at) as w:
        row = _own(w, actor, said.assignment_id, agency)
        repeated = said.revision == row["revision"] and _faster(w, actor, row, said, seen)
        if repeated:
            return Outcome.DUPLICATE
        _check(row, said)
        said = msgspec.structs.replace(said, text=clean(said.text), by=said.by or actor.name)
        outcome, reason = apply_feedback(w, said, agency, by=str(actor), grading=grading)
        if outcome is Outcome.REJECTED:
            raise NotAllowed(reason)
        # It may have been away when the order came: at its next connection it finds what is so.
        tell_open(w, agency)
    return outcome


def _registered(agency_id: str, agencies: Mapping[str, Agency]) -> Agency:
    if agency_id not in agencies:
        raise NotAllowed(f"单位“{agency_id}”未登记，请在 data/agencies.toml 中增加。")
    return agencies[agency_id]


def _own(w: Writing, actor: Actor, assignment_id: int, agency: Agency) -> RowMapping:
    query = select(assignment).where(
        assignment.c.id == assignment_id, assignment.c.agency_id == agency.id
    )
    row = w.cx.execute(query).mappings().first()
    if row is None:  # there is none, or it is another's: which of the two is nobody's business
        raise NotPermitted(f"{actor}的单位没有编号为 {assignment_id} 的任务，不能应答。")
    return row


def _check(row: RowMapping, said: Feedback) -> None:
    if len(said.text) > LONGEST_WORDS:
        raise NotAllowed(f"说明有 {len(said.text)} 字，最多 {LONGEST_WORDS} 字，请精简。")
    words = _NEEDS_WORDS.get(said.status)
    told = clean(said.text) or (said.status is S.REPORTED and said.casualties != NOBODY)
    if words and not told and row["status"] != S.CANCELLED:
        raise NotAllowed(words)


def _faster(w: Writing, actor: Actor, row: RowMapping, said: Feedback, seen: Stand) -> bool:
    """Raise Raced where the task is no longer as the officer saw it. True: the officer's own
    press, a second time."""
    counted = msgspec.json.decode(row["casualties"], type=Casualties) if row["casualties"] else None
    now = Stand(
        status=AssignmentStatus(row["status"]),
        last_feedback=row["last_feedback"],
        casualties=counted,
    )
    if now == seen:
        return False
    who, when = _last_said(w, row)
    if who == str(actor) and now.status is said.status and now.last_feedback == (said.text or None):
        return True
    by = "本单位系统" if who == f"agency:{row['agency_id']}" else who
    raise Raced(
        f"{by}已于 {clock(when)} 报“{now.status.label}”"
        + (f"（{now.last_feedback}）" if now.last_feedback else "")
        + f"，您的“{said.status.label}”没有再记入；请看最新情况，需要时再报。"
    )


def _last_said(w: Writing, row: RowMapping) -> tuple[str, datetime]:
    query = (
        select(log_entry.c.actor, log_entry.c.at)
        .where(
            log_entry.c.incident_id == row["incident_id"],
            log_entry.c.assignment_id == row["id"],
            log_entry.c.action == Action.FEEDBACK.value,
        )
        .order_by(log_entry.c.id.desc())
        .limit(1)
    )
    found = w.cx.execute(query).first()
    return ("有人", row["changed_at"]) if found is None else (found.actor, found.at)
