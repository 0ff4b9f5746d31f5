"""The limit: Leaflet and an event stream, and nothing else. No sign-in, no rules, no list, no
words; one thread asks SQLite for the revision every ten milliseconds, as our feed does.

    python -m bench.bare_page <database file> <port>
"""

import asyncio
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from xstatic.pkg import leaflet

ASK_EVERY_S = 0.01
_COLUMNS = "id, headline, severity_rank, lon, lat, claimed_by"
_PAGE = """<!doctype html><meta charset=utf-8>
<link rel=stylesheet href=/leaflet/leaflet.css><script src=/leaflet/leaflet.js></script>
<style>html, body, #map { height: 100%; margin: 0 }</style><div id=map></div><script>
const COLOURS = ["gray", "blue", "orange", "red", "darkred"];
const map = L.map("map", {preferCanvas: true}).setView([34.6, 119.2], 9);
const marks = new Map(), rows = new Map();
window.drawnAt = new Map(); window.claimedAt = new Map();
function keep(row) {
  const [id, , rank, lon, lat, claimed] = row;
  rows.set(id, row);
  if (lon === null) return;
  const style = {color: COLOURS[rank], radius: 6};
  if (marks.has(id)) marks.get(id).setStyle(style).setLatLng([lat, lon]);
  else marks.set(id, L.circleMarker([lat, lon], style).addTo(map));
}
function take(frame) {
  frame.rows.forEach(keep);
  requestAnimationFrame(() => {
    drawnAt.set(frame.revision, Date.now());
    for (const row of frame.rows) {
      if (row[5] && !claimedAt.has(row[0])) claimedAt.set(row[0], Date.now());
    }
  });
}
fetch("/snapshot").then((answer) => answer.json()).then((frame) => {
  take(frame);
  new EventSource("/events").onmessage = (message) => take(JSON.parse(message.data));
  window.ready = true;
});
window.claim = (id) => { window.clickedAt = Date.now(); fetch("/claim/" + id, {method: "POST"}); };
</script>"""


class Bare:
    def __init__(self, file: str) -> None:
        self.file = file
        self.queues: set[asyncio.Queue[bytes]] = set()

    def rows(self, connection: sqlite3.Connection, since: int) -> list[Any]:
        ask = f"SELECT {_COLUMNS} FROM incident WHERE revision > ?"
        return connection.execute(ask, (since,)).fetchall()

    def snapshot(self, _: Request) -> Response:
        connection = sqlite3.connect(self.file)
        try:
            return JSONResponse({"revision": 0, "rows": self.rows(connection, -1)})
        finally:
            connection.close()

    async def events(self, _: Request) -> Response:
        async def stream() -> AsyncIterator[bytes]:
            queue: asyncio.Queue[bytes] = asyncio.Queue()
            self.queues.add(queue)
            try:
                while True:
                    yield await queue.get()
            finally:
                self.queues.discard(queue)

        return StreamingResponse(stream(), media_type="text/event-stream")

    def claim(self, request: Request) -> Response:
        connection = sqlite3.connect(self.file, isolation_level=None, timeout=15)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE ledger SET revision = revision + 1")
        connection.execute(
            "UPDATE incident SET claimed_by = 'x', version = version + 1,"
            " revision = (SELECT revision FROM ledger) WHERE id = ?",
            (request.path_params["id"],),
        )
        connection.execute("COMMIT")
        connection.close()
        return Response(status_code=204)

    def look(self, loop: asyncio.AbstractEventLoop) -> None:
        connection = sqlite3.connect(self.file)
        ask = "SELECT revision FROM ledger"
        seen = connection.execute(ask).fetchone()[0]
        while True:
            time.sleep(ASK_EVERY_S)
            revision = connection.execute(ask).fetchone()[0]
            if revision != seen:
                rows = self.rows(connection, seen)
                seen = revision
                frame = msgspec.json.encode({"revision": revision, "rows": rows})
                loop.call_soon_threadsafe(self.send, b"data: " + frame + b"\n\n")

    def send(self, frame: bytes) -> None:
        for queue in self.queues:
            queue.put_nowait(frame)

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        looking = asyncio.create_task(asyncio.to_thread(self.look, loop))
        yield
        looking.cancel()


def main(file: str, port: int) -> None:
    bare = Bare(file)
    app = Starlette(
        routes=[
            Route("/", lambda _: HTMLResponse(_PAGE)),
            Route("/snapshot", bare.snapshot),
            Route("/events", bare.events),
            Route("/claim/{id:int}", bare.claim, methods=["POST"]),
            Mount("/leaflet", StaticFiles(directory=Path(leaflet.BASE_DIR))),
        ],
        lifespan=bare.lifespan,
    )
    uvicorn.run(app, port=port, log_level="warning")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
