import random

import pytest

from linkage.alerts import Point
from linkage.areas import AREAS, _exactly, area_code, named_area

SEATS = {
    "320703": Point(119.333143, 34.761041),
    "320706": Point(119.157852, 34.573224),
    "320707": Point(119.167666, 34.842060),
    "320722": Point(118.747375, 34.543409),
    "320723": Point(119.233894, 34.285622),
    "320724": Point(119.310124, 34.088385),
}


@pytest.mark.parametrize("code", SEATS)
def test_the_seat_of_a_district_lies_in_it(code: str) -> None:
    assert area_code(SEATS[code]) == code
    assert set(SEATS) == set(AREAS)


def test_no_position_no_district() -> None:
    assert area_code(None) is None


def test_the_open_sea_and_the_next_city_are_no_district_of_ours() -> None:
    assert area_code(Point(120.4, 34.9)) is None
    assert area_code(Point(118.2, 34.1)) is None


def test_the_power_station_on_the_shore_counts_although_the_boundary_is_coarse() -> None:
    assert area_code(Point(119.46, 34.687)) == "320703"


def test_the_quick_answer_is_the_exact_answer_everywhere() -> None:
    draw = random.Random(42)
    for _ in range(4000):
        point = Point(draw.uniform(118.2, 120.1), draw.uniform(33.8, 35.3))
        assert area_code(point) == _exactly(point), point


def test_old_and_statistical_codes_mean_the_district_of_today() -> None:
    assert named_area("320706000000") == "320706"
    assert named_area("320721") == "320707"
    assert named_area("320705") == "320706"
    assert named_area("320771") == "320703"
    assert named_area("110101") is None
    assert named_area("") is None
