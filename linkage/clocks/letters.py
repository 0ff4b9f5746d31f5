"""超时通知: the steps of one look put into one letter for each person, and whom each step reached.

A flood breaches many limits; a person gets one letter that names them, not one each, and not one
each second (linkage/clocks/pacing.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from linkage.beijing import clock
from linkage.clocks.chain import reach
from linkage.clocks.clock import Running
from linkage.clocks.matter import Matter
from linkage.clocks.next_to_breach import duration
from linkage.clocks.pacing import Gathered, Pace
from linkage.clocks.steps import StepDue
from linkage.duty.people import Person
from linkage.exercise.marking import mark
from linkage.kinds import Kind
from linkage.means.notices import reach_person, rewrite
from linkage.record import Writing
from linkage.response_vocabulary import About, Post, Step
from linkage.tables import incident

NAMED = 5  # in one letter; the rest are counted
NOBODY = "无人可通知"
LATE_S = 30


class _Letter(msgspec.Struct, kw_only=True):
    person: Person
    matters: list[Matter]
    round: int
    about_id: int


class Letters:
    """The letters of one look. `told` for each step, then `send`, in one transaction."""

    def __init__(
        self,
        ladder: Sequence[tuple[Post, Sequence[Person]]],
        drill_posts: Iterable[Post],
        pace: Pace,
        now: datetime,
    ) -> None:
        self._ladder, self._drill, self._pace = ladder, frozenset(drill_posts), pace
        self._now = now
        self._letters: dict[str, _Letter] = {}

    def told(self, matter: Matter, step: StepDue, firing_id: int) -> list[str]:
        """Whom the step reaches, in words, for its row and the log; they get a letter."""
        words = []
        for post in step.to:
            allowed = self._drill if matter.run.exercise else frozenset(Post)
            got = reach(post, self._ladder, allowed)
            if got.at is None:
                words.append(f"{NOBODY}：{'，'.join(got.reasons)}")
                continue
            for one in got.people:
                assert isinstance(one, Person)  # noqa: S101 - the ladder holds nobody else
                words.append(self._enter(one, got.at, matter, step, firing_id))
            words += got.reasons
        return words

    def _enter(
        self, person: Person, post: Post, matter: Matter, step: StepDue, firing_id: int
    ) -> str:
        name = f"{post.label}{person.name}"
        # Who was told of something a moment ago is not reminded of something else; breaches and
        # escalations always go out.
        if step.step is Step.REPEAT and self._pace.told_lately(person.name, self._now):
            return f"{name}（刚通知过，不另发）"
        letter = self._letters.setdefault(
            person.name,
            _Letter(person=person, matters=[], round=step.number, about_id=firing_id),
        )
        if matter not in letter.matters:
            letter.matters.append(matter)
        goes_at = self._pace.goes_at(person.name, self._now)
        return name if goes_at is None else f"{name}（通知密集，并入 {clock(goes_at)} 的一条）"

    def send(self, w: Writing) -> None:
        """Put every letter into the transaction."""
        places = _places(w.cx, [m.run for one in self._letters.values() for m in one.matters])
        for letter in self._letters.values():
            # A letter that tells of anything real is no exercise.
            drill = all(matter.run.exercise for matter in letter.matters)
            goes_at = self._pace.goes_at(letter.person.name, w.at)
            if goes_at is None or not self._join(w, letter, drill, goes_at, places):
                self._write(w, letter, drill, goes_at, places)

    def _write(
        self,
        w: Writing,
        letter: _Letter,
        drill: bool,
        goes_at: datetime | None,
        places: Mapping[int, str],
    ) -> None:
        runs, name = [matter.run for matter in letter.matters], letter.person.name
        # Others may join what waits.
        alone = runs[0] if goes_at is None and len({run.incident_id for run in runs}) == 1 else None
        single = alone is not None and len(runs) == 1
        ids = reach_person(
            w,
            letter.person,
            about=About.FIRING,
            about_id=letter.about_id,
            # One that tells of several clocks has no round: it is not withdrawn when one of them
            # is answered.
            round=letter.round if single else 0,
            title=_title(letter.matters),
            text=_text(letter.matters, places),
            incident_id=None if alone is None else alone.incident_id,
            assignment_id=alone.assignment_id if alone is not None and single else None,
            exercise=drill,
            not_before=goes_at,
        )
        self._pace.sent(name, goes_at or w.at)
        if goes_at is not None:
            matters = {matter.run.key: matter for matter in letter.matters}
            gathered = Gathered(notices=ids, goes_at=goes_at, matters=matters)
            self._pace.gather(name, drill, gathered)

    def _join(
        self,
        w: Writing,
        letter: _Letter,
        drill: bool,
        goes_at: datetime,
        places: Mapping[int, str],
    ) -> bool:
        """Put it into the letter that waits; False: there is none, or it has gone already."""
        waiting = self._pace.waiting(letter.person.name, drill, goes_at)
        if waiting is None:
            return False
        matters = waiting.join(letter.matters)
        named = {**places, **_places(w.cx, [matter.run for matter in matters[:NAMED]])}
        return rewrite(w, waiting.notices, _title(matters), _text(matters, named), exercise=drill)


def _title(matters: Sequence[Matter]) -> str:
    return matters[0].words if len(matters) == 1 else f"{len(matters)} 项超时待处置"


def _text(matters: Sequence[Matter], places: Mapping[int, str]) -> str:
    lines = []
    for matter in matters[:NAMED]:
        run = matter.run
        where = places.get(run.incident_id or 0, "")
        due = clock(run.due_at)
        drill = mark(exercise=run.exercise)
        lines.append(f"{drill}{where}{matter.words}，时限 {due}。")
    if len(matters) > NAMED:
        lines.append(f"另有 {len(matters) - NAMED} 项。")
    return "\n".join([*lines, "请登录应急联动平台“联动任务”处置，或电话联系责任单位。"])


def _places(cx: Connection, runs: Iterable[Running]) -> dict[int, str]:
    ids = sorted({run.incident_id for run in runs if run.incident_id is not None})
    i = incident.c
    rows = cx.execute(select(i.id, i.number, i.kind, i.place).where(i.id.in_(ids[:500])))
    return {
        row.id: f"事件 {row.number}（{Kind(row.kind).label}，{row.place or '地点待定'}）："
        for row in rows
    }


def lateness(step: StepDue, now: datetime) -> str:
    """（补执行，迟 1小时2分）where the step was not taken when it was due."""
    late_s = (now - step.due_at).total_seconds()
    return f"（补执行，迟{duration(late_s)}）" if late_s > LATE_S else ""
