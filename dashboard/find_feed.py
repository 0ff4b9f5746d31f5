"""全部记录 for the search field of the live layer: the words so far, answered as they are typed.

Nothing of a caller goes out, and telephones are looked at only for who may read them.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.gate import watcher
from linkage.actions import Action
from linkage.desk.find import Found, search
from linkage.people import MAY
from linkage.personal import masked
from linkage.record import UNAVAILABLE, Record

LISTED = 12
_LONGEST = 80
_encode = msgspec.json.Encoder().encode


def find_route(opened: Callable[[], Record | None]) -> Route:
    """GET /api/live/find?q=words; for who may watch the feed."""

    # Not async: it waits for the database, so it runs in a thread of its own.
    def find(request: Request) -> Response:
        sitting = watcher(request.scope)
        if not sitting:
            return JSONResponse({"error": "请重新登录后重试"}, 401)
        record = opened()
        if record is None:
            return JSONResponse({"error": "尚未就绪"}, 503)
        words = request.query_params.get("q", "")[:_LONGEST]
        personal = sitting.actor.role in MAY[Action.UNMASK]
        try:
            answer = search(record, words, datetime.now(UTC), limit=LISTED, personal=personal)
        except UNAVAILABLE:
            return JSONResponse({"error": "数据库暂时连不上"}, 503)
        told = {
            "found": [_entry(one) for one in answer.found],
            "more": answer.more,
            "cut": answer.cut,
        }
        headers = {"Cache-Control": "no-store"}
        return Response(_encode(told), media_type="application/json", headers=headers)

    return Route("/api/live/find", find)


def _entry(one: Found) -> dict[str, Any]:
    it = one.incident
    return {
        "id": str(it.id),
        "number": it.number,
        "kind": it.kind,
        "status": it.status,
        "severity": it.severity,
        "headline": masked(it.headline),
        "place": masked(it.place),
        "opened_at": int(it.opened_at.timestamp()),
        "exercise": it.exercise,
        "by": one.by.label,
    }
