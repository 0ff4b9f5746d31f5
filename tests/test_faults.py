"""Whatever dies, fills up or stands still: nothing lost, nothing doubled, every incident in place.

A short run of the harness in tests/faults; `python -m tests.faults` runs it for hours.
"""

import random
from pathlib import Path

import pytest
from sqlalchemy import func, select

from linkage.record import Record
from linkage.schema import migrate
from linkage.sources import load_sources
from linkage.tables import alert, inbound_message
from linkage.verify import verify
from tests.faults.nemesis import Nemesis
from tests.faults.run import run
from tests.faults.stage import Stage, small_volume, stage
from tests.parts import start_mosquitto, wait_until
from tests.running import Caller

POLICE = load_sources(Path("sources.toml"))["110-cad"]
STRIKES, EVENTS = 8, 600


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_night_of_faults_loses_and_doubles_nothing(database: str, tmp_path: Path) -> None:
    """T16, T17, T21, S03, S04, S05, S06: random faults of every part, one seed, one checker."""
    seed = 11
    result = run(database, tmp_path, seed, STRIKES, EVENTS)
    assert result.wrong == [], f"seed {seed}: {result.strikes}"
    assert len(result.strikes) == STRIKES
    assert result.receipts["stored"] > EVENTS


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_nemesis_knows_a_fault_for_every_part(database: str, tmp_path: Path) -> None:
    """A fault that nobody can strike with is not tested: each is done once, here."""
    with stage(database, tmp_path) as it:
        nemesis = Nemesis(it, random.Random(1))
        for name, fault in nemesis.faults.items():
            assert fault(), name
            it.ensure_ingest()
        _arrives(it, "AFTER-ALL-OF-THEM")


def _arrives(it: Stage, ref: str) -> None:
    caller = Caller(it.broker, POLICE)
    try:

        def answered() -> bool:
            if ref not in caller.receipts:
                caller.send(ref)
            return ref in caller.receipts

        wait_until(answered, 60, "a call to be taken in")
    finally:
        caller.close()


def test_a_full_disk_holds_the_calls_back_and_loses_none(tmp_path: Path) -> None:
    """S01: no acknowledgement while it is full; it goes on by itself when there is space."""
    with small_volume(tmp_path / "small", 16) as volume, start_mosquitto(tmp_path / "b") as broker:
        url = f"sqlite:///{volume}/linkage.db"
        record = Record(url)
        migrate(record)
        it = Stage(broker, url, tmp_path, None)
        it.ensure_ingest()
        caller = Caller(broker, POLICE)
        try:
            wait_until(lambda: _said(caller, "BEFORE"), 30, "the first receipt")
            ballast = _fill(volume)
            for number in range(300):
                caller.send(f"FULL{number}")
            wait_until(lambda: len(caller.confirmed) > 300, 20, "the broker to take them")
            wait_until(lambda: "暂不可用" in it.ingest.log.read_text(), 20, "the warning")
            assert it.ingest.process
            assert it.ingest.process.poll() is None
            ballast.unlink()
            wait_until(lambda: _stored(record) >= caller.confirmed, 60, "everything to come in")
        finally:
            caller.close()
            it.ingest.stop()
        assert [finding.fault for finding in verify(record) if finding.fault] == []
        record.close()


def _said(caller: Caller, ref: str) -> bool:
    if ref not in caller.receipts:
        caller.send(ref)
    return ref in caller.receipts


def _fill(volume: Path) -> Path:
    ballast = volume / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65_536, 4096, 512):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return ballast


def _stored(record: Record) -> set[str]:
    with record.read() as cx:
        return set(cx.execute(select(alert.c.source_ref)).scalars())


def test_a_full_disk_for_the_log_stops_nobody(
    tmp_path: Path, record: Record, database_url: str
) -> None:
    """S02: the log cannot be written; the calls are taken in all the same."""
    with start_mosquitto(tmp_path / "broker") as broker:
        it = Stage(broker, database_url, tmp_path, None)
        it.ingest.log = Path("/dev/full")
        it.ensure_ingest()
        try:
            _arrives(it, "NO-LOG")
        finally:
            it.ingest.stop()
    with record.read() as cx:
        assert cx.execute(select(func.count()).select_from(inbound_message)).scalar_one() >= 1
