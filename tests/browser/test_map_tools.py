"""找地点、测距: on the map, by keyboard alone if liked, and nothing else of the desk is moved."""

import math
import re

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Officer
from tests.parts import wait_until

# The answer to a question comes when it is let go.
HELD = """(() => { const ask = Linkage.ask; Linkage.ask = (...all) => new Promise((go) => {
  window.letGo = () => { Linkage.ask = ask; go(ask(...all)); return true; }; }); return 1; })()"""


def ready(officer: Officer) -> None:
    officer.situation()
    officer.map.locator(".name.district").first.wait_for()
    officer.map.locator(".leaflet-container").focus()


def find(officer: Officer, text: str) -> None:
    officer.page.keyboard.press("g")
    officer.page.keyboard.type(text)


def centre(officer: Officer) -> tuple[float, float]:
    at = officer.ask("[board.map.getCenter().lng, board.map.getCenter().lat]")
    assert isinstance(at, list)
    return at[0], at[1]


def pinned(officer: Officer) -> object:
    tools = "board.baseMap.tools.places"
    return officer.ask(f"{tools}.pinnedHit && {tools}.pinnedHit.name")


@pytest.mark.parametrize(
    ("typed", "found", "lon", "lat"),
    [
        ("banpu", "板浦", 119.2447, 34.4756),
        ("lygszf", "连云港市人民政府", 119.2161, 34.5977),
        ("田湾", "田湾核电站", 119.46, 34.687),
        ("119.2,34.6", "119.200000, 34.600000", 119.2, 34.6),
    ],
)
def test_a_place_is_found_and_flown_to_by_keyboard_alone(
    officer: Officer, typed: str, found: str, lon: float, lat: float
) -> None:
    ready(officer)
    queue = officer.map.locator(".search").input_value()
    find(officer, typed)
    officer.page.keyboard.press("Enter")
    wait_until(lambda: pinned(officer) == found, 30, "the pin")
    wait_until(lambda: math.dist(centre(officer), (lon, lat)) < 0.002, 30, "the flight")
    assert officer.map.locator(".search").input_value() == queue
    officer.page.keyboard.press("Escape")
    wait_until(lambda: pinned(officer) is None, 30, "the pin to go")


def test_enter_while_the_answer_is_on_its_way_goes_there_when_it_comes(officer: Officer) -> None:
    ready(officer)
    officer.ask(HELD)
    find(officer, "banpu")
    wait_until(lambda: officer.ask("Boolean(window.letGo)"), 10, "the question")
    officer.page.keyboard.press("Enter")
    assert pinned(officer) is None
    officer.ask("window.letGo() && 1")
    wait_until(lambda: pinned(officer) == "板浦", 30, "the pin")


def test_the_list_says_kind_and_district_and_is_walked_by_arrows(officer: Officer) -> None:
    ready(officer)
    find(officer, "lianyun")
    rows = officer.map.locator(".place")
    rows.nth(2).wait_for()
    assert "区县" in rows.nth(0).inner_text()
    chosen = officer.map.locator(".place[aria-selected=true] b")
    first = chosen.inner_text()
    officer.page.keyboard.press("ArrowDown")
    second = chosen.inner_text()
    assert first != second
    officer.page.keyboard.press("Enter")
    wait_until(lambda: pinned(officer) == second, 30, "the pin")


def test_numbers_of_another_map_are_offered_as_that_map_means_them(officer: Officer) -> None:
    ready(officer)
    find(officer, "119.2 34.6")
    rows = officer.map.locator(".place")
    rows.nth(2).wait_for()
    assert "高德" in rows.nth(1).inner_text()
    assert "119.194" in rows.nth(1).inner_text()
    assert "百度" in rows.nth(2).inner_text()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("没有这地方", "没有这个地点"),
        ("119.2,94", "请核对"),
        ("<img src=x onerror=alert(1)>", "没有这个地点"),
    ],
)
def test_what_is_not_found_is_said(officer: Officer, typed: str, said: str) -> None:
    ready(officer)
    find(officer, typed)
    note = officer.map.locator(".places-note")
    wait_until(lambda: said in note.inner_text(), 30, "the answer")


def test_letters_typed_there_are_no_commands_of_the_desk(officer: Officer) -> None:
    ready(officer)
    before = officer.ask("[board.queue.tab, board.alarm.on, board.selected]")
    find(officer, "m1234d/")
    assert officer.ask("[board.queue.tab, board.alarm.on, board.selected]") == before
    assert officer.ask("board.baseMap.tools.measure.on") is False
    officer.page.keyboard.press("Escape")
    officer.page.keyboard.press("Escape")
    assert officer.map.locator(".places-field").is_hidden()


def click(officer: Officer, x: float, y: float, button: str = "left") -> None:
    """At a pixel of the map."""
    ground = officer.map.locator("#map_div").bounding_box()
    assert ground
    officer.page.mouse.click(ground["x"] + x, ground["y"] + y, button=button)  # type: ignore[arg-type]


def points(officer: Officer) -> object:
    return officer.ask("board.baseMap.tools.measure.points.length")


def test_a_way_is_measured_leg_by_leg_and_an_area_when_closed(officer: Officer) -> None:
    ready(officer)
    officer.ask("board.map.setView([34.6, 119.2], 12, { animate: false }) && 1")
    officer.page.keyboard.press("d")
    panel = officer.map.locator(".measure")
    for n, (x, y) in enumerate(((300, 300), (500, 300), (500, 450)), 1):
        click(officer, x, y)
        wait_until(lambda n=n: points(officer) == n, 30, "the point")  # type: ignore[misc]
    # 200 pixels east, then 150 south, at this zoom and latitude.
    metres = 156543.034 * math.cos(math.radians(34.6)) / 2**12
    text = panel.inner_text()
    assert "共" in text
    assert "海里" in text
    assert "（东）" in text
    assert "（南）" in text
    total = officer.ask("board.baseMap.tools.measure.total")
    assert isinstance(total, float)
    assert total == pytest.approx(350 * metres, rel=0.005)
    officer.page.keyboard.press("c")
    wait_until(lambda: "面积" in panel.inner_text(), 30, "the area")
    area = officer.ask("Linkage.Measure.area(board.baseMap.tools.measure.points)")
    assert area == pytest.approx(200 * 150 / 2 * metres**2, rel=0.01)
    assert officer.ask("board.selected") is None, "measuring chose an incident"
    officer.page.keyboard.press("Escape")
    panel.wait_for(state="hidden")


def test_the_last_point_is_taken_back_by_the_right_button_and_by_backspace(
    officer: Officer,
) -> None:
    ready(officer)
    officer.page.keyboard.press("d")
    for n, x in enumerate((300, 400, 500), 1):
        click(officer, x, 350)
        wait_until(lambda n=n: points(officer) == n, 30, "the point")  # type: ignore[misc]
    click(officer, 450, 400, "right")
    assert points(officer) == 2
    officer.page.keyboard.press("Backspace")
    assert points(officer) == 1


def test_measuring_needs_no_mouse(officer: Officer) -> None:
    ready(officer)
    officer.page.keyboard.press("d")
    officer.page.keyboard.press("Enter")
    officer.map.locator(".measure-cross").wait_for()
    officer.page.keyboard.press("Enter")
    assert points(officer) == 1
    before = centre(officer)
    officer.page.keyboard.press("ArrowRight")
    wait_until(lambda: centre(officer)[0] > before[0] + 0.001, 30, "the map to move")
    officer.page.keyboard.press("Enter")
    wait_until(lambda: points(officer) == 2, 30, "the second point")


def test_lengths_bearings_and_areas_are_those_of_the_ellipsoid(officer: Officer) -> None:
    """Vincenty's line Flinders Peak to Buninyong, and a cell of one minute of the graticule."""
    ready(officer)
    line = officer.ask(
        "Linkage.Measure.between({lat:-37.95103341666667,lng:144.42486788888888},"
        "{lat:-37.65282113888889,lng:143.92649552777777})"
    )
    assert isinstance(line, dict)
    assert line["metres"] == pytest.approx(54972.271, abs=0.005)
    assert line["bearing"] == pytest.approx(306.86816, abs=1e-4)
    same = officer.ask("Linkage.Measure.between({lat:34.6,lng:119.2},{lat:34.6,lng:119.2})")
    assert same == {"metres": 0, "bearing": 0}
    a, e2, lat, side = 6378137.0, 0.00669437999014, math.radians(34.6), math.radians(1 / 60)
    root = 1 - e2 * math.sin(lat) ** 2
    exact = a * (1 - e2) / root**1.5 * a / math.sqrt(root) * math.cos(lat) * side**2
    south, north = 34.6 - 1 / 120, 34.6 + 1 / 120
    cell = officer.ask(
        f"Linkage.Measure.area([[{south},119],[{south},{119 + 1 / 60}],"
        f"[{north},{119 + 1 / 60}],[{north},119]].map(([lat, lng]) => ({{ lat, lng }})))"
    )
    assert cell == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize(
    ("metres", "said"),
    [
        (3.4, "3 米"),
        (850, "850 米"),
        (1234, "1.23 公里"),
        (45678, "45.7 公里"),
        (123456, "123 公里"),
    ],
)
def test_a_length_is_said_as_people_say_it(officer: Officer, metres: float, said: str) -> None:
    ready(officer)
    assert officer.ask(f"Linkage.Measure.distance({metres})") == said


def test_names_never_lie_over_each_other_and_stand_once(officer: Officer) -> None:
    ready(officer)
    for zoom in (9, 10, 11, 12, 13):
        officer.ask(f"board.map.setView([34.6, 119.3], {zoom}, {{ animate: false }}) && 1")
        drawn = officer.ask("board.baseMap.labels.drawn")
        assert isinstance(drawn, list)
        assert drawn, zoom
        names = [one["text"] for one in drawn]
        assert len(set(names)) == len(names)
        boxes = [one["box"] for one in drawn]
        for n, a in enumerate(boxes):
            for b in boxes[n + 1 :]:
                apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
                apart = apart or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
                assert apart, (zoom, a, b)


def test_the_scale_says_metres_and_kilometres(officer: Officer) -> None:
    ready(officer)
    scale = officer.map.locator(".leaflet-control-scale-line")
    assert "公里" in scale.inner_text()
    officer.ask("board.map.setView([34.6, 119.2], 17, { animate: false }) && 1")
    expect(scale).to_have_text(re.compile(r"^\d+ 米$"))
    expect(officer.map.locator(".middle")).to_contain_text("海州区 119.2000, 34.6000")


def test_risk_sites_stand_on_the_map_with_name_and_can_be_turned_off(officer: Officer) -> None:
    ready(officer)
    officer.ask("board.map.setView([34.69, 119.45], 12, { animate: false }) && 1")
    names = officer.map.locator(".name.site")
    wait_until(lambda: "田湾核电站" in names.all_inner_texts(), 30, "the site")
    assert officer.map.locator(".sign.site svg").count() >= 1
    officer.map.locator(".tool", has_text="筛选").click()
    officer.map.locator(".sift label", has_text="风险点位").click()
    wait_until(lambda: names.count() == 0, 30, "the sites to go")


def test_the_small_map_of_an_incident_has_its_ground_its_names_and_its_scale(
    officer: Officer,
) -> None:
    officer.visit("/incident?incident=1")
    small = officer.page.frame_locator("iframe[title^='streamlit_folium']").first
    small.locator(".leaflet-control-scale-line", has_text=re.compile("米|公里")).wait_for()
    small.locator(".leaflet-base-districts-pane path").first.wait_for(state="attached")
    small.locator(".map-names").wait_for(state="attached")
