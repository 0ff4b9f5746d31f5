"""SMS gateways and 政务微信: one HTTP call for a part of a text, its shape from gateways.toml."""

import http.client
import json
import re
import ssl
import tomllib
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ingest.means.deadline import OF_SOCKET, deadline
from ingest.means.gateway_file import HttpGateway, read_secret
from ingest.means.outcome import Failed, Sent
from linkage.means.sending import Outgoing

# An answer is a few hundred bytes; who sends a film is cut off.
LONGEST_ANSWER = 65_536
# Room for （10/12） before each part.
_MARK = 8
_HOLE = re.compile(r"\{(to|title|text|markdown|id|key|secret)\}")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!<>|~@])")
_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class HttpAdapter:
    """`name`: of the gateway, for people. The secrets are read at each sending: they change."""

    def __init__(self, name: str, gateway: HttpGateway) -> None:
        self._name, self._gateway = name, gateway
        # Parts of a long text that the gateway has: a retry goes on from there.
        self._taken: dict[int, int] = {}

    def send(self, notice: Outgoing) -> Sent | Failed:
        parts = cut(f"{notice.title}\n{notice.text}", self._gateway.longest)
        ids = []
        for number, part in enumerate(parts, start=1):
            if number <= self._taken.get(notice.id, 0):
                continue
            made = self._send_part(notice, number, part)
            if isinstance(made, Failed):
                which = f"第 {number}/{len(parts)} 条：" if len(parts) > 1 else ""
                return Failed(f"{which}{made.reason}", made.retry)
            self._taken[notice.id] = number
            ids.append(made.detail)
        self._taken.pop(notice.id, None)
        told = "、".join(one for one in ids if one)
        count = f"分 {len(parts)} 条，" if len(parts) > 1 else ""
        return Sent(f"{count}{self._name}已受理{f'，编号 {told}' if told else ''}")

    def _send_part(self, notice: Outgoing, number: int, part: str) -> Sent | Failed:
        try:
            values = self._values(notice, number, part)
            status, said = exchange(self._gateway, values)
        except TimeoutError as why:
            return Failed(f"{self._name}超时：{str(why) or '没有答复'}")
        except ssl.SSLCertVerificationError as why:
            return Failed(f"{self._name}的证书不可信（{why.verify_message}）")
        except (OSError, http.client.HTTPException) as why:
            return Failed(f"{self._name}连接失败：{_words(why)}")
        except (ValueError, tomllib.TOMLDecodeError) as why:
            return Failed(f"{self._name}配置有误：{type(why).__name__}", retry=False)
        return judge(self._gateway, self._name, status, said)

    def _values(self, notice: Outgoing, number: int, part: str) -> dict[str, str]:
        keys: dict[str, Any] = {}
        if self._gateway.keys_file:
            keys = tomllib.loads(Path(self._gateway.keys_file).read_text(encoding="utf-8-sig"))
        return {
            "to": notice.address,
            "title": notice.title,
            "text": part,
            "markdown": _MARKDOWN.sub(r"\\\1", part),
            # The same at every try, so that the gateway knows a repetition when it sees one.
            "id": f"linkage-{notice.id}-{number}",
            "key": str(keys.get(notice.address, "")),
            "secret": read_secret(self._gateway.secret_file),
        }


def cut(text: str, longest: int) -> list[str]:
    """Numbered parts, none longer than the gateway takes; nothing is left out."""
    if len(text) <= longest:
        return [text]
    room = longest - _MARK
    pieces = [text[at : at + room] for at in range(0, len(text), room)]
    return [f"（{number}/{len(pieces)}）{one}" for number, one in enumerate(pieces, start=1)]


def exchange(gateway: HttpGateway, values: Mapping[str, str]) -> tuple[int, bytes]:
    """One request and its answer. No redirect is followed, no proxy asked."""
    where = urlsplit(_filled(gateway.url, {k: quote(v, safe="") for k, v in values.items()}))
    fields = _fill(gateway.fields, values)
    query, body, kind = where.query, b"", ""
    if gateway.method == "GET":
        query = "&".join(part for part in (query, urlencode(fields)) if part)
    elif gateway.body == "form":
        body, kind = urlencode(fields).encode(), "application/x-www-form-urlencoded"
    else:
        body, kind = json.dumps(fields, ensure_ascii=False).encode(), "application/json"
    headers = {name: _filled(text, values) for name, text in gateway.headers.items()}
    headers |= {"Content-Type": f"{kind}; charset=utf-8"} if kind else {}
    path = (where.path or "/") + (f"?{query}" if query else "")
    line = _connection(gateway, where.scheme, where.hostname or "", where.port)
    with deadline(gateway.timeout_s, lambda: line.sock):
        try:
            line.request(gateway.method, path, body or None, headers)
            answer = line.getresponse()
            return answer.status, answer.read(LONGEST_ANSWER)
        finally:
            line.close()


def judge(gateway: HttpGateway, name: str, status: int, said: bytes) -> Sent | Failed:
    """Whether the gateway took it, by its status and by what it says."""
    if 300 <= status < 400:
        return Failed(f"{name}要求转到别处（{status}），未跟随", retry=False)
    if not 200 <= status < 300:
        again = status >= 500 or status in _AGAIN
        return Failed(f"{name}答复 {status}{_shown(said)}", retry=again)
    rule = gateway.success
    form = _json(said)
    if rule is None:
        return Sent(_at(form, gateway.id_path))
    if form is None:
        return Failed(f"{name}的答复看不懂{_shown(said)}")
    verdict = _at(form, rule.path)
    if verdict in rule.equals:
        return Sent(_at(form, gateway.id_path))
    why = _at(form, gateway.reason_path)
    words = f"{name}拒绝：{rule.path} = {verdict or '（没有）'}{f'，{why}' if why else ''}"
    return Failed(words, retry=verdict not in rule.final)


def _connection(
    gateway: HttpGateway, scheme: str, host: str, port: int | None
) -> http.client.HTTPConnection:
    patience = gateway.timeout_s * OF_SOCKET
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=patience)
    context = ssl.create_default_context(cafile=gateway.ca or None)
    return http.client.HTTPSConnection(host, port, timeout=patience, context=context)


def _fill(shape: Any, values: Mapping[str, str]) -> Any:
    if isinstance(shape, dict):
        return {name: _fill(one, values) for name, one in shape.items()}
    if isinstance(shape, list):
        return [_fill(one, values) for one in shape]
    return _filled(shape, values) if isinstance(shape, str) else shape


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Once, and only the known names: what stands in a value is never read as a hole."""
    return _HOLE.sub(lambda hole: values[hole[1]], text)


def _json(said: bytes) -> Any:
    try:
        return json.loads(said)
    except (ValueError, RecursionError):  # [[[[… thousands deep
        return None


def _at(form: Any, path: str) -> str:
    """`data.msgid` of an answer as text; empty where it is not."""
    if not path:
        return ""
    for name in path.split("."):
        form = form.get(name) if isinstance(form, dict) else None
    return "" if form is None else str(form)[:120]


def _shown(said: bytes) -> str:
    text = " ".join(said[:240].decode("utf-8", "replace").split())[:80]
    return f"：{text}" if text else ""


def _words(why: Exception) -> str:
    said = why.strerror if isinstance(why, OSError) else str(why)
    return said or type(why).__name__
