"""附加数据: an officer reads Chinese with units, not the names of our columns."""

import json
from pathlib import Path

import pytest

from linkage.alerts import NOBODY, Casualties
from linkage.desk.fact_labels import LABELS, in_words
from linkage.plan.grade_table import COUNTED
from linkage.sources import Source, load_sources

ROOT = Path(__file__).parents[1]
SOURCES = load_sources(ROOT / "sources.toml")


@pytest.mark.parametrize("source", SOURCES.values(), ids=lambda s: s.id)
def test_every_fact_that_a_source_may_state_has_a_label(source: Source) -> None:
    assert set(source.facts) <= set(LABELS)


def test_every_fact_in_the_captured_payloads_has_a_label() -> None:
    """Some dialects state facts of their own: earthquake, warnings, 119."""
    stated = {
        name
        for path in (ROOT / "tests" / "fixtures").rglob("*.expected.json")
        for name in json.loads(path.read_text(encoding="utf-8")).get("alert", {}).get("facts", {})
    }
    assert {"magnitude", "issuer", "stated_at"} <= stated
    assert stated <= set(LABELS)


def test_every_figure_that_grades_are_reckoned_from_has_a_label() -> None:
    assert set(LABELS) >= COUNTED


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("area_m2", "30", "燃烧面积 30 平方米"),
        ("magnitude", 4.0, "震级 4 级"),
        ("crowd", "约50人", "人员规模 约50人"),
        ("area_m2", "30平方米", "燃烧面积 30平方米"),
        ("people_trapped", True, "人员被困 是"),
        ("people_trapped", False, "人员被困 否"),
        ("leaking", "1", "泄漏 有"),
        ("risk_substance", "0", "危险物质 无"),
        ("equipment", "3120320706000123", "设备编号 3120320706000123"),
        ("stated_at", "2026-08-06T10:22:00+00:00", "来源所报时间 2026-08-06 18:22:00"),
        ("their_own", 7, "their_own 7"),
        ("extra", "", "补充情况 "),
    ],
)
def test_a_fact_is_said_with_its_unit(name: str, value: object, said: str) -> None:
    assert in_words({name: value}, NOBODY) == [said]


def test_people_who_are_counted_are_not_told_twice() -> None:
    facts = {"people_trapped": True, "patients": 3, "floor": "12"}
    assert in_words(facts, NOBODY) == ["人员被困 是", "患者 3 人", "起火楼层 12"]
    assert in_words(facts, Casualties(trapped=2, poisoned=3)) == ["起火楼层 12"]
    assert in_words(facts, Casualties(trapped=0)) == ["患者 3 人", "起火楼层 12"]


def test_what_could_not_be_read_stands_beside_the_facts() -> None:
    """P06: the officer sees on the incident's page which field was left out, and why."""
    notes = ["BKRS：人数应为非负整数，收到 '数人'", "ZHDJ：'6' 不在表"]
    (phrase,) = in_words({"notes": notes}, NOBODY)
    assert phrase == f"报文中存疑的字段 {notes[0]}；{notes[1]}"
