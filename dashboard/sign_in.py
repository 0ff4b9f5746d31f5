"""登录: plain pages of our own before the application, because only they can set a cookie.

GET  /sign-in                the form          POST /sign-in              login, password, code
POST /sign-in/cast           one of the demonstration's people, on this machine only
GET  /sign-in/key/{secret}   a one-time link   POST /sign-in/key/{secret} the password chosen
POST /sign-out
"""

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import streamlit as st
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard import sign_in_page, unified
from dashboard.entrance import COOKIE, token_in
from dashboard.gate import Entrances
from linkage.access.accounts import NewAccount
from linkage.access.cast import cast, play
from linkage.access.invitations import STALE, accept, invited
from linkage.access.signing_in import Knock, enter, leave
from linkage.access.sitting import Sitting
from linkage.errors import NotAllowed, NotPermitted
from linkage.record import UNAVAILABLE

LONGEST_FORM = 10_000
# From one address; a mistyped password is not this many.
MOST_FAILURES, WITHIN_S = 20, 60.0
_MOST_ADDRESSES = 5000
MOST_HASHING = 4
AWAY = "数据库暂时连不上，请稍候重试。"
FOREIGN = "请求不是从本系统的页面发出的，没有处理。"


class SignIn:
    """`agencies`: id → short name, of those whose officers may be played. `by_city`: whether
    统一身份认证 is set up."""

    def __init__(
        self, entrance: Entrances, base: str, agencies: Mapping[str, str], *, by_city: bool = False
    ) -> None:
        self.entrance, self.base, self.by_city = entrance, base, by_city
        self.cast = {who.login: who for who in cast(dict(agencies))}
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        # Each check of a password takes 64 MiB: a flood of them must not take the server.
        self._hashing = CapacityLimiter(MOST_HASHING)

    def routes(self) -> list[BaseRoute]:
        at = self.base
        by_city = [
            Route(f"{at}/sign-in/unified", self.leave_for_provider),
            Route(f"{at}/sign-in/unified/back", self.back),
        ]
        return [
            *(by_city if self.by_city else ()),
            Route(f"{at}/sign-in", self.form),
            Route(f"{at}/sign-in", self.enter, methods=["POST"]),
            Route(f"{at}/sign-in/cast", self.play, methods=["POST"]),
            Route(f"{at}/sign-in/key/{{secret}}", self.invited),
            Route(f"{at}/sign-in/key/{{secret}}", self.accept, methods=["POST"]),
            Route(f"{at}/sign-out", self.leave, methods=["POST"]),
        ]

    async def form(self, request: Request) -> Response:
        return self._form(request, request.query_params.get("next", ""))

    async def enter(self, request: Request) -> Response:
        given = await _given(request)
        aim = given.get("next", "")
        if not _own(request):
            return self._form(request, aim, FOREIGN, HTTPStatus.FORBIDDEN)
        address = _address(request)
        if not self._may_knock(address):
            said = "登录失败次数太多，请一分钟后再试。"
            return self._form(request, aim, said, HTTPStatus.TOO_MANY_REQUESTS)
        here = self.entrance()
        knock = Knock(
            login=given.get("login", ""),
            password=given.get("password", ""),
            code=given.get("code", ""),
            address=address,
            agent=request.headers.get("user-agent", ""),
        )
        try:
            knocking = partial(enter, here.record, knock, here.rules, here.seal)
            token = await run_sync(knocking, limiter=self._hashing)
        except NotPermitted as why:
            return self._form(request, aim, str(why), HTTPStatus.UNAUTHORIZED)
        except UNAVAILABLE:
            return self._form(request, aim, AWAY, HTTPStatus.SERVICE_UNAVAILABLE)
        self._failures.pop(address, None)
        return self._in(request, token, aim)

    async def leave_for_provider(self, request: Request) -> Response:
        return await unified.leave_for_provider(
            self.base, _safe(request.query_params.get("next", ""))
        )

    async def back(self, request: Request) -> Response:
        try:
            token, aim = await unified.exchange(request, self.entrance)
        except unified.Refused as why:
            page = self._page("/", str(why))
            return unified.refusal(request, self.base, page, why)
        return unified.enter(request, self.base, token, _safe(aim))

    async def play(self, request: Request) -> Response:
        given = await _given(request)
        aim = given.get("next", "")
        who = self.cast.get(given.get("login", ""))
        if not self._may_play(request) or not _own(request) or who is None:
            said = "演示角色只能在演示环境的本机使用。"
            return self._form(request, aim, said, HTTPStatus.FORBIDDEN)
        here = self.entrance()
        agent = request.headers.get("user-agent", "")
        knock = Knock(login=who.login, password="", address=_address(request), agent=agent)
        try:
            token = await run_sync(play, here.record, who, knock, here.rules)
        except NotAllowed as why:
            return self._form(request, aim, str(why), HTTPStatus.CONFLICT)
        except UNAVAILABLE:
            return self._form(request, aim, AWAY, HTTPStatus.SERVICE_UNAVAILABLE)
        return self._in(request, token, aim)

    async def invited(self, request: Request) -> Response:
        return await self._key_form(request)

    async def accept(self, request: Request) -> Response:
        given, here = await _given(request), self.entrance()
        if not _own(request):
            return await self._key_form(request, FOREIGN, HTTPStatus.FORBIDDEN)
        if given.get("password", "") != given.get("again", ""):
            said = "两次输入的口令不一致。"
            return await self._key_form(request, said, HTTPStatus.BAD_REQUEST)
        secret, password = request.path_params["secret"], given.get("password", "")
        try:
            setting = partial(accept, here.record, secret, password, here.rules)
            await run_sync(setting, limiter=self._hashing)
        except NotAllowed as why:
            return await self._key_form(request, str(why), HTTPStatus.BAD_REQUEST)
        except UNAVAILABLE:
            return await self._key_form(request, AWAY, HTTPStatus.SERVICE_UNAVAILABLE)
        return self._form(request, "", "口令已设置，请登录。", good=True)

    async def leave(self, request: Request) -> Response:
        here = self.entrance()
        if _own(request):
            try:
                found = await run_sync(here.sitting, token_in(request.headers))
                if isinstance(found, Sitting):
                    await run_sync(leave, here.record, found.id)
            except UNAVAILABLE:
                return self._form(request, "", AWAY, HTTPStatus.SERVICE_UNAVAILABLE)
        answer = RedirectResponse(f"{self.base}/sign-in", HTTPStatus.SEE_OTHER)
        answer.delete_cookie(COOKIE, path=self.base or "/")
        return answer

    def _in(self, request: Request, token: str, aim: str) -> Response:
        answer = RedirectResponse(self.base + _safe(aim), HTTPStatus.SEE_OTHER)
        secure = urlsplit(request.headers.get("origin", "")).scheme == "https"
        # Lax: a link in 政务微信 still opens the page, a foreign page's requests bring no cookie.
        answer.set_cookie(
            *(COOKIE, token), httponly=True, secure=secure, samesite="lax", path=self.base or "/"
        )
        return answer

    def _form(
        self,
        request: Request,
        aim: str,
        said: str = "",
        status: int = HTTPStatus.OK,
        *,
        good: bool = False,
    ) -> Response:
        played = list(self.cast.values()) if self._may_play(request) else []
        return _page(self._page(_safe(aim), said, played, good=good), status)

    def _page(
        self, aim: str, said: str, played: Sequence[NewAccount] = (), *, good: bool = False
    ) -> str:
        return sign_in_page.form(self.base, aim, said, played, good=good, by_city=self.by_city)

    async def _key_form(
        self, request: Request, said: str = "", status: int = HTTPStatus.OK
    ) -> Response:
        secret, here = request.path_params["secret"], self.entrance()
        try:
            who = await run_sync(invited, here.record, secret)
        except UNAVAILABLE:
            return self._form(request, "", AWAY, HTTPStatus.SERVICE_UNAVAILABLE)
        if who is None:
            return self._form(request, "", STALE, HTTPStatus.GONE)
        rules = here.rules.passwords
        return _page(sign_in_page.key_form(self.base, secret, who, rules, said), status)

    def _may_play(self, request: Request) -> bool:
        """Only where the demonstration runs, the server listens on this machine alone, and nobody
        stands between the browser and us."""
        passed_on = any(
            name.startswith("x-forwarded") or name in {"forwarded", "x-real-ip", "via"}
            for name in request.headers
        )
        bound = str(st.get_option("server.address") or "")
        here = self.entrance().cast_allowed and _loopback(bound) and not passed_on
        return here and _loopback(_address(request))

    def _may_knock(self, address: str) -> bool:
        """Counted before the password is looked at: many at once are no way round."""
        times = self._failures.setdefault(address, deque())
        self._failures.move_to_end(address)
        while len(self._failures) > _MOST_ADDRESSES:
            self._failures.popitem(last=False)
        while times and time.monotonic() - times[0] > WITHIN_S:
            times.popleft()
        if len(times) >= MOST_FAILURES:
            return False
        times.append(time.monotonic())
        return True


def _page(page: str, status: int) -> Response:
    return HTMLResponse(page, status, {"Cache-Control": "no-store"})


async def _given(request: Request) -> dict[str, str]:
    """The fields of a form; the first of each."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_FORM:
            return {}
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), True, max_num_fields=20)
    except ValueError:  # more fields than any form of ours has
        return {}
    return {name: values[0] for name, values in fields.items()}


def _own(request: Request) -> bool:
    """Whether a page of ours sent the form: browsers always name the page that did."""
    origin = request.headers.get("origin", "")
    try:
        return bool(origin) and urlsplit(origin).netloc == request.headers.get("host")
    except ValueError:
        return False


def _safe(aim: str) -> str:
    """A path of ours to go on to; the first page where it is anything else."""
    local = aim.startswith("/") and not aim.startswith("//") and "\\" not in aim
    plain = local and aim.isprintable() and not urlsplit(aim).netloc and len(aim) < 500
    return aim if plain and not aim.startswith("/sign-") else "/"


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
