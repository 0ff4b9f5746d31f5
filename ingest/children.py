"""The processes that a start runs: begun, logged, begun again when they die, ended in order.

Standard library only: start.py needs it before anything is installed.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

# Seconds between two starts of a part that keeps dying; it starts over after a quiet minute.
BACK_OFF = (1, 2, 4, 8, 15, 30)
QUIET = 60.0
# Seconds a part may take to end by itself before it is killed.
PATIENCE = 8.0
# Bytes. A log that grew beyond this is put aside once: a broker runs for years without a restart.
LOG_LIMIT = 20_000_000

_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class Part(NamedTuple):
    """What to run. `name` is also the name of the log file and what the screen calls it."""

    name: str
    command: tuple[str, ...]


class Child:
    """One running part. `say` gets the short lines for the screen, in Chinese."""

    def __init__(
        self, part: Part, environment: Mapping[str, str], logs: Path, say: Callable[[str], None]
    ) -> None:
        self.part = part
        self.log_path = logs / f"{part.name}.log"
        self._environment = dict(environment)
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._failures = 0
        self._began = 0.0
        self._again_at: float | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        put_aside(self.log_path)
        parent = os.getpid()

        def end_with_parent() -> None:
            if _prctl is not None:
                _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
                if os.getppid() != parent:  # it died before the line above
                    os._exit(1)

        with self.log_path.open("ab") as log:
            # A session of its own: Ctrl-C reaches us alone, and we end the parts in order.
            self._process = subprocess.Popen(  # noqa: S603 - our own commands
                self.part.command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - one thread, nothing held
            )
        self._began = time.monotonic()
        self._again_at = None

    def tend(self, now: float) -> None:
        """Notice an end and start again after the back-off. `now` is monotonic, seconds."""
        if self._process is None or self._process.poll() is None:
            put_aside(self.log_path)
            return
        if self._again_at is None:
            if now - self._began > QUIET:
                self._failures = 0
            wait = BACK_OFF[min(self._failures, len(BACK_OFF) - 1)]
            self._failures += 1
            self._again_at = now + wait
            self._say(
                f"{self.part.name} 退出（代码 {self._process.returncode}，"
                f"{last_line(self.log_path)}），{wait} 秒后重启；日志 {self.log_path}"
            )
        elif now >= self._again_at:
            self.start()

    def ask_to_end(self) -> None:
        self._signal(signal.SIGTERM)

    def send(self, number: signal.Signals) -> None:
        if self._process is not None and self.running:
            self._process.send_signal(number)

    def wait_for_end(self, patience: float = PATIENCE) -> None:
        """Wait, then kill what is left of its session."""
        if self._process is None:
            return
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._say(f"{self.part.name} 在 {patience:.0f} 秒内没有结束，强制结束")
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def _signal(self, number: signal.Signals) -> None:
        """To the part and everything it has started; an ended part is no error."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return


def stop_in_order(stages: Sequence[Sequence[Child]]) -> None:
    """End the children of one stage together, stage after stage."""
    for stage in stages:
        for child in stage:
            child.ask_to_end()
        for child in stage:
            child.wait_for_end()


def put_aside(log: Path) -> None:
    """Copied and emptied, because the part goes on writing to the same file."""
    if not log.exists() or log.stat().st_size <= LOG_LIMIT:
        return
    with suppress(OSError):  # a full disk is no reason to keep the log growing
        shutil.copyfile(log, log.with_suffix(".1.log"))
    os.truncate(log, 0)


def last_line(log: Path) -> str:
    if not log.exists():
        return "没有输出"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4_000))
        lines = file.read().decode("utf-8", "replace").splitlines()
    spoken = [line.strip() for line in lines if line.strip()]
    return spoken[-1][:200] if spoken else "没有输出"
