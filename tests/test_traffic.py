"""The vehicles of the demonstration are read by the intake as vehicles."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

from ingest.dialects.jt808 import FRAMING
from ingest.simulate.statements import Desk
from ingest.simulate.traffic import Traffic, load_routes
from linkage.areas import area_code
from linkage.response.feedback import UnitReport
from linkage.sources import load_sources
from linkage.vehicles import vehicles

ROOT = Path(__file__).parents[1]
SOURCES = load_sources(ROOT / "sources.toml")
START = datetime(2026, 11, 22, 7, 9, tzinfo=UTC)


def seen(minutes: float, speed: float = 1.0) -> list[UnitReport]:
    read = FRAMING.reader(SOURCES["transport"])
    traffic = Traffic(load_routes(ROOT / "data" / "demo"), Desk(SOURCES, START), speed)
    end = START + timedelta(minutes=minutes)
    steps = takewhile(lambda step: step.due < end, traffic.from_(START))
    parts = [part for step in steps for part in read(step.frame, lambda *_: None)]
    return [part for part in parts if isinstance(part, UnitReport)]


def test_every_vehicle_is_registered_and_on_land_in_the_city() -> None:
    reports = seen(30)
    assert {report.unit_id for report in reports} <= {v.plate for v in vehicles().values()}
    for report in reports:
        assert report.point is not None
        assert area_code(report.point) is not None, report


def test_vehicles_move_and_say_which_way() -> None:
    of_one = [report for report in seen(10) if report.unit_id == "苏GB5678"]
    assert len({report.point for report in of_one}) == len(of_one)
    assert all(report.heading is not None and report.heading < 30 for report in of_one)


def test_the_tanker_of_the_scenario_stops_where_it_overturns() -> None:
    of_one = [report for report in seen(3, speed=6.0) if report.unit_id == "苏GH0310"]
    assert of_one[0].speed_kmh == 45.5
    last = of_one[-1]
    assert (last.speed_kmh, last.hazmat, last.cargo) == (0.0, True, "苯（UN1114）")
    assert last.point is not None
    assert (last.point.lon, last.point.lat) == (119.298, 34.69)


def test_what_stopped_stands_the_next_day_too() -> None:
    tanker = [route for route in load_routes(ROOT / "data" / "demo") if route.halts is not None]
    read = FRAMING.reader(SOURCES["transport"])
    traffic = Traffic(tanker, Desk(SOURCES, START), 6.0)
    day = START + timedelta(days=1)
    step = next(step for step in traffic.from_(START) if step.due > day)
    parts = read(step.frame, lambda *_: None)
    (report,) = [part for part in parts if isinstance(part, UnitReport)]
    assert report.speed_kmh == 0.0
