"""`reload`: sources.toml and every table beside it are taken into use together, or none is."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from ingest.decode import read_alert
from ingest.errands import LOOK_EVERY_S, Errands
from ingest.registry import read_registry
from linkage.intake import errands
from linkage.intake.arrivals import Several
from linkage.intake.errands import Errand, ErrandKind, ErrandState
from linkage.people import Actor
from linkage.reading_tables import series
from linkage.readings.reading import Reading
from linkage.record import Record
from linkage.tables import unit
from tests.frames import report, vehicle_frame
from tests.mending import REGISTRY, SETTINGS, Desk, call
from tests.telemetry import benzene

ROOT = Path(__file__).parents[1]
TRANSPORT, MONITORS = "linkage/v1/alert/transport/gw", "linkage/v1/alert/environment/gw"


class City(Desk):
    """An intake with files of its own, which may be changed under it."""

    def __init__(self, record: Record, now: datetime, folder: Path) -> None:
        super().__init__(record, now)
        self.tables = folder / "data"
        self.tables.mkdir()
        for file in (ROOT / "data").glob("*.toml"):
            shutil.copy(file, self.tables)
        self.sources = Path(shutil.copy(ROOT / "sources.toml", folder))
        settings = msgspec.structs.replace(SETTINGS, sources=self.sources, tables=self.tables)
        self.registry = read_registry(settings)
        self.registry.devices.put_in_use()
        self.errands, self.clock = Errands(self.workplace(), settings, self.use), 0.0

    def change(self, file: Path, old: str, new: str) -> None:
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def reload(self, who: Actor) -> Errand:
        number = errands.ask(self.record, who, ErrandKind.RELOAD, {}, at=self.now)
        for _ in range(20):
            self.clock += LOOK_EVERY_S
            self.errands.look(self.clock)
        with self.record.read() as cx:
            one = errands.look_up(cx, number)
        assert one is not None
        assert one.state.over
        return one

    def plates(self) -> set[str]:
        """Of the vehicles on the map, after the tanker's terminal has reported once more."""
        self.later(1)
        at = self.now.astimezone(UTC)
        self.send(vehicle_frame(report(at), terminal="13900000001"), topic=TRANSPORT)
        with self.record.read() as cx:
            return set(cx.execute(select(unit.c.unit_id)).scalars())


@pytest.fixture
def city(record: Record, now: datetime, tmp_path: Path) -> Iterator[City]:
    yield City(record, now, tmp_path)
    REGISTRY.devices.put_in_use()


def test_the_registers_and_thresholds_are_read_anew_with_the_sources(
    city: City, chief: Actor
) -> None:
    assert city.plates() == {"苏GA1234"}
    city.change(city.tables / "vehicles.toml", "苏GA1234", "苏GZ9999")
    city.change(city.tables / "stations.toml", 'name = "', 'name = "新·')
    city.change(city.sources, 'expect_every = "2m"', 'expect_every = "3m"')
    assert city.plates() == {"苏GA1234"}  # nothing changes before it is asked for
    done = city.reload(chief)
    assert done.state is ErrandState.DONE
    assert done.result["changed"] == ["110-cad"]
    assert done.result["tables"] == ["vehicles.toml", "stations.toml"]
    assert city.plates() == {"苏GA1234", "苏GZ9999"}


def test_a_factor_counts_from_the_reload_on(city: City, chief: Actor) -> None:
    city.change(city.tables / "factors.toml", '"a25002"', '"a25999"')
    assert city.reload(chief).result["tables"] == ["factors.toml"]
    at = f"{city.now + timedelta(hours=8):%Y%m%d%H%M%S}"
    city.send(benzene("99.0", at), topic=MONITORS)
    with city.record.read() as cx:
        assert list(cx.execute(select(series.c.factor)).scalars()) == ["a25002"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("vehicles.toml", 'plate = "苏GB5678"', 'plate = ""'),
        ("panels.toml", "address = ", "adress = "),
        ("stations.toml", 'source = "', 'source = "x'),
        ("thresholds.toml", "\n[[rule]]\n", "\n[[rule]\n"),
        ("factors.toml", 'unit = "', 'unti = "'),
        ("grading.toml", "[[", "[[["),
        ("known_points.toml", "lon = 1", "lon = 2"),
        ("agencies.toml", 'id = "110"', 'id = "111"'),
    ],
)
def test_one_slip_in_any_file_leaves_everything_as_it_was(
    city: City, chief: Actor, file: str, old: str, new: str
) -> None:
    before, rules = city.registry, city.intake.rules
    city.change(city.tables / "vehicles.toml", "苏GA1234", "苏GZ9999")
    city.change(city.sources, 'time_format = "YYYY-MM-DD hh:mm:ss"', 'time_format = "epoch-s"')
    city.change(city.tables / file, old, new)
    done = city.reload(chief)
    assert done.state is ErrandState.FAILED
    assert done.result["why"].startswith((file, "sources.toml: [[source]]"))
    assert (city.registry, city.intake.rules) == (before, rules)
    assert city.plates() == {"苏GA1234"}
    [receipt] = city.send(call("A1"))
    assert receipt.status == "stored"  # still by the time format that was agreed


TANKS = '"tank.pressure_mpa" = { factor = "tank_pressure", unit = "MPa" }'


@pytest.mark.parametrize(
    ("factor", "unit", "words"),
    [
        ("tank_presure", "MPa", "是否想写 tank_pressure"),
        ("ponding", "cm", "增加一个 [[factor]]"),
        ("tank_pressure", "℃", '单位 "℃" 不能换算成 factors.toml 中 tank_pressure 的 "MPa"'),
    ],
)
def test_a_value_of_a_factor_that_nobody_knows_is_said_before_it_is_never_judged(
    city: City, chief: Actor, factor: str, unit: str, words: str
) -> None:
    wrong = f'"tank.pressure_mpa" = {{ factor = "{factor}", unit = "{unit}" }}'
    city.change(city.sources, TANKS, wrong)
    why = city.reload(chief).result["why"]
    assert why.startswith('sources.toml: [[source]] "work-safety" readings.factors."tank.pressure')
    assert words in why


def test_a_value_in_another_unit_is_kept_in_the_factors_own(city: City, chief: Actor) -> None:
    """Thresholds are in MPa; a department that sends kPa is compared all the same."""
    city.change(city.sources, TANKS, TANKS.replace("MPa", "kPa"))
    assert city.reload(chief).state is ErrandState.DONE
    form = json.loads((ROOT / "tests/fixtures/work-safety/tank-telemetry.json").read_bytes())
    form["tank"]["pressure_mpa"] = 120
    said = read_alert(json.dumps(form).encode(), city.registry.sources["work-safety"], city.now)
    assert isinstance(said, Several)
    [pressure] = [p for p in said.parts if isinstance(p, Reading) and p.factor == "tank_pressure"]
    assert (pressure.value, pressure.unit) == (pytest.approx(0.12), "MPa")
