"""Refused messages read once more: by the tables as they are now, or with bytes put right.

Each function that does it is a generator: it works for a moment, says how far it is, and goes on
when asked, so that the intake can do it between two batches.
"""

from collections import Counter
from collections.abc import Callable, Container, Generator, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from ingest.holding import Holding
from ingest.receipts import on_the_wire
from ingest.receive import understand
from ingest.registry import Registry
from ingest.wire import Message
from linkage.alerts import Classified, Unreadable
from linkage.figures.refusals import why_closed
from linkage.intake.arrivals import Arrival, Receipt, Several
from linkage.intake.foresee import Foreseen
from linkage.intake.mend import Mended, Original, is_classified, originals, take
from linkage.intake.take_in import Intake
from linkage.people import Actor
from linkage.record import Record
from linkage.vocabulary import Outcome

# Messages of one transaction: what arrives meanwhile waits no longer than for a batch of its own.
AT_ONCE = 20
# Of a long list a person reads the beginning; the counts are of all.
MOST_LISTED = 200
# Progress so far → … → the result.
Work = Generator[dict[str, Any], None, dict[str, Any]]


class Workplace(NamedTuple):
    """`registry`: gives the one in use at that moment."""

    record: Record
    intake: Intake
    registry: Callable[[], Registry]
    clock: Callable[[], datetime]


def read_again(original: Original, changed: bytes | None, registry: Registry) -> Arrival:
    """What the message says now. Its topic still says whose it is, and its clock is held against
    the time it came: an alert that was in time then is not late now.
    """
    payload = original.payload if changed is None else changed
    message = Message(0, original.topic.encode(), payload, original.retained)
    return replace(read_apart(message, registry, original.received_at), mends=original.id)


def read_apart(message: Message, registry: Registry, came_at: datetime) -> Arrival:
    """By itself: what waits on the line for its other half belongs to what comes over the line."""
    arrival = understand(message, registry, came_at, Holding())
    content = arrival.content
    if isinstance(content, Several) and content.held:
        left = sum(len(held.data) for held in content.held)
        cut = Unreadable(f"末尾 {left} 字节不成完整帧或缺其余分包，不能单独重新接入")
        content = Several((*content.parts, cut) if left else content.parts)
    return replace(arrival, content=content)


def preview(at: Workplace, ids: Sequence[int], changed: bytes | None) -> Work:
    """What would become of each. Result: {"counts", "useful", "messages": [{"id", "outcome",
    "parts"}]}; useful: how many would bring something.
    """
    counts: Counter[str] = Counter()
    listed: list[dict[str, Any]] = []
    useful = 0
    for number, some in _chunks(ids):
        read = _read(at, some, changed)
        seen = dict(zip((one.mends or 0 for one in read), at.intake.foresee(read), strict=True))
        closed = _closed(at.record, some, seen)
        for one in some:
            answer = _foreseen(one, seen.get(one), closed.get(one, ("", False))[0])
            counts[answer["outcome"] or "gone"] += 1
            useful += not answer.get("brings_nothing", True)
            listed += [answer] if len(listed) < MOST_LISTED else []
        yield {"done": number, "of": len(ids)}
    return {"counts": dict(counts), "useful": useful, "messages": listed}


def redrive(at: Workplace, actor: Actor, ids: Sequence[int], changed: bytes | None) -> Work:
    """Take in what can be read now; what is refused again stays as it is.

    Result: {"counts", "messages": [{"id", "new_id", "outcome", "reason", "incident"}]}.
    """
    counts: Counter[str] = Counter()
    listed: list[dict[str, Any]] = []
    for number, some in _chunks(ids):
        now = at.clock()
        done: list[Mended] = []
        worth: list[Arrival] = []
        read = _read(at, some, changed)
        for arrival, seen in zip(read, at.intake.foresee(read), strict=True):
            if seen.brings_nothing:
                done.append(_refused_again(arrival, seen))
            else:
                worth.append(replace(arrival, received_at=now))
        done += take(at.intake, actor, worth, now, _receipt) if worth else []
        closed = _closed(at.record, some, {one.id for one in done})
        done += [Mended(id=one, reason=why) for one, (why, _) in closed.items()]
        for one in sorted(done, key=lambda one: one.id):
            # Taken in before: by somebody else, or by an intake that died on this very errand.
            before = closed.get(one.id, ("", False))[1]
            counts[one.outcome or ("before" if before else "left")] += 1
            listed += [msgspec.to_builtins(one)] if len(listed) < MOST_LISTED else []
        yield {"done": number, "of": len(ids)}
    return {"counts": dict(counts), "messages": listed}


def _chunks(ids: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), AT_ONCE):
        some = ordered[start : start + AT_ONCE]
        yield start + len(some), some


def _read(at: Workplace, ids: Sequence[int], changed: bytes | None) -> list[Arrival]:
    with at.record.read() as cx:
        found = [one for one in originals(cx, ids) if not is_classified(one.payload, one.reason)]
    registry = at.registry()
    return [read_again(one, changed, registry) for one in found]


def _closed(
    record: Record, ids: Sequence[int], answered: Container[int]
) -> dict[int, tuple[str, bool]]:
    """Why the rest are not there to be taken in."""
    rest = [one for one in ids if one not in answered]
    if not rest:
        return {}
    with record.read() as cx:
        return {one: why_closed(cx, one) for one in rest}


def _foreseen(original: int, seen: Foreseen | None, closed: str) -> dict[str, Any]:
    if seen is None:
        return {"id": original, "outcome": None, "parts": [{"becomes": closed}]}
    answer: dict[str, Any] = msgspec.to_builtins(seen)
    return {"id": original, "brings_nothing": seen.brings_nothing, **answer}


def _refused_again(arrival: Arrival, seen: Foreseen) -> Mended:
    why = next(p.becomes for p in seen.parts if p.outcome is Outcome.REJECTED)
    secret = isinstance(arrival.content, Classified)
    return Mended(id=arrival.mends or 0, reason=why if secret else f"仍不能接入：{why}")


def _receipt(receipt: Receipt) -> tuple[str, bytes]:
    topic, payload = on_the_wire(receipt)
    return topic.decode(), payload
