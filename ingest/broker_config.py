"""mosquitto's configuration file, read and judged: does the broker keep what it has confirmed?

The names and defaults are those of mosquitto.conf(5). What was measured with the defaults: of 200
confirmed messages a kill -9 leaves none, and of 3,000 for an absent session 2,000 are dropped.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ingest.local_broker import LARGEST_MESSAGE, LARGEST_PACKET
from linkage.errors import BadConfig

MOST_AUTOSAVE = 5  # seconds, or changes where autosave_on_changes stands
LEAST_QUEUE = 100_000  # messages: half an hour of a storm at 50 a second
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_FILES = 20


class Fault(NamedTuple):
    """`fatal`: confirmed messages may be lost by it; the intake does not start so."""

    fatal: bool
    text: str


class Config:
    """Lines of a file and of what it includes; of a name that stands twice the last counts."""

    def __init__(self, text: str) -> None:
        self.lines: list[tuple[str, str]] = []
        for line in text.splitlines():
            name, _, value = line.strip().partition(" ")
            if name and not name.startswith("#"):
                self.lines.append((name, value.strip()))

    def get(self, name: str, default: str = "") -> str:
        return next((value for known, value in reversed(self.lines) if known == name), default)

    def all(self, name: str) -> list[str]:
        """Of a name that may stand several times."""
        return [value for known, value in self.lines if known == name]

    def is_on(self, name: str) -> bool:
        return self.get(name, "false").lower() == "true"

    def number(self, name: str, default: int) -> int:
        value = self.get(name, str(default))
        return int(value) if value.isascii() and value.isdecimal() else default

    def listeners(self) -> list[tuple[str, str]]:
        """(port, address) of each; address "" is every one."""
        found = []
        for name, value in self.lines:
            if name == "listener":
                port, _, address = value.partition(" ")
                found.append((port, address.strip()))
        return found


def read_config(path: Path) -> Config:
    """With the files of include_dir. Raises BadConfig naming the file."""
    config = Config(_text(path))
    folder = config.get("include_dir")
    if folder:
        for file in sorted(Path(folder).glob("*.conf"))[:_FILES]:
            config.lines += Config(_text(file)).lines
    return config


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as why:
        raise BadConfig(
            str(path),
            "LINKAGE_BROKER_CONFIG",
            f"读不到（{why.strerror}）",
            "请检查路径和读权限；不由本机管理的消息服务器请去掉这项设置",
        ) from why


def judge(config: Config) -> list[Fault]:
    """Pure. What is wrong, what it leads to, what to write."""
    return [fault for look in _LOOKS for fault in look(config)]


def _keeps(config: Config) -> Iterator[Fault]:
    if not config.is_on("persistence"):
        yield Fault(
            True, "persistence 未开：消息服务器重启，已确认的报文和会话全丢。请写 persistence true"
        )
        return
    every = config.number("autosave_interval", 1800)
    unit = "条变化" if config.is_on("autosave_on_changes") else "秒"
    if not 1 <= every <= MOST_AUTOSAVE:
        yield Fault(
            True,
            f"autosave_interval 是 {every} {unit}（不写为 1800 秒，0 为只在正常停止时）："
            f"被强行结束时丢失其间已确认的报文。请写 autosave_interval 1，至多 {MOST_AUTOSAVE}",
        )


def _queues(config: Config) -> Iterator[Fault]:
    most = config.number("max_queued_messages", 1000)
    if 0 < most < LEAST_QUEUE:
        yield Fault(
            True,
            f"max_queued_messages 是 {most}（不写为 1000）：接入离线时超过的报文已确认却被丢弃。"
            "请写 max_queued_messages 1000000",
        )
    if config.number("max_queued_bytes", 0):
        yield Fault(False, "max_queued_bytes 限制了排队字节数，超过即丢弃；请核对是否够用")


def _sizes(config: Config) -> Iterator[Fault]:
    packet, payload = config.number("max_packet_size", 0), config.number("message_size_limit", 0)
    if not packet:
        yield Fault(
            False,
            f"max_packet_size 未设：任何人可发任意大的报文。请写 max_packet_size {LARGEST_PACKET}",
        )
    elif packet < LARGEST_MESSAGE:
        yield Fault(False, f"max_packet_size {packet} 小于报文上限 {LARGEST_MESSAGE} 字节")
    if payload:
        yield Fault(
            False,
            "message_size_limit 会对超限报文回“已确认”然后丢弃，对方不知道。"
            "请改用 max_packet_size，它断开连接",
        )


def _sessions(config: Config) -> Iterator[Fault]:
    if not config.get("persistent_client_expiration"):
        yield Fault(
            False,
            "persistent_client_expiration 未设：停用的客户端会话永远占着排队空间。请写 7d",
        )


def _doors(config: Config) -> Iterator[Fault]:
    outside = [port for port, address in config.listeners() if address not in _LOOPBACK]
    if not outside:
        return
    ports = "、".join(outside)
    if config.is_on("allow_anonymous"):
        yield Fault(False, f"端口 {ports} 允许匿名连接：任何人都能冒充来源。allow_anonymous false")
    if not config.get("acl_file") and not config.get("plugin") and not config.get("auth_plugin"):
        yield Fault(False, "没有 acl_file：一个来源的账号能以别的来源的名义发布。请按来源配置权限")
    if not config.get("certfile"):
        yield Fault(False, f"端口 {ports} 没有 certfile：报文和口令明文传输。请配置 TLS")


def _tells(config: Config) -> Iterator[Fault]:
    if config.get("acl_file") and not {"debug", "all"} & set(config.all("log_type")):
        yield Fault(
            False,
            "log_type debug 未开：被拒绝的越权发布不进日志，谁也不知道。请加一行 log_type debug",
        )


_LOOKS: tuple[Callable[[Config], Iterator[Fault]], ...] = (
    _keeps,
    _queues,
    _sizes,
    _sessions,
    _doors,
    _tells,
)


def refuse_forgetful(path: str) -> list[str]:
    """Before the start: raises BadConfig where confirmed messages may be lost; other faults are
    returned, to be said. Nothing where no file is named."""
    if not path:
        return []
    faults = judge(read_config(Path(path)))
    fatal = [fault.text for fault in faults if fault.fatal]
    if fatal:
        raise BadConfig(
            path, "LINKAGE_BROKER_CONFIG", "；".join(fatal), "改好并重启消息服务器后再启动"
        )
    return [fault.text for fault in faults]
