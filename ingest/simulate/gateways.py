"""An SMS gateway, 政务微信 and a mail server on loopback: they print what comes, and can fail."""

import json
import logging
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import SMTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from linkage.vocabulary import Labelled

HOST = "127.0.0.1"
log = logging.getLogger("simulate.gateways")


class Fault(Labelled):
    """How a gateway fails. A port that nobody listens on needs no simulator."""

    BLACK_HOLE = "black-hole", "接了不答"
    ERROR = "error", "答 500"
    GARBAGE = "garbage", "答非所问"
    REDIRECT = "redirect", "转到别处"
    REFUSE = "refuse", "说号码不存在"
    HANG_UP = "hang-up", "接了就挂"


class Received(msgspec.Struct, frozen=True):
    means: str
    to: str
    text: str
    id: str


class Inbox:
    """What all gateways got, in the order it came. `faults`: how each means fails, if it does."""

    def __init__(self, faults: Mapping[str, Fault] | None = None) -> None:
        self.faults = dict(faults or {})
        self.received: list[Received] = []
        self.tried = 0
        self.ended = threading.Event()
        self._lock = threading.Lock()

    def take(self, one: Received) -> str:
        """Returns the number it was taken under: the same for the same id, as gateways do."""
        with self._lock:
            ids = [known.id for known in self.received]
            if one.id and one.id in ids:
                log.info("%s 重复，不再转发：%s", one.means, one.id)
                return f"{one.means}-{ids.index(one.id) + 1}"
            self.received.append(one)
            log.info("%s → %s：%s", one.means, one.to, one.text)
            return f"{one.means}-{len(self.received)}"


class _Http(BaseHTTPRequestHandler):
    inbox: Inbox
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        means = "webhook" if "webhook" in self.path else "sms"
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.inbox.tried += 1
        fault = self.inbox.faults.get(means)
        if fault is not None:
            self._fail(fault)
            return
        form = _form(body)
        text = form.get("content") or form.get("text", {}).get("content", "")
        to, its_id = form.get("mobile") or form.get("touser") or "", form.get("extno") or ""
        number = self.inbox.take(Received(means, str(to), str(text), str(its_id)))
        self._answer(200, {"code": "0", "errcode": 0, "msg": "ok", "msgid": number})

    def _fail(self, fault: Fault) -> None:
        if fault is Fault.BLACK_HOLE:
            self.inbox.ended.wait()
        elif fault is Fault.ERROR:
            self._answer(500, {"msg": "内部错误"})
        elif fault is Fault.GARBAGE:
            self._send(200, "<html>欢迎使用</html>".encode())
        elif fault is Fault.REDIRECT:
            self.send_response(302)
            self.send_header("Location", f"//{HOST}:9/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif fault is Fault.REFUSE:
            self._answer(200, {"code": "1002", "errcode": 81013, "msg": "号码不存在"})
        else:
            self.close_connection = True

    def _answer(self, status: int, form: Mapping[str, Any]) -> None:
        self._send(status, json.dumps(form, ensure_ascii=False).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The text says more than the line of the request, and has no number in a query."""


class _Smtp(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a letter needs."""

    inbox: Inbox

    def handle(self) -> None:
        self.inbox.tried += 1
        fault = self.inbox.faults.get("email")
        if fault is Fault.BLACK_HOLE:
            self.inbox.ended.wait()
        if fault in {Fault.BLACK_HOLE, Fault.HANG_UP}:
            return
        self._say("220 linkage-demo" if fault is not Fault.GARBAGE else "HTTP/1.1 200 OK")
        to: list[str] = []
        while line := self.rfile.readline(4096):
            verb = line[:4].upper()
            if verb == b"QUIT":
                self._say("221 bye")
                return
            if verb == b"RCPT" and fault is Fault.REFUSE:
                self._say("550 no such user")
            elif verb == b"MAIL" and fault is Fault.ERROR:
                self._say("451 try again later")
            elif verb == b"DATA":
                self._say("354 go on")
                self._take(to)
                self._say("250 taken")
            else:
                if verb == b"RCPT":
                    to.append(line.decode("utf-8", "replace").partition("<")[2].partition(">")[0])
                self._say("250 ok")

    def _take(self, to: list[str]) -> None:
        lines = []
        while (line := self.rfile.readline(65_536)) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        letter = message_from_bytes(b"".join(lines), policy=SMTP)
        body = letter.get_content()
        text = f"{letter['Subject']}　{body.strip()}"
        self.inbox.take(Received("email", "、".join(to), text, str(letter["Message-ID"])))

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class _SmtpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


def _form(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def gateways(inbox: Inbox, http_port: int = 0, smtp_port: int = 0) -> Iterator[tuple[int, int]]:
    """All three at work until the block ends; gives the ports of HTTP and SMTP."""
    http = _HttpServer((HOST, http_port), type("Http", (_Http,), {"inbox": inbox}))
    smtp = _SmtpServer((HOST, smtp_port), type("Smtp", (_Smtp,), {"inbox": inbox}))
    smtp.block_on_close = False
    servers = (http, smtp)
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield http.server_address[1], smtp.server_address[1]
    finally:
        inbox.ended.set()
        for server in servers:
            server.shutdown()
            server.server_close()


def faults_of(words: list[str], told: Callable[[str], None]) -> dict[str, Fault]:
    """`sms=black-hole` → how a means fails; `told` hears what is none."""
    found = {}
    for word in words:
        means, _, fault = word.partition("=")
        if means not in {"sms", "webhook", "email"} or fault not in set(Fault):
            kinds = "、".join(f"{one.value}（{one.label}）" for one in Fault)
            told(f"“{word}”看不懂：写成 sms=black-hole；可用 sms、webhook、email 和 {kinds}")
        else:
            found[means] = Fault(fault)
    return found
