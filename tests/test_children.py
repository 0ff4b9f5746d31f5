"""The parts of a start: begun, begun again, ended in order, never left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest import children
from ingest.children import Child, Part, last_line, put_aside, stop_in_order
from tests.parts import wait_until

FOREVER = "import time; print('up', flush=True); time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {FOREVER}"
FAILS = "print('no database'); raise SystemExit(3)"


def child(folder: Path, code: str, name: str = "part", said: list[str] | None = None) -> Child:
    part = Part(name, (sys.executable, "-c", code))
    return Child(part, os.environ, folder, (said if said is not None else []).append)


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().split()[2] != "Z"


def test_what_a_part_says_is_in_its_log(tmp_path: Path) -> None:
    one = child(tmp_path, FOREVER)
    one.start()
    wait_until(lambda: last_line(tmp_path / "part.log") == "up", 30, "the first line")
    stop_in_order([[one]])
    assert not one.running


def test_a_part_that_dies_is_named_with_its_last_words_and_starts_again(tmp_path: Path) -> None:
    said: list[str] = []
    one = child(tmp_path, FAILS, said=said)
    one.start()
    first = one.pid
    wait_until(lambda: not one.running, 30, "the end")
    now = time.monotonic()
    one.tend(now)
    assert "no database" in said[0]
    assert "代码 3" in said[0]
    assert "1 秒后重启" in said[0]
    one.tend(now + 0.5)
    assert one.pid == first
    one.tend(now + 1.1)
    assert one.pid != first
    stop_in_order([[one]])


def test_a_part_that_keeps_dying_is_tried_less_and_less_often(tmp_path: Path) -> None:
    said: list[str] = []
    one = child(tmp_path, FAILS, said=said)
    one.start()
    now = time.monotonic()
    for wait in children.BACK_OFF[:3]:
        wait_until(lambda: not one.running, 30, "the end")
        one.tend(now)
        assert f"{wait} 秒后重启" in said[-1]
        now += wait
        one.tend(now)
    stop_in_order([[one]])


def test_a_part_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    said: list[str] = []
    one = child(tmp_path, DEAF, said=said)
    one.start()
    pid = one.pid
    assert pid
    wait_until(lambda: last_line(tmp_path / "part.log") == "up", 30, "the first line")
    one.ask_to_end()
    one.wait_for_end(0.2)
    assert not alive(pid)
    assert "强制结束" in said[-1]


def test_what_a_part_has_started_ends_with_it(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-c', {DEAF!r}])\n"
        "print(p.pid, flush=True); time.sleep(600)"
    )
    one = child(tmp_path, code)
    one.start()
    log = tmp_path / "part.log"

    def told() -> list[str]:
        lines = log.read_text().split() if log.exists() else []
        return [word for word in lines if word.isdigit() and "up" in lines]

    (pid,) = wait_until(told, 30, "the grandchild")
    grandchild = int(pid)
    stop_in_order([[one]])
    wait_until(lambda: not alive(grandchild), 30, "the grandchild's end")


def test_the_stages_end_one_after_the_other(tmp_path: Path) -> None:
    farewell = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        f"    open({str(tmp_path / 'order')!r}, 'a').write(sys.argv[1]); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(600)"
    )
    parts = [
        Child(Part(name, (sys.executable, "-c", farewell, name)), os.environ, tmp_path, print)
        for name in ("feed", "ingest", "broker")
    ]
    for part in parts:
        part.start()
    for part in parts:
        log = part.log_path
        wait_until(lambda log=log: last_line(log) == "up", 30, "all to be up")  # type: ignore[misc]
    stop_in_order([[part] for part in parts])
    assert (tmp_path / "order").read_text() == "feedingestbroker"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_no_part_outlives_a_start_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from ingest.children import Child, Part\n"
        f"one = Child(Part('part', (sys.executable, '-c', {FOREVER!r})), os.environ,"
        f" Path({str(tmp_path)!r}), print)\n"
        "one.start(); print(one.pid, flush=True); time.sleep(600)"
    )
    start = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert start.stdout
    pid = int(start.stdout.readline())
    assert alive(pid)
    start.send_signal(signal.SIGKILL)
    start.wait(5)
    start.stdout.close()
    wait_until(lambda: not alive(pid), 30, "the part's end")


def test_a_long_log_is_put_aside_while_its_part_runs_on(tmp_path: Path) -> None:
    """A broker of our own writes a line for every connection, for years."""
    talks = f"import signal; print('x' * {children.LOG_LIMIT + 1}, flush=True)"
    talks += "; signal.signal(signal.SIGUSR1, lambda *_: print('and on', flush=True))"
    talks += "; print('up', flush=True)\nwhile True: signal.pause()"
    one = child(tmp_path, talks)
    log = tmp_path / "part.log"
    one.start()
    wait_until(lambda: last_line(log) == "up", 30, "the long log")
    one.tend(time.monotonic())
    assert log.stat().st_size == 0
    assert (tmp_path / "part.1.log").stat().st_size > children.LOG_LIMIT
    one.send(signal.SIGUSR1)
    wait_until(lambda: log.read_text() == "and on\n", 10, "the next line")
    stop_in_order([[one]])
    put_aside(tmp_path / "no such.log")
