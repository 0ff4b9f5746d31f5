"""测站读数 on the map: the latest with its age, and the past day of a station, on a click."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from linkage.readings.keeping import Keeping
from linkage.readings.reading import Reading
from linkage.readings.telemetry import load_telemetry
from linkage.record import Record
from linkage.sources import load_sources
from tests.browser.desk import Desk, Officer, take_a_seat
from tests.parts import wait_until

TELEMETRY = load_telemetry(Path("data"), load_sources(Path("sources.toml")))
EAST_GATE = "320703000000000000000001"
SOUTH_EDGE = "320703000000000000000002"
RESERVOIR = "0051600001"
MINUTE = timedelta(minutes=1)


def put(record: Record, now: datetime, *readings: tuple[int, dict[str, Any]]) -> None:
    """(minutes ago, what is not usual) each, as if received when measured."""
    usual: dict[str, Any] = {
        "source_id": "environment",
        "station_id": EAST_GATE,
        "factor": "benzene",
        "unit": "mg/m³",
    }
    told = []
    for ago, changes in readings:
        at = now - ago * MINUTE
        told.append((Reading(**(usual | {"measured_at": at} | changes)), at))
    with record.write(now) as w:
        Keeping(w, TELEMETRY).take(told)


@pytest.fixture(scope="module")
def stations(desk: Desk) -> Desk:
    """A day of three stations: one in alarm, one that went silent hours ago, one that is well."""
    now = datetime.now(UTC)
    gauge = {"source_id": "water", "station_id": RESERVOIR, "factor": "water_level", "unit": "m"}
    for ago in range(1430, -1, -5):
        level = 22.9 + 0.4 * math.sin(ago / 200)
        benzene = 12.3 if ago < 15 else 0.1 + 0.05 * math.sin(ago / 60)
        hydrogen = {"factor": "hydrogen_sulphide", "value": 0.011}
        put(
            desk.record,
            now,
            (ago, {"value": round(benzene, 3)}),
            (ago, hydrogen),
            (ago, gauge | {"value": round(level, 3)}),
            *([(ago, {"station_id": SOUTH_EDGE, "value": 0.12})] if ago > 200 else []),
        )
    return desk


def at_xuwei(officer: Officer) -> None:
    officer.ask("board.map.setView([34.543, 119.573], 13, { animate: false })")
    wait_until(lambda: officer.ask("board.marks.items.some((i) => i.station)"), 30, "stations")


def click_station(officer: Officer, station: str) -> None:
    """Where the map draws it."""
    at = officer.ask(
        "(() => { const s = board.feed.stations.get('" + station + "');"
        " const p = board.map.latLngToContainerPoint([s.lat, s.lon]);"
        " const r = board.map.getContainer().getBoundingClientRect();"
        " return [p.x + r.x, p.y + r.y]; })()"
    )
    assert isinstance(at, list)
    frame = officer.page.locator("iframe[title^='streamlit_folium']").bounding_box()
    assert frame
    officer.page.mouse.click(frame["x"] + at[0], frame["y"] + at[1])


def test_a_station_shows_its_worst_factor_with_level_value_and_age(
    stations: Desk, officer: Officer
) -> None:
    officer.situation()
    at_xuwei(officer)
    click_station(officer, f"environment/{EAST_GATE}")
    panel = officer.map.locator(".station-card")
    panel.locator("svg").wait_for()
    assert "徐圩石化园区东门站" in panel.inner_text()
    first = panel.locator(".station-row").first.inner_text()
    assert "苯" in first
    assert "12.3 mg/m³" in first
    assert "严重" in first
    assert "近 24 小时 · 实时值" in panel.inner_text()
    assert "短时间接触容许浓度 6" in panel.locator("svg").text_content()
    assert officer.faults == []


def test_a_station_that_fell_silent_says_so_and_is_not_shown_as_the_present(
    stations: Desk, officer: Officer
) -> None:
    officer.situation()
    at_xuwei(officer)
    click_station(officer, f"environment/{SOUTH_EDGE}")
    row = officer.map.locator(".station-card .station-row").first
    row.wait_for()
    assert "过期" in row.inner_text()
    assert "3 小时前" in row.inner_text()


def test_a_new_reading_is_on_the_map_without_a_click(stations: Desk, officer: Officer) -> None:
    officer.situation()
    at_xuwei(officer)
    put(stations.record, datetime.now(UTC), (0, {"factor": "nmhc", "value": 1.75}))
    seen = f"board.feed.stations.get('environment/{EAST_GATE}').rows.map((r) => r.value)"
    wait_until(lambda: 1.75 in officer.ask(seen), 5, "the reading")  # type: ignore[operator]


def test_the_layer_of_stations_can_be_turned_off(stations: Desk, officer: Officer) -> None:
    officer.situation()
    at_xuwei(officer)
    officer.map.locator(".tool", has_text="筛选").click()
    officer.map.locator(".sift label", has_text="测站读数").click()
    wait_until(lambda: not officer.ask("board.marks.items.some((i) => i.station)"), 5, "none")
    officer.map.locator(".sift label", has_text="测站读数").click()
    wait_until(lambda: officer.ask("board.marks.items.some((i) => i.station)"), 5, "them again")
    wait_until(lambda: not officer.ask("sessionStorage.getItem('linkage.unsent')?.length > 2"), 5)


def test_the_past_of_a_station_is_for_who_is_signed_in(stations: Desk, browser: Browser) -> None:
    path = f"{stations.url}/api/live/station?id=environment/{EAST_GATE}"
    with take_a_seat(browser, stations, None) as nobody:
        assert nobody.request.get(path).status == 401


def test_the_page_lists_who_needs_a_look(stations: Desk, officer: Officer) -> None:
    officer.visit("/intake")
    folded = officer.page.locator(".st-key-intake_stations")
    folded.wait_for()
    assert "3 站有读数，2 站需要看一眼" in folded.inner_text()


def test_a_hand_in_the_list_keeps_its_place_when_readings_come(
    stations: Desk, officer: Officer
) -> None:
    """A station with many factors: the list is not thrown back to its top, the focus stays."""
    panel = officer.map.locator(".station-card")
    many = [(0, {"factor": f"w{n:05}", "unit": "", "value": float(n)}) for n in range(30)]
    put(stations.record, datetime.now(UTC), *many)
    officer.situation()
    at_xuwei(officer)
    click_station(officer, f"environment/{EAST_GATE}")
    row = panel.locator(".station-row").nth(25)
    row.click()
    before = panel.locator(".station-rows").evaluate("(list) => list.scrollTop")
    assert before > 100
    put(stations.record, datetime.now(UTC), (0, {"factor": "w00007", "unit": "", "value": 99.5}))
    wait_until(lambda: "99.5" in panel.inner_text(), 10, "the new reading")
    assert panel.locator(".station-rows").evaluate("(list) => list.scrollTop") == before
    assert row.evaluate("(row) => row === document.activeElement")
