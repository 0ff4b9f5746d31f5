"""How many people, from the words a call-taker typed: 2人轻伤, 约五人, 无."""

import re
from collections.abc import Iterable
from unicodedata import normalize

from ingest.fields import MOST_PEOPLE, text
from ingest.json_form import Form

_DIGITS = "零一二三四五六七八九"
_COUNT = re.compile(
    r"(?<![数几0-9])([0-9]{1,6}|[零一二两三四五六七八九十]{1,3})\s*[余多]?(?:名|人|个|位|口)"
)
_ONLY = re.compile(r"[0-9]{1,6}|[零一二两三四五六七八九十]{1,3}")
_NOBODY = re.compile(
    "(?:目前|暂时?|尚)?(?:均?无|没有|未发现|未见)(?:有)?(?:人员?|群众)?(?:被困|受伤|死亡|伤亡|伤者|失踪|重伤)?"
)
_UNKNOWN = frozenset({"不详", "不明", "不清", "不清楚", "未知", "待查", "待核实", "待确认"})


def people(form: Form, key: str) -> int | None:
    """All counts in the words together; 0 for 无; None where none is said: 不详, 多人, 数十人.

    After 其中 only parts of what was counted before are told.
    """
    words = text(form, key) if form.get(key) else ""
    if not words:
        return None
    if words.isascii():
        return _value(words) if _ONLY.fullmatch(words) else None
    words = normalize("NFKC", words)
    if _NOBODY.fullmatch(words):
        return 0
    counts = [_value(count) for count in _COUNT.findall(words.partition("其中")[0])]
    if counts:
        stated = [count for count in counts if count is not None]
        return sum(stated) if len(stated) == len(counts) else None
    return _value(words) if _ONLY.fullmatch(words) else None


def uncounted(form: Form, people: Iterable[tuple[str, str, int | None]]) -> str:
    """What was said of people and could not be counted, for the officer: label, key, count."""
    said = [
        f"{label}：{words}"
        for label, key, count in people
        if count is None and form.get(key) and (words := text(form, key, 80)) not in _UNKNOWN
    ]
    return "；".join(said)


def _value(words: str) -> int | None:
    if words.isascii():
        return min(int(words), MOST_PEOPLE)
    words = words.replace("两", "二")
    tens, ten, ones = words.rpartition("十")
    if not ten:
        return _DIGITS.index(words) if len(words) == 1 else None
    if len(tens) > 1 or len(ones) > 1 or "十" in tens:
        return None
    return (_DIGITS.index(tens) if tens else 1) * 10 + (_DIGITS.index(ones) if ones else 0)
