"""A session for each source: nobody waits for another's flood, and no message falls in between."""

import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.address import Address
from ingest.lanes import AGENCIES, STRANGERS, Known, Lane, former, lanes_of
from ingest.local_broker import in_memory
from ingest.registry import ROOT, read_registry
from ingest.switchboard import Switchboard
from ingest.wire import Message
from linkage.settings import load_settings
from tests.parts import free_port, listening, start_mosquitto, wait_until

REGISTRY = read_registry(load_settings({}))
LANES = lanes_of(REGISTRY)
CALL = f"{ROOT}/alert/110-cad"
BROKERS = ("mosquitto, 5", "mosquitto, 4", "in memory, 5", "in memory, 4")


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Port and MQTT version of each broker we start ourselves."""
    name, version = request.param.split(", ")
    if name == "mosquitto":
        with start_mosquitto(tmp_path / "broker") as started:
            yield started.port, int(version)
        return
    port = free_port()
    of_pip = in_memory(sys.executable, port, tmp_path / "broker", int(version))
    assert of_pip.command
    process = subprocess.Popen(of_pip.command, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: listening(port), 10, "the broker in memory")
        yield port, int(version)
    finally:
        process.terminate()
        process.wait(10)


def board(port: int, version: int, lanes: Mapping[str, Lane] = LANES) -> Switchboard:
    address = Address(host="127.0.0.1", port=port, tls=False, user=None, password=None)
    return Switchboard(address, "lanes-test", version, lanes)


def ready(board: Switchboard) -> Switchboard:
    if not board.held:
        board.hold(LANES)
    wait_until(lambda: board.receive(0.05, 500) == [] and board.connected, 15, "every lane")
    return board


def client(port: int, version: int, client_id: str = "") -> mqtt.Client:
    """A sender; with a name, one whose session the broker keeps."""
    protocol = mqtt.MQTTv5 if version == 5 else mqtt.MQTTv311
    keep: dict[str, object] = {"clean_session": not client_id} if version == 4 else {}
    one = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=protocol, **keep)
    how: dict[str, object] = {}
    if version == 5 and client_id:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        how = {"clean_start": False, "properties": properties}
    one.connect("127.0.0.1", port, **how)
    one.loop_start()
    wait_until(one.is_connected, 10, "the client")
    return one


def say(port: int, version: int, *said: tuple[str, bytes]) -> None:
    sender = client(port, version)
    for topic, payload in said:
        sender.publish(topic, payload, qos=1).wait_for_publish(10)
    sender.disconnect()
    sender.loop_stop()


def gather(board: Switchboard, count: int, quiet_s: float = 0.3) -> list[Message]:
    """`count` messages, and whatever else comes within a moment of the last."""
    got: list[Message] = []

    def more() -> bool:
        batch = board.receive(0.05, 500)
        board.settle((), ())
        got.extend(batch)
        return len(got) >= count

    wait_until(more, 20, f"{count} messages")
    deadline = time.monotonic() + quiet_s
    while time.monotonic() < deadline:
        more()
    return got


def payloads(messages: list[Message]) -> Counter[bytes]:
    return Counter(message.payload for message in messages)


def test_each_source_has_a_session_of_its_own_by_a_short_plain_name() -> None:
    assert set(LANES) == {*REGISTRY.sources, AGENCIES, STRANGERS}
    names = [lane.client_id("linkage-ingest-1") for lane in LANES.values()]
    assert len(set(names)) == len(names)
    assert all(len(name) < 65 and not set(name) & set("/+#$") for name in names)
    topics = [topic for lane in LANES.values() for topic in lane.topics]
    assert len(set(topics)) == len(topics)
    assert next(iter(LANES)) == "110-cad"
    assert [one.id for one in LANES.values() if one.life_safety] == [
        *("110-cad", "119-cad", "120-cad", "122-cad", AGENCIES)
    ]


@given(st.lists(st.text(max_size=12), max_size=7).map("/".join))
def test_any_topic_is_one_lanes_or_a_strangers(topic: str) -> None:
    assert Known(LANES).lane_of(topic.encode(errors="surrogatepass")) in {None, *LANES}


@pytest.mark.parametrize(
    ("topic", "lane"),
    [
        ("linkage/v1/alert/110-cad", "110-cad"),
        ("linkage/v1/alert/environment/gateway-7", "environment"),
        ("linkage/v1/alert/environment/gateway-7/2", None),
        ("linkage/v1/heartbeat/water", "water"),
        ("linkage/v1/feedback/fire", AGENCIES),
        ("linkage/v1/feedback/fire/1", None),
        ("linkage/v1/unit/fire/7", AGENCIES),
        ("linkage/v1/alert/nobody", None),
        ("linkage/v2/alert/110-cad", None),
        ("linkage/v1/alert", None),
    ],
)
def test_a_topic_has_one_lane(topic: str, lane: str | None) -> None:
    assert Known(LANES).lane_of(topic.encode()) == lane


def test_what_a_lane_receives_is_handed_over_once_and_a_strangers_word_too(
    broker: tuple[int, int],
) -> None:
    """T14: a level short or long, an unknown version, a sender nobody knows: kept, never lost."""
    ours = ready(board(*broker))
    strange = [
        *("linkage/v1/alert", "linkage/v1/alert/110-cad/a/b", "linkage/v2/alert/110-cad"),
        *("linkage/v1/alert/nobody", "linkage/v1/feedback/nobody", "linkage/v1/unit/fire"),
    ]
    known = [CALL, f"{CALL}/gateway-1", f"{ROOT}/heartbeat/water", f"{ROOT}/feedback/fire"]
    topics = [*strange, *known] * 3
    say(*broker, *((topic, f"{n}".encode()) for n, topic in enumerate(topics)))
    got = gather(ours, len(topics))
    assert payloads(got) == Counter(f"{n}".encode() for n in range(len(topics)))
    assert {one.topic.decode() for one in got} == set(topics)
    ours.leave()


def test_what_comes_while_we_are_away_waits_in_each_lane(broker: tuple[int, int]) -> None:
    ready(board(*broker)).leave()
    topics = [CALL, f"{ROOT}/alert/water", f"{ROOT}/alert/nobody", f"{ROOT}/feedback/fire"]
    said = [(topic, f"{n}".encode()) for n, topic in enumerate(topics * 50)]
    say(*broker, *said)
    again = board(*broker)
    again.hold(LANES, settled=LANES)
    got = gather(again, len(said))
    assert payloads(got) == Counter(payload for _, payload in said)
    for topic in topics:  # and in order
        numbers = [int(one.payload) for one in got if one.topic == topic.encode()]
        assert numbers == sorted(numbers)
    again.leave()


def test_what_was_not_acknowledged_comes_again_in_its_lane(broker: tuple[int, int]) -> None:
    ours = ready(board(*broker))
    say(*broker, *((t, b"1") for t in (CALL, f"{ROOT}/alert/water", f"{ROOT}/alert/nobody")))
    first: list[Message] = []
    wait_until(lambda: first.extend(ours.receive(0.05, 500)) or len(first) == 3)
    ours.leave()
    ours.settle((), ())  # too late: these acknowledgements must go nowhere
    assert len(gather(ours, 3)) == 3
    ours.leave()
    assert payloads(gather(ready(ours), 0)) == {}
    ours.leave()


def test_a_source_added_while_we_were_away_loses_nothing_that_the_strangers_lane_has(
    broker: tuple[int, int],
) -> None:
    fewer = {name: lane for name, lane in LANES.items() if name != "water"}
    before = board(*broker, fewer)
    before.hold(fewer)
    ready(before).leave()
    say(*broker, (f"{ROOT}/alert/water", b"before its lane"), (CALL, b"a call"))
    now = board(*broker)
    now.hold(LANES, settled=fewer)
    got = payloads(gather(now, 2))
    assert got == {b"before its lane": 1, b"a call": 1}
    say(*broker, (f"{ROOT}/alert/water", b"after"))
    assert payloads(gather(now, 1)) == {b"after": 1}  # by now its copies are not needed
    now.leave()


def test_the_one_session_of_before_is_emptied_and_ended(broker: tuple[int, int]) -> None:
    port, version = broker
    old = client(port, version, "lanes-test")
    done: list[bool] = []
    old.on_subscribe = lambda *_: done.append(True)
    old.subscribe([(topic, 1) for topic in former("lanes-test").topics])
    wait_until(lambda: done, 10, "the old session")
    old.disconnect()
    old.loop_stop()
    say(port, version, *((CALL, f"{n}".encode()) for n in range(40)))
    ours = ready(board(port, version))
    ours.drain(former("lanes-test"), "lanes-test")
    got = gather(ours, 40)
    assert payloads(got) == Counter(f"{n}".encode() for n in range(40))
    wait_until(
        lambda: ours.receive(0.05, 9) == [] and former("x").id in ours.drained, 10, "its end"
    )
    say(port, version, (CALL, b"new"))
    assert payloads(gather(ours, 1)) == {b"new": 1}
    ours.leave()


@pytest.fixture
def nobody_answers() -> Iterator[int]:
    """A port as of a machine that is gone: no connection is refused there, none is made."""
    with ExitStack() as open_:
        gone = open_.enter_context(socket.socket())
        gone.bind(("127.0.0.1", 0))
        gone.listen(0)
        for _ in range(3):
            waiting = open_.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(gone.getsockname())
        yield gone.getsockname()[1]


def test_a_member_of_the_cluster_that_is_gone_costs_one_lanes_patience_and_not_every_lanes(
    nobody_answers: int, tmp_path: Path
) -> None:
    """The next member is tried by all as soon as one has found the first one gone."""
    with start_mosquitto(tmp_path / "broker") as mosquitto:
        local = "127.0.0.1"
        cluster = Address(
            host=local,
            port=nobody_answers,
            tls=False,
            user=None,
            password=None,
            more=((local, mosquitto.port),),
        )
        ours = ready(Switchboard(cluster, "lanes-test", 5, LANES))
        say(mosquitto.port, 5, (CALL, b"1"))
        assert payloads(gather(ours, 1)) == {b"1": 1}
        ours.leave()


def test_when_the_broker_comes_back_every_lane_does(tmp_path: Path) -> None:
    with start_mosquitto(tmp_path / "broker") as mosquitto:
        ours = ready(board(mosquitto.port, 5))
        mosquitto.save()
        mosquitto.kill()
        wait_until(lambda: ours.receive(0.05, 9) == [] and not ours.connected, 10)
        mosquitto.start()
        ready(ours)
        say(mosquitto.port, 5, (CALL, b"1"), (f"{ROOT}/alert/nobody", b"2"))
        assert payloads(gather(ours, 2)) == {b"1": 1, b"2": 1}
        ours.leave()


def test_a_lane_that_is_given_up_is_left_at_once_and_keeps_its_queue(
    broker: tuple[int, int],
) -> None:
    ours = ready(board(*broker))
    ours.hold(set(LANES) - {"water"}, settled=LANES)
    say(*broker, (f"{ROOT}/alert/water", b"for the other worker"), (CALL, b"ours"))
    assert payloads(gather(ours, 1)) == {b"ours": 1}
    other = board(*broker)
    other.hold({"water"})
    assert payloads(gather(other, 1)) == {b"for the other worker": 1}
    other.leave()
    ours.leave()


class Doorman(threading.Thread):
    """A broker that lets everybody in and nobody listen, until told otherwise (MQTT 3.1.1)."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.refuses = True

    def run(self) -> None:
        while True:
            guest, _ = self._door.accept()
            threading.Thread(target=self._serve, args=(guest,), daemon=True).start()

    def _serve(self, guest: socket.socket) -> None:
        with guest:
            while packet := guest.recv(4096):
                if packet[0] == 0x10:
                    guest.sendall(bytes.fromhex("20020000"))
                elif packet[0] == 0x82:
                    topics, at = 0, 4
                    while at < len(packet):
                        topics, at = topics + 1, at + 3 + int.from_bytes(packet[at : at + 2])
                    answer = (b"\x80" if self.refuses else b"\x01") * topics
                    guest.sendall(bytes((0x90, 2 + topics)) + packet[2:4] + answer)


def test_a_lane_that_may_not_listen_does_not_stand_and_its_copies_are_kept() -> None:
    doorman = Doorman()
    doorman.start()
    ours = board(doorman.port, 4)
    ours.hold({"water", STRANGERS}, settled=["water"])
    wait_until(lambda: ours.receive(0.05, 9) == [] and not ours.settled(), 10, "the refusal")
    assert not ours.connected
    doorman.refuses = False
    wait_until(lambda: ours.receive(0.05, 9) == [] and ours.connected, 15, "the lane to stand")
    ours.leave()


def test_what_two_busy_lanes_hand_over_is_settled_once_each(broker: tuple[int, int]) -> None:
    """In a storm a lane is asked twice for one batch, the strangers' too: once as a light lane."""
    ours = ready(board(*broker))
    said = [(f"{ROOT}/alert/nobody", f"{n}".encode()) for n in range(60)]
    said += [(CALL, f"call {n}".encode()) for n in range(60)]
    say(*broker, *said)
    assert payloads(gather(ours, len(said))) == Counter(payload for _, payload in said)
    ours.leave()  # the broker keeps what was not settled, and sends it again
    again: list[Message] = []
    wait_until(lambda: again.extend(ours.receive(0.05, 500)) or ours.connected, 15, "every lane")
    assert again + gather(ours, 0) == []
    ours.leave()


def test_tables_taken_into_use_lose_no_strangers_word_and_double_no_lanes(
    broker: tuple[int, int],
) -> None:
    """What the strangers' lane has read ahead by then is still handed over."""
    ours = ready(board(*broker))
    said = [(f"{ROOT}/alert/nobody", f"{n}".encode()) for n in range(40)]
    said += [(CALL, f"call {n}".encode()) for n in range(40)]
    say(*broker, *said)
    first: list[Message] = []
    wait_until(lambda: first.extend(ours.receive(0.05, 5)) or first, 10, "the first of them")
    ours.settle((), ())
    ours.use({**LANES})
    got = payloads([*first, *gather(ours, len(said) - len(first))])
    assert got == Counter(payload for _, payload in said)
    ours.leave()
