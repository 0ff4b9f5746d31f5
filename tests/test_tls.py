"""The wire to the broker: encrypted or not at all, and a peer that is gone is found."""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.address import Address, read_address
from ingest.broker import KEEPALIVE_S, Session
from ingest.certificates import CertificateWatch, ends_at, judge
from linkage.errors import BadConfig
from linkage.own_state import CERTIFICATES, read_service
from linkage.record import Record
from linkage.settings import load_settings
from tests.one_lane import hear
from tests.parts import Mosquitto, free_port, start_mosquitto, wait_until

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def openssl(folder: Path, *words: str) -> None:
    program = shutil.which("openssl")
    if program is None:
        pytest.fail("openssl is not on this machine; install it with: apt-get install openssl")
    subprocess.run([program, *words], cwd=folder, check=True, capture_output=True)


class Authority:
    """A certificate authority of the test's own; keys live as long as its folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.file = folder / f"{name}.pem"
        self.key = folder / f"{name}.key"
        make = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        put = ("-keyout", self.key.name, "-out", self.file.name, "-days", "30")
        openssl(folder, *make, *put, "-subj", f"/CN={name}")

    def sign(self, name: str, alternative: str, days: str = "20") -> tuple[Path, Path]:
        """Certificate and key for `name`. `days` may be negative: it has ended."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        openssl(self.folder, *new, "-keyout", key.name, "-out", "asked", "-subj", f"/CN={name}")
        (self.folder / "more").write_text(f"subjectAltName={alternative}\n")
        by = ("-CA", self.file.name, "-CAkey", self.key.name, "-CAcreateserial")
        out = ("-out", certificate.name, "-days", days, "-extfile", "more")
        openssl(self.folder, "x509", "-req", "-in", "asked", *by, *out)
        return certificate, key


TLS = """
cafile {ca}
certfile {cert}
keyfile {key}
require_certificate true
use_identity_as_username true
"""


@contextmanager
def broker_with(
    authority: Authority, folder: Path, alternative: str, days: str
) -> Iterator[Mosquitto]:
    cert, key = authority.sign("broker", alternative, days)
    extra = TLS.format(ca=authority.file, cert=cert, key=key)
    with start_mosquitto(folder / "broker", extra) as broker:
        yield broker


def address(broker: Mosquitto, ca: Path, ours: tuple[Path, Path] | None) -> Address:
    certificate, key = (str(one) for one in ours) if ours else ("", "")
    return Address(
        host="127.0.0.1",
        port=broker.port,
        tls=True,
        user=None,
        password=None,
        ca=str(ca),
        certificate=certificate,
        key=key,
    )


def comes_up(session: Session, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline and not session.connected:
        hear(session, 0.05, 10)
    return session.connected


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


def test_with_both_certificates_the_lane_stands(authority: Authority, tmp_path: Path) -> None:
    """T30: the broker knows us and we know the broker, by certificates of one authority."""
    with broker_with(authority, tmp_path, "IP:127.0.0.1", "20") as broker:
        ours = authority.sign("intake", "DNS:intake")
        session = Session(address(broker, authority.file, ours), "tls", 5, ["linkage/v1/alert/+"])
        assert comes_up(session, 15)
        session.leave()


@pytest.mark.parametrize(
    ("fault", "alternative", "days"),
    [
        ("ended", "IP:127.0.0.1", "-1"),
        ("another's name", "DNS:elsewhere", "20"),
        ("another authority", "IP:127.0.0.1", "20"),
        ("no certificate of ours", "IP:127.0.0.1", "20"),
    ],
)
def test_a_certificate_that_is_wrong_is_refused_and_plain_text_is_never_tried(  # noqa: PLR0917
    authority: Authority,
    tmp_path: Path,
    fault: str,
    alternative: str,
    days: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """T30: expired, made for another name, by another authority, or missing: no connection."""
    ours: tuple[Path, Path] | None = authority.sign("intake", "DNS:intake")
    trusted = authority.file
    if fault == "another authority":
        trusted = Authority(tmp_path, "stranger").file
    if fault == "no certificate of ours":
        ours = None
    with broker_with(authority, tmp_path, alternative, days) as broker:
        session = Session(address(broker, trusted, ours), "tls", 5, ["linkage/v1/alert/+"])
        assert not comes_up(session, 2)
    assert "连接中断" in caplog.text


def test_an_encrypted_line_does_not_fall_back_to_a_broker_without(mosquitto: Mosquitto) -> None:
    """T31: mqtts is never spoken as plain text."""
    plain = Address(host="127.0.0.1", port=mosquitto.port, tls=True, user=None, password=None)
    session = Session(plain, "tls", 5, ["linkage/v1/alert/+"])
    assert not comes_up(session, 2)
    assert "p5" not in mosquitto.log.read_text()  # no client was ever let in


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"LINKAGE_MQTT_URL": "mqtt://b", "LINKAGE_MQTT_CA": "x.pem"}, "不加密的 mqtt://"),
        ({"LINKAGE_MQTT_URL": "mqtt://a,mqtts://b"}, "有的加密有的不加密"),
        ({"LINKAGE_MQTT_URL": "mqtts://b", "LINKAGE_MQTT_CA": "none.pem"}, "LINKAGE_MQTT_CA"),
        ({"LINKAGE_MQTT_URL": "mqtts://b", "LINKAGE_MQTT_CERT": "none.pem"}, "LINKAGE_MQTT_CERT"),
        ({"LINKAGE_MQTT_URL": "mqtts://b", "LINKAGE_MQTT_KEY": "k.pem"}, "有私钥没有证书"),
        ({"LINKAGE_MQTT_URL": "mqtt://b:99999"}, "不是消息服务器地址"),
        ({"LINKAGE_MQTT_URL": "mqtt://a,"}, "不是消息服务器地址"),
        ({"LINKAGE_MQTT_URL": "http://a"}, "不是消息服务器地址"),
    ],
)
def test_an_address_that_cannot_be_right_says_what_would_be(
    environment: dict[str, str], said: str
) -> None:
    with pytest.raises(BadConfig, match=said):
        read_address(load_settings(environment))


def test_the_members_of_a_cluster_are_tried_in_turn(mosquitto: Mosquitto) -> None:
    """T16: a broker that is gone is one of several."""
    url = f"mqtt://127.0.0.1:{free_port()},mqtt://127.0.0.1:{mosquitto.port}"
    found = read_address(load_settings({"LINKAGE_MQTT_URL": url}))
    assert str(found) == url
    session = Session(found, "cluster", 5, ["linkage/v1/alert/+"])
    assert comes_up(session, 10)
    session.leave()


class Wall:
    """Passes bytes both ways, until it stands: then the peer is gone without a word."""

    def __init__(self, port: int, piece: int = 65_536) -> None:
        self._behind, self.piece = port, piece
        self.stands = False
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._open, daemon=True).start()

    def _open(self) -> None:
        with suppress(OSError):
            while True:
                front, _ = self._door.accept()
                back = socket.create_connection(("127.0.0.1", self._behind))
                self._sockets += [front, back]
                for one, other in ((front, back), (back, front)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        other.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError):
            while data := one.recv(self.piece):
                if not self.stands:
                    other.sendall(data)

    def close(self) -> None:
        for one in (self._door, *self._sockets):
            one.close()


def test_a_record_that_comes_in_pieces_costs_neither_the_connection_nor_a_byte(
    authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """T30: half a record of TLS can be read by nobody yet; the rest of it is on its way."""
    with broker_with(authority, tmp_path, "IP:127.0.0.1", "20") as broker:
        wall = Wall(broker.port, piece=900)
        there = msgspec.structs.replace(
            address(broker, authority.file, authority.sign("intake", "DNS:intake")), port=wall.port
        )
        session = Session(there, "tls", 5, ["linkage/v1/alert/+"])
        assert comes_up(session, 15)
        sender = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        sender.tls_set(str(authority.file), *map(str, authority.sign("sender", "DNS:sender")))
        sender.connect("127.0.0.1", broker.port)
        sender.loop_start()
        said = [bytes([n]) * 60_000 for n in range(40)]
        for payload in said:
            sender.publish("linkage/v1/alert/110-cad", payload, qos=1)
        heard: list[bytes] = []
        wait_until(
            lambda: heard.extend(m.payload for m in hear(session, 0.05, 9)) or len(heard) == 40
        )
        assert heard == said
        assert session.connected
        assert "连接中断" not in caplog.text
        sender.disconnect()
        sender.loop_stop()
        session.leave()
        wall.close()


@pytest.mark.parametrize("version", [5, 4])
def test_a_peer_that_vanished_without_a_word_is_found_in_time(
    mosquitto: Mosquitto, version: int
) -> None:
    """T19: half-open TCP is found within 1.5 keepalives, which is 30 s as we set them."""
    wall = Wall(mosquitto.port)
    there = Address(host="127.0.0.1", port=wall.port, tls=False, user=None, password=None)
    session = Session(there, "half-open", version, ["linkage/v1/alert/+"], keepalive_s=2)
    assert comes_up(session, 10)
    wall.stands = True
    wait_until(lambda: hear(session, 0.05, 10) == [] and not session.connected, 10, "the loss")
    assert KEEPALIVE_S * 1.5 <= 30
    wall.stands = False
    assert comes_up(session, 10)
    session.leave()
    wall.close()


@pytest.mark.parametrize(
    ("left", "light"),
    [
        (timedelta(days=31), "well"),
        (timedelta(days=30), "notice"),
        (timedelta(days=7), "amber"),
        (timedelta(days=1), "red"),
        (timedelta(seconds=1), "red"),
        (timedelta(0), "ended"),
        (timedelta(days=-9), "ended"),
    ],
)
def test_a_certificate_is_told_a_month_a_week_and_a_day_before(left: timedelta, light: str) -> None:
    """T32: with the time given, as a rule on paper."""
    found = judge("客户端证书", NOON + left, NOON)
    assert found.light == light
    assert bool(found.why) == (light != "well")


def test_the_end_is_read_from_the_file_itself(authority: Authority) -> None:
    """T32: as openssl reads it."""
    certificate, _ = authority.sign("intake", "DNS:intake", "12")
    asked = [str(shutil.which("openssl")), "x509", "-in", str(certificate), "-noout", "-enddate"]
    said = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    expected = datetime.strptime(said, "notAfter=%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
    assert ends_at(certificate) == expected
    assert msgspec.structs.asdict(judge("x", expected, NOON))


def test_the_light_of_our_certificate_stands_where_the_screens_see_it(
    authority: Authority, record: Record
) -> None:
    """T32: an hour later it is looked at again; without a certificate nothing is written."""
    certificate, key = authority.sign("intake", "DNS:intake", "5")
    there = Address(
        host="127.0.0.1",
        port=1,
        tls=True,
        user=None,
        password=None,
        ca=str(authority.file),
        certificate=str(certificate),
        key=str(key),
    )
    watch = CertificateWatch(record, there)
    assert watch.look(0.0) is False
    with record.read() as cx:
        state = read_service(cx, CERTIFICATES)
    assert state is not None
    assert state.detail["light"] == "amber"
    assert "本机客户端证书 7 天内到期" in state.detail["why"]
    plain = Address(host="127.0.0.1", port=1, tls=False, user=None, password=None)
    assert CertificateWatch(record, plain).look(0.0) is False
