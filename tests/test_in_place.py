"""Somebody moves, deletes or replaces the database file while the night shift is on."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from linkage.backup import backup
from linkage.record import UNAVAILABLE, Record
from linkage.schema import migrate
from linkage.tables import alert
from tests.mending import Desk, call

SUFFIXES = ("", "-wal", "-shm")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "linkage.db"


@pytest.fixture
def desk(file: Path, now: datetime) -> Iterator[Desk]:
    record = Record(f"sqlite:///{file}")
    migrate(record)
    yield Desk(record, now)
    record.close()


def move(file: Path, to: Path) -> None:
    to.mkdir(exist_ok=True)
    for suffix in SUFFIXES:
        there = file.with_name(file.name + suffix)
        if there.exists():
            shutil.move(there, to / there.name)


def kept(record: Record) -> int:
    with record.read() as cx:
        return cx.execute(select(func.count()).select_from(alert)).scalar_one()


def test_a_file_that_was_moved_away_confirms_no_call_until_it_is_back(
    desk: Desk, file: Path, tmp_path: Path
) -> None:
    desk.send(call("A1"))
    move(file, tmp_path / "away")
    for _ in range(2):
        with pytest.raises(UNAVAILABLE, match="已不在原处"):
            desk.send(call("A2"))
    assert not desk.record.reachable()
    assert not file.exists()  # no empty one in its place
    move(tmp_path / "away" / file.name, tmp_path)
    assert desk.record.reachable()
    assert [one.status for one in desk.send(call("A2"))] == ["stored"]
    assert kept(desk.record) == 2


def test_a_backup_put_back_under_the_running_intake_is_what_it_writes_to(
    desk: Desk, file: Path, tmp_path: Path
) -> None:
    desk.send(call("A1"))
    assert backup(f"sqlite:///{file}", tmp_path / "backup.db") == []
    desk.send(call("A2"))
    move(file, tmp_path / "away")
    shutil.move(tmp_path / "backup.db", file)
    assert kept(desk.record) == 1
    assert [one.status for one in desk.send(call("A3"))] == ["stored"]
    again = Record(f"sqlite:///{file}")
    assert kept(again) == 2
    again.close()


def test_a_deleted_file_is_not_written_to(desk: Desk, file: Path) -> None:
    for suffix in SUFFIXES:
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    with pytest.raises(UNAVAILABLE):
        desk.send(call("A1"))
    assert not file.exists()
