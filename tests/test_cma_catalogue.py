"""Lists of warnings as the weather services' sites and apps have them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.decode import read_alert
from linkage.alerts import Alert, Unreadable
from linkage.intake.arrivals import Part, Remark, Several
from linkage.kinds import Kind
from linkage.sources import load_sources
from linkage.vocabulary import MessageKind, Severity, WarningColour

FIXTURES = Path(__file__).parent / "fixtures" / "cma-catalogue"
SOURCES = load_sources(FIXTURES / "sources.toml")
AT = datetime(2026, 8, 6, 10, 0, tzinfo=UTC)


def parts(case: str, source: str = "cma-list") -> tuple[Part | Unreadable, ...]:
    said = read_alert((FIXTURES / f"{case}.json").read_bytes(), SOURCES[source], AT)
    return said.parts if isinstance(said, Several) else (said,)


def test_each_record_of_a_list_is_a_warning_of_its_own() -> None:
    rain, fog, thunder, meteor = parts("nmc-list")
    assert isinstance(rain, Alert)
    assert (rain.kind, rain.warning_colour) == (Kind.RAINSTORM, WarningColour.ORANGE)
    assert rain.occurred_at == datetime(2026, 8, 6, 7, 10, tzinfo=UTC)
    assert (rain.source_ref, rain.area_codes) == ("32070041600000/11B03", ("320700",))
    assert isinstance(fog, Alert)
    assert fog.source_kind == "大雾"
    assert isinstance(thunder, Alert)
    assert thunder.message_kind is MessageKind.CANCEL
    assert isinstance(meteor, Unreadable)
    assert '"陨石" = …' in meteor.reason


def test_a_symbol_and_a_title_that_differ_are_both_told_and_the_higher_counts() -> None:
    """P33: title and symbol of one record"""
    fog = parts("nmc-list")[1]
    assert isinstance(fog, Alert)
    assert (fog.warning_colour, fog.severity) == (WarningColour.ORANGE, Severity.SEVERE)
    (note,) = fog.facts["notes"]
    assert "图标 2为橙色，标题为黄色" in note


def test_an_array_is_read_and_a_level_that_no_table_has_is_refused_with_the_line() -> None:
    typhoon, thunder = parts("cma-array")
    assert isinstance(typhoon, Alert)
    assert (typhoon.event_code, typhoon.warning_colour) == ("11B01", WarningColour.BLUE)
    assert typhoon.text.startswith("受今年第9号台风影响")
    assert isinstance(thunder, Unreadable)
    assert '"5" = …' in thunder.reason


def test_the_app_counts_its_levels_the_other_way_about() -> None:
    (red,) = parts("app-red", "cma-app")
    assert isinstance(red, Alert)
    assert red.warning_colour is WarningColour.RED
    assert red.area_codes == ("320723",)
    with pytest.raises(Unreadable, match=r'w6.*"05" = …'):
        parts("app-level-unknown", "cma-app")


def test_the_app_is_not_read_by_the_table_of_the_list() -> None:
    with pytest.raises(Unreadable, match='"04" = …'):
        parts("app-red", "cma-list")


def test_a_list_without_warnings_says_so() -> None:
    (word,) = parts("empty-list")
    assert isinstance(word, Remark)
