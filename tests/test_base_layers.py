"""底图: tiles out of files and from the intranet, and nothing else out of either."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from linkage.alerts import Point
from linkage.basemap.archives import LARGEST, NoArchive, open_archive
from linkage.basemap.layers import Layer, load_layers
from linkage.basemap.pictures import picture
from linkage.basemap.ready import base_map_in_words, base_map_missing
from linkage.basemap.remote import REST_S, Away, Remote
from linkage.datum import Datum
from linkage.settings import load_settings
from tests import map_files

SQUARE = Point(119.2, 34.6)
PNG = map_files.tile((10, 0, 0), SQUARE)


def test_a_tile_comes_out_of_either_kind_of_file(tmp_path: Path) -> None:
    places = map_files.around(12, 119.2, 34.6)
    tiles = [(where, map_files.tile(where, SQUARE)) for where in places]
    for path in (
        map_files.pmtiles(tmp_path / "city.pmtiles", tiles),
        map_files.mbtiles(tmp_path / "city.mbtiles", tiles),
    ):
        archive = open_archive(path)
        about = archive.about
        assert (about.vector, about.min_zoom, about.max_zoom) == (False, 12, 12)
        assert about.bounds == (118.0, 33.6, 120.6, 35.6)
        for where, body in tiles:
            assert archive.tile(*where) == body
        assert archive.tile(12, 0, 0) is None
        assert archive.tile(3, 1, 1) is None
        archive.close()


@pytest.mark.parametrize(
    ("name", "bytes_"),
    [
        ("empty.pmtiles", b""),
        ("text.pmtiles", b"hello" * 100),
        ("second-version.pmtiles", b"PMTiles\x02" + b"\0" * 200),
        ("noughts.pmtiles", b"PMTiles\x03" + b"\0" * 200),
        ("ones.pmtiles", b"PMTiles\x03" + b"\xff" * 200),
        ("text.mbtiles", b"hello" * 400),
        ("empty.mbtiles", b""),
    ],
)
def test_a_file_that_is_no_map_says_so(tmp_path: Path, name: str, bytes_: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(bytes_)
    with pytest.raises(NoArchive) as refused:
        open_archive(path).tile(3, 1, 1)
    assert str(refused.value)


def test_a_file_that_is_cut_off_says_so_and_hangs_nothing(tmp_path: Path) -> None:
    where = (12, 3400, 1600)
    path = map_files.pmtiles(tmp_path / "city.pmtiles", [(where, PNG)])
    whole = path.read_bytes()
    for length in range(127, len(whole), 37):
        path.write_bytes(whole[:length])
        try:
            body = open_archive(path).tile(*where)
        except NoArchive:
            continue
        assert body is None or whole.endswith(body) or body in whole


def test_a_file_that_is_away_is_no_crash(tmp_path: Path) -> None:
    for name in ("gone.pmtiles", "gone.mbtiles"):
        with pytest.raises(NoArchive):
            open_archive(tmp_path / name)


@pytest.mark.parametrize(
    "body", [b"<svg onload='alert(1)'/>", b"<html>", b"", b"{}", b"\x1f\x8b.."]
)
def test_what_is_no_picture_is_none(body: bytes) -> None:
    assert picture(body) is None


def test_the_shipped_file_lists_no_layer() -> None:
    assert load_layers(Path("data/basemap.toml")) == {}


class Server:
    """A tile server of the intranet that answers as it is told, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: tuple[int, dict[str, str], bytes] = (200, {"Content-Type": "image/png"}, PNG)

    @contextmanager
    def running(self) -> Iterator[str]:
        said = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                said.asked.append(self.path)
                status, headers, body = said.answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(5)
        server.server_close()


@pytest.fixture
def server() -> Server:
    return Server()


def layer(url: str, **more: object) -> Layer:
    facts = {"id": "vec", "name": "矢量", "attribution": "天地图", "datum": Datum.CGCS2000}
    return Layer(**(facts | {"url": url} | more))  # type: ignore[arg-type]


WMTS = "/vec_w/wmts?REQUEST=GetTile&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}"


def test_a_tile_is_asked_for_with_its_key_and_its_level(server: Server, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("a b&c\n")
    with server.running() as address:
        remote = Remote(layer(address + WMTS, key_file=str(key), zoom_offset=-1))
        assert remote.tile(12, 3400, 1600) == PNG
    assert server.asked == [
        "/vec_w/wmts?REQUEST=GetTile&TILEMATRIX=11&TILEROW=1600&TILECOL=3400&tk=a%20b%26c"
    ]


@pytest.mark.parametrize("status", [204, 400, 404])
def test_a_tile_beyond_the_edge_is_none(server: Server, status: int) -> None:
    server.answer = status, {}, b""
    with server.running() as address:
        remote = Remote(layer(address + "/{z}/{x}/{y}"))
        assert remote.tile(12, 1, 1) is None
        assert remote.tile(12, 1, 2) is None
    assert len(server.asked) == 2


def test_a_server_that_sends_elsewhere_is_not_followed(server: Server) -> None:
    other = Server()
    with other.running() as elsewhere, server.running() as address:
        server.answer = 302, {"Location": elsewhere + "/secret"}, b""
        with pytest.raises(Away, match="未予理会"):
            Remote(layer(address + "/{z}/{x}/{y}")).tile(12, 1, 1)
    assert other.asked == []


def test_a_server_that_is_down_is_left_alone_for_a_while(server: Server) -> None:
    clock = [100.0]
    server.answer = 500, {}, b""
    with server.running() as address:
        remote = Remote(layer(address + "/{z}/{x}/{y}"), lambda: clock[0])
        for _ in range(5):
            with pytest.raises(Away, match="500"):
                remote.tile(12, 1, 1)
        assert len(server.asked) == 1
        server.answer = 200, {}, PNG
        clock[0] += REST_S
        assert remote.tile(12, 1, 1) == PNG
    clock[0] += REST_S
    with pytest.raises(Away, match="连不上"):
        remote.tile(12, 1, 1)


def test_a_tile_of_no_size_is_not_taken_in(server: Server) -> None:
    server.answer = 200, {}, b"\x89PNG\r\n\x1a\n" + b"0" * LARGEST
    with server.running() as address, pytest.raises(Away, match="过大"):
        Remote(layer(address + "/{z}/{x}/{y}")).tile(12, 1, 1)


def test_neither_key_nor_address_is_in_what_is_said_of_a_fault(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("topsecret")
    remote = Remote(layer("http://127.0.0.1:9" + WMTS, key_file=str(key)))
    with pytest.raises(Away) as away:
        remote.tile(12, 1, 1)
    assert "topsecret" not in str(away.value)
    assert "127.0.0.1" not in str(away.value)


def test_a_key_that_is_away_is_said(tmp_path: Path) -> None:
    remote = Remote(layer("http://127.0.0.1:9" + WMTS, key_file=str(tmp_path / "key")))
    with pytest.raises(Away, match="密钥文件"):
        remote.tile(12, 1, 1)


def test_who_installs_is_told_what_the_map_lacks(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[[layer]]\nid = "city"\nname = "本市"\nattribution = "本市"\ndatum = "wgs84"\n'
        f'file = "{tmp_path}/city.pmtiles"\n'
        '[[layer]]\nid = "vec"\nname = "矢量"\nattribution = "天地图"\ndatum = "cgcs2000"\n'
        f'url = "http://tiles/{{z}}/{{x}}/{{y}}?tk=abc123"\n',
        encoding="utf-8",
    )
    settings = load_settings({"LINKAGE_BASEMAP": str(own)})
    said = base_map_in_words(settings, ["environment", "water"])
    assert "city.pmtiles" in said
    assert "abc123" not in said
    assert base_map_missing(settings) == [f'底图 "city" 的文件 {tmp_path}/city.pmtiles 不在']
    (tmp_path / "city.pmtiles").write_bytes(b"x")
    (missing,) = base_map_missing(settings)
    assert "PMTiles" in missing
    map_files.pmtiles(tmp_path / "city.pmtiles", [((12, 1, 1), PNG)])
    assert base_map_missing(settings) == []


def test_a_file_of_vector_tiles_is_refused_in_words(tmp_path: Path) -> None:
    """It could be read; it could not be drawn as its maker meant it."""
    path = map_files.pmtiles(tmp_path / "v.pmtiles", [((12, 1, 1), b"\x1f\x8b")], vector=True)
    own = tmp_path / "own.toml"
    own.write_text(
        '[[layer]]\nid = "city"\nname = "本市"\nattribution = "本市"\ndatum = "wgs84"\n'
        f'file = "{path}"\n',
        encoding="utf-8",
    )
    (missing,) = base_map_missing(load_settings({"LINKAGE_BASEMAP": str(own)}))
    assert "矢量切片" in missing
