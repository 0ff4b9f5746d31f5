"""For the live layer: what is around one incident, when asked; and the words that it needs once."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.gate import watcher
from linkage.desk.scene import read_scene
from linkage.desk.sites import Site, registered_sites
from linkage.errors import BadConfig
from linkage.panels import panels
from linkage.places.place_files import load_places
from linkage.plan import plume
from linkage.plan.knowledge import load_knowledge
from linkage.readings.telemetry import Telemetry
from linkage.record import UNAVAILABLE, Record
from linkage.response.agencies import load_agencies
from linkage.response.unit_states import Readiness, load_unit_states
from linkage.settings import Settings, load_settings
from linkage.sources import load_sources

log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode


def for_screen(settings: Settings) -> dict[str, Any]:
    """Names of agencies and sites, what states of units mean, substances with their distances, and
    the table of the plume: the browser reckons by what stands in linkage."""
    agencies = load_agencies(settings.tables / "agencies.toml")
    states = load_unit_states(settings.tables / "unit_states.toml")
    knowledge = load_knowledge(settings.tables)
    return {
        "agencies": {agency.id: agency.name for agency in agencies.values()},
        "readiness": {r.value: r.label for r in Readiness},
        "unit_states": {word: state.value for word, state in states.words.items()},
        "sites": [
            {
                "id": site.id,
                "name": site.name,
                "more": "，".join(filter(None, (site.place, site.what, site.known_from))),
                "lon": site.point.lon,
                "lat": site.point.lat,
            }
            for site in sites(settings)
        ],
        "substances": [_substance(knowledge, one.name) for one in knowledge.substances],
        "plume": {
            "caveat": plume.CAVEAT,
            "skies": [[sky.value, sky.label] for sky in plume.Sky],
            "classes": {sky.value: classes for sky, classes in plume.CLASSES.items()},
            "steps_ms": plume.STEPS_MS,
            "turns": plume.TURNS,
            "calm_ms": plume.CALM_MS,
            "light_ms": plume.LIGHT_MS,
            "light_deg": plume.LIGHT_DEG,
            "narrowest_deg": plume.NARROWEST_DEG,
            "nine_tenths": plume.NINE_TENTHS,
            "step_deg": plume.STEP_DEG,
            "least_m": plume.LEAST_M,
            "most_m": plume.MOST_M,
            "isolate_m": plume.UNKNOWN_ISOLATE_M,
            "length_m": plume.USUAL_LENGTH_M,
        },
    }


def sites(settings: Settings) -> tuple[Site, ...]:
    """Those of the fire panels alone where the table of places cannot be read."""
    try:
        places = load_places(settings.tables, load_sources(settings.sources))
    except BadConfig as why:
        log.error("地名表不能用：%s", why)  # noqa: TRY400
        places = []
    return registered_sites(panels(), places)


def _substance(knowledge: Any, name: str) -> dict[str, Any]:
    one = next(each for each in knowledge.substances if each.name == name)
    guide = knowledge.guides[one.guide]
    return {
        "name": one.name,
        "un": one.un,
        "isolate_m": guide.isolate_m,
        "large_m": guide.large_m,
        "toxic": one.toxic,
        "source": guide.source,
        "checked": one.checked,
    }


def scene_route(opened: Callable[[], tuple[Record, Telemetry] | None]) -> Route:
    """GET /api/live/scene?incident=1: for who may watch the feed."""

    def scene(request: Request) -> Response:
        if not watcher(request.scope):
            return JSONResponse({"error": "请重新登录后重试"}, 401)
        here = opened()
        if here is None:
            return JSONResponse({"error": "尚未就绪"}, 503)
        asked = request.query_params.get("incident", "")
        if not (asked.isascii() and asked.isdigit() and len(asked) <= 18):
            return JSONResponse({"error": "没有这起事件"}, 404)
        record, telemetry = here
        knowledge = load_knowledge(load_settings().tables)
        try:
            with record.read() as cx:
                found = read_scene(cx, telemetry, knowledge, int(asked), datetime.now(UTC))
        except UNAVAILABLE:
            return JSONResponse({"error": "数据库暂时连不上"}, 503)
        if found is None:
            return JSONResponse({"error": "没有这起事件"}, 404)
        return Response(_encode(found), media_type="application/json")

    return Route("/api/live/scene", scene)
