"""docs/rules.md says what the code and the tables say, no more and no less."""

import runpy
from pathlib import Path

from linkage.actions import Action
from linkage.clocks.rule_file import read_clocks
from linkage.vocabulary import AssignmentStatus, IncidentStatus

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
WRITER = runpy.run_path(str(DOCS / "rules.py"))


def test_the_list_of_rules_is_the_one_that_code_and_tables_tell() -> None:
    written = (DOCS / "rules.md").read_text("utf-8")
    assert written == WRITER["page"](), "run: python docs/rules.py"


def test_nothing_is_left_out_of_the_list() -> None:
    written = WRITER["page"]()
    codes = [code.value for code in (*Action, *AssignmentStatus, *IncidentStatus)]
    assert [code for code in codes if f"`{code}`" not in written] == []
    assert [rule for rule in read_clocks(ROOT / "data").by_id if f"`{rule}`" not in written] == []


def test_every_table_with_a_ground_for_each_rule_is_shown() -> None:
    """A new rule file does not stay out of the list unnoticed."""
    shown = {*WRITER["FILES"], "clocks.toml", "agencies.toml"}
    # Registers, knowledge and measured limits: docs/readings.md and data/README.md tell of them.
    elsewhere = {
        "thresholds.toml",
        "substances.toml",
        "first_measures.toml",
        "known_points.toml",
        "places.toml",
    }
    with_basis = {
        path.name for path in (ROOT / "data").glob("*.toml") if "basis" in path.read_text("utf-8")
    }
    assert with_basis - elsewhere <= shown
