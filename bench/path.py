"""The whole path against a bare receiver: the same messages, one run, one machine.

Drain: a backlog waits in a persistent session; how fast is it taken in? The share of a bare paho
MQTT 5 receiver that only counts is the figure. Latency: publish to committed, at steady rates.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import select

from bench.receiver import session_properties
from ingest.lanes import lanes_of
from ingest.registry import ROOT, read_registry
from ingest.simulate.city import City
from ingest.simulate.evening import Caller, load_evening
from ingest.simulate.statements import Desk
from ingest.simulate.write import write_alert
from linkage.record import Record
from linkage.schema import migrate
from linkage.settings import load_settings
from linkage.sources import load_sources
from linkage.tables import inbound_message
from tests.parts import Mosquitto, start_mosquitto, start_postgres

Payload = tuple[str, bytes]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench path", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rates", type=int, nargs="*", default=[50, 500])
    parser.add_argument("--only", choices=["drain", "latency"])
    options = parser.parse_args(argv)
    messages = evening(options.messages)
    size = statistics.median(len(p) for _, p in messages)
    print(f"{len(messages)} 条报文，中位 {size:.0f} 字节，十九个系统各自的格式")
    with (
        databases() as urls,
        tempfile.TemporaryDirectory() as folder,
        start_mosquitto(Path(folder)) as broker,
    ):
        if options.only != "latency":
            drain(broker, urls, messages, options.rounds)
        for rate in options.rates if options.only != "drain" else ():
            latency(broker, urls, messages, rate)
    return 0


def evening(count: int, days_ago: float = 60) -> list[Payload]:
    """An ordinary evening's calls, as the systems word them; the same every time."""
    settings = load_settings()
    sources = load_sources(settings.sources)
    demo = settings.tables / "demo"
    start = datetime.now(UTC) - timedelta(days=days_ago)
    caller = Caller(load_evening(demo), City(demo), Desk(sources, start), Random(7), 1)
    alerts = (step.alert for step in caller.evening_from(start) if step.alert is not None)
    return [
        (f"{ROOT}/alert/{one.source_id}", write_alert(one, sources[one.source_id]))
        for one in islice(alerts, count)
    ]


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """A name and a URL pattern each; `{n}` makes a fresh one."""
    with start_postgres() as cluster, tempfile.TemporaryDirectory() as folder:
        urls = {"SQLite": f"sqlite:///{folder}/bench.db", "PostgreSQL": cluster.create()}
        yield urls


def fresh(url: str) -> None:
    """An empty record behind `url`."""
    record = Record(url)
    with record.engine.begin() as cx:
        if cx.dialect.name == "sqlite":
            names = cx.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                " ORDER BY sql NOT LIKE 'CREATE VIRTUAL%'"  # whose own tables go with it
            ).scalars()
            for name in list(names):
                cx.exec_driver_sql(f'DROP TABLE IF EXISTS "{name}"')
        else:
            cx.exec_driver_sql("DROP SCHEMA public CASCADE")
            cx.exec_driver_sql("CREATE SCHEMA public")
    migrate(record)
    record.close()


def backlog(broker: Mosquitto, client_id: str, messages: list[Payload]) -> None:
    """Leave the messages waiting: in one session, as a bare receiver or a peer has it, and in the
    sessions of our lanes, the strangers' lane with its copies included."""
    for name, topics in _sessions(client_id).items():
        _hold_open(broker, name, topics)
    publisher = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    publisher.max_inflight_messages_set(1000)
    publisher.connect("127.0.0.1", broker.port)
    publisher.loop_start()
    last = [publisher.publish(topic, payload, qos=1) for topic, payload in messages][-1]
    last.wait_for_publish(120)
    publisher.disconnect()
    publisher.loop_stop()


def _sessions(client_id: str) -> dict[str, list[tuple[str, int]]]:
    """Client id → what it subscribes to."""
    lanes = lanes_of(read_registry(load_settings())).values()
    ours = {one.client_id(client_id): [(topic, 1) for topic in one.topics] for one in lanes}
    return {client_id: [(f"{ROOT}/alert/+", 1)], **ours}


def _hold_open(broker: Mosquitto, client_id: str, topics: list[tuple[str, int]]) -> None:
    holder = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
    subscribed: list[bool] = []
    holder.on_connect = lambda c, *_: c.subscribe(topics)
    holder.on_subscribe = lambda *_: subscribed.append(True)
    holder.connect("127.0.0.1", broker.port, clean_start=False, properties=session_properties())
    while not subscribed:
        holder.loop(0.1)
    holder.disconnect()


def forget(broker: Mosquitto, client_id: str) -> None:
    """End the sessions: else the broker keeps every later message for them too."""
    for name in _sessions(client_id):
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
        client.connect("127.0.0.1", broker.port, clean_start=True)
        while not client.is_connected():
            client.loop(0.1)
        client.disconnect()


def receive(role: str, broker: Mosquitto, client_id: str, count: int, url: str) -> dict[str, float]:
    return timed(("bench.receiver", role, str(count)), broker, client_id, url)


def timed(command: Sequence[str], broker: Mosquitto, client_id: str, url: str) -> dict[str, float]:
    """What a receiver in a process of its own says of itself. `command`: module and arguments."""
    environment = {
        **os.environ,
        "LINKAGE_MQTT_URL": broker.url,
        "LINKAGE_DATABASE_URL": url,
        "LINKAGE_INGEST_ID": client_id,
    }
    done = subprocess.run(
        [sys.executable, "-m", *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    result: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def drain(broker: Mosquitto, urls: dict[str, str], messages: list[Payload], rounds: int) -> None:
    roles = {"裸 paho 接收": "bare", **dict.fromkeys(urls, "whole")}
    rates: dict[str, list[float]] = {name: [] for name in roles}
    costs: dict[str, list[float]] = {name: [] for name in roles}
    for turn in range(rounds):
        for name, role in roles.items():
            url = urls.get(name, "sqlite://")
            if role == "whole":
                fresh(url)
            client_id = f"bench-{turn}-{role}-{name.isascii() and name}"
            backlog(broker, client_id, messages)
            result = receive(role, broker, client_id, len(messages), url)
            forget(broker, client_id)
            rates[name].append(len(messages) / result["seconds"])
            costs[name].append(result["cpu"] / len(messages) * 1e6)
            if role == "whole":
                check(url, len(messages))
    bare = statistics.median(rates["裸 paho 接收"])
    print(f"\n排空积压，{rounds} 轮中位数")
    for name, values in rates.items():
        rate, cost = statistics.median(values), statistics.median(costs[name])
        print(f"  {name:<14}{rate:>9,.0f} 条/秒  {cost:>6.1f} µs CPU/条  {rate / bare:>6.1%}")


def check(url: str, expected: int) -> None:
    record = Record(url)
    with record.read() as cx:
        outcomes = cx.execute(select(inbound_message.c.outcome)).scalars().all()
    record.close()
    stored = outcomes.count("stored")
    if len(outcomes) != expected or stored < expected * 0.99:
        sys.exit(f"{url}: {len(outcomes)} kept, {stored} stored, expected {expected}")


def latency(broker: Mosquitto, urls: dict[str, str], messages: list[Payload], rate: int) -> None:
    """Publish → committed, by the receipt's road: the receipt leaves after the commit."""
    count = min(len(messages), max(300, rate * 6))
    for name, url in urls.items():
        fresh(url)
        trips = steady(broker, url, f"steady-{rate}-{name}", messages[:count], rate)
        trips.sort()
        p50, p99 = trips[len(trips) // 2], trips[int(len(trips) * 0.99)]
        print(
            f"  {rate:>5} 条/秒  {name:<12} 发出到回执 p50 {p50 * 1e3:6.2f} ms"
            f"  p99 {p99 * 1e3:6.2f} ms  ({len(trips)} 条)"
        )


def steady(
    broker: Mosquitto, url: str, client_id: str, messages: list[Payload], rate: int
) -> list[float]:
    """Seconds from publish to receipt, one per message. Includes the receipt's way back."""
    environment = {
        **os.environ,
        "LINKAGE_MQTT_URL": broker.url,
        "LINKAGE_DATABASE_URL": url,
        "LINKAGE_INGEST_ID": client_id,
    }
    arrived: dict[str, list[float]] = {}
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_message = lambda _, __, receipt: arrived.setdefault(
        receipt.topic.rpartition("/")[2], []
    ).append(time.perf_counter())
    client.on_socket_open = at_once
    client.connect("127.0.0.1", broker.port)
    client.subscribe(f"{ROOT}/receipt/+", qos=0)
    client.loop_start()
    backlog(broker, client_id, messages[:1])
    command = [sys.executable, "-m", "bench.receiver", "whole", str(len(messages))]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as child:
        _wait(arrived, 1)
        sent = {messages[0][0].rpartition("/")[2]: [time.perf_counter()]}
        began = time.perf_counter()
        for n, (topic, payload) in enumerate(messages[1:], 1):
            pause = began + n / rate - time.perf_counter()
            if pause > 0:
                time.sleep(pause)
            sent.setdefault(topic.rpartition("/")[2], []).append(time.perf_counter())
            client.publish(topic, payload, qos=1)
        _wait(arrived, len(messages))
        child.wait(60)
    forget(broker, client_id)
    client.disconnect()
    client.loop_stop()
    # Receipts of one source come in the order of its messages. The first is the intake's start.
    trips = [
        after - before
        for source, times in sent.items()
        for before, after in zip(times, arrived[source], strict=True)
    ]
    return trips[1:]


def at_once(_client: mqtt.Client, _data: object, sock: Any) -> None:
    # A packet that waits for the one before it would be counted as our delay.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _wait(arrived: dict[str, list[float]], count: int) -> None:
    deadline = time.monotonic() + 120
    while (there := sum(map(len, list(arrived.values())))) < count:
        if time.monotonic() > deadline:
            sys.exit(f"{count - there} receipts are missing")
        time.sleep(0.01)
