"""The process under the stopwatch: a bare receiver that only counts, or the whole intake.

Started by bench.path as `python -m bench.receiver bare|whole <messages>`;
prints one JSON line: seconds from the first message to the last acknowledged, CPU seconds.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.address import read_address
from ingest.lanes import lanes_of
from ingest.registry import read_registry, read_rules
from ingest.switchboard import Switchboard
from ingest.wire import Message
from ingest.worker import Worker
from linkage.intake.take_in import Intake
from linkage.record import Record
from linkage.settings import Settings, load_settings

SILENCE_S = 60.0


class Stopwatch:
    def __init__(self, expected: int) -> None:
        self.left = expected
        self.began = 0.0
        self.cpu_began = 0.0

    def saw(self) -> None:
        if not self.began:
            self.began, self.cpu_began = time.perf_counter(), time.process_time()

    def report(self) -> None:
        seconds = time.perf_counter() - self.began
        print(json.dumps({"seconds": seconds, "cpu": time.process_time() - self.cpu_began}))


def session_properties() -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = 3600
    return properties


def listen(settings: Settings, expected: int, done: Callable[[mqtt.MQTTMessage], None]) -> None:
    """What waits in the session, each given to `done`; by paho's own loop, MQTT 5, QoS 1."""
    watch = Stopwatch(expected)
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=settings.ingest_id, protocol=mqtt.MQTTv5
    )

    def take(_: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        watch.saw()
        watch.left -= 1
        done(message)

    client.on_message = take
    address = read_address(settings)
    client.connect(address.host, address.port, clean_start=False, properties=session_properties())
    deadline = time.monotonic() + SILENCE_S
    while watch.left > 0 and time.monotonic() < deadline:
        client.loop(0.2)
    watch.report()
    client.disconnect()


def bare(settings: Settings, expected: int) -> None:
    """What paho can do at most: acknowledged by itself, nothing done with it."""
    listen(settings, expected, lambda _: None)


class TimedBoard(Switchboard):
    watch: Stopwatch

    def expect(self, count: int) -> None:
        self.watch = Stopwatch(count)

    def receive(self, wait_s: float, most: int) -> list[Message]:
        messages = super().receive(wait_s, most)
        if messages:
            self.watch.saw()
        return messages

    def settle(self, mids: Iterable[int], publishes: Iterable[tuple[bytes, bytes]]) -> None:
        sent = list(mids)
        super().settle(sent, publishes)
        self.watch.left -= len(sent)


def whole(settings: Settings, expected: int) -> None:
    """The intake as it runs: the same lanes, worker and record as `python -m ingest run`."""
    record = Record(settings.database_url)
    registry = read_registry(settings)
    lanes = lanes_of(registry)
    session = TimedBoard(read_address(settings), settings.ingest_id, settings.mqtt_version, lanes)
    session.hold(lanes, settled=lanes)
    session.expect(expected)
    worker = Worker(session, Intake(record, read_rules(settings, registry)), record, registry)
    deadline = time.monotonic() + SILENCE_S * 5
    worker.run(lambda: session.watch.left <= 0 or time.monotonic() > deadline)
    session.watch.report()
    record.close()


if __name__ == "__main__":
    {"bare": bare, "whole": whole}[sys.argv[1]](load_settings(), int(sys.argv[2]))
