"""A finer code that no table has: the call comes in by the coarser one, and the office sees once
which line is lacking."""

import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import streamlit as st
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from ingest.registry import read_rules
from linkage.alerts import NOBODY
from linkage.desk.fact_labels import in_words as facts_in_words
from linkage.intake.take_in import Intake
from linkage.intake.unlisted import (
    CODES,
    MOST,
    Codes,
    Unlisted,
    strike_listed,
    unlisted,
)
from linkage.intake_tables import source_quality
from linkage.own_state import read_service
from linkage.people import Actor
from linkage.record import Record
from linkage.tables import alert as alert_table
from tests.mending import REGISTRY
from tests.screens import desk_on, opened
from tests.test_intake import rows
from tests.test_reload import City
from tests.test_source_quality import FIXTURES, SETTINGS, come

TOPIC = "linkage/v1/alert/110-cad"
CALL = msgspec.json.decode((FIXTURES / "110-cad" / "tanker-overturned.json").read_bytes())


@pytest.fixture
def intake(record: Record) -> Intake:
    return Intake(record, read_rules(SETTINGS, REGISTRY))


@pytest.fixture
def city(record: Record, now: datetime, tmp_path: Path) -> Iterator[City]:
    yield City(record, now, tmp_path)
    REGISTRY.devices.put_in_use()


def call(number: int, **changes: Any) -> bytes:
    form = CALL | {"JJDBH": f"3207002026112200{number:04d}", "JQLBDM": "040000", "JQLXDM": "040300"}
    return msgspec.json.encode(form | changes)


def take(intake: Intake, now: datetime, *payloads: bytes) -> list[str]:
    return [r.status for r in intake.take_in([come(p, TOPIC, now) for p in payloads], now)]


def lacking(record: Record) -> Codes:
    with record.read() as cx:
        return unlisted(read_service(cx, CODES))


def test_a_new_sub_code_is_taken_by_its_parent_and_noted_with_it(
    intake: Intake, record: Record, now: datetime
) -> None:
    assert take(intake, now, call(1, JQXLDM="040307", JQZLDM="")) == ["stored"]
    (row,) = rows(record, alert_table)
    assert (row.kind, row.event_code, row.source_kind) == ("fire", "12G01", "厂房仓库火灾")
    facts = msgspec.json.decode(row.facts)
    said = facts_in_words(facts, NOBODY)
    assert "未登记的类别代码 JQXLDM：040307，按 040300 接收" in said
    assert lacking(record) == {"110-cad": [Unlisted("040307", "040300", "JQXLDM")]}
    with record.read() as cx:
        assert cx.execute(select(source_quality)).all() == [], "the source is not in doubt"


def test_a_code_that_is_known_is_noted_nowhere(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, call(1, JQXLDM="040300", JQZLDM=""), call(2))
    assert lacking(record) == {}
    assert all("unlisted_kind" not in (row.facts or "") for row in rows(record, alert_table))


@contextmanager
def statements(record: Record) -> Iterator[list[str]]:
    """What is written of it while the block runs."""
    said: list[str] = []

    def note(_cx: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "service_state" in statement:
            said.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield said
    event.remove(Engine, "before_cursor_execute", note)


def test_a_code_that_comes_a_thousand_times_is_written_once(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, call(1, JQXLDM="040307"))
    with statements(record) as said:
        for number in range(2, 12):
            take(intake, now, call(number, JQXLDM="040307"))
    assert said == []


def test_a_batch_that_is_undone_has_noted_nothing(
    intake: Intake, record: Record, now: datetime
) -> None:
    def cut_off() -> None:
        with intake.batch(now) as (_, batch):
            batch.take([come(call(1, JQXLDM="040307"), TOPIC, now)])
            raise ConnectionError

    with pytest.raises(ConnectionError):
        cut_off()
    assert lacking(record) == {}
    take(intake, now, call(1, JQXLDM="040307"))
    assert len(lacking(record)["110-cad"]) == 1


def test_a_source_with_words_of_its_own_fills_no_screen(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, *(call(n, JQXLDM=f"随意写的“{n}”，按 1 接收 ：") for n in range(1, 150)))
    take(intake, now, call(150, JQXLDM="x" * 10_000))
    found = lacking(record)["110-cad"]
    assert len(found) == MOST
    assert all(one.parent == "040300" for one in found)


def test_what_the_table_has_now_is_struck(intake: Intake, record: Record, now: datetime) -> None:
    take(intake, now, call(1, JQXLDM="040307"), call(2, JQXLDM="040308"))
    strike_listed(record, {"110-cad": {"040307"}})
    assert [one.code for one in lacking(record)["110-cad"]] == ["040308"]
    strike_listed(record, {"119-cad": ()})
    assert lacking(record) == {}, "a source that is no longer there lacks nothing"


def test_a_reload_strikes_the_code_that_was_added(city: City, chief: Actor) -> None:
    city.send(call(1, JQXLDM="040307"))
    assert lacking(city.record)
    line = '"040300" = {'
    city.change(city.sources, line, f'"040307" = "fire"\n{line}')
    city.reload(chief)
    assert lacking(city.record) == {}
    city.send(call(2, JQXLDM="040307"))
    assert lacking(city.record) == {}


def test_the_office_sees_lines_that_can_go_into_the_table_as_they_stand(
    fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    record = fresh_sqlite()
    st.cache_data.clear()
    intake = Intake(record, read_rules(SETTINGS, REGISTRY))
    take(intake, now, call(1, JQXLDM="040307"), call(2, JQXLDM='a"b\\'), call(3, JQXLDM="040307"))
    with desk_on(record, monkeypatch):
        screen = opened("intake")
    (shown,) = [one.value for one in screen.code if "source.kinds" in one.value]
    assert shown.count("\n") == 2
    rules = tomllib.loads(shown)["source"]["kinds"]
    factory = {"kind": "fire", "code": "12G01", "word": "厂房仓库火灾"}
    assert rules == {"040307": factory, 'a"b\\': factory}
    record.close()
