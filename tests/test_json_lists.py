"""Lists of records, values of stations, catalogues of quakes: what one payload of JSON may hold."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ingest.decode import MAX_BYTES, read_alert
from ingest.json_form import MAX_KEYS, MAX_LISTED
from ingest.json_lists import MOST_RECORDS
from linkage.alerts import Alert, Classified, Impostor, Unreadable
from linkage.intake.arrivals import Part, Several
from linkage.kinds import Kind
from linkage.readings.reading import Reading
from linkage.source_readings import FactorRule, ReadingMap
from linkage.sources import Source, load_sources
from linkage.vocabulary import MessageKind, Severity
from tests.patience import not_for_ever

ROOT = Path(__file__).parents[1]
SOURCES = load_sources(ROOT / "sources.toml")
AT = datetime(2026, 11, 22, tzinfo=UTC)


def fixture(name: str) -> Any:
    return json.loads((ROOT / "tests/fixtures" / f"{name}.json").read_text(encoding="utf-8"))


CARD = fixture("health/flu-in-a-school")
QUAKE = fixture("earthquake/formal-report")
TANK = fixture("work-safety/tank-telemetry")
HEALTH, QUAKES, TANKS = (SOURCES[name] for name in ("health", "earthquake", "work-safety"))


def parts(form: object, source: Source) -> tuple[Part | Unreadable, ...]:
    said = read_alert(json.dumps(form, ensure_ascii=False).encode(), source, AT)
    return said.parts if isinstance(said, Several) else (said,)


def one(form: object, source: Source = QUAKES) -> Alert:
    (said,) = parts(form, source)
    assert isinstance(said, Alert)
    return said


def card(number: str) -> dict[str, Any]:
    return {**CARD, "card": {**CARD["card"], "id": number}}


# ── lists ──


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"code": 0, "data": {"list": x}}])
def test_a_list_is_read_whether_bare_or_in_an_object(wrap: Callable[[object], object]) -> None:
    listed = replace(HEALTH, records="data.list")
    found = parts(wrap([card("A"), card("B"), 7]), listed)
    assert [getattr(part, "source_ref", "") for part in found] == ["A", "B", ""]
    assert isinstance(found[2], Unreadable)


def test_an_object_without_the_agreed_list_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"data\.list"):
        parts({"data": {"rows": []}}, replace(HEALTH, records="data.list"))


def test_a_secret_record_makes_the_whole_list_secret() -> None:
    secret = replace(HEALTH, classified="SFBM")
    with pytest.raises(Classified):
        parts([card("A"), {**card("B"), "SFBM": "1"}], secret)


def test_a_record_that_claims_another_source_refuses_the_list() -> None:
    with pytest.raises(Impostor):
        parts([card("A"), {**card("B"), "source_id": "119-cad"}], HEALTH)


def test_a_list_has_its_limits() -> None:
    """P10: unknown fields by the ten thousand, a field of megabytes, a list without end"""
    wide = {f"k{n}": n for n in range(10_000)}
    for form, limit in (
        ({**CARD, **wide}, MAX_KEYS),
        ([dict.fromkeys((f"{n:x}" for n in range(7_000)), 0)] * 3, MAX_LISTED),
        ([{}] * (MOST_RECORDS + 1), MOST_RECORDS),
    ):
        with not_for_ever(10), pytest.raises(Unreadable, match=str(limit)):
            parts(form, HEALTH)
    with pytest.raises(Unreadable, match=str(MAX_BYTES)):
        parts({**CARD, "note": "x" * 5_000_000}, HEALTH)


# ── values of stations ──


def test_values_are_readings_and_a_record_with_a_number_is_an_alert() -> None:
    found = parts(TANK, TANKS)
    assert [part.factor for part in found if isinstance(part, Reading)] == [
        "tank_level",
        "tank_pressure",
        "tank_temperature",
        "combustible_gas",
    ]
    assert isinstance(parts(fixture("work-safety/gas-at-the-tanks"), TANKS)[0], Alert)


def test_a_practised_value_is_marked() -> None:
    found = parts({**TANK, "is_exercise": 1}, TANKS)
    assert all(isinstance(part, Reading) and part.exercise for part in found)


def test_a_value_that_is_no_number_refuses_itself_alone() -> None:
    tank = {**TANK["tank"], "lel_pct": "超量程", "pressure_mpa": ""}
    found = parts({**TANK, "tank": tank}, TANKS)
    assert [type(part) for part in found] == [Reading, Reading, Reading, Unreadable]
    assert [part.value for part in found if isinstance(part, Reading)] == [71.5, None, 31.4]


def test_values_may_be_listed_with_their_codes_and_an_unknown_code_is_kept() -> None:
    where = ReadingMap(
        station="no",
        measured_at="t",
        list="points",
        code="c",
        value="v",
        factors={"LT": FactorRule("tank_level", "%")},
    )
    source = replace(TANKS, fields={}, readings=where)
    form = {
        "no": "T-1",
        "t": "2026-08-06 15:25:00",
        "points": [{"c": "LT", "v": 12.5}, {"c": "XX", "v": 3}],
    }
    found = [p for p in parts(form, source) if isinstance(p, Reading)]
    assert [(r.factor, r.value, r.unit) for r in found] == [
        ("tank_level", 12.5, "%"),
        ("XX", 3, ""),
    ]
    with pytest.raises(Unreadable, match="points"):
        parts({**form, "points": "12.5"}, source)
    with pytest.raises(Unreadable, match="站号"):
        parts({**form, "no": ""}, source)


@settings(max_examples=200, deadline=None)
@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists, max_leaves=8))
def test_anything_in_the_place_of_a_value_is_read_or_refused(value: object) -> None:
    try:
        found = parts({**TANK, "tank": {**TANK["tank"], "lel_pct": value}}, TANKS)
    except Unreadable:
        return
    assert all(isinstance(part, Reading | Unreadable) for part in found)


# ── quakes ──


@pytest.mark.parametrize("wrap", [lambda q: [q, q], lambda q: {"shuju": [q, q], "jieguo": "ok"}])
def test_quakes_come_one_by_one_or_in_a_list(wrap: Callable[[object], object]) -> None:
    assert len(parts(wrap(QUAKE), QUAKES)) == 2


@pytest.mark.parametrize(
    ("magnitude", "value", "scale"),
    [
        ({"M": "5.2"}, 5.2, None),
        ({"M": 5.2}, 5.2, None),
        ({"M": "Ms5.2"}, 5.2, "Ms"),
        ({"M": None, "M_MS": "0", "M_ML": "3.4"}, 3.4, "ML"),
        ({"M": "", "Mw": 6}, 6.0, "Mw"),
        ({"M": "-0.8"}, -0.8, None),
    ],
)
def test_the_magnitude_is_found_under_each_of_its_names(
    magnitude: dict[str, object], value: float, scale: str | None
) -> None:
    """P35: a negative magnitude is a small quake"""
    said = one({**QUAKE, **magnitude})
    assert said.facts["magnitude"] == value
    assert said.facts.get("magnitude_scale") == scale


def test_a_quake_without_magnitude_is_told_and_a_blast_rings_no_bell() -> None:
    """P35: no magnitude, a quarry blast"""
    unknown = one({**QUAKE, "M": None})
    assert (unknown.kind, unknown.severity) == (Kind.EARTHQUAKE, Severity.UNKNOWN)
    assert "magnitude" not in unknown.facts
    blast = one({**QUAKE, "M": "5.6", "EQ_TYPE": "ep"})
    assert (blast.kind, blast.severity) == (Kind.OTHER, Severity.MINOR)


def test_depth_place_and_withdrawal_are_read_in_their_forms() -> None:
    assert one({**QUAKE, "EPI_DEPTH": "10千米"}).facts["depth_km"] == 10
    assert one({**QUAKE, "EPI_DEPTH": 0}).facts["depth_km"] == 0
    assert "depth_km" not in one({**QUAKE, "EPI_DEPTH": None}).facts
    assert one({**QUAKE, "IS_DEL": "1"}).message_kind is MessageKind.CANCEL
    assert one({**QUAKE, "intensity": "3.2"}).facts["intensity"] == 3.2


def test_the_later_saved_statement_of_a_quake_is_the_newer() -> None:
    """T07, T08: 自动 and 正式 by the catalogue's own time of saving, not by arrival"""
    first = one({**QUAKE, "AUTO_FLAG": "A", "SAVE_TIME": "2026-08-06 09:32:10"})
    second = one({**QUAKE, "SAVE_TIME": "2026-08-06 09:41:00"})
    assert first.source_ref == second.source_ref
    assert first.revision is not None
    assert second.revision is not None
    assert first.revision < second.revision
