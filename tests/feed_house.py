"""The feed in a server of its own, as a browser finds it: over real sockets."""

import gzip
import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from dashboard import fence, gate
from dashboard.entrance import COOKIE, Entrance
from dashboard.feed import Feed
from linkage.record import Record
from linkage.settings import load_settings
from tests.parts import free_port, wait_until
from tests.signing import sit_down

ROOT = Path(__file__).parent.parent


class House:
    """The feed in a server of its own, and the record behind it."""

    def __init__(self, feed: Feed, port: int, record: Record) -> None:
        self.feed, self.port, self.record = feed, port, record
        self.token = sit_down(record)
        self.origin = f"http://127.0.0.1:{port}"

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        headers = {"Cookie": f"{COOKIE}={self.token}"} | headers
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        line.close()
        return found

    def snapshot(self) -> dict[str, Any]:
        _status, _headers, body = self.get("/api/live/snapshot")
        said: dict[str, Any] = msgspec.json.decode(gzip.decompress(body))
        return said

    def desk(
        self, rev: int = 0, token: str | None = None
    ) -> AbstractContextManager[ClientConnection]:
        return self.line("ws", {"rev": rev}, token)

    @contextmanager
    def line(
        self, name: str, hello: Mapping[str, Any], token: str | None = None
    ) -> Iterator[ClientConnection]:
        address = f"ws://127.0.0.1:{self.port}/api/live/{name}"
        cookie = {"Cookie": f"{COOKIE}={self.token if token is None else token}"}
        with connect(address, origin=Origin(self.origin), additional_headers=cookie) as line:
            line.send(msgspec.json.encode(hello).decode())
            yield line

    def watchers(self) -> int:
        said: int = msgspec.json.decode(self.get("/api/health")[2])["watchers"]
        return said


@contextmanager
def opened_house(
    record: Record, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    monkeypatch.setenv("LINKAGE_DATABASE_URL", database_url)
    monkeypatch.setenv("LINKAGE_SOURCES", str(ROOT / "sources.toml"))
    entrance = gate.Entrances(lambda: Entrance(record, load_settings()))
    feed = Feed(entrance, look_every_s=0.02)
    fences = [*fence.middleware(), *gate.middleware(entrance)]
    app = Starlette(routes=feed.routes(), lifespan=feed.lifespan, middleware=fences)
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


def closed_with(line: ClientConnection) -> int | None:
    """Reads what there is; the code that the line was closed with."""
    try:
        line.recv(timeout=1)
    except TimeoutError:
        return None
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0
    return None
