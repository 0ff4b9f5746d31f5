"""事件分级: the statutory grade that the counted figures propose. A person confirms it. Pure."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import msgspec

from linkage.alerts import Casualties
from linkage.errors import BadConfig
from linkage.kinds import Kind
from linkage.plan.grade_table import (
    EVERY_FIGURE,
    FIGURES,
    WORST_FIRST,
    GradeTable,
    GradeTables,
    Measure,
    Regrade,
    Ungraded,
    counted,
    number,
)
from linkage.toml_file import only_keys, read_toml, shaped, tables_of
from linkage.vocabulary import Grade

__all__ = [
    "FIGURES",
    "GradeProposal",
    "GradeTables",
    "figure_of",
    "graded_code",
    "load_grading",
    "propose_grade",
]


class GradeProposal(msgspec.Struct, frozen=True, kw_only=True):
    """`grade` is None where the law knows no grades or the figures say nothing; `reason` says so.

    `decided_by`: the figure that decided. `missing_to_next`: what the next grade up would take.
    """

    grade: Grade | None
    clause: str
    reason: str
    decided_by: str = ""
    missing_to_next: str = ""


def load_grading(path: Path) -> GradeTables:
    """Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "table", "ungraded", "regrade")
    known: dict[str, GradeTable] = {}
    by_code: dict[str, GradeTable | Ungraded] = {}
    allowed = f"等级应为 {'、'.join(Grade)}"
    for count, entry in enumerate(tables_of(path, raw, "table"), start=1):
        where = f'table "{entry.get("name", f"第{count}项")}"'
        table = _like(path, where, shaped(path, where, entry, GradeTable, allowed), known)
        for measure in table.measure:
            _check(path, where, measure)
        known[table.name] = table
        _enter(path, where, table, by_code)
    for entry in raw.get("ungraded", ()):
        where = f"ungraded {entry.get('codes', '？')}"
        _enter(path, where, shaped(path, where, entry, Ungraded), by_code)
    written = raw.get("regrade", {})
    regrade = shaped(path, "regrade", written, Regrade, "写上 days、basis")
    if regrade.days <= 0 or any(not 0 < one.days <= regrade.days for one in regrade.shorter):
        raise BadConfig(path.name, "regrade", "天数不对", "days 大于 0，shorter 不超过它")
    return GradeTables(by_code=by_code, regrade=regrade)


def _like(path: Path, where: str, table: GradeTable, known: Mapping[str, GradeTable]) -> GradeTable:
    if not table.like:
        return table
    if table.like not in known:
        raise BadConfig(
            path.name, where, f"like 的表 {table.like} 不在前面", f"应为 {'、'.join(known)}"
        )
    measures = table.measure + known[table.like].measure
    return msgspec.structs.replace(table, measure=measures)


def _check(path: Path, where: str, measure: Measure) -> None:
    for figure in (*measure.figures, *measure.only_if):
        if figure not in EVERY_FIGURE:
            known = "、".join(sorted(EVERY_FIGURE))
            raise BadConfig(path.name, where, f"没有数字项 {figure}", f"应为 {known}")
    rising = [measure.at_least[g] for g in reversed(WORST_FIRST) if g in measure.at_least]
    falling = [measure.at_most[g] for g in WORST_FIRST if g in measure.at_most]
    if bool(rising) is bool(falling):
        raise BadConfig(
            path.name, where, f"{measure.label}没有门槛，或两种都写了", "at_least、at_most 写一种"
        )
    if any(low >= high for low, high in pairwise(rising or falling)):
        raise BadConfig(
            path.name, where, f"{measure.label}的门槛没有逐级升高", "一般 < 较大 < 重大 < 特别重大"
        )


def _enter(
    path: Path,
    where: str,
    found: GradeTable | Ungraded,
    by_code: dict[str, GradeTable | Ungraded],
) -> None:
    for code in found.codes:
        if code in by_code:
            raise BadConfig(path.name, where, f"编码 {code} 写了两次", "一个前缀只能有一张表")
        by_code[code] = found


def propose_grade(
    kind: Kind,
    event_code: str,
    casualties: Casualties,
    facts: Mapping[str, Any],
    *,
    tables: GradeTables,
) -> GradeProposal:
    """The grade by the clause that applies, with the figure that decided.

    `facts`: magnitude, area_ha and the other FIGURES of the alerts. Other names and what is
    no number are passed over.
    """
    if kind is Kind.SYSTEM_FAULT:
        return GradeProposal(grade=None, clause="", reason="系统故障不是突发事件，不定级。")
    code = graded_code(kind, event_code)
    table = tables.of(code)
    if table is None:
        return GradeProposal(
            grade=None, clause="", reason=f"编码 {code} 没有分级标准，请人工定级。"
        )
    if isinstance(table, Ungraded):
        return GradeProposal(grade=None, clause="", reason=table.reason)
    grade, decided = _worst(table.measure, casualties, facts)
    if grade is None or decided is None:
        return GradeProposal(
            grade=None,
            clause=table.clause,
            reason=f"尚无达到{table.name}分级门槛的伤亡、损失数字，待核报后定级。",
        )
    called = table.names.get(grade, grade.label)
    figure = f"{decided.label}{number(figure_of(decided, casualties, facts))}{decided.unit}"
    least = decided.words(grade)
    return GradeProposal(
        grade=grade,
        clause=table.clause,
        reason=f"{figure}，达到{called}（{least}），依据{table.clause}。{table.note}",
        decided_by=figure,
        missing_to_next=_to_next(table, grade, casualties, facts),
    )


def graded_code(kind: Kind, event_code: str) -> str:
    """The code whose table counts: of a code that says nothing, the kind's own."""
    return kind.event_code if event_code == Kind.OTHER.event_code else event_code


def _worst(
    measures: Iterable[Measure], casualties: Casualties, facts: Mapping[str, Any]
) -> tuple[Grade | None, Measure | None]:
    best, decided = len(WORST_FIRST), None
    for measure in measures:
        value = figure_of(measure, casualties, facts)
        reached = measure.reached(value) if value else None
        if reached is not None and WORST_FIRST.index(reached) < best:
            best, decided = WORST_FIRST.index(reached), measure
    return (None, None) if decided is None else (WORST_FIRST[best], decided)


def figure_of(measure: Measure, casualties: Casualties, facts: Mapping[str, Any]) -> float:
    """What the measure counts; 0 where nothing is stated, or its condition is not met."""
    if any(_stated(name, casualties, facts) < least for name, least in measure.only_if.items()):
        return 0
    return sum(_stated(figure, casualties, facts) for figure in measure.figures)


def _stated(figure: str, casualties: Casualties, facts: Mapping[str, Any]) -> float:
    value = getattr(casualties, figure, None)
    if value is None:
        value = facts.get(figure)
    return counted(value)


def _to_next(
    table: GradeTable, grade: Grade, casualties: Casualties, facts: Mapping[str, Any]
) -> str:
    """How far the figures that are known are from the next grade up."""
    step = WORST_FIRST.index(grade)
    if step == 0:
        return ""
    above = WORST_FIRST[step - 1]
    called = table.names.get(above, above.label)
    ways = []
    for measure in table.measure:
        value = figure_of(measure, casualties, facts)
        least = measure.at_least.get(above)
        if value and least is not None:
            # Rounded up: a hair less would not do.
            lacks = f"{number(ceil(round((least - value) * 100, 6)) / 100)}{measure.unit}"
            ways.append(f"{measure.label}再增{lacks}（达{number(least)}{measure.unit}）")
        elif value and above in measure.at_most:
            ways.append(f"{measure.label}为{measure.words(above)}")
    words = f"距{called}：{'，或'.join(ways)}" if ways else ""
    return words + _if_the_missing_are_dead(table, grade, casualties, facts)


def _if_the_missing_are_dead(
    table: GradeTable, grade: Grade, casualties: Casualties, facts: Mapping[str, Any]
) -> str:
    if not casualties.missing:
        return ""
    deaths = (casualties.deaths or 0) + casualties.missing
    feared = msgspec.structs.replace(casualties, deaths=deaths, missing=0)
    worse, _ = _worst(table.measure, feared, facts)
    if worse is None or WORST_FIRST.index(worse) >= WORST_FIRST.index(grade):
        return ""
    called = table.names.get(worse, worse.label)
    return f"；另有失踪{casualties.missing}人，若确认死亡将达{called}"
