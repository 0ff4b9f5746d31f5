"""Play a period of the record again into an empty one: the same messages, the same incidents."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from ingest.holding import Holding
from ingest.mend import read_apart
from ingest.receive import understand
from ingest.registry import Registry
from ingest.wire import Message
from linkage.alerts import Classified
from linkage.errors import NotAllowed
from linkage.figures.incident_hash import Hashed, incident_hash
from linkage.figures.kept import Raw, came_at, kept_span, outcomes, raw_period
from linkage.intake.arrivals import Arrival
from linkage.intake.intake_rules import IntakeRules
from linkage.intake.mend import is_classified
from linkage.intake.own_alerts import read_finding
from linkage.intake.take_in import Intake
from linkage.record import BEIJING, Record
from linkage.sources import OURSELVES
from linkage.vocabulary import Outcome

# Taken in with one transaction. What becomes of a message hangs on its order and its time of
# arrival, not on where a batch ends; what the record itself must show first (halves of frames
# that were given up, alarms that ended) takes longer than these few seconds.
AT_ONCE, LONGEST = 250, timedelta(seconds=5)


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """`batches`: in how many the messages had been taken in. `first`, `last`: of the messages, by
    the clock of the record. `outcomes`: how many became what then, and now.
    """

    messages: int
    batches: int
    first: datetime
    last: datetime
    took_s: float
    outcomes: dict[Outcome, tuple[int, int]]
    found: Hashed

    @property
    def factor(self) -> float:
        """How much faster than it happened."""
        return (self.last - self.first).total_seconds() / max(self.took_s, 1e-9)


def replay_period(
    source: Record,
    into: Record,
    registry: Registry,
    rules: IntakeRules,
    *,
    period: tuple[datetime, datetime],
    told: Callable[[int, datetime], object] = lambda *_: None,
) -> Replayed:
    """`into` is empty. `told`: how many are done and up to when, after each transaction.

    Raises NotAllowed where the period has no message.
    """
    intake, reading = Intake(into, rules), _Reading(source, registry)
    messages = batches = 0
    first = last = None
    then = dict.fromkeys(Outcome, 0)
    began = time.perf_counter()
    for run in _runs(raw_period(source, *period)):
        intake.take_in([reading.arrival(raw) for raw in run], run[0].received_at)
        reading.holding.keep()
        for raw in run:
            batches += raw.received_at != last
            last = raw.received_at
            then[Outcome(raw.outcome)] += 1
        first, messages = first or run[0].received_at, messages + len(run)
        told(messages, run[-1].received_at)
    if first is None or last is None:
        raise NotAllowed(_nothing(source, period))
    took = time.perf_counter() - began
    with into.read() as cx:
        now, found = outcomes(cx), incident_hash(cx)
    return Replayed(
        messages=messages,
        batches=batches,
        first=first,
        last=last,
        took_s=took,
        outcomes={outcome: (then[outcome], now[outcome]) for outcome in Outcome},
        found=found,
    )


def _runs(messages: Iterator[Raw]) -> Iterator[list[Raw]]:
    """What was taken in together stays together; short batches are joined."""
    run: list[Raw] = []
    for raw in messages:
        if run and raw.received_at != run[-1].received_at:
            span = raw.received_at - run[0].received_at
            if len(run) >= AT_ONCE or not timedelta(0) <= span <= LONGEST:
                yield run
                run = []
        run.append(raw)
    if run:
        yield run


class _Reading:
    """Kept messages read as when they came."""

    def __init__(self, source: Record, registry: Registry) -> None:
        self._source, self._registry = source, registry
        self.holding = Holding()

    def arrival(self, raw: Raw) -> Arrival:
        message = Message(0, raw.topic.encode(), raw.payload, raw.retained)
        if raw.mends is not None:
            # Put right by a person: read by the clock of the day on which it was refused.
            with self._source.read() as cx:
                at = came_at(cx, raw.mends) or raw.received_at
            return replace(read_apart(message, self._registry, at), received_at=raw.received_at)
        arrival = understand(message, self._registry, raw.received_at, self.holding)
        if is_classified(raw.payload, raw.reason):
            return replace(arrival, content=Classified(raw.reason))
        if raw.source_id == OURSELVES and raw.outcome == Outcome.STORED:
            # What we found ourselves did not come by the wire, and no one else may say it.
            return replace(arrival, source_id=OURSELVES, content=read_finding(raw.payload))
        return arrival


def _nothing(source: Record, period: tuple[datetime, datetime]) -> str:
    since, until = (f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}" for at in period)
    with source.read() as cx:
        span = kept_span(cx)
    if span is None:
        return "这个库里还没有报文，没有可重放的。"
    has = " 至 ".join(f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}" for at in span)
    return f"{since} 至 {until}（北京时间）没有报文；库里的报文是 {has} 收到的。"
