"""docs/adding-a-source.md §4, followed in a copy of the program with its made-up wind gauges."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "adding-a-source.md").read_text(encoding="utf-8")
(GAUGE,) = re.findall(r"such as `(\$BW[^`]*)`", PAGE)
(MODULE,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
(ENTRY,) = re.findall(r"^```ini\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
# Reads the payloads given, in hex, one message each, and prints what they say.
READ = """
import sys
from datetime import UTC, datetime
import msgspec
from ingest.holding import Holding
from ingest.receive import understand
from ingest.registry import read_registry
from ingest.wire import Message
from linkage.settings import load_settings
registry, holding = read_registry(load_settings({})), Holding()
for mid, text in enumerate(sys.argv[1:]):
    message = Message(mid, b"linkage/v1/alert/bridge-wind", bytes.fromhex(text), False)
    told = understand(message, registry, datetime(2026, 8, 6, 8, tzinfo=UTC), holding).content
    holding.keep()
    parts = [getattr(p, "reason", p) for p in told.parts]
    print(msgspec.json.encode({"parts": parts, "held": len(told.held)}).decode())
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with the module, the two lines and the entry of the page."""
    home = tmp_path_factory.mktemp("program")
    for folder in ("ingest", "linkage", "data"):
        ignored = shutil.ignore_patterns("__pycache__", "*.db*", "run", "broker")
        shutil.copytree(ROOT / folder, home / folder, ignore=ignored)
    (home / "ingest/dialects/bridge_wind.py").write_text(MODULE, encoding="utf-8")
    sources = (ROOT / "sources.toml").read_text(encoding="utf-8")
    (home / "sources.toml").write_text(f"{sources}\n{ENTRY}", encoding="utf-8")
    insert(
        home / "ingest/dialects/__init__.py",
        ("from ingest.dialects import (\n", "    bridge_wind,\n"),
        ("FRAME_DIALECTS: dict[str, Framing] = {\n", '    "bridge-wind": bridge_wind.FRAMING,\n'),
    )
    insert(
        home / "linkage/sources.py",
        ("\nDIALECTS = (\n", '    "bridge-wind",\n'),
        ("FRAME_DIALECTS: tuple[str, ...] = (", '"bridge-wind", '),
    )
    return home


def insert(file: Path, *lines: tuple[str, str]) -> None:
    text = file.read_text(encoding="utf-8")
    for after, line in lines:
        assert after in text
        text = text.replace(after, after + line)
    file.write_text(text, encoding="utf-8")


def told(copy: Path, *payloads: bytes) -> list[dict[str, list[object]]]:
    command = [sys.executable, "-c", READ, *(payload.hex() for payload in payloads)]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_captured_line_becomes_a_reading(copy: Path) -> None:
    (said,) = told(copy, f"{GAUGE}\r\n".encode())
    (reading,) = said["parts"]
    assert isinstance(reading, dict)
    assert (reading["station_id"], reading["value"], reading["unit"]) == ("LZ-3", 27.4, "m/s")
    assert reading["measured_at"] == "2026-08-06T07:00:00Z"


def test_what_the_module_does_not_say_is_done_for_it(copy: Path) -> None:
    """P31: a line cut between two messages is joined, a wrong check and noise are refused."""
    line = f"{GAUGE}\r\n".encode()
    wrong = line.replace(b"*58", b"*59")
    first, second, third = told(copy, line[:11], line[11:] + line, b"\x00\x01noise" + wrong)
    assert (first["parts"], first["held"]) == ([], 1)
    assert len(second["parts"]) == 2
    noise, refusal = third["parts"]
    assert "不属于任何帧" in str(noise)
    assert refusal == "校验：帧尾写 59，按内容应为 58，请检查线路"


def test_the_program_starts_with_the_new_system(copy: Path) -> None:
    count = "print(len(load_sources(Path('sources.toml'))))"
    imports = "from pathlib import Path; from linkage.sources import load_sources"
    command = [sys.executable, "-c", f"{imports}\n{count}"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "20", done.stderr
