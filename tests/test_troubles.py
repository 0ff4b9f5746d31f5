"""A trouble is told once, as it grows, and when it is over; one that comes and goes is folded."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from linkage.intake.troubles import SETTLED, Phase, Spell, Trouble, follow

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ABOUT = "silent/110-cad"


class Story:
    """Plays what is wrong, turn by turn, and keeps what was said."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.began = now
        self.spells: dict[str, Spell] = {}
        self.said: list[tuple[Phase, int]] = []  # phase, times

    def go(self, length: timedelta, *, wrong: bool, unknown: bool = False) -> None:
        if wrong:
            self.began = self.now
        end = self.now + length
        while self.now < end:
            self.now += 2 * SECOND
            troubles = {ABOUT: Trouble(ABOUT, self.began)} if wrong else {}
            self.spells, said = follow(self.spells, troubles, self.now, lambda _: unknown)
            self.said += [(one.phase, one.spell.times) for one in said]

    @property
    def phases(self) -> list[Phase]:
        return [phase for phase, _ in self.said]


def test_a_silence_is_told_once_then_as_it_grows_then_that_it_is_over(now: datetime) -> None:
    story = Story(now)
    story.go(65 * MINUTE, wrong=True)
    assert story.phases == [Phase.BEGAN, Phase.GREW, Phase.GREW, Phase.GREW]
    story.go(MINUTE, wrong=False)
    story.go(SETTLED, wrong=False)
    assert story.phases[4:] == [Phase.OVER, Phase.SETTLED]
    assert story.spells == {}


def test_a_week_of_silence_is_told_less_and_less_often(now: datetime) -> None:
    story = Story(now)
    story.go(timedelta(days=1), wrong=True)
    assert len(story.said) <= 8


def test_a_source_that_comes_and_goes_is_one_spell_with_a_count(now: datetime) -> None:
    story = Story(now)
    for _ in range(60):  # an hour
        story.go(30 * SECOND, wrong=True)
        story.go(30 * SECOND, wrong=False)
    (spell,) = story.spells.values()
    assert spell.times == 60
    assert story.phases.count(Phase.BEGAN) == 1
    assert len(story.said) <= 6 + 60 // 5 + 1, "folded, not told 120 times"
    story.go(SETTLED + MINUTE, wrong=False)
    assert story.phases[-1] is Phase.SETTLED
    assert story.spells == {}


def test_what_is_not_known_neither_grows_nor_ends(now: datetime) -> None:
    story = Story(now)
    story.go(MINUTE, wrong=True)
    story.go(30 * MINUTE, wrong=False, unknown=True)
    assert story.phases == [Phase.BEGAN]
    assert story.spells[ABOUT].ended is None


def test_told_twice_after_a_crash_it_has_the_same_number(now: datetime) -> None:
    trouble = {ABOUT: Trouble(ABOUT, now)}
    first, _ = follow({}, trouble, now + SECOND)
    again, _ = follow({}, trouble, now + 4 * SECOND)
    assert first[ABOUT].ref == again[ABOUT].ref


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(1, 400)), max_size=40))
def test_whatever_happens_each_spell_begins_once_and_ends_once(
    turns: list[tuple[bool, bool, int]],
) -> None:
    story = Story(datetime(2026, 11, 22, tzinfo=UTC))
    for wrong, unknown, seconds in turns:
        story.go(seconds * SECOND, wrong=wrong, unknown=unknown)
    story.go(SETTLED + MINUTE, wrong=False)
    assert story.spells == {}
    assert story.phases.count(Phase.BEGAN) == story.phases.count(Phase.SETTLED)
