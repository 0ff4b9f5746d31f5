"""What an import would change, and what of it is refused: the file held against the record. Pure.

A row is taken or refused alone; but a shift that would leave a step of the ladder without anybody
who can be reached is refused as a whole.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

import msgspec

from linkage.duty.coverage import (
    Calendar,
    Gap,
    Shift,
    broken_chain,
    days,
    in_two_places,
    span_words,
)
from linkage.duty.headings import nearest
from linkage.duty.lines import Draft, PersonDraft, Refusal, ShiftDraft
from linkage.duty.people import Person
from linkage.duty.rules import DutyRules

Span = tuple[datetime, datetime]


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """`changed`: a person before and after. `same`, `past`: rows that change nothing, and those of
    shifts that are over. `digest`: of all that would be written."""

    new_people: tuple[Person, ...]
    changed: tuple[tuple[Person, Person], ...]
    add: tuple[Shift, ...]
    remove: tuple[Shift, ...]
    same: int
    past: int
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]
    digest: str

    @property
    def changes_something(self) -> bool:
        return bool(self.new_people or self.changed or self.add or self.remove)


def propose(
    draft: Draft,
    known: Mapping[str, Person],
    shifts: Iterable[Shift],
    rules: DutyRules,
    now: datetime,
) -> Proposal:
    """`known`: everybody on file by name. `shifts`: all that end after `now`."""
    return _Proposing(draft, known, list(shifts), rules, now).proposal()


class _Proposing:
    def __init__(
        self,
        draft: Draft,
        known: Mapping[str, Person],
        shifts: list[Shift],
        rules: DutyRules,
        now: datetime,
    ) -> None:
        self._draft, self._known, self._shifts = draft, known, shifts
        self._rules, self._now = rules, now
        self._refusals = list(draft.refusals)
        self._people = {one.person.name: _merged(one, known) for one in draft.people}
        self._stands = Calendar(shifts)
        self._same = self._past = 0

    def proposal(self) -> Proposal:
        wanted = self._resolved()
        wanted = self._not_crossing(wanted)
        wanted = self._in_one_place(wanted)
        wanted = self._chained(wanted)
        add, remove = self._difference(wanted)
        new = tuple(one for one in self._people.values() if one.id is None)
        changed = tuple(
            (self._known[name], one)
            for name, one in self._people.items()
            if one.id is not None and one != self._known[name]
        )
        written = msgspec.json.encode((new, changed, add, remove))
        return Proposal(
            new_people=new,
            changed=changed,
            add=tuple(add),
            remove=tuple(remove),
            same=self._same,
            past=self._past,
            refusals=tuple(sorted(self._refusals, key=lambda r: (r.where.sheet, r.where.row))),
            notes=tuple(self._draft.notes),
            digest=hashlib.sha256(written).hexdigest(),
        )

    def _refuse(self, one: ShiftDraft, wrong: str, remedy: str) -> None:
        self._refusals.append(Refusal(one.where, wrong, remedy))

    def _resolved(self) -> list[tuple[ShiftDraft, Shift]]:
        """Those whose person is on file, and whose shift is not over."""
        found = []
        names = {**self._known, **self._people}
        for one in self._draft.shifts:
            if one.ends_at <= self._now:
                self._past += 1
            elif one.name not in names:
                remedy = f"请在“人员”表加上并填联系方式{nearest(one.name, names)}"
                self._refuse(one, f"人员里没有“{one.name}”", remedy)
            else:
                person = names[one.name]
                found.append((one, _shift(one, person)))
        return found

    def _not_crossing(
        self, wanted: list[tuple[ShiftDraft, Shift]]
    ) -> list[tuple[ShiftDraft, Shift]]:
        """A post changes hands at one moment: spans of one post are the same or lie apart."""
        kept: list[tuple[ShiftDraft, Shift]] = []
        calendar, ours = Calendar(), dict[object, ShiftDraft]()
        for draft, shift in wanted:
            beside = calendar.beside(shift)
            crossed = next((s for s in beside if not _same_span(s, shift)), None)
            if shift.key in ours:
                self._refuse(draft, f"“{draft.name}”这一班已经写过", "删去重复的一处")
            elif crossed is not None:
                at, hours = ours[crossed.key].where, span_words(crossed.starts_at, crossed.ends_at)
                wrong = f"与第 {at.row} 行的{draft.post.label}（{hours}）时间交错"
                self._refuse(draft, wrong, "同一岗位的班次应首尾相接")
            elif self._meets_what_stands(draft, shift):
                calendar.add(shift)
                ours[shift.key] = draft
                kept.append((draft, shift))
        return kept

    def _meets_what_stands(self, draft: ShiftDraft, shift: Shift) -> bool:
        for one in self._stands.beside(shift):
            if one.key == shift.key:
                continue
            hours = span_words(one.starts_at, one.ends_at)
            if one.starts_at <= self._now:
                wrong = f"{draft.post.label}这一班（{hours}）已由{one.person.name}当班"
                self._refuse(draft, wrong, "已开始的班次请在“值班”页上换班")
                return False
            if one.starts_at < shift.starts_at or one.ends_at > shift.ends_at:
                wrong = f"与班表上{one.person.name}的{draft.post.label}（{hours}）时间交错"
                self._refuse(draft, wrong, "请先在“值班”页上移去那一班，或改成首尾相接")
                return False
        return True

    def _in_one_place(
        self, wanted: list[tuple[ShiftDraft, Shift]]
    ) -> list[tuple[ShiftDraft, Shift]]:
        """Whom the file puts on a second post at the same time is refused there."""
        while True:
            ours = {shift.key: draft for draft, shift in wanted}
            both = [*self._left(wanted), *(shift for _, shift in wanted)]
            out = {
                (second if second.key in ours else first).key: (
                    first if second.key in ours else second
                )
                for first, second in in_two_places(both)
                if first.key in ours or second.key in ours
            }
            if not out:
                return wanted
            for key, other in out.items():
                also = f"第 {ours[other.key].where.row} 行" if other.key in ours else "班表"
                hours = span_words(other.starts_at, other.ends_at)
                wrong = f"“{ours[key].name}”同一时间已在{also}任{other.post.label}（{hours}）"
                self._refuse(ours[key], wrong, "一人同时只在一个岗位，请换人")
            wanted = [pair for pair in wanted if pair[1].key not in out]

    def _chained(self, wanted: list[tuple[ShiftDraft, Shift]]) -> list[tuple[ShiftDraft, Shift]]:
        """Without the shifts in which a step of the ladder would stay empty."""
        while True:
            result = [*self._left(wanted), *(shift for _, shift in wanted)]
            spans = [_span_from(shift, self._now) for _, shift in wanted]
            broken = broken_chain(
                result, spans, self._rules.posts.must_be_filled, self._rules.standing
            )
            out = _falls_into(broken, [shift for _, shift in wanted])
            if not out:
                return wanted
            for draft, shift in wanted:
                if shift.key in out:
                    remedy = "升级上报走到这一级会无人可找，这一班未导入；请补上有联系方式的人"
                    self._refuse(draft, out[shift.key], remedy)
            wanted = [pair for pair in wanted if pair[1].key not in out]

    def _left(self, wanted: Sequence[tuple[ShiftDraft, Shift]]) -> list[Shift]:
        """What of the roster stays beside what the file says."""
        said = Calendar(shift for _, shift in wanted)
        return [one for one in self._renamed() if not said.beside(one)]

    def _renamed(self) -> list[Shift]:
        """The roster with the numbers of people as the file has them."""
        return [
            msgspec.structs.replace(one, person=self._people.get(one.person.name, one.person))
            for one in self._shifts
        ]

    def _difference(
        self, wanted: Sequence[tuple[ShiftDraft, Shift]]
    ) -> tuple[list[Shift], list[Shift]]:
        stood = {one.key for one in self._shifts}
        said = {shift.key for _, shift in wanted}
        calendar = Calendar(shift for _, shift in wanted)
        self._same = len(stood & said)
        add = [shift for _, shift in wanted if shift.key not in stood]
        remove = [one for one in self._shifts if one.key not in said and calendar.beside(one)]
        return add, remove


def _merged(draft: PersonDraft, known: Mapping[str, Person]) -> Person:
    """An empty cell changes nothing: a file without numbers must not make people unreachable."""
    before, said = known.get(draft.person.name), draft.person
    if before is None:
        return said
    ways = ("agency_id", "telephone", "mobile", "email", "webhook")
    return msgspec.structs.replace(
        before, **{w: getattr(said, w) or getattr(before, w) for w in ways}
    )


def _falls_into(broken: Iterable[Gap], shifts: Iterable[Shift]) -> dict[object, str]:
    """The key of every shift during which there is a gap, with the first in words."""
    by_day: defaultdict[date, list[Gap]] = defaultdict(list)
    for gap in broken:
        for day in days(gap.starts_at, gap.ends_at):
            by_day[day].append(gap)
    return {
        one.key: gap.words
        for one in shifts
        for day in reversed(list(days(one.starts_at, one.ends_at)))
        for gap in reversed(by_day.get(day, []))
        if gap.starts_at < one.ends_at and gap.ends_at > one.starts_at
    }


def _shift(one: ShiftDraft, person: Person) -> Shift:
    return Shift(post=one.post, person=person, starts_at=one.starts_at, ends_at=one.ends_at)


def _same_span(one: Shift, other: Shift) -> bool:
    return (one.starts_at, one.ends_at) == (other.starts_at, other.ends_at)


def _span_from(shift: Shift, now: datetime) -> Span:
    return max(shift.starts_at, now), shift.ends_at
