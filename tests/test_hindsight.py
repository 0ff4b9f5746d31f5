"""回看: any moment as the desks saw it then, compared with snapshots taken live."""

import gzip
import random
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import event, select, update

from dashboard.hub import Hub
from linkage.desk.claims import load_claim_rule
from linkage.desk.folding import Folding, load_fold_rule
from linkage.desk.live import LiveWarning
from linkage.desk.pressed import PressedRows
from linkage.hindsight import command, diary
from linkage.hindsight.at_moment import at_moment, changes, next_change
from linkage.hindsight.diary import Diary
from linkage.hindsight.gathered import Gathered
from linkage.hindsight_tables import desk_moment
from linkage.record import Record
from linkage.settings import load_settings
from linkage.tables import incident_link, unit, warning
from linkage.vocabulary import IncidentStatus, LinkState
from tests.browser import scene
from tests.timekeeping import CLOCKS

S = IncidentStatus
ROOT = Path(__file__).parents[1]
Seen = list[tuple[datetime, dict[str, Any]]]


class Evening:
    """A live picture with a desk that writes it down, on a clock of the test's own."""

    def __init__(self, record: Record, now: datetime) -> None:
        self.record, self.at = record, now
        self.chance = random.Random(42)
        self.written: set[datetime] = set()
        self.restart("desk-1")

    def restart(self, recorder: str) -> None:
        """A new process: nothing is remembered but the record."""
        self.hub = self._hub()
        self.diary = Diary(self.record, self.hub, recorder)
        self.tick(0.2)

    def _hub(self) -> Hub:
        folding = Folding(load_fold_rule(ROOT / "data" / "folding.toml"))
        pressed = PressedRows(CLOCKS, load_claim_rule(ROOT / "data" / "claims.toml"))
        return Hub(
            *(self.record, {}, {}, lambda: self.at),
            pressed=pressed,
            board=pressed.board,
            folding=folding,
        )

    def tick(self, seconds: float, *, write: bool = True) -> None:
        self.at += timedelta(seconds=seconds)
        self.hub.turn()  # a second has passed
        self.hub.look()
        if write and self.diary.write(self.at):
            self.written.add(self.at)

    def live(self) -> dict[str, Any]:
        return picture(self.hub, self.at)

    def fresh_desk(self) -> dict[str, Any]:
        """What somebody sees who reads the whole record this moment."""
        other = self._hub()
        other.look()
        return picture(other, self.at)

    def back(self, at: datetime) -> dict[str, Any]:
        with self.record.read() as cx:
            found = at_moment(cx, at, self.at)
        assert found.picture is not None
        return comparable(msgspec.to_builtins(found.picture), at)

    def do(self, act: Any) -> Any:
        with self.record.write(self.at) as w:
            return act(w)


def picture(hub: Hub, at: datetime) -> dict[str, Any]:
    """What a desk has on its screen: the rows of the snapshot, the lights of the last beat."""
    frame = msgspec.json.decode(gzip.decompress(hub.snapshot()[1]))
    return comparable(frame | msgspec.json.decode(hub.beat()), at)


def comparable(frame: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Every field of every row, by id. The lights but for the second at which they were read.
    A warning that has been over for long is on no screen, though a snapshot may still name it."""
    found: dict[str, Any] = {
        part: {row["id"]: row for row in msgspec.to_builtins(frame.get(part) or [])}
        for part in ("incidents", "units", "warnings", "folds", "stations")
    }
    for key, row in list(found["warnings"].items()):
        if not msgspec.convert(row, LiveWarning).shown(at.timestamp()):
            del found["warnings"][key]
    found["tally"] = frame.get("tally")
    found["silent"] = (frame.get("fresh") or {}).get("silent")
    return found


@pytest.fixture
def evening(record: Record, now: datetime) -> Evening:
    return Evening(record, now)


def acts(it: Evening, ids: list[int]) -> Iterator[Any]:
    """What a duty room does in an evening, over and over."""
    chance = it.chance
    while True:
        one = chance.choice(ids)
        yield lambda w: ids.append(
            scene.open_incident(w, w.at, headline=f"新的 <b>{len(ids)}</b> ${{x}}")
        )
        yield lambda w, one=one: scene.change_incident(w, one, claimed_by="值班员甲（值班员）")
        yield lambda w, one=one: scene.change_incident(w, one, status=S.ON_SCENE, severity_rank=4)
        yield lambda w, one=one: scene.change_incident(w, one, status=S.CLOSED)
        yield lambda w, one=one: scene.change_incident(w, one, status=S.RECEIVED)  # reopened
        yield lambda w, one=one: scene.change_incident(w, one, status=S.MERGED)
        yield lambda w, one=one: scene.change_incident(w, one, status=S.RECEIVED)  # and undone
        yield lambda w, one=one: scene.add_assignment(w, one, "fire", w.at, late=True)
        yield lambda w: w.cx.execute(
            update(unit).values(lon=119.1 + chance.random() / 10, revision=w.next_revision())
        )
        yield lambda w: w.cx.execute(
            update(warning)
            .values(status="cancelled", ended_at=w.at, revision=w.next_revision())
            .where(warning.c.id == select(warning.c.id).limit(1).scalar_subquery())
        )
        yield lambda w: w.cx.execute(update(incident_link).values(state=list(LinkState)[-1].value))


def play(it: Evening, moments: int) -> Seen:
    ids = scene.evening(it.record, it.at)
    it.tick(0.2)
    seen: Seen = []
    doing = acts(it, ids)
    for turn in range(moments):
        it.do(next(doing))
        # The desk writes at every third look only, as it does live.
        it.tick(it.chance.choice((0.2, 1.0, 7.0, 90.0)), write=turn % 3 == 0)
        seen.append((it.at, it.live()))
        if turn % 8 == 0:
            assert it.live() == it.fresh_desk()
    it.tick(2)
    return seen


def compared(it: Evening, seen: Seen) -> None:
    for at, then in seen:
        assert rows(it.back(at)) == rows(then), at
        if at in it.written:
            assert it.back(at) == then, at


def rows(seen: dict[str, Any]) -> dict[str, Any]:
    """Exact at every look; what the clock alone changes is written down with the next turn."""
    return {part: seen[part] for part in seen if part not in {"tally", "silent"}}


def test_every_moment_of_an_evening_is_shown_as_it_was_seen_live(evening: Evening) -> None:
    compared(evening, play(evening, 66))


def test_it_is_the_same_when_the_whole_picture_is_kept_again_and_again(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diary, "WHOLE_EVERY", timedelta(seconds=60))
    compared(evening, play(evening, 44))
    with evening.record.read() as cx:
        kept = cx.execute(select(desk_moment.c.whole)).scalars().all()
    assert sum(kept) > 5


def test_changes_played_one_after_the_other_give_each_picture_in_turn(evening: Evening) -> None:
    seen = play(evening, 44)
    playing = Gathered()
    with evening.record.read() as cx:
        start = at_moment(cx, seen[0][0], evening.at)
        assert start.picture
        playing.take(start.picture)
        for (before, _), (at, then) in pairwise(seen):
            found = changes(cx, before, at, evening.at)
            assert found.since is not None
            assert found.picture
            playing.take(found.picture)
            now = comparable(msgspec.to_builtins(playing.whole(at.timestamp())), at)
            assert rows(now) == rows(then), at


def test_a_restart_of_the_desk_loses_nothing_that_it_had_shown(evening: Evening) -> None:
    seen = play(evening, 22)
    stopped = evening.at
    evening.at += timedelta(minutes=7)
    evening.do(lambda w: scene.open_incident(w, evening.at, headline="停机时来的"))
    evening.at += timedelta(seconds=40)
    evening.restart("desk-2")
    begun = evening.at
    evening.tick(5)
    seen.append((evening.at, evening.live()))
    compared(evening, seen)
    # What happened while nobody watched was on no desk, and that is said.
    with evening.record.read() as cx:
        between = at_moment(cx, stopped + timedelta(minutes=3), evening.at)
    assert between.unseen is not None
    assert between.unseen == pytest.approx(
        (stopped.timestamp(), begun.timestamp()), abs=diary.MARK_S
    )
    assert "停机时来的" not in str(between.picture)


def test_two_desk_processes_write_one_diary(evening: Evening) -> None:
    scene.evening(evening.record, evening.at)
    evening.tick(1)
    other = Diary(evening.record, evening.hub, "desk-2")
    for _ in range(5):
        evening.do(lambda w: scene.open_incident(w, evening.at))
        evening.tick(1)
        assert not other.write(evening.at)
    # The first is gone; the second takes over, and what lies between is not passed over.
    evening.at += timedelta(minutes=1)
    assert other.write(evening.at)
    evening.do(lambda w: scene.open_incident(w, evening.at))
    evening.tick(1, write=False)
    assert other.write(evening.at)
    # The first comes back and stands by.
    assert not evening.diary.write(evening.at)
    compared(evening, [(evening.at, evening.live())])


def test_a_record_that_was_away_is_written_up_when_it_is_back(evening: Evening) -> None:
    scene.evening(evening.record, evening.at)
    evening.tick(1)
    seen: Seen = []
    for _ in range(20):  # nothing can be written, looks go on
        evening.do(lambda w: scene.open_incident(w, evening.at))
        evening.tick(2, write=False)
        seen.append((evening.at, evening.live()))
    evening.tick(1)
    compared(evening, seen)


def test_what_was_known_later_is_not_on_the_picture_of_before(evening: Evening) -> None:
    """A call of 14:05 that reached us at 14:09 is on no picture of 14:07."""
    at = evening.at
    evening.tick(120)
    evening.tick(120)
    occurred = at + timedelta(seconds=10)
    late = evening.do(lambda w: scene.open_incident(w, occurred, headline="补报"))
    evening.tick(1)
    assert str(late) not in evening.back(at + timedelta(seconds=130))["incidents"]
    assert str(late) in evening.back(evening.at)["incidents"]


def test_before_the_first_moment_there_is_nothing_and_that_is_said(evening: Evening) -> None:
    early = evening.at - timedelta(days=1)
    with evening.record.read() as cx:
        found = at_moment(cx, early, evening.at)
    assert found.picture is None
    assert found.begins is not None
    assert "开始记录" in command.lines(found)[0]


def test_an_empty_record_says_that_nothing_was_kept(record: Record, now: datetime) -> None:
    with record.read() as cx:
        found = at_moment(cx, now, now)
        assert next_change(cx, now) is None
    assert (found.begins, found.picture) == (None, None)
    assert "尚无画面记录" in command.lines(found)[0]


def test_the_next_change_is_found_over_hours_of_silence(evening: Evening) -> None:
    start = evening.at
    for _ in range(30):
        evening.tick(400)
    evening.do(lambda w: scene.open_incident(w, evening.at, headline="终于"))
    evening.tick(1)
    with evening.record.read() as cx:
        assert next_change(cx, start) == evening.at.timestamp()
        assert next_change(cx, evening.at) is None


def test_nothing_is_written_while_nothing_happens(evening: Evening) -> None:
    scene.evening(evening.record, evening.at)
    evening.tick(1)
    statements: list[str] = []
    event.listen(evening.record.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    for _ in range(4):
        assert not evening.diary.write(evening.at)
    assert statements == []


def test_thirty_days_are_kept_and_no_more(evening: Evening) -> None:
    first = evening.at
    for _ in range(40):
        evening.tick(86_400)
    with evening.record.read() as cx:
        begins = at_moment(cx, evening.at, evening.at).begins
        oldest = at_moment(cx, evening.at - timedelta(days=30), evening.at)
    assert begins is not None
    assert begins > first.timestamp()
    assert oldest.picture is not None
    assert oldest.unseen is None


def test_the_desk_of_then_is_printed_for_use_without_a_screen(
    evening: Evening, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.evening(evening.record, evening.at)
    evening.do(lambda w: scene.open_incident(w, evening.at, headline="换行\n\x1b[31m红字"))
    evening.tick(0.8)
    parser = ArgumentParser()
    command.add_options(parser)
    when = (evening.at + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")
    assert command.run(load_settings(), evening.record, parser.parse_args(["--at", when])) == 0
    said = capsys.readouterr().out
    assert f"{when} 的值班台" in said
    assert "在办" in said
    assert "\x1b" not in said
    assert (
        command.run(load_settings(), evening.record, parser.parse_args(["--at", when, "--json"]))
        == 0
    )
    told = msgspec.json.decode(capsys.readouterr().out)
    assert len(told["picture"]["incidents"]) == len(evening.live()["incidents"])


def test_a_warning_that_ran_out_leaves_the_picture_when_it_did(evening: Evening) -> None:
    scene.evening(evening.record, evening.at)
    evening.tick(1)
    start = evening.at
    seen: Seen = []
    for _ in range(30):
        evening.tick(3600)
        seen.append((evening.at, evening.live()))
    compared(evening, seen)
    assert evening.back(start)["warnings"]
    assert not evening.back(evening.at)["warnings"]
