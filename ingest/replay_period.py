"""Play a period of the record again into an empty one: the same messages, the same incidents."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

import msgspec
from msgspec.structs import replace

from ingest.holding import Holding
from ingest.receive import understand
from ingest.registry import Registry
from ingest.wire import Message
from linkage.figures.incident_hash import Hashed, incident_hash
from linkage.figures.kept import Raw, raw_period
from linkage.intake.arrivals import Arrival
from linkage.intake.intake_rules import IntakeRules
from linkage.intake.own_alerts import read_finding
from linkage.intake.take_in import Intake
from linkage.record import Record
from linkage.sources import OURSELVES
from linkage.vocabulary import Outcome


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """`spanned`: from the first message to the last, by the clock of the record."""

    messages: int
    batches: int
    spanned: timedelta
    took_s: float
    found: Hashed

    @property
    def factor(self) -> float:
        """How much faster than it happened."""
        return self.spanned.total_seconds() / max(self.took_s, 1e-9)


def replay_period(
    source: Record,
    into: Record,
    registry: Registry,
    rules: IntakeRules,
    *,
    period: tuple[datetime, datetime],
    told: Callable[[int], object] = lambda _: None,
) -> Replayed:
    """`into` is empty. `told`: how many are done, after each batch."""
    intake, holding = Intake(into, rules), Holding()
    messages = batches = 0
    began, first, last = time.perf_counter(), period[0], period[0]
    with source.read() as cx:
        for at, batch in _batches(raw_period(cx, *period)):
            arrivals = [_arrival(raw, registry, holding) for raw in batch]
            intake.take_in(arrivals, at)
            holding.keep()
            first = first if messages else at
            messages, batches, last = messages + len(batch), batches + 1, at
            told(messages)
    took = time.perf_counter() - began
    with into.read() as cx:
        found = incident_hash(cx)
    return Replayed(
        messages=messages, batches=batches, spanned=last - first, took_s=took, found=found
    )


def _batches(messages: Iterator[Raw]) -> Iterator[tuple[datetime, list[Raw]]]:
    """As they were taken in: one batch has one time of arrival."""
    for at, batch in groupby(messages, key=attrgetter("received_at")):
        yield at, list(batch)


def _arrival(raw: Raw, registry: Registry, holding: Holding) -> Arrival:
    message = Message(0, raw.topic.encode(), raw.payload, raw.retained)
    arrival = understand(message, registry, raw.received_at, holding)
    if raw.source_id == OURSELVES and raw.outcome == Outcome.STORED:
        # What we found ourselves did not come by the wire, and no one else may say it.
        return replace(arrival, source_id=OURSELVES, content=read_finding(raw.payload))
    return arrival
