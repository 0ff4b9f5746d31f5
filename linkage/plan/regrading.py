"""重新定级: casualties that are told after the grade was confirmed, or after the end. Pure.

生产安全事故报告和调查处理条例 §13: within 30 days after it happened changed casualties count, after
a road accident or a fire within 7. A rule proposes; reopening and grading are a person's.
"""

from datetime import datetime, timedelta

import msgspec

from linkage.alerts import Casualties
from linkage.plan.grade_table import WORST_FIRST, GradeTables
from linkage.plan.grading import GradeProposal
from linkage.vocabulary import Count, Grade


class Regrading(msgspec.Struct, frozen=True, kw_only=True):
    """`open_until`: the end of the term. `due`: it still runs, so grade anew."""

    due: bool
    open_until: datetime
    words: str


def regrading(  # noqa: PLR0917
    event_code: str,
    confirmed: Grade | None,
    proposed: GradeProposal,
    occurred_at: datetime,
    told_after_close: Casualties | None,
    now: datetime,
    tables: GradeTables,
) -> Regrading | None:
    """What is to be done about a graver proposal; None where there is nothing.

    `told_after_close`: what was counted since the incident was closed, None while it is open.
    """
    days = tables.regrade.days_of(event_code)
    until = occurred_at + timedelta(days=days)
    graver = _graver(proposed.grade, confirmed)
    late = _counts(told_after_close) if told_after_close is not None else ""
    if told_after_close is not None and not late:
        return None
    if told_after_close is None and (confirmed is None or not graver):
        return None
    inside = now <= until
    begin = f"办结后又报{late}" if late else "伤亡、损失有变化"
    if not inside:
        words = f"{begin}；已过发生后{days}日的补报期，只作记录，不重新定级。"
    elif graver and proposed.grade is not None:
        steps = "请值班长重启事件后重新定级" if late else "请重新定级"
        words = f"{begin}：{proposed.reason}在{days}日补报期内，{steps}。"
    else:
        words = f"{begin}；在{days}日补报期内，达不到更高等级，请核对后续报。"
    return Regrading(due=inside and graver, open_until=until, words=words)


def _graver(proposed: Grade | None, confirmed: Grade | None) -> bool:
    if proposed is None:
        return False
    return confirmed is None or WORST_FIRST.index(proposed) < WORST_FIRST.index(confirmed)


def _counts(people: Casualties) -> str:
    stated = ((count, getattr(people, count)) for count in Count)
    return "、".join(f"{count.label}{number}人" for count, number in stated if number)
