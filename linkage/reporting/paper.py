"""A report in the usual official form, as blocks: 红头, number and signer, body, 抄送."""

from collections.abc import Mapping, Sequence

from linkage.exercise.marking import MARK
from linkage.record import BEIJING
from linkage.reporting.document import (
    Banner,
    Block,
    Grid,
    Heading,
    Line,
    Pairs,
    Rule,
    Sides,
)
from linkage.reporting.elements import UNKNOWN, Difference
from linkage.reporting.following import COUNTS
from linkage.reporting.limits import ReportLimits
from linkage.reporting.pdf import document_pdf
from linkage.reporting.prefill import when
from linkage.reporting.reports import Report
from linkage.reporting.titles import title_of
from linkage.reporting.word import document_word
from linkage.response_vocabulary import ReportElement as E
from linkage.response_vocabulary import ReportStage

_NUMERALS = "一二三四五六七八九十"
# The order in which such a report is read aloud; what is left over follows in a table.
_CHAPTERS: tuple[tuple[str, tuple[E, ...]], ...] = (
    ("基本情况", (E.COURSE, E.CAUSE, E.SCOPE)),
    ("伤亡和损失", ()),
    ("处置情况", (E.MEASURES, E.RESPONSE, E.LEADERS)),
    ("发展趋势", (E.TREND,)),
    ("需要支持和建议", (E.SUPPORT,)),
    ("处理结果和后续工作", (E.OUTCOME, E.FOLLOW_UP_WORK)),
    ("更正说明", (E.CORRECTION,)),
)
_DAY_CHAPTERS = (E.OVERVIEW, E.INCIDENTS, E.WARNINGS, E.ON_DUTY, E.REMARKS)
_LOSSES = (*COUNTS, E.AT_RISK, E.LOSS)
_PRINTED = frozenset(e for _, group in _CHAPTERS for e in group) | frozenset(_LOSSES)


def report_pdf(one: Report, changes: Sequence[Difference], limits: ReportLimits) -> bytes:
    return document_pdf(
        title_of(one, limits), body(one, changes, limits), above=_above(one, limits)
    )


def report_word(one: Report, changes: Sequence[Difference], limits: ReportLimits) -> bytes:
    blocks = body(one, changes, limits)
    return document_word(title_of(one, limits), blocks, above=_above(one, limits))


def file_name(one: Report, ending: str) -> str:
    """Of our own making: nothing in it comes from outside."""
    mark = "演练-" if one.exercise else ""
    year = one.written_at.astimezone(BEIJING).strftime("%Y%m%d-%H%M")
    return f"{mark}{one.name}-{one.incident_number or year}-{one.id}.{ending}"


def _above(one: Report, limits: ReportLimits) -> list[Block]:
    mark = [Line(MARK, "center")] if one.exercise else []
    return [*mark, Banner(limits.issuer.name), Rule(red=True)]


def body(one: Report, changes: Sequence[Difference], limits: ReportLimits) -> list[Block]:
    """All that stands under the title."""
    authority = limits.authorities.get(one.authority)
    to = authority.name if authority else one.authority
    day = one.stage in {ReportStage.ZERO, ReportStage.BRIEF}
    return [
        Sides(one.number or "（未编号）", f"签发人：{one.signed_by or '（未签发）'}"),
        Line(f"{to}："),
        *(_day_chapters(one.elements) if day else _chapters(one.elements)),
        *_signature(one, limits),
        *_changes(changes),
        *([] if day else _table(one.elements)),
        *_foot(one, authority.copies if authority else (), limits),
    ]


def _chapters(said: Mapping[str, str]) -> list[Block]:
    blocks: list[Block] = []
    number = 0
    for title, group in _CHAPTERS:
        texts = [_sentence(e, said[e]) for e in group if e in said and _worth(e, said[e])]
        if title == "伤亡和损失":
            texts = [_losses(said)]
        if not texts:
            continue
        blocks.append(Heading(f"{_NUMERALS[number]}、{title}"))
        blocks += [Line(text, indent=True) for text in texts]
        number += 1
    return blocks


def _worth(element: E, text: str) -> bool:
    """待核 of what every report must speak of is said; of the rest it is not."""
    if element in {E.OUTCOME, E.FOLLOW_UP_WORK, E.CORRECTION}:
        return text not in {UNKNOWN, "无", ""}
    return True


def _sentence(element: E, text: str) -> str:
    if element in {E.COURSE, E.MEASURES, E.TREND, E.SUPPORT, E.OUTCOME, E.CORRECTION}:
        return text
    return f"{element.label}：{text}"


def _losses(said: Mapping[str, str]) -> str:
    known = [
        f"{e.label.removesuffix('人数')}{said[e]}人"
        for e in COUNTS
        if said.get(e, UNKNOWN) != UNKNOWN
    ]
    unknown = [e.label.removesuffix("人数") for e in COUNTS if said.get(e, UNKNOWN) == UNKNOWN]
    parts = ["，".join(known)] if known else []
    if unknown:
        parts.append(f"{'、'.join(unknown)}人数{UNKNOWN}")
    parts.append(f"财产损失{said[E.LOSS]}" + ("" if said[E.LOSS] == UNKNOWN else "万元"))
    return "；".join(parts) + "。"


def _table(said: Mapping[str, str]) -> list[Block]:
    """What stands in no sentence, as a form; what nobody knows yet in one line."""
    rest = [e for e in E if e in said and e not in _PRINTED]
    rows = [(e.label, said[e]) for e in rest if said[e] != UNKNOWN]
    unknown = [e.label for e in rest if said[e] == UNKNOWN]
    open_ = [Line(f"尚待核实：{'、'.join(unknown)}。", indent=True)] if unknown else []
    return [Heading("附：信息要素表"), Pairs(rows), *open_]


def _changes(changes: Sequence[Difference]) -> list[Block]:
    if not changes:
        return []
    rows = [(c.element.label, c.before or "（未报）", c.after) for c in changes]
    return [
        Heading("附：与上一报的变化"),
        Grid(["要素", "上一报", "本报"], rows, (0.2, 0.4, 0.4)),
    ]


def _day_chapters(said: Mapping[str, str]) -> list[Block]:
    blocks: list[Block] = [Line(f"{E.PERIOD.label}：{said.get(E.PERIOD, UNKNOWN)}", indent=True)]
    told = [e for e in _DAY_CHAPTERS if said.get(e, UNKNOWN) != UNKNOWN]
    for numeral, element in zip(_NUMERALS, told, strict=False):
        blocks += [Heading(f"{numeral}、{element.label}"), Line(said[element], indent=True)]
    return blocks


def _signature(one: Report, limits: ReportLimits) -> list[Block]:
    told = []
    if one.telephoned_at is not None:
        note = f"{when(one.telephoned_at)}已电话报告：{one.telephone_note}"
        told = [Line(note, indent=True)]
    late = [Line(f"迟报原因：{one.late_reason}", indent=True)] if one.late_reason else []
    at = one.signed_at or one.written_at
    return [*told, *late, Line(limits.issuer.name, "right"), Line(when(at), "right")]


def _foot(one: Report, copies: Sequence[str], limits: ReportLimits) -> list[Block]:
    return [
        Rule(),
        *([Line(f"抄送：{'，'.join(copies)}")] if copies else []),
        Sides(f"联系：{limits.issuer.contact}", when(one.signed_at or one.written_at)),
        Rule(),
    ]
