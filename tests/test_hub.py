"""The live picture: one snapshot, then only what changed, and no gap between the two."""

import gzip
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from dashboard.hub import KEPT_FRAMES, Hub
from linkage.desk.pressed import PressedRows
from linkage.intake.errands import ErrandKind, ErrandState, ask, finish
from linkage.people import Actor
from linkage.record import Record
from linkage.vocabulary import IncidentStatus
from tests.browser import scene
from tests.timekeeping import CLAIMS, CLOCKS


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def hub(record: Record, clock: Clock) -> Hub:
    return Hub(record, {}, {"kinds": {}}, clock, pressed=PressedRows(CLOCKS, CLAIMS))


def read(frame: bytes | None) -> dict[str, Any]:
    assert frame is not None
    said: dict[str, Any] = msgspec.json.decode(frame)
    return said


def whole(hub: Hub) -> dict[str, Any]:
    _rev, body = hub.snapshot()
    return read(gzip.decompress(body))


def change(record: Record, now: datetime, do: Callable[[Any], Any]) -> Any:
    with record.write(now) as w:
        return do(w)


def test_a_new_desk_gets_everything_that_is_open(hub: Hub, record: Record, now: datetime) -> None:
    ids = scene.evening(record, now)
    hub.look()
    picture = whole(hub)
    assert len(picture["incidents"]) == 60
    assert {row["late"] for row in picture["incidents"] if row["id"] == str(ids[0])} == {1}
    assert len(picture["units"]) == 4
    assert len(picture["warnings"]) == 2
    assert picture["tally"]["links_open"] == 1


def test_nothing_is_sent_while_nothing_happens(hub: Hub, record: Record, now: datetime) -> None:
    scene.evening(record, now)
    hub.look()
    assert hub.look() is None


def test_a_new_incident_is_sent_once_and_alone(hub: Hub, record: Record, now: datetime) -> None:
    scene.evening(record, now)
    hub.look()
    before = hub.rev
    made = change(record, now, lambda w: scene.open_incident(w, now, headline="新的一起"))
    frame = read(hub.look())
    assert [(row["id"], row["headline"]) for row in frame["incidents"]] == [(str(made), "新的一起")]
    assert frame["rev"] == before + 1
    assert hub.look() is None


def test_a_closed_incident_is_sent_as_gone_and_leaves_the_picture(
    hub: Hub, record: Record, now: datetime
) -> None:
    made = change(record, now, lambda w: scene.open_incident(w, now))
    hub.look()
    change(record, now, lambda w: scene.change_incident(w, made, status=IncidentStatus.CLOSED))
    frame = read(hub.look())
    assert frame["gone"] == [str(made)]
    assert "incidents" not in frame
    assert "incidents" not in whole(hub)


def test_an_incident_that_opened_and_closed_between_two_looks_is_never_shown(
    hub: Hub, record: Record, now: datetime
) -> None:
    hub.look()

    def both(w: Any) -> None:
        made = scene.open_incident(w, now)
        scene.change_incident(w, made, status=IncidentStatus.CLOSED)

    change(record, now, both)
    assert hub.look() is None


def test_an_assignment_turns_late_by_the_clock_alone(
    hub: Hub, record: Record, now: datetime, clock: Clock
) -> None:
    made = change(record, now, lambda w: scene.open_incident(w, now))
    change(record, now, lambda w: scene.add_assignment(w, made, "fire", now, late=True))
    hub.look()
    clock.at = now + timedelta(minutes=6)
    hub.turn()  # a second has passed
    frame = read(hub.look())
    assert [(row["id"], row["late"]) for row in frame["incidents"]] == [(str(made), 1)]


def test_a_commit_is_told_while_the_clock_is_still_being_read(
    record: Record, clock: Clock, now: datetime
) -> None:
    """With thousands open that takes long enough to be seen."""
    reading, on = threading.Event(), threading.Event()
    reads: list[datetime] = []

    def slow(_cx: Any, at: datetime) -> dict[str, Any]:
        reads.append(at)
        if len(reads) > 1:
            reading.set()
            assert on.wait(30)
        return {}

    hub = Hub(record, {}, {}, clock, pressed=slow)
    hub.look()
    turn = threading.Thread(target=hub.turn)
    turn.start()
    assert reading.wait(30)
    made = change(record, now, lambda w: scene.open_incident(w, now))
    assert [row["id"] for row in read(hub.look())["incidents"]] == [str(made)]
    on.set()
    turn.join()


def test_a_changed_incident_keeps_its_count_of_late_assignments(
    hub: Hub, record: Record, now: datetime
) -> None:
    ids = scene.evening(record, now)
    hub.look()
    change(record, now, lambda w: scene.change_incident(w, ids[0], alert_count=9))
    (row,) = read(hub.look())["incidents"]
    assert (row["alerts"], row["late"]) == (9, 1)


def test_a_desk_that_comes_back_gets_just_what_it_missed(
    hub: Hub, record: Record, now: datetime
) -> None:
    hub.look()
    had = hub.rev
    made = []
    for _ in range(3):
        made.append(change(record, now, lambda w: scene.open_incident(w, now)))
        hub.look()
    missed = [read(frame) for frame in hub.missed(had)]
    assert [row["id"] for frame in missed for row in frame["incidents"]] == [str(i) for i in made]
    assert hub.missed(hub.rev) == []


@pytest.mark.parametrize("rev", [0, 1, 10**18], ids=["never here", "last year", "from the future"])
def test_a_desk_whose_place_is_not_known_is_told_to_read_the_whole(
    hub: Hub, record: Record, now: datetime, rev: int
) -> None:
    scene.evening(record, now)
    hub.look()
    (frame,) = hub.missed(rev)
    assert read(frame)["resync"] is True


def test_only_so_many_changes_are_kept(hub: Hub, record: Record, now: datetime) -> None:
    hub.look()
    had = hub.rev
    made = change(record, now, lambda w: scene.open_incident(w, now))
    for n in range(KEPT_FRAMES + 1):
        change(record, now, lambda w, n=n: scene.change_incident(w, made, alert_count=n))
        hub.look()
    (frame,) = hub.missed(had)
    assert read(frame)["resync"] is True
    assert len(hub.missed(hub.rev - KEPT_FRAMES)) == KEPT_FRAMES


def test_a_number_from_before_a_restart_is_too_old(
    record: Record, clock: Clock, now: datetime
) -> None:
    first = Hub(record, {}, {}, clock)
    for _ in range(3):
        change(record, now, lambda w: scene.open_incident(w, now))
        first.look()
    clock.at = now + timedelta(seconds=5)
    second = Hub(record, {}, {}, clock)
    second.look()
    assert second.rev > first.rev
    assert read(second.missed(first.rev)[0])["resync"] is True


def test_the_snapshot_and_the_changes_after_it_leave_no_gap(
    hub: Hub, record: Record, now: datetime
) -> None:
    hub.look()
    change(record, now, lambda w: scene.open_incident(w, now))
    hub.look()
    rev, _body = hub.snapshot()
    change(record, now, lambda w: scene.open_incident(w, now))
    hub.look()
    assert [read(frame)["rev"] for frame in hub.missed(rev)] == [rev + 1]


def test_a_snapshot_is_built_once_for_all_who_ask(hub: Hub, record: Record, now: datetime) -> None:
    scene.evening(record, now)
    hub.look()
    assert hub.snapshot()[1] is hub.snapshot()[1]


def test_a_record_restored_from_yesterday_makes_every_desk_begin_anew(
    hub: Hub, record: Record, now: datetime
) -> None:
    from sqlalchemy import update

    from linkage.tables import ledger

    scene.evening(record, now)
    hub.look()
    with record.engine.begin() as cx:
        cx.execute(update(ledger).values(revision=1))
    assert read(hub.look())["resync"] is True


def test_the_picture_is_stale_until_it_was_read_once(hub: Hub) -> None:
    assert hub.stale
    hub.look()
    assert not hub.stale


def test_a_database_that_is_away_makes_the_picture_stale_and_keeps_it(now: datetime) -> None:
    away = Record("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1")
    hub = Hub(away, {}, {}, Clock(now))
    assert hub.look() is None
    assert hub.stale
    assert read(hub.beat())["stale"] is True


def test_a_beat_carries_no_rows(hub: Hub, record: Record, now: datetime) -> None:
    scene.evening(record, now)
    hub.look()
    said = read(hub.beat())
    assert "incidents" not in said
    assert said["fresh"]["at"] == int(now.timestamp())


def test_other_tables_are_followed_and_every_desk_reads_the_words_anew(
    record: Record, clock: Clock, chief: Actor
) -> None:
    """The intake has taken a changed sources.toml into use, by whatever way it was told."""
    words = [{"sources": {"rail": "轨道交通"}}]
    hub = Hub(record, {}, {"sources": {}}, clock, lambda: ({}, words[0]) if words else None)
    hub.look()
    asked = ask(record, chief, ErrandKind.RELOAD, {})
    with record.write() as w:
        finish(w, asked, ErrandState.DONE, {})
    hub.turn()
    assert read(hub.look())["resync"]
    assert whole(hub)["words"] == words[0]
    words.clear()  # the file is wrong here: what there was stays
    asked = ask(record, chief, ErrandKind.RELOAD, {})
    with record.write() as w:
        finish(w, asked, ErrandState.DONE, {})
    hub.turn()
    assert hub.look() is None
    assert whole(hub)["words"] == {"sources": {"rail": "轨道交通"}}


def test_a_picture_is_handed_out_only_once_the_record_was_read(
    fresh_sqlite: Callable[[], Record], now: datetime
) -> None:
    """An empty one would wipe every desk after a restart, and ring for all that is open."""
    record = fresh_sqlite()
    hub = Hub(record, {}, {}, Clock(now))
    assert not hub.begun
    hub.look()
    assert hub.begun
    record.close()
