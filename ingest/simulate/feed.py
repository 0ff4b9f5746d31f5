"""Plays statements through the real broker as the nineteen systems, and keeps count of receipts."""

import heapq
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from ingest.simulate.statements import Step
from ingest.simulate.write import write_alert
from linkage.sources import Source

# Seconds without a receipt before a statement is sent again; doubles up to the longest.
RESEND_AFTER = 20.0
RESEND_LONGEST = 300.0
# Seconds. A heartbeat comes at least three times within the time a source may be silent.
HEARTBEAT_LONGEST = 20.0
log = logging.getLogger(__name__)


class Speaker(Protocol):
    """A source's own line to the broker."""

    def say(self, topic: str, payload: bytes) -> None: ...


class Waiting(msgspec.Struct):
    """A statement without a receipt yet."""

    payload: bytes
    next_try: float
    wait: float


class Receipt(msgspec.Struct, frozen=True):
    """What the contract promises of `linkage/v1/receipt/{source}`; more may stand there."""

    source_ref: str | None = None
    status: str = ""
    incident: str | int | None = None
    reason: str | None = None


class Ledger:
    """What was sent, receipted, sent again. Receipts arrive in the lines' threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, str], Waiting] = {}
        self.sent: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.resent = 0
        self.first_incident: str | None = None

    def sends(self, source_id: str, ref: str, payload: bytes, now: float) -> None:
        with self._lock:
            self.sent[source_id] += 1
            self._waiting[source_id, ref] = Waiting(payload, now + RESEND_AFTER, RESEND_AFTER)

    def measures(self, source_id: str) -> None:
        """A station says its next value soon: nobody waits for the receipt of this one."""
        with self._lock:
            self.sent[source_id] += 1

    def heard(self, topic: str, payload: bytes) -> None:
        """A receipt. Raises ValueError where it is none."""
        source_id = topic.rsplit("/", 1)[1]
        receipt = msgspec.json.decode(payload, type=Receipt)
        with self._lock:
            self.answered[receipt.status] += 1
            self._waiting.pop((source_id, receipt.source_ref or ""), None)
            if self.first_incident is None and receipt.incident is not None:
                self.first_incident = str(receipt.incident)
        if receipt.status == "rejected":
            log.warning("%s 的 %s 被拒收：%s", source_id, receipt.source_ref, receipt.reason)

    def overdue(self, now: float) -> Iterator[tuple[str, bytes]]:
        """(source, payload) of every statement to send again; the next wait is twice as long."""
        with self._lock:
            late = [(key, w) for key, w in self._waiting.items() if w.next_try <= now]
            for (source_id, _), waiting in late:
                waiting.wait = min(waiting.wait * 2, RESEND_LONGEST)
                waiting.next_try = now + waiting.wait
                self.resent += 1
                yield source_id, waiting.payload

    def status(self) -> dict[str, object]:
        with self._lock:
            sent, heard = sum(self.sent.values()), dict(self.answered)
            waiting = len(self._waiting)
        stored, rejected = heard.get("stored", 0), heard.get("rejected", 0)
        line = (
            f"演示数据：{len(self.sent)} 个系统已发 {sent} 条，入库 {stored}，"
            f"重复 {heard.get('duplicate', 0)}，拒收 {rejected}，"
            f"待回执 {waiting}，补发 {self.resent}"
        )
        return {
            "sources": len(self.sent),
            "sent": sent,
            "answered": heard,
            "waiting": waiting,
            "resent": self.resent,
            "first_incident": self.first_incident,
            "line": line,
        }


class Feed:
    def __init__(
        self,
        sources: Mapping[str, Source],
        lines: Mapping[str, Speaker],
        ledger: Ledger,
        status_file: Path | None = None,
    ) -> None:
        self._sources = sources
        self._lines = lines
        self._ledger = ledger
        self._status_file = status_file
        self._beats = [(0.0, source_id) for source_id in sorted(sources)]

    def play(self, steps: Iterable[Step], ended: threading.Event) -> None:
        """Until `ended` is set or the steps run out; then only the receipts are awaited."""
        for step in steps:
            while (wait := (step.due - datetime.now(UTC)).total_seconds()) > 0:
                if ended.wait(min(wait, 0.25)):
                    return
                self.keep_up(time.monotonic())
            self.send(step, time.monotonic())
            self.keep_up(time.monotonic())
            if ended.is_set():
                return

    def send(self, step: Step, now: float) -> None:
        source = self._sources[step.source_id]
        payload = payload_of(step, source)
        if step.alert is not None:
            self._ledger.sends(source.id, step.alert.source_ref, payload, now)
        elif step.frame:
            self._ledger.measures(source.id)
        self._lines[source.id].say(source.topic, payload)

    def keep_up(self, now: float) -> None:
        """Heartbeats, statements to send again, the status file."""
        while self._beats[0][0] <= now:
            _, source_id = heapq.heappop(self._beats)
            every = self._sources[source_id].expect_every.total_seconds() / 3
            heapq.heappush(self._beats, (now + min(every, HEARTBEAT_LONGEST), source_id))
            self._lines[source_id].say(f"linkage/v1/heartbeat/{source_id}", b"{}")
        for source_id, payload in self._ledger.overdue(now):
            self._lines[source_id].say(self._sources[source_id].topic, payload)
        if self._status_file is not None:
            write_status(self._status_file, self._ledger.status())


def payload_of(step: Step, source: Source) -> bytes:
    if step.frame:
        return step.frame
    if step.alert is None:
        return step.raw.encode(source.charset)
    return write_alert(step.alert, source)


def write_status(path: Path, status: Mapping[str, object]) -> None:
    """Whole or not at all: start.py reads it at any moment."""
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(status, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)


def in_order(*stories: Iterable[Step]) -> Iterator[Step]:
    """Several stories as one, by the moment of sending."""
    return heapq.merge(*stories)
