"""What must reach a department waits until the broker has it; nothing is dropped or overtakes."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from linkage.record import Record
from linkage.response import outbox
from linkage.tables import outbound_message

OPEN = "linkage/v1/assignment/fire/open"
ORDER = "linkage/v1/assignment/fire"


def put(record: Record, at: datetime, payload: bytes = b"{}", **options: Any) -> int:
    with record.write(at) as w:
        topic = options.pop("topic", ORDER)
        return outbox.enqueue(w, options.pop("agency", "fire"), topic, payload, **options)


def due(record: Record, now: datetime, limit: int = 100) -> list[int]:
    with record.read() as cx:
        return [one.id for one in outbox.pending(cx, limit, now)]


def fail(record: Record, message_id: int, at: datetime, error: str = "消息服务器不在线") -> None:
    with record.write(at) as w:
        outbox.mark_failed(w, message_id, error)


def row(record: Record, message_id: int) -> Any:
    with record.read() as cx:
        query = select(outbound_message).where(outbound_message.c.id == message_id)
        return cx.execute(query).one()


def test_messages_go_out_in_the_order_in_which_they_were_made(
    record: Record, now: datetime
) -> None:
    ids = [put(record, now, agency=agency) for agency in ("fire", "police", "fire", "health")]
    assert due(record, now) == ids
    assert due(record, now, limit=2) == ids[:2]


def test_a_message_travels_byte_for_byte(record: Record, now: datetime) -> None:
    put(record, now, "任务：灭火".encode(), retain=True, topic=OPEN)
    with record.read() as cx:
        (one,) = outbox.pending(cx, 1, now)
    assert (one.payload.decode(), one.topic, one.retain) == ("任务：灭火", OPEN, True)
    assert (one.created_at, one.attempts, one.agency_id) == (now, 0, "fire")


def test_what_the_broker_confirmed_is_not_sent_again(record: Record, now: datetime) -> None:
    first, second = put(record, now), put(record, now)
    later = now + timedelta(seconds=1)
    with record.write(later) as w:
        outbox.mark_sent(w, [first])
    assert due(record, later) == [second]
    assert row(record, first).sent_at == later


def test_confirmed_twice_the_first_time_stands(record: Record, now: datetime) -> None:
    message_id = put(record, now)
    for seconds in (1, 9):
        with record.write(now + timedelta(seconds=seconds)) as w:
            outbox.mark_sent(w, [message_id])
    assert row(record, message_id).sent_at == now + timedelta(seconds=1)
    assert row(record, message_id).attempts == 1


def test_marking_nothing_is_harmless(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        outbox.mark_sent(w, [])


def test_a_failed_message_waits_longer_each_time_and_is_never_given_up(
    record: Record, now: datetime
) -> None:
    message_id = put(record, now)
    at, waits = now, []
    for _ in range(12):
        fail(record, message_id, at)
        assert due(record, at) == []
        retry_at = row(record, message_id).retry_at
        assert due(record, retry_at) == [message_id]
        waits.append((retry_at - at).total_seconds())
        at = retry_at
    assert waits[:6] == [2, 4, 8, 16, 32, 60]
    assert set(waits[6:]) == {60}
    assert row(record, message_id).attempts == 12


def test_the_last_error_is_there_for_the_screen_until_it_is_mended(
    record: Record, now: datetime
) -> None:
    message_id = put(record, now)
    fail(record, message_id, now, "消息服务器 5 秒内未确认")
    assert row(record, message_id).last_error == "消息服务器 5 秒内未确认"
    assert row(record, message_id).last_attempt_at == now
    with record.write(now + timedelta(seconds=5)) as w:
        outbox.mark_sent(w, [message_id])
    assert row(record, message_id).last_error is None
    assert row(record, message_id).attempts == 2


def test_one_that_fails_does_not_hold_up_the_others(record: Record, now: datetime) -> None:
    stuck = put(record, now, assignment_id=1)
    others = [put(record, now, agency="police", assignment_id=2), put(record, now)]
    fail(record, stuck, now)
    assert due(record, now) == others
    # Many stuck ones do not fill the limit either.
    for _ in range(5):
        fail(record, put(record, now, assignment_id=3), now)
    assert due(record, now, limit=2) == others


def test_our_clock_put_back_holds_up_no_order(record: Record, now: datetime) -> None:
    """T24: what failed just before goes at once, in order, and not when the day has caught up."""
    order = put(record, now, assignment_id=7)
    cancel = put(record, now, assignment_id=7)
    fail(record, order, now)
    assert due(record, now) == []
    assert due(record, now - timedelta(hours=1)) == [order, cancel]


def test_a_cancellation_does_not_overtake_its_order(record: Record, now: datetime) -> None:
    order = put(record, now, assignment_id=7)
    fail(record, order, now)
    cancellation = put(record, now, assignment_id=7)
    assert due(record, now) == []
    assert due(record, now + timedelta(seconds=2)) == [order, cancellation]


def test_of_the_lists_of_what_is_open_only_the_newest_matters(
    record: Record, now: datetime
) -> None:
    lists = [put(record, now, retain=True, topic=OPEN) for _ in range(3)]
    assert due(record, now) == lists[-1:]
    assert [row(record, one).superseded_by for one in lists] == [lists[1], lists[2], None]


def test_a_list_supersedes_neither_orders_nor_another_agencys_list(
    record: Record, now: datetime
) -> None:
    order = put(record, now)
    theirs = put(record, now, agency="police", retain=True, topic=OPEN.replace("fire", "police"))
    ours = put(record, now, retain=True, topic=OPEN)
    assert due(record, now) == [order, theirs, ours]


def test_a_list_that_was_sent_is_not_marked_superseded(record: Record, now: datetime) -> None:
    first = put(record, now, retain=True, topic=OPEN)
    with record.write(now) as w:
        outbox.mark_sent(w, [first])
    put(record, now, retain=True, topic=OPEN)
    assert row(record, first).superseded_by is None


def test_a_newer_list_goes_out_at_once_though_the_older_one_was_backing_off(
    record: Record, now: datetime
) -> None:
    fail(record, put(record, now, retain=True, topic=OPEN), now)
    newer = put(record, now, retain=True, topic=OPEN)
    assert due(record, now) == [newer]


def test_what_was_not_committed_was_never_to_be_sent(record: Record, now: datetime) -> None:
    class PowerCut(Exception):  # noqa: N818
        pass

    def cut_short() -> None:
        with record.write(now) as w:
            outbox.enqueue(w, "fire", ORDER, b"{}")
            raise PowerCut

    with pytest.raises(PowerCut):
        cut_short()
    assert due(record, now) == []


def test_what_is_real_goes_before_an_exercise_that_was_there_first(
    record: Record, now: datetime
) -> None:
    practised = [put(record, now, exercise=True) for _ in range(3)]
    real = put(record, now)
    listed = put(record, now, retain=True, topic=OPEN)
    assert due(record, now) == [real, listed, *practised]
    assert due(record, now, limit=2) == [real, listed]
