"""Every threshold of data/grading.toml, held on both sides of its number."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from linkage.alerts import Casualties
from linkage.kinds import Kind
from linkage.plan.grade_table import EVERY_FIGURE, GradeTable
from linkage.plan.grading import GradeProposal, load_grading, propose_grade
from linkage.vocabulary import Grade

FILE = Path(__file__).parents[1] / "data" / "grading.toml"
TABLES = load_grading(FILE)
WRITTEN = tomllib.loads(FILE.read_text(encoding="utf-8"))["table"]
PEOPLE = set(Casualties.__struct_fields__)
WORST_FIRST = list(Grade)


def thresholds() -> Iterator[Any]:
    """(code, figure, what else must be so, grade, number, +1 for 以上 or -1 for classes)."""
    for table in WRITTEN:
        for measure in table.get("measure", ()):
            upwards = "at_least" in measure
            steps = measure.get("at_least") or measure["at_most"]
            for grade, number in steps.items():
                yield pytest.param(
                    table["codes"][0],
                    measure["figures"][0],
                    measure.get("only_if", {}),
                    Grade(grade),
                    number,
                    1 if upwards else -1,
                    id=f"{table['name']}-{measure['label']}-{grade}",
                )


def graded(code: str, figures: dict[str, float]) -> GradeProposal:
    people = {name: int(v) for name, v in figures.items() if name in PEOPLE}
    facts = {name: v for name, v in figures.items() if name not in PEOPLE}
    # The kind says nothing here: the code does.
    return propose_grade(Kind.RESCUE, code, Casualties(**people), facts, tables=TABLES)


@pytest.mark.parametrize(("code", "figure", "also", "grade", "number", "way"), list(thresholds()))
def test_the_number_itself_is_in_and_the_next_one_is_not(  # noqa: PLR0917
    code: str, figure: str, also: dict[str, float], grade: Grade, number: float, way: int
) -> None:
    found = graded(code, {figure: number, **also})
    assert found.grade is grade, "以上包括本数"
    assert found.clause
    assert found.clause in found.reason
    short = number - way * (1 if number >= 1 else number / 2)
    below = graded(code, {figure: short, **also}).grade
    assert below is None or WORST_FIRST.index(below) > WORST_FIRST.index(grade)


@pytest.mark.parametrize(("code", "figure", "also", "grade", "number", "way"), list(thresholds()))
def test_what_is_missing_to_the_next_grade_is_the_difference(  # noqa: PLR0917
    code: str, figure: str, also: dict[str, float], grade: Grade, number: float, way: int
) -> None:
    found = graded(code, {figure: number, **also})
    table = TABLES.of(code)
    assert isinstance(table, GradeTable)
    if grade is Grade.EXCEPTIONAL:
        assert found.missing_to_next == ""
        return
    above = WORST_FIRST[WORST_FIRST.index(grade) - 1]
    steps = [m.at_least[above] for m in table.measure if figure in m.figures
             and above in m.at_least and not m.only_if]  # fmt: skip
    for least in steps:
        assert f"再增{round(least - number, 2):g}" in found.missing_to_next.replace("e+", "e")


@pytest.mark.parametrize(
    ("code", "figures", "grade"),
    [
        ("12T01", {"nuclear_stage": 2}, Grade.CONSIDERABLE),
        ("12T03", {"source_class": 1}, Grade.MAJOR),
        ("12T03", {"source_class": 2}, Grade.MAJOR),
        ("12T03", {"source_class": 3}, Grade.CONSIDERABLE),
        ("12T03", {"source_class": 4}, Grade.ORDINARY),
        ("12N04", {"trapped_min": 119}, None),
        ("12N04", {"trapped_min": 120}, Grade.ORDINARY),
        ("12N06", {"stranded_h": 50}, Grade.CONSIDERABLE),
        ("12N06", {"stranded_h": 50, "stranded": 99}, Grade.CONSIDERABLE),
        ("12N06", {"stranded_h": 50, "stranded": 100}, Grade.EXCEPTIONAL),
        ("12N06", {"stranded_h": 2}, None),
        ("12N07", {"stranded_h": 2}, Grade.ORDINARY),
        ("12N01", {"boiler_stop_h": 240}, None),
        ("12N01", {"boiler_stop_h": 240, "boiler_mw": 600}, Grade.MAJOR),
        ("12K01", {"derailed_cars": 18, "rail_stop_h": 47}, Grade.CONSIDERABLE),
        ("12K01", {"derailed_cars": 18, "rail_stop_h": 48}, Grade.EXCEPTIONAL),
        ("12P12", {"users_affected": 50000}, None),
        ("12P12", {"users_affected": 50000, "outage_h": 48}, Grade.EXCEPTIONAL),
        ("12P12", {"deaths": 3}, Grade.CONSIDERABLE),
        ("11A01", {"cut_h": 23}, None),
        ("11A52", {"deaths": 30}, None),
        ("11C02", {"magnitude": 6.95}, Grade.MAJOR),
        ("13A99", {"deaths": 30}, None),
        ("14F99", {"deaths": 30}, None),
    ],
)
def test_figures_that_stand_for_a_state_grade_as_the_law_says(
    code: str, figures: dict[str, float], grade: Grade | None
) -> None:
    assert graded(code, figures).grade is grade


def test_a_nuclear_stage_is_called_by_its_own_name() -> None:
    found = graded("12T01", {"nuclear_stage": 3})
    assert "达到场区应急" in found.reason
    assert "不是法定事件等级" in found.reason


def test_every_figure_that_can_be_stated_grades_something() -> None:
    used = {
        name
        for table in WRITTEN
        for measure in table.get("measure", ())
        for name in (*measure["figures"], *measure.get("only_if", {}))
    }
    # People trapped or slightly hurt grade nothing by themselves: no table of the law counts them.
    assert used == EVERY_FIGURE - {"trapped", "injured"}


def test_every_table_names_its_clause_and_what_is_not_yet_checked_says_so() -> None:
    for table in WRITTEN:
        assert "《" in table["clause"] or "待核" in table["clause"]


@pytest.mark.parametrize(
    ("code", "days"), [("12H02", 7), ("12G01", 7), ("12D02", 30), ("11C02", 30), ("12T03", 30)]
)
def test_casualties_count_for_thirty_days_and_for_seven_after_traffic_and_fire(
    code: str, days: int
) -> None:
    assert TABLES.regrade.days_of(code) == days


def test_the_gravest_of_many_figures_decides_whatever_their_order() -> None:
    people = Casualties(deaths=1, critical=100)
    found = propose_grade(Kind.HAZMAT, "12D02", people, {"loss_10k_yuan": 1000}, tables=TABLES)
    assert found.grade is Grade.EXCEPTIONAL
    assert found.decided_by == "重伤（含急性中毒）100人"
    assert msgspec.to_builtins(found)["clause"].startswith("《生产安全事故")


@pytest.mark.parametrize("value", [-1, -1e9, float("nan"), float("inf"), 1e300, True, "三人", None])
@pytest.mark.parametrize("figure", sorted(EVERY_FIGURE - PEOPLE))
def test_what_is_no_figure_grades_nothing(figure: str, value: Any) -> None:
    """Nor does it open a condition: stranded NaN is not a hundred people."""
    rest = {name: 1e6 for name in EVERY_FIGURE - PEOPLE if name != figure}
    for table in WRITTEN:
        code = table["codes"][0]
        with_it = propose(code, {**rest, figure: value})
        assert with_it == propose(code, rest)


def propose(code: str, facts: dict[str, Any]) -> GradeProposal:
    return propose_grade(Kind.WORK_ACCIDENT, code, Casualties(), facts, tables=TABLES)


@pytest.mark.parametrize("short", [1, 0.01, 0.009, 0.0004])
def test_what_is_missing_to_the_next_grade_is_enough_when_it_comes(short: float) -> None:
    for table in WRITTEN:
        for measure in table.get("measure", ()):
            for step, least in measure.get("at_least", {}).items():
                facts = {name: float(n) for name, n in measure.get("only_if", {}).items()}
                figure = measure["figures"][0]
                if figure in PEOPLE or least - short <= 0:
                    continue
                found = propose(table["codes"][0], {**facts, figure: least - short})
                if f"{measure['label']}再增" not in found.missing_to_next:
                    continue
                part = found.missing_to_next.partition(f"{measure['label']}再增")[2]
                more = float(re.match(r"[\d.]+", part)[0])  # type: ignore[index]
                then = propose(table["codes"][0], {**facts, figure: least - short + more})
                assert then.grade is not None
                assert WORST_FIRST.index(then.grade) <= WORST_FIRST.index(Grade(step)), figure


def test_a_great_figure_is_written_out() -> None:
    found = propose("12F00", {"loss_10k_yuan": 999999.7})
    assert found.decided_by == "直接经济损失999999.7万元"
