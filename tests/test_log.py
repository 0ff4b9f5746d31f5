"""The log is a chain: nobody changes, removes or slips in an entry unnoticed."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select

from linkage.log import GENESIS, LogBook, as_json, link
from linkage.record import Record
from linkage.tables import ledger, log_entry

AT = datetime(2026, 11, 22, 6, 30, 0, 120, tzinfo=UTC)
ENTRY: dict[str, Any] = {
    "at": AT,
    "actor": "甲（值班员）",
    "action": "verify",
    "incident_id": 7,
    "assignment_id": None,
    "reason": "回拨属实",
    "before": '{"status":"received"}',
    "after": '{"status":"verified"}',
}


def test_the_same_words_give_the_same_hash() -> None:
    assert link(GENESIS, **ENTRY) == link(GENESIS, **ENTRY)
    assert len(link(GENESIS, **ENTRY)) == 64


@pytest.mark.parametrize("field", list(ENTRY))
def test_every_field_counts(field: str) -> None:
    other = {
        "at": AT + timedelta(microseconds=1),
        "incident_id": 8,
        "assignment_id": 7,
    }.get(field, "别的")
    assert link(GENESIS, **{**ENTRY, field: other}) != link(GENESIS, **ENTRY)


def test_the_entry_before_counts() -> None:
    assert link("1" * 64, **ENTRY) != link(GENESIS, **ENTRY)


def test_words_cannot_slide_from_one_field_into_the_next() -> None:
    one = link(GENESIS, **{**ENTRY, "actor": "甲", "action": "乙丙"})
    assert one != link(GENESIS, **{**ENTRY, "actor": "甲乙", "action": "丙"})


def test_the_hour_is_the_same_whatever_the_clock_of_the_reader() -> None:
    beijing = AT.astimezone(timezone(timedelta(hours=8)))
    assert link(GENESIS, **{**ENTRY, "at": beijing}) == link(GENESIS, **ENTRY)


def test_json_reads_the_same_whatever_order_it_was_made_in() -> None:
    assert as_json({"b": 1, "a": [None, "值"]}) == as_json({"a": [None, "值"], "b": 1})


def test_entries_of_one_transaction_are_chained() -> None:
    book = LogBook(GENESIS, AT)
    book.add("甲", "verify", "一")
    book.at = later = AT + timedelta(seconds=1)
    book.add("甲", "close", "二", before={"b": 1, "a": AT}, after={"a": None})
    (_, first), (_, second) = book.entries
    assert [at for at, _ in book.entries] == [AT, later]
    *words, first_hash = first
    assert first_hash == link(GENESIS, AT, *words)
    *words, second_hash = second
    assert second_hash == link(first_hash, later, *words) == book.head
    assert second[5] == '{"a":"2026-11-22T06:30:00.000120Z","b":1}'


def _write_two(record: Record) -> None:
    with record.write(at=AT) as w:
        w.log.add("甲（值班员）", "note", "第一句", incident_id=1, before={"x": 0.1})
    with record.write(at=AT + timedelta(seconds=1)) as w:
        w.log.add("rule", "attach", "第二句", after={"x": [1, None]})


def test_what_is_read_back_gives_the_stored_hash(record: Record) -> None:
    _write_two(record)
    previous = GENESIS
    with record.read() as cx:
        for row in cx.execute(select(log_entry).order_by(log_entry.c.id)):
            assert link(previous, *row[1:-1]) == row.hash
            previous = row.hash
        assert cx.execute(select(ledger.c.log_hash)).scalar_one() == previous


def test_both_databases_keep_the_same_chain(record: Record) -> None:
    """A record moved from SQLite to PostgreSQL still verifies."""
    _write_two(record)
    with record.read() as cx:
        head = cx.execute(select(ledger.c.log_hash)).scalar_one()
    book = LogBook(GENESIS, AT)
    book.add("甲（值班员）", "note", "第一句", incident_id=1, before={"x": 0.1})
    later = LogBook(book.head, AT + timedelta(seconds=1))
    later.add("rule", "attach", "第二句", after={"x": [1, None]})
    assert later.head == head


def test_a_nul_from_a_screen_breaks_no_write(record: Record) -> None:
    with record.write() as w:
        w.log.add("甲", "note", "断\0开", after={"text": "断\0开"})
    with record.read() as cx:
        assert cx.execute(select(log_entry.c.reason)).scalar_one() == "断开"
