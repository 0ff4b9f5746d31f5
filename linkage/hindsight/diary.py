"""A desk that writes down all it is told, so that any moment can be looked at again.

It is fed as every desk is: the whole picture once, then each frame. It asks nothing of the
intake, and what it has not been able to write it asks for again at the next turn.
"""

import gzip
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec
from sqlalchemy import delete, insert, select, update

from linkage.desk.frame import Frame
from linkage.desk.freshness import Freshness
from linkage.desk.tally import Tally
from linkage.hindsight_tables import desk_moment
from linkage.record import Record, Writing

# Thirty days to look back, and the whole picture that the first of them begins with.
KEPT = timedelta(days=31)
# While nothing changes it is noted this often that nothing did.
MARK_S = 10.0
# A recorder that has not written for so long is gone; another takes its place.
TAKE_OVER = timedelta(seconds=30)
# A whole picture again once the changes since the last weigh so much more, or it is so old:
# what must be read to find one moment stays small.
WHOLE_AGAIN_BYTES = 4_000_000
WHOLE_AGAIN_TIMES = 3
WHOLE_EVERY = timedelta(hours=1)
PRUNE_EVERY = timedelta(hours=1)
_decode = msgspec.json.Decoder(Frame).decode
_encode = msgspec.json.Encoder().encode


class Told(Protocol):
    """What the live picture tells a desk: dashboard/hub.py."""

    @property
    def stale(self) -> bool: ...
    def missed(self, rev: int) -> list[bytes]: ...
    def beat(self) -> bytes: ...
    def snapshot(self) -> tuple[int, bytes]: ...


class _Row(msgspec.Struct, frozen=True):
    began_at: float
    body: bytes
    whole: bool = False
    follows: bool = True


class Diary:
    def __init__(self, record: Record, told: Told, recorder: str) -> None:
        """`recorder`: names this one among those of other processes; only one of them writes."""
        self._record, self._told, self._recorder = record, told, recorder
        self._rev: int | None = None  # of the feed, up to which all is written
        self._changes = self._whole = 0  # bytes since the last whole picture, and of it
        self._whole_at = self._pruned_at = datetime.min.replace(tzinfo=UTC)
        self._marked_at = float("-inf")
        self._clockwork: object = None

    def write(self, now: datetime) -> bool:
        """Write what was told since the last turn; whether a row was added.

        Raises one of `UNAVAILABLE` when the record is away; the next turn writes it then.
        """
        if self._told.stale:
            return False  # the desks show nothing new either
        beat = _decode(self._told.beat())
        rev, rows = self._rows(now, beat)
        idle = not rows and now.timestamp() - self._marked_at < MARK_S
        if idle:
            return False
        with self._record.write(now) as w:
            if not self._ours(w):
                self._rev = None
                return False
            self._put(w, rows)
            self._prune(w)
        self._rev, self._marked_at = rev, now.timestamp()
        self._clockwork = _of_the_clock(beat)
        for row in rows:
            if row.whole:
                self._whole, self._changes, self._whole_at = len(row.body), 0, now
            else:
                self._changes += len(row.body)
        return bool(rows)

    def _rows(self, now: datetime, beat: Frame) -> tuple[int, list[_Row]]:
        """What to write, and the revision of the feed that this reaches."""
        known = self._rev
        frames = [] if known is None else self._told.missed(known)
        if known is None or (frames and _decode(frames[0]).resync):
            rev, whole = self._snapshot(now, beat)
            return rev, [msgspec.structs.replace(whole, follows=False)]
        if self._due(now, sum(map(len, frames))):
            rev, whole = self._snapshot(now, beat)
            frames = self._told.missed(known)  # up to the snapshot, and perhaps beyond
            decoded = list(map(_decode, frames))
            if decoded and decoded[0].resync:
                return rev, [msgspec.structs.replace(whole, follows=False)]
            before = [f for f, d in zip(frames, decoded, strict=True) if d.rev <= rev]
            return rev, [*_changes(before, beat, now), whole]
        if not frames and _of_the_clock(beat) == self._clockwork:
            return known, []
        rev = _decode(frames[-1]).rev if frames else known
        return rev, _changes(frames, beat, now)

    def _due(self, now: datetime, more: int) -> bool:
        heavy = max(WHOLE_AGAIN_BYTES, WHOLE_AGAIN_TIMES * self._whole)
        return self._changes + more > heavy or now - self._whole_at >= WHOLE_EVERY

    def _snapshot(self, now: datetime, beat: Frame) -> tuple[int, _Row]:
        """As every desk gets it, with the lights as they are; the words are left out, screens
        have them."""
        rev, body = self._told.snapshot()
        frame = _decode(gzip.decompress(body))
        frame.words, frame.fresh, frame.tally = {}, beat.fresh, beat.tally
        # Not before it was built: what it shows was perhaps read since this turn began.
        began_at = max(now.timestamp(), frame.at)
        return rev, _Row(began_at, b"[" + _encode(frame) + b"]", whole=True)

    def _ours(self, w: Writing) -> bool:
        its = desk_moment.c
        last = w.cx.execute(
            select(its.recorder, its.ended_at).order_by(its.id.desc()).limit(1)
        ).one_or_none()
        if last is None or last.recorder == self._recorder:
            return True
        # Another process writes; or it did, and we begin anew with a whole picture.
        return self._rev is None and w.at - last.ended_at >= TAKE_OVER

    def _put(self, w: Writing, rows: Sequence[_Row]) -> None:
        if rows:
            w.cx.execute(insert(desk_moment), [self._values(w, row) for row in rows])
            return
        its = desk_moment.c
        newest = select(its.id).order_by(its.id.desc()).limit(1).scalar_subquery()
        w.cx.execute(update(desk_moment).where(its.id == newest).values(ended_at=w.at))

    def _values(self, w: Writing, row: _Row) -> dict[str, Any]:
        return {
            "id": w.next_id(),
            "began_at": datetime.fromtimestamp(row.began_at, UTC),
            "ended_at": w.at,
            "whole": row.whole,
            "follows": row.follows,
            "recorder": self._recorder,
            "body": zlib.compress(row.body, 6),
        }

    def _prune(self, w: Writing) -> None:
        if w.at - self._pruned_at < PRUNE_EVERY:
            return
        self._pruned_at = w.at
        w.cx.execute(delete(desk_moment).where(desk_moment.c.ended_at < w.at - KEPT))


def _changes(frames: Sequence[bytes], beat: Frame, now: datetime) -> list[_Row]:
    """One row of the frames as they were sent, and of what the clock alone has changed."""
    clock = Frame(rev=beat.rev, at=now.timestamp(), fresh=beat.fresh, tally=beat.tally)
    began_at = min([_decode(frame).at for frame in frames[:1]] + [clock.at])
    return [_Row(began_at, b"[" + b",".join([*frames, _encode(clock)]) + b"]")]


def _of_the_clock(beat: Frame) -> tuple[Tally | None, object]:
    """What of the lights a desk would notice; not the second at which they were read."""
    fresh: Freshness | None = beat.fresh
    if fresh is None:
        return beat.tally, None
    flood = fresh.flood
    told = (fresh.silent, fresh.never, fresh.sources, fresh.intake.alive, fresh.intake.broker)
    return beat.tally, (*told, fresh.intake.road, flood.on if flood else False)
