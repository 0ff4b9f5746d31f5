"""docs/faults.md says what the tests show, no more and no less."""

import runpy
import tomllib
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
WRITER = runpy.run_path(str(DOCS / "faults.py"))


def test_the_list_of_faults_is_the_one_that_the_tests_tell() -> None:
    written = (DOCS / "faults.md").read_text("utf-8")
    assert written == WRITER["page"](), "run: python docs/faults.py"


def test_every_number_of_the_list_is_there_and_no_test_shows_an_unknown_one() -> None:
    listed = tomllib.loads((DOCS / "faults.toml").read_text("utf-8"))
    wanted = [*(f"T{n:02d}" for n in range(1, 33)), *(f"P{n:02d}" for n in range(1, 38))]
    wanted += [f"S{n:02d}" for n in range(1, 14)] + [f"K{n:02d}" for n in range(1, 15)]
    wanted += [f"D{n:02d}" for n in range(1, 19)]
    assert list(listed) == wanted
    assert set(WRITER["shown_by"]()) <= set(wanted)
