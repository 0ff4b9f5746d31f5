"""Which report comes next after one that was signed: 续报, 终报, and why. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from linkage.alerts import Casualties
from linkage.beijing import BEIJING
from linkage.reporting.limits import ReportLimits
from linkage.reporting.obligation import IncidentFacts, Obligation, is_worse, obligation
from linkage.response_vocabulary import ReportElement, ReportStage, ReportStatus
from linkage.vocabulary import Grade

COUNTS = tuple(ReportElement(name) for name in Casualties.__struct_fields__)


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """The last report that was signed. `counted`: the people it told of; `receipt`: the
    authority's words."""

    stage: ReportStage
    status: ReportStatus
    signed_at: datetime
    grade: Grade | None
    counted: Mapping[ReportElement, int]
    receipt: str | None = None
    received_at: datetime | None = None


class NextReport(msgspec.Struct, frozen=True, kw_only=True):
    """`telephone_due_at`, `legal_due_at`: None where only the paper has a limit."""

    stage: ReportStage
    reason: str
    runs_from: datetime
    telephone_due_at: datetime | None
    written_due_at: datetime
    legal_due_at: datetime | None


def next_report(
    last: Signed,
    facts: IncidentFacts,
    ended_at: datetime | None,
    limits: ReportLimits,
    now: datetime,
) -> NextReport | None:
    """The most pressing first: graded up, returned by the authority, other figures, the end, the
    daily report of a disaster."""
    if last.stage is ReportStage.FINAL and last.status is not ReportStatus.REFUSED:
        if ended_at is not None:
            return _found_later(last, facts, limits)
        # Re-opened: it goes on as if there had been no 终报, and ends with another.
        return (
            _graded_up(last, facts, limits)
            or _changed(last, facts, limits)
            or _daily(last, facts, limits, now)
        )
    return (
        _graded_up(last, facts, limits)
        or _returned(last, limits)
        or _changed(last, facts, limits)
        or _final(last, ended_at, limits)
        or _daily(last, facts, limits, now)
    )


def _graded_up(last: Signed, facts: IncidentFacts, limits: ReportLimits) -> NextReport | None:
    if not is_worse(facts.grade, last.grade) or facts.grade is None:
        return None
    owed: Obligation = obligation(facts, limits)
    if not owed.owed:
        return None
    was = last.grade.label if last.grade else "未定级"
    minutes = limits.minutes(limits.domains[owed.domain], facts.grade)
    since = facts.known_at
    return NextReport(
        stage=ReportStage.FOLLOW_UP,
        reason=f"等级由{was}提为{facts.grade.label}，须重新报告。{owed.reason}",
        runs_from=since,
        telephone_due_at=since + timedelta(minutes=minutes.telephone),
        written_due_at=since + timedelta(minutes=minutes.written),
        legal_due_at=since + timedelta(minutes=minutes.legal),
    )


def _returned(last: Signed, limits: ReportLimits) -> NextReport | None:
    if last.status is not ReportStatus.REFUSED or last.received_at is None:
        return None
    stage = last.stage if last.stage is ReportStage.FINAL else ReportStage.FOLLOW_UP
    return _written(stage, f"上级退回，须补正后重报：{last.receipt}", last.received_at, limits)


def _changed(last: Signed, facts: IncidentFacts, limits: ReportLimits) -> NextReport | None:
    changes = [
        f"{element.label.removesuffix('人数')}{last.counted.get(element, '待核')}→{count}人"
        for element in COUNTS
        if (count := getattr(facts.casualties, element.value)) is not None
        and count != last.counted.get(element)
    ]
    if not changes:
        return None
    since = max(facts.known_at, last.signed_at)
    reason = f"伤亡有变化：{'，'.join(changes)}。{_AGAIN}"
    return _written(ReportStage.FOLLOW_UP, reason, since, limits)


_AGAIN = "依据：《生产安全事故报告和调查处理条例》第十三条，出现新情况及时补报"


def _found_later(last: Signed, facts: IncidentFacts, limits: ReportLimits) -> NextReport | None:
    """After 终报 of what has ended only dead who are found later, while the law counts them: 30
    days, 7 for traffic and fire (条例 §13)."""
    days = limits.domain_of(facts.event_code).again_days
    if facts.known_at - facts.occurred_at > timedelta(days=days):
        return None
    return _changed(last, facts, limits)


def _final(last: Signed, ended_at: datetime | None, limits: ReportLimits) -> NextReport | None:
    if ended_at is None:
        return None
    due = max(ended_at, last.signed_at)
    return NextReport(
        stage=ReportStage.FINAL,
        reason=f"处置已于{_when(ended_at)}结束，报告处理结果：起因、损失、措施和后续工作",
        runs_from=due,
        telephone_due_at=None,
        written_due_at=due + timedelta(minutes=limits.rules.final_min),
        legal_due_at=None,
    )


def _when(moment: datetime) -> str:
    here = moment.astimezone(BEIJING)
    return f"{here.month}月{here.day}日{here:%H时%M分}"


def _daily(
    last: Signed, facts: IncidentFacts, limits: ReportLimits, now: datetime
) -> NextReport | None:
    """24 小时零报告: something is reported each day though nothing has changed."""
    domain = limits.domain_of(facts.event_code)
    if not domain.daily:
        return None
    before = timedelta(minutes=limits.rules.daily_before_min)
    here = (now + before).astimezone(BEIJING)
    due = datetime.combine(here.date(), limits.rules.daily, BEIJING)
    day = f"{due.month}月{due.day}日"
    if now < due - before or last.signed_at >= due - before:
        return None
    return NextReport(
        stage=ReportStage.FOLLOW_UP,
        reason=f"灾情24小时零报告，{day}{limits.rules.daily_at}前报。依据：{domain.clause}",
        runs_from=due - before,
        telephone_due_at=None,
        written_due_at=due,
        legal_due_at=due,
    )


def _written(stage: ReportStage, reason: str, since: datetime, limits: ReportLimits) -> NextReport:
    return NextReport(
        stage=stage,
        reason=reason,
        runs_from=since,
        telephone_due_at=None,
        written_due_at=since + timedelta(minutes=limits.rules.follow_up_min),
        legal_due_at=None,
    )
