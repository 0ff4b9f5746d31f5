"""分级标准, the shape: measures with their thresholds, tables by code, the term of re-grading."""

import msgspec

from linkage.alerts import Casualties
from linkage.vocabulary import Grade

WORST_FIRST = tuple(Grade)
# No figure of an incident comes near it (in yuan it would be ten times what the country earns).
MOST = 1e12
# The facts that grades are reckoned from, beside the counts of people. Labels of facts:
# linkage/desk/fact_labels.py.
FIGURES = frozenset(
    {
        "loss_10k_yuan",  # 万元
        "magnitude",
        "area_ha",
        "trapped_min",  # minutes people have been shut in a lift
        "nuclear_stage",  # 1 应急待命, 2 厂房, 3 场区, 4 场外
        "source_class",  # of a radioactive source, 1 is the most dangerous
        "stranded_h",  # hours people have hung in a cableway or a ride
        "stranded",  # how many
        "boiler_mw",
        "boiler_stop_h",
        "cut_h",  # hours a motorway or main railway has been cut by a flood
        "rail_stop_h",  # hours a busy main line has stood still; any other: rail_stop_other_h
        "rail_stop_other_h",
        "derailed_cars",
        "ship_t",  # gross tonnage of the ship in distress
        "in_danger",  # people whose lives are at risk on the water
        "users_affected",  # households without water or gas
        "outage_h",
        "load_cut_percent",  # of the grid's load
    }
)
# No grade is reckoned from how many people are without drinking water; a run card starts on it.
COUNTED = FIGURES | {"people_affected"}
EVERY_FIGURE = FIGURES | frozenset(Casualties.__struct_fields__)


class Measure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`figures` are added up; `at_least` includes its number (以上包括本数).

    `at_most`: of classes that count down (Ⅰ类源 is the worst); likewise with its number.
    `only_if`: the measure counts only when these figures are that high too.
    """

    figures: tuple[str, ...]
    label: str
    unit: str
    at_least: dict[Grade, float] = {}
    at_most: dict[Grade, float] = {}
    only_if: dict[str, float] = {}

    def reached(self, value: float) -> Grade | None:
        """The gravest grade whose threshold `value` has come to."""
        for grade in WORST_FIRST:
            least, most = self.at_least.get(grade), self.at_most.get(grade)
            if (least is not None and value >= least) or (most is not None and value <= most):
                return grade
        return None

    def words(self, grade: Grade) -> str:
        """10人以上; 2类以上 of what counts down."""
        least = self.at_least.get(grade, self.at_most.get(grade, 0))
        return f"{number(least)}{self.unit}以上"


class GradeTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`names`: what the clause calls its grades, where it has words of its own.

    `like`: the table before it whose measures count here too.
    """

    name: str
    clause: str
    codes: tuple[str, ...]
    measure: tuple[Measure, ...] = ()
    like: str = ""
    names: dict[Grade, str] = {}
    note: str = ""


class Ungraded(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    codes: tuple[str, ...]
    reason: str


class RegradeTerm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    codes: tuple[str, ...]
    days: int


class Regrade(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long after it happened changed casualties grade an incident anew."""

    days: int
    basis: str
    shorter: tuple[RegradeTerm, ...] = ()

    def days_of(self, event_code: str) -> int:
        fits = [one.days for one in self.shorter if event_code.startswith(one.codes)]
        return min(fits, default=self.days)


class GradeTables(msgspec.Struct, frozen=True, kw_only=True):
    """data/grading.toml, read and checked, by code prefix."""

    by_code: dict[str, GradeTable | Ungraded]
    regrade: Regrade

    def figures_of(self, event_code: str) -> frozenset[str]:
        """The facts, beside the counts of people, that a grade of this code is reckoned from."""
        table = self.of(event_code)
        measures = table.measure if isinstance(table, GradeTable) else ()
        return FIGURES & {name for one in measures for name in (*one.figures, *one.only_if)}

    def of(self, event_code: str) -> GradeTable | Ungraded | None:
        """What is written for the longest prefix of the code."""
        for length in range(len(event_code), 0, -1):
            found = self.by_code.get(event_code[:length])
            if found is not None:
                return found
        return None


def counted(value: object) -> float:
    """The figure, or 0 for what is none: words, a bool, less than nothing, more than there is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return value if 0 <= value < MOST else 0


def number(value: float) -> str:
    """To two places, with no exponent: 999999.7, not 1e+06."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
