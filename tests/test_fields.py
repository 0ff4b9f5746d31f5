from pathlib import Path
from typing import Any

import pytest

from ingest import fields
from ingest.json_form import Form, getter, json_object, shown
from ingest.position import converter
from linkage.alerts import Unreadable
from linkage.kinds import Kind
from linkage.sources import load_sources
from linkage.vocabulary import PositionNote, Severity

SOURCES = load_sources(Path(__file__).parents[1] / "sources.toml")
POLICE = SOURCES["110-cad"]


def refused(read: Any, form: Form, *more: Any) -> Unreadable:
    with pytest.raises(Unreadable) as why:
        read(form, "F", *more)
    assert why.value.field == "F"
    assert why.value.reason.startswith("F：")
    return why.value


# ── words ──


def test_text_is_stripped_and_absent_text_is_blank() -> None:
    assert fields.text({"F": "  海州区 \n"}, "F") == "海州区"
    assert fields.text({}, "F") == fields.text({"F": None}, "F") == ""


def test_a_number_where_text_is_agreed_is_taken_as_written() -> None:
    assert fields.text({"F": 13900000001}, "F") == "13900000001"
    assert fields.text({"F": 10**30}, "F") == "1" + "0" * 30


@pytest.mark.parametrize("value", [True, 1.5, [], {}, ["x"]])
def test_what_is_no_text_is_refused_by_name(value: object) -> None:
    assert "应为文字" in refused(fields.text, {"F": value}).reason


def test_long_text_is_cut_and_the_cut_is_visible() -> None:
    assert fields.text({"F": "火" * 501}, "F") == "火" * 499 + "…"
    assert fields.text({"F": "火" * 500}, "F") == "火" * 500


def test_a_record_number_is_never_cut() -> None:
    assert fields.own_reference({"F": "J" * 120}, "F") == "J" * 120
    assert "120" in refused(fields.own_reference, {"F": "J" * 121}).reason


def test_a_record_number_is_needed() -> None:
    for value in (None, "", "   "):
        assert "缺少编号" in refused(fields.own_reference, {"F": value}).reason


@pytest.mark.parametrize(
    "value",
    ["无", "null", "NULL", "None", "-", "--", "/", "0", 0, "0000000000000000", "\\N", "N/A", -1],
)
def test_a_word_for_nothing_is_no_record_number(value: object) -> None:
    """P28: two calls whose number is 无 are two calls, and nothing refers to them."""
    assert "缺少编号" in refused(fields.own_reference, {"F": value}).reason
    assert fields.reference({"F": value}, "F") == ""


@pytest.mark.parametrize("value", ["J0", "10", "0-1", "无001", "2026-0"])
def test_a_record_number_may_hold_noughts_and_dashes(value: str) -> None:
    assert fields.own_reference({"F": value}, "F") == value


def test_a_code_may_come_as_a_number_with_a_point() -> None:
    """P06: many a table prints 1.0; a record number of that kind has lost its digits."""
    assert fields.code({"F": 2.0}, "F", POLICE, "severities") is Severity.SEVERE
    assert fields.phone({"F": 13900000001.0}, "F") == "13900000001"
    assert "小数" in refused(fields.own_reference, {"F": 1.20058e13}).reason


def test_a_number_that_a_spreadsheet_ruined_is_refused() -> None:
    assert "电子表格" in refused(fields.own_reference, {"F": "1.20058E+13"}).reason
    assert fields.own_reference({"F": "1E+5号"}, "F") == "1E+5号"


# ── codes ──


def test_the_finest_known_code_names_the_kind() -> None:
    form = {"fine": "030200", "coarse": "030000"}
    assert fields.kind(form, ("fine", "coarse"), POLICE).kind is Kind.TRAFFIC_ACCIDENT
    assert fields.kind(form, ("fine", "coarse"), POLICE).event_code == "12H01"


def test_a_sub_code_that_is_new_falls_back_to_its_parent() -> None:
    form = {"fine": "040999", "coarse": "040000"}
    assert fields.kind(form, ("fine", "coarse"), POLICE).kind is Kind.FIRE


def test_an_unknown_code_is_answered_with_the_line_to_add() -> None:
    why = refused(fields.code, {"F": "9"}, POLICE, "severities")
    assert '[[source]] "110-cad" 的 [source.severities]' in why.reason
    assert '"9" = …' in why.reason


def test_a_code_that_is_not_given_is_not_guessed() -> None:
    assert fields.code({}, "F", POLICE, "severities") is None
    assert fields.code({"F": "1"}, "F", POLICE, "severities") is Severity.EXTREME


def test_no_kind_at_all_is_refused_by_the_coarsest_field() -> None:
    with pytest.raises(Unreadable, match="coarse：缺少类别"):
        fields.kind({"fine": ""}, ("fine", "coarse"), POLICE)


# ── flags and numbers ──


@pytest.mark.parametrize("value", [True, 1, 1.0, "1", "01", "是", "有", "Y", "true", "TRUE", "T"])
def test_yes(value: object) -> None:
    assert fields.flag({"F": value}, "F")


@pytest.mark.parametrize("value", [False, 0, 0.0, "0", "否", "无", "N", "", None, "false", "No"])
def test_no(value: object) -> None:
    assert not fields.flag({"F": value}, "F")


@pytest.mark.parametrize("value", ["可能", 2, [], "TRUE?"])
def test_maybe_is_neither(value: object) -> None:
    refused(fields.flag, {"F": value})


def test_not_stated_is_not_zero() -> None:
    assert fields.count({}, "F") is fields.count({"F": ""}, "F") is None
    assert fields.count({"F": 0}, "F") == fields.count({"F": "0"}, "F") == 0


@pytest.mark.parametrize("value", [-1, 1.0, True, "三", "3 ", "-1", 10**7, [], "٣", "\uff11"])
def test_a_count_is_a_whole_number_of_people(value: object) -> None:
    assert "人数" in refused(fields.count, {"F": value}).reason


@pytest.mark.parametrize("value", [-1, 2**63, "版本一", 1.5, True])
def test_a_revision_fits_the_column(value: object) -> None:
    refused(fields.whole_number, {"F": value})
    assert fields.whole_number({"F": 2**63 - 1}, "F") == 2**63 - 1
    assert fields.whole_number({"F": "17"}, "F") == 17


@pytest.mark.parametrize("value", ["12,3", "1e3", "nan", True, [], 10**16, "\uff10.5"])
def test_a_reading_is_a_plain_number(value: object) -> None:
    refused(fields.number, {"F": value})
    assert fields.number({"F": "-12.30"}, "F") == -12.3
    assert fields.number({}, "F") is None


# ── people ──


@pytest.mark.parametrize(
    ("sent", "dialled"),
    [
        ("139-0000-0001", "13900000001"),
        ("0518 8888 0000", "051888880000"),
        (13900000001, "13900000001"),
        ("+86 139 0000 0001", "+8613900000001"),
        ("1390000000123", "1390000000123"),  # thirteen digits: kept, a person will see it
        ("", None),
        ("无", None),  # the number that called stands in another field
        ("不愿透露", None),
        ("0518-85521110转801", "051885521110转801"),
    ],
)
def test_a_telephone_is_kept_as_it_can_be_dialled(sent: object, dialled: str | None) -> None:
    assert fields.phone({"F": sent}, "F") == dialled


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("苏G12345", ("苏G12345",)),
        ("苏G·A1234（挂苏G·5678挂）", ("苏GA1234", "苏G5678挂")),
        ("苏g-12345/鲁L D12345", ("苏G12345", "鲁LD12345")),
        ("苏GD12345 苏GD12345", ("苏GD12345",)),
        ("苏g\uff11\uff12\uff13\uff14\uff15", ("苏G12345",)),
        ("鲁L.67890", ("鲁L67890",)),
        ("无牌", ()),
        ("", ()),
    ],
)
def test_number_plates_are_found_without_their_dots(sent: str, found: tuple[str, ...]) -> None:
    assert fields.plates({"F": sent}, "F") == found


# ── where ──


def test_a_marker_decides_the_district_and_the_stated_code_serves_without_one() -> None:
    to_wgs84 = converter("wgs84")
    seat = {"x": 119.157852, "y": 34.573224, "area": "320722"}
    assert fields.where(seat, "x", "y", "area", to_wgs84)[3] == "320706"
    lost = {"area": "320722104000"}
    assert fields.where(lost, "x", "y", "area", to_wgs84)[2:] == (PositionNote.MISSING, "320722")
    assert fields.where({"area": 5}, "x", "y", "area", to_wgs84)[3] is None


# ── facts and paths ──


@pytest.mark.parametrize(
    ("written", "read"),
    [("130", 130.0), (" 12.5 ", 12.5), (7, 7), ("约200", "约200"), ("1e3", "1e3"), ("", None)],
)
def test_a_figure_for_the_grading_is_a_number_where_it_reads_as_one(
    written: object, read: object
) -> None:
    found = fields.facts({"a": written, "b": "130"}, {"trapped_min": "a", "floor": "b"})
    assert found.get("trapped_min") == read
    assert found["floor"] == "130"


def test_facts_are_plain_values_and_blank_ones_are_left_out() -> None:
    form = {"a": "苯", "b": 12.3, "c": True, "d": "", "e": None}
    paths = {"substance": "a", "value": "b", "leaking": "c", "no": "d", "none": "e", "gone": "f"}
    assert fields.facts(form, paths) == {"substance": "苯", "value": 12.3, "leaking": True}


@pytest.mark.parametrize("value", [[1], {"v": 1}, 2**53])
def test_a_fact_that_is_no_single_value_is_refused(value: object) -> None:
    with pytest.raises(Unreadable, match="单个值"):
        fields.facts({"a": value}, {"substance": "a"})


def test_a_path_walks_into_objects_and_lists() -> None:
    form = json_object('{"station":{"name":"石梁河","xy":[118.85,34.76]}}'.encode())
    assert getter("station.name")(form) == "石梁河"
    assert getter("station.xy.1")(form) == 34.76
    for nowhere in ("station.xy.2", "station.name.x", "x", "x.y", "station.xy.a"):
        assert getter(nowhere)(form) is None


def test_a_value_in_a_reason_is_short() -> None:
    assert shown("火" * 100) == "'" + "火" * 38 + "…"
    assert shown(10**4500) == "过大的整数"
    assert shown({"a": 1}) == "{'a': 1}"
