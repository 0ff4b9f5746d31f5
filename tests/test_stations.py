"""The stations and what is judged of them, as data/ states it."""

from pathlib import Path

from linkage.readings.stations import load_stations
from linkage.readings.telemetry import load_telemetry
from linkage.sources import load_sources


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
    station = load_stations(path, ("environment",))["environment", "M1"]
    assert abs(station.lon - 119.333143) < 1e-5
    assert abs(station.lat - 34.761041) < 1e-5
    assert (station.datum, station.area) == ("wgs84", "320703")
