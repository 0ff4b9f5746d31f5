"""Who is late: at once, by how much, in what; the latest first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from linkage.response.overdue import Due, Lateness, duration, late, next_due
from linkage.vocabulary import AssignmentStatus as S

ISSUED = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
FIRE = Due(
    id=1,
    status=S.ISSUED,
    issued_at=ISSUED,
    acknowledge_due_at=ISSUED + timedelta(seconds=60),
    on_scene_due_at=ISSUED + timedelta(minutes=15),
    report_due_at=ISSUED + timedelta(minutes=30),
    acknowledged_at=None,
    on_scene_at=None,
    reported_at=None,
)


def task(**changes: Any) -> Due:
    return msgspec.structs.replace(FIRE, **changes)


def after(**clock: float) -> datetime:
    return ISSUED + timedelta(**clock)


def test_at_the_very_second_it_is_due_nobody_is_late() -> None:
    assert late([FIRE], after(seconds=60)) == []
    assert [one.by_s for one in late([FIRE], after(seconds=61))] == [1.0]


def test_a_silent_agency_is_late_in_signing_with_the_order_as_the_start_of_its_clock() -> None:
    (one,) = late([FIRE], after(seconds=260))
    assert one.what is Lateness.UNACKNOWLEDGED
    assert one.due_at == after(seconds=60)
    assert one.since == ISSUED
    assert one.label == "超时3分20秒未签收"


def test_who_signed_is_late_only_when_the_scene_waits() -> None:
    signed = task(status=S.ACKNOWLEDGED, acknowledged_at=after(seconds=50))
    assert late([signed], after(minutes=10)) == []
    (one,) = late([signed], after(minutes=16))
    assert (one.what, one.by_s) == (Lateness.NOT_ON_SCENE, 60.0)


def test_who_arrived_is_late_only_when_the_report_waits() -> None:
    there = task(status=S.ON_SCENE, acknowledged_at=after(seconds=5), on_scene_at=after(minutes=9))
    assert late([there], after(minutes=29)) == []
    (one,) = late([there], after(minutes=31))
    assert one.what is Lateness.UNREPORTED


def test_one_that_is_late_twice_is_named_by_what_came_first() -> None:
    (one,) = late([FIRE], after(hours=2))
    assert one.what is Lateness.UNACKNOWLEDGED


def test_who_signed_in_time_but_told_us_late_is_not_late_afterwards() -> None:
    told_late = task(status=S.ACKNOWLEDGED, acknowledged_at=after(seconds=90))
    assert late([told_late], after(minutes=5)) == []


def test_who_reported_without_ever_saying_it_arrived_is_not_asked_for_the_arrival() -> None:
    reported = task(
        status=S.REPORTED, acknowledged_at=after(seconds=9), reported_at=after(minutes=5)
    )
    assert late([reported], after(hours=3)) == []


@pytest.mark.parametrize("status", [S.PROPOSED, S.COMPLETED, S.DECLINED, S.CANCELLED])
def test_what_has_ended_is_never_late(status: S) -> None:
    assert late([task(status=status)], after(days=1)) == []
    assert next_due(task(status=status)) is None


def test_who_is_only_told_is_never_late() -> None:
    told = task(acknowledge_due_at=None, on_scene_due_at=None, report_due_at=None)
    assert late([told], after(days=30)) == []
    assert next_due(told) is None


def test_the_longest_late_comes_first() -> None:
    health = task(id=2, acknowledge_due_at=after(seconds=120))
    police = task(id=3, status=S.ACKNOWLEDGED, acknowledged_at=after(seconds=1))
    found = late([health, police, FIRE], after(minutes=15, seconds=5))
    assert [one.assignment_id for one in found] == [1, 2, 3]
    assert [one.by_s for one in found] == sorted((one.by_s for one in found), reverse=True)


def test_equally_late_ones_keep_their_order() -> None:
    twins = [task(id=number) for number in (9, 4, 7)]
    assert [one.assignment_id for one in late(twins, after(minutes=2))] == [4, 7, 9]


def test_the_next_limit_is_known_before_it_is_broken() -> None:
    assert next_due(FIRE) == (Lateness.UNACKNOWLEDGED, after(seconds=60))
    signed = task(status=S.ACKNOWLEDGED, acknowledged_at=after(seconds=5))
    assert next_due(signed) == (Lateness.NOT_ON_SCENE, after(minutes=15))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0秒"), (59.9, "59秒"), (60, "1分0秒"), (200, "3分20秒"), (7500, "2小时5分")],
)
def test_durations_read_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words
