"""When a clock warns, breaches, escalates and repeats, and whom each step is for."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.clocks.chain import check_ladder, reach
from linkage.clocks.rule_file import load_clocks
from linkage.clocks.steps import next_step_at, steps_due
from linkage.errors import BadConfig
from linkage.response_vocabulary import Post, Step
from tests.timekeeping import CLOCKS, clock, run_of, someone

DATA = Path(__file__).parents[1] / "data"
ISSUED = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
LEAD = clock("acknowledge_lead")
RUN = run_of("acknowledge_lead", ISSUED, ISSUED + timedelta(seconds=60))


def told(after_s: float) -> list[tuple[Step, tuple[Post, ...]]]:
    return [(s.step, s.to) for s in steps_due(LEAD, RUN, ISSUED + timedelta(seconds=after_s))]


def test_half_the_time_gone_the_screen_warns_and_nobody_is_woken() -> None:
    assert told(30) == []
    assert told(31) == [(Step.WARN, ())]


def test_at_the_very_second_it_is_due_nobody_is_late_yet() -> None:
    assert [step for step, _ in told(60)] == [Step.WARN]
    assert told(61)[-1] == (Step.BREACH, (Post.OFFICER,))


def test_it_climbs_officer_deputy_chief_leader_and_then_repeats_until_answered() -> None:
    assert told(60 + 61)[-1] == (Step.ESCALATE, (Post.DEPUTY,))
    assert told(60 + 121)[-1] == (Step.ESCALATE, (Post.CHIEF,))
    assert told(60 + 301)[-1] == (Step.ESCALATE, (Post.LEADER,))
    assert [step for step, _ in told(60 + 300 + 301)][-1] is Step.REPEAT
    assert told(60 + 86_400)[-1] == (Step.REPEAT, (Post.LEADER,))


def test_after_an_hour_of_being_off_one_repeat_is_due_and_not_ten() -> None:
    steps = steps_due(LEAD, RUN, ISSUED + timedelta(hours=1))
    assert [s.step for s in steps] == [
        Step.WARN,
        Step.BREACH,
        Step.ESCALATE,
        Step.ESCALATE,
        Step.ESCALATE,
        Step.REPEAT,
    ]
    assert steps[-1].number == 14  # five that come once, and the tenth repeat
    assert timedelta(0) < ISSUED + timedelta(hours=1) - steps[-1].due_at <= timedelta(minutes=5)


def test_there_is_no_pause() -> None:
    """A window paused an escalation elsewhere and it never resumed for 5.5 hours: here time is
    all that counts, and every moment after the breach is covered by a step not older than the
    longest wait of the ladder."""
    longest = timedelta(minutes=5)
    for minutes in range(2, 24 * 60, 7):
        now = ISSUED + timedelta(minutes=minutes)
        assert now - steps_due(LEAD, RUN, now)[-1].due_at <= longest


@given(st.floats(0, 90_000), st.sampled_from(sorted(CLOCKS.by_id)))
def test_the_next_step_is_due_just_after_it_was_said_to_be(after_s: float, rule_id: str) -> None:
    rule, now = clock(rule_id), ISSUED + timedelta(seconds=after_s)
    run = run_of(rule_id, ISSUED, ISSUED + timedelta(minutes=10))
    then = next_step_at(rule, run, now)
    if then is None:
        assert rule.repeat is None
        return
    assert then >= now
    moment = timedelta(microseconds=1)
    before, after = steps_due(rule, run, then), steps_due(rule, run, then + moment)
    assert [s.number for s in before] == [s.number for s in steps_due(rule, run, now)]
    assert after[-1].due_at == then


@given(st.floats(0, 90_000), st.floats(0, 90_000))
def test_a_later_look_takes_back_no_step(one: float, other: float) -> None:
    early, late = sorted(ISSUED + timedelta(seconds=s) for s in (one, other))
    newest = [max((s.number for s in steps_due(LEAD, RUN, at)), default=-1) for at in (early, late)]
    assert newest[0] <= newest[1]


def test_who_has_no_means_is_passed_by_for_the_others_on_the_post() -> None:
    ladder = [(Post.OFFICER, [someone("子", ""), someone("丑")]), (Post.LEADER, [someone("卯")])]
    got = reach(Post.OFFICER, ladder)
    assert (got.at, [p.name for p in got.people], got.reasons) == (Post.OFFICER, ["丑"], ())


def test_a_post_without_any_means_goes_up_by_one_and_says_why() -> None:
    """Elsewhere a notification jumped to the directors because one person had no channel."""
    ladder = [
        (Post.OFFICER, [someone("子", "")]),
        (Post.DEPUTY, [someone("丑")]),
        (Post.CHIEF, [someone("寅")]),
        (Post.LEADER, [someone("卯")]),
    ]
    got = reach(Post.OFFICER, ladder)
    assert (got.at, [p.name for p in got.people]) == (Post.DEPUTY, ["丑"])
    assert got.reasons == ("当班值班员子无联系方式，改报副值班长",)


def test_nobody_at_all_is_said_of_every_post() -> None:
    got = reach(Post.CHIEF, [(Post.CHIEF, [someone("寅", "")])])
    assert got.at is None
    assert got.reasons == ("当班值班长寅无联系方式", "带班领导无人在岗")


def test_an_exercise_leaves_its_leaders_in_peace() -> None:
    ladder = [(Post.CHIEF, [someone("寅", "")]), (Post.LEADER, [someone("卯")])]
    got = reach(Post.CHIEF, ladder, allowed=set(Post) - {Post.LEADER})
    assert got.at is None
    assert got.reasons[-1] == "演练不通知带班领导"


def test_a_chain_that_reaches_somebody_has_nothing_wrong() -> None:
    assert check_ladder([(Post.LEADER, [someone("卯")])], CLOCKS) == []


@pytest.mark.parametrize("mobile", ["", None])
def test_a_chain_that_would_reach_nobody_is_told_with_the_post_and_the_remedy(
    mobile: str | None,
) -> None:
    leaders = [] if mobile is None else [someone("卯", mobile)]
    (first, *_) = found = check_ladder(
        [(Post.OFFICER, [someone("子")]), (Post.LEADER, leaders)], CLOCKS
    )
    assert first.startswith("超时升级到副值班长时找不到人")
    assert "请给副值班长或其上级排一名有联系方式的人" in first
    assert [line[5:9] for line in found] == ["副值班长", "当班值班", "带班领导"]


@given(st.lists(st.sampled_from(Post), unique=True))
def test_a_roster_that_may_be_saved_never_leaves_a_chain_without_anybody(also: list[Post]) -> None:
    """One rule: who fills what must be filled, answers every step of every clock."""
    must = CLOCKS.duty.posts.must_be_filled
    held = [(post, [someone("卯")]) for post in Post if post in must or post in also]
    assert check_ladder(held, CLOCKS) == []


def test_a_clock_that_climbs_to_where_nobody_must_be_is_refused_when_it_is_read() -> None:
    posts = msgspec.structs.replace(CLOCKS.duty.posts, must_be_filled=(Post.OFFICER, Post.CHIEF))
    duty = msgspec.structs.replace(CLOCKS.duty, posts=posts)
    with pytest.raises(BadConfig, match="升级到带班领导，而 duty"):
        load_clocks(DATA / "clocks.toml", CLOCKS.agencies, duty)
