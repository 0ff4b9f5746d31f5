"""The production settings that we ship, started as they are: what they must refuse, they refuse."""

import contextlib
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.address import Address
from ingest.broker_log import BrokerLog, DenialWatch
from ingest.broker_probe import probe
from ingest.local_broker import LARGEST_PACKET
from linkage.intake.denials import DENIED, denials
from linkage.own_state import read_service
from linkage.record import Record
from linkage.response.agencies import load_agencies
from linkage.sources import load_sources
from tests.parts import Mosquitto, wait_until

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "docs" / "broker"
# CONNECT of MQTT 3.1.1 by "me".
_HELLO = b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x1e\x00\x02me"
SUBJECTS = ("110-cad", "fire", "js-province", "linkage-ingest")


def openssl(*words: str | Path) -> None:
    program = shutil.which("openssl")
    assert program, "apt-get install openssl"
    subprocess.run([program, *map(str, words)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA, the server's certificate, and one for each who connects."""
    folder = tmp_path_factory.mktemp("keys")
    new = ("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(*new, "-x509", "-days", "2", "-subj", "/CN=test CA",
            "-keyout", folder / "ca.key", "-out", folder / "ca.crt")  # fmt: skip
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    for name in ("server", *SUBJECTS):
        files = {end: folder / f"{name}.{end}" for end in ("key", "csr", "crt")}
        openssl(*new, "-subj", f"/CN={name}", "-keyout", files["key"], "-out", files["csr"])
        sign = ("x509", "-req", "-days", "2", "-CA", folder / "ca.crt", "-CAkey", folder / "ca.key")
        openssl(*sign, "-CAcreateserial", "-extfile", folder / "names",
                "-in", files["csr"], "-out", files["crt"])  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def broker(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    folder = tmp_path_factory.mktemp("broker")
    broker = Mosquitto(folder)
    text = (SAMPLE / "mosquitto.conf").read_text(encoding="utf-8")
    for theirs, ours in (
        ("listener 8883", f"listener {broker.port} 127.0.0.1"),
        ("/etc/mosquitto/linkage/acl", str(SAMPLE / "acl")),
        ("/etc/mosquitto/linkage", str(keys)),
        ("/var/lib/mosquitto", str(folder)),
        ("/var/log/mosquitto/mosquitto.log", str(folder / "connects.log")),
    ):
        assert theirs in text
        text = text.replace(theirs, ours)
    broker.conf.write_text(f"{text}\nuser root\n", encoding="utf-8")
    broker.start()
    yield broker
    broker.stop()


class Guest:
    """Connected with its own certificate; remembers what it was told."""

    def __init__(
        self, broker: Mosquitto, keys: Path, name: str, version: int = 5, client_id: str = ""
    ) -> None:
        self.heard: list[str] = []
        self.answers: list[Any] = []
        self.lost = False
        protocol = mqtt.MQTTv5 if version == 5 else mqtt.MQTTv311
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id or f"{name}-test",
            protocol=protocol,
            reconnect_on_failure=False,
        )
        context = ssl.create_default_context(cafile=str(keys / "ca.crt"))
        context.load_cert_chain(keys / f"{name}.crt", keys / f"{name}.key")
        self.client.tls_set_context(context)
        self.client.on_message = lambda _, __, message: self.heard.append(message.topic)
        self.client.on_publish = lambda _, __, ___, reason, ____: self.answers.append(reason)
        self.client.on_subscribe = lambda _, __, ___, reasons, ____: self.answers.extend(reasons)
        self.client.on_disconnect = self._on_disconnect
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        wait_until(self.client.is_connected, 30, "the connection")

    def _on_disconnect(self, *_: object) -> None:
        self.lost = True

    def publish(self, topic: str, payload: bytes = b"{}") -> Any:
        """The broker's answer."""
        self.answers.clear()
        self.client.publish(topic, payload, qos=1)
        wait_until(lambda: self.answers, 30, "the answer")
        return self.answers[0]

    def subscribe(self, topic: str) -> Any:
        self.answers.clear()
        self.client.subscribe(topic, qos=1)
        wait_until(lambda: self.answers, 30, "the answer")
        return self.answers[0]

    def leave(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def intake(broker: Mosquitto, keys: Path) -> Iterator[Guest]:
    guest = Guest(broker, keys, "linkage-ingest")
    assert not guest.subscribe("linkage/#").is_failure
    yield guest
    guest.leave()


@pytest.fixture
def police(broker: Mosquitto, keys: Path) -> Iterator[Guest]:
    guest = Guest(broker, keys, "110-cad")
    yield guest
    guest.leave()


def test_a_system_speaks_in_its_own_name(police: Guest, intake: Guest) -> None:
    assert not police.publish("linkage/v1/alert/110-cad").is_failure
    assert not police.publish("linkage/v1/heartbeat/110-cad").is_failure
    wait_until(lambda: len(intake.heard) == 2, 30, "both")


def test_the_province_reads_its_reports_and_answers_and_nobody_else_does(
    broker: Mosquitto, keys: Path, police: Guest, intake: Guest
) -> None:
    province = Guest(broker, keys, "js-province")
    assert not province.subscribe("linkage/v1/report/js-province").is_failure
    assert not intake.publish("linkage/v1/report/js-province").is_failure
    wait_until(lambda: province.heard, 30, "the report")
    assert not province.publish("linkage/v1/report-receipt/js-province").is_failure
    assert police.publish("linkage/v1/report-receipt/js-province").is_failure, "forged"
    assert police.publish("linkage/v1/report/js-province").is_failure
    assert province.publish("linkage/v1/feedback/fire").is_failure
    province.leave()


@pytest.mark.parametrize(
    "topic",
    [
        "linkage/v1/alert/119-cad",
        "linkage/v1/alert/linkage",
        "linkage/v1/heartbeat/119-cad",
        "linkage/v1/receipt/110-cad",
        "linkage/v1/assignment/fire",
        "linkage/v1/feedback/fire",
        "linkage/v1/probe/linkage-ingest-1",
        "linkage/v2/alert/110-cad",
        "elsewhere",
    ],
)
def test_nobody_speaks_in_anothers_name(police: Guest, intake: Guest, topic: str) -> None:
    """T01: 110's certificate on 119's topic is refused, with the reason."""
    assert str(police.publish(topic)) == "Not authorized"
    assert not police.publish("linkage/v1/alert/110-cad").is_failure
    wait_until(lambda: intake.heard, 30, "our own")
    assert intake.heard == ["linkage/v1/alert/110-cad"]


def test_under_the_old_version_a_refusal_looks_like_success_and_no_receipt_comes(
    broker: Mosquitto, keys: Path, intake: Guest
) -> None:
    """T03: the broker confirms what it throws away; only the missing receipt tells."""
    old = Guest(broker, keys, "110-cad", version=4)
    assert not old.subscribe("linkage/v1/receipt/110-cad").is_failure
    assert not old.publish("linkage/v1/alert/119-cad").is_failure, "as if it had been taken"
    assert not old.publish("linkage/v1/alert/110-cad").is_failure
    wait_until(lambda: intake.heard, 30, "the one that is allowed")
    arrived = list(intake.heard)
    assert arrived == ["linkage/v1/alert/110-cad"]
    for topic in arrived:
        intake.client.publish(topic.replace("/alert/", "/receipt/"), b"{}", qos=1)
    wait_until(lambda: old.heard, 30, "its receipt")
    assert old.heard == ["linkage/v1/receipt/110-cad"], "one receipt for two messages"
    old.leave()


@pytest.mark.parametrize("version", [4, 5])
def test_a_forbidden_publish_is_named_from_the_log(
    broker: Mosquitto, keys: Path, record: Record, version: int
) -> None:
    """T01, T03: who, under which account, on which topics, how often; for everybody to see."""
    log = BrokerLog(broker.folder / "connects.log")
    watch = DenialWatch(record, log)
    assert log.look(datetime.now(UTC)) == {}
    thief = Guest(broker, keys, "110-cad", version, client_id=f"gateway {version}")
    for topic in ("linkage/v1/alert/119-cad", "linkage/v1/receipt/119-cad"):
        thief.publish(topic)
        thief.publish(topic)
    thief.publish("linkage/v1/alert/110-cad")
    thief.leave()

    def looked() -> Any:
        log.look(datetime.now(UTC))
        return sum(one.count for one in log.denied()) == 4

    wait_until(looked, 30, "the log")
    assert watch.look(0.0) is False
    with record.read() as cx:
        (found,) = denials(read_service(cx, DENIED))
    assert (found.who, found.client, found.count) == ("110-cad", f"gateway {version}", 4)
    assert found.topics == ("linkage/v1/receipt/119-cad", "linkage/v1/alert/119-cad")
    assert log.denied() == [], "what is told is not told twice"


@pytest.mark.parametrize(
    "topic", ["#", "linkage/#", "linkage/v1/alert/+", "linkage/v1/assignment/+", "$SYS/#"]
)
def test_a_department_hears_nothing_but_its_own(broker: Mosquitto, keys: Path, topic: str) -> None:
    """T15: a subscription to everything is refused, or brings nothing that is another's."""
    fire, police = Guest(broker, keys, "fire"), Guest(broker, keys, "110-cad")
    fire.subscribe(topic)
    assert not fire.subscribe("linkage/v1/assignment/fire").is_failure
    office = Guest(broker, keys, "linkage-ingest")
    police.publish("linkage/v1/alert/110-cad")
    for agency in ("health", "fire"):
        assert not office.publish(f"linkage/v1/assignment/{agency}").is_failure
    wait_until(lambda: fire.heard, 30, "its own order")
    assert set(fire.heard) == {"linkage/v1/assignment/fire"}
    for guest in (fire, police, office):
        guest.leave()


def test_without_a_certificate_nobody_comes_in(broker: Mosquitto, keys: Path) -> None:
    """T30: a client that shows no certificate gets no answer."""
    context = ssl.create_default_context(cafile=str(keys / "ca.crt"))
    answer = b""
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", broker.port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as tls,
    ):
        tls.sendall(_HELLO)
        answer = tls.recv(4)
    assert answer == b""


def test_plain_text_is_refused(broker: Mosquitto) -> None:
    """T31: a client without TLS gets nothing."""
    with socket.create_connection(("127.0.0.1", broker.port), timeout=5) as plain:
        plain.sendall(_HELLO)
        try:
            answer = plain.recv(4)
        except ConnectionError:
            answer = b""
    assert answer[:1] != b"\x20", "no CONNACK"


@pytest.mark.parametrize("version", [4, 5])
def test_the_oversized_ends_the_connection_and_is_not_confirmed(
    broker: Mosquitto, keys: Path, version: int
) -> None:
    """T11, T12: one byte above the limit; no confirmation that would be a lie."""
    sender = Guest(broker, keys, "110-cad", version=version)
    try:
        sender.client.publish("linkage/v1/alert/110-cad", b"x" * (LARGEST_PACKET + 1), qos=1)
    except ValueError:
        return  # MQTT 5: the broker has told its limit, and the client keeps to it
    wait_until(lambda: sender.lost, 30, "the disconnection")
    assert sender.answers == []
    sender.leave()


def test_the_largest_payload_that_we_read_goes_through(police: Guest, intake: Guest) -> None:
    assert not police.publish("linkage/v1/alert/110-cad", b"x" * 262_144).is_failure
    wait_until(lambda: intake.heard, 30, "it")


def test_a_clash_of_client_ids_is_named_from_the_log(broker: Mosquitto, keys: Path) -> None:
    """T21, T13: the same client id twice; both throw each other off, and the log names it."""
    log = BrokerLog(broker.folder / "connects.log")
    assert log.look(datetime.now(UTC)) == {}
    for _ in range(5):
        one = Guest(broker, keys, "110-cad", client_id="gateway-7")
        two = Guest(broker, keys, "110-cad", client_id="gateway-7")
        wait_until(lambda lost=one: lost.lost, 30, "the first to be thrown off")  # type: ignore[misc]
        two.leave()
    found = wait_until(lambda: log.look(datetime.now(UTC)), 30, "the log")
    assert "互相顶替" in found["gateway-7"]
    assert "一分钟内连接 10 次" in found["gateway-7"]


def test_every_system_and_department_has_a_name_that_the_list_can_carry() -> None:
    """The CN stands in for %u: no level, no wildcard."""
    agencies = load_agencies(ROOT / "data" / "agencies.toml")
    sources = load_sources(ROOT / "sources.toml", agencies)
    assert all(not set(name) & set("+#/ ") for name in (*sources, *agencies))
    own = [s.topic for s in sources.values() if s.topic != f"linkage/v1/alert/{s.id}"]
    assert own == [], "a topic of its own needs a line of its own in docs/broker/acl"


def test_the_check_finds_nothing_missing(broker: Mosquitto, keys: Path) -> None:
    address = Address(
        host="127.0.0.1",
        port=broker.port,
        tls=True,
        user=None,
        password=None,
        ca=str(keys / "ca.crt"),
        certificate=str(keys / "linkage-ingest.crt"),
        key=str(keys / "linkage-ingest.key"),
    )
    assert probe(address, "linkage-ingest-1", 5) == []
    assert probe(address, "linkage-ingest-1", 4) == []
