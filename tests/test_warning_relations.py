"""What lies inside a warning, at any moment; what merely lies near it."""

from datetime import datetime, timedelta

import msgspec
import pytest

from linkage.alerts import Point, Shape
from linkage.record import Record
from linkage.vocabulary import WarningStatus
from linkage.warnings.relations import Reach, Spot, covers, inside, relate
from linkage.warnings.standing import ended_since, inside_each, standing
from tests.builders import alert
from tests.onrecord import put_incident, put_warning

HOUR = timedelta(hours=1)


@pytest.fixture
def typhoon(now: datetime) -> Reach:
    return Reach(id=1, area_codes=("320706",), effective_at=now, expires_at=now + 6 * HOUR)


HERE = Spot(id=7, area_code="320706", point=Point(119.17, 34.6))


def test_a_warning_holds_from_its_first_second_to_the_one_before_its_end(typhoon: Reach) -> None:
    begins, ends, second = typhoon.effective_at, typhoon.expires_at, timedelta(seconds=1)
    assert [typhoon.in_force(at) for at in (begins - second, begins, ends - second, ends)] == [
        *(False, True, True, False)
    ]


def test_what_was_lifted_early_was_still_in_force_before(typhoon: Reach) -> None:
    lifted = msgspec.structs.replace(typhoon, ended_at=typhoon.effective_at + HOUR)
    assert lifted.in_force(typhoon.effective_at + HOUR / 2)
    assert not lifted.in_force(typhoon.effective_at + HOUR)


@pytest.mark.parametrize(
    ("area", "covered"),
    [
        ("320000", True),
        ("320700", True),
        ("320706", True),
        ("320706001000", True),
        ("320723", False),
        ("320600", False),
        ("", False),
    ],
)
def test_a_division_covers_what_lies_in_it(area: str, covered: bool) -> None:
    assert covers(area, "320706") is covered


def test_the_division_counts_first_then_the_outline(typhoon: Reach) -> None:
    drawn = msgspec.structs.replace(typhoon, shapes=(Shape(119.17, 34.6, km=3.0),))
    at_sea = msgspec.structs.replace(HERE, area_code=None)
    assert inside(drawn, HERE) == "在预警区域海州区内"
    assert inside(drawn, at_sea) == "在预警划定的范围内"
    assert inside(typhoon, at_sea) is None


def test_an_incident_without_any_position_lies_in_no_warning(typhoon: Reach) -> None:
    assert inside(typhoon, Spot(id=8, area_code=None, point=None)) is None


def test_a_real_incident_lies_in_no_practised_warning(typhoon: Reach) -> None:
    practised = msgspec.structs.replace(typhoon, exercise=True)
    assert inside(practised, HERE) is None
    assert inside(practised, msgspec.structs.replace(HERE, exercise=True)) is not None


def test_one_incident_may_lie_in_several_warnings_and_is_swallowed_by_none(
    typhoon: Reach, now: datetime
) -> None:
    rain = msgspec.structs.replace(typhoon, id=2, area_codes=("320700",))
    over = msgspec.structs.replace(typhoon, id=3, ended_at=now)
    assert relate([typhoon, rain, over], [HERE], now) == {
        1: {7: "在预警区域海州区内"},
        2: {7: "在预警区域连云港市内"},
    }


def test_what_stood_at_four_in_the_morning_is_known_at_noon(record: Record, now: datetime) -> None:
    blue = put_warning(
        record,
        ["320700"],
        at=now - 8 * HOUR,
        colour="blue",
        expires_at=now + HOUR,
        status=WarningStatus.SUPERSEDED,
        ended_at=now - 5 * HOUR,
    )
    yellow = put_warning(
        record, ["320700"], at=now - 5 * HOUR, colour="yellow", expires_at=now + HOUR
    )
    with record.read() as cx:
        asked = {h: [one.id for one in standing(cx, now - h * HOUR)] for h in (9, 8, 6, 5, 0)}
    assert asked == {9: [], 8: [blue], 6: [blue], 5: [yellow], 0: [yellow]}


def test_the_incidents_inside_are_those_that_were_open_then(record: Record, now: datetime) -> None:
    warned = put_warning(record, ["320706"], at=now - 3 * HOUR, expires_at=now + HOUR)
    still = put_incident(record, opened_at=now - 2 * HOUR)
    closed = put_incident(
        record,
        alert(source_ref="J2"),
        opened_at=now - 2 * HOUR,
        status="closed",
        closed_at=now - HOUR,
    )
    put_incident(record, alert(source_ref="J3", area_code="320723"), opened_at=now - 2 * HOUR)
    with record.read() as cx:
        before, after = (
            [it.id for it, _ in inside_each(cx, standing(cx, at), at)[warned]]
            for at in (now - 1.5 * HOUR, now)
        )
    assert sorted(before) == sorted([still, closed])
    assert after == [still]


def test_an_all_clear_is_listed_among_what_has_ended(record: Record, now: datetime) -> None:
    lifted = put_warning(
        record,
        ["320700"],
        at=now - 3 * HOUR,
        expires_at=now + HOUR,
        status=WarningStatus.CANCELLED,
        ended_at=now - HOUR,
    )
    ran_out = put_warning(record, ["320700"], at=now - 3 * HOUR, expires_at=now - HOUR / 2)
    put_warning(record, ["320700"], at=now - 3 * HOUR, expires_at=now + HOUR)
    with record.read() as cx:
        assert [one.id for one in ended_since(cx, now - 2 * HOUR, now)] == [ran_out, lifted]
