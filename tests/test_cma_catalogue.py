"""Lists of warnings as the weather services' sites and apps have them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from ingest.decode import read_alert
from linkage.alerts import Alert, Unreadable
from linkage.intake.arrivals import Part, Remark, Several
from linkage.kinds import Kind
from linkage.sources import load_sources
from linkage.vocabulary import MessageKind, Severity, WarningColour

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "tests" / "fixtures" / "cma-catalogue"
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


PAGE = {
    "head": "江苏省连云港市海州区发布雷电黄色预警信号",
    "ALERTID": "202608102129514372雷电黄色",
    "PROVINCE": "江苏省",
    "CITY": "连云港市",
    "STATIONNAME": "海州区",
    "SIGNALTYPE": "雷电",
    "SIGNALLEVEL": "黄色",
    "TYPECODE": "09",
    "LEVELCODE": "02",
    "ISSUETIME": "2026-08-10 21:29:27",
    "ISSUECONTENT": "海州区气象台2026年8月10日21时29分发布雷电黄色预警信号。",
    "RELIEVETIME": "2026-08-11 09:29:27",
    "msgType": "Alert",
    "identifier": "32070641600000_20260810212927",
    "references": "32070641600000_20260810212927",
}


def with_seconds(form: object) -> Alert:
    source = replace(SOURCES["cma-list"], time_format="YYYY-MM-DD hh:mm:ss")
    said = read_alert(json.dumps(form, ensure_ascii=False).encode(), source, AT)
    assert isinstance(said, Alert)
    return said


def test_the_page_of_one_warning_states_its_end_and_what_it_does() -> None:
    warning = with_seconds(PAGE)
    assert warning.source_ref == "32070641600000/11B14"
    assert warning.warning_colour is WarningColour.YELLOW
    assert warning.expires_at == datetime(2026, 8, 11, 1, 29, 27, tzinfo=UTC)
    assert with_seconds({**PAGE, "msgType": "Cancel"}).message_kind is MessageKind.CANCEL
    forgotten = with_seconds({**PAGE, "RELIEVETIME": ""})
    assert forgotten.expires_at == datetime(2026, 8, 11, 13, 29, 27, tzinfo=UTC)


def test_a_relay_has_code_and_colour_in_one_word_and_the_division_in_its_number() -> None:
    told = {
        "id": "320706-20260810023227-11B14003",
        "headline": "海州区气象台继续发布雷电预警信号",
        "effective": "2026-08-10 02:32:27",
        "description": "海州区气象台2026年08月10日02时32分继续发布雷电预警信号。",
        "longitude": 119.16,
        "latitude": 34.57,
        "type": "11B14_yellow",
        "title": "海州区气象台继续发布雷电预警信号",
    }
    warning = with_seconds({"Data": told, "md5": "93b5b90a2e54c1d17142f6588b3b2ec2"})
    assert (warning.source_ref, warning.area_codes) == ("320706/11B14", ("320706",))
    assert warning.warning_colour is WarningColour.YELLOW


def test_the_entry_in_the_page_of_this_dialect_reads_a_list(tmp_path: Path) -> None:
    page = (ROOT / "docs/dialects/cma-catalogue.md").read_text(encoding="utf-8")
    block = page.partition("```toml")[2].partition("```")[0]
    (tmp_path / "sources.toml").write_text(block, encoding="utf-8")
    source = load_sources(tmp_path / "sources.toml")["weather-list"]
    said = read_alert((FIXTURES / "nmc-list.json").read_bytes(), source, AT)
    assert isinstance(said, Several)
    assert next(p.event_code for p in said.parts if isinstance(p, Alert)) == "11B03"
