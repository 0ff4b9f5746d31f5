"""成绩单 on paper: for the debriefing and the archive."""

from collections.abc import Iterator

from linkage.exercise import sheet
from linkage.exercise.score import Score
from linkage.reporting.document import Block, Grid, Heading, Line
from linkage.reporting.pdf import document_pdf

# 依据 stands once for each step below the table: in a column it would leave no room.
_COLUMNS = tuple(range(len(sheet.HEADINGS) - 1))
_WIDTHS = (2.2, 1.6, 1.6, 1.3, 1.3, 1.3, 1.3, 1.2)


def score_pdf(found: Score) -> bytes:
    return document_pdf(sheet.title(found), list(_blocks(found)))


def _blocks(found: Score) -> Iterator[Block]:
    yield Line(sheet.summary(found))
    rows = [sheet.row(found, line) for line in found.lines]
    heads = [sheet.HEADINGS[i] for i in _COLUMNS]
    yield Grid(heads, [[row[i] for i in _COLUMNS] for row in rows], _WIDTHS)
    for name, listed in (
        ("未完成的步骤", [" ".join(sheet.row(found, line)[:3]) for line in found.missed]),
        ("超时与升级", [sheet.escalated(found, one) for one in found.escalations]),
        ("与联动方案不同之处", list(found.deviations)),
        ("时限依据", list(dict.fromkeys(f"{r[2]}：{r[-1]}" for r in rows if r[-1]))),
    ):
        yield Heading(name)
        for each in listed or ["无"]:
            yield Line(each)
