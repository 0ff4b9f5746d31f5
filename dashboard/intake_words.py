"""接入状态 in words: how long ago, how late, and what the officer should do about it."""

from datetime import datetime, timedelta

from dashboard.words import since
from linkage.figures.intake_status import AgencyStatus, SourceHealth, SourceStatus
from linkage.response.agencies import Agency
from linkage.sources import Source

# A quarter of a minute of backlog in the outbox is normal while the broker reconnects.
OUTBOX_LATE = timedelta(seconds=15)


def ago(at: datetime | None, now: datetime) -> str:
    """To the second within the first ten minutes: limits of silence are minutes."""
    if at is None:
        return "从未"
    passed = int((now - at).total_seconds())
    return f"{passed // 60} 分 {passed % 60:02} 秒前" if 60 <= passed < 600 else since(passed)


def every(interval: timedelta) -> str:
    """The expected interval, in its own unit."""
    seconds = int(interval.total_seconds())
    for size, unit in ((86_400, "天"), (3_600, "小时"), (60, "分钟")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} 秒"


def delay(seconds: float | None) -> str:
    """Of the last message, by the two clocks. One message says nothing about a clock: that is
    judged by many (linkage/intake/source_quality.py)."""
    if seconds is None:
        return "–"
    if seconds < -1:
        return f"早 {-seconds:,.0f} 秒"
    if seconds < 10:
        return f"{max(seconds, 0):.1f} 秒"
    return f"{seconds:,.0f} 秒" if seconds < 600 else f"{seconds / 60:,.0f} 分钟"


def advice(status: SourceStatus, agency: Agency | None, source: Source, now: datetime) -> str:
    """What to do, or nothing where there is nothing to do."""
    whom = who(agency)
    if status.health is SourceHealth.NEVER:
        return f"尚未收到任何报文：请与{whom}核对接入账号和主题 {source.topic}"
    if status.health is SourceHealth.SILENT:
        last, often = ago(status.last_at, now), every(status.expect_every)
        gone = "连接已断开，" if status.offline else ""
        return (
            f"{gone}请电话联系{whom}，核查其系统与网络；上次报文 {last}，"
            f"应至少每 {often}一报，宽限 {every(status.grace)}"
        )
    if status.health is SourceHealth.REFUSED:
        return (
            f"近 1 小时拒收 {status.refused} 条：请按下方“拒收报文”所列原因，联系{whom}改正后重发"
        )
    return ""  # dashboard.intake_doubts says what is doubtful


def outbox_advice(status: AgencyStatus, agency: Agency | None, now: datetime) -> str:
    if status.failing:
        return f"下行报文发送失败，将自动重试；紧急任务请电话通知{who(agency)}"
    if status.oldest_at and now - status.oldest_at > OUTBOX_LATE:
        return f"下行报文积压：请检查接入进程；紧急任务请电话通知{who(agency)}"
    return ""


def who(agency: Agency | None) -> str:
    if agency is None:
        return "来源单位值班室"
    telephone = f"（{agency.telephone}）" if agency.telephone else ""
    return f"{agency.present_owner}值班室{telephone}"
