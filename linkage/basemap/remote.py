"""Tiles from a server of the intranet: asked by us, never by the browser, and never further.

Only the host of the settings is asked, by no proxy, without following anywhere. A server that is
away is left alone for a while: twenty desks must not queue behind its timeout.
"""

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from linkage.basemap.archives import LARGEST
from linkage.basemap.layers import Layer

TIMEOUT_S = 5.0
REST_S = 15.0  # after a failure nobody asks for so long


class Away(Exception):  # noqa: N818
    """No tile now, though there may be one. Says why, without address or key."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None  # the answer itself, 3xx, is then an error


class Remote:
    def __init__(self, layer: Layer, clock: Callable[[], float] = time.monotonic) -> None:
        self._layer, self._clock = layer, clock
        self._rests_until = 0.0
        self._why = ""
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """None where the server has no such tile. Raises Away."""
        if self._clock() < self._rests_until:
            raise Away(self._why)
        return self._ask(self._address(z, x, y))

    def _address(self, z: int, x: int, y: int) -> str:
        layer = self._layer
        address = layer.url
        for name, number in (("z", z + layer.zoom_offset), ("x", x), ("y", y)):
            address = address.replace(f"{{{name}}}", str(number))
        return address.replace("{key}", self._key()) if layer.key_file else address

    def _key(self) -> str:
        """Read for every tile: a changed key needs no restart."""
        try:
            key = Path(self._layer.key_file).read_text(encoding="utf-8").strip()
        except OSError as why:
            raise Away("密钥文件读不出") from why
        return quote(key, safe="")

    def _ask(self, address: str) -> bytes | None:
        try:
            with self._opener.open(address, timeout=TIMEOUT_S) as answer:
                body = self._read(answer)
        except urllib.error.HTTPError as why:
            with why:
                self._judge(why.code)
            return None
        except (OSError, http.client.HTTPException, ValueError):
            self._rest("切片服务连不上")
        if len(body) > LARGEST:
            raise Away("切片过大，未采用")
        return body or None

    def _read(self, answer: http.client.HTTPResponse) -> bytes:
        """Who drips a byte a second is as good as away."""
        body, until = b"", time.monotonic() + TIMEOUT_S
        while len(body) <= LARGEST and (part := answer.read1(64 * 1024)):
            body += part
            if time.monotonic() > until:
                self._rest("切片服务应答太慢")
        return body

    def _judge(self, status: int) -> None:
        """Whether there is no such tile, or no server."""
        if status in {204, 400, 404}:  # beyond its edge or depth, servers say one of these
            return
        if 300 <= status < 400:
            self._rest("切片服务要求转到别处，未予理会")
        self._rest("切片服务拒绝了密钥" if status in {401, 403} else f"切片服务出错（{status}）")

    def _rest(self, why: str) -> NoReturn:
        self._why, self._rests_until = why, self._clock() + REST_S
        raise Away(why)
