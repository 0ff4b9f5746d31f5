"""Place search for the maps, and the risk sites they draw.

GET /api/live/places?q=…&near=lon,lat   what was typed → places or a position, best first
GET /api/live/sites                     the risk sites

Places for who is signed in; what stands in the registers of others (sites, stations, panels) only
for who may watch the feed.
"""

import logging
from pathlib import Path
from threading import Lock
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard.gate import watcher
from dashboard.tiles import admitted, refused
from linkage.alerts import Point
from linkage.areas import AREAS, area_code
from linkage.datum import Datum
from linkage.errors import BadConfig
from linkage.places.gazetteer import Gazetteer, Hit
from linkage.places.place import REGISTERED
from linkage.places.place_files import FILES, load_places, risk_sites
from linkage.places.typed_position import readings, typed_position
from linkage.settings import load_settings
from linkage.sources import load_sources

BEYOND = "市外或海上"
_FROM_MAPS = {
    Datum.WGS84: "按 WGS-84（本系统、北斗、GPS）",
    Datum.GCJ02: "若抄自高德、腾讯地图或微信（GCJ-02）",
    Datum.BD09: "若抄自百度地图（BD-09）",
}
log = logging.getLogger(__name__)


class Places:
    """The gazetteer, built at the first question and again when one of its files changes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._stamp: tuple[float, ...] | None = None
        self._gazetteer = Gazetteer([])

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/live/places", self._places),
            Route("/api/live/sites", self._sites),
        ]

    def gazetteer(self) -> Gazetteer:
        """With what was read last, where a file is wrong now."""
        settings = load_settings()
        stamp = tuple(_changed_at(settings.tables / name) for name in FILES)
        with self._lock:
            if stamp != self._stamp:
                try:
                    sources = load_sources(settings.sources)
                    self._gazetteer = Gazetteer(load_places(settings.tables, sources))
                except BadConfig as why:
                    log.error("地名表未换用：%s", why)  # noqa: TRY400
                self._stamp = stamp
            return self._gazetteer

    def _places(self, request: Request) -> Response:
        if not admitted(request):
            return refused()
        asked = request.query_params.get("q", "")[:80]
        near = _near(request.query_params.get("near", ""))
        return JSONResponse(self.answer(asked, near, registers=bool(watcher(request.scope))))

    def answer(self, asked: str, near: Point | None, *, registers: bool = True) -> dict[str, Any]:
        typed = typed_position(asked)
        if typed is not None and typed.point is not None:
            return {"hits": [_position(*one) for one in readings(typed.point)], "note": ""}
        hits = [
            hit
            for hit in self.gazetteer().search(asked, near)
            if registers or hit.place.kind not in REGISTERED
        ]
        note = typed.why if typed is not None and not hits else ""
        return {"hits": [_hit(hit) for hit in hits], "note": note}

    def _sites(self, request: Request) -> Response:
        if not admitted(request):
            return refused()
        # The map of a department asks too, and is given none.
        known = risk_sites(self.gazetteer().places) if watcher(request.scope) else ()
        sites = [
            {"name": site.name, "about": site.about, "lon": site.point.lon, "lat": site.point.lat}
            for site in known
        ]
        return JSONResponse({"sites": sites})


def _changed_at(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0


def _near(said: str) -> Point | None:
    try:
        lon, lat = (float(part) for part in said.split(","))
    except ValueError:
        return None
    return Point(lon, lat)


def _hit(hit: Hit) -> dict[str, Any]:
    place = hit.place
    return {
        "name": place.name,
        "kind": place.kind.label,
        "district": AREAS.get(place.area, "全市" if place.bounds else BEYOND),
        "lon": place.point.lon,
        "lat": place.point.lat,
        "bounds": place.bounds,
        "within_m": place.within_m,
        "about": place.about,
        "reason": hit.reason if hit.reason.startswith("又名") else "",
    }


def _position(datum: Datum, point: Point) -> dict[str, Any]:
    return {
        "name": f"{point.lon:.6f}, {point.lat:.6f}",
        "kind": "坐标",
        "district": AREAS.get(area_code(point) or "", BEYOND),
        "lon": point.lon,
        "lat": point.lat,
        "bounds": None,
        "within_m": 0,
        "about": _FROM_MAPS[datum],
        "reason": "",
    }
