"""The statutory grade: 以上 includes its number, the clause is named, and a person decides."""

from pathlib import Path

import pytest

from linkage.alerts import NOBODY, Casualties
from linkage.kinds import Kind
from linkage.plan.grading import GradeProposal, load_grading, propose_grade
from linkage.vocabulary import Grade

TABLES = load_grading(Path(__file__).parents[1] / "data" / "grading.toml")
TOP, MAJOR, MIDDLE, LOW = Grade


def grade(
    kind: Kind, casualties: Casualties = NOBODY, code: str | None = None, **facts: object
) -> GradeProposal:
    return propose_grade(kind, code or kind.event_code, casualties, facts, tables=TABLES)


@pytest.mark.parametrize(
    ("deaths", "expected"),
    [
        (1, LOW),
        (2, LOW),
        (3, MIDDLE),
        (9, MIDDLE),
        (10, MAJOR),
        (29, MAJOR),
        (30, TOP),
        (300, TOP),
    ],
)
def test_deaths_in_a_production_accident(deaths: int, expected: Grade) -> None:
    for kind in (Kind.WORK_ACCIDENT, Kind.FIRE, Kind.HAZMAT, Kind.TRAFFIC_ACCIDENT):
        assert grade(kind, Casualties(deaths=deaths)).grade is expected


@pytest.mark.parametrize(
    ("critical", "expected"),
    [(1, LOW), (9, LOW), (10, MIDDLE), (49, MIDDLE), (50, MAJOR), (99, MAJOR), (100, TOP)],
)
def test_badly_hurt_in_a_production_accident(critical: int, expected: Grade) -> None:
    assert grade(Kind.HAZMAT, Casualties(critical=critical)).grade is expected


@pytest.mark.parametrize(
    ("loss", "expected"),
    [(999, LOW), (1000, MIDDLE), (4999.99, MIDDLE), (5000, MAJOR), (9999, MAJOR), (10000, TOP)],
)
def test_loss_in_a_production_accident(loss: float, expected: Grade) -> None:
    assert grade(Kind.WORK_ACCIDENT, loss_10k_yuan=loss).grade is expected


@pytest.mark.parametrize(
    ("evacuated", "expected"),
    [(4999, LOW), (5000, MIDDLE), (9999, MIDDLE), (10000, MAJOR), (49999, MAJOR), (50000, TOP)],
)
def test_people_moved_from_a_pollution(evacuated: int, expected: Grade) -> None:
    assert grade(Kind.WATER_POLLUTION, Casualties(evacuated=evacuated)).grade is expected
    # The same people moved from a factory fire grade nothing.
    assert grade(Kind.FIRE, Casualties(evacuated=evacuated)).grade is None


@pytest.mark.parametrize(
    ("loss", "expected"),
    [(499, LOW), (500, MIDDLE), (1999, MIDDLE), (2000, MAJOR), (9999, MAJOR), (10000, TOP)],
)
def test_loss_by_a_pollution(loss: float, expected: Grade) -> None:
    assert grade(Kind.OIL_SPILL, loss_10k_yuan=loss).grade is expected


@pytest.mark.parametrize(
    ("magnitude", "expected"),
    [
        (3.9, None),
        (4.0, LOW),
        (4.9, LOW),
        (5.0, MIDDLE),
        (5.9, MIDDLE),
        (6.0, MAJOR),
        (6.9, MAJOR),
        (7.0, TOP),
        (8.1, TOP),
    ],
)
def test_the_magnitude_of_a_quake(magnitude: float, expected: Grade | None) -> None:
    assert grade(Kind.EARTHQUAKE, magnitude=magnitude).grade is expected


@pytest.mark.parametrize(
    ("lost", "expected"),
    [(9, LOW), (10, MIDDLE), (49, MIDDLE), (50, MAJOR), (299, MAJOR), (300, TOP)],
)
def test_after_a_quake_the_missing_count_as_dead(lost: int, expected: Grade) -> None:
    assert grade(Kind.EARTHQUAKE, Casualties(deaths=1, missing=lost - 1)).grade is expected


@pytest.mark.parametrize(
    ("area", "expected"),
    [(0.5, LOW), (0.99, LOW), (1, MIDDLE), (99.9, MIDDLE), (100, MAJOR), (999, MAJOR), (1000, TOP)],
)
def test_the_burnt_area_of_a_forest_fire(area: float, expected: Grade) -> None:
    assert grade(Kind.FOREST_FIRE, area_ha=area).grade is expected


@pytest.mark.parametrize(
    ("loss", "expected"),
    [(99, LOW), (100, MIDDLE), (499, MIDDLE), (500, MAJOR), (999, MAJOR), (1000, TOP)],
)
def test_loss_by_a_landslide(loss: float, expected: Grade) -> None:
    assert grade(Kind.GEOLOGICAL, loss_10k_yuan=loss).grade is expected


def test_a_landslide_is_called_by_the_words_of_its_own_clause() -> None:
    proposal = grade(Kind.GEOLOGICAL, Casualties(deaths=3))
    assert "达到中型（3人以上）" in proposal.reason
    assert proposal.missing_to_next == "距大型：死亡再增7人（达10人）"


@pytest.mark.parametrize(("minutes", "expected"), [(119, None), (120, LOW), (600, LOW)])
def test_two_hours_in_a_lift_are_an_accident(minutes: int, expected: Grade | None) -> None:
    assert grade(Kind.LIFT, Casualties(trapped=2), trapped_min=minutes).grade is expected


@pytest.mark.parametrize(
    ("moved", "expected"),
    [(499, None), (500, LOW), (9999, LOW), (10000, MIDDLE), (50000, MAJOR), (150000, TOP)],
)
def test_people_moved_from_a_leaking_pressure_vessel(moved: int, expected: Grade | None) -> None:
    assert grade(Kind.SPECIAL_EQUIPMENT, Casualties(evacuated=moved)).grade is expected


@pytest.mark.parametrize(("deaths", "expected"), [(1, MAJOR), (2, MAJOR), (3, TOP)])
def test_deaths_by_radiation_weigh_more(deaths: int, expected: Grade) -> None:
    assert grade(Kind.RADIATION, Casualties(deaths=deaths)).grade is expected


def test_the_worst_figure_decides_and_is_named_with_its_clause() -> None:
    proposal = grade(Kind.HAZMAT, Casualties(deaths=3, critical=60, injured=200))
    assert proposal.grade is MAJOR
    assert proposal.decided_by == "重伤（含急性中毒）60人"
    assert proposal.clause == "《生产安全事故报告和调查处理条例》第三条"
    assert proposal.clause in proposal.reason
    assert "50人以上" in proposal.reason


def test_the_poisoned_count_with_the_badly_hurt() -> None:
    assert grade(Kind.HAZMAT, Casualties(critical=4, poisoned=6)).grade is MIDDLE
    assert grade(Kind.HAZMAT, Casualties(critical=4, poisoned=5)).grade is LOW


def test_the_slightly_hurt_grade_nothing() -> None:
    proposal = grade(Kind.TRAFFIC_ACCIDENT, Casualties(injured=40))
    assert proposal.grade is None
    assert "待核报" in proposal.reason


def test_what_is_missing_to_the_next_grade_is_told_for_every_known_figure() -> None:
    proposal = grade(Kind.HAZMAT, Casualties(deaths=2, critical=8))
    assert proposal.missing_to_next == (
        "距较大：死亡再增1人（达3人），或重伤（含急性中毒）再增2人（达10人）"
    )
    assert grade(Kind.HAZMAT, Casualties(deaths=31)).missing_to_next == ""


def test_the_missing_are_not_dead_yet_but_the_officer_is_told_what_they_would_make_it() -> None:
    proposal = grade(Kind.VESSEL, Casualties(deaths=1, missing=2))
    assert proposal.grade is LOW
    assert "失踪2人，若确认死亡将达较大" in proposal.missing_to_next


@pytest.mark.parametrize(
    "kind", [Kind.PUBLIC_ORDER, Kind.CRIMINAL_CASE, Kind.TERRORISM, Kind.MARKET_SUPPLY]
)
def test_the_law_knows_no_grades_for_public_security_incidents(kind: Kind) -> None:
    proposal = grade(kind, Casualties(deaths=30))
    assert proposal.grade is None
    assert "未规定分级" in proposal.reason
    assert proposal.missing_to_next == ""


@pytest.mark.parametrize("kind", [Kind.EPIDEMIC, Kind.FOOD_DRUG, Kind.NUCLEAR, Kind.TYPHOON])
def test_where_no_figure_decides_a_person_does(kind: Kind) -> None:
    proposal = grade(kind, Casualties(deaths=5))
    assert proposal.grade is None
    assert proposal.reason


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_gets_an_answer_and_no_figure_gets_no_grade(kind: Kind) -> None:
    proposal = grade(kind)
    assert proposal.grade is None
    assert proposal.reason
    zeros = Casualties(deaths=0, missing=0, trapped=0, injured=0, critical=0, poisoned=0)
    assert grade(kind, zeros).grade is None


def test_a_code_that_says_nothing_falls_back_on_the_kind() -> None:
    assert grade(Kind.FIRE, Casualties(deaths=3), code="19000").grade is MIDDLE


@pytest.mark.parametrize("nonsense", ["三", None, True, [7], {"m": 7}])
def test_a_fact_that_is_no_number_is_passed_over(nonsense: object) -> None:
    assert grade(Kind.EARTHQUAKE, magnitude=nonsense).grade is None
