"""What the desk decided reaches the department: at once, or as soon as it can, never never."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import select

from ingest.address import Address
from ingest.deliver import Delivery, start
from linkage.record import Record
from linkage.response import outbox
from linkage.tables import outbound_message
from tests.parts import Mosquitto, start_mosquitto, wait_until

TOPIC = "linkage/v1/assignment/fire"


@contextmanager
def delivering(record: Record, broker: Mosquitto, *more: Mosquitto) -> Iterator[None]:
    """`more`: further members of the broker's cluster."""
    others = tuple(("127.0.0.1", other.port) for other in more)
    address = Address(
        host="127.0.0.1", port=broker.port, tls=False, user=None, password=None, more=others
    )
    stopping = threading.Event()
    thread = start(Delivery(record, address, "deliver-test", 5), stopping)
    try:
        yield
    finally:
        stopping.set()
        thread.join(15)
        assert not thread.is_alive(), "a stop asked for is a stop"


class Department:
    """A department that listens, from when it connects."""

    topics = "linkage/v1/assignment/#"

    def __init__(self, broker: Mosquitto, name: str = "fire") -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"department-{name}", protocol=mqtt.MQTTv5
        )
        ready = threading.Event()
        self._client.on_connect = lambda c, *_: c.subscribe(self.topics, 1)
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.on_message = lambda _, __, m: self.heard.append((m.topic, m.payload, m.retain))
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        assert ready.wait(10)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def department(mosquitto: Mosquitto) -> Iterator[Department]:
    department = Department(mosquitto)
    yield department
    department.close()


def put(record: Record, payload: bytes, topic: str = TOPIC, *, retain: bool = False) -> None:
    with record.write() as w:
        outbox.enqueue(w, "fire", topic, payload, retain=retain)


def unsent(record: Record) -> int:
    with record.read() as cx:
        waiting = outbound_message.c.sent_at.is_(None)
        return len(cx.execute(select(outbound_message.c.id).where(waiting)).all())


def test_an_order_reaches_its_department_and_is_marked_sent(
    record: Record, mosquitto: Mosquitto, department: Department
) -> None:
    put(record, b"one")
    put(record, b"two")
    with delivering(record, mosquitto):
        wait_until(lambda: unsent(record) == 0, 15, "the orders to be sent")
    assert [payload for _, payload, _ in department.heard] == [b"one", b"two"]


def test_a_department_that_was_away_finds_its_list_of_open_orders(
    record: Record, mosquitto: Mosquitto
) -> None:
    put(record, b"list", f"{TOPIC}/open", retain=True)
    with delivering(record, mosquitto):
        wait_until(lambda: unsent(record) == 0, 15, "the list to be sent")
    late = Department(mosquitto, "late")
    wait_until(lambda: late.heard, 5)
    assert late.heard == [(f"{TOPIC}/open", b"list", True)]
    late.close()


def test_orders_wait_while_the_broker_is_away_and_go_out_when_it_is_back(
    record: Record, mosquitto: Mosquitto
) -> None:
    mosquitto.stop()
    put(record, b"patience")
    with delivering(record, mosquitto):
        mosquitto.start()
        wait_until(lambda: unsent(record) == 0, 20, "the order to be sent")


def test_nothing_is_sent_twice_after_the_broker_confirmed_it(
    record: Record, mosquitto: Mosquitto, department: Department
) -> None:
    put(record, b"once")
    for _ in range(2):
        with delivering(record, mosquitto):
            wait_until(lambda: unsent(record) == 0, 15)
    with record.read() as cx:
        assert outbox.pending(cx, 10, datetime.now(UTC)) == []
    assert len(department.heard) == 1


def test_orders_go_to_the_next_member_of_a_cluster_and_come_back(
    record: Record, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """The lanes fail over by the same list: what comes in and what goes out stay together."""
    mosquitto.stop()
    with (
        start_mosquitto(tmp_path / "second") as second,
        delivering(record, mosquitto, second),
    ):
        there = Department(second, "at-the-second")
        put(record, b"while the first is away")
        wait_until(lambda: unsent(record) == 0, 20, "the order to go by the second")
        wait_until(lambda: there.heard, 5)
        assert [said for _, said, _ in there.heard] == [b"while the first is away"]
        there.close()
        mosquitto.start()
        second.stop()
        here = Department(mosquitto)
        put(record, b"back again")
        wait_until(lambda: unsent(record) == 0, 20, "the order to go by the first")
        wait_until(lambda: here.heard, 5)
        assert [said for _, said, _ in here.heard] == [b"back again"]
        here.close()


def test_a_member_that_refuses_us_is_passed_over(
    record: Record, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    strict = Mosquitto(tmp_path / "strict")
    settings = strict.conf.read_text().replace("allow_anonymous true", "allow_anonymous false")
    strict.conf.write_text(settings)
    strict.start()
    try:
        with delivering(record, strict, mosquitto):
            put(record, b"by the other")
            wait_until(lambda: unsent(record) == 0, 20, "the order to go by the other")
    finally:
        strict.stop()
