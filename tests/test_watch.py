"""失联: one rule for every screen and every finding."""

from datetime import datetime, timedelta

import msgspec
import pytest

from linkage.intake.watch import (
    Heard,
    Listening,
    is_silent,
    lasting,
    nobody_since,
    usual_grace,
)

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Station(msgspec.Struct, frozen=True):
    name: str = "110 接处警"
    expect_every: timedelta = 2 * MINUTE
    grace: timedelta = 30 * SECOND
    in_service: bool = False


CALLS = Station()
ALWAYS = Listening()  # never deaf


@pytest.mark.parametrize(
    ("ago", "silent"), [(120, False), (150, False), (151, True), (86_400, True)]
)
def test_a_source_is_silent_after_its_interval_and_its_grace(
    now: datetime, ago: int, silent: bool
) -> None:
    assert is_silent(CALLS, Heard(now - ago * SECOND), ALWAYS, now) is silent


def test_the_usual_grace_is_a_quarter_and_not_less_than_fifteen_seconds() -> None:
    assert usual_grace(2 * MINUTE) == 30 * SECOND
    assert usual_grace(30 * SECOND) == 15 * SECOND


def test_who_was_never_heard_is_not_connected_and_not_silent(now: datetime) -> None:
    assert not is_silent(CALLS, Heard(), ALWAYS, now)
    assert not is_silent(CALLS, Heard(None, now), ALWAYS, now), "an old last will is no contact"


def test_who_must_be_heard_is_silent_without_a_word(now: datetime) -> None:
    duty = Station(in_service=True)
    assert is_silent(duty, Heard(), ALWAYS, now)
    back = Listening(now - 10 * MINUTE, now - MINUTE)
    assert not is_silent(duty, Heard(), back, now), "we have listened for a minute only"


def test_a_last_will_is_believed_at_once_and_taken_back_by_any_word(now: datetime) -> None:
    """T19: the last will marks the source offline."""
    gone = Heard(now - 10 * SECOND, now - SECOND)
    assert is_silent(CALLS, gone, ALWAYS, now)
    assert not is_silent(CALLS, Heard(now, now - SECOND), ALWAYS, now)


def test_nobody_is_blamed_for_the_time_in_which_we_were_deaf(now: datetime) -> None:
    """T16: after an absence of ours everybody has a whole limit again."""
    heard = Heard(now - 62 * MINUTE)
    deaf_from = now - 61 * MINUTE
    assert not is_silent(CALLS, heard, Listening(deaf_from), now), "we are deaf still"
    back = Listening(deaf_from, now - 150 * SECOND)
    assert not is_silent(CALLS, heard, back, now)
    assert is_silent(CALLS, heard, back, now + SECOND)


def test_who_was_silent_before_our_absence_is_silent_after_it(now: datetime) -> None:
    heard = Heard(now - 90 * MINUTE)
    assert is_silent(CALLS, heard, Listening(now - 60 * MINUTE), now)
    assert is_silent(CALLS, heard, Listening(now - 60 * MINUTE, now - SECOND), now)


def test_who_spoke_since_our_return_is_judged_as_ever(now: datetime) -> None:
    gap = Listening(now - 60 * MINUTE, now - 30 * MINUTE)
    assert is_silent(CALLS, Heard(now - 3 * MINUTE), gap, now)
    assert not is_silent(CALLS, Heard(now - 2 * MINUTE), gap, now)


def test_a_clock_that_steps_back_silences_nobody(now: datetime) -> None:
    """T24: no negative ages, no mass timeouts."""
    assert not is_silent(CALLS, Heard(now + timedelta(hours=1)), ALWAYS, now)


def test_when_nobody_at_all_is_heard_what_they_share_is_away(now: datetime) -> None:
    sources = {name: Station(name) for name in ("110", "119", "120")}
    quiet = dict.fromkeys(sources, Heard(now - 151 * SECOND))
    assert nobody_since(sources, quiet, ALWAYS, now) == now - 151 * SECOND
    one_speaks = quiet | {"119": Heard(now - 40 * SECOND)}
    assert nobody_since(sources, one_speaks, ALWAYS, now) is None
    two = {name: quiet[name] for name in ("110", "119")}
    assert nobody_since(sources, two, ALWAYS, now) is None, "two may fall silent by chance"
    back = Listening(now - 150 * SECOND, now - MINUTE)
    assert nobody_since(sources, quiet, back, now) is None, "we are back for a minute only"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 秒"),
        (59, "59 秒"),
        (200, "3 分 20 秒"),
        (120, "2 分钟"),
        (7500, "2 小时 5 分"),
        (7200, "2 小时"),
        (90_000, "1 天 1 小时"),
        (86_400, "1 天"),
    ],
)
def test_a_length_of_time_in_words(seconds: int, said: str) -> None:
    assert lasting(seconds * SECOND) == said
