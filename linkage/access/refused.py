"""越权被拒: who reached for what is not theirs goes into the log, and no script can fill it."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from linkage.actions import Happening
from linkage.errors import NotPermitted
from linkage.own_state import ServiceState, read_service, set_service
from linkage.people import Actor
from linkage.record import Record, Writing

REFUSED = "refused"  # the name its figures have among those of our own processes
# Of one person in one hour; nobody errs so often. What comes after is counted only.
MOST_AN_HOUR = 40
MOST_PEOPLE = 200
_HOUR = timedelta(hours=1)
# As much of what was asked as says what it was.
_LONGEST = 300


class Tally(msgspec.Struct, frozen=True):
    """The refusals of one person since `since`."""

    since: datetime
    count: int = 0


def note_refused(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    why: NotPermitted,
    what: str,
    asked: Any,
    at: datetime | None = None,
) -> None:
    """One entry for `why`, however many noticed it. `what`: the action or page; `asked`: on which.

    The act itself has been rolled back by then: nothing of it is on the record.
    """
    if why.noted:
        return
    why.noted = True
    told = msgspec.json.encode(asked, enc_hook=str).decode()[:_LONGEST]
    after: dict[str, Any] = {"refused": what, "agency": actor.agency_id, "asked": told}
    # Not the write of a signed record: who lost the role a moment ago is noted too.
    with Record.write(record, at) as w:
        count, silent = _count(w, str(actor))
        if silent:
            after["not_told_before"] = silent
        if count <= MOST_AN_HOUR:
            more = "；此后一小时内只计数，不再逐条记录" if count == MOST_AN_HOUR else ""
            w.log.add(str(actor), Happening.DENIED, f"{why}{more}", after=after)


def _count(w: Writing, who: str) -> tuple[int, int]:
    """How many within the hour, this one too; and how many before it were not told."""
    known = _tallies(read_service(w.cx, REFUSED))
    before = known.pop(who, Tally(w.at))
    silent = 0
    if not before.since <= w.at < before.since + _HOUR:
        silent = max(before.count - MOST_AN_HOUR, 0)
        before = Tally(w.at)
    now = Tally(before.since, before.count + 1)
    kept = dict(list({who: now, **known}.items())[:MOST_PEOPLE])
    detail = {"all": [[name, msgspec.to_builtins(one)] for name, one in kept.items()]}
    set_service(w, REFUSED, w.at, detail)
    return now.count, silent


def _tallies(state: ServiceState | None) -> dict[str, Tally]:
    """Who was refused last comes first."""
    return dict(msgspec.convert(state.detail["all"], list[tuple[str, Tally]])) if state else {}
