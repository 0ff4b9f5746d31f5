"""Which worker takes which lane: a beat every second, and lanes that change hands between.

A worker is dead when its beat stood still for a while on the watch of the one who looks: no clock
is compared with another. All of it happens under the ledger row, as every write does, and raises
the feed's revision whenever a lane changes hands: so a batch that finds the revision where it left
it knows, without asking, that its lanes are still its own.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Row, bindparam, delete, insert, select, update

from linkage.intake_tables import lane, worker
from linkage.log import as_json
from linkage.record import Writing


class LaneLost(RuntimeError):  # noqa: N818
    """Another worker has taken a lane over: nothing of this batch is ours to keep."""


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """`id` is this life of the worker: a name, `#`, and what no earlier life had."""

    id: str
    standby: bool
    started_at: datetime
    detail: Mapping[str, object]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """After a beat. `surplus`, of `mine`: to be left, then given back with `give_back`."""

    mine: frozenset[str]
    surplus: frozenset[str]
    listed: frozenset[str]  # every lane of the table
    free: frozenset[str]  # of those, what nobody has, this beat's claims taken off
    others: tuple[str, ...]  # ids of the other workers that live


Judge = Callable[[Sequence[Row[tuple[object, ...]]]], Collection[str]]


def beat(w: Writing, me: Me, judge: Judge, groups: Sequence[Sequence[str]]) -> Standing:
    """Say that we live, bury who does not, claim our share of what is free.

    `judge`: the rows of the other workers → the ids of the dead. `groups`: the lanes we know, each
    group shared out by itself.
    """
    _say(w, me)
    others = w.cx.execute(select(worker).where(worker.c.id != me.id)).all()
    dead = set(judge(others))
    workers = {row.id: bool(row.standby) for row in others if row.id not in dead}
    workers[me.id] = me.standby
    rows = w.cx.execute(select(lane.c.id, lane.c.worker_id)).all()
    gone = {row.worker_id for row in rows} - workers.keys() - {None} | dead
    if gone:
        w.cx.execute(delete(worker).where(worker.c.id.in_(gone)))
        w.cx.execute(update(lane).where(lane.c.worker_id.in_(gone)).values(worker_id=None))
        w.next_revision()
    holders = {row.id: row.worker_id if row.worker_id in workers else None for row in rows}
    claimed, surplus = plan(me.id, workers, holders, groups)
    if claimed:
        _give(w, claimed, me.id)
    mine = {name for name, holder in holders.items() if holder == me.id} | claimed
    return Standing(
        mine=frozenset(mine),
        surplus=frozenset(surplus),
        listed=frozenset(holders),
        free=frozenset(name for name, holder in holders.items() if holder is None) - claimed,
        others=tuple(sorted(workers.keys() - {me.id})),
    )


def plan(
    me: str,
    workers: Mapping[str, bool],
    holders: Mapping[str, str | None],
    groups: Sequence[Sequence[str]],
) -> tuple[set[str], set[str]]:
    """What to claim and what to give up. `workers`: id → is it a standby; they work only when
    nobody else lives. Every worker finds the same shares, and moves no more than it must."""
    at_work = sorted(one for one, standby in workers.items() if not standby) or sorted(workers)
    claimed: set[str] = set()
    known = {name for group in groups for name in group}
    surplus = {name for name, holder in holders.items() if holder == me} - known
    for turned, group in enumerate(groups):
        listed = [name for name in group if name in holders]
        mine = [name for name in listed if holders[name] == me]
        share = 0
        if me in at_work:
            # The remainders of the groups go to workers from opposite ends.
            rank = at_work.index(me)
            rank = len(at_work) - 1 - rank if turned % 2 else rank
            share = len(listed) // len(at_work) + (rank < len(listed) % len(at_work))
        surplus |= set(mine[share:])
        free = [name for name in listed if holders[name] is None]
        claimed |= set(free[: max(0, share - len(mine))])
    return claimed, surplus


def give_back(w: Writing, me: str, lanes: Collection[str]) -> None:
    """Only after their sessions were left: else two would hold one session."""
    _give(w, lanes, None, held_by=me)


def enlist(w: Writing, me: str, lanes: Collection[str]) -> None:
    """Enter lanes that others may take from now on; ours until then."""
    there = set(w.cx.execute(select(lane.c.id)).scalars())
    new = [{"id": name, "worker_id": me} for name in sorted(lanes) if name not in there]
    if new:
        w.cx.execute(insert(lane), new)
        w.next_revision()


def strike(w: Writing, lane_id: str) -> None:
    """A lane that sources.toml no longer has, and that is empty."""
    w.cx.execute(delete(lane).where(lane.c.id == lane_id))
    w.next_revision()


def say_goodbye(w: Writing, me: str) -> None:
    w.cx.execute(update(lane).where(lane.c.worker_id == me).values(worker_id=None))
    w.cx.execute(delete(worker).where(worker.c.id == me))
    w.next_revision()


def must_hold(w: Writing, me: str, lanes: Collection[str]) -> None:
    """Raises LaneLost unless all `lanes` are ours in this very transaction."""
    held = set(w.cx.execute(select(lane.c.id).where(lane.c.worker_id == me)).scalars())
    if not held >= set(lanes):
        raise LaneLost(", ".join(sorted(set(lanes) - held)))


def _say(w: Writing, me: Me) -> None:
    """Told dead by mistake, we are no longer in the table: begin again, holding nothing."""
    said = w.cx.execute(update(worker).where(worker.c.id == me.id).values(seen_at=w.at))
    if said.rowcount == 0:
        w.cx.execute(
            insert(worker).values(
                id=me.id,
                started_at=me.started_at,
                seen_at=w.at,
                standby=me.standby,
                detail=as_json(me.detail),
            )
        )


def _give(w: Writing, lanes: Collection[str], to: str | None, held_by: str | None = None) -> None:
    if lanes:
        holder = lane.c.worker_id == bindparam("holder") if held_by else lane.c.worker_id.is_(None)
        wanted = update(lane).where(lane.c.id == bindparam("which"), holder).values(worker_id=to)
        rows = [
            {"which": name} | ({"holder": held_by} if held_by else {}) for name in sorted(lanes)
        ]
        w.cx.execute(wanted, rows)
        w.next_revision()
