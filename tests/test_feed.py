"""The feed's doors, as a browser finds them: over real sockets."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from dashboard.entrance import COOKIE
from dashboard.feed import QUEUE_FRAMES
from dashboard.sockets import LAGGING, REFUSED
from linkage.access.signing_in import leave
from linkage.access.sitting import Sitting
from linkage.people import WATCHES, Actor
from linkage.record import Record
from linkage.vocabulary import Role
from tests.browser import scene
from tests.feed_house import House, closed_with, opened_house
from tests.parts import wait_until
from tests.signing import sit_down


@pytest.fixture
def house(record: Record, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with opened_house(record, database_url, monkeypatch) as opened:
        yield opened


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
        frames(line, "resync")
        beat = msgspec.json.decode(line.recv(timeout=5))
    assert beat.get("stale", False) is False


@pytest.mark.parametrize("token", ["", "forged", "a" * 500, "x; linkage_desk=y"])
def test_who_is_not_signed_in_watches_nothing(house: House, token: str) -> None:
    with house.desk(token=token) as line, pytest.raises(ConnectionClosed) as closed:
        line.recv(timeout=5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == REFUSED


@pytest.mark.parametrize("role", sorted(set(Role) - WATCHES))
def test_who_has_no_business_with_the_map_watches_nothing(house: House, role: Role) -> None:
    agency = "fire" if role is Role.AGENCY_OFFICER else None
    token = sit_down(house.record, Actor("旁人", role, agency))
    assert house.get("/api/live/snapshot", Cookie=f"{COOKIE}={token}")[0] == 401
    with house.desk(token=token) as line, pytest.raises(ConnectionClosed):
        line.recv(timeout=5)


def test_a_desk_whose_person_signed_out_is_cut_off_within_seconds(house: House) -> None:
    """D07: signing out ends what other tabs see, not only the tab that did it."""
    with house.desk() as line:
        frames(line, "resync")
        found = house.feed.entrance().sitting(house.token)
        assert isinstance(found, Sitting)
        leave(house.record, found.id)
        code = wait_until(lambda: closed_with(line), 10)
    assert code == REFUSED
    assert house.get("/api/live/snapshot")[0] == 401


@pytest.mark.parametrize("first", ["", "[]", "{", '{"rev": "1"}', '{"ticket": 1}', "null"])
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


@pytest.mark.parametrize("cookie", ["", "other=1", f"{COOKIE}=", f"{COOKIE}=forged", "=;=\x01"])
def test_who_is_not_signed_in_reads_no_snapshot(house: House, cookie: str) -> None:
    status, _headers, body = house.get("/api/live/snapshot", Cookie=cookie)
    assert status == 401
    assert b"incidents" not in body


def test_an_unchanged_snapshot_is_not_sent_again(house: House) -> None:
    status, headers, body = house.get("/api/live/snapshot")
    assert (status, headers["content-encoding"]) == (200, "gzip")
    again = house.get("/api/live/snapshot", **{"If-None-Match": headers["etag"]})
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
    with house.feed._watching(1) as queue:
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
