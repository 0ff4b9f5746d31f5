"""警情洪峰: on above 10 new incidents in 10 minutes and desk, off below 5. ANSI/ISA-18.2."""

from datetime import datetime, timedelta

import pytest

from linkage.figures.flood import Flood, News, measure, news, passed
from linkage.record import Record
from tests.past import put_incident

MINUTE = timedelta(minutes=1)


def run(counts: list[int], now: datetime, desks: int = 1) -> list[Flood]:
    found: list[Flood] = []
    for turn, count in enumerate(counts):
        before = found[-1] if found else None
        found.append(measure(before, News(count), desks, now + turn * MINUTE))
    return found


@pytest.mark.parametrize(
    ("counts", "on"),
    [
        ([10], [False]),
        ([11], [True]),
        ([11, 10, 5, 4], [True, True, True, False]),
        ([4, 9, 10, 11, 6, 3, 10], [False, False, False, True, True, False, False]),
    ],
)
def test_the_meter_goes_on_above_ten_and_off_below_five(
    now: datetime, counts: list[int], on: list[bool]
) -> None:
    assert [one.on for one in run(counts, now)] == on


def test_two_desks_take_twice_as_much(now: datetime) -> None:
    assert [one.on for one in run([20, 21, 10, 9], now, desks=2)] == [False, True, True, False]


def test_a_flood_remembers_when_it_began_and_how_high_it_went(now: datetime) -> None:
    found = run([12, 40, 20, 3], now)
    assert (found[2].since, found[2].peak, found[2].peak_at) == (now, 40, now + MINUTE)
    over = passed(found[2], found[3], now + 3 * MINUTE)
    assert over is not None
    assert (over.began, over.ended, over.peak) == (now, now + 3 * MINUTE, 40)
    assert passed(found[1], found[2], now) is None


def test_what_a_desk_is_not_shown_is_no_flood(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        for _ in range(3):
            put_incident(w, now - MINUTE, kind="fire", sources=["119-cad", "110-cad"])
        put_incident(w, now - MINUTE, kind="traffic_accident", sources=["110-cad"])
        put_incident(w, now - MINUTE, kind="help")
        put_incident(w, now - MINUTE, exercise=True)
        put_incident(w, now - 11 * MINUTE)
    with record.read() as cx:
        found = news(cx, now)
    assert found.count == 4
    assert found.kinds == (("fire", 3), ("traffic_accident", 1))
    assert found.sources == (("119-cad", 3), ("110-cad", 1))
