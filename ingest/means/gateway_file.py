"""gateways.toml: the customer's SMS gateway, 政务微信 and mail server. Secrets are in files."""

from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from linkage.errors import BadConfig
from linkage.toml_file import only_keys, read_toml, shaped


class Success(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where in the JSON answer the verdict stands, and which verdicts mean what.

    `final`: verdicts that no second try will better, as of a number that does not exist.
    """

    path: str
    equals: tuple[str, ...]
    final: tuple[str, ...] = ()


class HttpGateway(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`fields`, `headers` and `url` may hold {to} {title} {text} {markdown} {id} {key} {secret}."""

    url: str
    method: Literal["POST", "GET"] = "POST"
    body: Literal["json", "form"] = "json"
    fields: dict[str, Any] = {}
    headers: dict[str, str] = {}
    longest: int = 500  # characters in one message; longer is cut in numbered parts
    success: Success | None = None  # without: any answer of 200 to 299 will do
    id_path: str = ""  # where the answer says under which number it was taken
    reason_path: str = ""  # where it says why not
    secret_file: str = ""
    keys_file: str = ""  # TOML: receiver = "key", where each has one of its own
    ca: str = ""
    timeout_s: float = 10.0


class MailServer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    host: str
    port: int
    sender: str
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    secret_file: str = ""
    ca: str = ""
    timeout_s: float = 15.0


class Gateways(msgspec.Struct, frozen=True, kw_only=True):
    """None: the customer has none."""

    sms: HttpGateway | None = None
    webhook: HttpGateway | None = None
    email: MailServer | None = None


def load_gateways(path: str) -> Gateways:
    """An empty path: none are set up. Raises BadConfig."""
    if not path:
        return Gateways()
    file = Path(path)
    raw = read_toml(file)
    only_keys(file, raw, "sms", "webhook", "email")
    return Gateways(
        sms=_http(file, "sms", raw),
        webhook=_http(file, "webhook", raw),
        email=_mail(file, raw),
    )


def _http(file: Path, name: str, raw: dict[str, Any]) -> HttpGateway | None:
    if name not in raw:
        return None
    gateway = shaped(file, f"[{name}]", raw[name], HttpGateway)
    where = urlsplit(gateway.url)
    if where.scheme not in {"http", "https"} or not where.hostname:
        raise BadConfig(file.name, f"[{name}] url", "不是网址", "应以 http:// 或 https:// 开头")
    if not 20 <= gateway.longest <= 20_000:
        wrong = f"longest 是 {gateway.longest}"
        raise BadConfig(file.name, f"[{name}]", wrong, "应在 20 到 20000 字之间")
    _check_time(file, name, gateway.timeout_s)
    for one in (gateway.secret_file, gateway.keys_file, gateway.ca):
        _check_file(file, name, one)
    return gateway


def _mail(file: Path, raw: dict[str, Any]) -> MailServer | None:
    if "email" not in raw:
        return None
    server = shaped(file, "[email]", raw["email"], MailServer)
    if server.sender.count("@") != 1:
        raise BadConfig(file.name, "[email] sender", "不是邮箱地址", "例：ddzx@example.invalid")
    if server.user and server.security == "none":
        raise BadConfig(file.name, "[email]", "口令会以明文传送", 'security 写 "starttls" 或 "tls"')
    _check_time(file, "email", server.timeout_s)
    for one in (server.secret_file, server.ca):
        _check_file(file, "email", one)
    return server


def _check_time(file: Path, name: str, seconds: float) -> None:
    if not 1 <= seconds <= 30:
        raise BadConfig(file.name, f"[{name}]", f"timeout_s 是 {seconds:g}", "应在 1 到 30 秒之间")


def _check_file(file: Path, name: str, path: str) -> None:
    if path and not Path(path).is_file():
        raise BadConfig(file.name, f"[{name}]", f"没有文件 {path}", "请放好文件或改正路径")


def read_secret(path: str) -> str:
    """The first line of a secret's file; empty where none is named."""
    if not path:
        return ""
    lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    return lines[0].strip() if lines else ""
