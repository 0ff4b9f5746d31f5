"""空班: the posts that nobody who can be reached will hold within the next days, as subjects."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, select

from linkage.clocks.clock import Subject
from linkage.clocks.subject_names import EMPTY
from linkage.duty.coverage import Shift, gaps
from linkage.duty.people import Person
from linkage.duty.rules import DutyRules
from linkage.duty_tables import person, shift
from linkage.response_vocabulary import About, Post

# So far back a gap that lasts is followed to where it began.
LOOKED_BACK = timedelta(days=30)


def empty_shifts(cx: Connection, now: datetime, duty: DutyRules) -> Iterator[Subject]:
    """A roster that nobody has entered yet has no gaps: the page 值班 says that it is empty."""
    ahead = timedelta(days=duty.ahead.days)
    held = _shifts(cx, now)
    if not held:
        return
    since = min(one.starts_at for one in held)
    for gap in gaps(held, duty.posts.must_be_filled, since, now + ahead):
        if gap.ends_at > now:
            yield Subject(
                about=About.SHIFT,
                id=list(Post).index(gap.post) + 1,
                state=EMPTY,
                who=gap.words,
                stamps={"empty_from": gap.starts_at, "seen_from": gap.starts_at - ahead},
            )


def _shifts(cx: Connection, now: datetime) -> list[Shift]:
    columns = [person.c[name] for name in Person.__struct_fields__]
    rows = (
        select(shift.c.post, shift.c.starts_at, shift.c.ends_at, *columns)
        .join(person, person.c.id == shift.c.person_id)
        .where(shift.c.ends_at > now - LOOKED_BACK, person.c.active)
    )
    return [
        Shift(
            post=Post(row["post"]),
            person=msgspec.convert({n: row[n] for n in Person.__struct_fields__}, Person),
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
        )
        for row in cx.execute(rows).mappings()
    ]
