"""What the person at a desk prefers, kept with the account: their layers are there on another PC.

GET  /api/live/preference     {name: value} of all that the map's layer may ask to be kept
PUT  /api/live/preference     {"name", "value"}; kept, or refused with a sentence
"""

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.entrance import Entrance
from dashboard.gate import watcher
from linkage.access.preferences import LONGEST, keep_preference, read_preference
from linkage.access.signed_record import SignedRecord
from linkage.access.sitting import Sitting
from linkage.errors import NotAllowed, NotPermitted
from linkage.record import UNAVAILABLE

# What the layer keeps (dashboard/live_layer/preferences.js) and under which name.
NAMES = {"sift": "situation.sift", "ground": "situation.ground"}


class Kept(msgspec.Struct):
    name: str
    value: Any


def preference_route(entrance: Callable[[], Entrance]) -> Route:
    """No other site can send a PUT: its browser would first ask leave, which nobody gives."""

    def read(here: Sitting) -> Response:
        record = entrance().record
        kept = {
            name: read_preference(record, here.account_id, full) for name, full in NAMES.items()
        }
        said = {name: value for name, value in kept.items() if value is not None}
        return JSONResponse(said, headers={"Cache-Control": "no-store"})

    def keep(here: Sitting, body: bytes) -> Response:
        try:
            asked = msgspec.json.decode(body, type=Kept)
        except msgspec.DecodeError:
            return JSONResponse({"error": "个人设置读不出，没有保存。"}, 400)
        if asked.name not in NAMES:
            return JSONResponse({"error": "没有这项个人设置。"}, 400)
        record = SignedRecord(entrance().record, here, entrance().rules)
        try:
            keep_preference(record, here.account_id, NAMES[asked.name], asked.value)
        except NotAllowed as why:
            return JSONResponse({"error": str(why)}, 400)
        except NotPermitted as why:
            return JSONResponse({"error": str(why)}, 403)
        return Response(status_code=204)

    async def serve(request: Request) -> Response:
        here = watcher(request.scope)
        if here is None:
            return JSONResponse({"error": "请重新登录后重试"}, 401)
        try:
            if request.method == "GET":
                return await run_in_threadpool(read, here)
            body = b""
            async for piece in request.stream():
                body += piece
                if len(body) > 2 * LONGEST:
                    return JSONResponse({"error": "个人设置太长，没有保存。"}, 413)
            return await run_in_threadpool(keep, here, body)
        except UNAVAILABLE:
            return JSONResponse({"error": "数据库暂时连不上，没有保存。"}, 503)

    return Route("/api/live/preference", serve, methods=["GET", "PUT"])
