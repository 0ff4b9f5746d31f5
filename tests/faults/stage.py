"""The stage: a broker, a database and our intake, each a process that may be killed."""

import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from linkage.record import Record
from linkage.schema import migrate
from tests.parts import Mosquitto, Postgres, start_postgres, wait_until
from tests.running import Ingest


class Stage:
    """`postgres` is None where the record is a SQLite file in `folder`."""

    def __init__(
        self, broker: Mosquitto, url: str, folder: Path, postgres: Postgres | None
    ) -> None:
        self.broker, self.url, self.folder, self.postgres = broker, url, folder, postgres
        self.ingest = Ingest(broker, url, folder)

    def ensure_ingest(self) -> None:
        """As a supervisor does: what died is started again."""
        process = self.ingest.process
        if process is None or process.poll() is not None:
            self.ingest.start()

    def lock_sqlite(self, seconds: float) -> None:
        """Another program holds the file's write lock."""
        file = sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=30)
        file.isolation_level = None
        file.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        file.execute("ROLLBACK")
        file.close()

    def freeze(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        """Stopped where it stands, and woken as if nothing had been."""
        process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        process.send_signal(signal.SIGCONT)


@contextmanager
def stage(kind: str, folder: Path) -> Iterator[Stage]:
    """A stage with a migrated database and everything running; `kind`: sqlite or postgresql."""
    broker = Mosquitto(folder / "broker")
    broker.start()
    try:
        if kind == "sqlite":
            yield from _played(broker, f"sqlite:///{folder}/linkage.db", folder, None)
        else:
            with start_postgres() as cluster:
                yield from _played(broker, cluster.create(), folder, cluster)
    finally:
        broker.stop()


def _played(
    broker: Mosquitto, url: str, folder: Path, postgres: Postgres | None
) -> Iterator[Stage]:
    record = Record(url)
    migrate(record)
    record.close()
    it = Stage(broker, url, folder, postgres)
    it.ensure_ingest()
    try:
        yield it
    finally:
        if it.ingest.process and it.ingest.process.poll() is None:
            it.ingest.stop()


@contextmanager
def small_volume(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own that is soon full. Needs the right to mount."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    mount = shutil.which("mount") or "mount"
    done = subprocess.run([mount, *options], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"这里不能挂载小卷（{done.stderr.strip()}）：请以 root 运行，或 sudo mount")
    try:
        yield folder
    finally:
        wait_until(lambda: _unmounted(folder), 10, "the small volume to be released")


def _unmounted(folder: Path) -> bool:
    umount = shutil.which("umount") or "umount"
    return subprocess.run([umount, str(folder)], capture_output=True, check=False).returncode == 0
