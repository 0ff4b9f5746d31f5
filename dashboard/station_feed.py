"""测站 for the live layer: names and places, sent once, and the past day of one, when asked."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.gate import watcher
from linkage.desk.stations import past_day
from linkage.readings.judge import Fault
from linkage.readings.telemetry import Telemetry
from linkage.record import UNAVAILABLE, Record
from linkage.vocabulary import Quality, Span

_encode = msgspec.json.Encoder().encode


def for_screen(telemetry: Telemetry) -> dict[str, Any]:
    """Names and places of the registered, words of factors, flags and faults; sent once.

    `stale`: factor → seconds, where a rule of the station says so.
    """
    judged = sorted({rule.factor for rule in telemetry.thresholds.rules})
    stations: dict[str, Any] = {}
    for (source_id, station_id), station in telemetry.stations.items():
        rules = {f: telemetry.rule_for(source_id, station_id, f) for f in judged}
        stations[f"{source_id}/{station_id}"] = {
            "name": station.name,
            "lon": station.lon,
            "lat": station.lat,
            "kind": station.kind,
            "datum": station.level_datum or "",
            "stale": {factor: rule.stale_s for factor, rule in rules.items() if rule},
        }
    return {
        "stations": stations,
        "factors": {factor.id: factor.name for factor in telemetry.factors.values()},
        "qualities": {quality.value: quality.label for quality in Quality},
        "faults": {fault.value: fault.label for fault in Fault if fault},
        "spans": {span.value: span.label for span in Span},
    }


def past_route(opened: Callable[[], tuple[Record, Telemetry] | None]) -> Route:
    """GET /api/live/station?id=source/station: its past 24 hours; for who may watch the feed."""

    def past(request: Request) -> Response:
        if not watcher(request.scope):
            return JSONResponse({"error": "请重新登录后重试"}, 401)
        here = opened()
        if here is None:
            return JSONResponse({"error": "尚未就绪"}, 503)
        record, telemetry = here
        asked = request.query_params.get("id", "")[:160]
        at = _at(request.query_params.get("at", ""))
        try:
            with record.read() as cx:
                found = past_day(cx, telemetry, asked, at or datetime.now(UTC), back=bool(at))
        except UNAVAILABLE:
            return JSONResponse({"error": "数据库暂时连不上"}, 503)
        return Response(_encode(found), media_type="application/json")

    return Route("/api/live/station", past)


def _at(said: str) -> datetime | None:
    """The moment that is looked back at; None for now."""
    try:
        return datetime.fromtimestamp(float(said), UTC) if said else None
    except (ValueError, OverflowError, OSError):
        return None
