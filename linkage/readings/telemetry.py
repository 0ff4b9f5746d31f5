"""What the intake knows of the stations: where they stand, what is judged, what factors mean."""

from collections.abc import Collection, Mapping
from pathlib import Path

from linkage.readings.factors import FILE as FACTORS
from linkage.readings.factors import Factor, load_factors
from linkage.readings.reading import Reading
from linkage.readings.stations import Station, Stations, load_stations
from linkage.readings.thresholds import ANY, Rule, Thresholds, load_thresholds


class Telemetry:
    """`stations`, `thresholds`, `factors`: as their files state them."""

    def __init__(
        self, stations: Stations, thresholds: Thresholds, factors: Mapping[str, Factor]
    ) -> None:
        self.stations, self.thresholds, self.factors = stations, thresholds, factors
        self._by_factor: dict[tuple[str, str], list[Rule]] = {}
        for rule in thresholds.rules:
            self._by_factor.setdefault((rule.source, rule.factor), []).append(rule)

    def rule_for(self, source_id: str, station_id: str, factor: str) -> Rule | None:
        """The most particular one: of the station, else of its kind, else of the source."""
        rules = self._by_factor.get((source_id, factor))
        if rules is None:
            return None
        station = self.stations.get((source_id, station_id))
        kind = station.kind if station else ""
        fitting = [
            rule
            for rule in rules
            if rule.station in {station_id, ANY} and rule.station_kind in {kind, ""}
        ]
        if len(fitting) < 2:
            return fitting[0] if fitting else None
        return max(fitting, key=lambda rule: (rule.station != ANY, rule.station_kind != ""))

    def judges(self, rule: Rule, reading: Reading) -> bool:
        return reading.span in rule.spans and reading.unit == rule.unit

    def station_of(self, source_id: str, station_id: str) -> Station | None:
        return self.stations.get((source_id, station_id))

    def factor_name(self, factor: str) -> str:
        known = self.factors.get(factor)
        return known.name if known else factor


NO_TELEMETRY = Telemetry({}, Thresholds(), {})


def load_telemetry(tables: Path, sources: Collection[str]) -> Telemetry:
    """Raises BadConfig. `tables`: the folder of the three files."""
    factors = load_factors(tables / FACTORS).by_id
    stations = load_stations(tables / "stations.toml", sources)
    units = {factor.id: factor.unit for factor in factors.values()}
    thresholds = load_thresholds(tables / "thresholds.toml", sources, units, stations)
    return Telemetry(stations, thresholds, factors)
