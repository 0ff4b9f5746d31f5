"""PostgreSQL as the store: settings that keep what was committed, and a server that is lost."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from ingest.registry import read_registry, read_rules
from ingest.wire import Message
from ingest.worker import Worker
from linkage.durable import check_durable
from linkage.errors import BadConfig
from linkage.intake.take_in import Intake
from linkage.record import UNAVAILABLE, Record
from linkage.schema import migrate
from linkage.settings import load_settings
from linkage.tables import alert, inbound_message
from tests.parts import (
    POSTGRES_FOLDERS,
    Postgres,
    _start,
    _stop,
    find_program,
    free_port,
    start_postgres,
    wait_until,
)
from tests.patience import not_for_ever
from tests.test_worker import call

REGISTRY = read_registry(load_settings({}))
RULES = read_rules(load_settings({}), REGISTRY)
BACK_IN_S = 30.0


class Calls:
    """A line with numbered calls, that says when each was acknowledged."""

    def __init__(self, count: int) -> None:
        self.waiting = [
            Message(n, b"linkage/v1/alert/110-cad", call(f"32070020261122{n:08d}"), retained=False)
            for n in range(1, count + 1)
        ]
        self.given: list[Message] = []
        self.settled: set[int] = set()

    def receive(self, _wait_s: float, _most: int) -> list[Message]:
        time.sleep(0.01)
        self.given, self.waiting = self.waiting[:1], self.waiting[1:]
        return self.given

    def settle(self, mids: object, _: object) -> None:
        self.settled |= set(mids)  # type: ignore[arg-type,call-overload]
        self.given = []

    def leave(self) -> None:
        """What is not settled comes again, as a broker would have it."""
        self.waiting = [*self.given, *self.waiting]
        self.given = []


def at_work(record: Record, calls: Calls) -> tuple[threading.Thread, threading.Event]:
    over = threading.Event()
    worker = Worker(calls, Intake(record, RULES), record, REGISTRY)
    thread = threading.Thread(target=worker.run, args=(over.is_set,), daemon=True)
    thread.start()
    return thread, over


@contextmanager
def standby_of(primary: Postgres) -> Iterator[Postgres]:
    """A hot standby that follows `primary`, by streaming."""
    program = find_program("pg_basebackup", POSTGRES_FOLDERS)
    server = find_program("postgres", POSTGRES_FOLDERS)
    assert program
    assert server
    folder = Path(tempfile.mkdtemp(prefix="linkage-pg-"))
    user = None
    if os.geteuid() == 0:
        user = "postgres"
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    data, log, port = folder / "data", folder / "log", free_port()
    standby = None
    source = ["-h", "127.0.0.1", "-p", str(primary.port), "-U", "linkage"]
    try:
        copy = [program, *source, "-D", str(data), "-R", "-X", "stream", "--no-sync", "-c", "fast"]
        assert _start(copy, log, user).wait(60) == 0, log.read_text()
        flags = ["-c", f"port={port}", "-c", f"unix_socket_directories={folder}"]
        command = [server, "-D", str(data), *flags, "-c", "listen_addresses=127.0.0.1"]
        standby = Postgres(port, command, folder, user)
        wait_until(lambda: _is_up(standby), 30, "the standby to answer")
        yield standby
    finally:
        if standby is not None:
            _stop(standby.process, signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)


def _is_up(cluster: Postgres) -> bool:
    try:
        cluster.run("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def test_the_primary_is_lost_and_the_standby_takes_over() -> None:
    """S07: by a URL of two hosts the intake is back within 30 s, nothing lost, nothing doubled."""
    with start_postgres() as primary:
        url = primary.create()
        name = url.rsplit("/", 1)[1]
        record = Record(url)
        migrate(record)
        record.close()
        with standby_of(primary) as standby:
            hosts = f"host=127.0.0.1:{primary.port}&host=127.0.0.1:{standby.port}"
            both = f"postgresql+psycopg://linkage@/{name}?{hosts}&target_session_attrs=read-write"
            record = Record(both)
            check_durable(record)
            # Synchronous: what was confirmed is on both machines.
            primary.run("ALTER SYSTEM SET synchronous_standby_names = '*'")
            primary.run("SELECT pg_reload_conf()")
            calls = Calls(120)
            thread, over = at_work(record, calls)
            wait_until(lambda: len(calls.settled) >= 20, 20, "calls before the loss")
            began = time.monotonic()
            primary.process.kill()
            primary.process.wait(10)
            before = len(calls.settled)
            standby.run("SELECT pg_promote()")
            wait_until(lambda: len(calls.settled) > before + 1, 40, "calls after the loss")
            took = time.monotonic() - began
            print(f"back after {took:.1f} s")
            assert took < BACK_IN_S
            wait_until(lambda: len(calls.settled) == 120, 40, "all calls")
            over.set()
            thread.join(10)
            with record.read() as cx:
                assert cx.execute(select(func.count()).select_from(alert)).scalar_one() == 120
                kept = cx.execute(select(func.count()).select_from(inbound_message)).scalar_one()
            assert kept in {120, 121}  # at most the one that was in hand came again
            record.close()


def test_a_deadlock_costs_a_second_try_and_nothing_else(
    postgres: Postgres, postgres_template: str
) -> None:
    """S08: the server ends our transaction to break a deadlock: taken again, kept once."""
    url = postgres.create(postgres_template)
    record = Record(url)
    calls = Calls(2)
    thread, over = at_work(record, calls)
    wait_until(lambda: len(calls.settled) == 2, 20, "the first calls")
    with psycopg.connect(url.replace("+psycopg", "")) as other:
        other.execute("SELECT 1 FROM source_state FOR UPDATE")  # crosswise: this one first,
        calls.waiting = Calls(3).waiting[2:]
        wait_until(lambda: _waits(postgres), 10, "the intake to wait for us")
        other.execute("SET deadlock_timeout = '30s'")  # so that the intake is the one to yield
        other.execute("SELECT 1 FROM ledger FOR UPDATE")  # then the ledger
        other.rollback()
    wait_until(lambda: 3 in calls.settled, 20, "the third call")
    over.set()
    thread.join(10)
    with record.read() as cx:
        assert cx.execute(select(func.count()).select_from(alert)).scalar_one() == 3
    record.close()
    postgres.drop(url)


def _waits(postgres: Postgres) -> bool:
    dsn = f"postgresql://linkage@127.0.0.1:{postgres.port}/postgres"
    with psycopg.connect(dsn, autocommit=True) as cx:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        row = cx.execute(asked).fetchone()
    return bool(row and row[0])


def test_a_worker_that_sleeps_inside_a_transaction_does_not_hold_the_ledger(
    postgres: Postgres, postgres_template: str
) -> None:
    """T22: the server ends what stands idle in a transaction; the sleeper begins again."""
    url = postgres.create(postgres_template)
    options = "options=-c%20idle_in_transaction_session_timeout%3D500"
    record, other = Record(f"{url}?{options}"), Record(url)
    with pytest.raises(UNAVAILABLE), record.write() as w:  # noqa: PT012
        w.next_id()
        with other.write() as second:  # waits for the ledger until the sleeper is ended
            second.next_id()
        w.cx.execute(text("SELECT 1"))
    with record.write() as w:
        w.next_id()
    for each in (record, other):
        each.close()
    postgres.drop(url)


def test_a_worker_that_sleeps_in_the_middle_of_its_rows_is_ended_by_who_waits(
    postgres: Postgres, postgres_template: str
) -> None:
    """T22: to the server it is not idle; whoever needs the ledger ends it and goes on."""
    url = postgres.create(postgres_template)
    record = Record(url)
    plain = url.replace("postgresql+psycopg", "postgresql")
    with (
        psycopg.connect(plain) as reader,
        psycopg.connect(plain) as sleeper,
        sleeper.cursor() as cursor,
    ):
        reader.execute("SELECT 1 FROM ledger")  # a long export: it holds up nobody
        sleeper.execute("SELECT * FROM ledger FOR UPDATE")
        with pytest.raises(psycopg.OperationalError), cursor.copy("COPY unit FROM STDIN") as rows:  # noqa: PT012
            rows.write(b"half a row")
            sleeper.pgconn.flush()
            with pytest.raises(UNAVAILABLE), record.write() as w:
                w.next_id()
            with record.write() as w:
                w.next_id()
            rows.write(b"x" * 10_000_000)
        sleeper.close()
        assert reader.execute("SELECT 1").fetchone() == (1,)
    record.close()
    postgres.drop(url)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("synchronous_commit", "off", "丢失已确认的报警"),
        ("default_transaction_read_only", "on", "只读的备库"),
    ],
)
def test_a_database_that_would_lose_what_it_confirmed_is_refused(
    postgres: Postgres, postgres_template: str, setting: str, value: str, said: str
) -> None:
    url = postgres.create(postgres_template)
    postgres.run(f"ALTER DATABASE {url.rsplit('/', 1)[1]} SET {setting} = {value}")
    record = Record(url)
    with pytest.raises(BadConfig, match=said):
        check_durable(record)
    record.close()
    postgres.drop(url)


def test_a_database_in_another_character_set_is_refused(postgres: Postgres) -> None:
    postgres.run("CREATE DATABASE in_ascii ENCODING 'SQL_ASCII' TEMPLATE template0")
    record = Record(postgres.url("in_ascii"))
    with pytest.raises(BadConfig, match="createdb -E UTF8"):
        check_durable(record)
    record.close()
    postgres.run("DROP DATABASE in_ascii WITH (FORCE)")


def test_the_databases_we_start_keep_what_they_confirm(record: Record) -> None:
    check_durable(record)


def test_the_intake_does_not_start_on_a_server_that_forgets(
    postgres: Postgres, postgres_template: str
) -> None:
    url = postgres.create(postgres_template)
    postgres.run(f"ALTER DATABASE {url.rsplit('/', 1)[1]} SET synchronous_commit = off")
    done = subprocess.run(
        [sys.executable, "-m", "ingest", "run"],
        env={**os.environ, "LINKAGE_DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "synchronous_commit" in done.stderr
    assert "Traceback" not in done.stderr
    postgres.drop(url)


def test_a_host_that_does_not_answer_is_said_within_seconds() -> None:
    url = f"postgresql+psycopg://linkage@127.0.0.1:{free_port()}/x"
    with not_for_ever(), pytest.raises(OperationalError), Record(url).read():
        pass
