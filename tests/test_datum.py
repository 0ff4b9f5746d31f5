"""Positions between the maps of the departments: a wrong datum puts an engine on another street."""

from math import cos, hypot, radians

import pytest

from linkage.datum import Datum, from_wgs84, to_wgs84

# domain: the same spot in three datums, published to six digits.
WGS = (119.0, 34.6)
GCJ = (119.005501, 34.598949)
BD = (119.012042, 34.604871)
CITY = [(118.75, 34.54), (119.22, 34.60), (119.46, 34.69), (119.17, 34.84), (119.31, 34.09)]


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    north = (a[1] - b[1]) * 111_320
    return hypot(north, (a[0] - b[0]) * 111_320 * cos(radians(a[1])))


def test_the_published_check_values_come_out() -> None:
    assert from_wgs84(Datum.GCJ02, *WGS) == pytest.approx(GCJ, abs=1e-6)
    assert from_wgs84(Datum.BD09, *WGS) == pytest.approx(BD, abs=1e-6)
    assert metres(to_wgs84(Datum.GCJ02, *GCJ), WGS) < 0.2
    assert metres(to_wgs84(Datum.BD09, *BD), WGS) < 1


@pytest.mark.parametrize("spot", CITY)
@pytest.mark.parametrize("datum", list(Datum))
def test_there_and_back_again_is_the_same_spot(datum: Datum, spot: tuple[float, float]) -> None:
    assert metres(to_wgs84(datum, *from_wgs84(datum, *spot)), spot) < 0.5


@pytest.mark.parametrize("spot", CITY)
def test_gcj02_lies_half_a_kilometre_off_in_this_city(spot: tuple[float, float]) -> None:
    assert 450 < metres(from_wgs84(Datum.GCJ02, *spot), spot) < 600


@pytest.mark.parametrize("abroad", [(0.0, 0.0), (-0.12, 51.5), (139.7, 35.7), (-119.2, 34.6)])
@pytest.mark.parametrize("datum", list(Datum))
def test_nothing_is_shifted_abroad(datum: Datum, abroad: tuple[float, float]) -> None:
    """P23: GCJ-02 is a matter of maps of China."""
    assert to_wgs84(datum, *abroad) == abroad == from_wgs84(datum, *abroad)


def test_what_is_labelled_wgs84_is_never_shifted_again() -> None:
    """P23: conversion goes by the label, so that a second one changes nothing."""
    once = to_wgs84(Datum.GCJ02, *GCJ)
    assert to_wgs84(Datum.WGS84, *to_wgs84(Datum.WGS84, *once)) == once


def test_cgcs2000_is_wgs84_here() -> None:
    assert from_wgs84(Datum.CGCS2000, *WGS) == WGS == to_wgs84(Datum.CGCS2000, *WGS)
