"""Whether an incident must be reported upward, to whom, by when, and why. Pure."""

from datetime import datetime, timedelta

import msgspec

from linkage.alerts import NOBODY, Casualties
from linkage.beijing import BEIJING
from linkage.reporting.limits import Domain, ReportLimits
from linkage.vocabulary import RESPONSE_LEVELS, Grade, Severity

_WORST_FIRST = tuple(Grade)
_GRAVE = frozenset({Severity.SEVERE, Severity.EXTREME})


class IncidentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule looks at. `known_at`: when the record first held what makes it reportable;
    `received_at` 接报时间 and `occurred_at` 事发时间 are two things."""

    event_code: str
    occurred_at: datetime
    received_at: datetime
    known_at: datetime
    headline: str = ""
    place: str = ""
    casualties: Casualties = NOBODY
    grade: Grade | None = None
    grade_proposed: Grade | None = None
    response_level: int | None = None
    severity: Severity = Severity.UNKNOWN

    @property
    def worst_grade(self) -> Grade | None:
        """What a person confirmed; before that, what the figures say."""
        return self.grade or self.grade_proposed


class Obligation(msgspec.Struct, frozen=True, kw_only=True):
    """`reason`: for the officer, with the clause; also where nothing is owed."""

    owed: bool
    reason: str
    authority: str
    domain: str
    grade: Grade | None
    runs_from: datetime
    telephone_due_at: datetime
    written_due_at: datetime
    legal_due_at: datetime


def obligation(facts: IncidentFacts, limits: ReportLimits) -> Obligation:
    """Three limits run from the moment that the law names: 电话, 书面, 法定.

    Nobody waits for a person to confirm a grade: figures that reach the law's list count by
    themselves (生产安全事故报告和调查处理条例 §9–13; 突发事件应对法 §61, §64).
    """
    domain = limits.domain_of(facts.event_code)
    why = (
        _by_grade(facts, domain, limits)
        or _by_figures(facts, domain, limits)
        or _by_response(facts, limits)
        or _by_sensitivity(facts, limits)
    )
    runs_from = _runs_from(facts, domain, limits)
    minutes = limits.minutes(domain, facts.worst_grade)
    return Obligation(
        owed=why is not None,
        reason=why or _not_owed(facts, domain, limits),
        authority=limits.rules.authority,
        domain=domain.id,
        grade=facts.worst_grade,
        runs_from=runs_from,
        telephone_due_at=runs_from + timedelta(minutes=minutes.telephone),
        written_due_at=runs_from + timedelta(minutes=minutes.written),
        legal_due_at=runs_from + timedelta(minutes=minutes.legal),
    )


def is_worse(grade: Grade | None, than: Grade | None) -> bool:
    """Whether `grade` is above `than`; any grade is above none."""
    if grade is None:
        return False
    return than is None or _WORST_FIRST.index(grade) < _WORST_FIRST.index(than)


def _runs_from(facts: IncidentFacts, domain: Domain, limits: ReportLimits) -> datetime:
    if (domain.runs_from or limits.rules.runs_from) == "received":
        return facts.received_at
    # Nobody knew before the first call came, whatever time of the event was stated.
    return max(facts.received_at, facts.known_at)


def _from_grade(domain: Domain, limits: ReportLimits) -> Grade:
    return domain.from_grade or limits.rules.from_grade


def _reaches(grade: Grade | None, least: Grade) -> bool:
    return grade is not None and not is_worse(least, grade)


def _by_grade(facts: IncidentFacts, domain: Domain, limits: ReportLimits) -> str | None:
    least = _from_grade(domain, limits)
    if _reaches(facts.grade, least) and facts.grade is not None:
        how = f"已定级为{facts.grade.label}"
    elif (
        facts.grade is None
        and _reaches(facts.grade_proposed, least)
        and facts.grade_proposed is not None
    ):
        how = f"现有数字已达{facts.grade_proposed.label}，待定级"
    else:
        return None
    return f"{how}；{domain.name}{least.label}以上报省。依据：{domain.clause}"


def _by_figures(facts: IncidentFacts, domain: Domain, limits: ReportLimits) -> str | None:
    for must in limits.must:
        if must.domains and domain.id not in must.domains:
            continue
        total = sum(getattr(facts.casualties, figure) or 0 for figure in must.figures)
        if total >= must.at_least:  # 以上包括本数
            return (
                f"{must.label}{total}人，达到必报数（{must.at_least}人以上）。依据：{must.clause}"
            )
    return None


def _by_response(facts: IncidentFacts, limits: ReportLimits) -> str | None:
    level, least = facts.response_level, limits.rules.from_response_level
    if level is None or level > least:  # Ⅰ is 1
        return None
    started, from_ = RESPONSE_LEVELS[level], RESPONSE_LEVELS[least]
    return f"已启动{started}响应，{from_}以上报省。依据：{limits.rules.clause}"


def _by_sensitivity(facts: IncidentFacts, limits: ReportLimits) -> str | None:
    sensitive = limits.sensitive
    code = next((c for c in sensitive.codes if facts.event_code.startswith(c)), None)
    said = next((w for w in sensitive.words if w in facts.headline or w in facts.place), None)
    day = facts.occurred_at.astimezone(BEIJING).strftime("%m-%d")
    if code:
        what = "属敏感类别"
    elif not _grave(facts, sensitive.hurt):
        return None
    elif said:
        what = f"涉及敏感地点或人员“{said}”"
    elif day in sensitive.days:
        what = f"发生在敏感日期 {day}"
    else:
        return None
    return f"{what}。依据：{sensitive.clause}"


def _grave(facts: IncidentFacts, hurt: int) -> bool:
    people = facts.casualties
    if people.deaths or people.missing or facts.severity in _GRAVE:
        return True
    counts = (people.trapped, people.injured, people.critical, people.poisoned)
    return sum(count or 0 for count in counts) >= hurt


def _not_owed(facts: IncidentFacts, domain: Domain, limits: ReportLimits) -> str:
    least = _from_grade(domain, limits)
    now = f"现为{facts.worst_grade.label}" if facts.worst_grade else "尚无等级"
    return f"{now}，未达{domain.name}报省的{least.label}，也不涉及必报数字、响应级别和敏感因素。"
