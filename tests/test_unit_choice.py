"""Which unit is the nearest that can go, whom it leaves uncovered, what a booking never does."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from linkage.alerts import Point
from linkage.errors import BadConfig, NotAllowed, NotPermitted
from linkage.people import Actor
from linkage.record import Record
from linkage.response import bookings, responses
from linkage.response.coverage import Cover, gaps, load_coverage
from linkage.response.feedback import UnitReport
from linkage.response.nearest import Known, metres, nearest
from linkage.response.unit_list import read_units
from linkage.response.unit_states import Readiness, load_unit_states
from linkage.response.units import apply_unit
from linkage.response_tables import unit_booking
from linkage.tables import outbound_message, unit
from linkage.vocabulary import AssignmentStatus
from tests.builders import alert
from tests.desk import AGENCIES, DATA, issue, order, say, story, task_row
from tests.onrecord import put_incident

S = AssignmentStatus
STATES = load_unit_states(DATA / "unit_states.toml")
SCENE = Point(119.17, 34.60)


def known(name: str, now: datetime, **changes: Any) -> Known:
    usual = Known(
        agency_id="fire",
        unit_id=name,
        label=f"消防车{name}",
        state="待命",
        point=Point(119.18, 34.60),
        area="320706",
        reported_at=now - timedelta(seconds=10),
    )
    return msgspec.structs.replace(usual, **changes)


def report(record: Record, name: str, at: datetime, **changes: Any) -> None:
    said = {"agency_id": "fire", "unit_id": name, "label": f"消防车{name}", "state": "待命"}
    said |= {"point": Point(119.18, 34.60), "at": at, **changes}
    with record.write(at) as w:
        apply_unit(w, UnitReport(**said))


@pytest.mark.parametrize(
    ("word", "readiness"),
    [
        ("待命", Readiness.FREE),
        ("站内待命中", Readiness.FREE),
        ("返回途中", Readiness.FREE),
        ("赶赴途中", Readiness.BUSY),
        ("现场待命", Readiness.BUSY),
        ("车辆检修", Readiness.OFF),
        ("？？", Readiness.UNKNOWN),
    ],
)
def test_the_agencies_words_say_whether_a_unit_can_go(word: str, readiness: Readiness) -> None:
    assert STATES.readiness(word) is readiness


def test_the_nearest_free_one_is_first_and_says_why(now: datetime) -> None:
    far, near = known("1", now, point=Point(119.30, 34.60)), known("2", now)
    unsure = known("3", now, state="？", point=SCENE)
    found = nearest(SCENE, [far, near, unsure], now, STATES)
    assert [one.unit.unit_id for one in found.candidates] == ["2", "1", "3"]
    assert found.candidates[0].reason == "直线 915 米，“待命”，位置 10 秒前"
    assert "状态不明" in found.candidates[2].reason
    assert metres(SCENE, SCENE) == 0


def test_who_cannot_go_is_named_with_the_reason_and_the_rest_is_short(now: datetime) -> None:
    units = [
        known("1", now, state="处置"),
        known("2", now, reported_at=now - timedelta(minutes=30)),
        known("3", now, booked="20261122-0001"),
        known("4", now, point=None),
        known("5", now),
    ]
    found = nearest(SCENE, units, now, STATES, wanted=3)
    whys = {one.unit.unit_id: one.why for one in found.skipped}
    assert whys == {
        "1": "自报“处置”，执行任务",
        "2": "位置已过时（30 分钟前）",
        "3": "已调派到事件 20261122-0001",
        "4": "没有位置",
    }
    assert found.short == 2
    assert "还缺 2 个" in found.words


def test_a_district_left_with_too_few_is_named(now: datetime) -> None:
    cover = Cover(label="消防车", agencies=("fire",), area="320706", minimum=2, basis="测试")
    two = [known("1", now), known("2", now)]
    assert gaps([cover], two, now, STATES) == []
    (gap,) = gaps([cover], [two[0], known("2", now, booked="20261122-0001")], now, STATES)
    assert gap.words == "海州区消防车仅余 1 个可调派，应保留 2 个，缺 1 个"
    assert gap.lost == ("消防车2",)
    assert gaps([cover], [], now, STATES) == [], "who sends no positions is not judged"


def test_the_shipped_table_names_districts_and_agencies_that_there_are() -> None:
    assert load_coverage(DATA / "coverage.toml", AGENCIES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[cover]]\nlabel="x"\nagencies=["fire"]\narea="1"\nminimum=1\nbasis="x"', "不是本市"),
        ('[[cover]]\nlabel="x"\nagencies=["z"]\narea="320706"\nminimum=1\nbasis="x"', "没有登记"),
        ('[[cover]]\nlabel="x"\nagencies=["fire"]\narea="320706"\nminimum=0\nbasis="x"', "minimum"),
        ("", "一项也没有"),
    ],
)
def test_a_broken_coverage_table_says_where_and_what(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "coverage.toml"
    path.write_text(text)
    with pytest.raises(BadConfig, match=words):
        load_coverage(path, AGENCIES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('stale_s=1\nnear=1\n[[state]]\nreadiness="idle"\nwords=["a"]\nbasis="x"', "readiness"),
        ('stale_s=1\nnear=1\n[[state]]\nreadiness="free"\nwords=["a","a"]\nbasis="x"', "两次"),
        ('stale_s=0\nnear=1\n[[state]]\nreadiness="free"\nwords=["a"]\nbasis="x"', "stale_s"),
    ],
)
def test_a_broken_table_of_states_says_where_and_what(
    text: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "unit_states.toml"
    path.write_text(text)
    with pytest.raises(BadConfig, match=words):
        load_unit_states(path)


@pytest.fixture
def two_tasks(record: Record, now: datetime) -> tuple[int, int]:
    """The fire service has a task in each of two incidents, and one engine."""
    report(record, "1", now)
    first = put_incident(record, alert(source_ref="A1"))
    second = put_incident(record, alert(source_ref="A2"))
    return issue(record, first, order("fire"), at=now)[0], issue(
        record, second, order("fire"), at=now
    )[0]


def book(record: Record, actor: Actor, task: int, at: datetime, despite: str = "") -> int:
    return bookings.book(
        record, actor, task, "fire", "1", despite, agencies=AGENCIES, states=STATES, at=at
    )


def test_a_second_call_does_not_reset_a_busy_unit(
    record: Record, two_tasks: tuple[int, int], now: datetime, officer: Actor
) -> None:
    """Booked twice it is warned of; done all the same, the first task keeps its unit and the
    unit keeps the state it reported."""
    first, second = two_tasks
    book(record, officer, first, now)
    report(record, "1", now + timedelta(seconds=5), state="途中", assignment_id=first)
    with pytest.raises(NotAllowed, match=r"消防车1已由甲（值班员）于 14:30 调派到事件"):
        book(record, officer, second, now + timedelta(seconds=9))
    book(record, officer, second, now + timedelta(seconds=9), "仅此一台，先救人")
    with record.read() as cx:
        row = cx.execute(select(unit).where(unit.c.unit_id == "1")).one()
        open_ = cx.execute(
            select(unit_booking.c.assignment_id).where(unit_booking.c.released_at.is_(None))
        )
        assert list(open_.scalars()) == [first, second]
    assert (row.state, row.assignment_id) == ("途中", first)
    (entry,) = [
        one for one in story(record, _incident(record, second)) if one.action == "book_unit"
    ]
    assert "理由：仅此一台，先救人" in entry.reason


def _incident(record: Record, task: int) -> int:
    return int(task_row(record, task).incident_id)


def test_a_unit_that_says_it_is_busy_is_warned_of(
    record: Record, two_tasks: tuple[int, int], now: datetime, officer: Actor
) -> None:
    report(record, "1", now + timedelta(seconds=1), state="检修")
    with pytest.raises(NotAllowed, match="自报“检修”，不能出动"):
        book(record, officer, two_tasks[0], now)


def test_the_same_unit_twice_for_one_incident_is_once(
    record: Record, two_tasks: tuple[int, int], now: datetime, officer: Actor
) -> None:
    book(record, officer, two_tasks[0], now)
    with pytest.raises(NotAllowed, match="不必重复"):
        book(record, officer, two_tasks[0], now, "再来")


def test_the_end_of_the_task_frees_its_units_and_the_agency_is_told(
    record: Record, two_tasks: tuple[int, int], now: datetime, officer: Actor
) -> None:
    book(record, officer, two_tasks[0], now)
    assert read_units(record)[0].booked is not None
    assert [one.unit for one in told(record).units] == ["1"]
    for seconds, status in enumerate((S.ACKNOWLEDGED, S.REPORTED, S.COMPLETED), start=1):
        say(record, "fire", two_tasks[0], status, now + timedelta(seconds=seconds))
    assert read_units(record)[0].booked is None
    assert told(record).units == []
    book(record, officer, two_tasks[1], now + timedelta(minutes=1))
    responses.cancel(record, officer, two_tasks[1], 1, "误报", agencies=AGENCIES, at=now)
    assert bookings.booked(record) == ()


def told(record: Record) -> bookings.BookedList:
    wire = outbound_message.c
    with record.read() as cx:
        ask = select(wire.payload).where(wire.topic == "linkage/v1/assignment/fire/units")
        payload = cx.execute(ask.order_by(wire.id.desc())).scalars().first()
    assert payload is not None
    return msgspec.json.decode(payload, type=bookings.BookedList)


def test_a_unit_is_freed_by_hand_once(
    record: Record, two_tasks: tuple[int, int], now: datetime, officer: Actor
) -> None:
    booking = book(record, officer, two_tasks[0], now)
    bookings.free(record, officer, booking, "已返回")
    with pytest.raises(NotAllowed, match="已经释放"):
        bookings.free(record, officer, booking)


def test_a_unit_goes_where_its_agency_has_an_order(
    record: Record, now: datetime, officer: Actor, analyst: Actor, two_tasks: tuple[int, int]
) -> None:
    with pytest.raises(NotAllowed, match="请先下达"):
        book(record, officer, 4711, now)
    with pytest.raises(NotPermitted):
        book(record, analyst, two_tasks[0], now)
