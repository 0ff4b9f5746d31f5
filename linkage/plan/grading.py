"""事件分级: the statutory grade that the counted figures propose. A person confirms it. Pure."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from linkage.alerts import Casualties
from linkage.errors import BadConfig
from linkage.kinds import Kind
from linkage.toml_file import only_keys, read_toml, shaped, tables_of
from linkage.vocabulary import Grade

_WORST_FIRST = tuple(Grade)
# The facts that grades are reckoned from, beside the counts of people.
FIGURES = frozenset(
    {
        "loss_10k_yuan",  # 万元
        "magnitude",
        "area_ha",
        "trapped_min",  # minutes people have been shut in a lift
    }
)
_FIGURES = FIGURES | frozenset(Casualties.__struct_fields__)


class GradeProposal(msgspec.Struct, frozen=True, kw_only=True):
    """`grade` is None where the law knows no grades or the figures say nothing; `reason` says so.

    `decided_by`: the figure that decided. `missing_to_next`: what the next grade up would take.
    """

    grade: Grade | None
    clause: str
    reason: str
    decided_by: str = ""
    missing_to_next: str = ""


class Measure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`figures` are added up; `at_least` includes its number (以上包括本数)."""

    figures: tuple[str, ...]
    label: str
    unit: str
    at_least: dict[Grade, float]


class GradeTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`names`: what the clause calls its grades, where it has words of its own."""

    name: str
    clause: str
    codes: tuple[str, ...]
    measure: tuple[Measure, ...]
    names: dict[Grade, str] = {}
    note: str = ""


class Ungraded(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    codes: tuple[str, ...]
    reason: str


class GradeTables(msgspec.Struct, frozen=True, kw_only=True):
    """data/grading.toml, read and checked, by code prefix."""

    by_code: dict[str, GradeTable | Ungraded]

    def of(self, event_code: str) -> GradeTable | Ungraded | None:
        """What is written for the longest prefix of the code."""
        for length in range(len(event_code), 0, -1):
            found = self.by_code.get(event_code[:length])
            if found is not None:
                return found
        return None


def load_grading(path: Path) -> GradeTables:
    """Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "table", "ungraded")
    by_code: dict[str, GradeTable | Ungraded] = {}
    allowed = f"等级应为 {'、'.join(Grade)}"
    for number, entry in enumerate(tables_of(path, raw, "table"), start=1):
        where = f'table "{entry.get("name", f"第{number}项")}"'
        table = shaped(path, where, entry, GradeTable, allowed)
        for measure in table.measure:
            _check(path, where, measure)
        _enter(path, where, table, by_code)
    for entry in raw.get("ungraded", ()):
        where = f"ungraded {entry.get('codes', '？')}"
        _enter(path, where, shaped(path, where, entry, Ungraded), by_code)
    return GradeTables(by_code=by_code)


def _check(path: Path, where: str, measure: Measure) -> None:
    for figure in measure.figures:
        if figure not in _FIGURES:
            known = "、".join(sorted(_FIGURES))
            raise BadConfig(path.name, where, f"没有数字项 {figure}", f"应为 {known}")
    steps = [measure.at_least[g] for g in reversed(_WORST_FIRST) if g in measure.at_least]
    if not steps or any(low >= high for low, high in pairwise(steps)):
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

    `facts`: magnitude, area_ha, loss_10k_yuan, trapped_min of the alerts. Other names and what is
    no number are passed over.
    """
    if kind is Kind.SYSTEM_FAULT:
        return GradeProposal(grade=None, clause="", reason="系统故障不是突发事件，不定级。")
    code = kind.event_code if event_code == Kind.OTHER.event_code else event_code
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
    figure = f"{decided.label}{_number(_sum(decided, casualties, facts))}{decided.unit}"
    least = f"{_number(decided.at_least[grade])}{decided.unit}以上"
    return GradeProposal(
        grade=grade,
        clause=table.clause,
        reason=f"{figure}，达到{called}（{least}），依据{table.clause}。{table.note}",
        decided_by=figure,
        missing_to_next=_to_next(table, grade, casualties, facts),
    )


def _worst(
    measures: Iterable[Measure], casualties: Casualties, facts: Mapping[str, Any]
) -> tuple[Grade | None, Measure | None]:
    best, decided = len(_WORST_FIRST), None
    for measure in measures:
        value = _sum(measure, casualties, facts)
        if not value:
            continue
        for step, grade in enumerate(_WORST_FIRST[:best]):
            least = measure.at_least.get(grade)
            if least is not None and value >= least:
                best, decided = step, measure
                break
    return (None, None) if decided is None else (_WORST_FIRST[best], decided)


def _sum(measure: Measure, casualties: Casualties, facts: Mapping[str, Any]) -> float:
    total: float = 0
    for figure in measure.figures:
        value = getattr(casualties, figure, None)
        if value is None:
            value = facts.get(figure)
        if isinstance(value, int | float) and not isinstance(value, bool):
            total += value
    return total


def _to_next(
    table: GradeTable, grade: Grade, casualties: Casualties, facts: Mapping[str, Any]
) -> str:
    """How far the figures that are known are from the next grade up."""
    step = _WORST_FIRST.index(grade)
    if step == 0:
        return ""
    above = _WORST_FIRST[step - 1]
    called = table.names.get(above, above.label)
    ways = []
    for measure in table.measure:
        value = _sum(measure, casualties, facts)
        least = measure.at_least.get(above)
        if value and least is not None:
            lacks = f"{_number(round(least - value, 2))}{measure.unit}"
            ways.append(f"{measure.label}再增{lacks}（达{_number(least)}{measure.unit}）")
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
    if worse is None or _WORST_FIRST.index(worse) >= _WORST_FIRST.index(grade):
        return ""
    called = table.names.get(worse, worse.label)
    return f"；另有失踪{casualties.missing}人，若确认死亡将达{called}"


def _number(value: float) -> str:
    return f"{value:g}" if value < 1e6 else f"{value:.0f}"
