"""成绩单: the time of each step against its target, and what was left undone. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from linkage.clocks.clock import Clock, Clocks, Trait
from linkage.exercise.targets import Moment, Target
from linkage.vocabulary import AssignmentRole, Labelled

# From which moment to which, by which clocks of data/clocks.toml: the first that fits.
_OF_INCIDENT = (
    (Moment.OPENED, Moment.VERIFIED, ("verify_grave", "verify_moderate")),
    (Moment.PROPOSED, Moment.GRADED, ("grade",)),
)
# Step, stamp, whether only who has vehicles or crews goes through it, clocks.
_OF_TASK = (
    ("系统收到", "delivered_at", False, ("delivered",)),
    ("签收", "acknowledged_at", False, ("acknowledge_lead", "acknowledge_support")),
    ("出动", "en_route_at", True, ("out_119", "out_120", "out_others")),
    ("到场", "on_scene_at", True, ("arrival",)),
    ("反馈", "reported_at", False, ("feedback",)),
)
_OF_ALL = frozenset({"delivered_at", "acknowledged_at"})  # who is only told owes no more


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
    severity: str
    moments: Mapping[Moment, datetime]
    grade_wanted: bool = False
    response_wanted: bool = False


class TaskFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One agency's order as it last stood: columns of `assignment` of the same names."""

    number: str
    agency_id: str
    agency: str
    role: AssignmentRole
    has_units: bool
    receipts: bool = True  # its system says when it has an order
    ended: bool  # withdrawn or refused: what is not done any more is not owed
    stamps: Mapping[str, datetime | None]


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
    """`over`: nothing more will be done; what has no limit is owed until then."""

    title: str
    exercise: bool
    began_at: datetime
    until: datetime
    over: bool = True
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


def score(facts: Facts, targets: Iterable[Target], clocks: Clocks) -> Score:
    """`targets`: of the steps that no clock of data/clocks.toml is for."""
    own, until = tuple(targets), facts.until
    lines = (
        *(line for one in facts.incidents for line in _incident(one, until, own, clocks)),
        *(line for one in facts.tasks for line in _task(one, until, clocks)),
        *(line for one in facts.reports for line in _report(one, until)),
        *(line for one in facts.handovers for line in _handover(one, until, clocks)),
    )
    return Score(
        title=facts.title,
        exercise=facts.exercise,
        began_at=facts.began_at,
        until=facts.until,
        lines=tuple(line if facts.over else _so_far(line) for line in lines),
        escalations=facts.escalations,
        deviations=facts.deviations,
    )


def _so_far(line: Line) -> Line:
    """While it still goes on nobody has missed what has no limit."""
    waits = line.due_at is None and line.done_at is None
    return msgspec.structs.replace(line, verdict=Verdict.UNTIMED) if waits else line


def verdict(due_at: datetime | None, done_at: datetime | None, until: datetime) -> Verdict:
    """At the very second it is due it is in time: 以内 includes the number."""
    if done_at is None:
        return Verdict.MISSED if due_at is None or until > due_at else Verdict.OPEN
    if due_at is None:
        return Verdict.UNTIMED
    return Verdict.MET if done_at <= due_at else Verdict.LATE


def _incident(
    one: IncidentFacts, until: datetime, targets: Iterable[Target], clocks: Clocks
) -> Iterator[Line]:
    wanted = {Moment.OPENED, Moment.VERIFIED}
    wanted |= {Moment.GRADED} if one.grade_wanted else set()
    wanted |= {Moment.STARTED, Moment.ISSUED} if one.response_wanted else set()
    traits: dict[str, Trait] = {"severity": one.severity, "fault": False, "grade_open": True}
    steps = [
        (target.begins, target.ends, target.label, timedelta(seconds=target.within_s), target.basis)
        for target in targets
    ]
    for begins, ends, rules in _OF_INCIDENT:
        rule = _rule(clocks, rules, traits)
        if rule is not None and rule.limit is not None:
            steps.append((begins, ends, ends.label, rule.limit, rule.basis))
    for begins, ends, label, limit, basis in sorted(steps, key=lambda s: list(Moment).index(s[1])):
        began = one.moments.get(begins)
        if ends in wanted and began is not None:
            done = one.moments.get(ends)
            yield _line(one.number, "", label, began, began + limit, done, basis, until)


def _task(one: TaskFacts, until: datetime, clocks: Clocks) -> Iterator[Line]:
    began = one.stamps["issued_at"]
    assert began is not None  # noqa: S101 - an order that was never given is no order
    traits: dict[str, Trait] = {
        "role": one.role.value,
        "agency_id": one.agency_id,
        "has_units": one.has_units,
        "receipts": one.receipts,
    }
    told_only = one.role is AssignmentRole.INFORM
    for step, stamp, by_units, rules in _OF_TASK:
        if (told_only and stamp not in _OF_ALL) or (by_units and not one.has_units):
            continue
        if stamp == "delivered_at" and not one.receipts:
            continue
        rule = _rule(clocks, rules, traits)
        done = one.stamps.get(stamp) or _stopped(rule, one.stamps)
        if done is None and one.ended:
            continue
        due = None if rule is None else _due(rule, one.stamps)
        basis = "" if rule is None else rule.basis
        from_when = (one.stamps.get(rule.begins) if rule else None) or began
        yield _line(one.number, one.agency, step, from_when, due, done, basis, until)


def _rule(clocks: Clocks, ids: Iterable[str], traits: Mapping[str, Trait]) -> Clock | None:
    """The first of the clocks that is for such a subject."""
    for rule in (clocks.by_id[each] for each in ids if each in clocks.by_id):
        if all(name not in traits or traits[name] in may for name, may in rule.where.items()):
            return rule
    return None


def _stopped(rule: Clock | None, stamps: Mapping[str, datetime | None]) -> datetime | None:
    """What stops the clock is the step too: who says at once 已到场 has set out."""
    return min(
        (at for name in (rule.unless if rule else ()) if (at := stamps.get(name))), default=None
    )


def _due(rule: Clock, stamps: Mapping[str, datetime | None]) -> datetime | None:
    due = stamps.get(rule.due) if rule.due else None
    began = stamps.get(rule.begins)
    if due is None and rule.limit is not None and began is not None:
        due = began + rule.limit
    return due


def _report(one: ReportFacts, until: datetime) -> Iterator[Line]:
    came = one.received_at or one.sent_at
    for step, due_at, done_at in (
        ("电话报告", one.telephone_due_at, one.telephoned_at),
        ("书面报告", one.written_due_at, came),
        ("法定时限", one.legal_due_at, came),
    ):
        if due_at is not None:
            yield _line(one.name, "", step, one.runs_from, due_at, done_at, one.basis, until)


def _handover(one: HandoverFacts, until: datetime, clocks: Clocks) -> Iterator[Line]:
    rule = _rule(clocks, ("handover",), {})
    if rule is None:
        return
    done = max(one.given_at, one.taken_at) if one.given_at and one.taken_at else None
    # It alarms so long after the change; signed by then it is in time.
    due = one.change_at + min((rung.after for rung in rule.ladder), default=timedelta(0))
    yield _line("交接班", "", rule.awaits, one.change_at, due, done, rule.basis, until)


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
