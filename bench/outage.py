"""The database goes away under load: how soon is everything caught up, and what does it cost?

PostgreSQL stops for 20 seconds while systems go on sending. Caught up: every message has its
receipt. And a long run, to see that memory does not grow with what was taken in.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import update

from bench.path import Payload, at_once, evening
from ingest.registry import ROOT
from linkage.record import Record
from linkage.schema import migrate
from linkage.tables import incident
from linkage.vocabulary import IncidentStatus
from tests.parts import Mosquitto, Postgres, start_mosquitto, start_postgres, wait_until
from tests.running import Ingest, running_ingest


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench outage", description=__doc__)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--away", type=float, default=20.0, help="seconds")
    parser.add_argument(
        "--soak", type=int, default=0, help="messages of the long run, e.g. 1000000"
    )
    options = parser.parse_args(argv)
    with (
        start_postgres() as cluster,
        tempfile.TemporaryDirectory() as folder,
        start_mosquitto(Path(folder) / "broker") as broker,
    ):
        url = cluster.create()
        record = Record(url)
        migrate(record)
        record.close()
        with running_ingest(broker, url, Path(folder)) as ingest:
            if options.soak:
                soak(broker, ingest, url, options.soak)
            else:
                outage(broker, ingest, cluster, options.rate, options.away)
    return 0


class Sender:
    """Sends at a rate and counts the receipts."""

    def __init__(self, broker: Mosquitto, messages: list[Payload]) -> None:
        self.messages, self.sent, self.answered = messages, 0, 0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_message = self._receipt
        self._client.on_socket_open = at_once
        self._client.max_inflight_messages_set(2000)
        self._client.connect("127.0.0.1", broker.port)
        self._client.subscribe(f"{ROOT}/receipt/+", qos=1)
        self._client.loop_start()

    def send(self, rate: float, over: threading.Event) -> None:
        began = time.perf_counter()
        while not over.is_set() and self.sent < len(self.messages):
            due = min(int((time.perf_counter() - began) * rate), len(self.messages))
            for topic, payload in self.messages[self.sent : due]:
                self._client.publish(topic, payload, qos=1)
                self.sent += 1
            time.sleep(0.002)

    def all_answered(self) -> bool:
        return self.answered >= self.sent

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _receipt(self, *_: object) -> None:
        self.answered += 1


def outage(broker: Mosquitto, ingest: Ingest, cluster: Postgres, rate: int, away_s: float) -> None:
    sender = Sender(broker, evening(int(rate * (away_s + 25))))
    over = threading.Event()
    speaker = threading.Thread(target=sender.send, args=(rate, over))
    speaker.start()
    wait_until(lambda: sender.answered > rate * 3, 60, "the first receipts")
    before = memory_mb(ingest)
    cluster.stop()
    time.sleep(away_s)
    highest = memory_mb(ingest)
    cluster.start()
    back = time.perf_counter()
    # Caught up: what is sent has its receipt, but for what is on its way at this moment.
    wait_until(lambda: sender.sent - sender.answered < rate * 0.1, 120, "the intake to catch up")
    caught_up = time.perf_counter() - back
    over.set()
    speaker.join()
    wait_until(sender.all_answered, 60, "the last receipts")
    sender.close()
    print(
        f"\nPostgreSQL {away_s:.0f} 秒不可用，{rate} 条/秒：{sender.sent} 条全部有回执；"
        f"恢复后 {caught_up:.1f} 秒追平（中断的 {caught_up / away_s:.2f} 倍）；"
        f"内存 {before:.0f} → {highest:.0f} MB"
    )


def soak(broker: Mosquitto, ingest: Ingest, url: str, count: int) -> None:
    """A year as fast as receipts allow; what is old is closed, as officers do.

    No older: a time of long ago is taken for a wrong clock, and all of it would happen now.
    """
    block, done, figures = 20_000, 0, []
    record = Record(url)
    while done < count:
        sender = Sender(broker, evening(block, days_ago=360 - done / count * 350))
        over = threading.Event()
        sender.send(4_000, over)
        wait_until(sender.all_answered, 120, "the receipts of a block")
        sender.close()
        done += block
        _close_all(record)
        figures.append(memory_mb(ingest))
        print(f"  {done:>9,} 条  {figures[-1]:.0f} MB", flush=True)
    print(f"\n{done:,} 条：内存由 {figures[0]:.0f} MB 到 {figures[-1]:.0f} MB")


def _close_all(record: Record) -> None:
    with record.write() as w:
        w.cx.execute(
            update(incident)
            .where(incident.c.status == IncidentStatus.RECEIVED._value_)
            .values(status=IncidentStatus.CLOSED._value_, revision=w.next_revision())
        )


def memory_mb(ingest: Ingest) -> float:
    """Resident memory of the intake's process, and of those it started."""
    assert ingest.process
    parents = [str(ingest.process.pid)]
    listed = subprocess.run(
        ["ps", "-o", "rss=", "--pid", parents[0], "--ppid", parents[0]],
        capture_output=True,
        text=True,
        check=False,
    )
    sizes = [int(line) for line in listed.stdout.split()]
    if not sizes:
        sys.exit("the intake is gone")
    return sum(sizes) / 1024
