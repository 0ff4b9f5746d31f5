"""The page that carries the application: Streamlit's, in our language, told where its server is.

live_layer/words.js reads Streamlit's own English words as Chinese, and all as English for who
chose so.

Without being told, the browser tries every part of a page's address and reports each that is no
server as an error.
"""

import json
import re
from pathlib import Path

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TITLE = "应急联动指挥"
# The page as it leaves here has neither the tag nor the packing of the one Streamlit would send.
_NOT_PASSED = (b"accept-encoding", b"if-none-match", b"if-modified-since")
_ROOT = b'<div id="root">'
_APPLICATION = b'src="./static/js/index.'
_TOLD = (
    "<script>window.__streamlit={{BACKEND_BASE_URL:location.origin+{base}}}</script>"
    "<script src={words}></script>"
    # mishap.py says it, with a number.
    '<style>[data-testid="stException"]{{display:none}}</style>'
)
# What Streamlit fetches when a page first needs it. It is fetched beforehand: a message or a form
# that is first needed when the line is broken is shown all the same.
_PARTS = (
    *("Button", "ButtonGroup", "Checkbox", "DateInput", "DownloadButton", "FileUploader", "Html"),
    *("LinkButton", "MenuButton", "Metric", "Multiselect", "NumberInput", "PageLink", "Progress"),
    *("Radio", "Selectbox", "Slider", "Spinner", "Table", "TextArea", "TextInput", "TimeInput"),
    "Toast",
)
_FETCHED = (
    "<script>addEventListener('load',()=>setTimeout(()=>{{"
    "for(const part of {parts})import(part).catch(()=>{{}})}},2000))</script>"
)
_HEAD = re.compile(r"<head>", re.IGNORECASE)
_TITLE = re.compile(r"<title>.*?</title>", re.DOTALL)
_NO_SCRIPT = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)
_WITHOUT = "<noscript><p>本系统需要启用浏览器的 JavaScript，请联系系统管理员。</p></noscript>"


class FrontPage:
    def __init__(self, app: ASGIApp, base: str) -> None:
        self.app = app
        self.told = _TOLD.format(
            base=json.dumps(f"{base}/"), words=json.dumps(f"{base}/live/words.js")
        )
        self.fetched = _FETCHED.format(parts=json.dumps(_parts(base)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self.app(scope, receive, send)
            return
        plain = [(k, v) for k, v in scope["headers"] if k not in _NOT_PASSED]
        began: Message = {}
        body = b""

        async def held(message: Message) -> None:
            nonlocal began, body
            if message["type"] == "http.response.start":
                began = message
                return
            if not _is_page(began):
                if began:
                    await send(began)
                    began = {}
                await send(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                page = self._ours(body) if _ROOT in body else body
                MutableHeaders(scope=began)["content-length"] = str(len(page))
                await send(began)
                await send({"type": "http.response.body", "body": page})

        await self.app({**scope, "headers": plain}, receive, held)

    def _ours(self, body: bytes) -> bytes:
        page = body.decode().replace('<html lang="en">', '<html lang="zh-CN">', 1)
        # A component's frame is a page too, and must not load the application again.
        told = self.told + (self.fetched if _APPLICATION in body else "")
        page = _HEAD.sub(lambda head: head[0] + told, page, count=1)
        page = _TITLE.sub(f"<title>{TITLE}</title>", page, count=1)
        return _NO_SCRIPT.sub(_WITHOUT, page, count=1).encode()


def _parts(base: str) -> list[str]:
    """Their addresses, with the marks of this version."""
    folder = Path(streamlit.__file__).parent / "static" / "static" / "js"
    return [f"{base}/static/js/{f.name}" for part in _PARTS for f in folder.glob(f"{part}.*.js")]


def _is_page(began: Message) -> bool:
    kind = Headers(raw=began.get("headers", [])).get("content-type", "")
    return began.get("status") == 200 and kind.startswith("text/html")


def middleware(base: str) -> list[Middleware]:
    return [Middleware(FrontPage, base=base)]
