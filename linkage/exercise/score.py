"""成绩单: the time of each step against its target, and what was left undone. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from linkage.exercise.targets import Moment, Target
from linkage.vocabulary import AssignmentRole, Labelled


class Verdict(Labelled):
    MET = "met", "达标"
    LATE = "late", "超时"
    MISSED = "missed", "未完成"
    OPEN = "open", "未到时限"
    UNTIMED = "untimed", "不计时"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one subject. `due_at` None: nobody has set a target for it."""

    subject: str  # an incident's number, a report, a hand-over
    who: str  # the agency; empty: the command centre
    step: str
    began_at: datetime
    due_at: datetime | None
    done_at: datetime | None
    basis: str
    verdict: Verdict

    @property
    def took_s(self) -> float | None:
        return None if self.done_at is None else (self.done_at - self.began_at).total_seconds()


class IncidentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """`grade_wanted`: the figures proposed a grade. `response_wanted`: the grade calls for one."""

    number: str
    headline: str
    moments: Mapping[Moment, datetime]
    grade_wanted: bool = False
    response_wanted: bool = False


class TaskFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One agency's order as it last stood: columns of `assignment` of the same names."""

    number: str
    agency: str
    role: AssignmentRole
    has_units: bool
    ended: bool  # withdrawn or refused: what is not done any more is not owed
    issued_at: datetime
    acknowledge_due_at: datetime | None
    en_route_due_at: datetime | None
    on_scene_due_at: datetime | None
    report_due_at: datetime | None
    delivered_at: datetime | None
    acknowledged_at: datetime | None
    en_route_at: datetime | None
    on_scene_at: datetime | None
    reported_at: datetime | None


class ReportFacts(msgspec.Struct, frozen=True, kw_only=True):
    name: str  # 首报 of which incident
    runs_from: datetime
    telephone_due_at: datetime | None
    telephoned_at: datetime | None
    written_due_at: datetime | None
    legal_due_at: datetime | None
    sent_at: datetime | None
    received_at: datetime | None
    basis: str


class Escalation(msgspec.Struct, frozen=True, kw_only=True):
    """A step that a clock took, in words, and to whom."""

    at: datetime
    due_at: datetime
    words: str


class HandoverFacts(msgspec.Struct, frozen=True, kw_only=True):
    change_at: datetime
    given_at: datetime | None
    taken_at: datetime | None


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    exercise: bool
    began_at: datetime
    until: datetime
    incidents: tuple[IncidentFacts, ...] = ()
    tasks: tuple[TaskFacts, ...] = ()
    reports: tuple[ReportFacts, ...] = ()
    handovers: tuple[HandoverFacts, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    deviations: tuple[str, ...] = ()


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """The sheet as it is kept and printed. `missed`: lines that were owed and not done."""

    title: str
    exercise: bool
    began_at: datetime
    until: datetime
    lines: tuple[Line, ...]
    escalations: tuple[Escalation, ...]
    deviations: tuple[str, ...]

    def count(self, verdict: Verdict) -> int:
        return sum(line.verdict is verdict for line in self.lines)

    @property
    def missed(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.verdict is Verdict.MISSED)

    @property
    def share_met(self) -> float | None:
        """Of the steps that had a target and have come to a verdict."""
        judged = {Verdict.MET, Verdict.LATE, Verdict.MISSED}
        timed = [line for line in self.lines if line.verdict in judged and line.due_at is not None]
        met = sum(line.verdict is Verdict.MET for line in timed)
        return met / len(timed) if timed else None


def score(facts: Facts, targets: Iterable[Target], bases: Mapping[str, str]) -> Score:
    """`bases`: the clause of an order's limits: acknowledge, en_route, on_scene, report."""
    known = {target.id: target for target in targets}
    lines = (
        *(line for one in facts.incidents for line in _incident(one, facts.until, known)),
        *(line for one in facts.tasks for line in _task(one, facts.until, known, bases)),
        *(line for one in facts.reports for line in _report(one, facts.until)),
        *(line for one in facts.handovers for line in _handover(one, facts.until, known)),
    )
    return Score(
        title=facts.title,
        exercise=facts.exercise,
        began_at=facts.began_at,
        until=facts.until,
        lines=lines,
        escalations=facts.escalations,
        deviations=facts.deviations,
    )


def verdict(due_at: datetime | None, done_at: datetime | None, until: datetime) -> Verdict:
    """At the very second it is due it is in time: 以内 includes the number."""
    if done_at is None:
        return Verdict.MISSED if due_at is None or until > due_at else Verdict.OPEN
    if due_at is None:
        return Verdict.UNTIMED
    return Verdict.MET if done_at <= due_at else Verdict.LATE


def _incident(one: IncidentFacts, until: datetime, targets: Mapping[str, Target]) -> Iterator[Line]:
    owed = {Moment.OPENED, Moment.VERIFIED}
    owed |= {Moment.GRADED} if one.grade_wanted else set()
    owed |= {Moment.STARTED, Moment.ISSUED} if one.response_wanted else set()
    for target in targets.values():
        began = one.moments.get(target.begins)
        if target.ends not in owed or began is None:
            continue
        yield _line(
            one.number, "", target.label, began, _within(began, target),
            one.moments.get(target.ends), target.basis, until,
        )  # fmt: skip


def _task(
    one: TaskFacts, until: datetime, targets: Mapping[str, Target], bases: Mapping[str, str]
) -> Iterator[Line]:
    began = one.issued_at
    delivery = targets.get("delivered")
    steps: list[tuple[str, datetime | None, datetime | None, str]] = []
    if delivery is not None:
        due = _within(began, delivery)
        steps.append((delivery.label, due, one.delivered_at, delivery.basis))
    steps.append(
        ("签收", one.acknowledge_due_at, one.acknowledged_at, bases.get("acknowledge", ""))
    )
    if one.has_units and one.role is not AssignmentRole.INFORM:
        steps.append(("出动", one.en_route_due_at, one.en_route_at, bases.get("en_route", "")))
        steps.append(("到场", one.on_scene_due_at, one.on_scene_at, bases.get("on_scene", "")))
    if one.role is not AssignmentRole.INFORM:
        steps.append(("反馈", one.report_due_at, one.reported_at, bases.get("report", "")))
    for step, due_at, done_at, basis in steps:
        if done_at is None and one.ended:
            continue
        yield _line(one.number, one.agency, step, began, due_at, done_at, basis, until)


def _report(one: ReportFacts, until: datetime) -> Iterator[Line]:
    came = one.received_at or one.sent_at
    for step, due_at, done_at in (
        ("电话报告", one.telephone_due_at, one.telephoned_at),
        ("书面报告", one.written_due_at, came),
        ("法定时限", one.legal_due_at, came),
    ):
        if due_at is not None:
            yield _line(one.name, "", step, one.runs_from, due_at, done_at, one.basis, until)


def _handover(one: HandoverFacts, until: datetime, targets: Mapping[str, Target]) -> Iterator[Line]:
    target = targets.get("handed_over")
    if target is None:
        return
    done = max(one.given_at, one.taken_at) if one.given_at and one.taken_at else None
    due = _within(one.change_at, target)
    yield _line("交接班", "", target.label, one.change_at, due, done, target.basis, until)


def _line(  # noqa: PLR0917 - the columns of the sheet, in order
    subject: str,
    who: str,
    step: str,
    began_at: datetime,
    due_at: datetime | None,
    done_at: datetime | None,
    basis: str,
    until: datetime,
) -> Line:
    return Line(
        subject=subject,
        who=who,
        step=step,
        began_at=began_at,
        due_at=due_at,
        done_at=done_at,
        basis=basis,
        verdict=verdict(due_at, done_at, until),
    )


def _within(began: datetime, target: Target) -> datetime:
    return began + timedelta(seconds=target.within_s)
