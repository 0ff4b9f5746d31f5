"""Where the broker is: MQTT URLs taken apart, passwords and certificates from files.

Several URLs, separated by commas, are the members of one broker cluster: the next is tried when
one does not answer. TLS is what the URL says, never more and never less: no plain text where
`mqtts` stands, no certificate that would go unused where `mqtt` stands.
"""

import ssl
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec
import paho.mqtt.client as mqtt

from linkage.errors import BadConfig
from linkage.settings import Settings

_PORTS = {"mqtt": 1883, "mqtts": 8883}
WHERE, URL = "环境变量", "LINKAGE_MQTT_URL"


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """`more`: further members of the same cluster, as host and port."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None
    more: tuple[tuple[str, int], ...] = ()
    ca: str = ""  # file names; "": the system's own authorities, no certificate of ours
    certificate: str = ""
    key: str = ""

    @property
    def places(self) -> tuple[tuple[str, int], ...]:
        return ((self.host, self.port), *self.more)

    def __str__(self) -> str:
        scheme = "mqtts" if self.tls else "mqtt"
        return ",".join(f"{scheme}://{host}:{port}" for host, port in self.places)


def read_address(settings: Settings) -> Address:
    """Raises BadConfig naming the setting."""
    members = [_split(settings, one.strip()) for one in settings.mqtt_url.split(",")]
    first = members[0]
    if len({member.scheme for member in members}) > 1:
        raise BadConfig(WHERE, URL, "有的加密有的不加密", "几个地址应都写 mqtt:// 或都写 mqtts://")
    address = Address(
        host=first.hostname or "",
        port=first.port or _PORTS[first.scheme],
        tls=first.scheme == "mqtts",
        user=unquote(first.username) if first.username else None,
        password=_password(settings, first),
        more=tuple((m.hostname or "", m.port or _PORTS[m.scheme]) for m in members[1:]),
        ca=settings.mqtt_ca,
        certificate=settings.mqtt_cert,
        key=settings.mqtt_key,
    )
    if address.tls:
        tls_context(address)
    elif address.ca or address.certificate or address.key:
        wrong = "设置了 TLS 证书，但地址是不加密的 mqtt://"
        raise BadConfig(WHERE, URL, wrong, "请改为 mqtts://，或去掉 LINKAGE_MQTT_CA、_CERT、_KEY")
    return address


def prepare(client: mqtt.Client, address: Address) -> None:
    """Raises BadConfig where a certificate cannot be used."""
    if address.user:
        client.username_pw_set(address.user, address.password)
    if address.tls:
        client.tls_set_context(tls_context(address))


def tls_context(address: Address) -> ssl.SSLContext:
    """The server must show a certificate for its name by an authority we trust. Raises BadConfig
    naming the file that cannot be used."""
    try:
        context = ssl.create_default_context(cafile=address.ca or None)
    except (OSError, ssl.SSLError) as why:
        remedy = "请给 PEM 格式的 CA 证书文件，并检查路径和读权限"
        raise BadConfig(address.ca, "LINKAGE_MQTT_CA", f"不能用（{why}）", remedy) from why
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if address.key and not address.certificate:
        raise BadConfig(
            address.key, "LINKAGE_MQTT_KEY", "有私钥没有证书", "请同时设 LINKAGE_MQTT_CERT"
        )
    if address.certificate:
        try:
            context.load_cert_chain(address.certificate, address.key or None, password=_no_password)
        except (OSError, ssl.SSLError, ValueError) as why:
            remedy = "请给互相匹配的 PEM 证书和不带口令的私钥，并检查路径和读权限"
            name = "LINKAGE_MQTT_CERT"
            raise BadConfig(address.certificate, name, f"不能用（{why}）", remedy) from why
    return context


def _no_password() -> str:
    # Else OpenSSL would ask at the terminal, and a service would wait for ever.
    raise ValueError("私钥带口令")


def _split(settings: Settings, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        known = parts.scheme in _PORTS and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        raise BadConfig(
            WHERE,
            URL,
            f"{settings.shown()['mqtt_url']} 不是消息服务器地址",
            "应写成 mqtt://主机:端口 或 mqtts://用户:口令@主机:端口；集群写几个，用逗号隔开",
        )
    return parts


def _password(settings: Settings, parts: SplitResult) -> str | None:
    if not settings.mqtt_password_file:
        return unquote(parts.password) if parts.password else None
    try:
        return Path(settings.mqtt_password_file).read_text(encoding="utf-8").strip()
    except OSError as why:
        raise BadConfig(
            settings.mqtt_password_file,
            "LINKAGE_MQTT_PASSWORD_FILE",
            f"读不到口令文件（{why.strerror}）",
            "请检查路径和读权限",
        ) from why
