"""The labelled set is what it says, and the rule keeps its promise on seeds it was not tuned on."""

from collections import Counter

import pytest

from bench.correlation import (
    REPORTING_SEEDS,
    TUNING_SEEDS,
    Tally,
    judged,
    main,
    nearest_fitting_kind,
    nearest_same_kind,
)
from bench.labelled import Report
from bench.near_misses import PAIRS, labelled_set

SEEDS = REPORTING_SEEDS[:3]


@pytest.fixture(scope="module")
def sets() -> list[list[Report]]:
    return [labelled_set(seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def ours(sets: list[list[Report]]) -> Tally:
    return judged(sets)


def test_the_same_seed_gives_the_same_reports() -> None:
    assert labelled_set(3, events=20, storm_events=5, pairs=1) == labelled_set(
        3, events=20, storm_events=5, pairs=1
    )


def test_tuning_and_reporting_seeds_are_strangers() -> None:
    assert not set(TUNING_SEEDS) & set(REPORTING_SEEDS)


def test_a_set_has_a_storm_near_misses_and_gaps(sets: list[list[Report]]) -> None:
    reports = sets[0]
    cases = Counter(report.case for report in reports)
    assert len(reports) > 1000
    assert cases["storm"] > 150
    assert len(cases) >= len(PAIRS) + 4
    assert 0.03 < sum(r.alert.point is None for r in reports) / len(reports) < 0.12
    assert any(report.alert.exercise for report in reports)
    refs = {(r.alert.source_id, r.alert.source_ref) for r in reports}
    assert len(refs) == len(reports)


def test_joins_are_right_99_times_in_100(ours: Tally) -> None:
    assert ours.joined > 500
    assert ours.join_precision >= 0.99


def test_19_in_20_repeated_reports_join_or_are_proposed(ours: Tally) -> None:
    assert ours.recall >= 0.94
    assert ours.join_recall >= 0.5


def test_the_card_beats_the_rule_a_sensible_person_writes_first(
    sets: list[list[Report]], ours: Tally
) -> None:
    for peer in (nearest_same_kind, nearest_fitting_kind):
        theirs = judged(sets, peer)
        wrong = theirs.joined - theirs.joined_right
        assert wrong > 20 * (ours.joined - ours.joined_right)
        assert ours.recall > theirs.recall


def test_an_exercise_is_never_joined_with_a_real_incident(ours: Tally) -> None:
    assert not [w for w in ours.wrong if w.alert.exercise is not w.opener.exercise]


def test_the_command_prints_the_table_and_the_wrong_decisions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--quick", "--wrong", "1", "--missed", "1"]) == 0
    printed = capsys.readouterr().out
    assert "score card" in printed
    assert "wrong: " in printed
    assert "missed: " in printed
