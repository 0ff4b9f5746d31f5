"""接入状态: who is silent, whether the accounts balance, what was refused and why."""

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from linkage.figures.intake_status import (
    Account,
    IntakeStatus,
    SourceHealth,
    SourceStatus,
    intake_status,
    judge,
)
from linkage.figures.kept import Imbalance, imbalances
from linkage.figures.refusals import Sieve, refusals
from linkage.intake.watch import Heard
from linkage.intake_tables import service_state
from linkage.record import Record
from linkage.tables import outbound_message
from linkage.vocabulary import Outcome
from tests.past import put_account, put_message

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Station:
    """What the page needs to know of a source."""

    def __init__(self, name: str, every: timedelta = 5 * MINUTE) -> None:
        self.name = name
        self.expect_every = every
        self.grace = timedelta(0)
        self.in_service = False


SOURCES = {"110-cad": Station("110 接处警"), "weather": Station("气象预警", timedelta(hours=6))}


def look(record: Record, now: datetime) -> IntakeStatus:
    with record.read() as cx:
        return intake_status(cx, SOURCES, ["fire", "health"], now)


def of(status: IntakeStatus, source_id: str) -> SourceStatus:
    return next(s for s in status.sources if s.id == source_id)


def test_before_the_first_message_every_source_is_not_connected(
    record: Record, now: datetime
) -> None:
    status = look(record, now)
    assert [s.health for s in status.sources] == [SourceHealth.NEVER] * 2
    assert status.total == Account()
    assert status.total.balances
    assert not status.intake.alive


@pytest.mark.parametrize(
    ("heard", "silent", "refused", "health"),
    [
        (True, False, 0, SourceHealth.NORMAL),
        (True, True, 0, SourceHealth.SILENT),
        (True, True, 3, SourceHealth.SILENT),
        (True, False, 1, SourceHealth.REFUSED),
        (False, False, 0, SourceHealth.NEVER),
        (False, True, 0, SourceHealth.SILENT),
    ],
)
def test_a_source_is_judged_by_the_worst_that_is_true(
    now: datetime, heard: bool, silent: bool, refused: int, health: SourceHealth
) -> None:
    assert judge(Heard(now if heard else None), silent, refused) is health


def test_a_heartbeat_keeps_a_quiet_source_from_being_silent(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        put_account(w, "110-cad", now - 30 * MINUTE, stored=4)
        put_account(w, "110-cad", now - SECOND, stored=9, channel="heartbeat")
    police = of(look(record, now), "110-cad")
    assert police.health is SourceHealth.NORMAL
    assert police.last_alert_at == now - 30 * MINUTE
    assert police.last_at == now - SECOND
    assert police.account.received == 4, "heartbeats are no alerts"


def test_silence_says_for_how_long(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        put_account(w, "110-cad", now - 8 * MINUTE, stored=1, delay_s=-3.0)
    police = of(look(record, now), "110-cad")
    assert police.health is SourceHealth.SILENT
    assert police.silent_for == 8 * MINUTE
    assert police.delay_s == -3.0


def test_the_rate_is_of_the_last_five_minutes(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        put_account(w, "110-cad", now, stored=30)
        for ago in range(30):  # one every 20 seconds: 15 within five minutes, and the one on edge
            w.next_id()  # ids have gaps: other tables take some
            put_message(w, "110-cad", now - (29 - ago) * 20 * SECOND)
        put_message(w, "110-cad", now, channel="feedback")
    status = look(record, now)
    assert of(status, "110-cad").per_minute == 16 / 5
    assert of(status, "weather").per_minute == 0


def test_a_refusal_shows_for_an_hour(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        put_account(w, "110-cad", now, stored=1, rejected=2)
        put_message(w, "110-cad", now - 61 * MINUTE, Outcome.REJECTED, reason="旧")
        put_message(w, "110-cad", now - 59 * MINUTE, Outcome.REJECTED, reason="缺 BJSJ")
    police = of(look(record, now), "110-cad")
    assert (police.refused, police.health) == (1, SourceHealth.REFUSED)
    later = of(look(record, now + 2 * MINUTE), "110-cad")
    assert (later.refused, later.health) == (0, SourceHealth.NORMAL)


def test_the_accounts_of_all_sources_add_up(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        put_account(w, "110-cad", now, stored=10, duplicate=3, rejected=1)
        put_account(w, "weather", now, stored=2)
        put_account(w, "gone", now, stored=5)
        put_account(w, "fire", now, stored=7, channel="feedback")
    status = look(record, now)
    assert status.total == Account(16, 12, 3, 1)
    assert status.total.balances
    assert not Account(5, 3, 1, 0).balances
    assert status.strangers == {"gone": Account(5, 5, 0, 0)}


def test_accounts_and_kept_payloads_agree_or_the_difference_is_named(
    record: Record, now: datetime
) -> None:
    with record.write(now) as w:
        put_account(w, "weather", now, stored=2, rejected=1)
        put_account(w, "weather", now, stored=1, channel="feedback")  # an agency of the same name
        for outcome in (Outcome.STORED, Outcome.STORED, Outcome.REJECTED):
            put_message(w, "weather", now, outcome)
        put_message(w, "weather", now, channel="feedback")
    with record.read() as cx:
        assert imbalances(cx) == []
    with record.write(now) as w:
        put_message(w, "weather", now, Outcome.DUPLICATE)
    with record.read() as cx:
        assert imbalances(cx) == [Imbalance("weather", Outcome.DUPLICATE, 0, 1)]


def test_refused_messages_come_newest_first_page_by_page(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        for n in range(5):
            put_message(
                w,
                "110-cad" if n % 2 else "weather",
                now + n * SECOND,
                Outcome.REJECTED,
                payload=b"\xff%d" % n,
                reason=f"第{n}条",
                field="BJSJ",
            )
        put_message(w, "110-cad", now)
    with record.read() as cx:
        count, first = refusals(cx, Sieve(), size=2)
        _, last = refusals(cx, Sieve(), size=2, page=2)
        of_police, only = refusals(cx, Sieve(source_id="110-cad"), size=20)
        assert refusals(cx, Sieve(), size=2, page=99) == (5, last)
    assert count == 5
    assert [r.reason for r in first] == ["第4条", "第3条"]
    assert [r.reason for r in last] == ["第0条"]
    assert (of_police, [r.payload for r in only]) == (2, [b"\xff3", b"\xff1"])
    assert first[0].field == "BJSJ"


def put_order(record: Record, now: datetime, agency_id: str, **more: object) -> None:
    with record.write(now) as w:
        row = {
            "id": w.next_id(),
            "agency_id": agency_id,
            "topic": f"linkage/v1/assignment/{agency_id}",
            "payload": b"{}",
            "retain": False,
            "created_at": now,
            "attempts": 0,
        }
        w.cx.execute(insert(outbound_message).values(row | more))


def test_the_outbox_names_who_waits_how_long_and_why(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        put_account(w, "fire", now - MINUTE, stored=3, rejected=1, channel="feedback")
        put_account(w, "fire", now - SECOND, stored=8, channel="unit")
    put_order(record, now - 9 * MINUTE, "fire", attempts=4, last_error="broker 连接中断")
    put_order(record, now - MINUTE, "fire")
    put_order(record, now - MINUTE, "fire", sent_at=now)
    put_order(record, now - MINUTE, "fire", superseded_by=1)
    fire, health = look(record, now).agencies
    assert (fire.waiting, fire.failing, fire.oldest_at) == (2, 1, now - 9 * MINUTE)
    assert fire.last_error == "broker 连接中断"
    assert (fire.feedback.received, fire.feedback.rejected, fire.units.stored) == (4, 1, 8)
    assert fire.last_at == now - SECOND
    assert (health.waiting, health.last_at, health.feedback) == (0, None, Account())


def test_what_waits_of_an_exercise_is_counted_by_itself(record: Record, now: datetime) -> None:
    put_order(record, now - 9 * MINUTE, "fire", exercise=True, attempts=4, last_error="断")
    put_order(record, now - MINUTE, "fire")
    put_order(record, now - MINUTE, "health", exercise=True)
    fire, health = look(record, now).agencies
    assert (fire.waiting, fire.failing, fire.oldest_at) == (1, 0, now - MINUTE)
    assert (fire.last_error, fire.drills) == (None, 1)
    assert (health.waiting, health.oldest_at, health.drills) == (0, None, 1)


def test_our_own_parts_say_how_they_are(record: Record, now: datetime) -> None:
    said = {"broker": "mosquitto 2.0", "durable": True, "round_trip_ms": 12.5, "queue": 3}
    with record.write(now) as w:
        w.cx.execute(
            insert(service_state).values(name="ingest", at=now - SECOND, detail=json.dumps(said))
        )
    status = look(record, now)
    assert status.intake.alive
    assert status.intake.round_trip_ms == 12.5
    assert status.services[0].detail["queue"] == 3
    assert not look(record, now + MINUTE).intake.alive
