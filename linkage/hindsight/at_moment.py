"""The desk at a moment of the past: what stood on it then, or what changed between two moments.

By when the desks were told, never by what was learnt later.
"""

import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from linkage.desk.frame import Frame
from linkage.hindsight.diary import MARK_S
from linkage.hindsight.gathered import Gathered, decode, tells
from linkage.hindsight_tables import desk_moment

# A recorder that is at work has noted something at least this lately.
AT_WORK = timedelta(seconds=3 * MARK_S)
# How many rows are looked through for the next change, and how far changes are laid together.
LOOKED_THROUGH = 5_000
TOGETHER = timedelta(hours=1)
# A row may begin this much before the row that was written ahead of it.
OVERLAP = timedelta(minutes=1)
_its = desk_moment.c


class Hindsight(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`picture`: as of `picture.at`; None before anything was kept.

    `begins`, `ends`: what there is to look back at. `unseen`: at the asked moment nothing was
    written down, from the first time to the second (None: to this day); the picture is the last
    before. `since`: the picture is only what changed since then. Times are epoch seconds.
    """

    at: float
    begins: float | None
    ends: float | None
    picture: Frame | None = None
    since: float | None = None
    unseen: tuple[float, float | None] | None = None


def at_moment(cx: Connection, at: datetime, now: datetime) -> Hindsight:
    """The whole desk at `at`."""
    begins, ends = _bounds(cx)
    key = _whole_before(cx, at)
    told = Hindsight(at=at.timestamp(), begins=begins, ends=ends)
    if key is None:
        return told
    gathered = Gathered()
    for frame in decode(zlib.decompress(key.body)):
        gathered.take(frame)
    for frame in _frames(cx, key, at):
        gathered.take(frame)
    picture = gathered.whole(at.timestamp())
    return msgspec.structs.replace(told, picture=picture, unseen=_unseen(cx, at, now))


def changes(cx: Connection, since: datetime, at: datetime, now: datetime) -> Hindsight:
    """What turns the desk at `since` into the desk at `at`; all of it where that is no less."""
    key = _whole_before(cx, at)
    known = _whole_before(cx, since)
    if key is None or known is None or not timedelta(0) <= at - since <= TOGETHER:
        return at_moment(cx, at, now)
    broken = _its.whole.is_(True) & _its.follows.is_(False)
    if cx.execute(
        select(_its.id).where(broken, _its.began_at > since, _its.began_at <= at).limit(1)
    ).first():
        return at_moment(cx, at, now)
    gathered = Gathered()
    for frame in _frames(cx, known, at, since):
        gathered.take(frame)
    begins, ends = _bounds(cx)
    return Hindsight(
        at=at.timestamp(),
        begins=begins,
        ends=ends,
        picture=gathered.changes(at.timestamp()),
        since=since.timestamp(),
        unseen=_unseen(cx, at, now),
    )


def next_change(cx: Connection, at: datetime) -> float | None:
    """When after `at` an officer would have seen something happen; None where nothing did.

    After long hours of positions and readings alone: how far was looked.
    """
    later = (
        select(desk_moment)
        .where(_its.ended_at > at)
        .order_by(_its.ended_at, _its.id)
        .limit(LOOKED_THROUGH)
        .execution_options(yield_per=50)
    )
    looked, row = 0, None
    for row in cx.execute(later):
        looked += 1
        if row.whole:
            if not row.follows and row.began_at > at:
                return float(row.began_at.timestamp())
            continue
        for frame in decode(zlib.decompress(row.body)):
            if frame.at > at.timestamp() and tells(frame):
                return frame.at
    return float(row.ended_at.timestamp()) if row and looked == LOOKED_THROUGH else None


def _bounds(cx: Connection) -> tuple[float | None, float | None]:
    begins = cx.execute(select(func.min(_its.began_at)).where(_its.whole.is_(True))).scalar_one()
    ends = cx.execute(select(func.max(_its.ended_at))).scalar_one()
    return (begins.timestamp() if begins else None), (ends.timestamp() if ends else None)


def _whole_before(cx: Connection, at: datetime) -> Any:
    rows = select(desk_moment).where(_its.whole.is_(True), _its.began_at <= at)
    return cx.execute(rows.order_by(_its.began_at.desc(), _its.id.desc()).limit(1)).one_or_none()


def _frames(
    cx: Connection, key: Any, at: datetime, since: datetime | None = None
) -> Iterator[Frame]:
    """What was told after the whole picture `key` (and after `since`) up to `at`, in order."""
    rows = select(_its.body).where(
        _its.whole.is_(False),
        _its.id > key.id,
        _its.began_at > key.began_at - OVERLAP,
        _its.began_at <= at,
    )
    if since is not None:
        rows = rows.where(_its.ended_at >= since - OVERLAP)
    after, until = (since or key.began_at - OVERLAP).timestamp(), at.timestamp()
    for body in cx.execute(rows.order_by(_its.id).execution_options(yield_per=200)).scalars():
        for frame in decode(zlib.decompress(body)):
            if after < frame.at <= until:
                yield frame


def _unseen(cx: Connection, at: datetime, now: datetime) -> tuple[float, float | None] | None:
    """The gap that `at` lies in, if it does."""
    newest = [
        cx.execute(
            select(_its.id, _its.ended_at)
            .where(_its.whole.is_(whole), _its.began_at <= at)
            .order_by(_its.began_at.desc(), _its.id.desc())
            .limit(1)
        ).one_or_none()
        for whole in (True, False)
    ]
    last = max((row for row in newest if row), key=lambda row: row.id)
    if last.ended_at >= at:
        return None
    after = select(_its.began_at, _its.follows).where(_its.id > last.id).order_by(_its.id).limit(1)
    following = cx.execute(after).one_or_none()
    if following is not None and following.follows:
        return None
    if following is None and now - last.ended_at < AT_WORK:
        return None  # it is being written
    until = following.began_at.timestamp() if following else None
    return last.ended_at.timestamp(), until
