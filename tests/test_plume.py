"""下风向示意: the wind comes FROM where it is said to; the sector lies on the other side."""

from datetime import UTC, datetime, timedelta

import pytest

from linkage.alerts import Point
from linkage.desk.inside import Ring, contains, km2
from linkage.plan.plume import (
    CLASSES,
    NARROWEST_DEG,
    STEPS_MS,
    Measured,
    Plume,
    Sky,
    Wind,
    judge,
    plume,
    spread,
)
from linkage.response.nearest import away, metres

SCENE = Point(119.6, 34.62)
NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def drawn(from_deg: float, speed: float = 4.0, sky: Sky = Sky.UNKNOWN, m: float = 2000) -> Plume:
    return plume(SCENE, Wind(from_deg, speed), sky, m, 100)


def reaches(one: Plume, bearing: float, distance_m: float) -> bool:
    return contains(Ring(one.ring), Point(*away(SCENE, bearing, distance_m)))


@pytest.mark.parametrize(
    ("from_deg", "to_deg"), [(0, 180), (90, 270), (180, 0), (270, 90), (315, 135), (360, 180)]
)
def test_wind_from_the_north_drives_it_south(from_deg: float, to_deg: float) -> None:
    one = drawn(from_deg)
    assert one.axis_deg == to_deg
    assert reaches(one, to_deg, 1900)
    assert not reaches(one, from_deg, 150), "upwind only the isolation circle"
    assert reaches(one, from_deg, 90), "the isolation circle is all around"
    assert not reaches(one, to_deg, 2100)


def test_the_sector_is_as_wide_as_its_angle_says() -> None:
    one = drawn(0)
    assert one.half_deg == pytest.approx(NARROWEST_DEG)
    assert reaches(one, 180 + 26, 1800)
    assert not reaches(one, 180 + 28, 1800)


def test_no_sector_is_narrower_than_the_book_has_it() -> None:
    speeds = (1.0, 1.5, 2.0, 2.9, 3.0, 4.9, 5.0, 6.0, 20.0)
    assert min(spread(v, sky)[1] for v in speeds for sky in Sky) == pytest.approx(NARROWEST_DEG)


@pytest.mark.parametrize(
    ("speed", "sky", "stability", "half"),
    [
        (1.5, Sky.SUN, "A", 53.75),
        (2.5, Sky.SUN, "A", 53.75),
        (4.0, Sky.SUN, "B", 43.0),
        (7.0, Sky.SUN, "C", 32.25),
        (1.5, Sky.CLEAR_NIGHT, "F", 45.0),
        (4.0, Sky.CLEAR_NIGHT, "E", 26.565),
        (4.0, Sky.OVERCAST, "D", 26.565),
    ],
)
def test_sun_and_light_wind_make_it_wider(
    speed: float, sky: Sky, stability: str, half: float
) -> None:
    found = spread(speed, sky)
    assert found[0] == stability
    assert found[1] == pytest.approx(half, abs=0.01)


def test_in_a_calm_it_may_go_anywhere_and_says_so() -> None:
    one = drawn(0, speed=0.4)
    assert one.half_deg == 180
    assert "静风" in one.why
    assert all(reaches(one, bearing, 1950) for bearing in range(0, 360, 15))


def test_the_length_is_what_the_officer_sets_and_never_less_than_the_isolation() -> None:
    assert max(metres(SCENE, Point(*corner)) for corner in drawn(45, m=3000).ring) == pytest.approx(
        3000, rel=1e-6
    )
    short = plume(SCENE, Wind(0, 4), Sky.UNKNOWN, 50, 800)
    assert short.length_m == 800
    assert km2(Ring(drawn(0).ring)) == pytest.approx(3.14159 * 4 * 53.13 / 360, rel=0.02)


def test_every_sky_has_a_class_for_every_wind() -> None:
    assert all(len(CLASSES[sky]) == len(STEPS_MS) + 1 for sky in Sky)


def measured(name: str, minutes: float, km: float, speed: float | None = 4.0) -> Measured:
    at = NOW - timedelta(minutes=minutes)
    return Measured(name=name, from_deg=135, speed_ms=speed, at=at, metres=km * 1000)


def test_the_nearest_fresh_station_is_taken_and_an_old_one_says_so() -> None:
    found = judge(
        [
            measured("旧", 90, 1),
            measured("远", 2, 40),
            measured("近", 3, 5),
            measured("无", 1, 2, None),
        ],
        NOW,
    )
    assert [one.name for one in found] == ["近", "旧", "无", "远"]
    assert found[0].doubt == ""
    assert found[1].doubt.startswith("读数已是 90 分钟前的")
    assert found[2].doubt.startswith("没有风速")
    assert found[3].doubt.startswith("测站在 40 公里外")
