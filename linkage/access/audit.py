"""操作审计: the log as the audit administrator reads it. Newest first, in bounded pieces, with
personal data masked; and the check of its chain."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from linkage.actions import Action, Happening
from linkage.people import Actor, permit
from linkage.personal import masked
from linkage.record import Record
from linkage.tables import incident, log_entry
from linkage.verify import log_chain

PAGE = 50
# A rare word is looked for in windows of so many ids, and no longer than this before the page
# shows what there is and offers to go on.
WINDOW, PATIENCE_S = 100_000, 1.5


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """`until` is not within. `number`: of an incident. `word`: in reason, before or after."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""
    actions: tuple[str, ...] = ()
    number: str = ""
    word: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    at: datetime
    actor: str
    action: str
    number: str
    reason: str
    before: str
    after: str


class Found(msgspec.Struct, frozen=True):
    """`below`: ask on from here; None: that was all."""

    entries: list[Entry]
    below: int | None


class Verdict(msgspec.Struct, frozen=True):
    at: datetime
    actor: str
    counted: int
    fault: str | None


def action_label(code: str) -> str:
    for known in (Action, Happening):
        if code in set(known):
            return known(code).label
    return code


def search(record: Record, actor: Actor, asked: Asked, below: int | None = None) -> Found:
    """One page of what fits `asked`, of ids less than `below`."""
    permit(actor, Action.CHECK_CHAIN)
    give_up = time.monotonic() + PATIENCE_S
    rows: list[Any] = []
    with record.read() as cx:
        low = _first_id(cx, asked.since) if asked.since else 0
        top = below or 1 + (cx.execute(select(func.max(log_entry.c.id))).scalar() or 0)
        if asked.until:
            top = min(top, _first_id(cx, asked.until))
        fits = _fits(asked)
        while top > low and len(rows) < PAGE and time.monotonic() < give_up:
            bottom = max(low, top - WINDOW)
            ask = (
                select(log_entry, incident.c.number)
                .join_from(
                    log_entry, incident, incident.c.id == log_entry.c.incident_id, isouter=True
                )
                .where(log_entry.c.id < top, log_entry.c.id >= bottom, *fits)
                .order_by(log_entry.c.id.desc())
                .limit(PAGE - len(rows))
            )
            got = cx.execute(ask).all()
            full = len(rows) + len(got) == PAGE
            top = got[-1].id if full else bottom
            rows += got
    return Found([_entry(row) for row in rows], top if top > low else None)


def check_chain(
    record: Record,
    actor: Actor,
    tell: Callable[[float], object] = lambda _share: None,
    *,
    at: datetime | None = None,
) -> Verdict:
    """Read the whole log and say whether it is as it was written; noted once. `tell`: the share
    done so far."""
    permit(actor, Action.CHECK_CHAIN)
    with record.read() as cx:
        if cx.dialect.name == "postgresql":
            cx.execution_options(isolation_level="REPEATABLE READ")
        whole = max(cx.execute(select(func.count()).select_from(log_entry)).scalar_one(), 1)
        counted, fault = log_chain(cx, lambda done: tell(min(done / whole, 1.0)))
    with record.write(at) as w:
        after = {"counted": counted, "fault": fault}
        w.log.add(str(actor), Action.CHECK_CHAIN, fault or "完好", after=after)
        return Verdict(w.at, str(actor), counted, fault)


def last_verdict(record: Record) -> Verdict | None:
    ask = select(log_entry).where(log_entry.c.action == Action.CHECK_CHAIN)
    with record.read() as cx:
        row = cx.execute(ask.order_by(log_entry.c.id.desc()).limit(1)).first()
    if row is None:
        return None
    after = msgspec.json.decode(row.after)
    return Verdict(row.at.astimezone(UTC), row.actor, after["counted"], after["fault"])


def _fits(asked: Asked) -> list[ColumnElement[bool]]:
    entry, fits = log_entry.c, []
    if asked.actor.strip():
        fits.append(entry.actor.contains(asked.actor.strip(), autoescape=True))
    if asked.actions:
        fits.append(entry.action.in_(asked.actions))
    if asked.number.strip():
        mine = select(incident.c.id).where(incident.c.number == asked.number.strip())
        fits.append(entry.incident_id.in_(mine))
    if word := asked.word.strip():
        places = (entry.reason, entry.before, entry.after)
        any_of: ColumnElement[bool] = places[0].contains(word, autoescape=True)
        for place in places[1:]:
            any_of |= func.coalesce(place, "").contains(word, autoescape=True)
        fits.append(any_of)
    return fits


def _first_id(cx: Connection, at: datetime) -> int:
    """The first id that was written at `at` or later: ids are in order of writing, and times
    are not indexed."""
    low, high = 0, 1 + (cx.execute(select(func.max(log_entry.c.id))).scalar() or 0)
    while low < high:
        middle = (low + high) // 2
        ask = select(log_entry.c.id, log_entry.c.at).where(log_entry.c.id >= middle)
        row = cx.execute(ask.order_by(log_entry.c.id).limit(1)).first()
        if row is None or row.at >= at:
            high = middle
        else:
            low = row.id + 1
    return low


def _entry(row: Any) -> Entry:
    return Entry(
        id=row.id,
        at=row.at,
        actor=masked(row.actor),
        action=row.action,
        number=row.number or "",
        reason=masked(row.reason),
        before=masked(row.before or ""),
        after=masked(row.after or ""),
    )
