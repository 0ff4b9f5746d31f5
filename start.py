"""`make run`: from a bare Python to a live map, and one Ctrl-C to end all of it.

Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import local_broker
from ingest.children import Child, Part, stop_in_order
from linkage.environment import desk_port, mqtt_version
from linkage.errors import BadConfig
from set_up import BIN, ROOT, Trouble, check_python, last_line, say, set_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Seconds. After this the page's address is printed even if something is still missing.
LONGEST_START = 90.0

EXAMPLES = """\
例：
  make run                                 全部启动，带演示数据
  make run ARGS="--speed 60"               演示数据快六十倍
  make run ARGS="--no-demo"                只启动接入和界面，不放演示数据
  LINKAGE_DESK_PORT=8600 make run          换一个网页端口
  LINKAGE_DATABASE_URL=postgresql+psycopg://user@host/db make run
  LINKAGE_MQTT_URL=mqtt://broker:1883 make run
"""


def take_place(data: Path) -> int:
    """Make the folders and hold the lock of this data folder; returns the lock's descriptor."""
    try:
        (data / "run").mkdir(parents=True, exist_ok=True)
        lock = os.open(data / "run" / "start.lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as why:
        raise Trouble(
            f"不能写 {data}（{why.strerror}）；请换一个目录：LINKAGE_DATA=/路径 make run"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        pid = os.read(lock, 20).decode().strip()
        raise Trouble(
            f"{data} 已有一个 make run 在运行（进程号 {pid}）；请先停止它，或换目录 LINKAGE_DATA"
        ) from None
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    return lock


def choose_broker(environment: Mapping[str, str], data: Path) -> local_broker.Broker:
    named = local_broker.named_by_user(environment)
    if named:
        return named
    port = local_broker.next_free(18830)
    program = local_broker.find_mosquitto() or local_broker.install_mosquitto(say)
    if program:
        log = data / "run" / "broker.log"
        return local_broker.own_mosquitto(program, port, data / "broker", log)
    version = mqtt_version(environment)
    return local_broker.in_memory(str(BIN / "python"), port, data / "broker", version)


def choose_desk_port(environment: Mapping[str, str]) -> int:
    port = desk_port(environment)
    if not local_broker.is_free(port, "0.0.0.0"):  # noqa: S104 - only asks whether it is taken
        other = local_broker.next_free(port + 1)
        raise Trouble(f"网页端口 {port} 已被占用；请换一个：LINKAGE_DESK_PORT={other} make run")
    return port


# Where data/demo/gateways.toml has the simulated gateways: short messages and mail.
GATEWAYS = (18590, 18591)


def demo_gateways(environment: Mapping[str, str], data: Path) -> tuple[dict[str, str], list[int]]:
    """Settings and free ports of the simulated gateways; none where the customer named his own."""
    if environment.get("LINKAGE_GATEWAYS"):
        return {}, []
    text = (ROOT / "data" / "demo" / "gateways.toml").read_text(encoding="utf-8")
    http = local_broker.next_free(GATEWAYS[0])
    smtp = local_broker.next_free(max(http + 1, GATEWAYS[1]))
    # The mail server first: what is free for the other may be what the file has for mail.
    text = text.replace(str(GATEWAYS[1]), str(smtp)).replace(str(GATEWAYS[0]), str(http))
    file = data / "run" / "gateways.toml"
    file.write_text(text, encoding="utf-8")
    contacts = environment.get("LINKAGE_CONTACTS") or str(ROOT / "data" / "demo" / "contacts.toml")
    return {"LINKAGE_GATEWAYS": str(file), "LINKAGE_CONTACTS": contacts}, [http, smtp]


def parts(
    arguments: argparse.Namespace, port: int, gateways: Sequence[int] = GATEWAYS
) -> list[Part]:
    python = str(BIN / "python")
    streamlit = (python, "-m", "streamlit", "run", "streamlit_app.py")
    options = ("--server.port", str(port), "--server.headless", "true")
    wanted = [
        Part("ingest", (python, "-m", "ingest", "run")),
        Part("dashboard", (*streamlit, *options)),
    ]
    if not arguments.no_demo:
        simulate = (python, "-m", "ingest", "simulate")
        feed = ("--speed", str(arguments.speed), "--seed", str(arguments.seed))
        story = ("--scenario", arguments.scenario) if arguments.scenario else ()
        status = ("--status", str(arguments.data / "run" / "feed.json"))
        wanted.append(Part("feed", (*simulate, "feed", *feed, *story, *status)))
        wanted.append(
            Part("departments", (*simulate, "departments", "--seed", str(arguments.seed)))
        )
        wanted.append(Part("province", (*simulate, "province")))
        if gateways:
            http, smtp = map(str, gateways)
            ports = ("--http-port", http, "--smtp-port", smtp)
            wanted.append(Part("gateways", (*simulate, "gateways", *ports)))
    return wanted


def migrate(environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        (str(BIN / "python"), "-m", "linkage", "migrate"),
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        why = last_line(done.stdout + done.stderr)
        raise Trouble(f"数据库不能用（LINKAGE_DATABASE_URL）：{why}")


def seed_roster(environment: Mapping[str, str], folder: Path) -> None:
    """The demonstration's duty roster, taken in as anybody's: only where there is none yet."""
    python, file = str(BIN / "python"), str(folder / "roster.xlsx")
    for command in (
        ("ingest", "simulate", "roster", file),
        ("linkage", "roster", "import", file, "--yes", "--first"),
    ):
        done = subprocess.run(
            (python, "-m", *command),
            cwd=ROOT,
            env=dict(environment),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            say(f"演示班表没有导入：{last_line(done.stdout + done.stderr)}")
            return


def first_link(environment: Mapping[str, str], address: str) -> str:
    """How the first administrator comes in; "" where somebody can sign in already."""
    done = subprocess.run(
        (str(BIN / "python"), "-m", "linkage", "account", "--first", "--address", address),
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    return last_line(done.stdout + done.stderr) if done.stdout or done.returncode else ""


def hidden(url: str) -> str:
    """The address without its password."""
    before, at, after = url.rpartition("@")
    return f"{before.rsplit(':', 1)[0]}:***@{after}" if at and before.count(":") > 1 else url


def wait_for_broker(
    broker: local_broker.Broker, child: Child | None, patience: float = 10.0
) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if local_broker.answers(broker.url):
            return
        if child is not None and not child.running:
            break
        time.sleep(0.05)
    remedy = f"日志 {child.log_path}" if child else "请检查 LINKAGE_MQTT_URL 和网络"
    raise Trouble(f"消息服务器 {hidden(broker.url)} 连接不上；{remedy}")


def page_address(environment: Mapping[str, str], port: int) -> str:
    """Where a browser on this machine finds the page; .streamlit/config.toml has the default."""
    host = environment.get("STREAMLIT_SERVER_ADDRESS", "")
    return f"http://{host if host not in {'', '0.0.0.0'} else '127.0.0.1'}:{port}"  # noqa: S104


def page_answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/sign-in", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def feed_status(data: Path) -> dict[str, object]:
    try:
        status = json.loads((data / "run" / "feed.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(status)


class House:
    """Everything of one start, in the order in which it must end."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.data: Path = arguments.data
        self.children: list[Child] = []
        self.broker_child: Child | None = None
        self.ending = False
        self.first_link = ""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.end)

    def end(self, *_: object) -> None:
        self.ending = True

    def start(self) -> str:
        """Start all; returns the page's address."""
        port = choose_desk_port(os.environ)
        broker = choose_broker(os.environ, self.data)
        environment = {
            **os.environ,
            **broker.environment(),
            "LINKAGE_DESK_PORT": str(port),
            "LINKAGE_DATA": str(self.data),
            "PYTHONUNBUFFERED": "1",
        }
        logs = self.data / "run"
        gateways: list[int] = []
        if not self.arguments.no_demo:
            demo, gateways = demo_gateways(os.environ, self.data)
            environment |= demo
        if broker.command:
            self.broker_child = Child(Part("broker", broker.command), environment, logs, say)
            self.broker_child.start()
        migrate(environment)
        if not self.arguments.no_demo:
            seed_roster(environment, logs)
            environment["LINKAGE_DEMO_CAST"] = "1"
        else:
            self.first_link = first_link(environment, page_address(environment, port))
        wait_for_broker(broker, self.broker_child)
        say(f"消息服务器：{broker.note}；数据库已就绪")
        (logs / "feed.json").unlink(missing_ok=True)
        for part in parts(self.arguments, port, gateways):
            self.children.append(Child(part, environment, logs, say))
            self.children[-1].start()
        return page_address(environment, port)

    def wait_until_visible(self, address: str) -> None:
        deadline = time.monotonic() + LONGEST_START
        page, first = False, self.arguments.no_demo
        while not (page and first) and not self.ending and time.monotonic() < deadline:
            self.tend()
            if not page and page_answers(address):
                page = True
                say("网页已应答")
            number = feed_status(self.data).get("first_incident")
            if not first and number:
                first = True
                say(f"第一个事件已入库：{number}")
            time.sleep(0.1)
        if not (page and first) and not self.ending:
            missing = "网页" if not page else "第一个事件"
            say(f"{LONGEST_START:.0f} 秒内没有等到{missing}，请看 {self.data / 'run'} 下的日志")

    def tend(self) -> None:
        now = time.monotonic()
        for child in (self.broker_child, *self.children):
            if child is not None:
                child.tend(now)

    def watch(self) -> None:
        """Until told to end: keep all running, and say once a minute how it goes."""
        next_line = time.monotonic() + 60
        while not self.ending:
            self.tend()
            if time.monotonic() > next_line:
                next_line += 60
                line = feed_status(self.data).get("line")
                if line:
                    say(str(line))
            time.sleep(0.2)

    def stop(self) -> None:
        intake = [child for child in self.children if child.part.name == "ingest"]
        others = [child for child in self.children if child.part.name != "ingest"]
        broker = [self.broker_child] if self.broker_child else []
        if self.children:
            say("正在停止…")
        stop_in_order((others, intake, broker))
        if self.children:
            say("已全部停止")


def read_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 start.py",
        description="启动消息服务器、接入、界面和演示数据。",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--no-demo", action="store_true", help="不放演示数据，不启动模拟部门")
    parser.add_argument("--speed", type=float, default=6.0, help="演示快慢，1 到 60（默认 6）")
    parser.add_argument("--seed", type=int, default=42, help="同一个数，同一个夜晚（默认 42）")
    parser.add_argument("--scenario", default="typhoon", help="data/demo/ 下的情景，空为不放")
    arguments = parser.parse_args(argv)
    if not 1 <= arguments.speed <= 60:
        parser.error("--speed 应在 1 到 60 之间")
    arguments.data = Path(os.environ.get("LINKAGE_DATA") or ROOT / "data").absolute()
    return arguments


def main() -> int:
    arguments = read_arguments()
    os.chdir(ROOT)
    try:
        check_python()
        desk_port(os.environ), mqtt_version(os.environ)  # before minutes of installing
        lock = take_place(arguments.data)
        set_up("app")
        house = House(arguments)
        try:
            address = house.start()
            house.wait_until_visible(address)
            if not house.ending:
                say(f"请打开  {address}  （Ctrl-C 停止全部）")
                if house.first_link:
                    say(house.first_link)
            house.watch()
        finally:
            house.stop()
            os.close(lock)
    except (Trouble, BadConfig) as trouble:
        print(f"启动失败：{trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("已取消", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
