"""Silence with real parts: a line that breaks, a broker that drops, over the wire."""

import shutil
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.address import Address
from ingest.deliver import Delivery, start
from linkage.desk.freshness import freshness
from linkage.own_state import BROKER, read_service
from linkage.record import Record
from linkage.sources import load_sources
from tests.parts import Mosquitto, start_mosquitto, wait_until
from tests.running import running_ingest

SOURCES = load_sources(Path(__file__).parents[1] / "sources.toml")
HEARTBEAT = "linkage/v1/heartbeat/110-cad"


def silent(record: Record) -> list[str]:
    with record.read() as cx:
        return [one.id for one in freshness(cx, SOURCES, datetime.now(UTC)).silent]


def heard(record: Record) -> bool:
    with record.read() as cx:
        return "110 接处警" not in freshness(cx, SOURCES, datetime.now(UTC)).never


def test_a_line_that_breaks_is_red_by_its_last_will_and_well_when_it_is_back(
    mosquitto: Mosquitto, sqlite_template: Path, tmp_path: Path
) -> None:
    """T19: the connection ends without a farewell."""
    file = tmp_path / "linkage.db"
    shutil.copy(sqlite_template, file)
    url = f"sqlite:///{file}"
    record = Record(url)
    with running_ingest(mosquitto, url, tmp_path):
        police = mqtt.Client(CallbackAPIVersion.VERSION2, "police", protocol=mqtt.MQTTv5)
        police.will_set(HEARTBEAT, b'{"state":"offline"}', qos=1)
        police.connect("127.0.0.1", mosquitto.port)
        police.loop_start()
        wait_until(police.is_connected, 10, "the connection")
        police.publish(HEARTBEAT, b'{"state":"online"}', qos=1).wait_for_publish(10)
        wait_until(lambda: heard(record), 10, "the first heartbeat")
        assert silent(record) == []
        police.loop_stop()
        line = police.socket()
        assert isinstance(line, socket.socket)
        line.shutdown(socket.SHUT_RDWR)  # no DISCONNECT: the broker sends the will
        wait_until(lambda: silent(record) == ["110-cad"], 10, "the last will")
        again = mqtt.Client(CallbackAPIVersion.VERSION2, "police", protocol=mqtt.MQTTv5)
        again.connect("127.0.0.1", mosquitto.port)
        again.loop_start()
        again.publish(HEARTBEAT, b"1", qos=1).wait_for_publish(10)
        wait_until(lambda: silent(record) == [], 10, "the source to be back")
        again.disconnect()
        again.loop_stop()
    record.close()


def test_what_the_broker_drops_comes_to_the_record(
    fresh_sqlite: Callable[[], Record], tmp_path: Path
) -> None:
    """T18: the broker's own counter, over the wire."""
    record = fresh_sqlite()
    extra = "sys_interval 1\nmax_queued_messages 5\n"
    with start_mosquitto(tmp_path / "broker", extra) as broker:
        address = Address(host="127.0.0.1", port=broker.port, tls=False, user=None, password=None)
        stopping = threading.Event()
        thread = start(Delivery(record, address, "deliver-test", 5), stopping)
        _leave_a_session(broker)
        sender = mqtt.Client(CallbackAPIVersion.VERSION2, "sender", protocol=mqtt.MQTTv5)
        sender.connect("127.0.0.1", broker.port)
        sender.loop_start()
        for _ in range(40):
            sender.publish("somewhere", b"1", qos=1).wait_for_publish(10)
        wait_until(lambda: _dropped(record) > 0, 20, "the counter")
        sender.disconnect()
        sender.loop_stop()
        stopping.set()
        thread.join(15)
    record.close()


def _leave_a_session(broker: Mosquitto) -> None:
    """Somebody subscribes and goes: what comes is queued for them."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "absent", protocol=mqtt.MQTTv5)
    subscribed = threading.Event()
    client.on_subscribe = lambda *_: subscribed.set()
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = 3600
    client.connect("127.0.0.1", broker.port, properties=properties)
    client.loop_start()
    client.subscribe("somewhere", qos=1)
    assert subscribed.wait(10)
    client.disconnect()
    client.loop_stop()


def _dropped(record: Record) -> int:
    with record.read() as cx:
        state = read_service(cx, BROKER)
    return int(state.detail.get("dropped", 0)) if state else 0
