"""A desk hears of a change within a moment, and asking costs next to nothing."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from linkage.desk.ledger_watch import LedgerWatch
from linkage.record import Record
from tests.browser import scene


@pytest.fixture
def watch(record: Record) -> Iterator[LedgerWatch]:
    found = LedgerWatch(record)
    found.wait(0.05)  # the first answer is news
    yield found
    found.close()


def test_a_commit_is_heard_long_before_the_next_look(record: Record, watch: LedgerWatch) -> None:
    def later() -> None:
        time.sleep(0.1)
        with record.write() as w:
            scene.open_incident(w, datetime.now(UTC))

    writer = threading.Thread(target=later)
    writer.start()
    assert watch.wait(20)
    writer.join()
    with record.read() as cx:
        assert cx.exec_driver_sql("SELECT count(*) FROM incident").scalar_one() == 1


def test_where_nothing_happens_nothing_is_heard(watch: LedgerWatch) -> None:
    assert not watch.wait(0.1)


def test_what_cannot_be_asked_is_looked_at(record: Record, watch: LedgerWatch) -> None:
    """The look itself finds out what is wrong, and says it."""
    watch._held.close()
    assert watch.wait(0.1)
    watch.wait(0.1)
    assert not watch.wait(0.1)  # taken anew


def test_a_thousand_questions_cost_next_to_nothing(watch: LedgerWatch) -> None:
    began = time.thread_time()
    for _ in range(1_000):
        watch._ask()
    assert time.thread_time() - began < 1.0  # 5 µs on SQLite, 100 µs on PostgreSQL
