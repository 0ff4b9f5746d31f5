"""Take what is there, keep it, then acknowledge; and go on, whatever happens to one message."""

import gc
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from ingest.holding import Holding
from ingest.receipts import on_the_wire
from ingest.receive import refused, understand
from ingest.registry import Registry
from ingest.wire import Message
from linkage.intake.arrivals import Receipt
from linkage.intake.leases import LaneLost
from linkage.intake.take_in import Intake
from linkage.record import UNAVAILABLE, Record

# Under load a batch is what arrived while the last one was committed; idle, it is one message.
BATCH = 500
WAIT_S = 0.5
# The database may be away this long while the broker keeps the connection; then we let it go,
# forget what is unacknowledged (the session has it), and come back when the database is there.
PATIENCE_S = 3.0
_RETRY_S = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Line(Protocol):
    """Where messages come from: `ingest.switchboard.Switchboard`."""

    def receive(self, wait_s: float, most: int) -> list[Message]: ...

    def settle(self, mids: Iterable[int], publishes: Iterable[tuple[bytes, bytes]]) -> None: ...

    def leave(self) -> None: ...


class Shift(Protocol):
    """Which lanes are ours; `ingest.workforce.Workforce` where several workers may be at work."""

    def tend(self, now: float) -> bool: ...

    def lost(self) -> None: ...


class Worker:
    """`chores`: called between two batches with a clock that does not jump; true: more to do."""

    def __init__(
        self,
        session: Line,
        intake: Intake,
        record: Record,
        registry: Registry,
        clock: Callable[[], datetime] = utc_now,
        *,
        shift: Shift | None = None,
        chores: Sequence[Callable[[float], bool]] = (),
    ) -> None:
        self._session = session
        self._intake = intake
        self._record = record
        self._registry = registry
        self._clock = clock
        self._shift = shift
        self._chores = chores
        self._holding = Holding()
        self._knows_halves = False

    def use(self, registry: Registry) -> None:
        """The tables have changed: the next batch is read by the new ones."""
        self._registry = registry

    def run(self, stopping: Callable[[], bool]) -> None:
        """Until `stopping` says so; the batch in hand is finished first."""
        # What is loaded by now stays, and the index of open incidents is large and long-lived:
        # walking it for garbage again and again cost a tenth of the intake.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 100)
        while not stopping():
            now = time.monotonic()
            if self._shift is not None and self._shift.tend(now):
                self._knows_halves = False  # another had these lanes before us
            busy = [chore for chore in self._chores if chore(now)]
            messages = self._session.receive(0.0 if busy else WAIT_S, BATCH)
            if messages:
                self._take(messages, stopping)
        self._session.leave()

    def _take(self, messages: Sequence[Message], stopping: Callable[[], bool]) -> None:
        first_failure = None
        for attempt in range(1_000_000):
            try:
                receipts = self._keep(messages)
            except LaneLost:
                if self._shift is not None:
                    self._shift.lost()
                return
            except UNAVAILABLE as why:
                first_failure = first_failure or time.monotonic()
                if attempt == 0:
                    log.warning("数据库暂不可用，报文留在消息服务器上等待：%s", why.orig)
                if stopping():
                    return
                if time.monotonic() - first_failure > PATIENCE_S:
                    self._park(stopping)
                    return
                time.sleep(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])
            else:
                self._session.settle((m.mid for m in messages), map(on_the_wire, receipts))
                return

    def _keep(self, messages: Sequence[Message]) -> list[Receipt]:
        """All of them, or, when a fault of ours spoils the batch, each by itself."""
        now = self._clock()
        try:
            if not self._knows_halves:
                self._holding.refill(self._intake.held())
                self._knows_halves = True
            holding = self._holding
            arrivals = [understand(one, self._registry, now, holding) for one in messages]
            receipts = self._intake.take_in(arrivals, now)
        except (*UNAVAILABLE, LaneLost):
            self._holding.undo()
            raise
        except Exception as fault:
            self._holding.undo()
            log.exception("接收处理出错，报文原样保留")
            if len(messages) == 1:
                why = f"程序内部错误（{type(fault).__name__}），报文已原样保留，请联系维护人员"
                return self._intake.take_in([refused(messages[0], self._registry, now, why)], now)
        else:
            holding.keep()
            return receipts
        return [receipt for message in messages for receipt in self._keep([message])]

    def _park(self, stopping: Callable[[], bool]) -> None:
        log.error("数据库超过 %.0f 秒不可用：暂离消息服务器，恢复后自动续收", PATIENCE_S)
        self._session.leave()
        while not stopping() and not self._record.reachable():
            time.sleep(_RETRY_S[-2])
        log.info("数据库已恢复，继续接收")
