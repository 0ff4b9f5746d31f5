"""成绩单 as it is read: plain lines for a terminal and for print. Pure."""

from collections.abc import Iterator
from datetime import datetime

from linkage.beijing import BEIJING
from linkage.clocks.next_to_breach import duration
from linkage.exercise.marking import marked
from linkage.exercise.score import Escalation, Line, Score, Verdict

HEADINGS = ("对象", "单位", "步骤", "开始", "应完成", "实际完成", "用时", "结论", "依据")


def title(sheet: Score) -> str:
    return marked(f"{sheet.title}　成绩单", exercise=sheet.exercise)


def summary(sheet: Score) -> str:
    share = sheet.share_met
    of_all = "" if share is None else f"，达标率 {share:.0%}"
    counts = "，".join(f"{v.label} {sheet.count(v)}" for v in Verdict if sheet.count(v))
    day = f"{sheet.began_at.astimezone(BEIJING):%Y-%m-%d}"
    span = f"{_clock(sheet, sheet.began_at)} 至 {_clock(sheet, sheet.until)}"
    return f"{day} {span}：{counts or '没有任何步骤'}{of_all}"


def row(sheet: Score, line: Line) -> tuple[str, ...]:
    """One step in the order of HEADINGS."""
    took = "" if line.took_s is None else duration(max(line.took_s, 0))
    return (
        line.subject,
        line.who or "指挥中心",
        line.step,
        _clock(sheet, line.began_at),
        _clock(sheet, line.due_at),
        _clock(sheet, line.done_at),
        took,
        line.verdict.label,
        line.basis,
    )


def escalated(sheet: Score, one: Escalation) -> str:
    return f"{_clock(sheet, one.at)} {one.words}"


def text(sheet: Score) -> str:
    return "\n".join(_lines(sheet))


def _lines(sheet: Score) -> Iterator[str]:
    yield title(sheet)
    yield summary(sheet)
    yield ""
    yield "\t".join(HEADINGS)
    for line in sheet.lines:
        yield "\t".join(row(sheet, line))
    for name, found in (
        ("未完成的步骤", [" ".join(row(sheet, line)[:3]) for line in sheet.missed]),
        ("超时与升级", [escalated(sheet, one) for one in sheet.escalations]),
        ("与联动方案不同之处", list(sheet.deviations)),
    ):
        yield ""
        yield f"{name}：{'无' if not found else len(found)}"
        yield from (f"  {each}" for each in found)


def _clock(sheet: Score, moment: datetime | None) -> str:
    """With its date where that is not the day on which it all began."""
    if moment is None:
        return ""
    here, began = moment.astimezone(BEIJING), sheet.began_at.astimezone(BEIJING)
    return f"{here:%H:%M:%S}" if here.date() == began.date() else f"{here:%m-%d %H:%M:%S}"
