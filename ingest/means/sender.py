"""The sender: looks for what is due, hands it to the adapters, notes what became of it.

A thread of its own; each sending in a short-lived thread beside it, so many at a time of each
means and no more: a gateway that answers nobody holds up its own means and nothing else.
"""

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from ingest.means.outcome import Adapter, Failed, Sent
from linkage.means.choices import is_broker_away
from linkage.means.sending import Attempt, Outgoing, claim, look, settle
from linkage.record import UNAVAILABLE, Record
from linkage.response.agencies import Agency
from linkage.response_vocabulary import Means

LOOK_EVERY_S = 0.5
AT_ONCE_EACH = 3
# How long what is under way may take after we were told to stop; the rest is sent by the next.
LAST_WORDS_S = 3.0
_OURS = "程序出错，详见接入日志"

log = logging.getLogger(__name__)


class Sender:
    def __init__(
        self,
        record: Record,
        adapters: Mapping[Means, Adapter],
        agencies: Callable[[], Mapping[str, Agency]],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._record, self._adapters, self._agencies = record, adapters, agencies
        self._clock = clock
        self._made: queue.SimpleQueue[tuple[Outgoing, Attempt]] = queue.SimpleQueue()
        # Sent, but the database was away when it should have been noted.
        self._unsettled: list[tuple[Outgoing, Attempt]] = []
        self._in_hand: Counter[Means] = Counter()
        # A long text through a slow gateway outlasts the lease; it must not go twice.
        self._sending: set[int] = set()

    def run(self, stopping: threading.Event) -> None:
        away = False
        while not stopping.wait(LOOK_EVERY_S):
            try:
                self.turn(self._clock())
                away = False
            except UNAVAILABLE as why:
                if not away:  # once an outage, not twice a second
                    log.warning("数据库暂不可用，通知等待：%s", why.orig)
                away = True
        until = time.monotonic() + LAST_WORDS_S
        while self._in_hand.total() and time.monotonic() < until:
            self._collect(0.1)
        try:
            self._settle()
        except UNAVAILABLE:
            log.warning("数据库暂不可用，%d 条通知的结果未记入", len(self._unsettled))

    def turn(self, now: datetime) -> int:
        """Note what has come back, then send what is due; returns how many were begun."""
        self._collect()
        self._settle()
        room = {means: AT_ONCE_EACH - self._in_hand[means] for means in self._adapters}
        with self._record.read() as cx:
            away = is_broker_away(cx, now)
            agencies, ours = self._agencies(), self._sending
            found = look(cx, now, room, agencies, broker_away=away, in_hand=ours)
        if found.is_idle:
            return 0
        with self._record.write(now) as w:
            taken = claim(w, found)
        for one in taken:
            self._in_hand[one.means] += 1
            self._sending.add(one.id)
            name = f"notice-{one.id}"
            threading.Thread(target=self._send, args=(one,), name=name, daemon=True).start()
        return len(taken)

    def wait(self, seconds: float) -> None:
        """Until everything under way has come back and is noted, at most so long."""
        until = time.monotonic() + seconds
        while self._in_hand.total() and time.monotonic() < until:
            self._collect(0.05)
        self._settle()

    def _send(self, one: Outgoing) -> None:
        """In a thread of its own. An error of ours ends the thread with a traceback in the log."""
        at, began = self._clock(), time.monotonic()
        made: Sent | Failed = Failed(_OURS)
        try:
            made = self._adapters[one.means].send(one)
        finally:
            self._made.put((one, _attempt(made, at, began)))

    def _collect(self, patience: float | None = None) -> None:
        while True:
            try:
                found = self._made.get(timeout=patience) if patience else self._made.get_nowait()
            except queue.Empty:
                return
            self._in_hand[found[0].means] -= 1
            self._unsettled.append(found)

    def _settle(self) -> None:
        if not self._unsettled:
            return
        with self._record.write(self._clock()) as w:
            for one, attempt in self._unsettled:
                settle(w, one, attempt)
        self._sending -= {one.id for one, _ in self._unsettled}
        self._unsettled = []


def _attempt(made: Sent | Failed, at: datetime, began: float) -> Attempt:
    took = int((time.monotonic() - began) * 1000)
    if isinstance(made, Sent):
        return Attempt(at=at, took_ms=took, worked=True, detail=made.detail)
    return Attempt(at=at, took_ms=took, worked=False, detail=made.reason, retry=made.retry)


def start(sender: Sender, stopping: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=sender.run, args=(stopping,), name="notices", daemon=True)
    thread.start()
    return thread
