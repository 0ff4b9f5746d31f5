"""Captured payloads and what they must become, side by side in tests/fixtures/<source>/.

`<case>.json`, `.xml` or `.frame` is what came over the wire, byte for byte; `<case>.hex` the same
written as hex digits (blanks and what follows `#` do not count). `<case>.expected.json`
holds the alert (fields that are not blank) or the words of the refusal; of a message that says
several things it holds `parts`, each `{"alert": …}`, `{"reading": …}`, `{"unit": …}`,
`{"state": …}`, `{"remark": "…"}` or `{"rejected": "…", "field": …}`, and `held`, how many
beginnings wait for more.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingest.decode import read_alert
from ingest.dialects import FRAME_DIALECTS
from ingest.frames import Frames
from ingest.holding import Holding
from linkage.alerts import Alert, Classified, Unreadable
from linkage.intake.arrivals import Remark, Several
from linkage.intake.device_state import DeviceState
from linkage.plan.grading import load_grading, propose_grade
from linkage.readings.reading import Reading
from linkage.response.feedback import UnitReport
from linkage.sources import load_sources
from linkage.vocabulary import Grade

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "tests" / "fixtures"
SOURCES = load_sources(ROOT / "sources.toml")
GRADING = load_grading(ROOT / "data" / "grading.toml")
CASES = sorted(
    path
    for source in SOURCES
    for path in (FIXTURES / source).iterdir()
    if not path.name.endswith(".expected.json")
)
LATER = "2026-11-22T00:00:00Z"  # received long after every event in the fixtures
SECRET = "此处内容不得出现在任何地方"


def expected(path: Path) -> dict[str, Any]:
    beside = path.with_name(f"{path.stem}.expected.json")
    return dict(json.loads(beside.read_text(encoding="utf-8")))


def wire_bytes(path: Path) -> bytes:
    if path.suffix != ".hex":
        return path.read_bytes()
    lines = path.read_text(encoding="utf-8").splitlines()
    return bytes.fromhex(" ".join(line.partition("#")[0] for line in lines))


def read(path: Path) -> Alert:
    received_at = datetime.fromisoformat(expected(path).get("received_at", LATER))
    return read_alert(wire_bytes(path), SOURCES[path.parent.name], received_at)


def read_parts(path: Path) -> tuple[object, ...]:
    """Of a list, or of an envelope."""
    said = read(path)
    assert isinstance(said, Several)
    return said.parts


def read_frames(path: Path) -> Several:
    received_at = datetime.fromisoformat(expected(path).get("received_at", LATER))
    source = SOURCES[path.parent.name]
    framing = FRAME_DIALECTS[source.dialect_frame or source.dialect]
    return Frames(source, "", received_at, Holding()).read(wire_bytes(path), framing)


@pytest.mark.parametrize("path", CASES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_captured_payload_becomes_what_lies_beside_it(path: Path) -> None:
    want = expected(path)
    if path.suffix in {".hex", ".frame"}:
        got = read_frames(path)
        assert [stated_part(part) for part in got.parts] == [
            filled(part, path.parent.name) for part in want["parts"]
        ]
        assert sum(1 for held in got.held if held.data) == want.get("held", 0)
        return
    if "rejected" in want:
        with pytest.raises(Unreadable) as refused:
            read(path)
        assert refused.value.reason == want["rejected"]
        assert refused.value.field == want.get("field")
        assert isinstance(refused.value, Classified) == want.get("classified", False)
        return
    if "parts" in want:
        assert [stated_part(part) for part in read_parts(path)] == [
            filled(part, path.parent.name) for part in want["parts"]
        ]
        return
    assert stated(read(path)) == {**BLANK["alert"], "source_id": path.parent.name, **want["alert"]}


def stated(said: Alert | Reading | UnitReport) -> dict[str, Any]:
    got = dict(json.loads(msgspec.json.encode(said)))
    got["point"] = got["point"] and {k: round(v, 6) for k, v in got["point"].items()}
    return got


# What an expectation need not list.
BLANK = {
    "alert": stated(
        Alert(source_id="", source_ref="", kind="", event_code="", source_kind="", occurred_at="")  # type: ignore[arg-type]
    ),
    "reading": stated(
        Reading(source_id="", station_id="", factor="", value=None, unit="", measured_at="")  # type: ignore[arg-type]
    ),
    "unit": stated(UnitReport(agency_id="", unit_id="", label="", state="")),
}


def stated_part(part: object) -> dict[str, Any]:
    if isinstance(part, Unreadable):
        return {"rejected": part.reason, "field": part.field}
    if isinstance(part, Remark):
        return {"remark": part.text}
    if isinstance(part, DeviceState):
        alarms = {name: stated(alert) for name, alert in part.alarms}
        at = part.at and part.at.isoformat()
        return {"state": {"device": part.device, "at": at, "whole": part.whole, "alarms": alarms}}
    names = {Alert: "alert", Reading: "reading", UnitReport: "unit"}
    assert isinstance(part, Alert | Reading | UnitReport)
    return {names[type(part)]: stated(part)}


def filled(want: dict[str, Any], source: str) -> dict[str, Any]:
    """One part as the file has it, with what it need not list."""
    if "rejected" in want:
        return {"field": None, **want}
    if "remark" in want:
        return want
    ((name, said),) = want.items()
    if name == "state":
        blank = {**BLANK["alert"], "source_id": source, "occurred_at": "2000-01-01T00:00:00Z"}
        alarms = {alarm: {**blank, **alert} for alarm, alert in said.get("alarms", {}).items()}
        return {"state": {"whole": False, **said, "alarms": alarms}}
    whose = {} if name == "unit" else {"source_id": source}
    return {name: {**BLANK[name], **whose, **said}}


def is_refused(path: Path) -> bool:
    want = expected(path)
    return "rejected" in want or any("rejected" in part for part in want.get("parts", ()))


@pytest.mark.parametrize("source", SOURCES)
def test_every_system_has_two_payloads_that_are_taken_and_two_that_are_refused(source: str) -> None:
    refused = [is_refused(p) for p in CASES if p.parent.name == source]
    assert refused.count(True) >= 2
    assert refused.count(False) >= 2


def test_what_is_secret_is_quoted_nowhere() -> None:
    for path in CASES:
        if not expected(path).get("classified"):
            continue
        with pytest.raises(Classified) as refused:
            read(path)
        chain = [refused.value, refused.value.__cause__]
        assert all(SECRET not in str(why) for why in chain), path


def test_four_systems_that_report_one_tanker_name_one_place_within_a_street() -> None:
    reports = [
        read(FIXTURES / case)
        for case in (
            "110-cad/tanker-overturned.json",
            "119-cad/tanker-passed-on-by-110.json",
            "120-cad/three-poisoned-one-critical.json",
            "122-cad/tanker-blocks-the-road.json",
        )
    ]
    points = [r.point for r in reports if r.point is not None]
    assert len(points) == 4
    assert max(p.lon for p in points) - min(p.lon for p in points) < 0.001
    assert max(p.lat for p in points) - min(p.lat for p in points) < 0.001
    ours = ("110-cad", reports[0].source_ref)
    assert all(ours in r.references for r in reports[1:])


def test_what_is_only_practised_is_marked_as_exercise() -> None:
    practised = (
        "110-cad/exercise.json",
        "weather/exercise.xml",
        "civil-defence/trial-sounding.json",
    )
    assert all(read(FIXTURES / case).exercise for case in practised)
    assert not read(FIXTURES / "110-cad/tanker-overturned.json").exercise


def test_a_forecast_is_a_warning_and_a_report_of_water_from_the_same_system_is_not() -> None:
    assert read(FIXTURES / "water/flood-warning-yellow.xml").is_warning
    assert not read(FIXTURES / "water/reservoir-above-flood-limit.json").is_warning


def test_the_automatic_and_the_formal_quake_report_are_one_record_in_two_words() -> None:
    first, second = (
        read(FIXTURES / f"earthquake/{name}-report.json") for name in ("automatic", "formal")
    )
    assert first.source_ref == second.source_ref
    assert (first.facts["magnitude"], second.facts["magnitude"]) == (4.3, 4.1)


@pytest.mark.parametrize(
    ("case", "grade", "because"),
    [
        ("market/two-in-a-lift-for-130-minutes", Grade.ORDINARY, "轿厢困人130分钟，达到一般"),
        ("market/five-in-a-lift", None, "尚无达到电梯事故分级门槛"),
        ("work-safety/follow-up-with-loss", Grade.CONSIDERABLE, "直接经济损失1200万元，达到较大"),
    ],
)
def test_a_figure_that_a_source_states_proposes_the_grade_of_its_clause(
    case: str, grade: Grade | None, because: str
) -> None:
    said = read(FIXTURES / f"{case}.json")
    proposed = propose_grade(
        said.kind, said.event_code, said.casualties, said.facts, tables=GRADING
    )
    assert proposed.grade is grade
    assert proposed.reason.startswith(because)
