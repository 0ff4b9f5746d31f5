"""One source sends a hundred times its rate: what does a call of another source wait for?

Every source sends as on an ordinary day; the same again while one floods. Publish to receipt, of
the others, in milliseconds; what the flood's source is told to have been above its rate.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from random import Random

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import select

from bench.path import at_once, databases, evening, fresh
from ingest.registry import ROOT
from linkage.intake_tables import source_state
from linkage.own_state import read_service
from linkage.record import Record
from linkage.settings import load_settings
from linkage.sources import load_sources
from tests.parts import Mosquitto, start_mosquitto, wait_until


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench fairness", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--flooder", default="water", help="600 a minute by sources.toml")
    parser.add_argument("--times", type=float, default=100, help="how many times its rate")
    parser.add_argument("--rate", type=float, default=20, help="messages a second of all others")
    options = parser.parse_args(argv)
    flooder = load_sources(load_settings().sources)[options.flooder]
    flood = flooder.rate_per_minute / 60 * options.times
    print(f"其余各系统共 {options.rate:g} 条/秒；洪流 {flooder.id} {flood:,.0f} 条/秒")
    with (
        databases() as urls,
        tempfile.TemporaryDirectory() as folder,
        start_mosquitto(Path(folder)) as broker,
    ):
        for name, url in urls.items():
            fresh(url)
            with _Intake(broker, url, f"fair-{name}"):
                calm = _measure(broker, flooder.id, 0.0, options.rate, options.seconds)
                loud = _measure(broker, flooder.id, flood, options.rate, options.seconds)
                kept, excess = _settled(url, flooder.id)
            print(
                f"  {name:<12} 平时 p50 {calm[0]:6.1f} p99 {calm[1]:6.1f} ms"
                f"   洪流中 p50 {loud[0]:6.1f} p99 {loud[1]:6.1f} ms"
                f"   p99 为 {loud[1] / calm[1]:4.2f} 倍"
                f"   洪流入库 {kept:,}，其中超额 {excess:,}"
            )
    return 0


class _Intake:
    """`python -m ingest run`, awake."""

    def __init__(self, broker: Mosquitto, url: str, ingest_id: str) -> None:
        self._url = url
        self._environment = {
            **os.environ,
            "LINKAGE_MQTT_URL": broker.url,
            "LINKAGE_DATABASE_URL": url,
            "LINKAGE_INGEST_ID": ingest_id,
        }

    def __enter__(self) -> None:
        command = [sys.executable, "-m", "ingest", "run"]
        self._process = subprocess.Popen(command, env=self._environment, stderr=subprocess.DEVNULL)
        record = Record(self._url)

        def awake() -> bool:
            with record.read() as cx:
                return read_service(cx) is not None

        wait_until(awake, 30, "the intake")
        record.close()

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)


def _measure(
    broker: Mosquitto, flooder: str, flood: float, rate: float, seconds: float
) -> tuple[float, float]:
    """p50 and p99 of the others, in milliseconds."""
    messages = evening(int(rate * seconds * 1.3) + 500)
    calm = [one for one in messages if not one[0].endswith(f"/{flooder}")][: int(rate * seconds)]
    sent: dict[str, list[float]] = {}
    back: dict[str, list[float]] = {}
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_socket_open = at_once
    client.on_message = lambda _, __, m: back.setdefault(_source(m.topic), []).append(
        time.perf_counter()
    )
    client.connect("127.0.0.1", broker.port)
    client.subscribe([(f"{ROOT}/receipt/{_source(t)}", 0) for t in {topic for topic, _ in calm}])
    client.loop_start()
    over = threading.Event()
    thread = threading.Thread(target=_flood, args=(broker, flooder, flood, over))
    thread.start()
    began = time.perf_counter()
    for n, (topic, payload) in enumerate(calm):
        pause = began + n / rate - time.perf_counter()
        if pause > 0:
            time.sleep(pause)
        sent.setdefault(_source(topic), []).append(time.perf_counter())
        client.publish(topic, payload, qos=1)
    over.set()
    thread.join()
    wait_until(lambda: sum(map(len, list(back.values()))) >= len(calm), 120, "receipts")
    client.disconnect()
    client.loop_stop()
    waits = sorted(
        b - a for name, times in sent.items() for a, b in zip(times, back[name], strict=True)
    )
    return waits[len(waits) // 2] * 1e3, waits[int(len(waits) * 0.99)] * 1e3


def _flood(broker: Mosquitto, flooder: str, rate: float, over: threading.Event) -> None:
    """Small payloads that nobody can read: kept as refused, at the price of any other."""
    if not rate:
        return
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.max_inflight_messages_set(1_000)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    dice, count, began = Random(1), 0, time.perf_counter()
    while not over.wait(0.005):
        due = int((time.perf_counter() - began) * rate)
        for _ in range(min(due - count, 500)):
            client.publish(f"{ROOT}/alert/{flooder}", b'{"n": %d}' % dice.getrandbits(60), qos=1)
            count += 1
    client.disconnect()
    client.loop_stop()


def _source(topic: str) -> str:
    return topic.rpartition("/")[2]


def _settled(url: str, flooder: str) -> tuple[int, int]:
    """Received and excess, once neither grows any more."""
    record = Record(url)
    seen: list[tuple[int, int]] = []

    def still() -> bool:
        time.sleep(1)
        with record.read() as cx:
            state = source_state.c
            row = cx.execute(
                select(state.received, state.excess).where(
                    state.source_id == flooder, state.channel == "alert"
                )
            ).one()
        seen.append((row.received, row.excess))
        return len(seen) > 1 and seen[-1] == seen[-2]

    wait_until(still, 300, "the flood to be taken in")
    record.close()
    return seen[-1]
