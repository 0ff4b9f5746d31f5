"""A period of the record played again into an empty one gives the same incidents, every time."""

import argparse
import itertools
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec
import pytest
from sqlalchemy import select, text, update

from ingest import mend
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
from linkage.people import Actor
from linkage.record import Record
from linkage.tables import inbound_message, incident, incident_alert
from linkage.vocabulary import Outcome, Severity
from tests.mending import REGISTRY, RULES, SETTINGS, Desk, call
from tests.test_mending import worked

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
    assert done.last - done.first == 2 * minute
    into.close()
    record.close()


STORM = 600


def storm(count: int, seed: int) -> Iterator[tuple[datetime, str, bytes]]:
    """Far more than one a second: calls that are updated, withdrawn and sent again, and what is in
    tests/fixtures, whole or cut short: frames, stations, warnings, rubbish."""
    dice = Random(seed)
    captured = [
        (folder.name, captured_bytes(file))
        for folder in sorted(Path("tests/fixtures").iterdir())
        for file in sorted(folder.iterdir())
        if folder.name in REGISTRY.sources and not file.name.endswith(".expected.json")
    ]
    options = argparse.Namespace(seed=seed, speed=300.0, scenario="typhoon")
    sources, at = dict(REGISTRY.sources), START
    said: list[tuple[str, bytes]] = []
    for step in itertools.islice(story(sources, SETTINGS.tables / "demo", START, options), count):
        said.append((step.source_id, payload_of(step, sources[step.source_id])))
        now = [said[-1]]
        source_id, payload = dice.choice(said[-15:])
        if dice.random() < 0.15:
            now.append((source_id, payload))
        elif source_id == "110-cad" and dice.random() < 0.4:
            form = msgspec.json.decode(payload) | {"WXBS": "1"}
            now.append((source_id, msgspec.json.encode(form)))
        if dice.random() < 0.3:
            name, raw = dice.choice(captured)
            whole = dice.random() < 0.8
            now.append((name, raw if whole else raw[: dice.randrange(len(raw) + 1)]))
        for each in now:
            at = max(at + timedelta(microseconds=1), step.due + timedelta(milliseconds=80))
            yield at, *each


def captured_bytes(file: Path) -> bytes:
    if file.suffix != ".hex":
        return file.read_bytes()
    lines = file.read_text("utf-8").splitlines()
    return bytes.fromhex(" ".join(line.partition("#")[0] for line in lines))


# All that a message leaves behind; without ids, which count the batches too.
KEPT = (
    "SELECT source_id, source_ref, revision, digest, kind, received_at FROM alert",
    "SELECT source_id, received_at, outcome, reason FROM inbound_message",
    "SELECT source_id, source_ref, status, colour, ended_at FROM warning",
    "SELECT source_id, device, name, since, seen_at, ended_at, said FROM device_alarm",
    "SELECT agency_id, unit_id, reported_at, lon, lat FROM unit",
    "SELECT station_id, factor, value, level, fault, memory, recent, packs FROM series",
    "SELECT at_ms, change, level, value FROM reading_event",
    "SELECT source_id, stream, key, data FROM fragment",
    "SELECT channel, source_id, received, stored, duplicate, rejected, last_at FROM source_state",
    "SELECT number, opened_at, headline, grade_proposed, grade_reason FROM incident",
    "SELECT at, actor, action FROM log_entry WHERE action NOT IN ('doubt', 'security')",
)


def kept(record: Record) -> list[list[str]]:
    with record.read() as cx:
        return [sorted(repr(tuple(row)) for row in cx.execute(text(query))) for query in KEPT]


def test_one_message_a_batch_or_hundreds_it_is_the_same_record(tmp_path: Path) -> None:
    """A storm comes message by message; it is played again with a transaction for hundreds. No
    rule may hang on where a batch ends."""
    record, holding = scratch_record(f"sqlite:///{tmp_path}/lived.db"), Holding()
    intake, count = Intake(record, RULES), 0
    for at, source_id, payload in storm(STORM, 5):
        message = Message(0, f"linkage/v1/alert/{source_id}".encode(), payload, retained=False)
        intake.take_in([understand(message, REGISTRY, at, holding)], at)
        holding.keep()
        count += 1
    with record.read() as cx:
        live = incident_hash(cx)
    into = scratch_record(f"sqlite:///{tmp_path}/into.db")
    done = replay_period(record, into, REGISTRY, RULES, period=ALWAYS)
    assert (done.found, done.messages, done.batches) == (live, count, count)
    assert all(then == now for then, now in done.outcomes.values())
    for lived_, played, query in zip(kept(record), kept(into), KEPT, strict=True):
        assert played == lived_, query
    into.close()
    record.close()


def test_what_a_person_has_put_right_is_played_by_the_clock_of_its_first_day(
    fresh_sqlite: Callable[[], Record], tmp_path: Path, now: datetime, chief: Actor
) -> None:
    """Its own clock runs a day ahead. When it came that was seen; three days later it would be
    believed."""
    record = fresh_sqlite()
    desk = Desk(record, now)
    right = call("A1", BJSJ="2026-11-23 14:30:00")
    desk.send(right[:-1] + b",}")
    with record.read() as cx:
        (number,) = cx.execute(select(inbound_message.c.id)).scalars()
    desk.later(3 * 24 * 60)
    work = mend.redrive(desk.workplace(), chief, [number], right)
    result = worked(work)
    assert result["counts"] == {"stored": 1}
    with record.read() as cx:
        live = incident_hash(cx)
    into = scratch_record(f"sqlite:///{tmp_path}/into.db")
    done = replay_period(record, into, REGISTRY, RULES, period=ALWAYS)
    assert done.found == live
    assert done.outcomes[Outcome.REJECTED] == (1, 1)
    into.close()
    record.close()


def test_a_classified_message_is_played_as_what_it_was(
    fresh_sqlite: Callable[[], Record], tmp_path: Path, now: datetime
) -> None:
    record = fresh_sqlite()
    Desk(record, now).send(call("A1", SFBM="1"))
    into = scratch_record(f"sqlite:///{tmp_path}/into.db")
    replay_period(record, into, REGISTRY, RULES, period=ALWAYS)
    assert kept(into)[1] == kept(record)[1]
    assert "涉密" in kept(into)[1][0]
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
    assert "入库 " in told
    assert "当时" not in told  # nothing has become of any message but what became of it then
    assert re.search(r"为实际速度的 [\d,]+ 倍", told)
    assert f"事件 {live.incidents} 起，校验值 {live.hash}" in told
    assert main(["replay", "--from", "2026-11-22", "--into", into]) == 1
    assert "库里已有报文" in capsys.readouterr().err
    assert main(["replay"]) == 1
    assert "--into" in capsys.readouterr().err
    for wrong, said in (
        (["--from", "gestern"], "“gestern”不是时间"),
        (["--from", "2026-11-22", "20:00", "--to", "2026-11-22", "8:00"], "起止颠倒"),
        (["--from", "2026-11-22", "--to", "2026/11/22"], "整日请把 --to 写到次日"),
        (["--to", "2026-11-01"], "2026-11-22 18:"),  # when there are messages
        (["--from-database", f"sqlite:///{tmp_path}/none.db"], "没有这个库"),
        (["--from-database", "somewhere"], "不是数据库地址"),
    ):
        assert main(["replay", *wrong, "--into", f"sqlite:///{tmp_path}/other.db"]) == 1
        assert said in capsys.readouterr().err
    assert not (tmp_path / "none.db").exists()
    record.close()
