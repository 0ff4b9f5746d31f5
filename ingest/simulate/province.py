"""The simulated provincial centre: takes reports, checks them by the contract, answers.

It is hard of hearing once (a receipt is lost, so the report comes again) and strict once (a first
report without its cause is returned).
"""

import heapq
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from linkage.record import BEIJING
from linkage.reporting.elements import UNKNOWN
from linkage.reporting.exchange import RECEIPT_TOPIC, REPORT_TOPIC, ReportMessage
from linkage.response_vocabulary import ReportElement, ReportStage
from linkage.toml_file import read_toml, shaped

log = logging.getLogger(__name__)
Say = Callable[[str, bytes], None]


class Manner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """data/demo/province.toml."""

    authority: str
    by: str
    answers_after_s: float
    loses_receipt_of: int
    returns_first_without: tuple[ReportElement, ...]
    returns_at_most: int


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What goes back: docs/reporting.md."""

    report: int
    number: str
    status: str
    reason: str
    by: str
    at: datetime
    authority: str


def load_manner(demo: Path) -> Manner:
    """Raises BadConfig."""
    path = demo / "province.toml"
    return shaped(path, "文件", read_toml(path), Manner)


class Province:
    """`pace`: how many times faster than people it acts."""

    def __init__(self, manner: Manner, *, pace: float = 1.0) -> None:
        self._manner = manner
        self._pace = pace
        self._lock = threading.Lock()
        self._due: list[tuple[float, int, Answer]] = []
        self._given: dict[int, Answer | None] = {}  # by report; None: its receipt was lost
        self._returned = 0
        self._turn = 0

    @property
    def topic(self) -> str:
        return REPORT_TOPIC.format(self._manner.authority)

    def heard(self, topic: str, payload: bytes) -> None:
        """Raises ValueError where it breaks the contract."""
        message = msgspec.json.decode(payload, type=ReportMessage)
        if topic != self.topic or message.authority != self._manner.authority:
            raise ValueError(f"{message.number}：不是报给{self._manner.authority}的")
        with self._lock:
            answer = self._answer(message)
            self._turn += 1
            if answer is not None:
                due = time.monotonic() + self._manner.answers_after_s / self._pace
                heapq.heappush(self._due, (due, self._turn, answer))

    def _answer(self, message: ReportMessage) -> Answer | None:
        """The same again gets the same answer; a lost one is given at the second time."""
        if message.id in self._given:
            self._given[message.id] = self._given[message.id] or self._judge(message)
            return self._given[message.id]
        lost = len(self._given) + 1 == self._manner.loses_receipt_of
        self._given[message.id] = None if lost else self._judge(message)
        return self._given[message.id]

    def _judge(self, message: ReportMessage) -> Answer:
        missing = self._missing(message)
        if missing and self._returned < self._manner.returns_at_most:
            self._returned += 1
            return self._as(message, "returned", f"首报缺少{'、'.join(missing)}，请补正后续报")
        return self._as(message, "received", "")

    def _missing(self, message: ReportMessage) -> list[str]:
        if message.report_type is not ReportStage.FIRST:
            return []
        said = {one.element: one.text for one in message.elements}
        wanted = self._manner.returns_first_without
        return [e.label for e in wanted if said.get(e.value, UNKNOWN) == UNKNOWN]

    def _as(self, message: ReportMessage, status: str, reason: str) -> Answer:
        return Answer(
            report=message.id,
            number=message.number,
            status=status,
            reason=reason,
            by=self._manner.by,
            at=datetime.now(UTC).astimezone(BEIJING),
            authority=self._manner.authority,
        )

    def turn(self, now: float) -> list[tuple[str, bytes]]:
        """What is to be said by `now`, a monotonic time."""
        topic = RECEIPT_TOPIC.format(self._manner.authority)
        said = []
        with self._lock:
            while self._due and self._due[0][0] <= now:
                said.append((topic, msgspec.json.encode(heapq.heappop(self._due)[2])))
        return said


def keep_answering(province: Province, say: Say, ended: threading.Event) -> None:
    while not ended.wait(0.1):
        for topic, payload in province.turn(time.monotonic()):
            log.info("回执 %s", payload.decode())
            say(topic, payload)
