"""统一身份认证 (OIDC) through Streamlit's own sign-in, as the operator set it up in secrets.toml.

GET  /sign-in/unified         to the provider, by way of Streamlit's /auth/login
GET  /sign-in/unified/back    from Streamlit's /oauth2callback: its cookie becomes a stay of ours

Streamlit keeps who signed in in a cookie of 30 days that nobody can revoke. Here it lives for one
answer: it is exchanged for a stay that the record knows, and taken away.
"""

import json
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from urllib.parse import quote, unquote, urlsplit

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from streamlit import auth_util
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from dashboard.entrance import COOKIE
from dashboard.gate import ON_THE_WAY, Entrances
from linkage.access.signing_in import Knock
from linkage.access.unified import LONGEST, come_in
from linkage.errors import BadConfig, NotPermitted
from linkage.record import UNAVAILABLE

_NEEDED = ("client_id", "client_secret", "server_metadata_url", "redirect_uri", "cookie_secret")
# From the provider's answer to the stay it becomes.
FRESH_S = 300
_SHORTEST_SECRET = 32
_DAY_S = 86_400
UNFINISHED = "统一身份认证没有完成，请重试；或用本系统的账户登录。"
AWAY = "数据库暂时连不上，请稍候重试。"


def configured(base: str = "") -> bool:
    """Whether the operator set it up. Raises BadConfig where that is half done."""
    section = auth_util.get_secrets_auth_section()
    if not section:
        return False
    for name in _NEEDED:
        if not str(section.get(name, "")).strip():
            raise BadConfig(
                "secrets.toml", f"[auth] {name}", "没有填写", "见运行手册“统一身份认证”"
            )
    if len(str(section["cookie_secret"])) < _SHORTEST_SECRET:
        told = f"少于 {_SHORTEST_SECRET} 个字符"
        raise BadConfig("secrets.toml", "[auth] cookie_secret", told, "写一串随机字符")
    back = urlsplit(str(section["redirect_uri"]))
    if back.scheme not in {"http", "https"} or back.path != f"{base}/oauth2callback":
        right = f"写浏览器所见的地址，以 {base}/oauth2callback 结尾"
        raise BadConfig("secrets.toml", "[auth] redirect_uri", f"是 {back.geturl()}", right)
    return True


async def leave_for_provider(base: str, aim: str) -> Response:
    """`aim`: where to go on to afterwards, a path of ours."""
    token = auth_util.encode_provider_token("default")
    answer = RedirectResponse(f"{base}/auth/login?provider={token}", HTTPStatus.SEE_OTHER)
    path = base or "/"
    answer.set_cookie(
        *(ON_THE_WAY, quote(aim, safe="")), max_age=600, httponly=True, samesite="lax", path=path
    )
    return answer


class Refused(Exception):  # noqa: N818
    """Nobody came in. `str`: the sentence for the sign-in page."""

    def __init__(self, said: str, status: HTTPStatus) -> None:
        super().__init__(said)
        self.status = status


async def exchange(request: Request, entrance: Entrances) -> tuple[str, str]:
    """(token of a new stay, where to go on to). Raises Refused."""
    here = entrance()
    proof = _signed(request, USER_COOKIE_NAME)
    subject = _subject(proof, here.rules.unified.claim)
    if ON_THE_WAY not in request.cookies or not subject:
        raise Refused(UNFINISHED, HTTPStatus.UNAUTHORIZED)
    agent = request.headers.get("user-agent", "")
    address = request.client.host if request.client else ""
    knock = Knock(login="", password="", address=address, agent=agent)
    given = request.cookies[USER_COOKIE_NAME]
    try:
        token = await run_sync(partial(come_in, here.record, subject, given, knock, here.rules))
    except NotPermitted as why:
        raise Refused(str(why), HTTPStatus.FORBIDDEN) from why
    except UNAVAILABLE as why:
        raise Refused(AWAY, HTTPStatus.SERVICE_UNAVAILABLE) from why
    return token, unquote(request.cookies[ON_THE_WAY])


def enter(request: Request, base: str, token: str, aim: str) -> Response:
    answer = RedirectResponse(base + aim, HTTPStatus.SEE_OTHER)
    secure = str(auth_util.get_secrets_auth_section().get("redirect_uri", "")).startswith("https:")
    answer.set_cookie(
        *(COOKIE, token), httponly=True, secure=secure, samesite="lax", path=base or "/"
    )
    return forget(request, base, answer)


def forget(request: Request, base: str, answer: Response) -> Response:
    """Take away what Streamlit and we laid on the way, in all its pieces."""
    for name in request.cookies:
        if name == ON_THE_WAY or name.startswith(USER_COOKIE_NAME):
            answer.delete_cookie(name, path=base or "/")
    return answer


def refusal(request: Request, base: str, page: str, why: Refused) -> Response:
    answer = HTMLResponse(page, why.status, {"Cache-Control": "no-store"})
    return forget(request, base, answer)


def _signed(request: Request, name: str) -> bytes:
    """What Streamlit signed a moment ago; b"" where there is none, or an old one."""
    secret = get_cookie_secret()

    def one(piece: str) -> bytes | None:
        value = request.cookies.get(piece)
        return decode_signed_value(secret, piece, value, FRESH_S / _DAY_S) if value else None

    return auth_util.get_cookie_with_chunks(one, name) or b""


def _subject(proof: bytes, claim: str) -> str:
    try:
        said = json.loads(proof) if proof else {}
    except ValueError:
        return ""
    found = said.get(claim) if isinstance(said, Mapping) else None
    return found.strip() if isinstance(found, str) and len(found) <= LONGEST else ""
