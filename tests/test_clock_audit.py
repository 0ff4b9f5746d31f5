"""The auditor of the clocks: it notices what the keeper did not do, says so once, and takes it
back."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from dashboard import audit_watch
from linkage.clocks.audit import Fault, audit, hold_audit, read_audit
from linkage.clocks.keeper import Keeper
from linkage.record import Record
from linkage.response_tables import clock_firing
from linkage.tables import log_entry
from linkage.vocabulary import IncidentStatus
from tests.desk import LEAD, issue, order
from tests.onrecord import put_incident
from tests.screens import desk_on, opened, shown
from tests.timekeeping import CLOCKS, put_on_duty

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


@pytest.fixture
def keeper(record: Record) -> Keeper:
    put_on_duty(record, NOW - timedelta(days=1), NOW + timedelta(days=20))
    return Keeper(record, CLOCKS, steady=lambda: 0.0)


@pytest.fixture
def task(record: Record, keeper: Keeper) -> int:
    incident_id = put_incident(record, at=NOW, status=IncidentStatus.VERIFIED)
    assert keeper
    return issue(record, incident_id, order("fire", LEAD), at=NOW)[0]


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def rounds(record: Record, start: int, end: int) -> list[Fault]:
    """What the last of the rounds, one every ten seconds, found."""
    for second in range(start, end + 1, 10):
        found = hold_audit(record, after(second), CLOCKS)
    return [one.fault for one in found.findings]


def audited(record: Record) -> list[str]:
    with record.read() as cx:
        rows = select(log_entry.c.reason).where(
            log_entry.c.action == "audit", log_entry.c.actor == "rule:audit"
        )
        return list(cx.execute(rows.order_by(log_entry.c.id)).scalars())


def test_while_the_clocks_are_kept_it_has_nothing_to_say(
    record: Record, keeper: Keeper, task: int
) -> None:
    for second in range(300):
        keeper.look(after(second))
        if second % 10 == 0:
            assert hold_audit(record, after(second), CLOCKS).findings == ()
    assert audited(record) == []
    assert task


def test_a_keeper_that_stands_still_is_found_within_twenty_seconds_with_whom_to_call(
    record: Record, keeper: Keeper, task: int
) -> None:
    keeper.look(after(0))
    assert rounds(record, 10, 20) == [Fault.STOPPED]
    with record.read() as cx:
        said = read_audit(cx)
    assert said is not None
    assert "守时进程已" in said.findings[0].words
    assert "当班值班员子 13900000001" in said.calls
    assert task


def test_it_is_said_once_and_once_that_it_is_right_again(
    record: Record, keeper: Keeper, task: int
) -> None:
    keeper.look(after(0))
    rounds(record, 20, 50)
    keeper.look(after(55))
    rounds(record, 60, 60)
    said = [line for line in audited(record) if line.startswith("守时停走")]
    assert [line[:7] for line in said] == ["守时停走：守时", "守时停走已恢复"]
    assert task


def test_a_step_that_vanished_is_missed_though_the_keeper_says_it_lives(
    record: Record, keeper: Keeper, task: int
) -> None:
    for second in (0, 31, 61):
        keeper.look(after(second))
    with record.write(after(62)) as w:
        w.cx.execute(delete(clock_firing))
    for second in (70, 80, 90):
        keeper.look(after(second))  # it has planned on from what it has taken
        found = hold_audit(record, after(second), CLOCKS)
    assert [one.fault for one in found.findings] == [Fault.MISSED]
    assert found.findings[0].words.count("签收") == 1, "one order is one matter"
    assert task


def test_an_unsigned_order_is_found_by_the_columns_alone(
    record: Record, keeper: Keeper, task: int
) -> None:
    """The auditor's own way: no rule of the clocks has any part in it."""
    keeper.look(after(0))
    with record.read() as cx:
        first = audit(cx, after(80), CLOCKS)
        again = audit(cx, after(90), CLOCKS, first)
    missed = [one for one in again.findings if one.fault is Fault.MISSED]
    assert "-0001 消防 签收" in missed[0].words
    assert task


def test_what_has_only_just_begun_to_run_is_given_the_keepers_next_look(
    record: Record, keeper: Keeper
) -> None:
    """A signature that comes in an hour late starts the clock of the turnout an hour late."""
    incident_id = put_incident(record, at=NOW, status=IncidentStatus.VERIFIED)
    keeper.look(after(3600))
    issue(record, incident_id, order("fire", LEAD), at=NOW)
    assert hold_audit(record, after(3601), CLOCKS).findings == ()
    keeper.look(after(3601))
    assert rounds(record, 3602, 3602) == []


def test_a_step_that_reached_nobody_is_said(record: Record) -> None:
    incident_id = put_incident(record, at=NOW, status=IncidentStatus.VERIFIED)
    issue(record, incident_id, order("fire", LEAD), at=NOW)
    Keeper(record, CLOCKS, steady=lambda: 0.0).look(after(61))
    found = hold_audit(record, after(62), CLOCKS)
    assert [one.fault for one in found.findings] == [Fault.NOBODY]
    assert "请在“值班”页补排" in found.findings[0].words


def test_a_chief_on_duty_without_any_means_and_nobody_above_is_said_before_it_matters(
    record: Record,
) -> None:
    put_on_duty(record, NOW - timedelta(days=1), NOW + timedelta(days=1), chief="", leader="")
    found = {one.fault: one for one in hold_audit(record, NOW, CLOCKS).findings}[Fault.NOBODY]
    assert "超时升级到当班值班长时找不到人" in found.words


# On the screens


@pytest.fixture
def desk_record(
    fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Record]:
    record = fresh_sqlite()
    with desk_on(record, monkeypatch):
        yield record
    record.close()


@pytest.fixture
def auditing() -> Iterator[None]:
    """This process has audited for a long time."""
    audit_watch.expect_rounds(float("-inf"))
    yield
    audit_watch.expect_rounds(None)


@pytest.mark.parametrize("page", ["situation", "incident", "responses", "intake", "analysis"])
def test_every_page_says_that_the_clocks_stand_still(desk_record: Record, page: str) -> None:
    hold_audit(desk_record, datetime.now(UTC), CLOCKS)
    text = shown(opened(page))
    assert "守时停走" in text
    assert "python \\-m ingest run" in text


def test_where_nothing_is_wrong_nothing_is_said(desk_record: Record) -> None:
    Keeper(desk_record, CLOCKS).look()
    hold_audit(desk_record, datetime.now(UTC), CLOCKS)
    assert "守时" not in shown(opened("responses"))


def test_an_auditor_that_has_died_is_noticed_by_the_page(
    desk_record: Record,
    auditing: None,
) -> None:
    Keeper(desk_record, CLOCKS).look()
    hold_audit(desk_record, datetime.now(UTC) - timedelta(minutes=2), CLOCKS)
    assert "稽核停走" in shown(opened("responses"))
