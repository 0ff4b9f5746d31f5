"""The whole road with real parts: nothing that the broker confirmed is lost or doubled, ever."""

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, select

from linkage.intake_tables import source_state
from linkage.record import Record
from linkage.sources import load_sources
from linkage.tables import alert, inbound_message, incident_alert
from linkage.verify import verify
from tests.parts import Mosquitto, wait_until
from tests.running import Caller, Ingest, running_ingest

SOURCES = load_sources(Path("sources.toml"))
FIXTURES = Path("tests/fixtures")
# The storm of the promise: 500 calls a second while the intake dies again and again.
RATE, KILLS, BROKER_KILLS = 500, 20, 3


@pytest.fixture
def caller(mosquitto: Mosquitto) -> Iterator[Caller]:
    caller = Caller(mosquitto, SOURCES["110-cad"])
    yield caller
    caller.close()


def captured(source: str, *, good: bool) -> list[bytes]:
    payloads = []
    for file in sorted((FIXTURES / source).iterdir()):
        # Frames say many things or none: the receipt of a message of theirs names no record.
        if file.name.endswith(".expected.json") or file.suffix in {".hex", ".frame"}:
            continue
        expected = file.with_name(f"{file.stem}.expected.json")
        rejected = "rejected" in msgspec.json.decode(expected.read_bytes())
        if rejected is not good:
            payloads.append(file.read_bytes())
    return payloads


def stored_refs(record: Record) -> set[str]:
    with record.read() as cx:
        return set(cx.execute(select(alert.c.source_ref)).scalars())


def assert_nothing_lost_or_doubled(record: Record, caller: Caller) -> None:
    wait_until(lambda: caller.confirmed <= stored_refs(record), 60, "the backlog to drain")
    with record.read() as cx:
        doubled = cx.execute(
            select(alert.c.source_ref).group_by(alert.c.source_ref).having(func.count() > 1)
        ).all()
        homeless = cx.execute(
            select(func.count())
            .select_from(alert)
            .where(alert.c.id.not_in(select(incident_alert.c.alert_id)))
        ).scalar_one()
    assert doubled == []
    assert homeless == 0
    assert [finding.fault for finding in verify(record) if finding.fault] == []


def test_all_nineteen_systems_send_and_arrive(
    mosquitto: Mosquitto, record: Record, database_url: str, tmp_path: Path
) -> None:
    with running_ingest(mosquitto, database_url, tmp_path):
        callers = {name: Caller(mosquitto, source) for name, source in SOURCES.items()}
        for name, each in callers.items():
            each.send(name, captured(name, good=True)[0])
            each.send(name, captured(name, good=False)[0])
        try:
            wait_until(
                lambda: all(len(each.receipts) >= 2 for each in callers.values()), 30, "receipts"
            )
        finally:
            for each in callers.values():
                each.close()
    assert all("stored" in each.receipts.values() for each in callers.values())
    with record.read() as cx:
        states = cx.execute(select(source_state).where(source_state.c.channel == "alert")).all()
        rejected = cx.execute(
            select(inbound_message).where(inbound_message.c.outcome == "rejected")
        ).all()
    assert {state.source_id for state in states} == set(SOURCES)
    assert all(state.received == state.stored + state.rejected == 2 for state in states)
    assert all(message.reason for message in rejected)


def test_twenty_kills_under_five_hundred_calls_a_second_lose_and_double_nothing(
    mosquitto: Mosquitto, record: Record, database_url: str, tmp_path: Path, caller: Caller
) -> None:
    dice = random.Random(20)
    with running_ingest(mosquitto, database_url, tmp_path) as ingest:
        over = threading.Event()
        storm = threading.Thread(target=caller.send_steadily, args=(RATE, over.is_set))
        storm.start()
        try:
            for _ in range(KILLS):
                before = len(stored_refs(record))
                wait_until(lambda n=before: len(stored_refs(record)) > n, 30, "calls to be taken")
                time.sleep(dice.uniform(0, 0.2))  # a random point in the middle of the work
                ingest.kill()
                ingest.start()
        finally:
            over.set()
            storm.join()
        assert len(caller.confirmed) > KILLS * 100
        assert_nothing_lost_or_doubled(record, caller)


def test_a_broker_that_dies_three_times_loses_nothing_while_the_intake_keeps_up(
    mosquitto: Mosquitto, record: Record, database_url: str, tmp_path: Path, caller: Caller
) -> None:
    with running_ingest(mosquitto, database_url, tmp_path):
        mosquitto.save()
        for round_ in range(BROKER_KILLS):
            caller_refs = {f"R{round_}-{n}" for n in range(300)}
            for ref in sorted(caller_refs):
                caller.send(ref)
            # The promise is for what the intake keeps up with.
            wait_until(
                lambda refs=caller_refs: refs <= stored_refs(record), 30, "the intake to keep up"
            )
            mosquitto.kill()
            mosquitto.start()
            wait_until(lambda refs=caller_refs: refs <= caller.confirmed, 30, "confirmation")
        assert_nothing_lost_or_doubled(record, caller)


def test_the_health_command_says_that_the_probe_went_round(
    mosquitto: Mosquitto, database_url: str, tmp_path: Path
) -> None:
    with running_ingest(mosquitto, database_url, tmp_path) as ingest:
        well = ingest.command("health")
        assert (well.returncode, "接入正常" in well.stdout) == (0, True)
        assert ingest.stop() == 0, "a stop asked for is no fault"


def test_health_is_bad_where_no_intake_ever_ran(
    mosquitto: Mosquitto, database_url: str, tmp_path: Path
) -> None:
    ill = Ingest(mosquitto, database_url, tmp_path).command("health")
    assert (ill.returncode, "从未" in ill.stdout) == (1, True)


def test_captured_payloads_are_sent_again_by_the_real_road(
    mosquitto: Mosquitto, database_url: str, tmp_path: Path
) -> None:
    with running_ingest(mosquitto, database_url, tmp_path) as ingest:
        done = ingest.command("replay", str(FIXTURES / "110-cad"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "stored" in done.stdout
    assert "rejected" in done.stdout


def test_check_lists_every_setting_and_what_is_missing(
    mosquitto: Mosquitto, database_url: str, tmp_path: Path
) -> None:
    ingest = Ingest(mosquitto, database_url, tmp_path)
    fine = ingest.command("check")
    assert fine.returncode == 0, fine.stdout + fine.stderr
    assert "LINKAGE_MQTT_URL" in fine.stdout
    mosquitto.stop()
    broken = ingest.command("check")
    assert broken.returncode == 1
    assert "消息服务器" in broken.stdout
