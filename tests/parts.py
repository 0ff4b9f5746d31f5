"""The real parts that tests run against: PostgreSQL and mosquitto, started here, stopped here.

A part that is missing fails the test and names the command that installs it; nothing is skipped.
"""

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TypeVar

import psycopg
import pytest

from ingest.local_broker import LARGEST_PACKET

T = TypeVar("T")
POSTGRES_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/local/opt/postgresql*/bin")
MOSQUITTO_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
# The settings that the intake's promise rests on; docs/runbook.md says why.
MOSQUITTO_CONF = f"""\
listener {{port}} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {{folder}}/
autosave_interval 1
max_inflight_messages 1000
max_queued_messages 1000000
max_packet_size {LARGEST_PACKET}
set_tcp_nodelay true
persistent_client_expiration 7d
user root
"""


def missing(part: str, command: str) -> NoReturn:
    pytest.fail(f"{part} is not on this machine; install it with: {command}", pytrace=False)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(predicate: Callable[[], T], timeout: float = 10.0, what: str = "") -> T:
    """The first true answer of `predicate`; fails the test after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (answer := predicate()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout:g} s in vain for {what or predicate}")
        time.sleep(0.02)
    return answer


def listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def find_program(name: str, folders: tuple[str, ...]) -> str | None:
    """In the newest of the usual folders, else in PATH."""
    found = [path for pattern in folders for path in glob.glob(f"{pattern}/{name}")]  # noqa: PTH207
    return max(found) if found else shutil.which(name)


def _start(command: list[str], log: Path, user: str | None = None) -> subprocess.Popen[bytes]:
    # A test run that is killed takes its parts with it.
    leash = shutil.which("setpriv")
    if leash:
        command = [leash, "--pdeathsig", "TERM", *command]
    with log.open("ab") as out:
        return subprocess.Popen(
            command,
            stdout=out,
            stderr=out,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
        )


def _stop(process: subprocess.Popen[bytes] | None, how: signal.Signals) -> None:
    if process and process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


class Postgres:
    """One cluster. `create` gives a fresh database, copied from a template in ~50 ms."""

    def __init__(self, port: int, command: list[str], folder: Path, user: str | None) -> None:
        self.port, self.folder = port, folder
        self._command, self._user = command, user
        self._made = 0
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        return _start(self._command, self.folder / "log", self._user)

    def start(self) -> None:
        """Again, after `kill` or `stop`: with the same port and data."""
        self.process = self._started()
        wait_until(lambda: _answers(self), 60, "PostgreSQL to answer")

    def kill(self) -> None:
        """As a power cut would. Its children end when they see that it is gone."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        _stop(self.process, signal.SIGINT)  # fast shutdown

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://linkage@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str) -> None:
        dsn = f"postgresql://linkage@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as cx:
            cx.execute(statement)

    def create(self, template: str = "template1") -> str:
        """The URL of a fresh database."""
        self._made += 1
        name = f"test_{self._made}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {url.rsplit('/', 1)[1]} WITH (FORCE)")


@contextmanager
def start_postgres() -> Iterator[Postgres]:
    """A cluster on a free loopback port in a folder of its own; durable as in production."""
    initdb = find_program("initdb", POSTGRES_FOLDERS)
    server = find_program("postgres", POSTGRES_FOLDERS)
    if not initdb or not server:
        missing("PostgreSQL", "apt-get install postgresql-15")
    folder = Path(tempfile.mkdtemp(prefix="linkage-pg-"))
    user = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = "postgres"
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    data, log = folder / "data", folder / "log"
    cluster = None
    init = [initdb, "-D", str(data), "-A", "trust", "-U", "linkage", "-E", "UTF8"]
    try:
        if _start([*init, "--locale=C", "--no-sync"], log, user).wait(60):
            pytest.fail(f"initdb: {log.read_text()}")
        port = free_port()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": folder,
            "shared_buffers": "32MB",
            "max_connections": 60,
        }
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        cluster = Postgres(port, [server, "-D", str(data), *flags], folder, user)
        wait_until(lambda: _answers(cluster), 30, "PostgreSQL to answer")
        yield cluster
    finally:
        if cluster:
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _answers(cluster: Postgres) -> bool:
    if cluster.process.poll() is not None:
        pytest.fail(f"PostgreSQL ended: {(cluster.folder / 'log').read_text()}")
    try:
        cluster.run("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


class Mosquitto:
    """A broker with its store in `folder`: killed and started again it has the same port and
    sessions."""

    def __init__(self, folder: Path, extra: str = "") -> None:
        program = find_program("mosquitto", MOSQUITTO_FOLDERS)
        if not program:
            missing("mosquitto", "apt-get install mosquitto")
        self.program = program
        self.port = free_port()
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.conf = folder / "mosquitto.conf"
        self.conf.write_text(MOSQUITTO_CONF.format(port=self.port, folder=folder) + extra)
        self.log = folder / "mosquitto.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = _start([self.program, "-c", str(self.conf)], self.log)
        wait_until(self._answers, 10, "mosquitto to listen")

    def save(self) -> None:
        """Write the store to disk now, new subscriptions included."""
        assert self.process
        self.process.send_signal(signal.SIGUSR1)

    def kill(self) -> None:
        """As a power cut would: no farewell, nothing saved on the way out."""
        assert self.process
        self.process.kill()
        self.process.wait(5)

    def stop(self) -> None:
        _stop(self.process, signal.SIGTERM)

    def _answers(self) -> bool:
        if self.process and self.process.poll() is not None:
            pytest.fail(f"mosquitto ended: {self.log.read_text()}")
        return listening(self.port)


@contextmanager
def start_mosquitto(folder: Path, extra: str = "") -> Iterator[Mosquitto]:
    """A running broker; `extra` lines go to its configuration."""
    broker = Mosquitto(folder, extra)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
