"""The thread that keeps the clocks: it says that it lives, and outlives an absent database."""

import threading
from pathlib import Path

from ingest import keeping_time
from linkage.clocks.keeper import KEEPER
from linkage.own_state import read_service
from linkage.record import Record
from tests.parts import wait_until
from tests.timekeeping import CLOCKS


def beat(record: Record) -> object:
    with record.read() as cx:
        return read_service(cx, KEEPER)


def test_it_says_within_seconds_that_it_lives_and_ends_when_it_is_told(record: Record) -> None:
    stopping = threading.Event()
    thread = keeping_time.start(record, CLOCKS, stopping)
    wait_until(lambda: beat(record), 10, "the keeper's beat")
    stopping.set()
    thread.join(5)
    assert not thread.is_alive()


def test_a_database_that_is_away_does_not_end_it(tmp_path: Path) -> None:
    away = Record(f"sqlite:///{tmp_path}/nowhere/linkage.db")
    stopping = threading.Event()
    thread = keeping_time.start(away, CLOCKS, stopping)
    thread.join(2.5)
    assert thread.is_alive()
    stopping.set()
    thread.join(5)
    away.close()
