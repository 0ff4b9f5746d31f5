"""The door of the whole application: nothing but the sign-in page opens without a stay.

It stands before every route, Streamlit's own among them, so that a page added tomorrow is behind
it as well. What a role may see and do is decided further in.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import quote

import anyio
from google.protobuf.message import DecodeError
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard.entrance import Entrance, cookies_in, token_in
from linkage.access.signing_in import touch
from linkage.access.sitting import Gone, Sitting
from linkage.people import HOME, WATCHES
from linkage.record import UNAVAILABLE

# Nothing of the record is behind these: programs, styles, fonts, the base map, signs of life.
OPEN = (
    "/sign-in",
    "/static/",
    "/component/",
    "/live/",
    "/vendor/",
    "/basemap/",
    "/api/health",
    "/_stcore/health",
    "/_stcore/script-health-check",
    "/_stcore/host-config",
    "/_stcore/bidi-components/",
    "/favicon",
)
# Streamlit's own sign-in by unified identity, where a city has it.
UNIFIED = ("/auth/", "/oauth2callback")
# Laid by dashboard/unified.py on the way to the provider: where its person wants to go on to.
ON_THE_WAY = "linkage_unified"
# They say themselves, in their own close code, that nobody is signed in.
SOCKETS = ("/api/live/ws", "/api/live/pulse")
TOUCH_EVERY_S = 60.0
# The button that pulse.js presses: no person did.
PULSE = "pulse"
_MOST_TOUCHED = 2000


class Gate:
    def __init__(self, app: ASGIApp, entrance: "Entrances", base: str, *, unified: bool) -> None:
        self.app, self.entrance, self.base = app, entrance, base
        self.open = OPEN + (UNIFIED if unified else ())
        self.unified = unified
        self._touched: OrderedDict[int, float] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(self.base)
        if path.startswith(self.open):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            found = await anyio.to_thread.run_sync(self.entrance().sitting, token_in(headers))
        except UNAVAILABLE:
            found = Gone("数据库暂时连不上，请稍候重试。")
        stream = scope["type"] == "websocket" and path == "/_stcore/stream"
        if isinstance(found, Sitting):
            if scope["type"] == "http" and path == f"/{HOME[found.actor.role].value}":
                # The first page has no path of its own; who noted this one finds it all the same.
                query = scope["query_string"].decode("latin-1")
                home = RedirectResponse(f"{self.base}/" + (f"?{query}" if query else ""))
                await home(scope, receive, send)
                return
            scope["sitting"] = found
            inward = self._attended(receive, found) if stream else receive
            await self.app(scope, inward, send)
        elif scope["type"] == "websocket":
            # An open tab whose stay ended comes back here: page and feed then say so themselves.
            if path in SOCKETS or (stream and token_in(headers)):
                await self.app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 4401})
        else:
            await self._turned_away(scope, found)(scope, receive, send)

    def _turned_away(self, scope: Scope, gone: Gone) -> Response:
        wants_page = "text/html" in Headers(scope=scope).get("accept", "")
        if scope["method"] != "GET" or not wants_page:
            return JSONResponse({"error": gone.why}, HTTPStatus.UNAUTHORIZED)
        query = scope["query_string"].decode("latin-1")
        asked = scope["path"].removeprefix(self.base) + (f"?{query}" if query else "")
        if self.unified and asked in {"", "/"} and ON_THE_WAY in cookies_in(Headers(scope=scope)):
            return RedirectResponse(f"{self.base}/sign-in/unified/back", HTTPStatus.SEE_OTHER)
        address = f"{self.base}/sign-in"
        if asked not in {"", "/"}:
            address += f"?next={quote(asked, safe='')}"
        return RedirectResponse(address, HTTPStatus.SEE_OTHER)

    def _attended(self, receive: Receive, sitting: Sitting) -> Receive:
        """A page's own refreshing is no sign of a person; a click and a typed word are."""

        async def heard() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and _by_hand(message.get("bytes")):
                last = self._touched.get(sitting.id, 0.0)
                if time.monotonic() - last >= TOUCH_EVERY_S:
                    self._note(sitting.id)
                    await anyio.to_thread.run_sync(self._touch, sitting.id)
            return message

        return heard

    def _note(self, sign_in_id: int) -> None:
        self._touched[sign_in_id] = time.monotonic()
        self._touched.move_to_end(sign_in_id)
        while len(self._touched) > _MOST_TOUCHED:
            self._touched.popitem(last=False)

    def _touch(self, sign_in_id: int) -> None:
        try:
            here = self.entrance()
            touch(here.record, sign_in_id, here.rules)
        except UNAVAILABLE:
            self._touched.pop(sign_in_id, None)  # the next act tells


def watcher(scope: Scope) -> Sitting | None:
    """Who asks, if the pushed picture is theirs to see; the gate has looked at who it is."""
    found = scope.get("sitting")
    return found if isinstance(found, Sitting) and found.actor.role in WATCHES else None


def _by_hand(data: bytes | None) -> bool:
    if not data:
        return False
    said = BackMsg()
    try:
        said.ParseFromString(data)
    except DecodeError:
        return False
    if said.WhichOneof("type") != "rerun_script" or said.rerun_script.is_auto_rerun:
        return False
    pressed = (each.id for each in said.rerun_script.widget_states.widgets if each.trigger_value)
    return not any(each.endswith(f"-{PULSE}") for each in pressed)


class Entrances:
    """The entrance of this process, made when it is first asked for."""

    def __init__(self, make: Callable[[], Entrance]) -> None:
        self._make = make
        self._entrance: Entrance | None = None
        self._lock = threading.Lock()

    def __call__(self) -> Entrance:
        with self._lock:
            self._entrance = self._entrance or self._make()
        return self._entrance


def middleware(entrance: Entrances, base: str = "", *, unified: bool = False) -> list[Middleware]:
    return [Middleware(Gate, entrance=entrance, base=base, unified=unified)]
