"""What the Chinese profile of CAP does that the standard alone does not say."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.decode import read_alert
from linkage.alerts import Alert, Unreadable
from linkage.intake.arrivals import Remark, Several
from linkage.kinds import Kind
from linkage.sources import load_sources
from linkage.vocabulary import MessageKind, WarningColour

ROOT = Path(__file__).parents[1]
SOURCES = load_sources(ROOT / "sources.toml")
FIXTURES = ROOT / "tests" / "fixtures" / "weather"
BLUE = (FIXTURES / "typhoon-blue.xml").read_text(encoding="utf-8")
AT = datetime(2026, 8, 6, 0, 0, tzinfo=UTC)


def read(text: str, source: str = "weather") -> Alert:
    said = read_alert(text.encode(), SOURCES[source], AT)
    assert isinstance(said, Alert)
    return said


def remark(text: str) -> str:
    """The word that tells why a message became no warning."""
    said = read_alert(text.encode(), SOURCES["weather"], AT)
    assert isinstance(said, Several)
    (part,) = said.parts
    assert isinstance(part, Remark)
    return part.text


def refusal(text: str) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        read(text)
    return refused.value


def test_chinese_is_chosen_although_english_stands_first() -> None:
    assert read(BLUE).source_kind == "台风"
    assert "台风蓝色预警" in read(BLUE).headline


def test_a_warning_without_end_lives_for_a_day() -> None:
    alert = read(BLUE)
    assert alert.expires_at == alert.occurred_at + timedelta(hours=24)


def test_a_stated_end_is_kept() -> None:
    ended = BLUE.replace("</effective>", "</effective><expires>2026-08-06T12:00:00+08:00</expires>")
    assert read(ended).expires_at == datetime(2026, 8, 6, 4, tzinfo=UTC)


def test_the_division_codes_are_the_first_six_digits_each_once() -> None:
    assert read(BLUE).area_codes == ("320700", "320703")


def test_an_update_names_what_it_replaces_although_blanks_part_time_and_list() -> None:
    update = read((FIXTURES / "typhoon-yellow-updates-the-blue.xml").read_text(encoding="utf-8"))
    assert update.message_kind is MessageKind.UPDATE
    assert update.references == (("weather", read(BLUE).source_ref),)


def test_several_warnings_may_be_ended_at_once() -> None:
    ended = (FIXTURES / "typhoon-ended.xml").read_text(encoding="utf-8")
    two = ended.replace("<references>", "<references>s,A_1,2026-08-06T06:00:00+08:00\n ")
    assert [ref for _, ref in read(two).references] == ["A_1", "32070041600000_20260806083000_0"]


def test_a_code_of_the_standard_decides_before_the_word() -> None:
    reworded = BLUE.replace("<event>台风</event>", "<event>强台风</event>")
    assert read(reworded).kind is Kind.TYPHOON
    assert read(reworded).source_kind == "强台风"


def test_a_word_decides_where_the_code_is_none_of_ours() -> None:
    assert read(BLUE.replace("11B01", "OTHER")).event_code == "11B01"


@pytest.mark.parametrize("status", ["Exercise", "Test"])
def test_an_exercise_is_marked_and_never_real(status: str) -> None:
    """P13: status Test and Exercise"""
    assert read(BLUE.replace("Actual", status)).exercise


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("<status>Actual</status>", "<status>Draft</status>", "status"),
        ("<status>Actual</status>", "<status>Real</status>", "status"),
        ("<msgType>Alert</msgType>", "<msgType>Notify</msgType>", "msgType"),
        ("<scope>Public</scope>", "<scope>Restricted</scope>", "restriction"),
        ("<scope>Public</scope>", "<scope>Private</scope>", "addresses"),
        ("<category>Met</category>", "", "category"),
        ("<areaDesc>连云港市</areaDesc>", "", "areaDesc"),
        ("<scope>Public</scope>", "", "scope"),
        ("<identifier>", "<identifier>有 空格", "identifier"),
        ("<sender>32070041600000</sender>", "<sender/>", "sender"),
        ("<urgency>Expected</urgency>", "<urgency>Soon</urgency>", "urgency"),
        ("<severity>Minor</severity>", "<severity>III</severity>", "severity"),
        ("2026-08-06T06:00:00+08:00</sent>", "2026-08-06</sent>", "sent"),
        ("<certainty>Likely</certainty>", "", "certainty"),
    ],
)
def test_what_is_missing_or_not_of_cap_is_named(old: str, new: str, field: str) -> None:
    assert old in BLUE
    assert refusal(BLUE.replace(old, new)).field == field


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<status>Actual</status>", "<status>System</status>", "系统内部报文"),
        ("<msgType>Alert</msgType>", "<msgType>Ack</msgType><note>已收到</note>", "已收到"),
        ("<msgType>Alert</msgType>", "<msgType>Error</msgType>", "更正回执"),
    ],
)
def test_what_systems_say_among_themselves_is_accounted_for_and_not_shown(
    old: str, new: str, said: str
) -> None:
    assert said in remark(BLUE.replace(old, new))


def test_every_missing_element_is_named_at_once() -> None:
    """P12: three required elements that are empty, as a foreign feed has them"""
    bare = BLUE
    for name in ("urgency", "severity", "certainty"):
        bare = re.sub(f"<{name}>[A-Za-z]+</{name}>", f"<{name}/>", bare)
    assert refusal(bare).reason == "urgency、severity、certainty：CAP 必备元素缺失"


def test_entities_are_refused_at_once_and_nothing_is_fetched() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY a{n} "&a{n - 1};&a{n - 1};">' if n else '<!ENTITY a0 "&a;&a;">'
        for n in range(30)
    )
    assert "DTD" in refusal(f"{bomb}]><l>&a29;</l>").reason


def test_a_system_that_sends_both_is_read_by_what_the_payload_begins_with() -> None:
    flood = (ROOT / "tests/fixtures/water/flood-warning-yellow.xml").read_text(encoding="utf-8")
    assert read("\n " + flood.partition("?>")[2], "water").warning_colour is WarningColour.YELLOW
    assert refusal(flood.replace("洪水", "天降陨石").replace("11A01", "")).field == "event"


def test_a_cancel_that_says_only_what_it_ends_is_still_a_warning() -> None:
    bare = read((FIXTURES / "bare-cancel.xml").read_text(encoding="utf-8"))
    assert bare.is_warning
    assert bare.message_kind is MessageKind.CANCEL


@pytest.mark.parametrize(
    ("stated", "named"),
    [
        ("s,A_1,2026-08-06T08:30:00+08:00", ["A_1"]),
        ("s,A_1,2026-08-06 08:30:00+08:00\n s,A_2,2026-08-06 09:30:00+08:00", ["A_1", "A_2"]),
        ("s,A_1,2026-08-06T08:30:00+08:00 s,A_1,2026-08-06T08:30:00+08:00", ["A_1"]),
        ("32070041600000_20260806083000", ["32070041600000_20260806083000"]),
        ("s,urn:oid:2.49.0,1,840.7,2026-08-06T08:30:00-04:00", ["urn:oid:2.49.0,1,840.7"]),
        ("s,A_1", ["A_1"]),
        ("s, A_1, 2026-08-06T08:30:00+08:00", ["A_1"]),
        ("s,A_1,2026-08-06T08:30:00+08:00,s,A_2,2026-08-06 09:30:00+08:00", ["A_1", "A_2"]),
        ("s,A_1 A_2,2026-08-06T08:30:00+08:00", ["A_1", "A_2"]),
        ("s,A_1 s,A_2", ["A_1", "A_2"]),
        ("A_1,2026-08-06T08:30:00+08:00", ["A_1"]),
    ],
)
def test_what_a_warning_refers_to_is_found_in_each_way_of_writing(
    stated: str, named: list[str]
) -> None:
    ended = (FIXTURES / "bare-cancel.xml").read_text(encoding="utf-8")
    found = re.sub(r"<references>.*</references>", f"<references>{stated}</references>", ended)
    assert [ref for _, ref in read(found).references] == named


def test_a_cancel_ends_its_warning_although_its_own_words_cannot_be_read() -> None:
    ended = (FIXTURES / "typhoon-ended.xml").read_text(encoding="utf-8")
    broken = ended.replace("<urgency>Expected</urgency>", "").replace("台风</event>", "？</event>")
    said = read(broken)
    assert said.message_kind is MessageKind.CANCEL
    assert said.references
    assert said.headline == "连云港市气象台解除台风黄色预警"
    assert "urgency" in said.facts["notes"][0]


def test_a_first_alert_ends_nothing_whatever_it_names() -> None:
    """P13: real ones name themselves; to end a warning that stands is worse than to let one be"""
    kindred = "<references>s,A_1,2026-08-06T08:30:00+08:00</references>"
    assert read(BLUE.replace("<info>", f"{kindred}<info>", 1)).references == ()


def test_of_several_words_with_one_code_the_first_names_it() -> None:
    coded = BLUE.replace("<event>台风</event>", "<event>11B06</event>").replace("11B01", "11B06")
    assert read(coded).source_kind == "大风"


def test_an_update_that_names_nothing_still_warns_and_says_so() -> None:
    """P13: what it replaces is not known; that a red warning holds is"""
    update = read((FIXTURES / "update-of-nothing.xml").read_text(encoding="utf-8"))
    assert update.warning_colour is WarningColour.RED
    assert "此前的预警未结束" in update.facts["notes"][0]


@pytest.mark.parametrize("language", ["zh_CN", "zho", "chi", "Chinese"])
def test_chinese_under_another_name_is_chinese(language: str) -> None:
    renamed = read(BLUE.replace("<language>zh-CN<", f"<language>{language}<"))
    assert renamed.source_kind == "台风"
    assert "notes" not in renamed.facts


def test_a_warning_told_days_ahead_does_not_run_out_before_it_begins() -> None:
    ahead = BLUE.replace("</effective>", "</effective><onset>2026-08-09T06:00:00+08:00</onset>")
    assert read(ahead).expires_at == datetime(2026, 8, 9, 22, tzinfo=UTC)


def test_children_outside_the_namespace_are_called_that_and_not_missing() -> None:
    """P12: a prefix on the outermost element only"""
    bare = BLUE.replace("<alert xmlns=", "<a:alert xmlns:a=").replace("</alert>", "</a:alert>")
    assert refusal(bare).reason.startswith("identifier：不在 alert 的命名空间内")


@pytest.mark.parametrize(
    ("place", "codes"),
    [
        ("连云港市", ("320700",)),
        ("江苏省连云港市海州区", ("320706",)),
        ("东海县、灌云县，连云港市灌南县", ("320722", "320723", "320724")),
        ("徐圩新区石化基地周边", ()),
        ("海州区和沿海", ()),
        ("海州区、沿海海面", ()),
        ("盐城市", ()),
    ],
)
def test_divisions_by_name_count_where_the_area_says_no_more(
    place: str, codes: tuple[str, ...]
) -> None:
    start, end = "<areaDesc>连云港市</areaDesc>", "</area>"
    before, _, after = BLUE.rpartition(start)
    bare = f"{before}<areaDesc>{place}</areaDesc>{end}{after.partition(end)[2]}"
    assert read(bare).area_codes == codes
    drawn = bare.replace(f"{place}</areaDesc>", f"{place}</areaDesc><circle>34.6,119.2 5</circle>")
    assert read(drawn).area_codes == ()


def test_an_empty_outline_is_none_and_a_number_may_begin_with_its_point() -> None:
    """P14: `<polygon/>` as feeds write it that have none; a radius of .5"""
    shapes = (
        "<areaDesc>连云港市</areaDesc><polygon/><circle> </circle><circle>34.6,119.2 .5</circle>"
    )
    said = read(BLUE.replace("<areaDesc>连云港市</areaDesc>", shapes))
    assert [shape.km for shape in said.shapes] == [0.5]
    assert "notes" not in said.facts


def test_mainland_chinese_goes_before_other_chinese_and_any_chinese_before_the_rest() -> None:
    traditional = BLUE.replace("<language>en-US</language>", "<language>zh-TW</language>")
    assert read(traditional).source_kind == "台风"
    only = traditional.replace("<language>zh-CN</language>", "<language>fr-CA</language>")
    assert read(only).headline == "Warning"
    foreign = BLUE.replace("<language>zh-CN</language>", "<language>fr-CA</language>")
    assert "en-us" in read(foreign).facts["notes"][0]
