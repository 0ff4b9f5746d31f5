"""`make run` as a newcomer meets it: what it says when something is wrong, and a whole start."""

import ast
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import start
from ingest.local_broker import Broker, next_free
from ingest.means.gateway_file import load_gateways
from set_up import Trouble
from tests.parts import free_port, wait_until

ROOT = Path(start.__file__).parent


def test_a_taken_page_port_is_named_with_the_setting_that_changes_it() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Trouble, match=rf"网页端口 {port} 已被占用.*LINKAGE_DESK_PORT=\d+"):
            start.choose_desk_port({"LINKAGE_DESK_PORT": str(port)})


def test_a_taken_inner_port_is_passed_over_in_silence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert next_free(port) > port


def test_a_folder_that_cannot_be_written_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Trouble, match=r"不能写 .*LINKAGE_DATA="):
        start.take_place(tmp_path / "file" / "data")


def test_two_starts_do_not_share_a_folder(tmp_path: Path) -> None:
    lock = start.take_place(tmp_path)
    with pytest.raises(Trouble, match=rf"进程号 {os.getpid()}"):
        start.take_place(tmp_path)
    os.close(lock)
    os.close(start.take_place(tmp_path))


def test_a_broker_that_does_not_answer_is_named_without_its_password() -> None:
    broker = Broker(f"mqtt://city:secret@127.0.0.1:{free_port()}", None, "", durable=True)
    with pytest.raises(Trouble, match="LINKAGE_MQTT_URL") as trouble:
        start.wait_for_broker(broker, None, patience=0.1)
    assert "secret" not in str(trouble.value)


def test_a_database_that_is_away_is_named_without_its_password() -> None:
    url = f"postgresql+psycopg://city:secret@127.0.0.1:{free_port()}/linkage"
    with pytest.raises(Trouble, match="LINKAGE_DATABASE_URL") as trouble:
        start.migrate({**os.environ, "LINKAGE_DATABASE_URL": url})
    assert "secret" not in str(trouble.value)


def test_the_address_is_one_that_a_browser_here_can_open() -> None:
    assert start.page_address({}, 8501) == "http://127.0.0.1:8501"
    everywhere = {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0"}
    assert start.page_address(everywhere, 8501) == "http://127.0.0.1:8501"
    one = {"STREAMLIT_SERVER_ADDRESS": "10.0.0.5"}
    assert start.page_address(one, 8501) == "http://10.0.0.5:8501"


def test_without_the_demo_nothing_pretends(tmp_path: Path) -> None:
    arguments = start.read_arguments(["--no-demo"])
    assert [part.name for part in start.parts(arguments, 8501)] == ["ingest", "dashboard"]


def test_the_demo_is_a_source_like_any_other() -> None:
    names = [part.name for part in start.parts(start.read_arguments([]), 8501)]
    assert names == ["ingest", "dashboard", "feed", "departments", "province", "gateways"]


def test_a_speed_that_nobody_could_watch_is_refused() -> None:
    with pytest.raises(SystemExit):
        start.read_arguments(["--speed", "61"])


def test_the_help_has_examples() -> None:
    help_text = python("start.py", "--help").stdout
    assert "make run" in help_text
    assert "LINKAGE_DESK_PORT=8600" in help_text


@pytest.mark.parametrize(
    "file", ["start.py", "set_up.py", "ingest/local_broker.py", "ingest/children.py"]
)
def test_an_older_python_can_read_far_enough_to_say_that_it_is_too_old(file: str) -> None:
    ast.parse((ROOT / file).read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.fixture
def bare_folder(tmp_path: Path) -> Path:
    """A checkout in which nothing is installed and nothing is asked for."""
    shutil.copy(ROOT / "set_up.py", tmp_path)
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    (tmp_path / "requirements-dev.txt").write_text("# nothing\n")
    return tmp_path


def test_the_second_set_up_has_nothing_to_do(bare_folder: Path) -> None:
    first = python(str(bare_folder / "set_up.py"), "app")
    assert "建立虚拟环境" in first.stdout
    assert (bare_folder / ".venv" / "app").exists()
    assert python(str(bare_folder / "set_up.py"), "app").stdout == ""
    (bare_folder / "requirements.txt").write_text("# something else\n")
    assert "安装 requirements.txt" in python(str(bare_folder / "set_up.py"), "app").stdout


def test_a_package_that_is_not_to_be_had_is_named(bare_folder: Path) -> None:
    (bare_folder / "wheels").mkdir()
    (bare_folder / "requirements.txt").write_text("no-such-package-for-linkage==1\n")
    done = python(str(bare_folder / "set_up.py"), "app")
    assert done.returncode == 1
    assert "依赖安装失败" in done.stderr
    assert "no-such-package-for-linkage" in done.stderr
    assert not (bare_folder / ".venv" / "app").exists()


def python(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


class Running:
    """A real start in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.data = folder / "data"
        self.log = folder / "screen"
        with self.log.open("wb") as screen:
            self.process = subprocess.Popen(
                [sys.executable, "start.py", "--speed", "30"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "LINKAGE_DATA": str(self.data),
                    "LINKAGE_DESK_PORT": str(self.port),
                },
                stdout=screen,
                stderr=screen,
                start_new_session=True,
            )

    @property
    def screen(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def says(self, words: str) -> bool:
        assert self.process.poll() is None, self.screen
        return words in self.screen

    def left_behind(self) -> list[str]:
        """Command lines of processes that still belong to this start."""
        mark = str(self.data).encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes():
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        return [line for line in found if line]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    one = Running(tmp_path)
    yield one
    if one.process.poll() is None:
        one.process.kill()
        one.process.wait(5)


def test_one_command_shows_the_city_and_ctrl_c_ends_all_of_it(running: Running) -> None:
    wait_until(lambda: running.says("请打开"), 60, f"the page\n{running.screen}")
    assert f"http://127.0.0.1:{running.port}" in running.screen
    with urllib.request.urlopen(f"http://127.0.0.1:{running.port}/sign-in", timeout=5) as page:
        assert page.status == 200
    cx = sqlite3.connect(f"file:{running.data / 'linkage.db'}?mode=ro", uri=True)
    assert cx.execute("SELECT count(*) FROM incident").fetchone()[0] >= 1
    cx.close()
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(30) == 0
    assert "已全部停止" in running.screen
    assert running.left_behind() == []


def test_a_start_that_is_killed_leaves_nothing_behind(running: Running) -> None:
    wait_until(lambda: running.says("数据库已就绪"), 30, "the parts to be up")
    wait_until(lambda: len(running.left_behind()) >= 5, 10, "the parts to be up")
    running.process.kill()
    running.process.wait(5)
    wait_until(lambda: running.left_behind() == [], 20, "everything to end")


def test_the_demos_gateways_are_on_this_machine_and_a_customers_own_stay(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    settings, ports = start.demo_gateways({}, tmp_path)
    found = load_gateways(settings["LINKAGE_GATEWAYS"])
    assert found.sms
    assert found.email
    assert found.sms.url == f"http://127.0.0.1:{ports[0]}/sms"
    assert (found.email.host, found.email.port) == ("127.0.0.1", ports[1])
    assert start.demo_gateways({"LINKAGE_GATEWAYS": "/etc/gateways.toml"}, tmp_path) == ({}, [])
