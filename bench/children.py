"""Processes that a measurement starts, and what they cost."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


@contextmanager
def running(module: str, *arguments: str, **own: str) -> Iterator[subprocess.Popen[str]]:
    started = child(module, *arguments, **own)
    try:
        yield started
    finally:
        started.kill()  # it holds nothing, and open event streams would hold it
        started.wait(20)


def child(module: str, *arguments: str, **own: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=os.environ | own,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def end_of(child: subprocess.Popen[str]) -> str:
    said, _ = child.communicate("", timeout=60)
    return said


def memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
