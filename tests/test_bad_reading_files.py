"""A broken stations or thresholds file stops the start: place, fault and remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from linkage.errors import BadConfig
from linkage.readings.stations import load_stations
from linkage.readings.telemetry import load_telemetry
from linkage.readings.thresholds import load_thresholds
from linkage.sources import load_sources

BAD = Path(__file__).parent / "bad_config_readings"
SOURCES = ("environment", "water")
UNITS = {"benzene": "mg/m³", "water_level": "m"}
LOAD: dict[str, Callable[[Path], object]] = {
    "stations": lambda path: load_stations(path, SOURCES),
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


@pytest.mark.parametrize("kind", list(LOAD))
def test_a_city_may_have_none_of_either_yet(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.write_text("")
    LOAD[kind](path)


@pytest.mark.parametrize("kind", list(LOAD))
def test_a_file_that_is_not_there_is_named_with_its_place(kind: str, tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="无法读取"):
        LOAD[kind](tmp_path / "gone.toml")


def test_what_is_shipped_is_right_and_every_limit_states_its_ground() -> None:
    telemetry = load_telemetry(Path("data"), load_sources(Path("sources.toml")))
    assert all(station.area for station in telemetry.stations.values())
    for rule in telemetry.thresholds.rules:
        assert all(level.basis for level in rule.levels)


def test_the_most_particular_rule_is_the_one_that_judges() -> None:
    telemetry = load_telemetry(Path("data"), load_sources(Path("sources.toml")))

    def rule_of(station_id: str) -> str | None:
        rule = telemetry.rule_for("water", station_id, "water_level")
        return rule and rule.id

    assert rule_of("0051600001") == "石梁河水库-水位"
    assert rule_of("0051600003") == "河道-水位"
    assert rule_of("0099999999") is None


def test_a_station_on_another_datum_stands_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "stations.toml"
    path.write_text(
        '[[station]]\nsource = "environment"\nid = "M1"\nname = "东门站"\n'
        'datum = "gcj02"\nlon = 119.338788\nlat = 34.760249\n'
    )
    station = load_stations(path, SOURCES)["environment", "M1"]
    assert abs(station.lon - 119.333143) < 1e-5
    assert abs(station.lat - 34.761041) < 1e-5
    assert (station.datum, station.area) == ("wgs84", "320703")
