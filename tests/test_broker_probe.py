"""`python -m ingest check` says what an outside broker lacks."""

from datetime import datetime
from pathlib import Path

import pytest

from ingest.address import Address
from ingest.broker_log import BrokerLog
from ingest.broker_probe import probe
from tests.parts import Mosquitto, free_port, start_mosquitto

US = "linkage-ingest-1"


def address(port: int, user: str | None = None) -> Address:
    return Address(host="127.0.0.1", port=port, tls=False, user=user, password="x")


@pytest.mark.parametrize("version", [4, 5])
def test_a_broker_that_has_all_we_need(mosquitto: Mosquitto, version: int) -> None:
    """T16: the session outlives the connection, and what came meanwhile is there."""
    assert probe(address(mosquitto.port), US, version) == []


def test_nobody_there() -> None:
    (why,) = probe(address(free_port()), US, 5)
    assert "连不上" in why


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        ("max_packet_size 1000\n", "最大报文 1000 字节"),
        ("retain_available false\n", "不支持保留消息"),
        ("acl_file {folder}/acl\n", "不许"),
        ("allow_anonymous false\npassword_file {folder}/nobody\n", "拒绝连接"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, extra: str, named: str) -> None:
    folder = tmp_path / "broker"
    folder.mkdir()
    (folder / "acl").write_text("topic read elsewhere\n")
    (folder / "nobody").write_text("")
    with start_mosquitto(folder, extra.format(folder=folder)) as broker:
        found = probe(address(broker.port, "us"), US, 5)
    assert any(named in why for why in found), found


def test_the_log_is_read_from_where_we_came_in(tmp_path: Path, now: object) -> None:
    file = tmp_path / "mosquitto.log"
    log = BrokerLog(file)
    assert log.look(now) == {}  # type: ignore[arg-type]
    old = "1: New client connected from 127.0.0.1:5 as old (p2, c1, k60).\n"
    file.write_text(old * 9)
    assert log.look(now) == {}  # type: ignore[arg-type]
    with file.open("a") as more:
        for port in range(4):
            more.write(f"1: New client connected from 10.0.0.1:{port} as gbk (p2, c1, k60).\n")
            more.write("1: Client gbk disconnected due to malformed packet.\n")
    (found,) = log.look(now).items()  # type: ignore[arg-type]
    assert found[0] == "gbk"
    assert "4 次" in found[1]
    assert "UTF-8" in found[1]
    file.write_text("")  # rotated
    assert list(log.look(now)) == ["gbk"]  # type: ignore[arg-type]


def test_a_client_that_hides_signs_in_its_name_is_named_with_them(
    tmp_path: Path, now: datetime
) -> None:
    file = tmp_path / "mosquitto.log"
    file.touch()
    log = BrokerLog(file)
    log.look(now)
    line = "1: New client connected from 10.0.0.1:5 as a\u202eb\x1b[2J\x00 (p5, c1, k60).\n"
    file.write_text(line * 4)
    assert list(log.look(now)) == ["a[U+202E]b[2J"]
