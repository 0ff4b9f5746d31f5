import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.position import EAST, NORTH, SOUTH, WEST, converter, position
from linkage.alerts import Point
from linkage.correlation.open_incident import error_of
from linkage.datum import Datum, gcj_to_bd, wgs_to_gcj
from linkage.vocabulary import PositionNote
from tests.builders import alert

GCJ = converter("gcj02")
SEAT = ("119.221611", "34.596653")  # 市政府, as the map of the call system has it


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    east = (a[0] - b[0]) * math.cos(math.radians(a[1]))
    return math.hypot(east, a[1] - b[1]) * 111_200


def wgs_to_bd(lon: float, lat: float) -> tuple[float, float]:
    return gcj_to_bd(*wgs_to_gcj(lon, lat))


@pytest.mark.parametrize(("datum", "theirs"), [("gcj02", wgs_to_gcj), ("bd09", wgs_to_bd)])
def test_a_converted_position_is_within_a_metre_anywhere_in_the_city(
    datum: str, theirs: Callable[[float, float], tuple[float, float]]
) -> None:
    draw, to_wgs84, worst = random.Random(7), converter(datum), 0.0
    for _ in range(3000):
        truth = draw.uniform(WEST + 0.1, EAST - 0.1), draw.uniform(SOUTH + 0.1, NORTH - 0.1)
        worst = max(worst, metres(to_wgs84(*theirs(*truth)), truth))
    assert worst < 0.5


def test_an_unconverted_fire_engine_would_stand_520_metres_away() -> None:
    point, sent, _ = position(*SEAT, GCJ)
    assert sent == (119.221611, 34.596653)
    assert point is not None
    assert 500 < metres((point.lon, point.lat), sent) < 540


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000"])
def test_wgs84_and_cgcs2000_stay_as_they_are(datum: str) -> None:
    assert position(119.2, 34.6, converter(datum))[0] == Point(119.2, 34.6)


def test_every_datum_has_a_way_to_wgs84() -> None:
    for datum in Datum:
        point, _, note = position(119.2001, 34.6, converter(datum))
        assert point is not None
        assert note is PositionNote.EXACT


def test_numbers_may_come_as_text() -> None:
    assert position(" 119.221611 ", "34.596653", GCJ) == position(119.221611, 34.596653, GCJ)


@pytest.mark.parametrize(("x", "y"), [(None, None), ("", ""), ("", None)])
def test_no_numbers_is_a_position_still_to_be_found(x: object, y: object) -> None:
    assert position(x, y, GCJ) == (None, None, PositionNote.MISSING)


def test_swapped_numbers_are_put_right_with_a_note() -> None:
    right = position(*SEAT, GCJ)[0]
    point, sent, note = position(SEAT[1], SEAT[0], GCJ)
    assert (point, note) == (right, PositionNote.SWAPPED)
    assert sent == (34.596653, 119.221611)


@pytest.mark.parametrize(("x", "y"), [(0, 0), ("0", "0"), (0.0, "0.0"), (119.2, 0)])
def test_zero_is_no_place(x: object, y: object) -> None:
    point, _, note = position(x, y, GCJ)
    assert (point, note) == (None, PositionNote.ZERO)


@pytest.mark.parametrize(("x", "y"), [(116.4, 39.9), (181, 34.6), (119.2, 91), (-119.2, 34.6)])
def test_beyond_the_city_is_told_in_words_and_gets_no_marker(x: float, y: float) -> None:
    assert position(x, y, GCJ) == (None, (float(x), float(y)), PositionNote.OUTSIDE)


@pytest.mark.parametrize(
    "x",
    [
        *(
            "N30d15m",
            "119,2",
            "东经119度",
            "1_0",
            "nan",
            "inf",
            "1e2",
            "--1",
            ".",
        ),
        *(True, float("nan"), float("inf"), 10**400, [], {}, "119.2" * 100),
    ],
)
def test_what_is_no_number_is_no_position_and_the_call_still_counts(x: object) -> None:
    assert position(x, 34.6, GCJ) == (None, None, PositionNote.UNREADABLE)


def test_half_a_position_is_unreadable() -> None:
    assert position("119.2", "", GCJ)[2] is PositionNote.UNREADABLE
    assert position(None, "34.6", GCJ)[2] is PositionNote.UNREADABLE


def test_the_corners_of_the_city_are_inside() -> None:
    for x in (WEST, EAST):
        for y in (SOUTH, NORTH):
            assert position(x, y, GCJ)[0] is not None


@pytest.mark.parametrize(
    ("x", "y", "datum"),
    [
        ("119.22", "34.59", "wgs84"),  # two decimals: a kilometre
        (119.2, 34.6, "gcj02"),
        (119, 35, "wgs84"),
        ("119.2200", "34.5900", "wgs84"),
        ("119.221611", "34.596653", "gcj02"),  # the seat of the city, by the map service
        ("119.221611", "34.596653", "wgs84"),  # the same numbers, the datum not minded
        ("119.163509", "34.572274", "gcj02"),  # the seat of 海州区
        ("119.157852", "34.573224", "cgcs2000"),
    ],
)
def test_a_position_that_only_names_the_village_says_so(x: object, y: object, datum: str) -> None:
    """P20: a marker with its own mark, and a wide error when it is compared."""
    point, _, note = position(x, y, converter(datum))
    assert point is not None
    assert note is PositionNote.COARSE


@pytest.mark.parametrize(("x", "y"), [(119.221, 34.59), (119.22, 34.591), (119.2218, 34.5968)])
def test_three_decimals_and_a_spot_near_the_town_hall_are_places(x: float, y: float) -> None:
    assert position(x, y, GCJ)[2] is PositionNote.EXACT


def test_a_village_is_compared_as_a_village() -> None:
    assert error_of(alert()) == 250
    assert error_of(alert(position_note=PositionNote.COARSE)) == 1500


@given(
    spot=st.tuples(
        st.floats(WEST + 0.1, EAST - 0.1, allow_subnormal=False),
        st.floats(SOUTH + 0.1, NORTH - 0.1, allow_subnormal=False),
    ),
    datum=st.sampled_from(["gcj02", "bd09"]),
)
@settings(max_examples=400)
def test_the_inverse_is_within_a_metre_wherever_it_is_asked(
    spot: tuple[float, float], datum: str
) -> None:
    """P22: whatever the spot, there and back is the same spot to a metre."""
    theirs = wgs_to_gcj(*spot) if datum == "gcj02" else wgs_to_bd(*spot)
    assert metres(converter(datum)(*theirs), spot) < 1
