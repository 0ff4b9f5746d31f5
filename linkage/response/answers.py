"""反馈入账: an agency's answer → its assignment, and how far the incident has come by it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, select, update

from linkage.actions import Action
from linkage.alerts import NOBODY
from linkage.beijing import clock
from linkage.errors import NotAllowed
from linkage.log import as_json
from linkage.means.notices import void
from linkage.people import Actor, permit
from linkage.plan.grading import GradeTables
from linkage.record import BEIJING, Record, Writing
from linkage.response.agencies import Agency
from linkage.response.asking import ask_for, wanted
from linkage.response.bookings import free_units_of
from linkage.response.feedback import Feedback
from linkage.response.moves import ORDER, advance, moves
from linkage.response.need_messages import tell_come_or_gone
from linkage.response.order_messages import tell_open
from linkage.response.own_guard import watched
from linkage.response.refusals import refuse
from linkage.response.settling import STAMPS, settle_incident
from linkage.response_vocabulary import About
from linkage.tables import assignment
from linkage.vocabulary import AssignmentStatus, Outcome

S = AssignmentStatus
# A department's clock may be so far ahead of ours before we take our own time instead.
CLOCK_AHEAD = timedelta(minutes=2)
# … or behind: an answer cannot be older than its order.
CLOCK_BEHIND = timedelta(minutes=1)


def apply_feedback(
    w: Writing,
    feedback: Feedback,
    agency: Agency,
    *,
    by: str = "",
    grading: GradeTables | None = None,
) -> tuple[Outcome, str]:
    """Take one answer of an agency into the record: (outcome, reason for a person).

    `agency` is whose credential sent it. `by`: the officer who took it by telephone. `grading`:
    to propose a grade anew where the agency counted more people hurt than was known.
    Nothing raised: what cannot be taken is REJECTED with a reason, nothing is changed but the
    log, and the agency is told (linkage/response/refusals.py).
    """
    query = select(assignment).where(assignment.c.id == feedback.assignment_id)
    row = w.cx.execute(query).mappings().first()
    actor = by or f"agency:{agency.id}"
    outcome, reason = _judge(w, row, feedback, agency, actor, grading)
    if outcome is Outcome.REJECTED:
        said, about = feedback.status.label, feedback.assignment_id
        refuse(w, agency, actor, said, reason, row, assignment=about, revision=feedback.revision)
    return outcome, reason


def _judge(  # noqa: PLR0917
    w: Writing,
    row: RowMapping | None,
    feedback: Feedback,
    agency: Agency,
    actor: str,
    grading: GradeTables | None,
) -> tuple[Outcome, str]:
    if row is None:
        return Outcome.REJECTED, f"没有编号为 {feedback.assignment_id} 的任务，请核对任务编号。"
    if row["agency_id"] != agency.id:
        return Outcome.REJECTED, f"任务 {row['id']} 不属于{agency.name}，拒收其反馈。"
    answer = _Answer(w, row, feedback, agency, actor, grading)
    wrong = answer.wrong_order()
    if wrong:
        return Outcome.REJECTED, wrong
    if answer.about_cancellation():
        return answer.note_cancellation()
    if answer.is_late():
        return answer.fill_in()
    try:
        advance(answer.now, feedback.status, has_units=agency.has_units)
    except NotAllowed as why:
        return Outcome.REJECTED, str(why)
    if answer.is_repeated():
        return Outcome.DUPLICATE, f"“{answer.now.label}”已收到过。"
    return answer.take()


@watched(Action.FEEDBACK)
def take_by_telephone(
    record: Record,
    actor: Actor,
    feedback: Feedback,
    *,
    agencies: Mapping[str, Agency],
    grading: GradeTables | None = None,
    at: datetime | None = None,
) -> None:
    """Enter what an agency said on the telephone, or its own officer at a desk.

    Raises NotAllowed with the reason where it cannot be taken, NotPermitted.
    """
    with record.write(at) as w:
        query = select(assignment.c.agency_id).where(assignment.c.id == feedback.assignment_id)
        agency_id = w.cx.execute(query).scalar_one_or_none()
        permit(actor, Action.FEEDBACK, agency_id)
        if agency_id is None:
            raise NotAllowed(f"没有编号为 {feedback.assignment_id} 的任务，请刷新后重新选择。")
        agency, by = agencies[agency_id], str(actor)
        outcome, reason = apply_feedback(w, feedback, agency, by=by, grading=grading)
        if outcome is Outcome.REJECTED:
            raise NotAllowed(reason)


class _Answer:
    """One answer beside the assignment it is about."""

    def __init__(  # noqa: PLR0917
        self,
        w: Writing,
        row: RowMapping,
        feedback: Feedback,
        agency: Agency,
        actor: str,
        grading: GradeTables | None,
    ) -> None:
        self.w, self.row, self.feedback = w, row, feedback
        self.agency, self.actor, self.grading = agency, actor, grading
        self.now = AssignmentStatus(row["status"])
        self.at, self.clock_note = _plausible(feedback.at, row["issued_at"], w.at)

    def wrong_order(self) -> str:
        """Why it answers another order than the one that stands; empty when it does not."""
        theirs, ours = self.feedback.revision, self.row["revision"]
        if theirs == ours:
            return ""
        if self.now is S.CANCELLED:
            when = clock(self.row["cancelled_at"])
            return f"任务已于 {when} 撤销，不再接受“{self.feedback.status.label}”。"
        if theirs < ours:
            return f"反馈针对第 {theirs} 版指令，现行是第 {ours} 版；请按新指令签收后再反馈。"
        return f"没有第 {theirs} 版指令，现行是第 {ours} 版；请核对。"

    def about_cancellation(self) -> bool:
        """The agency signs that it has read the withdrawal."""
        return self.now is S.CANCELLED and self.feedback.status is S.ACKNOWLEDGED

    def note_cancellation(self) -> tuple[Outcome, str]:
        if self.row["cancel_read_at"] is not None:
            return Outcome.DUPLICATE, "撤销通知的签收已收到过。"
        words = self.feedback.text or "撤销通知已签收"
        values: dict[str, Any] = {"last_feedback": words, "last_feedback_by": self.feedback.by}
        values["cancel_read_at"] = max(self.at, self.row["cancelled_at"])
        self._write(values | self._arrived(), words)
        void(self.w, About.ASSIGNMENT, self.row["id"], "撤销通知已签收")
        tell_open(self.w, self.agency)
        return Outcome.STORED, "撤销通知已签收"

    def is_late(self) -> bool:
        """It tells of a stage that is passed: on the way, while the agency is on scene."""
        asked, now = self.feedback.status, self.now
        if asked not in ORDER or now not in ORDER or ORDER.index(asked) >= ORDER.index(now):
            return False
        said_before = self.feedback.at is not None and self.at <= self._since()
        if asked in moves(now, has_units=self.agency.has_units):
            # 已反馈 may go back to 处置中; words delivered again must not take it there.
            return said_before
        return said_before or self.row[STAMPS[asked]] is None or not self._has_news()

    def fill_in(self) -> tuple[Outcome, str]:
        """Put the missing stamp where it belongs; the status does not go back."""
        asked = self.feedback.status
        stamp = STAMPS[asked]
        if self.row[stamp] is not None:
            return Outcome.DUPLICATE, f"“{asked.label}”已收到过，任务现为“{self.now.label}”。"
        try:
            advance(S.ACKNOWLEDGED, asked, has_units=self.agency.has_units)
        except NotAllowed as why:
            return Outcome.REJECTED, str(why)
        text = f"：{self.feedback.text}" if self.feedback.text else ""
        reason = f"补记“{asked.label}”{text}，任务仍为“{self.now.label}”"
        # Without a time of its own it was at the latest when the next stage began.
        self._write({stamp: min(self.at, self._since())} | self._arrived(), reason)
        self._ask()
        self._bring_incident()
        return Outcome.STORED, reason

    def is_repeated(self) -> bool:
        """The same status without a new word."""
        return self.feedback.status is self.now and not self._has_news()

    def _since(self) -> datetime:
        """When the present status was reached."""
        since: datetime = self.row[STAMPS[self.now]] or self.row["changed_at"]
        return since

    def _has_news(self) -> bool:
        said, row = self.feedback, self.row
        return (
            said.text not in {"", row["last_feedback"]}
            or said.lacks not in {"", row["needs"]}
            or (said.casualties != NOBODY and as_json(said.casualties) != row["casualties"])
        )

    def take(self) -> tuple[Outcome, str]:
        said = self.feedback
        values: dict[str, Any] = {"status": said.status}
        stamp = STAMPS[said.status]
        if self.row[stamp] is None:
            values[stamp] = self.at
        if said.text:
            values["last_feedback"] = said.text
        if said.by:
            values["last_feedback_by"] = said.by
        if said.lacks:
            values["needs"] = said.lacks
        if said.casualties != NOBODY:
            values["casualties"] = as_json(said.casualties)
        words = "；".join(str(part) for part in (said.share, said.text) if part)
        reason = f"{said.status.label}{f'：{words}' if words else ''}{self.clock_note}"
        self._write(values | self._arrived(), reason)
        if self.now is S.ISSUED:
            void(self.w, About.ASSIGNMENT, self.row["id"], f"对方{said.status.label}")
        self._ask()
        self._bring_incident()
        if said.status in {S.COMPLETED, S.DECLINED} and said.status is not self.now:
            free_units_of(self.w, self.row["id"], self.actor, said.status.label)
            tell_open(self.w, self.agency)
            tell_come_or_gone(self.w, self.row["incident_id"], [self.agency.id])
        return Outcome.STORED, reason

    def _arrived(self) -> dict[str, Any]:
        """Who answers by the line has the order, whether or not the system gave a receipt."""
        by_line = self.actor == f"agency:{self.agency.id}"
        missing = self.row["delivered_at"] is None
        return {"delivered_at": self.w.at} if by_line and missing else {}

    def _ask(self) -> None:
        """What the agency needs becomes a need of its own, until somebody has brought it."""
        wants = wanted(self.feedback)
        if wants:
            ask_for(self.w, self.row, wants, self.actor)

    def _write(self, values: dict[str, Any], reason: str) -> None:
        w, row = self.w, self.row
        changed = {name: value for name, value in values.items() if value != row[name]}
        w.log.add(
            self.actor,
            Action.FEEDBACK,
            reason,
            incident_id=row["incident_id"],
            assignment_id=row["id"],
            before={name: row[name] for name in changed},
            after=changed | {"by": self.feedback.by, "at": self.at},
        )
        w.cx.execute(
            update(assignment)
            .where(assignment.c.id == row["id"])
            .values(**changed, changed_at=w.at, live_revision=w.next_revision())
        )

    def _bring_incident(self) -> None:
        settle_incident(
            self.w,
            self.row["incident_id"],
            self.actor,
            Action.FEEDBACK,
            said=self.feedback,
            grading=self.grading,
        )


def _plausible(
    theirs: datetime | None, issued_at: datetime, ours: datetime
) -> tuple[datetime, str]:
    """When it happened: by their clock if it can be, else by ours, saying so."""
    if theirs is None:
        return ours, ""
    if theirs > ours + CLOCK_AHEAD or theirs < issued_at - CLOCK_BEHIND:
        return ours, f"（对方时间 {_written(theirs)} 不可信，按接收时间记）"
    return min(max(theirs, issued_at), ours), ""


def _written(theirs: datetime) -> str:
    """With its day, for that is what is mostly wrong. The last hours of the year 9999 have no
    Beijing time."""
    try:
        theirs = theirs.astimezone(BEIJING)
    except OverflowError:
        return f"{theirs:%Y-%m-%d %H:%M:%S} UTC"
    return f"{theirs:%Y-%m-%d %H:%M:%S}"
