"""The figures of a period: they add up, they reproduce, and they never mix in an exercise."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from linkage.areas import AREAS
from linkage.figures.density import MOST_CELLS, density
from linkage.figures.response_times import ResponseTimes, Times, response_times
from linkage.figures.selection import (
    NO_AREA,
    Period,
    Selection,
    snapshot,
    span_of,
)
from linkage.figures.stages import Stage
from linkage.figures.statistics import Dimension, Figures, figures
from linkage.kinds import Kind
from linkage.record import Record, Writing
from tests.past import NAMES, put_assignment, put_incident, put_incidents

HOUR = timedelta(hours=1)


@pytest.fixture
def day(now: datetime) -> Selection:
    since, until = span_of(Period.DAY, now)
    return Selection(since=since, until=until)


def ask(record: Record, selection: Selection, now: datetime) -> Figures:
    with snapshot(record, now) as (cx, cut):
        return figures(cx, cut, selection, NAMES)


def times(record: Record, selection: Selection, now: datetime) -> ResponseTimes:
    with snapshot(record, now) as (cx, _):
        return response_times(cx, selection, now)


def stage(answer: ResponseTimes, wanted: Stage) -> Times:
    return next(t for t in answer.stages if t.stage is wanted)


def an_evening(w: Writing, now: datetime) -> None:
    """Ten calls: three fires, a nuisance, a merged one, an exercise, one of the day before …"""
    put_incident(w, now - HOUR, sources=["119-cad", "110-cad"], injured=2, deaths=1)
    put_incident(w, now - HOUR, grade="considerable", response_level=3, status="dispatched")
    put_incident(w, now - 2 * HOUR, severity="severe", area_code="320703", lon=119.33, lat=34.75)
    put_incident(w, now - 2 * HOUR, kind="invalid_call", sources=["110-cad"], status="cancelled")
    put_incident(w, now - 3 * HOUR, kind="non_police", sources=["110-cad"], area_code=None)
    put_incident(w, now - 3 * HOUR, kind="traffic_accident", lon=None, lat=None, area_code=None)
    put_incident(w, now - 4 * HOUR, status="closed", disposition="false_alarm", sources=["weather"])
    put_incident(w, now - 4 * HOUR, status="merged")
    put_incident(w, now - 5 * HOUR, exercise=True)
    put_incident(w, now - 30 * HOUR, kind="invalid_call")
    put_incident(w, now - 31 * HOUR)


@pytest.fixture
def evening(record: Record, now: datetime) -> Record:
    with record.write(now) as w:
        an_evening(w, now)
    return record


def test_every_table_adds_up_to_the_total(evening: Record, day: Selection, now: datetime) -> None:
    answer = ask(evening, day, now)
    assert answer.total == 7
    for dimension in Dimension:
        assert sum(line.count for line in answer.tables[dimension]) == 7, dimension
    assert sum(map(sum, answer.by_hour)) == 7


def test_the_key_figures_of_the_evening(evening: Record, day: Selection, now: datetime) -> None:
    answer = ask(evening, day, now)
    assert (answer.invalid, answer.non_police, answer.effective) == (1, 1, 5)
    assert answer.effective_share == 5 / 7
    assert (answer.merged, answer.false_alarms, answer.joined) == (1, 1, 1)
    assert (answer.open, answer.located) == (5, 6)
    assert (answer.deaths, answer.injured) == (1, 2)
    assert (answer.previous_total, answer.previous_effective) == (2, 1)


def test_an_incident_with_two_sources_counts_once_for_the_first(
    evening: Record, day: Selection, now: datetime
) -> None:
    answer = ask(evening, day, now)
    first = {line.code: line.count for line in answer.tables[Dimension.SOURCE]}
    assert first == {"110-cad": 2, "119-cad": 4, "weather": 1}
    assert answer.taking_part == {"110-cad": 3, "119-cad": 4, "weather": 1}


def test_a_district_without_incidents_is_shown_as_zero(
    evening: Record, day: Selection, now: datetime
) -> None:
    lines = {line.code: line for line in ask(evening, day, now).tables[Dimension.DISTRICT]}
    assert set(lines) == {*AREAS, NO_AREA}
    assert lines["320706"].count == 4
    assert lines["320703"].count == 1
    assert lines["320724"].count == 0
    assert (lines[NO_AREA].count, lines[NO_AREA].label) == (2, "未定区县")


def put_findings(w: Writing, now: datetime) -> None:
    """A silent system and a sensor that is stuck."""
    put_incident(w, now - HOUR, kind="system_fault", sources=["linkage"], area_code=None)
    put_incident(w, now - HOUR, kind="system_fault", sources=["weather"])


def test_what_we_find_wrong_with_ourselves_is_no_incident_of_the_city(
    evening: Record, day: Selection, now: datetime
) -> None:
    names = {**NAMES, "linkage": "本系统"}
    with snapshot(evening, now) as (cx, cut):
        before = figures(cx, cut, day, names)
        grid = density(cx, day, 1.0)
    response = times(evening, day, now)
    with evening.write(now) as w:
        put_findings(w, now)
    with snapshot(evening, now) as (cx, _):
        after = figures(cx, cut, day, names)
        assert density(cx, day, 1.0) == grid
    assert times(evening, day, now) == response
    assert (before.faults, after.faults) == (0, 2)
    assert msgspec.structs.replace(after, faults=0) == before
    sources = [line.code for line in after.tables[Dimension.SOURCE]]
    assert "linkage" not in sources, "who reports no incident has no line"
    assert "不含系统故障" in day.question(NAMES)


@pytest.mark.parametrize(
    ("asked", "found"),
    [({"kinds": (Kind.SYSTEM_FAULT,)}, 2), ({"source_id": "linkage"}, 1)],
    ids=["by kind", "by source"],
)
def test_our_own_findings_are_counted_when_they_are_asked_for(
    evening: Record, day: Selection, now: datetime, asked: dict[str, Any], found: int
) -> None:
    with evening.write(now) as w:
        put_findings(w, now)
    selection = msgspec.structs.replace(day, **asked)
    answer = ask(evening, selection, now)
    assert answer.total == answer.faults == found
    assert sum(line.count for line in answer.tables[Dimension.SOURCE]) == found
    assert "不含系统故障" not in selection.question(NAMES)


def test_an_exercise_is_counted_only_when_asked_and_then_alone(
    evening: Record, day: Selection, now: datetime
) -> None:
    exercise = msgspec.structs.replace(day, exercise=True)
    assert ask(evening, exercise, now).total == 1
    assert "演练数据" in exercise.question(NAMES)
    assert "不含演练" in day.question(NAMES)


def test_the_hour_is_beijing_time(record: Record, now: datetime) -> None:
    at = datetime(2026, 11, 21, 16, 5, tzinfo=UTC)  # 00:05 on Sunday in Beijing
    with record.write(now) as w:
        put_incident(w, at)
    week = Selection(since=at - 24 * HOUR, until=at + 24 * HOUR)
    answer = ask(record, week, now)
    assert answer.by_hour[6][0] == 1
    assert [line.code for line in answer.tables[Dimension.DAY] if line.count] == ["2026-11-22"]


def test_the_period_ends_where_it_says(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        put_incident(w, now - HOUR)
        put_incident(w, now)
    assert ask(record, Selection(since=now - HOUR, until=now), now).total == 1


def test_a_choice_of_kind_area_and_source_narrows_every_table(
    evening: Record, day: Selection, now: datetime
) -> None:
    fires = msgspec.structs.replace(day, kinds=(Kind.FIRE,))
    assert ask(evening, fires, now).total == 4
    lost = msgspec.structs.replace(day, areas=(NO_AREA,))
    assert ask(evening, lost, now).total == 2
    both = msgspec.structs.replace(day, areas=("320703", NO_AREA))
    assert ask(evening, both, now).total == 3
    police = msgspec.structs.replace(day, source_id="110-cad")
    answer = ask(evening, police, now)
    assert answer.total == 3
    assert sum(line.count for line in answer.tables[Dimension.KIND]) == 3


def test_a_source_id_is_no_pattern(evening: Record, day: Selection, now: datetime) -> None:
    anything = msgspec.structs.replace(day, source_id="%")
    assert ask(evening, anything, now).total == 0


def test_an_empty_record_gives_zeros_and_no_share(
    record: Record, day: Selection, now: datetime
) -> None:
    answer = ask(record, day, now)
    assert answer.total == 0
    assert answer.effective_share is None
    assert not answer.tables[Dimension.KIND]
    none = times(record, day, now)
    assert none.assignments == 0
    assert all(t.p50 is None and t.mean is None and t.n == 0 for t in none.stages)


def test_the_cut_names_the_revision_it_was_read_at(
    evening: Record, day: Selection, now: datetime
) -> None:
    cut = ask(evening, day, now).cut
    assert cut.revision == 11
    assert str(cut) == "数据截至 2026-11-22 14:30:00（北京时间），修订号 11"


def test_a_cut_does_not_move_while_others_write(
    evening: Record, day: Selection, now: datetime
) -> None:
    with snapshot(evening, now) as (cx, cut):
        before = figures(cx, cut, day, NAMES)
        with evening.write(now) as w:
            put_incident(w, now - HOUR)
        after = figures(cx, cut, day, NAMES)
    assert after == before
    assert ask(evening, day, now).total == before.total + 1


def test_a_settled_period_never_reaches_into_the_future(now: datetime) -> None:
    for period in Period:
        since, until = span_of(period, now, date(2026, 11, 20), date(2026, 11, 30))
        assert since < until <= now, period


def test_days_chosen_by_hand_are_beijing_days_with_both_ends(now: datetime) -> None:
    since, until = span_of(Period.CUSTOM, now, date(2026, 11, 20), date(2026, 11, 21))
    assert since == datetime(2026, 11, 19, 16, tzinfo=UTC)
    assert until == datetime(2026, 11, 21, 16, tzinfo=UTC)
    turned = span_of(Period.CUSTOM, now, date(2026, 11, 21), date(2026, 11, 20))
    assert turned == (since, until)


def test_response_times_by_nearest_rank(record: Record, day: Selection, now: datetime) -> None:
    with record.write(now) as w:
        one = put_incident(w, now - HOUR)
        for seconds in (10, 20, 30, 40, 50, 60, 70, 80, 90, 200.25):
            put_assignment(w, one, now - HOUR, acknowledged_at=seconds, status="acknowledged")
    t = stage(times(record, day, now), Stage.ACKNOWLEDGE)
    assert (t.n, t.missing, t.impossible) == (10, 0, 0)
    assert (t.p50, t.p90) == (50, 90)
    assert t.mean == 65.025
    assert t.shares == (3, 3, 3, 0, 1)
    assert Stage.ACKNOWLEDGE.buckets() == (
        "0–30 秒",
        "30–60 秒",
        "60–120 秒",
        "120–180 秒",
        ">180 秒",
    )


def test_a_length_just_over_the_edge_is_in_the_next_bucket(
    record: Record, day: Selection, now: datetime
) -> None:
    with record.write(now) as w:
        one = put_incident(w, now - HOUR)
        put_assignment(w, one, now - HOUR, acknowledged_at=30)
        put_assignment(w, one, now - HOUR, acknowledged_at=30.000001)
    assert stage(times(record, day, now), Stage.ACKNOWLEDGE).shares == (1, 1, 0, 0, 0)


def test_missing_and_impossible_stamps_are_counted_and_left_out(
    record: Record, day: Selection, now: datetime
) -> None:
    """P27: answered before it was asked: kept, counted, in no mean; never a negative time."""
    with record.write(now) as w:
        one = put_incident(w, now - HOUR)
        put_assignment(w, one, now - HOUR)
        put_assignment(w, one, now - HOUR, acknowledged_at=-5)
        put_assignment(w, one, now - HOUR, acknowledged_at=-0.000001)
        put_assignment(w, one, now - HOUR, acknowledged_at=0)
    t = stage(times(record, day, now), Stage.ACKNOWLEDGE)
    assert (t.n, t.missing, t.impossible) == (1, 1, 2)
    assert (t.p50, t.p90, t.mean) == (0, 0, 0)


def test_orders_taken_back_and_orders_of_exercises_are_left_out(
    record: Record, day: Selection, now: datetime
) -> None:
    with record.write(now) as w:
        one = put_incident(w, now - HOUR)
        drill = put_incident(w, now - HOUR, exercise=True)
        put_assignment(w, one, now - HOUR, acknowledged_at=10, status="cancelled")
        put_assignment(w, one, now - HOUR, status="declined", declined_at=20)
        put_assignment(w, drill, now - HOUR, acknowledged_at=10, exercise=True)
    answer = times(record, day, now)
    assert (answer.assignments, answer.cancelled) == (1, 1)
    assert answer.agencies[0].declined == 1
    assert stage(answer, Stage.ACKNOWLEDGE).n == 0


def test_a_target_is_met_missed_or_still_open(
    record: Record, day: Selection, now: datetime
) -> None:
    with record.write(now) as w:
        one = put_incident(w, now - HOUR)
        issued = now - timedelta(minutes=2)
        due = {"acknowledge_due_at": 60}
        put_assignment(w, one, issued, acknowledged_at=60, **due)
        put_assignment(w, one, issued, acknowledged_at=61, **due)
        put_assignment(w, one, issued, **due)
        put_assignment(w, one, issued, acknowledge_due_at=600)
        put_assignment(w, one, issued, acknowledged_at=5)  # no limit: not judged
        put_assignment(w, one, issued, status="declined", **due)
        put_assignment(w, one, issued, agency_id="health", acknowledged_at=1, **due)
    answer = times(record, day, now)
    target = answer.targets[Stage.ACKNOWLEDGE]
    assert (target.met, target.missed, target.pending) == (2, 2, 1)
    assert target.share == 0.5
    fire, health = answer.agencies
    assert (fire.agency_id, health.agency_id) == ("fire", "health")
    assert health.targets[Stage.ACKNOWLEDGE].share == 1.0
    assert answer.targets[Stage.ARRIVE].share is None


def test_the_incidents_own_stages_are_measured_too(
    record: Record, day: Selection, now: datetime
) -> None:
    opened = now - HOUR
    with record.write(now) as w:
        put_incident(w, opened, verified_at=opened + timedelta(seconds=45))
        put_incident(w, opened)
    t = stage(times(record, day, now), Stage.VERIFY)
    assert (t.n, t.missing, t.p50) == (1, 1, 45)


def test_density_counts_by_square_and_says_what_is_in_none(
    evening: Record, day: Selection, now: datetime
) -> None:
    with evening.write(now) as w:
        put_incident(w, now - HOUR, lon=121.4, lat=31.2, position_note="outside", area_code=None)
    with snapshot(evening, now) as (cx, _):
        found = density(cx, day, 1.0)
    assert (found.counted, found.elsewhere, found.unlocated) == (6, 1, 1)
    assert [c.count for c in found.cells] == [5, 1]
    fullest = found.cells[0]
    assert fullest.west <= 119.17 < fullest.west + found.width
    assert fullest.south <= 34.6 < fullest.south + found.height
    assert found.per_km2(5) == 5.0


def test_density_takes_larger_squares_rather_than_too_many(
    record: Record, day: Selection, now: datetime
) -> None:
    with record.write(now) as w:
        places = [divmod(n, 100) for n in range(MOST_CELLS + 1)]
        apart = 0.012  # more than a square
        put_incidents(
            w, now - HOUR, [{"lon": 118.5 + x * apart, "lat": 34 + y * apart} for y, x in places]
        )
    with snapshot(record, now) as (cx, _):
        found = density(cx, day, 0.5)
    assert found.size_km > 0.5
    assert found.counted == MOST_CELLS + 1
    assert len(found.cells) <= MOST_CELLS
