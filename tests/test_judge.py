"""A value is an alarm when it stays beyond its limit, once, and as long as it is not back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.kinds import Kind
from linkage.readings.judge import Change, Fault, State, Verdict, judge, stuck
from linkage.readings.reading import Reading
from linkage.readings.thresholds import Level, Rule, Stuck
from linkage.vocabulary import Quality, Severity, Span

T0 = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def level(limit: float, clear: float, **changes: Any) -> Level:
    usual: dict[str, Any] = {
        "word": f"{limit:g}",
        "limit": limit,
        "high": True,
        "clear": clear,
        "for_s": 0.0,
        "severity": Severity.MODERATE,
        "kind": Kind.HAZMAT,
        "event_code": "12D02",
        "basis": "试验",
    }
    return Level(**(usual | changes))


def rule(*levels: Level, **changes: Any) -> Rule:
    usual: dict[str, Any] = {
        "id": "r",
        "source": "environment",
        "station": "*",
        "station_kind": "",
        "factor": "benzene",
        "unit": "mg/m³",
        "levels": levels or (level(10, 8), level(20, 18, severity=Severity.EXTREME)),
        "stale_s": 900.0,
        "flapping_per_hour": 0,
    }
    return Rule(**(usual | changes))


def reading(value: float | None, minutes: float = 0, **changes: Any) -> Reading:
    usual: dict[str, Any] = {
        "source_id": "environment",
        "station_id": "1",
        "factor": "benzene",
        "value": value,
        "unit": "mg/m³",
        "measured_at": T0 + minutes * MINUTE,
    }
    return Reading(**(usual | changes))


def play(
    of: Rule, *values: tuple[float, float | None], state: State | None = None
) -> list[Verdict]:
    """(minute, value) each, received two seconds after it was measured."""
    state, verdicts = state or State(), []
    for minutes, value in values:
        at = T0 + minutes * MINUTE + timedelta(seconds=2)
        verdicts.append(judge(state, reading(value, minutes), of, at))
        state = verdicts[-1].state
    return verdicts


def changes(verdicts: list[Verdict]) -> list[str]:
    return [v.change.value for v in verdicts]


def test_a_limit_includes_its_own_number() -> None:
    assert changes(play(rule(), (0, 9.999), (1, 10.0))) == ["none", "opens"]


def test_a_value_that_dances_around_its_limit_opens_once() -> None:
    verdicts = play(rule(), (0, 10), (1, 9.9), (2, 10.1), (3, 8.0), (4, 7.9), (5, 9.9))
    assert changes(verdicts) == ["opens", "none", "none", "none", "clears", "none"]
    assert [v.tell for v in verdicts] == [True, False, False, False, True, False]


def test_levels_are_climbed_and_descended_each_with_its_own_dead_band() -> None:
    verdicts = play(rule(), (0, 12), (1, 21), (2, 18), (3, 17), (4, 25), (5, 3))
    assert changes(verdicts) == ["opens", "raises", "none", "lowers", "raises", "clears"]
    assert [v.state.level for v in verdicts] == [1, 2, 2, 1, 2, 0]
    assert [v.state.revision for v in verdicts] == [1, 2, 2, 3, 4, 5]
    assert verdicts[-1].lasted_s == 300


def test_a_spike_that_is_shorter_than_the_rule_asks_for_is_no_alarm() -> None:
    slow = rule(level(10, 8, for_s=120))
    assert changes(play(slow, (0, 12), (1, 12), (2, 7), (3, 12), (4, 12), (5, 12))) == [
        *("none", "none", "none", "none", "none", "opens"),
    ]


def test_the_crossing_is_dated_from_when_it_began_not_from_when_it_was_long_enough() -> None:
    slow = rule(level(10, 8, for_s=120))
    last = play(slow, (0, 12), (1, 9), (2, 11))[-1]
    assert (last.change, last.state.since) == (Change.OPENS, T0.timestamp())


def test_a_graver_level_may_be_told_sooner_than_a_milder_one() -> None:
    mixed = rule(level(10, 8, for_s=600), level(20, 18))
    verdicts = play(mixed, (0, 25), (1, 15), (2, 7))
    assert changes(verdicts) == ["opens", "lowers", "clears"]
    assert [v.state.level for v in verdicts] == [2, 1, 0]


def test_a_gap_in_the_readings_is_not_counted_as_time_beyond_the_limit() -> None:
    slow = rule(level(10, 8, for_s=120))
    assert changes(play(slow, (0, 12), (20, 12), (21, 12), (22, 12))) == [
        *("none", "none", "none", "opens"),
    ]


def test_a_standing_alarm_survives_a_gap_and_clears_when_the_value_is_back() -> None:
    verdicts = play(rule(level(10, 8, for_s=120)), (0, 12), (2, 12), (60, 9), (61, 7))
    assert changes(verdicts) == ["none", "opens", "none", "clears"]


def test_a_reading_is_never_judged_twice_nor_after_a_later_one() -> None:
    verdicts = play(rule(), (5, 12), (5, 3), (4, 25), (3, 3), (6, 12))
    assert changes(verdicts) == ["opens", "none", "none", "none", "none"]
    assert [v.state.level for v in verdicts] == [1] * 5
    assert "已经判过" in verdicts[1].reason


@pytest.mark.parametrize("quality", list(Quality))
def test_only_what_the_instrument_measured_in_service_can_raise_an_alarm(quality: Quality) -> None:
    """HJ 212-2017: of the data flags only N and T may alarm."""
    verdict = judge(State(), reading(30, quality=quality), rule(), T0)
    alarms = quality in {Quality.NORMAL, Quality.OVER_RANGE}
    assert verdict.change is (Change.OPENS if alarms else Change.NONE)
    assert alarms or quality.label in verdict.reason


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_not_judged(value: float | None) -> None:
    state = play(rule(), (0, 12))[-1].state
    verdict = judge(state, reading(value, 1), rule(), T0 + MINUTE)
    assert (verdict.change, verdict.state) == (Change.NONE, state)


def test_maintenance_does_not_clear_an_alarm() -> None:
    state = play(rule(), (0, 12))[-1].state
    verdict = judge(state, reading(0.0, 1, quality=Quality.MAINTENANCE), rule(), T0 + MINUTE)
    assert verdict.state.level == 1


def test_too_low_is_an_alarm_where_the_rule_says_so() -> None:
    ph = rule(level(9, 8.9), level(6, 6.1, high=False))
    verdicts = play(ph, (0, 7), (1, 6.0), (2, 6.1), (3, 6.2), (4, 9.5), (5, 5))
    assert changes(verdicts) == ["none", "opens", "none", "clears", "opens", "raises"]


def test_a_clock_that_runs_ahead_is_flagged_and_our_own_time_judges() -> None:
    ahead = judge(State(), reading(12, 180), rule(), T0)
    assert ahead.change is Change.OPENS
    assert "测站时钟快 3 小时" in ahead.reason
    assert ahead.state.at == T0.timestamp()
    # The clock is put right: what comes now is not older than what was.
    back = judge(ahead.state, reading(3, 1), rule(), T0 + MINUTE)
    assert back.change is Change.CLEARS


def test_what_a_station_kept_while_its_line_was_down_is_history_not_news() -> None:
    state, received = State(), T0 + 120 * MINUTE
    for minutes in range(100):
        verdict = judge(state, reading(30, minutes), rule(), received)
        assert verdict.change is Change.NONE
        assert "补传" in verdict.reason
        state = verdict.state
    assert judge(state, reading(30, 120), rule(), received).change is Change.OPENS


def test_a_clock_that_is_set_slow_does_not_hide_an_alarm_for_longer_than_one_reading() -> None:
    state, told = State(), []
    for minutes in range(3):
        at = T0 + (120 + minutes) * MINUTE
        verdict = judge(state, reading(30, minutes), rule(), at)
        told.append(verdict.change)
        state = verdict.state
    assert told == [Change.NONE, Change.OPENS, Change.NONE]
    assert "测站时钟慢 2 小时" in verdict.reason


def test_a_clock_that_falls_back_to_its_beginning_hides_no_alarm_for_longer_than_one_reading() -> (
    None
):
    state = play(rule(), (0, 3), (1, 3))[-1].state
    told, back = [], -26 * 365 * 24 * 60  # minutes: a new battery, and it is the year 2000
    for minutes in range(2, 5):
        verdict = judge(state, reading(30, back + minutes), rule(), T0 + minutes * MINUTE)
        told.append(verdict.change)
        state = verdict.state
    assert told == [Change.NONE, Change.OPENS, Change.NONE]
    assert "测站时钟慢" in verdict.reason
    # The clock is set by hand: no reading is lost, and what was resent is not judged.
    right = judge(state, reading(3, 5), rule(), T0 + 5 * MINUTE)
    assert right.change is Change.CLEARS
    again = judge(right.state, reading(30, 2), rule(), T0 + 5 * MINUTE)
    assert again.change is Change.NONE


def test_a_clock_that_is_less_ahead_than_before_hides_no_alarm_for_longer_than_one_reading() -> (
    None
):
    state, told = judge(State(), reading(3, 180), rule(), T0).state, []
    for minutes in range(1, 4):
        verdict = judge(state, reading(30, 60 + minutes), rule(), T0 + minutes * MINUTE)
        told.append(verdict.change)
        state = verdict.state
    assert told == [Change.NONE, Change.OPENS, Change.NONE]


def test_a_clock_that_is_set_back_a_little_hides_no_alarm_for_longer_than_one_reading() -> None:
    # Back by less than what counts as stale: each reading is older than what was judged.
    state, told = play(rule(stale_s=5400.0), (0, 3), (1, 3))[-1].state, []
    for minutes in range(2, 5):
        at = T0 + minutes * MINUTE
        verdict = judge(state, reading(30, minutes - 60), rule(stale_s=5400.0), at)
        told.append(verdict.change)
        state = verdict.state
    assert told == [Change.NONE, Change.OPENS, Change.NONE]


@pytest.mark.parametrize("seconds", [0, 1, 10, 25])
def test_a_store_that_is_emptied_beside_the_live_line_raises_nothing(seconds: int) -> None:
    live = [(minute * 60.0, minute * 60.0, 3.0) for minute in range(60)]
    store = [(90.5 + n * seconds, (n - 100) * 60.0, 30.0) for n in range(90)]
    state = State()
    for received, said, value in sorted(live + store):
        at = T0 + timedelta(seconds=received)
        verdict = judge(state, reading(value, said / 60), rule(), at)
        assert verdict.change is Change.NONE
        state = verdict.state


def test_what_was_measured_before_what_is_known_is_history_however_it_comes() -> None:
    state = play(rule(), (200, 3))[-1].state
    for minutes in range(100):  # the live line goes on, the store is emptied beside it
        late = judge(state, reading(30, minutes), rule(), T0 + (201 + minutes) * MINUTE)
        assert late.change is Change.NONE
        live = judge(late.state, reading(3, 201 + minutes), rule(), T0 + (201 + minutes) * MINUTE)
        assert live.change is Change.NONE
        state = live.state


def test_a_mean_is_as_old_as_the_end_of_its_span() -> None:
    hourly = rule(spans=(Span.HOUR,), stale_s=3600.0)
    verdict = judge(State(), reading(12, 0, span=Span.HOUR), hourly, T0 + 65 * MINUTE)
    assert (verdict.change, verdict.reason) == (Change.OPENS, "")


FLAPPING = {"flapping_per_hour": 4}


def test_a_flapping_sensor_is_told_once_and_its_crossings_are_folded() -> None:
    of = rule(**FLAPPING)
    verdicts = play(of, *((n, 12 if n % 2 else 3) for n in range(1, 20)))
    faults = [v.fault for v in verdicts if v.fault is not None]
    assert faults == [Fault.FLAPPING]
    assert sum(v.tell and v.change is Change.OPENS for v in verdicts) == 3
    assert verdicts[-1].state.folded == 7
    assert all(v.change is not Change.NONE for v in verdicts[1:]), "every crossing is on record"


def test_the_highest_level_alarms_even_while_the_sensor_flaps() -> None:
    of = rule(**FLAPPING)
    state = play(of, *((n, 12 if n % 2 else 3) for n in range(1, 20)))[-1].state
    assert state.fault == Fault.FLAPPING
    (verdict,) = play(of, (20, 30), state=state)
    assert verdict.tell
    assert verdict.state.level == 2


def test_what_stays_beyond_its_limit_is_told_even_while_the_sensor_flaps() -> None:
    of = rule(level(10, 8), **FLAPPING)
    state = play(of, *((n, 12 if n % 2 else 3) for n in range(1, 20)), (20, 3))[-1].state
    verdicts = play(of, *((n, 12) for n in range(21, 40)), state=state)
    assert [n for n, v in enumerate(verdicts) if v.tell] == [10]
    assert verdicts[10].change is Change.OPENS
    assert verdicts[10].state.revision == 1


def test_a_sensor_that_is_quiet_for_an_hour_is_well_again() -> None:
    of = rule(**FLAPPING)
    state = play(of, *((n, 12 if n % 2 else 3) for n in range(1, 9)))[-1].state
    verdicts = play(of, *((n, 3) for n in range(9, 75)), state=state)
    assert [v.fault for v in verdicts if v.fault is not None] == [Fault.NONE]
    assert verdicts[-1].state.fault == ""
    assert play(of, (75, 12), state=verdicts[-1].state)[0].tell


STUCK = {"stuck": Stuck(5, 300.0, frozenset({0.0}))}


def test_a_value_that_never_moves_looks_stuck_and_one_at_rest_does_not() -> None:
    same = play(rule(**STUCK), *((n, 3.17) for n in range(8)))
    assert [v.looks_stuck for v in same] == [False] * 5 + [True] * 3
    assert not any(v.looks_stuck for v in play(rule(**STUCK), *((n, 0.0) for n in range(20))))


def test_a_stuck_sensor_is_well_again_when_it_moves() -> None:
    of = rule(**STUCK)
    condemned = stuck(play(of, *((n, 3.17) for n in range(6)))[-1])
    assert condemned.fault is Fault.STUCK
    assert condemned.state.fault_since == T0.timestamp()
    still, moved = play(of, (6, 3.17), (7, 3.2), state=condemned.state)
    assert (still.fault, still.looks_stuck) == (None, False)
    assert (moved.fault, moved.state.fault) == (Fault.NONE, "")


def test_a_stuck_sensor_that_jumps_over_its_limit_alarms() -> None:
    of = rule(**STUCK)
    condemned = stuck(play(of, *((n, 3.17) for n in range(6)))[-1])
    (verdict,) = play(of, (6, 12), state=condemned.state)
    assert (verdict.change, verdict.tell, verdict.fault) == (Change.OPENS, True, Fault.NONE)


def test_a_threshold_file_with_fewer_levels_than_before_judges_all_the_same() -> None:
    state = play(rule(), (0, 25))[-1].state
    one = rule(level(10, 8))
    assert changes(play(one, (1, 25), (2, 3), state=state)) == ["opens", "clears"]


VALUES = st.one_of(st.none(), st.floats(allow_nan=True), st.floats(-5, 40))


@given(st.lists(st.tuples(st.integers(-3, 60), VALUES, st.integers(-7200, 7200)), max_size=60))
def test_whatever_comes_is_judged_and_the_state_survives_the_record(
    told: list[tuple[int, float | None, int]],
) -> None:
    of = rule(level(10, 8, for_s=60), level(20, 18), level(-1, 0, high=False), **FLAPPING, **STUCK)
    state = State()
    for minutes, value, late in told:
        at = T0 + minutes * MINUTE + timedelta(seconds=late)
        verdict = judge(state, reading(value, minutes), of, at)
        if verdict.looks_stuck:
            verdict = stuck(verdict)
        state = msgspec.json.decode(msgspec.json.encode(verdict.state), type=State)
        assert state == verdict.state
        assert 0 <= state.level <= 3
        assert len(state.crossings) <= 4
        again = judge(state, reading(value, minutes), of, at)
        assert again.change is Change.NONE
