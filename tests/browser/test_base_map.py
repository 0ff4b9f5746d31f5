"""底图: the operator's own tiles lie where they should, in any datum and grid; away, ours stand."""

import http.server
import io
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser

from linkage.alerts import Point
from linkage.datum import Datum, from_wgs84, wgs_to_gcj
from linkage.people import Actor
from linkage.vocabulary import Role
from tests import map_files
from tests.browser import scene
from tests.browser.desk import Desk, Officer, take_a_seat
from tests.parts import free_port, wait_until

# Nothing else lies here, so nothing is drawn over it.
SQUARE = Point(119.02, 34.40)
ZOOM = 15
METRES_A_PIXEL = 3.94  # at that zoom and latitude
KEY = "0123456789secret"
LAYERS = """
[[layer]]
id = "file-wgs84"
name = "本市影像"
file = "{folder}/city.pmtiles"
datum = "wgs84"
attribution = "本市 <b>测绘</b>"
approval = "苏S（2026）001号"

[[layer]]
id = "file-gcj02"
name = "外购切片"
file = "{folder}/bought.mbtiles"
datum = "gcj02"
attribution = "外购"

[[layer]]
id = "wmts-w"
name = "天地图矢量"
url = "{address}/vec_w/wmts?TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={{key}}"
key_file = "{folder}/key"
datum = "cgcs2000"
has_labels = false
attribution = "天地图"
approval = "GS（2026）0001号"

[[layer]]
id = "wmts-c"
name = "天地图矢量（经纬度）"
url = "{address}/vec_c/wmts?TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={{key}}"
key_file = "{folder}/key"
grid = "EPSG:4490"
datum = "cgcs2000"
attribution = "天地图"

[[layer]]
id = "wmts-names"
name = "天地图注记"
role = "labels"
over = ["wmts-w"]
url = "{address}/cva_w/wmts?TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}"
datum = "cgcs2000"
attribution = "天地图"

[[layer]]
id = "gone-server"
name = "停机的服务"
url = "http://127.0.0.1:{dead}/{{z}}/{{x}}/{{y}}"
datum = "wgs84"
attribution = "无"

[[layer]]
id = "gone-file"
name = "没挂上的盘"
file = "{folder}/away/city.pmtiles"
datum = "wgs84"
attribution = "无"
"""


class Intranet:
    """天地图 as a mirror in the intranet answers: two grids, and names on nothing."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        said = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = urlsplit(self.path)
                words = {name: value[0] for name, value in parse_qs(asked.query).items()}
                said.keys.add(words.get("tk", ""))
                where = (int(words["TILEMATRIX"]), int(words["TILECOL"]), int(words["TILEROW"]))
                degrees = asked.path.startswith("/vec_c")
                project = map_files.in_degrees if degrees else map_files.in_mercator
                body = map_files.tile(where, SQUARE, Datum.CGCS2000, project)
                if asked.path.startswith("/cva"):
                    clear = io.BytesIO()
                    Image.new("RGBA", (256, 256), (0, 0, 0, 0)).save(clear, "PNG")
                    body = clear.getvalue()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join(5)
        self.server.server_close()


@pytest.fixture(scope="module")
def intranet() -> Iterator[Intranet]:
    found = Intranet()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def desk(intranet: Intranet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("maps")
    places = [where for z in (12, ZOOM) for where in map_files.around(z, SQUARE.lon, SQUARE.lat, 5)]
    map_files.pmtiles(
        folder / "city.pmtiles", [(where, map_files.tile(where, SQUARE)) for where in places]
    )
    map_files.mbtiles(
        folder / "bought.mbtiles",
        [(where, map_files.tile(where, SQUARE, Datum.GCJ02)) for where in places],
    )
    (folder / "key").write_text(KEY)
    text = LAYERS.format(folder=folder, address=intranet.address, dead=free_port())
    (folder / "basemap.toml").write_text(text, encoding="utf-8")
    house = Desk(tmp_path_factory.mktemp("desk"))
    scene.evening(house.record)
    os.environ["LINKAGE_BASEMAP"] = str(folder / "basemap.toml")
    try:
        house.start()
    finally:
        del os.environ["LINKAGE_BASEMAP"]
    yield house
    house.stop()
    house.record.close()


def show(officer: Officer, layer: str) -> None:
    """The layer by its button, the square in the middle of the map."""
    officer.ask(
        f"board.map.setView([{SQUARE.lat}, {SQUARE.lon}], {ZOOM}, {{ animate: false }}) && 1"
    )
    officer.map.locator(".map-tool[aria-label='选择底图']").click()
    officer.map.locator(".ground-panel label", has_text=re.compile(f"^{layer}$")).click()
    officer.map.locator(".map-tool[aria-label='选择底图']").click()


def square(officer: Officer) -> tuple[float, float] | None:
    """How far the middle of the red square lies from where the map has its point, in pixels."""
    where = f"board.map.latLngToContainerPoint([{SQUARE.lat}, {SQUARE.lon}])"
    ground = officer.map.locator("#map_div").bounding_box()
    middle = f"[{where}.x, {where}.y]"
    at = officer.ask(middle)
    assert ground
    assert isinstance(at, list)
    shot = Image.open(io.BytesIO(officer.page.screenshot(clip=ground))).convert("RGB")
    pixels = shot.load()
    assert pixels
    if officer.map.locator("#map_div").bounding_box() != ground or officer.ask(middle) != at:
        return None  # the page was making room for its banner
    found = [
        (x, y)
        for x in range(shot.width * 3 // 8, shot.width * 5 // 8)
        for y in range(shot.height * 3 // 8, shot.height * 5 // 8)
        if pixels[x, y][0] > 200 and pixels[x, y][1] < 60 and pixels[x, y][2] < 60  # type: ignore[index]
    ]
    side = 2 * map_files.HALF  # pixels
    if not (side - 2) ** 2 <= len(found) <= (side + 2) ** 2:
        return None  # not there yet, or together with that of the map before
    middle_x = sum(x for x, _ in found) / len(found) + 0.5
    middle_y = sum(y for _, y in found) / len(found) + 0.5
    return middle_x - at[0], middle_y - at[1]


@pytest.mark.parametrize("layer", ["本市影像", "外购切片", "天地图矢量", "天地图矢量（经纬度）"])
def test_what_a_map_shows_lies_where_our_points_lie(officer: Officer, layer: str) -> None:
    """Files and server, WGS-84, CGCS2000 and GCJ-02, both grids: within a pixel and a half, 5 m."""
    officer.situation()
    show(officer, layer)
    off = wait_until(lambda: square(officer), 30, "the square on the map")
    assert off
    assert abs(off[0]) * METRES_A_PIXEL < 5, off
    assert abs(off[1]) * METRES_A_PIXEL < 5, off


def test_the_key_never_reaches_the_browser(officer: Officer, intranet: Intranet) -> None:
    officer.situation()
    show(officer, "天地图矢量")
    wait_until(lambda: square(officer) is not None, 30, "the square on the map")
    assert KEY in intranet.keys
    assert [url for url in officer.asked if KEY in url] == []
    told = officer.ask("Linkage.ask('api/live/ground').then((answer) => answer.text())")
    assert KEY not in str(told)
    assert intranet.address not in str(told)


def test_whose_map_it_is_stands_on_it_as_text(officer: Officer) -> None:
    officer.situation()
    show(officer, "本市影像")
    credit = officer.map.locator(".leaflet-control-attribution")
    wait_until(lambda: "审图号 苏S（2026）001号" in credit.inner_text(), 30, "the credit")
    assert "本市 <b>测绘</b>" in credit.inner_text()
    show(officer, "系统自带底图")
    wait_until(lambda: "苏S" not in credit.inner_text(), 30, "the credit to go")


@pytest.mark.parametrize("layer", ["停机的服务", "没挂上的盘（取不到）"])
def test_while_the_tiles_are_away_our_own_map_stands_and_says_so(
    officer: Officer, layer: str
) -> None:
    officer.situation()
    show(officer, layer)
    note = officer.map.locator(".ground-note")
    wait_until(lambda: "暂时取不到" in note.inner_text(), 30, "the note")
    assert "显示系统自带的底图" in note.inner_text()
    assert officer.ask("Object.keys(board.baseMap.parts).includes('districts')")
    assert officer.ask("!board.baseMap.namesCovered")
    show(officer, "系统自带底图")
    note.wait_for(state="hidden")


def test_a_map_with_names_of_its_own_takes_ours_away_and_leaves_the_borders(
    officer: Officer,
) -> None:
    officer.situation()
    officer.ask("board.map.setView([34.40, 119.02], 12, { animate: false }) && 1")
    officer.ask("board.baseMap.tiles.plain() || 1")
    names = "board.baseMap.labels.drawn.filter((d) => d.kind !== 'site').length"
    wait_until(lambda: officer.ask(f"{names} > 1"), 30, "our names")
    officer.ask("board.baseMap.tiles.choose('file-wgs84') || 1")
    wait_until(lambda: officer.ask(f"{names} === 0"), 30, "our names to go")
    assert officer.ask("Boolean(board.baseMap.parts.outline)")
    officer.ask("board.baseMap.tiles.choose('wmts-w') || 1")
    wait_until(lambda: officer.ask(f"{names}") == 0, 30, "the names of the label layer instead")
    officer.ask("board.baseMap.tiles.plain() || 1")
    wait_until(lambda: officer.ask(f"{names} > 1"), 30, "our names again")


def test_beyond_the_edge_of_the_operators_map_our_names_stand(officer: Officer) -> None:
    officer.situation()
    officer.ask("board.baseMap.tiles.choose('file-wgs84') || 1")
    officer.ask("board.map.setView([35.0, 119.15], 12, { animate: false }) && 1")
    names = "board.baseMap.labels.drawn.filter((d) => d.kind !== 'site').length"
    wait_until(lambda: officer.ask(f"{names} > 1"), 30, "our names")
    assert officer.map.locator(".ground-note").is_hidden()


def test_the_shift_is_the_one_of_the_intake(officer: Officer) -> None:
    """Everywhere in the city less than 5 m; far out, where a pixel is 100 m, 0.05 of a pixel."""
    officer.situation()
    worst = officer.ask(
        """(() => {
          const layer = { datum: "gcj02", grid: "EPSG:3857" };
          let worst = 0;
          for (let z = 8; z <= 18; z++) {
            for (let lon = 118.3; lon < 119.95; lon += 0.11) {
              for (let lat = 33.95; lat < 35.2; lat += 0.09) {
                const world = 256 * 2 ** z;
                const rad = (lat * Math.PI) / 180;
                const px = ((lon + 180) / 360) * world;
                const py = ((1 - Math.asinh(Math.tan(rad)) / Math.PI) / 2) * world;
                const [x, y] = [Math.floor(px / 256), Math.floor(py / 256)];
                const cell = Linkage.OwnTiles.cells(layer, z, x, y, z).find((c) =>
                  px - x * 256 >= c.left && px - x * 256 <= c.left + c.wide &&
                  py - y * 256 >= c.top && py - y * 256 <= c.top + c.deep);
                const sx = cell.x0 + ((px - x * 256 - cell.left) / cell.wide) * (cell.x1 - cell.x0);
                const sy = cell.y0 + ((py - y * 256 - cell.top) / cell.deep) * (cell.y1 - cell.y0);
                const [tx, ty] = Linkage.gcjPixel(layer, z, lon, lat);
                const metres = (40075016.7 * Math.cos(rad)) / world;
                const off = Math.hypot(sx - tx, sy - ty);
                worst = Math.max(worst, z < 11 ? off * 100 : off * metres);
              }
            }
          }
          return worst;
        })()"""
    )
    assert isinstance(worst, float)
    assert worst < 5, worst
    z, lon, lat = 18, 119.2, 34.6
    told = officer.ask(f"Linkage.gcjPixel({{datum:'gcj02',grid:'EPSG:3857'}}, {z}, {lon}, {lat})")
    assert told == pytest.approx(list(map_files.in_mercator(z, *wgs_to_gcj(lon, lat))), abs=0.01)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/live/tiles/file-wgs84/15/1/1", 204),
        ("/api/live/tiles/nobody/15/1/1", 404),
        ("/api/live/tiles/file-wgs84/3/9/1", 404),
        ("/api/live/tiles/file-wgs84/99/1/1", 404),
        ("/api/live/tiles/gone-server/12/1/1", 503),
    ],
)
def test_only_a_tile_is_handed_out(officer: Officer, path: str, status: int) -> None:
    officer.situation()
    assert officer.page.request.get(officer.desk.url + path).status == status


@pytest.mark.parametrize(
    "path",
    [
        "/api/live/tiles/..%2f..%2fkey/1/1/1",
        "/api/live/tiles/file-wgs84/1/1/..%2f..%2fkey",
        "/api/live/tiles/file-wgs84/-1/1/1",
        "/api/live/tiles/../../key",
    ],
)
def test_no_file_beside_the_map_is_handed_out(officer: Officer, path: str) -> None:
    """What is no tile's address falls to the pages, which know nothing of it."""
    officer.situation()
    answer = officer.page.request.get(officer.desk.url + path)
    assert answer.status != 200 or "<!DOCTYPE html>" in answer.text()
    assert KEY not in answer.text()


@pytest.mark.parametrize(
    "path",
    [
        "/api/live/ground",
        "/api/live/tiles/file-wgs84/15/1/1",
        "/api/live/places?q=lyg",
        "/api/live/sites",
    ],
)
def test_map_and_places_are_for_those_who_are_signed_in(
    browser: Browser, desk: Desk, path: str
) -> None:
    stranger = browser.new_context()
    assert stranger.request.get(desk.url + path).status == 401
    stranger.close()


def test_a_department_has_the_map_but_not_the_registers(browser: Browser, desk: Desk) -> None:
    fire = Actor("消防值班员", Role.AGENCY_OFFICER, "fire")
    with take_a_seat(browser, desk, fire) as seat:
        ask = seat.request
        assert ask.get(f"{desk.url}/api/live/ground").status == 200
        assert ask.get(f"{desk.url}/api/live/sites").json() == {"sites": []}
        assert "板浦" in ask.get(f"{desk.url}/api/live/places?q=banpu").text()
        assert "储罐" not in ask.get(f"{desk.url}/api/live/places?q=储罐区").text()


def test_a_picture_is_dimmed_on_a_dark_screen(officer: Officer) -> None:
    officer.situation()
    officer.ask("board.baseMap.tiles.choose('file-wgs84') || 1")
    officer.ask("board.baseMap.tiles.paint('dark') || 1")
    assert officer.map.locator(".leaflet-layer.night-dim").count() == 1
    officer.ask("board.baseMap.tiles.paint('light') || 1")
    assert officer.map.locator(".leaflet-layer.night-dim").count() == 0


def test_the_map_files_of_the_test_are_what_they_say(tmp_path: Path) -> None:
    """The square of a GCJ-02 map lies half a kilometre from that of a true one."""
    z = ZOOM
    true = map_files.in_mercator(z, SQUARE.lon, SQUARE.lat)
    bent = map_files.in_mercator(z, *from_wgs84(Datum.GCJ02, SQUARE.lon, SQUARE.lat))
    apart = ((true[0] - bent[0]) ** 2 + (true[1] - bent[1]) ** 2) ** 0.5 * METRES_A_PIXEL
    assert 480 < apart < 560
