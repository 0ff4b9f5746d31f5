"""When shifts change, by the roster: who leaves, who comes, and which change is to be signed."""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, select

from linkage.duty.coverage import Shift
from linkage.duty.listing import shifts
from linkage.duty.rules import DutyRules
from linkage.duty_tables import handover
from linkage.response_vocabulary import Post

# The longest shift: so far back somebody who leaves now may have begun.
_LOOK_BACK = timedelta(hours=36)
# A change that is older was missed: its sheet would tell of today.
_STILL = timedelta(hours=12)


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A change of shifts by the roster: who leaves and who comes, in words."""

    at: datetime
    off: tuple[str, ...]
    on: tuple[str, ...]


def turns(cx: Connection, since: datetime, until: datetime) -> list[Turn]:
    """Every moment at which other people come on the post of the officer or the chief."""
    held = [
        one
        for one in shifts(cx, since - _LOOK_BACK, until + timedelta(seconds=1))
        if one.post in {Post.OFFICER, Post.CHIEF}
    ]
    moments = sorted({one.starts_at for one in held if since < one.starts_at <= until})
    found = []
    for moment in moments:
        off = [one for one in held if one.starts_at < moment <= one.ends_at]
        on = [one for one in held if one.starts_at <= moment < one.ends_at]
        before, after = _who(off), _who(on)
        if off and before != after:
            found.append(Turn(at=moment, off=before, on=after))
    return found


def _who(held: list[Shift]) -> tuple[str, ...]:
    ordered = sorted(held, key=lambda one: (list(Post).index(one.post), one.starts_at))
    return tuple(dict.fromkeys(f"{one.post.label} {one.person.name}" for one in ordered))


def current_turn(cx: Connection, rules: DutyRules, now: datetime) -> Turn | None:
    """The change that is to be signed now: the last one until it is, then the next when near."""
    early = timedelta(minutes=rules.handover.early_min)
    known = turns(cx, now - timedelta(days=2), now + early)
    past = [turn for turn in known if turn.at <= now]
    if past and not _signed(cx, past[-1].at):
        return past[-1]
    ahead = [turn for turn in known if turn.at > now]
    return ahead[0] if ahead else (past[-1] if past else None)


def _signed(cx: Connection, change_at: datetime) -> bool:
    query = select(handover.c.taken_at).where(handover.c.change_at == change_at)
    return cx.execute(query).scalar_one_or_none() is not None


def turn_without_sheet(cx: Connection, now: datetime) -> Turn | None:
    """The change that has come and for which nobody has drawn up anything."""
    past = turns(cx, now - _STILL, now)
    if not past:
        return None
    newest = select(handover.c.id).where(handover.c.change_at >= past[-1].at).limit(1)
    return past[-1] if cx.execute(newest).first() is None else None
