"""排班: every change of the roster, by import or by hand, with what it was before in the log.

Saving refuses what would leave a step of the ladder without anybody who can be reached. `at` is
when it was done. They raise NotAllowed, NotPermitted, Raced with a sentence for the screen.
Numbers of people never go into the log: only whose, and which of them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from linkage.actions import Action
from linkage.duty import cells
from linkage.duty.changing import check, last_change, pack, packed, save_person, unpack, write
from linkage.duty.coverage import Shift, span_words
from linkage.duty.lines import Draft
from linkage.duty.listing import people, shifts
from linkage.duty.people import Person
from linkage.duty.propose import Proposal, propose
from linkage.duty.rules import DutyRules
from linkage.errors import NotAllowed, Raced
from linkage.people import Actor, permit
from linkage.record import Record, Writing
from linkage.response_vocabulary import Post

LONGEST = timedelta(hours=24)


def preview(record: Record, draft: Draft, rules: DutyRules, now: datetime) -> Proposal:
    """What the file would change, for an officer to confirm. Writes nothing."""
    with record.read() as cx:
        return propose(draft, people(cx), shifts(cx, now), rules, now)


def take_import(
    record: Record,
    actor: Actor,
    draft: Draft,
    digest: str,
    rules: DutyRules,
    *,
    at: datetime | None = None,
) -> Proposal:
    """Write what was previewed; `digest` is that preview's. One transaction, all of it or none."""
    permit(actor, Action.EDIT_ROSTER)
    with record.write(at) as w:
        found = propose(draft, people(w.cx), shifts(w.cx, w.at), rules, w.at)
        if found.digest != digest:
            raise Raced("预览之后班表有了改动，没有写入。请重新预览，再确认导入。")
        if not found.changes_something:
            raise NotAllowed("没有要写入的内容：文件与班表一致，或各行均未通过检查。")
        ids = _take_people(w, actor, found)
        add = [_numbered(one, ids) for one in found.add]
        why = f"导入：新增 {len(add)} 班次，移去 {len(found.remove)} 班次"
        if add or found.remove:
            write(w, actor, why, remove=found.remove, add=add)
        return found


def _numbered(one: Shift, ids: Mapping[str, int]) -> Shift:
    known = msgspec.structs.replace(one.person, id=ids.get(one.person.name, one.person.id))
    return msgspec.structs.replace(one, person=known)


def _take_people(w: Writing, actor: Actor, found: Proposal) -> dict[str, int]:
    """The ids of the new ones. A name that was struck off comes back to its old row."""
    ids = {one.name: save_person(w, one) for one in found.new_people}
    for _, one in found.changed:
        save_person(w, one)
    if ids or found.changed:
        changed = {old.name: _which(old, new) for old, new in found.changed}
        why = f"导入：新增人员 {len(ids)} 名，更新 {len(changed)} 名"
        w.log.add(
            str(actor), Action.EDIT_ROSTER, why, after={"people": list(ids), "updated": changed}
        )
    return ids


def _which(old: Person, new: Person) -> list[str]:
    names = ("agency_id", "telephone", "mobile", "email", "webhook")
    return [name for name in names if getattr(old, name) != getattr(new, name)]


def enter_person(
    record: Record, actor: Actor, said: Mapping[str, str], *, at: datetime | None = None
) -> None:
    """Somebody new, or other numbers of somebody known; `said`: name and ways by field, as typed.

    An empty field leaves the number that is there.
    """
    permit(actor, Action.EDIT_ROSTER)
    try:
        name = cells.as_name(said["name"])
        ways = {field: read(said.get(field, "")) for field, read in _READ.items()}
    except cells.BadCell as why:
        raise NotAllowed(f"{why}。") from why
    with record.write(at) as w:
        before = people(w.cx).get(name, Person(id=None, name=name))
        given = {field: text for field, text in ways.items() if text}
        after = msgspec.structs.replace(before, **given)
        if not after.reachable:
            raise NotAllowed(f"“{name}”没有任何联系方式，请至少填一项。")
        save_person(w, after)
        updated = {name: _which(before, after)}
        w.log.add(str(actor), Action.EDIT_ROSTER, f"登记人员：{name}", after={"updated": updated})


_READ: dict[str, Callable[[cells.Cell], str]] = {
    "mobile": cells.as_mobile,
    "telephone": cells.as_telephone,
    "email": cells.as_email,
    "webhook": cells.as_webhook,
}


def add(
    record: Record,
    actor: Actor,
    span: tuple[datetime, datetime],
    posts: Mapping[Post, Sequence[str]],
    rules: DutyRules,
    *,
    at: datetime | None = None,
) -> None:
    """Put people (by name) on posts for one shift."""
    permit(actor, Action.EDIT_ROSTER)
    with record.write(at) as w:
        _in_order(span, w.at)
        known = people(w.cx)
        new = [
            Shift(post=post, person=_known(known, name), starts_at=span[0], ends_at=span[1])
            for post, names in posts.items()
            for name in names
        ]
        if not new:
            raise NotAllowed("这一班一个人也没有选，请至少选一人。")
        check(w, rules, remove=(), add=new, strict=True)
        write(w, actor, f"排入 {span_words(*span)}", remove=(), add=new)


def replace(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    shift_id: int,
    name: str,
    reason: str,
    rules: DutyRules,
    *,
    at: datetime | None = None,
) -> None:
    """换班. A shift that is running passes over now; what was done until now stays its holder's."""
    permit(actor, Action.EDIT_ROSTER)
    with record.write(at) as w:
        old = _there(w, shift_id)
        new = msgspec.structs.replace(old, person=_known(people(w.cx), name), id=0)
        if new.person.id == old.person.id:
            raise NotAllowed(f"{span_words(old.starts_at, old.ends_at)} 本来就是{name}。")
        added = [new]
        if old.starts_at < w.at:
            until_now = msgspec.structs.replace(old, ends_at=w.at)
            added = [until_now, msgspec.structs.replace(new, starts_at=w.at)]
        check(w, rules, remove=[old], add=added, strict=False)
        why = f"换班：{old.post.label}{old.person.name}换为{name}。{reason.strip()}"
        write(w, actor, why, remove=[old], add=added)


def remove(
    record: Record,
    actor: Actor,
    shift_id: int,
    reason: str,
    rules: DutyRules,
    *,
    at: datetime | None = None,
) -> None:
    """Take a person off a post; from now on, if the shift is running."""
    permit(actor, Action.EDIT_ROSTER)
    with record.write(at) as w:
        old = _there(w, shift_id)
        left = [msgspec.structs.replace(old, ends_at=w.at)] if old.starts_at < w.at else []
        check(w, rules, remove=[old], add=left, strict=False)
        why = f"移去：{old.post.label}{old.person.name}。{reason.strip()}"
        write(w, actor, why, remove=[old], add=left)


def undo(
    record: Record, actor: Actor, entry_id: int, rules: DutyRules, *, at: datetime | None = None
) -> None:
    """Take back the last change of shifts; `entry_id` is the one the officer's screen showed."""
    permit(actor, Action.EDIT_ROSTER)
    with record.write(at) as w:
        last = last_change(w.cx)
        if last is None or last.id != entry_id:
            raise Raced("班表又有了改动，没有撤销。请刷新后再看最近一次改动。")
        back, gone = packed(last.before), packed(last.after)
        # What was shortened by the change may be over by now.
        stand = shifts(w.cx, w.at - LONGEST)
        taken = [one for one in stand if pack(one) in gone]
        restored = unpack(back, {one.id: one for one in people(w.cx).values()})
        if len(taken) != len(gone) or len(restored) != len(back):
            raise NotAllowed("涉及的人员或班次已不在，无法撤销，请手工改回。")
        if restored:  # what was only added goes back to the hole that was there
            check(w, rules, remove=taken, add=restored, strict=False)
        write(w, actor, f"撤销：{last.reason}", remove=taken, add=restored)


def _in_order(span: tuple[datetime, datetime], now: datetime) -> None:
    start, end = span
    if not timedelta() < end - start <= LONGEST:
        raise NotAllowed("一班须在 24 小时以内，且结束晚于开始。")
    if end <= now:
        raise NotAllowed(f"{span_words(start, end)} 已经过去，不能再排。")


def _known(known: Mapping[str, Person], name: str) -> Person:
    if name not in known:
        raise NotAllowed(f"人员里没有“{name}”，请先登记并填上联系方式。")
    return known[name]


def _there(w: Writing, shift_id: int) -> Shift:
    found = next((one for one in shifts(w.cx, w.at) if one.id == shift_id), None)
    if found is None:
        raise Raced("这一班已被改动或已经结束，请刷新后重新选择。")
    return found
