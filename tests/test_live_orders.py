"""The wall's short lists: who answered, who is late, what the shift had to do."""

import gzip
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from dashboard.hub import Hub
from linkage.beijing import BEIJING
from linkage.desk.claims import load_claim_rule
from linkage.desk.live_orders import LATE, RESPONSES
from linkage.desk.live_shift import shift_at, shift_figures
from linkage.desk.pressed import PressedRows
from linkage.record import Record
from linkage.tables import assignment
from tests.browser import scene
from tests.timekeeping import CLOCKS, DATA

RULE = load_claim_rule(DATA / "claims.toml")


class At:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(now: datetime) -> At:
    return At(now)


@pytest.fixture
def hub(record: Record, clock: At) -> Hub:
    pressed = PressedRows(CLOCKS, RULE)
    return Hub(record, {}, {"kinds": {}}, clock, pressed=pressed, board=pressed.board)


def whole(hub: Hub) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.json.decode(gzip.decompress(hub.snapshot()[1]))
    return said


def order(record: Record, now: datetime, agency_id: str, *, late: bool = False) -> None:
    with record.write(now) as w:
        scene.add_assignment(w, 1, agency_id, now - timedelta(minutes=20), late=late)


def test_the_wall_hears_who_has_orders_and_who_is_late(
    hub: Hub, record: Record, now: datetime
) -> None:
    scene.evening(record, now)
    hub.look()
    picture = whole(hub)
    worst = next(one for one in picture["responses"] if one["id"] == "1")
    assert [(name, status) for name, _, status, *_ in worst["orders"]] == [
        ("环保", "issued"),
        ("交通", "issued"),
    ]
    assert picture["limits"]["engaged"] == 2
    assert ["环保（配合）", "签收", "未签收"] in [line[1:4] for line in picture["limits"]["lines"]]


def test_an_answer_is_sent_alone(hub: Hub, record: Record, now: datetime) -> None:
    scene.evening(record, now)
    hub.look()
    with record.write(now) as w:
        its = assignment.c
        answered = {"status": "acknowledged", "acknowledged_at": now}
        w.cx.execute(
            update(assignment)
            .where(its.incident_id == 1, its.agency_id == "transport")
            .values(**answered, live_revision=w.next_revision())
        )
    hub.turn()  # its second is over
    frame = msgspec.json.decode(hub.look() or b"{}")
    assert [one["id"] for one in frame["responses"]] == ["1"]
    assert ["交通", "acknowledged"] in [[o[0], o[2]] for o in frame["responses"][0]["orders"]]
    hub.turn()
    assert hub.look() is None, "and not again every second"


def test_the_lists_stay_short_whatever_is_going_on(hub: Hub, record: Record, now: datetime) -> None:
    with record.write(now) as w:
        for _ in range(40):
            made = scene.open_incident(w, now - timedelta(minutes=5), severity="severe")
            scene.add_assignment(w, made, "fire", now - timedelta(minutes=30), late=True)
    hub.look()
    picture = whole(hub)
    assert len(picture["responses"]) == RESPONSES
    assert picture["limits"]["engaged"] == 40
    assert picture["limits"]["late"] >= 40
    assert len(picture["limits"]["lines"]) <= LATE + 6


def test_no_exercise_is_counted_on_the_wall(hub: Hub, record: Record, now: datetime) -> None:
    with record.write(now) as w:
        made = scene.open_incident(w, now, severity="severe", exercise=True)
        scene.add_assignment(w, made, "fire", now - timedelta(minutes=30), late=True)
        w.cx.execute(update(assignment).values(exercise=True))
    hub.look()
    limits = whole(hub)["limits"]
    assert limits.get("engaged", 0) == 0
    assert limits.get("late", 0) == 0
    assert all(len(line) == 6 and line[5] for line in limits["lines"])


@pytest.mark.parametrize(
    ("at", "name", "began"), [(9, "白班", 8), (20, "夜班", 20), (3, "夜班", 20)]
)
def test_the_shift_is_that_of_the_clock(at: int, name: str, began: int) -> None:
    now = datetime(2026, 11, 23, at, 30, tzinfo=BEIJING)
    found, since = shift_at(CLOCKS.duty, now)
    assert (found, since.astimezone(BEIJING).hour) == (name, began)
    assert timedelta() <= now - since < timedelta(hours=12)


def test_the_shift_counts_what_it_had_to_do(record: Record) -> None:
    now = datetime(2026, 11, 23, 15, 10, tzinfo=BEIJING)
    with record.write(now) as w:
        mine = now - timedelta(hours=2)
        claimed = {"claimed_by": "甲（值班员）", "claimed_at": mine + timedelta(seconds=40)}
        scene.open_incident(w, mine, kind="fire", severity="severe", **claimed)
        scene.open_incident(w, mine, kind="fire", status="closed", closed_at=now)
        scene.open_incident(w, mine, kind="fire", exercise=True)
        scene.open_incident(w, now - timedelta(hours=9), kind="lift")
    with record.read() as cx:
        told = shift_figures(cx, CLOCKS.duty, now)
    assert (told.name, told.opened, told.ended, told.serious) == ("白班", 2, 1, 1)
    assert told.claim_s == 40
    assert told.kinds == [("fire", 2)]
    assert told.hours[-3] == 2
    assert told.hours[2] == 1, "what the shift before opened stands in the curve"
