"""值班表: who is on which post at a moment, and the ladder an escalation climbs."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from linkage.duty.people import Person, Standing
from linkage.duty_tables import person, shift
from linkage.response_vocabulary import Post

__all__ = ["Person", "Standing", "ladder", "on_post"]


def on_post(cx: Connection, post: Post, at: datetime) -> list[Person]:
    """Who holds the post at `at`, in the order in which they were entered."""
    return _on_duty(cx, at, (post,))[post]


def ladder(
    cx: Connection, at: datetime, standing: Sequence[Standing] = ()
) -> list[tuple[Post, list[Person]]]:
    """Every post, from the officer up to the leader, with who holds it at `at`.

    A post may have nobody: who climbs goes on to the next. `standing` (data/duty.toml) fills a
    post where nobody on the roster can be reached.
    """
    found = _on_duty(cx, at, tuple(Post))
    return [(post, _filled(found[post], post, standing)) for post in Post]


def _filled(people: list[Person], post: Post, standing: Iterable[Standing]) -> list[Person]:
    if any(one.reachable for one in people):
        return people
    return people + [one.person for one in standing if one.post is post and one.person.reachable]


def _on_duty(
    cx: Connection, at: datetime, posts: tuple[Post, ...]
) -> defaultdict[Post, list[Person]]:
    columns = [person.c[name] for name in Person.__struct_fields__]
    rows = cx.execute(
        select(shift.c.post, *columns)
        .join(person, person.c.id == shift.c.person_id)
        .where(
            shift.c.post.in_([post.value for post in posts]),
            shift.c.starts_at <= at,
            shift.c.ends_at > at,
            person.c.active,
        )
        .order_by(shift.c.id)
    )
    found: defaultdict[Post, list[Person]] = defaultdict(list)
    for row in rows.mappings():
        one = msgspec.convert({name: row[name] for name in Person.__struct_fields__}, Person)
        held = found[Post(row["post"])]
        if one not in held:
            held.append(one)
    return found
