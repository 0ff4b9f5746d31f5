"""An officer draws on the map: what lies inside, the ground downwind; and nothing jumps."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from sqlalchemy import insert, select

from dashboard.scene_feed import sites
from linkage.alerts import Point
from linkage.desk.inside import Ring, contains, km2, read_outline
from linkage.figures.area_export import AreaOrder, Sort, look_inside
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.plan.plume import Sky, Wind, plume, spread
from linkage.reading_tables import series
from linkage.readings.telemetry import load_telemetry
from linkage.response.unit_states import load_unit_states
from linkage.settings import load_settings
from linkage.sources import load_sources
from linkage.tables import log_entry, unit
from linkage.vocabulary import Role, Severity
from tests.browser import scene
from tests.browser.desk import ROOT, Desk, Officer, take_a_seat
from tests.parts import wait_until

LEAK = "储罐区苯泄漏 ${alert(1)} <img src=x onerror=alert(2)>"
PLACE = (34.618, 119.600)
STATES = ("待命", "途中 <b>", "检修", "${alert(3)}", "已返回途中")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    house = Desk(tmp_path_factory.mktemp("inside"))
    scene.evening(house.record)
    now = datetime.now(UTC)
    lat, lon = PLACE
    with house.record.write(now) as w:
        more: dict[str, Any] = {"kind": Kind.HAZMAT, "hazmat": True, "trapped": 2, "injured": 1}
        scene.open_incident(
            w, now, headline=LEAK, place=LEAK, lat=lat, lon=lon, severity=Severity.SEVERE, **more
        )
        rough = {"headline": "某村起火", "lat": 34.47, "lon": 119.24, "position_note": "coarse"}
        scene.open_incident(w, now, kind=Kind.FIRE, severity=Severity.MODERATE, **rough)
        for n, state in enumerate(STATES):
            row = {
                "agency_id": "fire", "unit_id": f"X{n}", "label": f"{n}车 {LEAK}", "state": state,
                "lon": lon + 0.004 * n, "lat": lat, "heading": 90, "speed_kmh": 20.0,
                "watched": False, "hazmat": False, "reported_at": now,
                "revision": w.next_revision(),
            }  # fmt: skip
            w.cx.execute(insert(unit).values(**row))
        at = int((now - timedelta(minutes=3)).timestamp() * 1000)
        for n, (factor, value) in enumerate((("wind_speed", 4.2), ("wind_direction", 135.0))):
            wind = {
                "id": n + 1, "source_id": "environment", "station_id": "320703000000000000000001",
                "factor": factor, "span": "moment", "exercise": False, "unit": "", "value": value,
                "quality": "normal", "measured_ms": at, "received_ms": at, "level": 0,
                "severity": "", "fault": "", "memory": "{}", "recent": b"", "packs": 0,
                "revision": w.next_revision(),
            }  # fmt: skip
            w.cx.execute(insert(series).values(**wind))
    house.start()
    yield house
    house.stop()
    house.record.close()


def look(officer: Officer, zoom: int = 13) -> None:
    officer.situation()
    lat, lon = PLACE
    officer.ask(f"board.map.setView([{lat}, {lon}], {zoom}, {{animate: false}}) && 1")


def spot(officer: Officer, east: int, north: int) -> tuple[float, float]:
    """On the screen, so many pixels from the middle of the map."""
    box = officer.map.locator("#map_div").bounding_box()
    assert box
    return box["x"] + box["width"] / 2 + east, box["y"] + box["height"] / 2 - north


def draw_circle(officer: Officer) -> None:
    officer.map.get_by_label("画圆圈选").click()
    officer.page.mouse.click(*spot(officer, -40, 0))
    officer.page.mouse.move(*spot(officer, -160, 40))
    officer.page.mouse.click(*spot(officer, -160, 40))
    officer.map.locator(".inside-card").wait_for()


def order(outline: Any, now: datetime) -> AreaOrder:
    settings = load_settings()
    return AreaOrder(
        actor=Actor("值班员甲", Role.DUTY_OFFICER),
        why="",
        outline=read_outline(outline),
        telemetry=load_telemetry(settings.tables, load_sources(ROOT / "sources.toml")),
        sites=sites(settings),
        agency_names={},
        at=now,
    )


FOUND = """(() => { const f = board.draw.panel.found;
  const ids = (list, of = "id") => list.map((one) => one[of]).sort();
  return { incidents: ids(f.real, "number"), drills: ids(f.drills, "number"), units: ids(f.crews),
    vehicles: ids(f.vehicles), stations: ids(f.stations), sites: ids(f.sites) }; })()"""


@pytest.mark.parametrize("form", ["circle", "ring"])
def test_the_browser_lists_what_the_record_counts(officer: Officer, desk: Desk, form: str) -> None:
    look(officer, 10)
    if form == "circle":
        draw_circle(officer)
    else:
        officer.map.get_by_label("画多边形圈选").click()
        for east, north in ((-200, 150), (150, 180), (180, -60), (-20, 20), (-180, -190)):
            officer.page.mouse.click(*spot(officer, east, north))
        officer.map.get_by_role("button", name="完成").click()
    officer.map.locator(".inside-card").wait_for()
    outline = officer.ask("board.draw.outline")
    found = look_inside(desk.record, order(outline, datetime.now(UTC)))
    expected = {
        "incidents": sorted(row.number for row in found.of(Sort.INCIDENT)),
        "drills": sorted(row.number for row in found.of(Sort.INCIDENT, exercise=True)),
        "units": sorted(row.number for row in found.of(Sort.UNIT)),
        "vehicles": sorted(row.number for row in found.of(Sort.VEHICLE)),
        "stations": sorted(row.number for row in found.of(Sort.STATION)),
        "sites": sorted(row.number for row in found.of(Sort.SITE)),
    }
    assert officer.ask(FOUND) == expected
    assert expected["incidents"]
    assert officer.ask("Linkage.geo.km2(board.draw.outline)") == pytest.approx(
        km2(read_outline(outline)), rel=1e-9
    )


def test_a_click_in_the_list_chooses_and_drawing_chooses_nothing(officer: Officer) -> None:
    look(officer)
    draw_circle(officer)
    assert officer.ask("board.selected") is None
    assert officer.map.locator(".inside-card .title").inner_text() == "圈选范围"
    expect(officer.map.locator(".inside-card")).to_contain_text("被困 2 · 受伤 1")
    expect(officer.map.locator(".inside-card")).to_contain_text("无人口数据")
    officer.map.locator(".inside-row", has_text="储罐区苯泄漏").first.click()
    officer.map.locator(".card").wait_for()
    assert officer.ask("board.feed.incidents.get(board.selected).title") == LEAK
    assert officer.map.locator(".inside-card img").count() == 0


def test_the_radius_can_be_typed_and_the_edge_dragged(officer: Officer) -> None:
    look(officer)
    officer.map.get_by_label("画圆圈选").click()
    officer.map.locator(".draw-bar .draw-radius").fill("1.5")
    officer.page.keyboard.press("Enter")
    officer.map.locator(".inside-card").wait_for()
    assert officer.ask("board.draw.outline.radius_m") == 1500
    officer.map.locator(".inside-card .draw-radius").fill("0.8")
    wait_until(lambda: officer.ask("board.draw.outline.radius_m") == 800, 5)
    edge = officer.map.locator(".draw-grip.edge").bounding_box()
    assert edge
    officer.page.mouse.move(edge["x"] + 7, edge["y"] + 7)
    officer.page.mouse.down()
    officer.page.mouse.move(edge["x"] + 87, edge["y"] + 7, steps=4)
    officer.page.mouse.up()
    wait_until(lambda: float(str(officer.ask("board.draw.outline.radius_m"))) > 1500, 5)
    officer.map.locator(".inside-card .draw-radius").fill("-3")
    assert "wrong" in str(officer.map.locator(".inside-card .draw-radius").get_attribute("class"))


def test_it_is_drawn_by_keys_alone_and_given_up_by_escape(officer: Officer) -> None:
    look(officer)
    chosen = officer.ask("[...board.feed.incidents.keys()][0]")
    officer.ask(f"board.choose('{chosen}', 'map') || 1")
    officer.map.get_by_label("画多边形圈选").focus()
    officer.page.keyboard.press("Enter")
    officer.page.keyboard.press("Enter")
    for arrows in (["ArrowRight"] * 2, ["ArrowDown"] * 2):
        for arrow in arrows:
            before = officer.ask("board.map.getCenter().toString()")
            officer.page.keyboard.press(arrow)
            wait_until(lambda b=before: officer.ask("board.map.getCenter().toString()") != b, 5)  # type: ignore[misc]
            wait_until(
                lambda: (
                    not officer.ask("Boolean(board.map._panAnim && board.map._panAnim._inProgress)")
                ),
                5,
            )
        officer.page.keyboard.press("Enter")
    assert officer.ask("board.draw.points.length") == 3
    officer.page.keyboard.press("Backspace")
    assert officer.ask("board.draw.points.length") == 2
    officer.page.keyboard.press("Enter")
    officer.map.get_by_role("button", name="完成").focus()
    officer.page.keyboard.press("Enter")
    officer.map.locator(".inside-card").wait_for()
    assert officer.ask("board.draw.outline.corners.length") == 3
    assert officer.ask("board.selected") == chosen, "no key of drawing left the incident"
    officer.map.get_by_label("画圆圈选").click()
    officer.page.keyboard.press("Escape")
    assert officer.map.locator(".draw-bar").is_hidden()
    assert officer.ask("board.selected") == chosen
    assert officer.ask("board.draw.outline.form") == "ring", "what stood before still stands"
    officer.map.locator(".draw-grip.corner").first.focus()
    before = officer.ask("board.draw.outline.corners[0][0]")
    officer.page.keyboard.press("ArrowRight")
    wait_until(lambda: officer.ask("board.draw.outline.corners[0][0]") != before, 5)


def test_crossed_edges_are_named_and_not_taken_along(officer: Officer) -> None:
    look(officer)
    officer.ask(
        "board.draw.take({form: 'ring', corners:"
        " [[119.5, 34.6], [119.7, 34.7], [119.7, 34.6], [119.5, 34.7]]}) || 1"
    )
    expect(officer.map.locator(".inside-card .number")).to_contain_text("互相交叉")
    assert officer.map.locator(".inside-card .primary").is_disabled()


def test_nothing_moves_while_reports_come_in(officer: Officer, desk: Desk) -> None:
    look(officer)
    draw_circle(officer)
    before = officer.view()
    count = "board.draw.panel.found.real.length"
    had = int(str(officer.ask(count)))
    officer.ask("board.draw.panel.body.scrollTop = 30")
    lat, lon = PLACE
    for n in range(3):
        with desk.record.write() as w:
            scene.open_incident(
                w,
                datetime.now(UTC),
                headline=f"新来 {n}",
                lat=lat,
                lon=lon - 0.004,
                severity=Severity.MINOR,
            )
    wait_until(lambda: officer.ask(count) == had + 3, 8)
    assert officer.view() == before
    assert officer.ask("board.draw.panel.body.scrollTop") == 30


def test_it_stands_again_after_a_visit_to_another_page(officer: Officer) -> None:
    look(officer)
    draw_circle(officer)
    outline = officer.ask("board.draw.outline")
    officer.page.get_by_role("link", name="接入状态").click()
    officer.page.get_by_role("heading", name="接入状态").wait_for()
    officer.page.get_by_role("link", name="态势总览").click()
    officer.map.locator(".light.green").wait_for()
    officer.map.locator(".inside-card .inside-part").first.wait_for()
    assert officer.ask("board.draw.outline") == outline


def test_it_is_taken_along_with_a_purpose_and_logged(officer: Officer, desk: Desk) -> None:
    look(officer)
    draw_circle(officer)
    frames = officer.ask("board.seq")
    officer.map.get_by_role("button", name="导出…").click()
    box = officer.page.get_by_role("dialog")
    box.get_by_text("另有待定位事件").wait_for()
    assert officer.ask("board.seq > " + str(frames))
    box.get_by_label("用途（必填，写入处置记录）").fill("通报园区")
    officer.page.keyboard.press("Enter")
    link = box.get_by_role("link", name="导出 GeoJSON 范围和点位")
    wait_until(lambda: "/api/export/" in str(link.get_attribute("href")), 10)
    with officer.page.expect_download() as got:
        link.click()
    assert got.value.suggested_filename.startswith("圈选范围_")
    features = json.loads(got.value.path().read_text(encoding="utf-8"))["features"]
    assert any(LEAK[:6] in str(one["properties"].get("名称")) for one in features)
    with desk.record.read() as cx:
        lines = cx.execute(select(log_entry).where(log_entry.c.action == "export")).all()
    assert lines[-1].reason == "通报园区"
    assert officer.ask("board.map.getZoom()") == 13, "the map stands behind the dialog"


def test_wind_of_the_nearest_station_drives_it_north_west(officer: Officer) -> None:
    look(officer)
    leak = officer.ask(
        f"[...board.feed.incidents.values()].find((r) => r.title === {json.dumps(LEAK)}).id"
    )
    officer.ask(f"board.choose('{leak}', 'map') || 1")
    officer.map.get_by_role("button", name="下风向示意").click()
    officer.map.locator(".plume-note span").wait_for()
    expect(officer.map.locator(".plume-note")).to_contain_text(
        "粗略示意，不能代替现场侦检和扩散计算"
    )
    said = officer.map.locator(".plume-said").inner_text()
    assert "东南风（135°）吹向西北（315°）" in said
    expect(officer.map.locator(".plume-basis")).to_contain_text("待核")
    corners = officer.ask("board.draw.outline.corners")
    assert isinstance(corners, list)
    here = plume(Point(PLACE[1], PLACE[0]), Wind(135, 4.2), Sky.UNKNOWN, 300, 50).ring
    flat = [degrees for corner in corners for degrees in corner]
    assert flat == pytest.approx([degrees for corner in here for degrees in corner])
    read_outline({"form": "ring", "corners": corners})
    officer.map.get_by_label("来向").fill("0")
    officer.map.get_by_label("下风向长度").fill("2000")
    ring = Ring(tuple(tuple(c) for c in officer.ask("board.draw.outline.corners")))  # type: ignore[attr-defined]
    assert contains(ring, Point(PLACE[1], PLACE[0] - 0.015)), "wind from the north: to the south"
    assert not contains(ring, Point(PLACE[1], PLACE[0] + 0.003))
    expect(officer.map.locator(".plume-said")).to_contain_text("北风（0°）吹向南（180°）")
    officer.map.get_by_label("风速").fill("0.3")
    expect(officer.map.locator(".plume-said")).to_contain_text("静风")
    officer.map.get_by_label("风速").fill("")
    expect(officer.map.locator(".plume-said")).to_contain_text("请填写风速")
    assert officer.map.locator(".plume-note").count() == 0


def test_the_browser_spreads_and_reads_states_as_the_rules_do(officer: Officer) -> None:
    officer.situation()
    for sky in Sky:
        for speed in (0.5, 1.0, 1.9, 2.0, 3.0, 4.9, 5.0, 6.0, 11.0):
            told = officer.ask(
                f"Linkage.plumeSpread(board.feed.words.plume, {speed}, '{sky.value}')"
            )
            assert told == pytest.approx(list(spread(speed, sky)[:2]))
    states = load_unit_states(load_settings().tables / "unit_states.toml")
    for word in (*STATES, "返回途中", "busy", "x", " 待命 ", "现场待命"):
        told = officer.ask(f"Linkage.readiness(board.feed.words, {json.dumps(word)})")
        assert told == states.readiness(word).value, word


def test_a_rough_position_says_how_rough(officer: Officer) -> None:
    look(officer)
    rough = officer.ask("[...board.feed.incidents.values()].find((r) => r.title === '某村起火').id")
    officer.ask(f"board.choose('{rough}', 'map') || 1")
    expect(officer.map.locator(".card")).to_contain_text("误差约 800 米，坐标只有两位小数")


def test_a_bubble_says_level_kind_and_practice_when_pointed_at(officer: Officer) -> None:
    officer.situation()
    said = officer.ask(
        "board.card.summary([...board.feed.incidents.values()]).map((e) => e.textContent)"
    )
    assert isinstance(said, list)
    assert "起事件" in said[0]
    assert "特别严重 1 · 严重" in said[1]
    assert any("演练 1（不计入）" in line for line in said)


def test_layers_and_filters_go_with_the_person_to_another_machine(
    officer: Officer, desk: Desk, browser: Browser
) -> None:
    look(officer)
    officer.map.get_by_role("button", name="筛选").click()
    with officer.page.expect_response("**/api/live/preference") as kept:
        officer.map.locator(".sift .box", has_text="监管车辆").click()
    assert kept.value.status == 204
    assert officer.ask("board.marks.shown.vehicles") is False
    with take_a_seat(browser, desk) as elsewhere:
        other = Officer(elsewhere, desk)
        other.situation()
        wait_until(lambda: other.ask("board.marks.shown.vehicles") is False, 5)
        assert other.ask("board.marks.shown.units") is True
    colleague = Actor("值班长甲", Role.DUTY_CHIEF)
    with take_a_seat(browser, desk, colleague) as theirs:
        third = Officer(theirs, desk)
        third.situation()
        assert third.ask("board.marks.shown.vehicles") is True


def test_a_preference_is_refused_to_who_is_not_signed_in(desk: Desk, browser: Browser) -> None:
    with take_a_seat(browser, desk, None) as nobody:
        for method, data in (("GET", None), ("PUT", {"name": "sift", "value": {}})):
            answer = nobody.request.fetch(
                f"{desk.url}/api/live/preference", method=method, data=data, max_redirects=0
            )
            assert answer.status == 401
        assert nobody.request.get(f"{desk.url}/api/live/scene?incident=1").status == 401


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ('{"name": "sift", "value": {"off": []}}', 204),
        ('{"name": "password", "value": 1}', 400),
        ("not json", 400),
        ('{"name": "sift", "value": "' + "x" * 15_000 + '"}', 400),
        ("x" * 30_000, 413),
    ],
)
def test_only_what_is_a_preference_is_kept(
    context: BrowserContext, desk: Desk, data: str, status: int
) -> None:
    headers = {"Content-Type": "application/json"}
    address = f"{desk.url}/api/live/preference"
    answer = context.request.fetch(address, method="PUT", data=data, headers=headers)
    assert answer.status == status
