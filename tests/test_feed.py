"""The feed's doors, as a browser finds them: over real sockets."""

import gzip
import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from dashboard import fence, tickets
from dashboard.feed import LAGGING, QUEUE_FRAMES, REFUSED, Feed
from linkage.record import Record
from tests.browser import scene
from tests.parts import free_port, wait_until

ROOT = Path(__file__).parent.parent


class House:
    """The feed in a server of its own, and the record behind it."""

    def __init__(self, feed: Feed, port: int, record: Record) -> None:
        self.feed, self.port, self.record = feed, port, record
        self.origin = f"http://127.0.0.1:{port}"

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        line.close()
        return found

    def snapshot(self) -> dict[str, Any]:
        _status, _headers, body = self.get(
            "/api/live/snapshot", Authorization=f"Ticket {tickets.mint()}"
        )
        said: dict[str, Any] = msgspec.json.decode(gzip.decompress(body))
        return said

    @contextmanager
    def desk(self, rev: int = 0, ticket: str | None = None) -> Iterator[ClientConnection]:
        with connect(f"ws://127.0.0.1:{self.port}/api/live/ws", origin=self.origin) as line:
            hello = {"ticket": tickets.mint() if ticket is None else ticket, "rev": rev}
            line.send(msgspec.json.encode(hello).decode())
            yield line

    def watchers(self) -> int:
        said: int = msgspec.json.decode(self.get("/api/health")[2])["watchers"]
        return said


@pytest.fixture
def house(record: Record, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("LINKAGE_DATABASE_URL", database_url)
    monkeypatch.setenv("LINKAGE_SOURCES", str(ROOT / "sources.toml"))
    feed = Feed(look_every_s=0.02)
    app = Starlette(routes=feed.routes(), lifespan=feed.lifespan, middleware=fence.middleware())
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    found = House(feed, port, record)
    wait_until(lambda: server.started and feed.hub and not feed.hub.stale, what="the feed to start")
    yield found
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive(), "open desks must not hold up the end"


def frames(line: ClientConnection, wanted: str, seconds: float = 5) -> dict[str, Any]:
    """The first frame that holds `wanted`."""
    deadline = datetime.now(UTC).timestamp() + seconds
    while datetime.now(UTC).timestamp() < deadline:
        said: dict[str, Any] = msgspec.json.decode(line.recv(timeout=seconds))
        if wanted in said:
            return said
    pytest.fail(f"no frame with {wanted}")


def test_a_desk_reads_the_whole_and_then_sees_each_change(house: House) -> None:
    now = datetime.now(UTC)
    scene.evening(house.record, now)
    with house.desk() as line:
        assert frames(line, "resync")["resync"] is True
        rev = wait_until(lambda: (s := house.snapshot()).get("incidents") and s["rev"])
        with house.record.write() as w:
            made = scene.open_incident(w, now, headline="新的一起")
        frame = frames(line, "incidents")
        while frame["rev"] <= rev:  # the evening itself, which the snapshot holds already
            frame = frames(line, "incidents")
    assert [row["id"] for row in frame["incidents"]] == [str(made)]


def test_a_desk_that_lost_the_line_gets_what_it_missed(house: House) -> None:
    rev = house.snapshot()["rev"]
    with house.record.write() as w:
        made = scene.open_incident(w, datetime.now(UTC))
    wait_until(lambda: house.snapshot()["rev"] > rev)
    with house.desk(rev) as line:
        assert [row["id"] for row in frames(line, "incidents")["incidents"]] == [str(made)]


def test_every_second_the_desk_hears_that_the_picture_is_fresh(house: House) -> None:
    with house.desk() as line:
        beat = frames(line, "ticket")
    assert beat.get("stale", False) is False
    assert tickets.good(beat["ticket"])


@pytest.mark.parametrize("ticket", ["", "9999999999.forged"])
def test_without_a_ticket_nobody_watches(house: House, ticket: str) -> None:
    with house.desk(ticket=ticket) as line, pytest.raises(ConnectionClosed) as closed:
        line.recv(timeout=5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == REFUSED


@pytest.mark.parametrize("first", ["", "[]", "{", '{"rev": 1}', '{"ticket": 1}', "null"])
def test_a_first_word_that_is_no_greeting_is_refused(house: House, first: str) -> None:
    with connect(f"ws://127.0.0.1:{house.port}/api/live/ws", origin=house.origin) as line:
        line.send(first)
        with pytest.raises(ConnectionClosed):
            line.recv(timeout=5)
    assert house.get("/api/health")[0] == 200


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "null", None])
def test_a_page_of_another_house_cannot_open_the_feed(house: House, origin: str | None) -> None:
    address = f"ws://127.0.0.1:{house.port}/api/live/ws"
    with pytest.raises(InvalidStatus) as refused, connect(address, origin=origin):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("header", ["", "Ticket 9.x", "Bearer 9.x"])
def test_without_a_ticket_nobody_reads_the_snapshot(house: House, header: str) -> None:
    status, _headers, body = house.get("/api/live/snapshot", Authorization=header)
    assert status == 401
    assert b"incidents" not in body


def test_a_ticket_that_ran_out_is_refused(house: House) -> None:
    old = tickets.mint(datetime.now(UTC).timestamp() - tickets.LIFE_S - 1)
    assert house.get("/api/live/snapshot", Authorization=f"Ticket {old}")[0] == 401


def test_an_unchanged_snapshot_is_not_sent_again(house: House) -> None:
    pass_ = {"Authorization": f"Ticket {tickets.mint()}"}
    status, headers, body = house.get("/api/live/snapshot", **pass_)
    assert (status, headers["content-encoding"]) == (200, "gzip")
    again = house.get("/api/live/snapshot", **pass_, **{"If-None-Match": headers["etag"]})
    assert (again[0], again[2]) == (304, b"")
    assert len(body) > 0


def test_a_closed_tab_is_noticed_though_nothing_happens(house: House) -> None:
    with house.desk() as line:
        frames(line, "resync")
        wait_until(lambda: house.watchers() == 1)
    wait_until(lambda: house.watchers() == 0)


def test_a_tab_that_vanishes_without_a_word_is_noticed(house: House) -> None:
    with house.desk() as line:
        wait_until(lambda: house.watchers() == 1)
        line.socket.shutdown(socket.SHUT_RDWR)
        wait_until(lambda: house.watchers() == 0)


def test_a_desk_slower_than_the_storm_is_sent_away_to_read_the_whole(house: House) -> None:
    with house.feed._watching() as queue:
        for _ in range(QUEUE_FRAMES + 5):
            house.feed._send(b"{}")
        held = [queue.get_nowait() for _ in range(queue.qsize())]
    assert len(held) == QUEUE_FRAMES + 1
    assert held[-1] is None
    assert LAGGING == 4408


def test_health_says_that_the_picture_is_fresh(house: House) -> None:
    status, _headers, body = house.get("/api/health")
    said = msgspec.json.decode(body)
    assert (status, said["picture"]) == (200, "fresh")
    assert "headline" not in body.decode()


def test_health_is_bad_before_the_feed_has_started() -> None:
    feed = Feed()
    assert feed.hub is None


@pytest.mark.parametrize(
    "path",
    [
        "/live/board.js",
        "/live/board.css",
        "/vendor/leaflet/leaflet.js",
        "/vendor/leaflet/leaflet.css",
        "/basemap/sea_osm10m_clip.geojson",
    ],
)
def test_every_part_of_the_map_is_served_by_ourselves(house: House, path: str) -> None:
    status, headers, body = house.get(path)
    assert (status, len(body) > 100) == (200, True)
    assert headers["cache-control"] == "no-cache"
    assert house.get(path, **{"If-None-Match": headers["etag"]})[0] == 304


@pytest.mark.parametrize(
    "path", ["/live/../desk.py", "/basemap/../agencies.toml", "/live/%2e%2e/desk.py"]
)
def test_nothing_beside_the_parts_is_served(house: House, path: str) -> None:
    assert house.get(path)[0] == 404


def test_every_answer_forbids_the_browser_to_reach_elsewhere(house: House) -> None:
    _status, headers, _body = house.get("/api/health")
    assert "connect-src 'self'" in headers["content-security-policy"]
    assert "http" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
