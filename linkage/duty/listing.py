"""The roster as it stands: who is on file, who is on which post from when to when."""

from datetime import datetime

from sqlalchemy import Connection, select

from linkage.duty.coverage import Gap, Shift, gaps
from linkage.duty.people import Person
from linkage.duty.rules import DutyRules
from linkage.duty_tables import person, shift
from linkage.response_vocabulary import Post

_PERSON = [person.c[name].label(f"whose_{name}") for name in Person.__struct_fields__]


def people(cx: Connection) -> dict[str, Person]:
    """Everybody who is in the service, by name."""
    rows = cx.execute(
        select(*(person.c[name] for name in Person.__struct_fields__))
        .where(person.c.active)
        .order_by(person.c.id)
    )
    found = (
        Person(**{name: row[name] for name in Person.__struct_fields__}) for row in rows.mappings()
    )
    return {one.name: one for one in found}


def shifts(cx: Connection, since: datetime, until: datetime | None = None) -> list[Shift]:
    """What ends after `since` and begins before `until`, in order of time."""
    query = select(shift, *_PERSON).join(person, person.c.id == shift.c.person_id)
    query = query.where(shift.c.ends_at > since, person.c.active)
    if until is not None:
        query = query.where(shift.c.starts_at < until)
    rows = cx.execute(query.order_by(shift.c.starts_at, shift.c.id))
    return [
        Shift(
            id=row["id"],
            post=Post(row["post"]),
            person=Person(**{name: row[f"whose_{name}"] for name in Person.__struct_fields__}),
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
        )
        for row in rows.mappings()
    ]


def is_empty(cx: Connection) -> bool:
    """Whether nobody has ever entered a shift."""
    return cx.execute(select(shift.c.id).limit(1)).first() is None


def empty_shifts(cx: Connection, rules: DutyRules, now: datetime) -> list[Gap]:
    """The hours from now to `rules.ahead` in which a post has nobody who can be reached."""
    until = now + rules.ahead.span
    return gaps(shifts(cx, now, until), rules.posts.must_be_filled, now, until)
