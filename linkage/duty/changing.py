"""How the roster is changed: what must hold, the rows, and the log from which it is undone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from linkage.actions import Action
from linkage.duty.coverage import Gap, Shift, broken_chain, in_two_places, joined, span_words, worse
from linkage.duty.listing import shifts
from linkage.duty.people import Person
from linkage.duty.rules import DutyRules
from linkage.duty_tables import person, shift
from linkage.errors import NotAllowed
from linkage.people import Actor
from linkage.record import Writing
from linkage.response_vocabulary import Post
from linkage.tables import log_entry


def save_person(w: Writing, one: Person) -> int:
    """A name that was struck off comes back to its old row. The caller logs it."""
    values = {name: getattr(one, name) for name in Person.__struct_fields__ if name != "id"}
    values |= {"active": True, "changed_at": w.at}
    query = select(person.c.id).where(person.c.name == one.name)
    known = one.id or w.cx.execute(query).scalar_one_or_none()
    if known is None:
        known = w.next_id()
        w.cx.execute(insert(person).values(id=known, **values))
    else:
        w.cx.execute(update(person).where(person.c.id == known).values(**values))
    return int(known)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The last change of shifts, as the log has it."""

    id: int
    at: datetime
    actor: str
    reason: str
    before: str
    after: str


def last_change(cx: Connection) -> Change | None:
    """Only of shifts: what was done to people's numbers is not in the log and cannot come back."""
    row = (
        cx.execute(
            select(log_entry)
            .where(log_entry.c.action == Action.EDIT_ROSTER, log_entry.c.before.is_not(None))
            .order_by(log_entry.c.id.desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    return Change(**{name: row[name] for name in Change.__struct_fields__})


def check(
    w: Writing, rules: DutyRules, *, remove: Iterable[Shift], add: Iterable[Shift], strict: bool
) -> None:
    """`strict`: no gap at all in the hours of the change; else none that was not there before."""
    gone, new = list(remove), list(add)
    spans = joined((max(s.starts_at, w.at), s.ends_at) for s in (*gone, *new))
    if not spans:
        return
    before = shifts(w.cx, spans[0][0], spans[-1][1])
    after = [one for one in before if one.id not in {s.id for s in gone}] + new
    keys = {one.key for one in new}
    for first, second in in_two_places(after):
        if first.key in keys or second.key in keys:
            hours = span_words(first.starts_at, first.ends_at)
            raise NotAllowed(
                f"{second.person.name}同一时间已任{first.post.label}（{hours}），"
                "一人同时只在一个岗位，请换人。"
            )
    posts, standing = rules.posts.must_be_filled, rules.standing
    broken = broken_chain(after, spans, posts, standing)
    if not strict:
        broken = worse(broken_chain(before, spans, posts, standing), broken)
    if broken:
        raise NotAllowed(_refusal(broken))


def _refusal(broken: Sequence[Gap]) -> str:
    said = "；".join(gap.words for gap in broken[:3])
    more = f"等 {len(broken)} 处" if len(broken) > 3 else ""
    return f"没有保存：升级上报到这一级会无人可找（{said}{more}）。请在同一班补上有联系方式的人。"


def write(
    w: Writing, actor: Actor, why: str, *, remove: Iterable[Shift], add: Iterable[Shift]
) -> None:
    gone, new = list(remove), list(add)
    for one in gone:
        w.cx.execute(delete(shift).where(shift.c.id == one.id))
    rows = [
        {
            "id": w.next_id(),
            "post": one.post,
            "person_id": one.person.id,
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
            "set_by": str(actor),
            "set_at": w.at,
        }
        for one in new
    ]
    if rows:
        w.cx.execute(insert(shift), rows)
    w.log.add(
        str(actor),
        Action.EDIT_ROSTER,
        why.strip(),
        before={"shifts": [pack(one) for one in gone]},
        after={"shifts": [pack(one) for one in new]},
    )


def pack(one: Shift) -> list[Any]:
    """A shift as the log keeps it."""
    moments = (one.starts_at, one.ends_at)
    said = [moment.astimezone(UTC).isoformat() for moment in moments]
    return [one.post.value, one.person.id, one.person.name, *said]


def packed(text: str) -> list[list[Any]]:
    return list(msgspec.json.decode(text).get("shifts", []))


def unpack(said: Iterable[list[Any]], known: Mapping[int | None, Person]) -> list[Shift]:
    """Without those whose person has left."""
    return [
        Shift(
            post=Post(post),
            person=known[person_id],
            starts_at=datetime.fromisoformat(start),
            ends_at=datetime.fromisoformat(end),
        )
        for post, person_id, _, start, end in said
        if person_id in known
    ]
