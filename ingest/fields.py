"""One field of a payload → one value of ours, or `Unreadable` naming field, value and remedy.

A form is the payload as one flat table; a key is their name for the field.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from unicodedata import normalize

from msgspec.structs import replace

from ingest.json_form import Form, shown
from ingest.local_time import Clock
from ingest.position import Convert, position
from linkage.alerts import UNLISTED, Point, Unreadable
from linkage.areas import area_code, named_area
from linkage.intake.unlisted import Unlisted, in_words
from linkage.plan.grade_table import COUNTED
from linkage.source_tables import KindRule
from linkage.sources import Source
from linkage.vocabulary import PositionNote

T = TypeVar("T")
Where = tuple[Point | None, tuple[float, float] | None, PositionNote, str | None]
REF_LENGTH = 120  # alert.source_ref: an id is never cut, a longer one is refused
LINE = 500  # a place, a headline, a name
TEXT = 20_000  # 报警内容; the raw payload keeps the rest
MOST_PEOPLE = 1_000_000
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
    r"[A-Z][·•.\-\s]?(?:[A-HJ-NP-Z0-9]{5,6}|[A-HJ-NP-Z0-9]{4}[挂学警港澳])"
)
_SEPARATORS = re.compile(r"[·•.\-\s]")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
_YES = frozenset({"1", "01", "1.0", "true", "t", "yes", "y", "on", "是", "有"})
_NO = frozenset({"", "0", "00", "0.0", "false", "f", "no", "n", "off", "否", "无", "没有"})
# What stands where a system has nothing to say: two records that have it are not one.
_NOTHING = frozenset(
    {
        "无",
        "暂无",
        "没有",
        "未知",
        "不详",
        "null",
        "none",
        "nil",
        "nan",
        "n/a",
        "\\n",
        "undefined",
        "-1",
    }
)
_SIGNS = "0-_/\\.*#—"  # and numbers that are made of nothing else


def text(form: Form, key: str, limit: int = LINE) -> str:
    """Stripped; "" when absent; cut at `limit` with "…" (the raw payload keeps all)."""
    value = form.get(key)
    if value is None:
        return ""
    if type(value) is not str:
        value = _written(value, key)
    value = value.strip()
    return value if len(value) <= limit else value[: limit - 1] + "…"


def _written(value: object, key: str) -> str:
    """A number where text is agreed: systems send codes and telephones as either, and some print
    every number with a point. An object's or a list's words are not ours to put together."""
    if type(value) is int:
        return str(value)
    if type(value) is float and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    raise Unreadable(f"{key}：应为文字，收到 {shown(value)}", key)


def reference(form: Form, key: str) -> str:
    """A record number, whole or refused; "" when absent, or when it says that there is none."""
    sent = form.get(key)
    if type(sent) is float:
        raise Unreadable(f"{key}：编号 {shown(sent)} 已变成小数，请按文本发送", key)
    value = text(form, key, TEXT)
    if not value.strip(_SIGNS) or (len(value) < 10 and value.lower() in _NOTHING):
        return ""
    if len(value) > REF_LENGTH:
        raise Unreadable(f"{key}：编号超过 {REF_LENGTH} 个字符（{shown(value)}）", key)
    if "E+" in value and re.fullmatch(r"[0-9]\.[0-9]+E\+[0-9]+", value):
        raise Unreadable(f"{key}：编号 {value} 已被电子表格改坏，请按文本导出", key)
    return value


def own_reference(form: Form, key: str) -> str:
    value = reference(form, key)
    if not value:
        written = f"（写作 {shown(form[key])}）" if form.get(key) else ""
        raise Unreadable(f"{key}：缺少编号{written}，无法识别是哪一条", key)
    return value


def kind(form: Form, keys: tuple[str, ...], source: Source) -> KindRule:
    """By the finest of `keys` that sources.toml knows: a new sub-code falls back to its parent,
    and the rule says so."""
    unknown: tuple[str, str] | None = None
    known = source.kinds
    for key in keys:
        value = form.get(key)
        if not value:
            continue
        if type(value) is str and value in known:
            return known[value] if unknown is None else _in_place(known, value, unknown)
        if type(value) is KindRule:  # put there by ingest.forgiving
            return value
        word = text(form, key)
        if word in known:
            return known[word] if unknown is None else _in_place(known, word, unknown)
        if word and unknown is None:
            unknown = (word, key)
    if unknown is None:
        raise Unreadable(f"{keys[-1]}：缺少类别", keys[-1])
    raise _not_in_table(*unknown, source, "kinds")


def _in_place(known: Mapping[str, KindRule], word: str, unknown: tuple[str, str]) -> KindRule:
    code, key = unknown
    return replace(known[word], unlisted=in_words(Unlisted(code[:40], word, key)))


def code(form: Form, key: str, source: Source, table: str) -> Any:
    """Their code by the table of that name in sources.toml; None when absent."""
    word = text(form, key)
    if not word:
        return None
    known: Mapping[str, Any] = getattr(source, table)
    found = known.get(word)
    if found is None:
        raise _not_in_table(word, key, source, table)
    return found


def _not_in_table(word: str, key: str, source: Source, table: str) -> Unreadable:
    where = f'sources.toml [[source]] "{source.id}" 的 [source.{table}]'
    return Unreadable(f'{key}：{shown(word)} 不在 {where}，请在表中补一行 "{word[:40]}" = …', key)


def flag(form: Form, key: str) -> bool:
    """0/1, true/false, 是/否, 有/无, Y/N; absent is no."""
    value = form.get(key)
    if value is None or value is False or value == "0":
        return False
    if value is True or value == "1":
        return True
    word = text(form, key).lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Unreadable(f"{key}：{shown(value)} 不是 0 或 1", key)


def count(form: Form, key: str) -> int | None:
    """People: a whole number. None when not stated, which is not zero."""
    value = form.get(key)
    if value is None or value == "":
        return None
    if type(value) is str and len(value) < 8 and value.isascii() and value.isdecimal():
        value = int(value)
    if type(value) is int and 0 <= value <= MOST_PEOPLE:
        return value
    raise Unreadable(f"{key}：人数应为非负整数，收到 {shown(value)}", key)


def whole_number(form: Form, key: str) -> int | None:
    """A revision: 0 to 2⁶³ - 1."""
    value = form.get(key)
    if value is None or value == "":
        return None
    if type(value) is str and len(value) < 19 and value.isascii() and value.isdecimal():
        value = int(value)
    if type(value) is int and 0 <= value < 2**63:
        return value
    raise Unreadable(f"{key}：应为非负整数，收到 {shown(value)}", key)


def moment(form: Form, key: str, when: Clock) -> datetime | None:
    """A time that may be absent."""
    value = form.get(key)
    return when(value, key) if value else None


def revision(form: Form, key: str, when: Clock) -> int | None:
    """A time of change as a number that rises, where a system numbers no revisions."""
    value = form.get(key)
    return int(when(value, key).timestamp()) if value else None


def headline(place: str, word: str) -> str:
    return f"{place} {word}" if place else word


def number(form: Form, key: str) -> float | None:
    """A measured value; None when absent."""
    value = form.get(key)
    if value is None or value == "":
        return None
    if type(value) is str and _NUMBER.fullmatch(value):
        return float(value)
    if type(value) is float or (type(value) is int and abs(value) < 10**15):
        return float(value)
    raise Unreadable(f"{key}：应为数值，收到 {shown(value)}", key)


def where(form: Form, x: str, y: str, area: str, to_wgs84: Convert) -> Where:
    """Marker, numbers as sent, note, district. Without a marker the stated division code serves."""
    point, sent, note = position(form.get(x), form.get(y), to_wgs84)
    if point is not None:
        return point, sent, note, area_code(point)
    stated = form.get(area)
    return None, sent, note, named_area(stated) if type(stated) is str else None


def phone(form: Form, key: str) -> str | None:
    """As it can be dialled: blanks and dashes taken out, nothing else judged. 无 is none."""
    value = text(form, key, 40)
    if value.isdecimal():
        return value
    if not _DIGIT.search(value):
        return None
    return value.replace(" ", "").replace("-", "")


def name(form: Form, key: str) -> str | None:
    return text(form, key, 80) or None


def plates(form: Form, key: str) -> tuple[str, ...]:
    """Every number plate in the field, without its dot, each once."""
    value = text(form, key)
    if not value:
        return ()
    found = _PLATE.findall(value.upper()) or _PLATE.findall(normalize("NFKC", value).upper())
    return tuple(dict.fromkeys(_SEPARATORS.sub("", plate) for plate in found))


def facts(form: Form, paths: Mapping[str, str], rule: KindRule | None = None) -> dict[str, Any]:
    """What sources.toml names as facts: plain values only, short. With the code that no table has,
    where `rule` stands for it.

    A figure that rules reckon with becomes a number where it reads as one; other words
    (约200) stay words, which nothing is reckoned from.
    """
    found: dict[str, Any] = {}
    for ours, key in paths.items():
        value = form.get(key)
        if value is None or value == "":
            continue
        if type(value) is str:
            figure = ours in COUNTED and _NUMBER.fullmatch(value.strip())
            found[ours] = float(value) if figure else value[:LINE]
        elif isinstance(value, (bool, float)) or (type(value) is int and abs(value) < 2**53):
            found[ours] = value
        else:
            raise Unreadable(f"{key}：应为单个值，收到 {shown(value)}", key)
    if rule is not None and rule.unlisted:
        found[UNLISTED] = rule.unlisted
    return found


def references(form: Form, source: Source) -> tuple[tuple[str, str], ...]:
    """Record numbers of other statements that this one names, with the source they are of."""
    return tuple(
        [
            (whose, theirs)
            for key, whose in source.references.items()
            if form.get(key) and (theirs := reference(form, key))
        ]
    )
