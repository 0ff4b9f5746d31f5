"""The table of kinds that can be one event holds together."""

from linkage.correlation.same_event import HORIZON_S, PACES, PAIRS, PARTNERS, POINTS, WITH
from linkage.kinds import AREA_KINDS, Kind


def test_the_table_reads_the_same_from_both_sides() -> None:
    for (one, other), points in POINTS.items():
        assert POINTS[other, one] == points
        assert PACES[one, other] == PACES[other, one]
        assert WITH[one][other] == (points, PACES[one, other])


def test_no_pair_is_stated_twice() -> None:
    stated = [frozenset({one, other}) for one, others in PAIRS.items() for other in others]
    assert len(stated) == len(set(stated))


def test_area_events_and_silent_calls_have_no_partner() -> None:
    for kind in (*AREA_KINDS, Kind.INVALID_CALL):
        assert PARTNERS[kind] == 0
        assert HORIZON_S[kind] == 0


def test_the_same_kind_says_more_than_a_fitting_one() -> None:
    for one, others in PAIRS.items():
        assert all(points <= 18 for points in others.values()), one


def test_a_dent_is_not_reported_for_hours_though_a_leak_is() -> None:
    quick, slow = Kind.TRAFFIC_ACCIDENT, Kind.HAZMAT
    assert PACES[quick, quick] < PACES[quick, slow] < PACES[slow, slow]
    assert PACES[quick, slow] < 20 * 60
