"""空班: in which hours a post of the ladder has nobody who can be reached. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import msgspec

from linkage.beijing import BEIJING
from linkage.duty.people import Person, Standing
from linkage.response_vocabulary import Post


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """One person at one post for one span. `id` 0: not written yet."""

    post: Post
    person: Person
    starts_at: datetime
    ends_at: datetime
    id: int = 0

    @property
    def key(self) -> tuple[Post, str, datetime, datetime]:
        return self.post, self.person.name, self.starts_at, self.ends_at


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """`unreachable`: who is on the post all the same, without any means to be reached by."""

    post: Post
    starts_at: datetime
    ends_at: datetime
    unreachable: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        if self.unreachable:
            return f"{self.post.label}{'、'.join(self.unreachable)}没有任何联系方式"
        return f"{self.post.label}空缺"

    @property
    def words(self) -> str:
        return f"{span_words(self.starts_at, self.ends_at)} {self.what}"


def span_words(start: datetime, end: datetime) -> str:
    """11-23 08:00—20:00; the second day is named where it is another."""
    here, there = start.astimezone(BEIJING), end.astimezone(BEIJING)
    last = f"{there:%H:%M}" if here.date() == there.date() else f"{there:%m-%d %H:%M}"
    return f"{here:%m-%d %H:%M}—{last}"


def gaps(
    shifts: Iterable[Shift], posts: Iterable[Post], start: datetime, end: datetime
) -> list[Gap]:
    """Every span between `start` and `end` in which a post has nobody who can be reached, the
    soonest first."""
    held = list(shifts)
    found = [gap for post in posts for gap in _of_post(held, post, start, end)]
    return sorted(found, key=lambda gap: (gap.starts_at, list(Post).index(gap.post)))


def together(found: Iterable[Gap]) -> list[str]:
    """In words, posts that stand empty in the very same hours in one."""
    posts: dict[tuple[datetime, datetime], list[Gap]] = {}
    for gap in found:
        posts.setdefault((gap.starts_at, gap.ends_at), []).append(gap)
    return [
        f"{span_words(*span)} {'、'.join(gap.what for gap in same)}" for span, same in posts.items()
    ]


def _of_post(shifts: Sequence[Shift], post: Post, start: datetime, end: datetime) -> Iterator[Gap]:
    here = [s for s in shifts if s.post is post and s.starts_at < end and s.ends_at > start]
    edges = {start, end} | {s.starts_at for s in here} | {s.ends_at for s in here}
    cuts = sorted(edge for edge in edges if start <= edge <= end)
    open_gap: Gap | None = None
    coming = sorted(here, key=lambda s: s.starts_at, reverse=True)
    held: list[Shift] = []
    for since, until in pairwise(cuts):
        while coming and coming[-1].starts_at <= since:
            held.append(coming.pop())
        held = [s for s in held if s.ends_at > since]
        on = [s.person for s in held]
        names = tuple(dict.fromkeys(one.name for one in on))
        if any(one.reachable for one in on):
            if open_gap is not None:
                yield open_gap
            open_gap = None
        elif open_gap is not None and open_gap.unreachable == names:
            open_gap = msgspec.structs.replace(open_gap, ends_at=until)
        else:
            if open_gap is not None:
                yield open_gap
            open_gap = Gap(post=post, starts_at=since, ends_at=until, unreachable=names)
    if open_gap is not None:
        yield open_gap


def broken_chain(
    shifts: Iterable[Shift],
    spans: Iterable[tuple[datetime, datetime]],
    posts: Iterable[Post],
    standing: Iterable[Standing],
) -> list[Gap]:
    """The hours of the edited spans in which an escalation would find a step of the ladder empty.

    A standing contact that can be reached fills its post.
    """
    filled = {one.post for one in standing if one.person.reachable}
    held, wanted = list(shifts), [post for post in posts if post not in filled]
    found = [gap for start, end in joined(spans) for gap in gaps(held, wanted, start, end)]
    return list(dict.fromkeys(found))


def joined(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The same hours in as few spans as possible, in order."""
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


class Calendar:
    """Shifts by day: who is there at the same time is found without looking through all."""

    def __init__(self, shifts: Iterable[Shift] = ()) -> None:
        self._days: defaultdict[date, list[Shift]] = defaultdict(list)
        for one in shifts:
            self.add(one)

    def add(self, shift: Shift) -> None:
        for day in days(shift.starts_at, shift.ends_at):
            self._days[day].append(shift)

    def beside(self, shift: Shift) -> list[Shift]:
        """Those on the same post at the same time, each once; the shift itself too, if it is
        there."""
        found = {
            one.key: one
            for day in days(shift.starts_at, shift.ends_at)
            for one in self._days.get(day, ())
        }
        return [one for one in found.values() if one.post is shift.post and overlap(one, shift)]


def days(start: datetime, end: datetime) -> Iterator[date]:
    """Every day that the span touches."""
    day = start.astimezone(UTC).date()
    while day <= end.astimezone(UTC).date():
        yield day
        day += timedelta(days=1)


def overlap(one: Shift, other: Shift) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def in_two_places(shifts: Iterable[Shift]) -> list[tuple[Shift, Shift]]:
    """Who is put on two posts, or twice on one, at the same time: a chain would call one person
    twice and think it had climbed."""
    by_name: dict[str, list[Shift]] = {}
    for one in shifts:
        by_name.setdefault(one.person.name, []).append(one)
    return [
        (first, second)
        for held in by_name.values()
        for first, second in _overlaps(sorted(held, key=lambda s: (s.starts_at, s.ends_at)))
    ]


def _overlaps(held: Sequence[Shift]) -> Iterator[tuple[Shift, Shift]]:
    longest: Shift | None = None
    for one in held:
        if longest is not None and one.starts_at < longest.ends_at:
            yield longest, one
        if longest is None or one.ends_at > longest.ends_at:
            longest = one


def worse(before: Iterable[Gap], after: Iterable[Gap]) -> list[Gap]:
    """The gaps that were not there before: an old hole must not forbid mending another."""
    old = list(before)
    return [
        gap
        for gap in after
        if not any(
            o.post is gap.post and o.starts_at <= gap.starts_at and o.ends_at >= gap.ends_at
            for o in old
        )
    ]
