"""A broker that forgets what it has confirmed is not started against."""

from pathlib import Path

import pytest

from ingest.broker_config import Config, judge, read_config, refuse_forgetful
from linkage.errors import BadConfig

ROOT = Path(__file__).parents[1]
GOOD = (ROOT / "docs" / "broker" / "mosquitto.conf").read_text(encoding="utf-8")


def without(*names: str) -> str:
    return "\n".join(line for line in GOOD.splitlines() if line.split(" ")[0] not in names)


def test_the_sample_we_ship_has_no_fault() -> None:
    assert judge(Config(GOOD)) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "persistence 未开"),
        (without("persistence"), "persistence 未开"),
        (without("autosave_interval"), "autosave_interval 是 1800 秒"),
        (GOOD + "\nautosave_interval 6", "autosave_interval 是 6 秒"),
        (GOOD + "\nautosave_interval 0", "autosave_interval 是 0 秒"),
        (GOOD + "\nautosave_on_changes true\nautosave_interval 100", "100 条变化"),
        (without("max_queued_messages"), "max_queued_messages 是 1000"),
    ],
)
def test_a_configuration_that_loses_what_was_confirmed_is_refused(text: str, named: str) -> None:
    """T17, T18: persistence off, autosave above 5 s, a short queue."""
    fatal = [fault.text for fault in judge(Config(text)) if fault.fatal]
    assert any(named in one for one in fatal)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (without("max_packet_size"), "max_packet_size 未设"),
        (GOOD + "\nmessage_size_limit 262144", "message_size_limit"),
        (GOOD + "\nmax_packet_size 1000", "小于报文上限"),
        (without("persistent_client_expiration"), "persistent_client_expiration"),
        (GOOD + "\nallow_anonymous true", "允许匿名"),
        (without("acl_file"), "acl_file"),
        (without("certfile"), "明文"),
        (GOOD.replace("log_type debug", ""), "越权发布不进日志"),
        (GOOD + "\nmax_queued_bytes 1000", "max_queued_bytes"),
    ],
)
def test_what_else_is_wrong_is_told_with_the_line_to_write(text: str, named: str) -> None:
    """T12, T31: limits that drop in silence, plain text."""
    told = [fault.text for fault in judge(Config(text)) if not fault.fatal]
    assert any(named in one for one in told)


def test_an_unlimited_queue_is_no_fault() -> None:
    assert judge(Config(GOOD + "\nmax_queued_messages 0")) == []


def test_files_that_are_included_count(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.conf").write_text("persistence false\n")
    main = tmp_path / "mosquitto.conf"
    main.write_text(f"{GOOD}\ninclude_dir {tmp_path}/more\n", encoding="utf-8")
    assert any(fault.fatal for fault in judge(read_config(main)))


def test_the_intake_does_not_start_against_a_broker_that_forgets(tmp_path: Path) -> None:
    """T17: the check at the start names file, line and remedy."""
    file = tmp_path / "mosquitto.conf"
    file.write_text(without("persistence"), encoding="utf-8")
    with pytest.raises(BadConfig, match="请写 persistence true"):
        refuse_forgetful(str(file))
    with pytest.raises(BadConfig, match="读不到"):
        refuse_forgetful(str(tmp_path / "nowhere.conf"))
    file.write_text(GOOD, encoding="utf-8")
    assert refuse_forgetful(str(file)) == []
    assert refuse_forgetful("") == []
