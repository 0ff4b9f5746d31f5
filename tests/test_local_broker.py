"""Which broker a start uses, and whether it holds what it has confirmed."""

import os
import sys
import threading
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.broker_config import Config, judge
from ingest.children import Child, Part
from ingest.local_broker import (
    LARGEST_PACKET,
    MEMORY_NOTE,
    Broker,
    answers,
    find_mosquitto,
    in_memory,
    install_mosquitto,
    named_by_user,
    own_mosquitto,
)
from tests.parts import free_port, wait_until

TOPIC = "linkage/v1/alert/110-cad"


def test_a_broker_named_by_the_settings_is_used_as_it_is() -> None:
    broker = named_by_user({"LINKAGE_MQTT_URL": "mqtts://user:word@city:8883"})
    assert broker is not None
    assert (broker.url, broker.command) == ("mqtts://user:word@city:8883", None)
    assert broker.durable
    assert "LINKAGE_MQTT_URL" in broker.note


def test_the_operator_may_say_that_his_broker_keeps_nothing() -> None:
    named = {"LINKAGE_MQTT_URL": "mqtt://city", "LINKAGE_BROKER_DURABLE": "0"}
    broker = named_by_user(named)
    assert broker is not None
    assert broker.environment()["LINKAGE_BROKER_DURABLE"] == "0"


def test_without_a_setting_no_broker_is_assumed() -> None:
    assert named_by_user({}) is None
    assert named_by_user({"LINKAGE_MQTT_URL": ""}) is None


def test_mosquitto_is_found_where_ordinary_users_do_not_look() -> None:
    assert find_mosquitto("/nowhere") == "/usr/sbin/mosquitto"


def test_nobody_but_root_installs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert install_mosquitto(pytest.fail) is None


def test_our_broker_saves_every_second_and_refuses_the_oversized(tmp_path: Path) -> None:
    own_mosquitto("/usr/sbin/mosquitto", 18830, tmp_path / "broker")
    config = (tmp_path / "broker" / "mosquitto.conf").read_text()
    for line in (
        "listener 18830 127.0.0.1",
        "autosave_interval 1",
        f"max_packet_size {LARGEST_PACKET}",
        "max_queued_messages 1000000",
    ):
        assert line in config.splitlines()
    assert judge(Config(config)) == []


def test_the_memory_broker_says_that_it_is_for_demonstrations(tmp_path: Path) -> None:
    broker = in_memory(sys.executable, 18830, tmp_path)
    assert broker.note == MEMORY_NOTE
    assert broker.environment()["LINKAGE_BROKER_DURABLE"] == "0"


def test_nobody_listens_there() -> None:
    assert not answers(f"mqtt://127.0.0.1:{free_port()}")


@pytest.fixture(params=["mosquitto", "memory"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Broker:
    folder, port = tmp_path / "broker", free_port()
    if request.param == "memory":
        return in_memory(sys.executable, port, folder)
    program = find_mosquitto()
    assert program, "apt-get install mosquitto"
    return own_mosquitto(program, port, folder)


def test_what_waits_for_an_absent_intake_is_delivered_on_its_return(
    broker: Broker, tmp_path: Path
) -> None:
    child = run(broker, tmp_path)
    try:
        port = int(broker.url.rsplit(":", 1)[1])
        first = Intake(port)
        first.leave()
        publisher = Intake(port, "110-cad")
        sent = [b"%d" % n for n in range(50)]
        for payload in sent:
            publisher.client.publish(TOPIC, payload, qos=1).wait_for_publish(5)
        again = Intake(port)
        wait_until(lambda: len(again.heard) == 50, 10, "fifty messages")
        assert again.heard == sent
        again.leave()
        publisher.leave()
    finally:
        child.ask_to_end()
        child.wait_for_end()


def test_a_killed_mosquitto_comes_back_with_what_it_had_confirmed(tmp_path: Path) -> None:
    program = find_mosquitto()
    assert program, "apt-get install mosquitto"
    broker = own_mosquitto(program, free_port(), tmp_path / "broker")
    child = run(broker, tmp_path)
    port = int(broker.url.rsplit(":", 1)[1])
    Intake(port).leave()
    publisher = Intake(port, "110-cad")
    publisher.client.publish(TOPIC, b"1", qos=1).wait_for_publish(5)
    publisher.leave()
    store = tmp_path / "broker" / "mosquitto.db"
    # The save after the last publish: the promise is "at most a second old".
    wait_until(lambda: store.exists() and b"110-cad" in store.read_bytes(), 30, "the save")
    child.wait_for_end(0)
    child.start()
    wait_until(lambda: answers(broker.url), 30, "the broker to be back")
    back = Intake(port)
    wait_until(lambda: back.heard == [b"1"], 30, "the message of before the kill")
    back.leave()
    child.ask_to_end()
    child.wait_for_end()


def run(broker: Broker, folder: Path) -> Child:
    assert broker.command
    child = Child(Part("broker", broker.command), os.environ, folder, print)
    child.start()
    wait_until(lambda: answers(broker.url), 10, "the broker to listen")
    return child


class Intake:
    """A receiver with a session that outlives its connection."""

    def __init__(self, port: int, name: str = "intake") -> None:
        self.heard: list[bytes] = []
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv5)
        self.client.on_message = lambda _c, _d, message: self.heard.append(message.payload)
        subscribed = threading.Event()
        self.client.on_subscribe = lambda *_: subscribed.set()
        session = Properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = 3600
        self.client.connect("127.0.0.1", port, clean_start=False, properties=session)
        self.client.loop_start()
        wait_until(self.client.is_connected, 30, "the connection")
        if name == "intake":
            self.client.subscribe(TOPIC, qos=1)
            assert subscribed.wait(5)

    def leave(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
