"""What only mosquitto's log tells: who connects again and again ($SYS counts clients but names
none), and who publishes where it may not (with `log_type debug` alone)."""

import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.letters import plain
from linkage.intake.denials import MOST, Denied, note_denials
from linkage.record import UNAVAILABLE, Record

# More connections of one client id within a minute than a network that limps makes.
MINUTE = timedelta(minutes=1)
MOST_CONNECTS = 3
# Bytes. A debug log grows by some 600 a message; what is older than `_MOST` is of no interest.
_BLOCK, _MOST = 1_000_000, 16_000_000
_ACCOUNTS = 10_000  # clients whose account is remembered
_LONGEST = 200
TELL_EVERY_S = 30.0
# A client id is anything its sender likes: greedy, so that none can pass for another's line.
_NEW = re.compile(r"New client connected from \S+ as (.+) \(p\d, c\d, k\d+(?:, u'(.*)')?\)")
_CLASH = re.compile(r"Client (.+) already connected, closing old connection")
_LEFT = re.compile(r"Client (.+) (?:disconnected due to|closed its connection)(.*)")
_DENIED = re.compile(
    r"Denied PUBLISH from (.+) \(d\d, q\d, r\d, m\d+, '(.*)', \.\.\. \(\d+ bytes\)\)"
)
_SIGNS = (b"Denied PUBLISH from ", b"New client connected", b"Client ")
_USUAL = "连接后很快断开，又重连"
_WHY = (
    ("malformed", "发来的报文不合 MQTT 格式（主题含通配符、空主题或不是 UTF-8）"),
    ("protocol error", "发来的报文不合 MQTT 协议（常见：主题不是 UTF-8、含通配符或为空）"),
    ("oversize", "发来的报文超过 max_packet_size"),
    ("too large", "发来的报文超过 max_packet_size"),
    ("exceeded timeout", "没有按约定的间隔保持连接"),
    ("not authori", "没有权限"),
)


class BrokerLog:
    """`look` every few seconds; the file may be rotated or not be there yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at: int | None = None
        self._half = b""
        self._connects: dict[str, deque[datetime]] = {}
        self._why: dict[str, str] = {}
        self._accounts: dict[str, str] = {}
        self._denied: dict[str, Denied] = {}

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

    def denied(self) -> list[Denied]:
        """Since `forget`, by account."""
        return list(self._denied.values())

    def forget(self) -> None:
        self._denied.clear()

    def _take(self, line: str, now: datetime) -> None:
        if denied := _DENIED.search(line):
            self._deny(denied[1][:100], denied[2][:_LONGEST], now)
        elif new := _NEW.search(line):
            name = new[1][:100]
            self._connects.setdefault(name, deque(maxlen=1000)).append(now)
            if len(self._accounts) >= _ACCOUNTS:
                self._accounts.clear()
            self._accounts[name] = (new[2] or name)[:100]
        elif clash := _CLASH.search(line):
            self._why[clash[1][:100]] = "同一客户端编号有两处在用，互相顶替"
        elif left := _LEFT.search(line):
            told = left[2].lower()
            for sign, words in _WHY:
                if sign in told:
                    self._why[left[1][:100]] = words

    def _deny(self, client: str, topic: str, now: datetime) -> None:
        who = self._accounts.get(client, client)
        known = self._denied.get(who)
        if known is None and len(self._denied) >= MOST:
            return  # a crowd is seen by those it has
        one = Denied(who=who, client=client, topics=(topic,), count=1, first_at=now, last_at=now)
        self._denied[who] = known.and_then(one) if known else one

    def _lines(self) -> Iterator[str]:
        """Only those that may say something: of a debug log nearly none."""
        try:
            size = self._path.stat().st_size
            if self._at is None:
                self._at = size  # what was before our start is past
            if size < self._at or size - self._at > _MOST:
                self._at, self._half = max(0, size - _MOST), b""
            with self._path.open("rb") as file:
                file.seek(self._at)
                while block := file.read(min(_BLOCK, size - self._at)):
                    self._at += len(block)
                    *lines, self._half = (self._half + block).split(b"\n")
                    for line in lines:
                        if any(sign in line for sign in _SIGNS):
                            yield plain(line.decode("utf-8", "replace"))
        except OSError:
            return


class DenialWatch:
    """`look` between batches: what the log said of forbidden publishes goes where all see it."""

    def __init__(self, record: Record, log: BrokerLog) -> None:
        self._record, self._log = record, log
        self._next = float("-inf")

    def look(self, now: float) -> bool:
        """One of the worker's chores; `now`: seconds of a clock that does not jump."""
        fresh = self._log.denied() if now >= self._next else []
        if not fresh:
            return False
        self._next = now + TELL_EVERY_S
        try:
            with self._record.write(datetime.now(UTC)) as w:
                note_denials(w, fresh)
        except UNAVAILABLE:
            return False  # kept, and told in the next turn
        self._log.forget()
        return False
