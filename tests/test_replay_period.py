"""A period of the record played again into an empty one gives the same incidents, every time."""

import argparse
import itertools
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select, update

from ingest.__main__ import main
from ingest.holding import Holding
from ingest.receive import understand
from ingest.replay_period import Replayed, replay_period
from ingest.simulate.commands import story
from ingest.simulate.feed import payload_of
from ingest.wire import Message
from linkage.errors import BadConfig
from linkage.figures.incident_hash import Hashed, incident_hash
from linkage.intake.own_alerts import Finding, arrival_of
from linkage.intake.scratch import scratch_record
from linkage.intake.take_in import Intake
from linkage.intake.troubles import Phase
from linkage.record import Record
from linkage.tables import incident, incident_alert
from linkage.vocabulary import Severity
from tests.mending import REGISTRY, RULES, SETTINGS, Desk, call

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
STATEMENTS = 1_500


def evening(count: int, seed: int = 7) -> Iterator[tuple[datetime, Message]]:
    """Calls of all nineteen systems with a typhoon among them, as they would arrive."""
    options = argparse.Namespace(seed=seed, speed=1.0, scenario="typhoon")
    sources = dict(REGISTRY.sources)
    steps = story(sources, SETTINGS.tables / "demo", START, options)
    for step in itertools.islice(steps, count):
        source = sources[step.source_id]
        topic = f"linkage/v1/alert/{source.id}".encode()
        yield step.due, Message(0, topic, payload_of(step, source), retained=False)


def lived(record: Record, messages: list[tuple[datetime, Message]]) -> Hashed:
    """Taken in as on a real evening: in batches of any size, with a restart in the middle."""
    dice, holding = Random(3), Holding()
    intake, at = Intake(record, RULES), START
    while messages:
        count = dice.choice((1, 1, 1, 2, 5, 30))
        some, messages = messages[:count], messages[count:]
        at = max(at + timedelta(microseconds=1), some[-1][0] + timedelta(milliseconds=80))
        arrivals = [understand(m, REGISTRY, at, holding) for _, m in some]
        intake.take_in(arrivals, at)
        holding.keep()
        if dice.random() < 0.02:
            intake = Intake(record, RULES)
    with record.read() as cx:
        return incident_hash(cx)


def again(source: Record, into: Record) -> Replayed:
    done = replay_period(source, into, REGISTRY, RULES, period=ALWAYS)
    into.close()
    return done


def test_the_same_messages_give_the_same_incidents_on_both_databases(
    record: Record, tmp_path: Path
) -> None:
    """S10: played again into SQLite, twice, an evening has the hash it had when it was lived."""
    live = lived(record, list(evening(STATEMENTS)))
    first, second = (
        again(record, scratch_record(f"sqlite:///{tmp_path}/{name}.db")) for name in "ab"
    )
    assert first.found == second.found == live
    assert first.messages == STATEMENTS
    assert live.incidents > 100
    print(f"{first.factor:,.0f} times as fast as it happened", first.messages / first.took_s)
    assert first.factor >= 50


def test_an_evening_has_one_hash_whatever_the_database(
    fresh_sqlite: Callable[[], Record], record: Record
) -> None:
    some = list(evening(300))
    other = fresh_sqlite()
    assert lived(record, list(some)) == lived(other, list(some))
    other.close()


def test_it_is_played_into_postgresql_too(record: Record, postgres: object, tmp_path: Path) -> None:
    live = lived(record, list(evening(200)))
    url = postgres.create()  # type: ignore[attr-defined]
    assert again(record, scratch_record(url)).found == live
    postgres.drop(url)  # type: ignore[attr-defined]


def test_the_hash_sees_what_the_rules_decided_and_nothing_else(
    fresh_sqlite: Callable[[], Record], now: datetime
) -> None:
    record = fresh_sqlite()
    desk = Desk(record, now)
    desk.send(call("A1"))
    desk.later(2).send(call("A2"))

    def print_() -> str:
        with record.read() as cx:
            return incident_hash(cx).hash

    before = print_()
    with record.write() as w:
        w.cx.execute(
            update(incident).values(number="20300101-0099", claimed_by="甲", grade="major")
        )
    assert print_() == before
    for change in (
        update(incident).values(place="别处"),
        update(incident).values(status="closed"),
        update(incident).values(occurred_at=now),
        update(incident_alert).where(incident_alert.c.score.is_not(None)).values(score=1.0),
    ):
        with record.write() as w:
            w.cx.execute(change)
        assert print_() != before
        before = print_()
    record.close()


def test_what_we_found_wrong_with_ourselves_is_played_and_not_in_the_hash(
    fresh_sqlite: Callable[[], Record], tmp_path: Path, now: datetime
) -> None:
    record = fresh_sqlite()
    desk = Desk(record, now)
    desk.send(call("A1"))
    with record.read() as cx:
        before = incident_hash(cx)
    found = Finding(
        ref="silence/water/1",
        phase=Phase.BEGAN,
        at=now + timedelta(minutes=5),
        began=now,
        severity=Severity.MODERATE,
        headline="接入系统 水利监测 失联 5 分钟",
        text="请电话联系",
    )
    desk.intake.take_in([arrival_of(found)], found.at)
    # Somebody who says it over the wire is not believed, then or now.
    desk.later(6).send(arrival_of(found).payload, topic="linkage/v1/alert/linkage")
    into = scratch_record(f"sqlite:///{tmp_path}/into.db")
    done = replay_period(record, into, REGISTRY, RULES, period=ALWAYS)
    assert done.found == before
    with into.read() as cx:
        assert len(cx.execute(select(incident)).all()) == 2
    into.close()
    record.close()


def test_a_period_is_cut_out_by_the_time_of_arrival(
    fresh_sqlite: Callable[[], Record], tmp_path: Path, now: datetime
) -> None:
    record = fresh_sqlite()
    desk = Desk(record, now)
    for number in range(10):
        desk.later(1).send(call(f"A{number}"))
    into = scratch_record(f"sqlite:///{tmp_path}/into.db")
    minute = timedelta(minutes=1)
    period = (now + 3 * minute, now + 6 * minute)
    done = replay_period(record, into, REGISTRY, RULES, period=period)
    assert (done.messages, done.batches) == (3, 3)
    assert done.spanned == 2 * minute
    into.close()
    record.close()


def test_nothing_is_played_into_a_record_that_has_something_in_it(
    fresh_sqlite: Callable[[], Record], now: datetime
) -> None:
    record = fresh_sqlite()
    Desk(record, now).send(call("A1"))
    with pytest.raises(BadConfig, match="请换一个空库"):
        scratch_record(record.engine.url.render_as_string())
    with pytest.raises(BadConfig, match="不是数据库地址"):
        scratch_record("somewhere")
    record.close()


def test_by_command_it_says_how_fast_and_which_hash(
    fresh_sqlite: Callable[[], Record],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = fresh_sqlite()
    live = lived(record, list(evening(100)))
    monkeypatch.setenv("LINKAGE_DATABASE_URL", record.engine.url.render_as_string())
    into = f"sqlite:///{tmp_path}/new/into.db"
    period = ["--from", "2026-11-22", "--to", "2026-12-31T00:00:00+08:00"]
    assert main(["replay", *period, "--into", into]) == 0
    told = capsys.readouterr().out
    assert "重放 100 条" in told
    assert re.search(r"为实际速度的 [\d,]+ 倍", told)
    assert f"事件 {live.incidents} 起，校验值 {live.hash}" in told
    assert main(["replay", "--from", "2026-11-22", "--into", into]) == 1
    assert "库里已有报文" in capsys.readouterr().err
    assert main(["replay"]) == 1
    assert "--into" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["replay", "--from", "gestern", "--into", into])
    record.close()
