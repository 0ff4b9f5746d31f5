"""建议等级: what the figures told so far propose, written where every screen reads it.

The intake does it as statements come (linkage/intake/placing.py); a merge, a split and their
undoing do it for what is together now (linkage/desk/refold.py).
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from linkage.alerts import Casualties
from linkage.intake.incident_state import IncidentState
from linkage.kinds import ROUTINE_KINDS
from linkage.plan.grading import (
    FIGURES,
    GradeTables,
    graded_code,
    load_grading,
    propose_grade,
)
from linkage.settings import load_settings
from linkage.vocabulary import Grade

_PEOPLE = Casualties.__struct_fields__
_WORST_FIRST = tuple(Grade)


def propose(state: IncidentState, facts: Mapping[str, Any], tables: GradeTables) -> None:
    """Set the proposed grade and its reason; what a person has confirmed stays.

    `facts`: of the statements that are new; where `rests_on_more`, of all. Where they state no
    figure, a graver proposal stands: it may rest on a figure that was stated before, and counts
    of people never fall.
    """
    if state.kind in ROUTINE_KINDS or state.grade is not None:
        return
    people = Casualties(**{name: getattr(state, name) for name in _PEOPLE})
    found = propose_grade(state.kind, state.event_code, people, facts, tables=tables)
    if not _stated(state, facts, tables):
        if found.grade is None:
            return
        if state.grade_proposed is not None:
            before = _WORST_FIRST.index(Grade(state.grade_proposed))
            if before < _WORST_FIRST.index(found.grade):
                return
    reason = found.reason if found.grade is not None else None
    state.grade_proposed, state.grade_reason = found.grade, reason


def rests_on_more(state: IncidentState, facts: Mapping[str, Any], tables: GradeTables) -> bool:
    """Whether to propose from every figure ever stated: these new ones alone would talk down what
    rests on another, or miss what two of them say together."""
    return state.grade is None and _stated(state, facts, tables)


def _stated(state: IncidentState, facts: Mapping[str, Any], tables: GradeTables) -> bool:
    """Whether a figure is among them that a grade of this kind is reckoned from."""
    if not FIGURES & facts.keys():
        return False
    code = graded_code(state.kind, state.event_code)
    return bool(tables.figures_of(code) & facts.keys())


@cache
def tables_in_force() -> GradeTables:
    """data/grading.toml as this process found it. Raises BadConfig."""
    return load_grading(load_settings().tables / "grading.toml")
