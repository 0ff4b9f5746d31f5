"""How many people, from the words a call-taker typed: 2人轻伤, 约五人, 无."""

import re
from unicodedata import normalize

from ingest.fields import MOST_PEOPLE, text
from ingest.json_form import Form

_DIGITS = "零一二三四五六七八九"
_COUNT = re.compile(
    r"(?<![数几0-9])([0-9]{1,6}|[零一二两三四五六七八九十]{1,3})\s*[余多]?(?:名|人|个|位|口)"
)
_ONLY = re.compile(r"[0-9]{1,6}|[零一二两三四五六七八九十]{1,3}")
_WIDE = re.compile("[\uff10-\uff19]")
_NOBODY = frozenset({"无", "没有", "暂无", "无人", "无伤亡", "未发现"})
_NOBODY_AT_ALL = re.compile(
    "(?:目前|暂时?|尚)?(?:均?无|没有|未发现|未见)(?:有)?(?:人员?|群众)?(?:被困|受伤|死亡|伤亡|伤者|失踪|重伤)?"
)
_UNKNOWN = frozenset({"不详", "不明", "不清", "不清楚", "未知", "待查", "待核实", "待确认", ""})


def people(form: Form, key: str) -> int | None:
    """All counts in the words together; 0 for 无; None where none is said: 不详, 多人, 数十人.

    After 其中 only parts of what was counted before are told.
    """
    words = text(form, key) if form.get(key) else ""
    if not words:
        return None
    if words in _NOBODY or words in _UNKNOWN:
        return 0 if words in _NOBODY else None
    if _WIDE.search(words):
        words = normalize("NFKC", words)
    counts = [_value(count) for count in _COUNT.findall(words.partition("其中")[0])]
    if counts:
        stated = [count for count in counts if count is not None]
        return sum(stated) if len(stated) == len(counts) else None
    if _ONLY.fullmatch(words):
        return _value(words)
    return 0 if _NOBODY_AT_ALL.fullmatch(words) else None


def in_words(form: Form, label: str, key: str) -> str:
    """What was said of people, where it could not be counted; "" where nothing is known."""
    sent = form.get(key)
    if not sent or (type(sent) is str and sent in _UNKNOWN):
        return ""
    return f"{label}：{text(form, key, 80)}；"


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
