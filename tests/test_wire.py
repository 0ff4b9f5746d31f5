"""Reading the broker's packets ourselves must give exactly what paho would have given."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.address import Address
from ingest.broker import Session
from ingest.wire import Message, Wire
from tests.one_lane import hear
from tests.parts import Mosquitto, wait_until

TOPIC = "linkage/v1/alert/110-cad"


@pytest.fixture
def publisher(mosquitto: Mosquitto) -> Iterator[mqtt.Client]:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", mosquitto.port)
    client.loop_start()
    yield client
    client.disconnect()
    client.loop_stop()


def session_to(broker: Mosquitto, version: int = 5) -> Session:
    address = Address(host="127.0.0.1", port=broker.port, tls=False, user=None, password=None)
    return Session(address, "intake-test", version, ["linkage/v1/alert/+"])


def ready(session: Session) -> Session:
    wait_until(lambda: hear(session, 0.05, 10) == [] and session.connected, 10, "the session")
    return session


def gather(session: Session, count: int, most: int = 500) -> list[Message]:
    got: list[Message] = []

    def more() -> bool:
        batch = hear(session, 0.05, most)
        assert len(batch) <= most
        session.settle((m.mid for m in batch), ())
        got.extend(batch)
        return len(got) >= count

    wait_until(more, 20, f"{count} messages")
    return got


@pytest.mark.parametrize("version", [5, 4])
def test_every_byte_arrives_as_it_was_sent(
    mosquitto: Mosquitto, publisher: mqtt.Client, version: int
) -> None:
    session = ready(session_to(mosquitto, version))
    chance = random.Random(7)
    sent = [chance.randbytes(n) for n in (0, 1, 127, 128, 16_384, 200_000)]
    sent += [chance.randbytes(chance.randrange(600)) for _ in range(2_000)]
    properties = Properties(PacketTypes.PUBLISH)
    properties.UserProperty = [("来源", "x" * 150)]
    for payload in sent:
        publisher.publish(TOPIC, payload, qos=1, properties=properties)
    got = gather(session, len(sent), most=37)
    assert [m.payload for m in got] == sent
    assert {m.topic for m in got} == {TOPIC.encode()}
    session.leave()


def test_what_was_not_acknowledged_comes_again(
    mosquitto: Mosquitto, publisher: mqtt.Client
) -> None:
    first = ready(session_to(mosquitto))
    for n in range(10):
        publisher.publish(TOPIC, str(n), qos=1)
    got: list[Message] = []
    wait_until(lambda: got.extend(hear(first, 0.05, 100)) or len(got) == 10)
    first.settle((m.mid for m in got[:4]), ())
    first.leave()
    again = gather(session_to(mosquitto), 6)
    # A goodbye may overtake the acknowledgements before it: then those come again as well.
    assert [m.payload for m in again][-6:] == [b"4", b"5", b"6", b"7", b"8", b"9"]


def test_the_session_keeps_what_comes_while_the_intake_is_away(
    mosquitto: Mosquitto, publisher: mqtt.Client
) -> None:
    ready(session_to(mosquitto)).leave()
    for n in range(300):
        publisher.publish(TOPIC, str(n), qos=1).wait_for_publish(5)
    got = gather(session_to(mosquitto), 300)
    assert [int(m.payload) for m in got] == list(range(300))


def test_the_intake_comes_back_when_the_broker_does(
    mosquitto: Mosquitto, publisher: mqtt.Client
) -> None:
    session = ready(session_to(mosquitto))
    mosquitto.kill()
    wait_until(lambda: hear(session, 0.05, 10) == [] and not session.connected)
    session.settle([1, 2, 3], [(b"linkage/v1/receipt/110-cad", b"{}")])  # harmless, not raising
    mosquitto.start()
    ready(session)
    wait_until(publisher.is_connected, 15, "the publisher to be back")
    publisher.publish(TOPIC, b"after", qos=1)
    assert gather(session, 1)[0].payload == b"after"


def test_a_burst_beyond_the_batch_stays_in_the_socket(
    mosquitto: Mosquitto, publisher: mqtt.Client
) -> None:
    session = ready(session_to(mosquitto))
    for n in range(50):
        publisher.publish(TOPIC, str(n), qos=1)
    first: list[Message] = []
    wait_until(lambda: first.extend(hear(session, 0.2, 20)) or first)
    assert 0 < len(first) <= 20
    rest = gather(session, 50 - len(first), most=20)
    assert [int(m.payload) for m in [*first, *rest]] == list(range(50))


def test_receipts_go_out_with_the_acknowledgements(
    mosquitto: Mosquitto, publisher: mqtt.Client
) -> None:
    heard: list[bytes] = []
    done = threading.Event()
    publisher.on_message = lambda *a: (heard.append(a[2].payload), len(heard) == 2 and done.set())
    publisher.subscribe("linkage/v1/receipt/+", qos=1)
    session = ready(session_to(mosquitto))
    publisher.publish(TOPIC, b"x", qos=1)
    (message,) = gather(session, 1)
    topic = b"linkage/v1/receipt/110-cad"
    session.settle([message.mid], [(topic, b"one"), (topic, b"y" * 70_000)])
    wait_until(lambda: hear(session, 0.05, 1) == [] and done.is_set())
    assert heard == [b"one", b"y" * 70_000]


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_packet_may_be_cut_anywhere(cut: int) -> None:
    wire = Wire("cut", 5)
    packet = b"\x32\x0c\x00\x03a/b\x00\x07\x00wxyz"
    wire._pending += packet[:cut]
    wire._split(10)
    assert wire._arrived == []
    wire._pending += packet[cut:] + packet
    wire._split(10)
    assert wire._arrived == [Message(7, b"a/b", b"wxyz", retained=False)] * 2


def test_a_malformed_packet_ends_the_connection_not_the_intake() -> None:
    wire = Wire("bad", 5)
    wire._pending += b"\x32\x02\x00\xff"
    with pytest.raises(ConnectionError):
        wire._split(10)


def test_the_pinned_paho_still_has_what_we_use() -> None:
    needed = {"_packet_handle", "_packet_queue", "_loop_rc_handle", "loop_misc", "want_write"}
    assert needed <= set(dir(mqtt.Client))
    pinned = Path("requirements.txt").read_text(encoding="utf-8")
    assert "paho-mqtt==2.2.0" in pinned, "read wire.py again before moving to another paho"
