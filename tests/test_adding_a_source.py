"""docs/adding-a-source.md, followed step by step with its made-up city railway."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingest.__main__ import main
from ingest.decode import read_alert
from ingest.dialects import DECODERS
from linkage.alerts import Unreadable
from linkage.errors import BadConfig
from linkage.response.agencies import load_agencies
from linkage.source_tables import FIELDS
from linkage.sources import Source, load_sources
from tests.test_dialects import LATER, expected, filled

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "adding-a-source.md").read_text(encoding="utf-8")
AT = datetime(2026, 8, 6, 10, 6, tzinfo=UTC)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


SMOKE, SMOKE_EXPECTED, DOOR, DOOR_EXPECTED = blocks("json")
(ENTRY,) = blocks("toml")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The city's own file with the entry of the page at its end."""
    path = tmp_path / "sources.toml"
    ours = (ROOT / "sources.toml").read_text(encoding="utf-8")
    path.write_text(f"{ours}\n{ENTRY}", encoding="utf-8")
    return path


@pytest.fixture
def railway(file: Path) -> Source:
    agencies = load_agencies(ROOT / "data" / "agencies.toml")
    return load_sources(file, agencies)["city-rail"]


def test_one_entry_makes_the_twentieth_source(file: Path, railway: Source) -> None:
    assert len(load_sources(file)) == 20
    assert railway.topic == "linkage/v1/alert/city-rail"


def test_the_captured_payload_becomes_what_the_page_says(railway: Source) -> None:
    alert: dict[str, Any] = json.loads(msgspec.json.encode(read_alert(SMOKE.encode(), railway, AT)))
    alert["point"] = {k: round(v, 6) for k, v in alert["point"].items()}
    for field, value in json.loads(SMOKE_EXPECTED)["alert"].items():
        assert alert[field] == value, field


def test_the_payload_nobody_agreed_on_is_refused_in_the_words_of_the_page(railway: Source) -> None:
    expected = json.loads(DOOR_EXPECTED)
    with pytest.raises(Unreadable) as refused:
        read_alert(DOOR.encode(), railway, AT)
    assert (refused.value.reason, refused.value.field) == (expected["rejected"], expected["field"])


def test_the_page_is_followed_without_broker_and_database(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m ingest read` prints what the page has beside each payload."""
    folder = tmp_path / "city-rail"
    folder.mkdir()
    for name, sent, wanted in (("smoke", SMOKE, SMOKE_EXPECTED), ("door", DOOR, DOOR_EXPECTED)):
        (folder / f"{name}.json").write_text(sent, encoding="utf-8")
        payload = str(folder / f"{name}.json")
        refused = main(["read", payload, "--sources", str(file), "--at", "2026-08-06T18:06"])
        assert json.loads(capsys.readouterr().out) == json.loads(wanted)
        assert refused == (name == "door")
    stray = main(["read", str(file), "--sources", str(file)])
    assert (stray, "请写 --source 编号" in capsys.readouterr().err) == (1, True)


@pytest.mark.parametrize(
    "case",
    [
        "health/cards-of-the-day.json",
        "fire/frame-fire-and-fault-together.hex",
        "transport/frame-position-of-a-tanker.hex",
        "work-safety/telemetry-of-three-tanks.json",
    ],
)
def test_what_is_printed_is_what_a_fixture_holds(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Readings, states of devices, vehicles and lists too."""
    path = ROOT / "tests" / "fixtures" / case
    main(["read", str(path), "--at", expected(path).get("received_at", LATER)])
    printed = json.loads(capsys.readouterr().out)["parts"]
    source = path.parent.name
    wanted = expected(path)["parts"]
    assert [filled(part, source) for part in printed] == [filled(part, source) for part in wanted]


def test_adding_the_line_that_the_refusal_asks_for_is_enough(file: Path) -> None:
    longer = file.read_text(encoding="utf-8").replace(
        '"客流踩踏" = "stampede"', '"客流踩踏" = "stampede"\n"屏蔽门故障" = "other"'
    )
    file.write_text(longer, encoding="utf-8")
    assert (
        read_alert(DOOR.encode(), load_sources(file)["city-rail"], AT).source_kind == "屏蔽门故障"
    )


def test_the_slip_shown_on_the_page_is_answered_as_shown(file: Path) -> None:
    head, _, entry = file.read_text(encoding="utf-8").rpartition('datum = "gcj02"')
    file.write_text(f'{head}datum = "gcj2"{entry}', encoding="utf-8")
    with pytest.raises(BadConfig) as refused:
        load_sources(file)
    assert str(refused.value) in PAGE


def test_a_word_that_is_only_practised_is_an_exercise(railway: Source) -> None:
    drill = SMOKE.replace("车站烟雾", "应急演练")
    assert read_alert(drill.encode(), railway, AT).exercise


def test_the_page_lists_every_field_and_every_dialect() -> None:
    assert all(f"`{field}`" in PAGE for field in FIELDS)
    assert all(f"| `{dialect}` |" in PAGE for dialect in DECODERS)
    assert all((ROOT / path).exists() for path in re.findall(r"\| `(ingest/\S+\.py)` \|", PAGE))
