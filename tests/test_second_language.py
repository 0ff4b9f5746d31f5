"""Nothing on the screens is without English, and no entry of the catalogues misleads."""

import json
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYER = ROOT / "dashboard" / "live_layer"
WORDS = runpy.run_path(str(ROOT / "docs" / "words.py"))
ENGLISH = json.loads((LAYER / "en.json").read_text("utf-8"))
CHINESE = json.loads((LAYER / "zh.json").read_text("utf-8"))
NOT_ENGLISH = re.compile("[\u3400-\u9fff，。；：（）！？、]")


def test_every_text_of_the_screens_has_its_english() -> None:
    """Run `python docs/words.py` to see what is lacking, and where it stands."""
    assert WORDS["missing"]() == {}


def test_the_catalogue_keeps_no_text_that_nobody_says() -> None:
    said = WORDS["texts"]()
    assert [key for key in ENGLISH if key not in said] == []


@pytest.mark.parametrize("catalogue", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_what_is_filled_in_stands_in_both_languages(catalogue: dict[str, str]) -> None:
    wrong = {}
    for ours, read in catalogue.items():
        places = {int(n) for n in re.findall(r"\{(\d)\}", read)}
        if not places <= set(range(ours.count("{}"))):
            wrong[ours] = read
    assert wrong == {}


def test_english_is_english() -> None:
    assert {k: v for k, v in ENGLISH.items() if not v.strip() or NOT_ENGLISH.search(v)} == {}


def test_an_entry_is_more_than_a_gap() -> None:
    """A form of nothing but gaps would fit whatever the record says."""
    bare = [key for key in ENGLISH if not re.search(r"[\u3400-\u9fff]", key.replace("{}", ""))]
    assert bare == []
