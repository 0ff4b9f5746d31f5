"""The live feed's doors in the dashboard process: snapshot, changes, health, map and its parts.

GET  /api/live/snapshot     the whole picture, gzip, ETag
WS   /api/live/ws           first message {"rev"}; then every change after `rev`
WS   /api/live/pulse        pages drawn on the server: pulse_feed.py
GET  /api/live/station      the past day of one station
GET  /api/live/ground …     base map and places: tiles.py, place_feed.py
GET  /api/live/scene        position, wind and substance of one incident
GET  /api/live/find         the whole record searched
GET, PUT /api/live/preference   what the person at this desk prefers: layers, filters
GET  /api/health            200 while the picture is fresh, 503 with the reason when not
GET  /live/…  /vendor/leaflet/…  /basemap/…     our layer, Leaflet, the base map

What is under /api/live is for who is signed in and may watch (gate.py); a stay that ends is cut
off.
"""

import asyncio
import functools
import gc
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from xstatic.pkg import leaflet

from dashboard import (
    audit_watch,
    claim_words,
    desk,
    past_feed,
    place_feed,
    preference_feed,
    scene_feed,
    station_feed,
    tiles,
    words,
)
from dashboard.asset_files import asset_files
from dashboard.chores import keep_tidy, stand
from dashboard.clockwork import Tables
from dashboard.entrance import Entrance
from dashboard.find_feed import find_route
from dashboard.gate import Entrances, watcher
from dashboard.hub import Hub
from dashboard.looking import keep_looking, keep_turning
from dashboard.pulse_feed import PulseFeed
from dashboard.sockets import LAGGING, REFUSED, opened, until_closed
from linkage.clocks.rule_file import read_clocks
from linkage.desk.claims import load_claim_rule
from linkage.desk.folding import Folding, load_fold_rule
from linkage.desk.ledger_watch import LedgerWatch
from linkage.desk.pressed import PressedRows
from linkage.errors import BadConfig
from linkage.paper import keeping as board
from linkage.people import WATCHES
from linkage.readings.telemetry import Telemetry, load_telemetry
from linkage.record import Record
from linkage.schema import migrate
from linkage.settings import load_settings
from linkage.sources import load_sources

LOOK_EVERY_S = 0.2
BEAT_EVERY_S = 1.0
STAYS_EVERY_S = 2.0
# A desk this far behind is slower than the storm: it reads the snapshot again.
QUEUE_FRAMES = 300
log = logging.getLogger(__name__)


class Hello(msgspec.Struct):
    rev: int


class Feed:
    """The hub and those who watch it."""

    def __init__(self, entrance: Entrances, look_every_s: float = LOOK_EVERY_S) -> None:
        self.entrance, self.look_every_s = entrance, look_every_s
        self.hub: Hub | None = None
        self._stations: tuple[Record, Telemetry] | None = None
        self._watchers: dict[asyncio.Queue[bytes | None], int] = {}  # and whose stay
        self._gone: set[int] = set()
        self.pulses = PulseFeed(entrance)

    def routes(self) -> list[BaseRoute]:
        base = "/" + st.get_option("server.baseUrlPath").strip("/")
        inner: list[BaseRoute] = [
            Route("/api/live/snapshot", self._snapshot),
            WebSocketRoute("/api/live/ws", self._watch),
            self.pulses.route(),
            station_feed.past_route(lambda: self._stations),
            past_feed.Looking(lambda: self._stations and self._stations[0]).route(),
            scene_feed.scene_route(lambda: self._stations),
            preference_feed.preference_route(self.entrance),
            find_route(lambda: self._stations[0] if self._stations else None),
            Route("/api/health", self._health),
            *tiles.Tiles().routes(),
            *place_feed.Places().routes(),
            Mount("/live", asset_files(Path(__file__).parent / "live_layer")),
            Mount("/vendor/leaflet", asset_files(Path(leaflet.BASE_DIR))),
            Mount("/basemap", asset_files(words.DATA / "basemap")),
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
        pressed = PressedRows(clocks, load_claim_rule(settings.tables / "claims.toml"))
        reread = functools.partial(self._reread, record)
        folding = Folding(load_fold_rule(settings.tables / "folding.toml"))
        self.hub = Hub(
            *(record, sources, said),
            reread=reread,
            pressed=pressed,
            board=pressed.board,
            folding=folding,
        )
        gc.freeze()
        ledger, stopping = LedgerWatch(record), threading.Event()
        board.start(board.BoardKeeper(settings, record, board.SCREENS_WAIT), stopping)
        with ThreadPoolExecutor(1, "live-look") as reader:
            looks = self.hub, ledger, reader, self.look_every_s
            moved = self.pulses.moved
            look = functools.partial(keep_looking, *looks, send=self._send, moved=moved)
            pulses = functools.partial(self.pulses.keep, record)
            beat = functools.partial(self._keep_beating, self.hub)
            audit = functools.partial(audit_watch.keep_auditing, record, clocks)
            diary = functools.partial(past_feed.keep_diary, record, self.hub)
            stays = functools.partial(self._keep_stays, self.entrance())
            turn = functools.partial(keep_turning, self.hub)
            chores = (look, turn, beat, pulses, keep_tidy, audit, stays, diary)
            tasks = [asyncio.create_task(stand(work)) for work in chores]
            try:
                yield {}
            finally:
                stopping.set()
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
        ledger.close()
        record.close()

    def _tables(self, record: Record) -> Tables:
        settings = load_settings()
        sources = load_sources(settings.sources)
        telemetry = load_telemetry(settings.tables, sources)
        self._stations = record, telemetry
        said = words.for_screen(sources) | station_feed.for_screen(telemetry)
        own = scene_feed.for_screen(settings) | claim_words.for_screen(settings.tables)
        return sources, said | own

    def _reread(self, record: Record) -> Tables | None:
        """The pages of this process read theirs anew as well. None where a file is wrong here."""
        try:
            tables = self._tables(record)
        except BadConfig as why:
            log.error("接入进程已换用新的配置，本机的文件不能用：%s", why)  # noqa: TRY400
            return None
        desk.forget_tables()
        return tables

    async def _keep_beating(self, hub: Hub) -> None:
        while True:
            self._send(hub.beat())
            await asyncio.sleep(BEAT_EVERY_S)

    async def _keep_stays(self, entrance: Entrance) -> None:
        """Who signed out, was sent out or lost the role sees nothing more."""
        while True:
            await asyncio.sleep(STAYS_EVERY_S)
            watched = set(self._watchers.values())
            self._gone = await asyncio.to_thread(entrance.ended, watched, WATCHES)
            for queue, stay in self._watchers.items():
                if stay in self._gone:
                    queue.put_nowait(None)

    def _send(self, frame: bytes) -> None:
        for queue in self._watchers:
            if queue.qsize() < QUEUE_FRAMES:
                queue.put_nowait(frame)
            elif queue.qsize() == QUEUE_FRAMES:
                queue.put_nowait(None)

    @contextmanager
    def _watching(self, stay: int) -> Iterator["asyncio.Queue[bytes | None]"]:
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._watchers[queue] = stay
        try:
            yield queue
        finally:
            self._watchers.pop(queue, None)

    async def _snapshot(self, request: Request) -> Response:
        if not watcher(request.scope):
            return JSONResponse({"error": "请重新登录后重试"}, 401)
        if not self.hub or not self.hub.begun:
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
            return JSONResponse({"picture": "stale", "reason": reason, "at": time.time()}, 503)
        state = {
            "picture": "fresh",
            "at": time.time(),
            "age_s": round(hub.age_s, 1),
            "open": hub.open_count,
            "watchers": len(self._watchers),
            "rev": hub.rev,
        }
        return JSONResponse(state)

    async def _watch(self, socket: WebSocket) -> None:
        hello = await opened(socket, Hello)
        if hello is None:
            return
        sits = watcher(socket.scope)
        if not sits or not self.hub:
            await socket.close(REFUSED)
            return
        with self._watching(sits.id) as queue:
            for frame in self.hub.missed(hello.rev):
                queue.put_nowait(frame)
            ended = lambda: REFUSED if sits.id in self._gone else LAGGING  # noqa: E731
            await until_closed(socket, _push(socket, queue, ended))


async def _push(
    socket: WebSocket, queue: "asyncio.Queue[bytes | None]", why: Callable[[], int]
) -> None:
    while frame := await queue.get():
        try:
            await socket.send_text(frame.decode())
        except (WebSocketDisconnect, RuntimeError):
            return  # the tab closed between two frames
    await socket.close(why())
