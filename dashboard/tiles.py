"""The operator's own base map, handed to the browsers by us: file or intranet, never the key.

GET /api/live/ground                      which layers there are, and how they are to be drawn
GET /api/live/tiles/{layer}/{z}/{x}/{y}   one tile; 204 where there is none, 503 while it is away

Both for who is signed in (gate.py).
"""

import asyncio
import logging
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from linkage.access.sitting import Sitting
from linkage.basemap.archives import VECTOR, Archive, NoArchive, open_archive
from linkage.basemap.layers import Layer, read_layers
from linkage.basemap.pictures import picture
from linkage.basemap.remote import Away, Remote
from linkage.errors import BadConfig
from linkage.settings import load_settings

# Threads of their own: a slow tile server must not hold up the feed.
_THREADS = 8
_KEPT_BYTES = 64 * 1024 * 1024
_KEPT_S = 24 * 3600.0
_IN_BROWSER_S = 3600
_AGAIN_S = 15.0  # a file that is away is tried again after so long
_DEEPEST = 24
log = logging.getLogger(__name__)


def admitted(request: Request) -> bool:
    """Whether who asks is signed in: a department on the road needs the map too. The one place
    that ground and tiles ask."""
    return isinstance(request.scope.get("sitting"), Sitting)


def refused() -> Response:
    return JSONResponse({"error": "请重新登录后重试"}, 401)


def check() -> None:
    """Before the start. Raises BadConfig."""
    read_layers(load_settings())


class _FromFile:
    """A file that may be away, come back, or be replaced by a newer one."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock()
        self._archive: Archive | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._why, self._not_before = "", 0.0

    def archive(self) -> Archive:
        """Raises NoArchive."""
        with self._lock:
            stamp = self._now()
            if self._archive is not None and stamp == self._stamp:
                return self._archive
            if self._archive is None and time.monotonic() < self._not_before:
                raise NoArchive(self._why)
            # The old one is left to those who still read it; its end closes it.
            self._archive = None
            try:
                self._archive = open_archive(self._path)
            except NoArchive as why:
                self._why, self._not_before = str(why), time.monotonic() + _AGAIN_S
                raise
            self._stamp = stamp
            return self._archive

    def _now(self) -> tuple[int, int, int] | None:
        try:
            seen = self._path.stat()
        except OSError:
            return None
        return seen.st_mtime_ns, seen.st_ino, seen.st_size

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        return self.archive().tile(z, x, y)


class _Kept:
    """Tiles of the intranet that were just asked for: twenty desks look at the same city."""

    def __init__(self) -> None:
        self._tiles: OrderedDict[tuple[str, int, int, int], tuple[float, bytes]] = OrderedDict()
        self._bytes, self._lock = 0, Lock()

    def get(self, key: tuple[str, int, int, int]) -> bytes | None:
        with self._lock:
            found = self._tiles.get(key)
            if found is None or time.monotonic() - found[0] > _KEPT_S:
                return None
            self._tiles.move_to_end(key)
            return found[1]

    def put(self, key: tuple[str, int, int, int], body: bytes) -> None:
        with self._lock:
            if key in self._tiles:
                self._bytes -= len(self._tiles.pop(key)[1])
            self._tiles[key] = time.monotonic(), body
            self._bytes += len(body)
            while self._bytes > _KEPT_BYTES:
                _, (_, oldest) = self._tiles.popitem(last=False)
                self._bytes -= len(oldest)


class Tiles:
    """The layers of basemap.toml as they are now; a changed file is read at the next look."""

    def __init__(self) -> None:
        self._read_at: tuple[str, int] | None = None
        self._layers: dict[str, Layer] = {}
        self._sources: dict[str, _FromFile | Remote] = {}
        self._kept = _Kept()
        self._pool = ThreadPoolExecutor(_THREADS, "tiles")
        self._lock = Lock()

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/live/ground", self._ground),
            Route("/api/live/tiles/{layer}/{z:int}/{x:int}/{y:int}", self._tile),
        ]

    async def _ground(self, request: Request) -> Response:
        if not admitted(request):
            return refused()
        loop = asyncio.get_running_loop()
        return JSONResponse(await loop.run_in_executor(self._pool, self._describe))

    def _describe(self) -> dict[str, Any]:
        self._refresh()
        return {"layers": [self._one(layer) for layer in self._layers.values()]}

    def _one(self, layer: Layer) -> dict[str, Any]:
        """What the browser must know; neither address nor path nor key."""
        said: dict[str, Any] = {
            "id": layer.id,
            "name": layer.name,
            "credit": layer.credit,
            "role": layer.role,
            "over": layer.over,
            "datum": layer.datum,
            "grid": layer.grid,
            "min": layer.min_zoom,
            "max": layer.max_zoom,
            "labels": layer.has_labels,
            "night": layer.night,
            "why": "",
        }
        source = self._sources[layer.id]
        if isinstance(source, _FromFile):
            try:
                about = source.archive().about
            except NoArchive as why:
                log.warning("底图 %s 不可用：%s", layer.id, why)
                return said | {"why": str(why)}
            if about.vector:
                return said | {"why": VECTOR}
            said |= {"min": about.min_zoom, "max": about.max_zoom}
        return said

    def _refresh(self) -> None:
        settings = load_settings()
        path = settings.basemap
        stamp = str(path), path.stat().st_mtime_ns if path.exists() else 0
        with self._lock:
            if stamp == self._read_at:
                return
            try:
                layers = read_layers(settings)
            except BadConfig as why:
                log.error("底图设置未换用：%s", why)  # noqa: TRY400
                return
            sources: dict[str, _FromFile | Remote] = {}
            for layer in layers.values():
                same = self._layers.get(layer.id) == layer and layer.id in self._sources
                new = _FromFile(Path(layer.file)) if layer.file else Remote(layer)
                sources[layer.id] = self._sources[layer.id] if same else new
            self._layers, self._sources, self._read_at = layers, sources, stamp
            self._kept = _Kept()

    async def _tile(self, request: Request) -> Response:
        if not admitted(request):
            return refused()
        asked = request.path_params
        place = int(asked["z"]), int(asked["x"]), int(asked["y"])
        loop = asyncio.get_running_loop()
        try:
            body = await loop.run_in_executor(self._pool, self._fetch, str(asked["layer"]), place)
        except (Away, NoArchive) as why:
            return JSONResponse({"error": str(why)}, 503)
        headers = {"Cache-Control": f"private, max-age={_IN_BROWSER_S}"}
        if body is None:
            return JSONResponse({"error": "没有这一图层或切片"}, 404)
        media = picture(body)
        if media is None:
            return Response(status_code=204, headers=headers)
        return Response(body, media_type=media, headers=headers)

    def _fetch(self, name: str, place: tuple[int, int, int]) -> bytes | None:
        """None for what cannot exist, nothing (b"") for what does not. Raises Away, NoArchive."""
        if not self._sources:
            self._refresh()
        source = self._sources.get(name)
        z, x, y = place
        if source is None or z > _DEEPEST or x >= 2**z or y >= 2**z:
            return None
        if isinstance(source, _FromFile):
            return source.tile(z, x, y) or b""
        kept = self._kept.get((name, z, x, y))
        if kept is None:
            kept = source.tile(z, x, y) or b""
            if kept and picture(kept) is None:
                raise Away("切片服务的应答不是图片，多为地址或密钥有误")
            self._kept.put((name, z, x, y), kept)
        return kept
