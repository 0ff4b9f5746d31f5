"""The live feed's doors in the dashboard process: snapshot, changes, health, map and its parts.

GET  /api/live/snapshot     the whole picture, gzip, ETag; header `Authorization: Ticket …`
WS   /api/live/ws           first message {"ticket", "rev"}; then every change after `rev`
GET  /api/live/station      the past day of one station; same header
GET  /api/health            200 while the picture is fresh, 503 with the reason when not
GET  /live/…  /vendor/leaflet/…  /basemap/…     our layer, Leaflet, the base map
"""

import asyncio
import functools
import gc
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect
from xstatic.pkg import leaflet

from dashboard import audit_watch, desk, station_feed, tickets, words
from dashboard.hub import Hub, Tables
from linkage.clocks.rule_file import read_clocks
from linkage.desk.folding import Folding, load_fold_rule
from linkage.desk.tally import LateOrders
from linkage.errors import BadConfig
from linkage.readings.telemetry import Telemetry, load_telemetry
from linkage.record import Record
from linkage.schema import migrate
from linkage.settings import load_settings
from linkage.sources import load_sources

LOOK_EVERY_S = 0.2
BEAT_EVERY_S = 1.0
# A desk this far behind is slower than the storm: it reads the snapshot again.
QUEUE_FRAMES = 300
HELLO_WITHIN_S = 5.0
AGAIN_S = 1.0
# Streamlit's own collection after every turn is off (config.toml): it cost more than the turns.
COLLECT_EVERY_S = 30.0
COLLECT_ALL_EVERY = 20  # times COLLECT_EVERY_S

REFUSED = 4401  # ticket
FOREIGN = 4403  # origin
LAGGING = 4408
log = logging.getLogger(__name__)


class Hello(msgspec.Struct):
    ticket: str
    rev: int = 0


class Feed:
    """The hub and those who watch it."""

    def __init__(self, look_every_s: float = LOOK_EVERY_S) -> None:
        self.look_every_s = look_every_s
        self.hub: Hub | None = None
        self._stations: tuple[Record, Telemetry] | None = None
        self._watchers: set[asyncio.Queue[bytes | None]] = set()

    def routes(self) -> list[BaseRoute]:
        base = "/" + st.get_option("server.baseUrlPath").strip("/")
        inner: list[BaseRoute] = [
            Route("/api/live/snapshot", self._snapshot),
            WebSocketRoute("/api/live/ws", self._watch),
            station_feed.past_route(lambda: self._stations),
            Route("/api/health", self._health),
            Mount("/live", _files(Path(__file__).parent / "live_layer")),
            Mount("/vendor/leaflet", _files(Path(leaflet.BASE_DIR))),
            Mount("/basemap", _files(words.DATA / "basemap")),
        ]
        return inner if base == "/" else [Mount(base, routes=inner)]

    @asynccontextmanager
    async def lifespan(self, _app: object) -> AsyncIterator[dict[str, Any]]:
        settings = load_settings()
        record = Record(settings.database_url)
        if settings.database_url.startswith("sqlite"):
            migrate(record)  # the embedded database is ours alone to bring up
        sources, said = self._tables(record)
        clocks = read_clocks(settings.tables)
        late = LateOrders(clocks)
        reread = functools.partial(self._reread, record)
        folding = Folding(load_fold_rule(settings.tables / "folding.toml"))
        self.hub = Hub(record, sources, said, reread=reread, late=late, folding=folding)
        gc.freeze()
        with ThreadPoolExecutor(1, "live-look") as reader:
            look = functools.partial(self._keep_looking, self.hub, reader)
            beat = functools.partial(self._keep_beating, self.hub)
            audit = functools.partial(audit_watch.keep_auditing, record, clocks)
            chores = (look, beat, _keep_tidy, audit)
            tasks = [asyncio.create_task(_stand(work)) for work in chores]
            try:
                yield {}
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
        record.close()

    def _tables(self, record: Record) -> Tables:
        settings = load_settings()
        sources = load_sources(settings.sources)
        telemetry = load_telemetry(settings.tables, sources)
        self._stations = record, telemetry
        return sources, words.for_screen(sources) | station_feed.for_screen(telemetry)

    def _reread(self, record: Record) -> Tables | None:
        """The pages of this process read theirs anew as well. None where a file is wrong here."""
        try:
            tables = self._tables(record)
        except BadConfig as why:
            log.error("接入进程已换用新的配置，本机的文件不能用：%s", why)  # noqa: TRY400
            return None
        desk.forget_tables()
        return tables

    async def _keep_looking(self, hub: Hub, reader: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        while True:
            frame = await loop.run_in_executor(reader, hub.look)
            if frame:
                self._send(frame)
            await asyncio.sleep(self.look_every_s)

    async def _keep_beating(self, hub: Hub) -> None:
        while True:
            self._send(hub.beat(tickets.mint()))
            await asyncio.sleep(BEAT_EVERY_S)

    def _send(self, frame: bytes) -> None:
        for queue in self._watchers:
            if queue.qsize() < QUEUE_FRAMES:
                queue.put_nowait(frame)
            elif queue.qsize() == QUEUE_FRAMES:
                queue.put_nowait(None)

    @contextmanager
    def _watching(self) -> Iterator["asyncio.Queue[bytes | None]"]:
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            yield queue
        finally:
            self._watchers.discard(queue)

    async def _snapshot(self, request: Request) -> Response:
        kind, _, ticket = request.headers.get("authorization", "").partition(" ")
        if kind != "Ticket" or not tickets.good(ticket):
            return JSONResponse({"error": "请刷新页面后重试"}, 401)
        if not self.hub:
            return JSONResponse({"error": "尚未就绪"}, 503)
        rev, body = await asyncio.to_thread(self.hub.snapshot)
        headers = {"ETag": f'"{rev}"', "Cache-Control": "no-cache, private"}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(body, media_type="application/json", headers=headers)

    async def _health(self, _request: Request) -> Response:
        hub = self.hub
        if not hub or hub.stale:
            reason = "数据库连不上，或读数任务已停" if hub else "尚未就绪"
            return JSONResponse({"picture": "stale", "reason": reason}, 503)
        state = {
            "picture": "fresh",
            "age_s": round(hub.age_s, 1),
            "open": hub.open_count,
            "watchers": len(self._watchers),
            "rev": hub.rev,
        }
        return JSONResponse(state)

    async def _watch(self, socket: WebSocket) -> None:
        if not _own_origin(socket):
            await socket.close(FOREIGN)
            return
        await socket.accept()
        try:
            hello = await asyncio.wait_for(_hello(socket), HELLO_WITHIN_S)
        except (TimeoutError, WebSocketDisconnect):
            return
        if not hello or not tickets.good(hello.ticket) or not self.hub:
            await socket.close(REFUSED)
            return
        with self._watching() as queue:
            for frame in self.hub.missed(hello.rev):
                queue.put_nowait(frame)
            # The receiving side is there to notice a closed tab; who only sends never does.
            pair = [asyncio.create_task(_push(socket, queue)), asyncio.create_task(_drain(socket))]
            await asyncio.wait(pair, return_when=asyncio.FIRST_COMPLETED)
            for task in pair:
                task.cancel()
            await asyncio.wait(pair)


async def _hello(socket: WebSocket) -> Hello | None:
    try:
        return msgspec.json.decode(await socket.receive_text(), type=Hello)
    except (msgspec.DecodeError, KeyError):
        return None


async def _push(socket: WebSocket, queue: "asyncio.Queue[bytes | None]") -> None:
    while frame := await queue.get():
        try:
            await socket.send_text(frame.decode())
        except (WebSocketDisconnect, RuntimeError):
            return  # the tab closed between two frames
    await socket.close(LAGGING)


async def _drain(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


def _own_origin(socket: WebSocket) -> bool:
    """Whether the page that opens this socket came from us: browsers always say, others may not."""
    origin = socket.headers.get("origin", "")
    allowed = st.get_option("server.corsAllowedOrigins")
    return origin in allowed or (
        bool(origin) and urlsplit(origin).netloc == socket.headers.get("host")
    )


async def _keep_tidy() -> None:
    turn = 0
    while True:
        await asyncio.sleep(COLLECT_EVERY_S)
        turn += 1
        gc.collect(2 if turn % COLLECT_ALL_EVERY == 0 else 1)


async def _stand(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Keep `work` going: a fault of ours is logged, and desks are not blind for long."""
    while True:
        task = asyncio.create_task(work())
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
        if not task.cancelled() and (why := task.exception()):
            log.critical("the live feed fell and is set up again", exc_info=why)
        await asyncio.sleep(AGAIN_S)


class _Revalidated(StaticFiles):
    """Files that a browser keeps but asks about, so that an update is seen at once."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _files(folder: Path) -> StaticFiles:
    return _Revalidated(directory=folder)
