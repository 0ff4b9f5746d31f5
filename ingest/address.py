"""Where the broker is: an MQTT URL taken apart, with the password from a file if one is named."""

import ssl
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
import paho.mqtt.client as mqtt

from linkage.errors import BadConfig
from linkage.settings import Settings

_PORTS = {"mqtt": 1883, "mqtts": 8883}


class Address(msgspec.Struct, frozen=True, kw_only=True):
    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def read_address(settings: Settings) -> Address:
    """Raises BadConfig naming the setting."""
    parts = urlsplit(settings.mqtt_url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise BadConfig(
            "环境变量",
            "LINKAGE_MQTT_URL",
            f"{settings.shown()['mqtt_url']} 不是消息服务器地址",
            "应写成 mqtt://主机:端口 或 mqtts://用户:口令@主机:端口",
        )
    password = unquote(parts.password) if parts.password else None
    if settings.mqtt_password_file:
        try:
            password = Path(settings.mqtt_password_file).read_text(encoding="utf-8").strip()
        except OSError as why:
            raise BadConfig(
                settings.mqtt_password_file,
                "LINKAGE_MQTT_PASSWORD_FILE",
                f"读不到口令文件（{why.strerror}）",
                "请检查路径和读权限",
            ) from why
    return Address(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        tls=parts.scheme == "mqtts",
        user=unquote(parts.username) if parts.username else None,
        password=password,
    )


def prepare(client: mqtt.Client, address: Address) -> None:
    if address.user:
        client.username_pw_set(address.user, address.password)
    if address.tls:
        client.tls_set_context(ssl.create_default_context())
