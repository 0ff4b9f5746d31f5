"""Who connects again and again, as mosquitto's log tells: $SYS counts clients but names none."""

import re
from collections import deque
from datetime import datetime, timedelta
from pathlib import Path

# More connections of one client id within a minute than a network that limps makes.
MINUTE = timedelta(minutes=1)
MOST_CONNECTS = 3
_BLOCK = 1_000_000  # bytes read at once; what is older than that is of no interest
_NEW = re.compile(r"New client connected from \S+ as (\S+) ")
_CLASH = re.compile(r"Client (\S+) already connected, closing old connection")
_LEFT = re.compile(r"Client (\S+) (?:disconnected due to|closed its connection)(.*)")
_USUAL = "连接后很快断开，又重连"
_WHY = (
    ("malformed", "发来的报文不合 MQTT 格式（主题含通配符、空主题或不是 UTF-8）"),
    ("protocol error", "发来的报文不合 MQTT 协议（常见：主题不是 UTF-8、含通配符或为空）"),
    ("oversize", "发来的报文超过 max_packet_size"),
    ("too large", "发来的报文超过 max_packet_size"),
    ("exceeded timeout", "没有按约定的间隔保持连接"),
    ("not authori", "没有权限"),
)


class ConnectLog:
    """`look` every few seconds; the file may be rotated or not be there yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at: int | None = None
        self._half = b""
        self._connects: dict[str, deque[datetime]] = {}
        self._why: dict[str, str] = {}

    def look(self, now: datetime) -> dict[str, str]:
        """Client id → why it flaps, of those that have connected too often within a minute."""
        for line in self._lines():
            self._take(line, now)
        found = {}
        for name, times in list(self._connects.items()):
            while times and now - times[0] > MINUTE:
                times.popleft()
            if not times:
                del self._connects[name]
                self._why.pop(name, None)
            elif len(times) > MOST_CONNECTS:
                found[name] = f"一分钟内连接 {len(times)} 次：{self._why.get(name, _USUAL)}"
        return found

    def _take(self, line: str, now: datetime) -> None:
        if new := _NEW.search(line):
            self._connects.setdefault(new[1][:100], deque(maxlen=1000)).append(now)
        elif clash := _CLASH.search(line):
            self._why[clash[1][:100]] = "同一客户端编号有两处在用，互相顶替"
        elif left := _LEFT.search(line):
            told = left[2].lower()
            for sign, words in _WHY:
                if sign in told:
                    self._why[left[1][:100]] = words

    def _lines(self) -> list[str]:
        try:
            size = self._path.stat().st_size
            if self._at is None:
                self._at = size  # what was before our start is past
            if size < self._at:
                self._at, self._half = 0, b""
            with self._path.open("rb") as file:
                file.seek(max(self._at, size - _BLOCK))
                block = file.read(_BLOCK)
                self._at = file.tell()
        except OSError:
            return []
        *lines, self._half = (self._half + block).split(b"\n")
        return [line.decode("utf-8", "replace") for line in lines]
