"""Letters of clocks that have been answered: what still waits need not be sent any more."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from linkage.clocks.clock import Running
from linkage.clocks.firings import Key
from linkage.desk.facts import rows_of
from linkage.duty_tables import person
from linkage.means.notices import void
from linkage.record import Writing
from linkage.response_tables import clock_firing, notice
from linkage.response_vocabulary import About, NoticeStatus

_N, _F = notice.c, clock_firing.c
_KEY = (_F.rule_id, _F.about, _F.about_id, _F.round)
_WAITS = (_N.about == About.FIRING.value, _N.status == NoticeStatus.WAITING.value)
_OF_ONE = (
    select(_F.id, *_KEY).join(notice, _N.about_id == _F.id).where(*_WAITS, _N.round > 0).distinct()
)
# A letter of several matters has no round.
_OF_SEVERAL = (
    select(_N.about_id, _N.created_at, _N.not_before, person.c.name)
    .join(person, person.c.id == _N.person_id)
    .where(*_WAITS, _N.round == 0)
)


class _Span(msgspec.Struct):
    """When the matters of a letter were entered in it, and for whom."""

    since: datetime
    until: datetime
    names: set[str] = msgspec.field(default_factory=set)


def withdraw(cx: Connection, runs: Iterable[Running]) -> list[Callable[[Writing], int]]:
    """What to do about letters that wait though none of their clocks runs any longer: a call that
    nobody has made yet is not made any more."""
    alone, several = rows_of(cx, _OF_ONE), rows_of(cx, _OF_SEVERAL)
    if not alone and not several:
        return []
    running = {run.key for run in runs}
    over = [row["id"] for row in alone if _key(row) not in running]
    over += _of_several(cx, _spans(several), running)
    why = "已有回音或已结束"
    return [partial(void, about=About.FIRING, about_id=letter, why=why) for letter in over]


def _spans(rows: Iterable[Mapping[str, Any]]) -> Mapping[int, _Span]:
    found: dict[int, _Span] = {}
    for row in rows:
        until = max(row["created_at"], row["not_before"])
        span = found.setdefault(row["about_id"], _Span(row["created_at"], until))
        span.since, span.until = min(span.since, row["created_at"]), max(span.until, until)
        span.names.add(row["name"])
    return found


def _of_several(
    cx: Connection, spans: Mapping[int, _Span], running: Collection[Key]
) -> Iterator[int]:
    """A firing names whom it told; that, and when, is in which letters it stands."""
    if not spans:
        return
    since, until = min(s.since for s in spans.values()), max(s.until for s in spans.values())
    fired = defaultdict(list)
    between = select(*_KEY, _F.told, _F.fired_at).where(_F.fired_at.between(since, until))
    for row in rows_of(cx, between):
        if _key(row) in running:
            fired[row["fired_at"]].append(row["told"])
    for letter, span in spans.items():
        still = (
            told for at, all_ in fired.items() if span.since <= at <= span.until for told in all_
        )
        if not any(name in told for told in still for name in span.names):
            yield letter


def _key(row: Mapping[str, Any]) -> Key:
    return row["rule_id"], row["about"], row["about_id"], row["round"]
