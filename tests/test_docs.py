"""What the documents name exists: files, commands, verbs, settings, links."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from linkage.settings import Settings

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "data").rglob("*.md")]
)
# Made by the running system, or by the reader who follows docs/adding-a-source.md.
MADE_LATER = re.compile(
    r"^(data/)?(run/|broker/|linkage\.db)|^secrets\.toml$|^wheels/|^\.venv|city-rail|bridge.wind|\.expected\.json$|^[a-z-]+\.json$"
)
# What a path looks like: no blanks, a known ending or a folder's slash.
PATH = re.compile(r"^[\w.{}*-]+(/[\w.{}*-]+)*(/|\.(py|toml|md|txt|js|json|geojson|jsonl|png|css))$")


def quoted(text: str) -> list[str]:
    """Everything between single back quotes, and every line of a fenced block."""
    fenced = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    lines = [line.split("#")[0].strip() for block in fenced for line in block.splitlines()]
    rest = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [word.strip() for word in re.findall(r"`([^`\n]+)`", rest)] + lines


@pytest.fixture(params=DOCUMENTS, ids=lambda d: str(d.relative_to(ROOT)))
def document(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    named = [word for word in quoted(document.read_text("utf-8")) if PATH.match(word)]
    missing = [
        word
        for word in named
        if not MADE_LATER.search(word)
        and not (ROOT / word).exists()
        and not (document.parent / word).exists()
    ]
    assert missing == []


def test_every_link_leads_somewhere(document: Path) -> None:
    text = document.read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    targets = [link.partition("#")[0] for link in links]
    assert [t for t in targets if t and not (document.parent / t).exists()] == []


@cache
def help_of(module: str) -> str:
    command = [sys.executable, "-m", *module.split(), "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_every_command_that_a_document_names_has_that_verb(document: Path) -> None:
    commands = "\n".join(quoted(document.read_text("utf-8")))
    for module, verb in re.findall(
        r"python -m (ingest simulate|ingest|linkage|bench) (\w+)", commands
    ):
        assert re.search(rf"\b{verb}\b", help_of(module)), f"python -m {module} {verb}"


def test_every_verb_of_make_that_a_document_names_is_in_the_makefile(document: Path) -> None:
    verbs = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    commands = "\n".join(quoted(document.read_text("utf-8")))
    assert set(re.findall(r"^(?:\w+=\S+ )*make ([a-z]+)", commands, re.MULTILINE)) <= verbs


def test_every_setting_that_a_document_names_is_read_somewhere(document: Path) -> None:
    settings = {f"LINKAGE_{name.upper()}" for name in Settings.__struct_fields__}
    named = set(re.findall(r"LINKAGE_[A-Z_]+[A-Z]", document.read_text("utf-8")))
    assert named <= settings


def test_the_readme_names_every_setting() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    missing = [
        name for name in Settings.__struct_fields__ if f"`LINKAGE_{name.upper()}`" not in text
    ]
    assert missing == []


def test_the_runbook_knows_every_refusal_of_a_start() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text("utf-8")
    source = "".join((ROOT / name).read_text("utf-8") for name in ("start.py", "set_up.py"))
    for words in (
        "需要 Python ≥ 3.11",
        "不能建立虚拟环境",
        "依赖安装失败",
        "已被占用",
        "不能写",
        "已有一个 make run 在运行",
        "连接不上",
        "数据库不能用",
    ):
        assert words in source
        assert words in runbook


def test_the_journey_names_every_package_of_the_path() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    for file in (
        "ingest/receive.py",
        "linkage/intake/take_in.py",
        "linkage/correlation/correlate.py",
    ):
        assert f"`{file}`" in text
