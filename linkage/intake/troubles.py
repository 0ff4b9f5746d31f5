"""From what is wrong now to what is said of it: once at first, as it grows, when it is over. Pure.

A fault that comes and goes stays one spell until it has been quiet for a while, so that a
flapping source is one incident with a count, not a hundred.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

# It must have stayed well this long before its incident is closed.
SETTLED = timedelta(minutes=5)
# It is said again when it has lasted this long; then each time as long again as it has lasted.
GROWN = tuple(timedelta(minutes=m) for m in (10, 30, 60))
# From the fourth time on, coming and going is told only this often.
OFTEN = 3
PAUSE = timedelta(minutes=5)


class Phase(StrEnum):
    BEGAN = "began"
    AGAIN = "again"
    GREW = "grew"
    OVER = "over"
    SETTLED = "settled"


class Trouble(msgspec.Struct, frozen=True):
    """Something that is wrong now. `about` names it over time: silent/110-cad."""

    about: str
    began: datetime


class Spell(msgspec.Struct, frozen=True, kw_only=True):
    """`ref` is our record number of it. `began` of the first time, `this_time` of the latest."""

    about: str
    ref: str
    began: datetime
    this_time: datetime
    ended: datetime | None = None
    times: int = 1
    grown: int = 0
    said_at: datetime
    told_end: bool = False


class Saying(msgspec.Struct, frozen=True):
    phase: Phase
    spell: Spell


def follow(
    before: Mapping[str, Spell],
    wrong: Mapping[str, Trouble],
    now: datetime,
    unknown: Callable[[str], bool] = lambda _: False,
) -> tuple[dict[str, Spell], list[Saying]]:
    """The spells as they stand now, and what is to be said.

    `unknown`: of these we cannot know at present; they neither begin, grow nor end.
    """
    after: dict[str, Spell] = {}
    said: list[Saying] = []
    for about, spell in before.items():
        if unknown(about):
            after[about] = spell
            continue
        trouble = wrong.get(about)
        saying = _lasts(spell, trouble, now) if trouble else _is_over(spell, now)
        if saying.phase is not Phase.SETTLED:
            after[about] = saying.spell
        if saying.spell is not spell or saying.phase is Phase.SETTLED:
            said.append(saying)
    for about, trouble in wrong.items():
        if about not in before and not unknown(about):
            after[about] = begun(trouble, now)
            said.append(Saying(Phase.BEGAN, after[about]))
    return after, [one for one in said if one.spell.said_at == now or one.phase is Phase.SETTLED]


def begun(trouble: Trouble, now: datetime) -> Spell:
    """Its number follows from what it is about and when: said twice, it is the same record."""
    ref = f"{trouble.about}/{trouble.began:%Y%m%dT%H%M%S}"
    began = trouble.began
    return Spell(about=trouble.about, ref=ref, began=began, this_time=began, said_at=now)


def _lasts(spell: Spell, trouble: Trouble, now: datetime) -> Saying:
    change = msgspec.structs.replace
    if spell.ended is not None:
        quiet = spell.times >= OFTEN and now - spell.said_at < PAUSE
        again = change(
            spell,
            ended=None,
            this_time=trouble.began,
            times=spell.times + 1,
            grown=0,
            told_end=False,
            said_at=spell.said_at if quiet else now,
        )
        return Saying(Phase.AGAIN, again)
    if now - spell.this_time >= _next(spell.grown):
        return Saying(Phase.GREW, change(spell, grown=spell.grown + 1, said_at=now))
    return Saying(Phase.GREW, spell)


def _is_over(spell: Spell, now: datetime) -> Saying:
    change = msgspec.structs.replace
    if spell.ended is None:
        quiet = spell.times > OFTEN and now - spell.said_at < PAUSE
        said_at = spell.said_at if quiet else now
        return Saying(Phase.OVER, change(spell, ended=now, said_at=said_at, told_end=not quiet))
    if now - spell.ended >= SETTLED:
        return Saying(Phase.SETTLED, spell)
    return Saying(Phase.OVER, spell)


def _next(grown: int) -> timedelta:
    if grown < len(GROWN):
        return GROWN[grown]
    return GROWN[-1] * (1 << (grown - len(GROWN) + 1))
