"""A setting that cannot be right ends every command in one line that says what would be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from linkage.errors import BadConfig
from linkage.settings import load_settings

ROOT = Path(__file__).parents[1]
COMMANDS = (
    ("start.py", "--no-demo"),
    ("-m", "ingest", "run"),
    ("-m", "ingest", "check"),
    ("-m", "ingest", "health"),
    ("-m", "ingest", "simulate", "feed"),
    ("-m", "linkage", "migrate"),
    ("-m", "dashboard", "feed"),
    ("-m", "streamlit", "run", "streamlit_app.py"),
)


@pytest.mark.parametrize("port", ["1", "8501", "65535"])
def test_a_port_is_taken_as_written(port: str) -> None:
    assert load_settings({"LINKAGE_DESK_PORT": port}).desk_port == int(port)


@pytest.mark.parametrize("version", [4, 5])
def test_both_versions_of_mqtt_are_there(version: int) -> None:
    assert load_settings({"LINKAGE_MQTT_VERSION": str(version)}).mqtt_version == version


def test_without_a_word_the_usual_holds() -> None:
    empty = load_settings({"LINKAGE_DESK_PORT": "", "LINKAGE_MQTT_VERSION": ""})
    assert (empty.desk_port, empty.mqtt_version) == (8501, 5)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("LINKAGE_DESK_PORT", "http", '"http" 不是正整数；请写 1 到 65535 的整数，如 8501'),
        ("LINKAGE_DESK_PORT", "-1", '"-1" 不是正整数；请写 1 到 65535 的整数，如 8501'),
        ("LINKAGE_DESK_PORT", "8501.0", '"8501.0" 不是正整数；请写 1 到 65535 的整数，如 8501'),
        ("LINKAGE_DESK_PORT", "八", '"八" 不是正整数；请写 1 到 65535 的整数，如 8501'),
        ("LINKAGE_DESK_PORT", "0", "0 不在允许范围；请写 1 到 65535 的整数，如 8501"),
        ("LINKAGE_DESK_PORT", "65536", "65536 不在允许范围；请写 1 到 65535 的整数，如 8501"),
        ("LINKAGE_MQTT_VERSION", "3", "3 不在允许范围；只能是 5（MQTT 5.0）或 4（MQTT 3.1.1）"),
        (
            "LINKAGE_MQTT_VERSION",
            "3.1.1",
            '"3.1.1" 不是正整数；只能是 5（MQTT 5.0）或 4（MQTT 3.1.1）',
        ),
    ],
)
def test_what_is_no_such_number_is_refused_with_the_way_out(
    name: str, text: str, said: str
) -> None:
    with pytest.raises(BadConfig) as refused:
        load_settings({name: text})
    assert str(refused.value) == f"环境变量: {name}: {said}"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_ends_in_one_line(command: tuple[str, ...], tmp_path: Path) -> None:
    own = {
        "LINKAGE_DATA": str(tmp_path),
        "LINKAGE_FEED_KEY": "k",
        "LINKAGE_MQTT_VERSION": "five",
        "STREAMLIT_SERVER_HEADLESS": "true",
    }
    done = subprocess.run(
        (sys.executable, *command),
        cwd=ROOT,
        env=os.environ | own,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    # Streamlit greets, two blanks in, before it reads a line of ours.
    lines = [one for one in (done.stdout + done.stderr).splitlines() if one.strip()]
    (line,) = [one for one in lines if not one.startswith("  ")]
    assert "LINKAGE_MQTT_VERSION" in line
    assert '"five" 不是正整数；只能是 5' in line


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://linkage:geheim@a/linkage",
        "postgresql+psycopg:///linkage?host=a:5432&host=b:5432&password=geheim&user=linkage",
        "postgresql+psycopg://a/linkage?sslpassword=geheim",
    ],
)
def test_no_password_is_ever_shown(url: str) -> None:
    shown = load_settings({"LINKAGE_DATABASE_URL": url}).shown()["database_url"]
    assert "geheim" not in shown
    assert shown.endswith(("linkage", "***"))
