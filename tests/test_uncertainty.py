"""位置误差: the circle says what the source really knew of the place."""

import pytest

from linkage.alerts import Point
from linkage.areas import SEATS, reach_m
from linkage.desk.uncertainty import GRID_M, rough
from linkage.vocabulary import PositionNote

PLACE = Point(119.23, 34.41)
N = PositionNote


def test_an_exact_place_has_no_circle_and_a_missing_one_no_marker() -> None:
    assert rough(N.EXACT, PLACE) is None
    assert rough(N.COARSE, None) is None
    assert rough(N.SWAPPED, PLACE) is None


def test_two_decimals_are_a_kilometre_across() -> None:
    found = rough(N.COARSE, PLACE)
    assert found is not None
    assert found.metres == GRID_M
    assert "两位小数" in found.why


def test_the_seat_of_a_district_may_stand_for_any_place_in_it() -> None:
    district = rough(N.COARSE, Point(*SEATS[1]))
    city = rough(N.COARSE, Point(*SEATS[0]))
    assert district is not None
    assert city is not None
    assert district.metres == reach_m("320703")
    assert city.metres == reach_m(None) > district.metres
    assert "政府驻地" in district.why


@pytest.mark.parametrize(
    ("stated", "metres"),
    [(800, 800), ("1200", 1200), (3.5e3, 3500), ("约800米", None), (True, None), (5, None),
     (1e9, None), ("nan", None), (None, None)],
)  # fmt: skip
def test_a_base_station_says_its_own_radius(stated: object, metres: int | None) -> None:
    found = rough(N.EXACT, PLACE, stated)
    assert (found.metres if found else None) == metres


def test_the_wider_of_the_two_is_believed() -> None:
    found = rough(N.COARSE, PLACE, 300)
    assert found is not None
    assert found.metres == GRID_M
    found = rough(N.COARSE, PLACE, 2000)
    assert found is not None
    assert found.metres == 2000
