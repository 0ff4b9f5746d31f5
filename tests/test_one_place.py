"""How bad, how graded, who comes: said in one place each, and the places agree on every kind.

In another system severity stood in three tables that disagreed on 33 of 37 types of incident.
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linkage.alerts import Casualties
from linkage.kinds import HAZMAT_KINDS, ROUTINE_KINDS, Kind
from linkage.plan.grading import load_grading, propose_grade
from linkage.plan.knowledge import load_knowledge
from linkage.plan.run_card_file import load_run_cards
from linkage.plan.run_cards import LEVEL_OF_GRADE, Situation, propose_for
from linkage.response.agencies import load_agencies
from linkage.vocabulary import RESPONSE_LEVELS, Grade, Severity

ROOT = Path(__file__).parents[1]
DATA = ROOT / "data"
CODES: dict[str, str] = tomllib.loads((DATA / "event_codes.toml").read_text(encoding="utf-8"))[
    "code"
]
AGENCIES = load_agencies(DATA / "agencies.toml")
CARDS = load_run_cards(DATA / "run_cards.toml", AGENCIES)
GRADING = load_grading(DATA / "grading.toml")
KNOWN = load_knowledge(DATA)
# Without a section of its own in the standard, or no 突发事件 at all.
UNCODED = {kind for kind in Kind if kind.event_code == Kind.OTHER.event_code}
# Another transcription numbers the droughts so; 待核 against the standard itself.
OTHER_NUMBERS = {"11A07", "11A08", "11A09"}
MODULES = [p for p in (ROOT / "linkage").rglob("*.py") if "migrations" not in p.parts]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_code_of_the_standard(kind: Kind) -> None:
    assert kind.event_code in CODES


def _prefixes() -> Iterator[Any]:
    for card in CARDS.cards:
        for prefix in card.codes:
            yield pytest.param(prefix, id=f"card{card.row}-{prefix}")
    for prefix in GRADING.by_code:
        yield pytest.param(prefix, id=f"grading-{prefix}")
    for term in GRADING.regrade.shorter:
        for prefix in term.codes:
            yield pytest.param(prefix, id=f"regrade-{prefix}")


@pytest.mark.parametrize("prefix", list(_prefixes()))
def test_every_prefix_that_decides_something_begins_a_code_of_the_standard(prefix: str) -> None:
    assert prefix in OTHER_NUMBERS or any(code.startswith(prefix) for code in CODES)


@pytest.mark.parametrize("kind", [k for k in Kind if k not in ROUTINE_KINDS | UNCODED])
def test_the_kind_and_its_own_code_lead_to_the_same_card(kind: Kind) -> None:
    """A source that sends only the code is answered as one that sends our kind."""
    hazmat = kind in HAZMAT_KINDS
    by_kind = Situation(kind=kind, event_code=kind.event_code, hazmat=hazmat)
    by_code = Situation(kind=Kind.OTHER, event_code=kind.event_code, hazmat=hazmat)
    found = propose_for(by_kind, CARDS, AGENCIES).card
    assert found == propose_for(by_code, CARDS, AGENCIES).card
    assert found is not None
    assert kind in found.kinds


@pytest.mark.parametrize("kind", [k for k in Kind if k not in ROUTINE_KINDS])
def test_the_kind_and_its_own_code_lead_to_the_same_grade(kind: Kind) -> None:
    people = Casualties(deaths=3, critical=10)
    by_kind = propose_grade(kind, kind.event_code, people, {}, tables=GRADING)
    by_code = propose_grade(kind, Kind.OTHER.event_code, people, {}, tables=GRADING)
    assert by_kind == by_code


@pytest.mark.parametrize("code", list(CODES))
def test_every_code_of_the_standard_is_graded_or_says_why_not(code: str) -> None:
    found = propose_grade(Kind.RESCUE, code, Casualties(deaths=30), {}, tables=GRADING)
    assert found.grade is not None or found.reason


def test_whoever_knows_a_kind_knows_all_of_them() -> None:
    seated = {kind for card in CARDS.cards for kind in card.kinds} | set(CARDS.without_card)
    serious = set(Kind) - ROUTINE_KINDS
    assert seated == serious
    assert set(KNOWN.measures) == serious - {Kind.SYSTEM_FAULT}


def test_no_table_of_ours_says_how_bad_a_kind_is() -> None:
    """Severity is what a source states of this incident, never a property of its type."""
    for name in ("run_cards.toml", "grading.toml", "event_codes.toml", "first_measures.toml"):
        text = (DATA / name).read_text(encoding="utf-8")
        assert "severity" not in text, name
        for severity in Severity:
            assert f'= "{severity}"' not in text, name
    assert not any(hasattr(kind, "severity") for kind in Kind)


def test_the_level_of_a_grade_is_written_once() -> None:
    pairs = [
        path.name
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Dict) and _is_by_grade(node)
    ]
    assert pairs == ["run_cards.py"]
    assert list(LEVEL_OF_GRADE) == list(Grade)
    assert list(LEVEL_OF_GRADE.values()) == list(RESPONSE_LEVELS)


def _is_by_grade(node: ast.Dict) -> bool:
    keys = [key for key in node.keys if isinstance(key, ast.Attribute)]
    names = {key.value.id for key in keys if isinstance(key.value, ast.Name)}
    levels = all(isinstance(getattr(value, "value", None), int) for value in node.values)
    return names == {"Grade"} and levels


def test_who_commands_and_what_a_level_means_is_written_once() -> None:
    assert set(CARDS.levels) == set(RESPONSE_LEVELS)
    for level, rule in CARDS.levels.items():
        assert ("省级" in rule.runs) is (level <= 2)
        assert ("市级牵头" in rule.runs) is (level == 3)
        assert ("县区牵头" in rule.runs) is (level == 4)
