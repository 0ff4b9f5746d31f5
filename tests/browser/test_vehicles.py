"""What an officer sees of a vehicle: whose, which way, how old, and whether it is dangerous."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linkage.sources import load_sources
from tests.browser import scene
from tests.browser.desk import Desk, Officer
from tests.frames import Gateway, report, vehicle_frame
from tests.parts import wait_until

ROOT = Path(__file__).parents[2]
TANKER, CREW = "13900000002", "13900000005"
PLACE = (34.694, 119.446)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    house = Desk(tmp_path_factory.mktemp("vehicles"))
    scene.evening(house.record)
    gateway = Gateway(house.record, load_sources(ROOT / "sources.toml")["transport"])
    now = datetime.now(UTC)
    lat, lon = PLACE
    ago = now - timedelta(minutes=12)
    gateway.send(
        vehicle_frame(report(ago, lat=lat, lon=lon, speed=42.0, direction=215), terminal=TANKER),
        now,
    )
    gateway.send(vehicle_frame(report(now, lat=lat, lon=lon + 0.02), terminal=CREW), now)
    house.start()
    yield house
    house.stop()
    house.record.close()


def hint_at(officer: Officer, lat: float, lon: float) -> list[str]:
    officer.ask(f"board.map.setView([{lat}, {lon}], 14, {{animate: false}}) && 1")
    spot = f"board.map.latLngToLayerPoint([{lat}, {lon}])"
    wait_until(lambda: officer.ask(f"Boolean((board.marks.at({spot}) || {{}}).unit)"), 5)
    officer.ask(f"board.card.hint(board.marks.at({spot}), board.map.getSize()) || 1")
    return officer.map.locator(".tip").locator("b, span").all_inner_texts()


def test_a_tanker_says_its_plate_its_way_its_goods_and_its_age(officer: Officer) -> None:
    officer.situation()
    plate, state, whose, way, goods, age = hint_at(officer, *PLACE)
    assert (plate, state, whose, way) == ("苏GB5678", "行驶", "交通", "向西南 42 千米/时")
    assert goods == "危险货物：氯（UN1017）"
    assert age.endswith("分钟前报告，可能已不在此处")


def test_watched_vehicles_can_be_hidden_without_hiding_the_crews(officer: Officer) -> None:
    officer.situation()
    hint_at(officer, *PLACE)
    officer.ask('board.layer("vehicles", false) || 1')
    seen = "board.marks.items.filter(item => item.unit).map(item => item.unit.label)"
    wait_until(lambda: officer.ask(seen) == ["苏GL8601"], 5)
