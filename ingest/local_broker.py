"""Which MQTT broker this start uses: the user's, our own mosquitto, or one in memory.

Standard library only: start.py asks before anything is installed. The settings are measured:
with mosquitto's own defaults a kill -9 of the broker loses the session and every message after
it, until the intake has subscribed again.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MEMORY_NOTE = "演示：broker 仅在内存"
# Bytes. The longest text of a call is a few kilobytes; a CAP message with a long description fits.
LARGEST_MESSAGE = 262_144
# With room for its topic and properties. A larger packet ends its sender's connection: the other
# limit that mosquitto has, message_size_limit, confirms the message and throws it away.
LARGEST_PACKET = LARGEST_MESSAGE + 4096
INSTALL = ("apt-get", "install", "-y", "--no-install-recommends", "mosquitto")

MOSQUITTO = """\
listener {port} 127.0.0.1
allow_anonymous true
user {user}
persistence true
persistence_location {folder}/
# Seconds. The default is half an hour: what a kill -9 in between would lose.
autosave_interval 1
# Not 0: newer versions then log a warning for every message.
max_inflight_messages 1000
# The default of 1,000 drops what a long absence of the intake piles up.
max_queued_messages 1000000
max_packet_size {largest}
set_tcp_nodelay true
# For sessions of MQTT 3.1.1, which carry no expiry of their own.
persistent_client_expiration 7d
log_dest stdout
log_type error
log_type warning
log_type notice
# Who connects again and again is found in the log alone (ingest/broker_log.py).
connection_messages true
"""

MEMORY = """\
id = 0
[router]
id = 0
max_connections = 200
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10
[{version}.1]
name = "{version}"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[{version}.1.connections]
connection_timeout_ms = 60000
max_payload_size = {largest}
max_inflight_count = 100
"""


class Broker(NamedTuple):
    """`command` is None where somebody else runs it. `note` is what the screen says of it."""

    url: str
    command: tuple[str, ...] | None
    note: str
    durable: bool
    config: str = ""
    log: str = ""

    def environment(self) -> dict[str, str]:
        return {
            "LINKAGE_MQTT_URL": self.url,
            "LINKAGE_BROKER_NOTE": self.note,
            "LINKAGE_BROKER_DURABLE": "1" if self.durable else "0",
        } | {
            name: value
            for name, value in (
                ("LINKAGE_BROKER_CONFIG", self.config),
                ("LINKAGE_BROKER_LOG", self.log),
            )
            if value
        }


def named_by_user(environment: Mapping[str, str]) -> Broker | None:
    """The broker the settings name: used as it is, neither started nor stopped by us."""
    url = environment.get("LINKAGE_MQTT_URL")
    if not url:
        return None
    note = environment.get("LINKAGE_BROKER_NOTE") or "外部 broker（由 LINKAGE_MQTT_URL 指定）"
    return Broker(url, None, note, environment.get("LINKAGE_BROKER_DURABLE", "1") != "0")


def find_mosquitto(path: str | None = None) -> str | None:
    """Where the program is. Debian puts it in /usr/sbin, which ordinary users do not search."""
    where = os.environ.get("PATH", "") if path is None else path
    return shutil.which("mosquitto", path=where + os.pathsep + "/usr/sbin:/usr/local/sbin")


def install_mosquitto(say: Callable[[str], None]) -> str | None:
    """By apt, if we are root and it is there; None where that did not work."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return None
    say("没有找到 mosquitto，正在安装：" + " ".join(INSTALL))
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (INSTALL, ("apt-get", "update"), INSTALL):
        done = subprocess.run(  # noqa: S603 - our own words, see INSTALL
            (apt, *command[1:]), env=quiet, capture_output=True, check=False
        )
        found = find_mosquitto()
        if found:
            return found
        if command[1] == "update" and done.returncode != 0:
            return None
    return None


def own_mosquitto(program: str, port: int, folder: Path, log: Path | None = None) -> Broker:
    """Our own child on its own port, in its own folder: never the system's service.

    `log`: where what it prints is written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "mosquitto.conf"
    # Started as root it would change to a user who may not write in our folder.
    user = "root" if os.geteuid() == 0 else "mosquitto"
    text = MOSQUITTO.format(port=port, user=user, folder=folder.resolve(), largest=LARGEST_PACKET)
    config.write_text(text, encoding="utf-8")
    note = f"本机 mosquitto（端口 {port}，每秒落盘）"
    return Broker(
        f"mqtt://127.0.0.1:{port}",
        (program, "-c", str(config)),
        note,
        durable=True,
        config=str(config.resolve()),
        log=str(log.resolve()) if log else "",
    )


def in_memory(python: str, port: int, folder: Path, mqtt_version: int = 5) -> Broker:
    """The broker that pip brings. What it holds is gone when it ends: for a demonstration only."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "memory.toml"
    version = f"v{mqtt_version}"
    text = MEMORY.format(port=port, version=version, largest=LARGEST_MESSAGE)
    config.write_text(text, encoding="utf-8")
    command = (python, "-m", "iotcore", "--config", str(config), "--log-level", "CRITICAL")
    return Broker(f"mqtt://127.0.0.1:{port}", command, MEMORY_NOTE, durable=False)


def answers(url: str) -> bool:
    """Does anything listen there?"""
    address = urlsplit(url)
    port = address.port or (8883 if address.scheme == "mqtts" else 1883)
    try:
        with socket.create_connection((address.hostname or "127.0.0.1", port), timeout=2):
            return True
    except OSError:
        return False


def is_free(port: int, address: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def next_free(port: int) -> int:
    return next(p for p in range(port, port + 200) if is_free(p))
