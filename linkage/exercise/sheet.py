"""成绩单 as it is read: plain lines for a terminal and for print. Pure."""

from collections.abc import Iterator
from datetime import datetime

from linkage.beijing import clock
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
    return f"{clock(sheet.began_at)} 至 {clock(sheet.until)}：{counts or '没有任何步骤'}{of_all}"


def row(line: Line) -> tuple[str, ...]:
    """One step in the order of HEADINGS."""
    took = "" if line.took_s is None else duration(max(line.took_s, 0))
    return (
        line.subject,
        line.who or "指挥中心",
        line.step,
        clock(line.began_at),
        _clock(line.due_at),
        _clock(line.done_at),
        took,
        line.verdict.label,
        line.basis,
    )


def escalated(one: Escalation) -> str:
    return f"{clock(one.at)} {one.words}"


def text(sheet: Score) -> str:
    return "\n".join(_lines(sheet))


def _lines(sheet: Score) -> Iterator[str]:
    yield title(sheet)
    yield summary(sheet)
    yield ""
    yield "\t".join(HEADINGS)
    for line in sheet.lines:
        yield "\t".join(row(line))
    for name, found in (
        ("未完成的步骤", [" ".join(row(line)[:3]) for line in sheet.missed]),
        ("超时与升级", [escalated(one) for one in sheet.escalations]),
        ("与联动方案不同之处", list(sheet.deviations)),
    ):
        yield ""
        yield f"{name}：{'无' if not found else len(found)}"
        yield from (f"  {each}" for each in found)


def _clock(moment: datetime | None) -> str:
    return "" if moment is None else clock(moment)
