"""The stage of the rehearsal: every process on loopback, tables with a cast, what is seen there."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ingest.children import Part
from linkage.own_state import read_service
from linkage.record import Record
from linkage.schema import migrate
from linkage.settings import Settings, load_settings
from tests.parts import Mosquitto, free_port, start_mosquitto

T = TypeVar("T")
DATA = Path(__file__).parents[1] / "data"
# Five programs start at once; on a busy machine that takes a while.
START_S = 90
# How the cast differs from data/demo/departments.toml: two never answer, one sends the order back.
SILENT = ("telecom", "work-safety")
DECLINES = "transport"


class Failed(RuntimeError):  # noqa: N818
    """A point of the rehearsal was not met, in words."""


class Process(msgspec.Struct):
    name: str
    popen: subprocess.Popen[bytes]
    log: Path


class Stage(msgspec.Struct, kw_only=True):
    record: Record
    settings: Settings
    environment: dict[str, str]
    folder: Path
    broker: Mosquitto
    speed: float
    exercise: bool
    processes: list[Process] = []

    def start(self, name: str, *words: str) -> None:
        log = self.folder / f"{name}.log"
        command = [sys.executable, "-m", *words]
        with log.open("ab") as out:
            popen = subprocess.Popen(command, env=self.environment, stdout=out, stderr=out)
        self.processes.append(Process(name, popen, log))

    def say(self, topic: str, payload: bytes, times: int) -> None:
        """Publish the very same message so many times, as a department would whose line broke."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.connect("127.0.0.1", self.broker.port)
        client.loop_start()
        for _ in range(times):
            client.publish(topic, payload, qos=1).wait_for_publish(10)
        client.disconnect()
        client.loop_stop()

    def died(self) -> str:
        """Which process has ended with a fault; a feed that has told its story ends by itself."""
        return "、".join(f"{p.name}（{p.popen.poll()}）" for p in self.processes if p.popen.poll())

    def until(self, asked: Callable[[], T | None], seconds: float, what: str) -> T:
        """The first true answer, or Failed after `seconds`."""
        deadline = time.monotonic() + seconds
        while not (answer := asked()):
            if dead := self.died():
                raise Failed(f"等“{what}”时进程退出：{dead}，日志在 {self.folder}")
            if time.monotonic() > deadline:
                raise Failed(f"{seconds:.0f} 秒内没有等到{what}")
            time.sleep(0.2)
        return answer

    def close(self) -> None:
        for process in reversed(self.processes):
            if process.popen.poll() is None:
                process.popen.terminate()
        for process in reversed(self.processes):
            try:
                process.popen.wait(15)
            except subprocess.TimeoutExpired:
                process.popen.kill()
                process.popen.wait(5)


@contextmanager
def staged(folder: Path, database_url: str, speed: float, *, exercise: bool) -> Iterator[Stage]:
    """Broker, record, intake, departments, gateways and province; the story is not begun yet."""
    tables = tables_with_cast(folder)
    with ExitStack() as stack:
        broker = stack.enter_context(start_mosquitto(folder / "broker"))
        gateways = free_port(), free_port()
        environment = {
            **os.environ,
            "LINKAGE_MQTT_URL": broker.url,
            "LINKAGE_DATABASE_URL": database_url or f"sqlite:///{folder}/linkage.db",
            "LINKAGE_DATA": str(folder),
            "LINKAGE_TABLES": str(tables),
            "LINKAGE_INGEST_ID": "rehearsal",
            "LINKAGE_GATEWAYS": str(gateways_file(folder, *gateways)),
            "LINKAGE_CONTACTS": str(tables / "demo" / "contacts.toml"),
        }
        settings = load_settings(environment)
        record = Record(settings.database_url)
        stack.callback(record.close)
        migrate(record)
        stage = Stage(
            record=record,
            settings=settings,
            environment=environment,
            folder=folder,
            broker=broker,
            speed=speed,
            exercise=exercise,
        )
        stack.callback(stage.close)
        stage.start("intake", "ingest", "run")
        for part in _cast(speed, gateways):
            stage.start(part.name, *part.command)
        stage.until(lambda: _probed(record), START_S, "接入进程自检")
        yield stage


def _cast(speed: float, gateways: tuple[int, int]) -> Iterator[Part]:
    pace = f"{max(1.0, speed / 4):g}"
    yield Part("departments", ("ingest", "simulate", "departments", "--pace", pace))
    yield Part("province", ("ingest", "simulate", "province", "--pace", pace))
    http, smtp = gateways
    ports = ("--http-port", str(http), "--smtp-port", str(smtp))
    yield Part("gateways", ("ingest", "simulate", "gateways", *ports))


def gateways_file(folder: Path, http: int, smtp: int) -> Path:
    """The demonstration's gateways on ports of our own."""
    text = (DATA / "demo" / "gateways.toml").read_text("utf-8")
    file = folder / "gateways.toml"
    file.write_text(text.replace("18590", str(http)).replace("18591", str(smtp)), "utf-8")
    return file


def _probed(record: Record) -> bool:
    with record.read() as cx:
        return read_service(cx) is not None


def tables_with_cast(folder: Path) -> Path:
    """The shipped tables, with the cast of this play."""
    tables = folder / "tables"
    shutil.copytree(DATA, tables, ignore=shutil.ignore_patterns("*.db*", "run", "broker"))
    file = tables / "demo" / "departments.toml"
    blocks = file.read_text("utf-8").split("[[department]]")
    file.write_text("[[department]]".join(map(_played, blocks)), "utf-8")
    province = tables / "demo" / "province.toml"
    # A receipt that is lost is asked for after a quarter of an hour: another rehearsal.
    never_lost = re.sub(
        r"^loses_receipt_of = .*$",
        "loses_receipt_of = 0",
        province.read_text("utf-8"),
        flags=re.MULTILINE,
    )
    province.write_text(never_lost, "utf-8")
    return tables


def _played(block: str) -> str:
    found = re.search(r'^id = "([^"]+)"', block, re.MULTILINE)
    if found is None:
        return block
    plain = re.sub(r"^(manner|decline) = .*\n", "", block, flags=re.MULTILINE)
    if found[1] in SILENT:
        return plain.rstrip() + '\nmanner = "silent"\n\n'
    return plain.rstrip() + ("\ndecline = 1.0\n\n" if found[1] == DECLINES else "\n\n")


def now() -> datetime:
    return datetime.now(UTC)
