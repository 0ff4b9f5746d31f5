"""A broken table in data/ stops the start: place, fault and remedy. One folder for each table, its
broken files named by what is wrong; their first line is what must be said."""

from collections.abc import Callable
from pathlib import Path

import pytest

from linkage.basemap.layers import load_layers
from linkage.clocks.rule_file import load_clocks
from linkage.duty.rules import load_duty
from linkage.errors import BadConfig
from linkage.places.place_files import load_own_places
from linkage.plan.grading import load_grading
from linkage.plan.run_cards import load_run_cards
from linkage.readings.stations import load_stations
from linkage.readings.thresholds import load_thresholds
from linkage.reporting.limits import load_report_limits
from linkage.response.agencies import load_agencies

BAD = Path(__file__).parent / "bad_tables"
DATA = Path(__file__).parents[1] / "data"
AGENCIES = load_agencies(DATA / "agencies.toml")
DUTY = load_duty(DATA / "duty.toml")
SOURCES = ("environment", "water")
UNITS = {"benzene": "mg/m³", "water_level": "m"}
LOAD: dict[str, Callable[[Path], object]] = {
    "agencies": load_agencies,
    "run_cards": lambda path: load_run_cards(path, AGENCIES),
    "duty": load_duty,
    "clocks": lambda path: load_clocks(path, AGENCIES, DUTY),
    "grading": load_grading,
    "report_limits": load_report_limits,
    "stations": lambda path: load_stations(path, SOURCES),
    "basemap": load_layers,
    "places": load_own_places,
    "thresholds": lambda path: load_thresholds(path, SOURCES, UNITS, {("environment", "M1")}),
}
FILES = sorted(BAD.glob("*/*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_broken_file_says_where_what_and_what_to_do(path: Path) -> None:
    expected = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# expect: ")
    with pytest.raises(BadConfig) as refused:
        LOAD[path.parent.name](path)
    assert str(refused.value).startswith(f"{path.name}: ")
    assert expected in str(refused.value)
    assert refused.value.remedy


@pytest.mark.parametrize("kind", ["stations", "thresholds"])
def test_a_city_may_have_none_of_either_yet(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.write_text("")
    LOAD[kind](path)


def test_every_table_has_a_folder_and_every_folder_a_table() -> None:
    assert {path.parent.name for path in FILES} == set(LOAD)


@pytest.mark.parametrize("kind", list(LOAD))
def test_a_file_that_is_not_there_is_named_with_its_place(kind: str, tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="无法读取") as refused:
        LOAD[kind](tmp_path / "gone.toml")
    assert str(tmp_path) in refused.value.remedy


@pytest.mark.parametrize("kind", list(LOAD))
def test_a_file_in_another_character_set_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "gbk.toml"
    path.write_bytes('name = "消防"'.encode("gb18030"))
    with pytest.raises(BadConfig, match="UTF-8"):
        LOAD[kind](path)
