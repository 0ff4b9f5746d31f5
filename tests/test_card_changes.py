"""Two versions of the run cards: how they differ, in words; which are known, which is in force."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from linkage.errors import BadConfig
from linkage.people import Actor
from linkage.plan import command, levels
from linkage.plan.card_changes import card_changes
from linkage.plan.run_card import RunCards
from linkage.plan.run_card_file import load_run_cards, read_run_cards
from linkage.record import Record
from tests.desk import AGENCIES, DATA, declared
from tests.onrecord import put_incident

TEXT = (DATA / "run_cards.toml").read_text(encoding="utf-8")
CARDS = load_run_cards(DATA / "run_cards.toml", AGENCIES)


def edited(*changes: tuple[str, str], label: str = "2027-1") -> RunCards:
    text = TEXT.replace('version = "2026-1"', f'version = "{label}"')
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return read_run_cards(Path(f"{label}.toml"), text, AGENCIES)


def test_a_version_does_not_differ_from_itself() -> None:
    assert card_changes(CARDS, CARDS, AGENCIES) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'inform = ["weather", "civil-affairs"]\nothers = ["住建（燃气）", "供电公司"]',
            'inform = ["weather"]\nothers = ["住建（燃气）"]',
            "第14行（火灾、燃气泄漏）：去掉民政（原为告知）",
        ),
        (
            'on_scene_command = "fire"\nsupport = ["police", "fire", "health", "environment", "w',
            'support = ["police", "fire", "health", "environment", "w',
            "第15行（危险化学品泄漏、爆炸）：消防由现场指挥改为配合",
        ),
        ("report_s = 1800\n\n[due.support]", "report_s = 1200\n\n[due.support]", "反馈由1800秒"),
        ("expected_hours = 24", "expected_hours = 36", "Ⅲ级：预计时长由24小时改为36小时"),
        ('"119", "120"]\nacknowledge_s = 60', '"119"]\nacknowledge_s = 60', "必带联动（有人被困"),
        ('fire = "牵头灭火救援：', 'fire = "牵头灭火：', "消防的任务由“牵头灭火救援："),
        ("level = 3 },\n", "level = 2 },\n", "启动条件由“"),
        ("standby = true\n", "", "Ⅳ级：市级单位待命的规定有改动"),
    ],
)
def test_each_difference_is_a_sentence(old: str, new: str, words: str) -> None:
    changes = card_changes(CARDS, edited((old, new)), AGENCIES)
    assert any(words in change for change in changes), changes


def test_a_row_that_came_or_went_is_named() -> None:
    start = TEXT.index("[[card]]\nrow = 36")
    changes = card_changes(CARDS, edited((TEXT[start:], ""), ("[without_card]\n", '[without_card]\nrescue = "待定"\n')), AGENCIES)  # fmt: skip # noqa: E501
    assert "删去第36行：抢险救援" in changes


def test_the_versions_that_responses_rest_on_can_be_compared_with_what_lies_there(
    record: Record, officer: Actor, now: datetime
) -> None:
    before = edited(("expected_hours = 24", "expected_hours = 12"), label="2025-1")
    it = put_incident(record)
    levels.start_response(record, officer, it, 1, declared(now), cards=before, at=now)
    with record.read() as cx:
        known = command.known_versions(cx, DATA, AGENCIES)
    assert [cards.label for cards in known] == ["2025-1", "2026-1"]
    head, *changes = command.differences("2025-1", "2026-1", known, AGENCIES)
    assert "1 处不同" in head
    assert changes == ["Ⅲ级：预计时长由12小时改为24小时"]
    with pytest.raises(BadConfig, match="现有：2025-1、2026-1"):
        command.differences("2024-9", "2026-1", known, AGENCIES)


def test_the_list_says_which_version_is_in_force() -> None:
    later = edited(("effective_from = 2026-01-01", "effective_from = 2027-01-01"))
    lines = command.lie_there((CARDS, later), datetime(2026, 11, 22, tzinfo=UTC))
    assert lines == ["2026-1（2026-01-01 起）\t现行", "2027-1（2027-01-01 起）\t未到生效日"]
    lines = command.lie_there((CARDS, later), datetime(2027, 11, 22, tzinfo=UTC))
    assert lines[0].endswith("已被取代")


def _other(value: Any) -> Any:
    """A value of the same kind that says something else."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value - 1
    if isinstance(value, str):
        return f"{value}改"
    if isinstance(value, tuple):
        return value[:-1] if value else ("museum",)
    if isinstance(value, dict):
        return dict(list(value.items())[:-1]) if value else {"fire": "另一任务"}
    return {None: 2}[value]


def _each_field(one: Any, *but: str) -> Iterator[Any]:
    for name in one.__struct_fields__:
        if name not in but:
            yield name, msgspec.structs.replace(one, **{name: _other(getattr(one, name))})


def test_whatever_is_changed_is_told_with_what_it_was_and_is() -> None:
    """A commander who reads 没有不同 must be able to rely on it."""
    card = next(one for one in CARDS.cards if one.row == 15)
    rest = tuple(one for one in CARDS.cards if one is not card)
    changed: dict[str, RunCards] = {}
    for name, new in _each_field(card, "row", "due"):
        changed[f"card.{name}"] = msgspec.structs.replace(CARDS, cards=(new, *rest))
    for name, rule in _each_field(CARDS.levels[4]):
        levels_then = {**CARDS.levels, 4: rule}
        changed[f"level.{name}"] = msgspec.structs.replace(CARDS, levels=levels_then)
    first, *others = CARDS.auto_links
    for name, link in _each_field(first, "when"):
        changed[f"link.{name}"] = msgspec.structs.replace(CARDS, auto_links=(link, *others))
    for name in ("due", "tasks", "without_card"):
        less = {name: _other(getattr(CARDS, name))}
        changed[name] = msgspec.structs.replace(CARDS, **less)
    for name, new_cards in changed.items():
        found = card_changes(CARDS, new_cards, AGENCIES)
        assert found, name
        for sentence in found:
            told = re.search("由“(.*)”改为“(.*)”$", sentence)
            assert told is None or told[1] != told[2], (name, sentence)
