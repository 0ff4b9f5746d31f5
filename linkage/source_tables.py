"""The tables of one [[source]]: their codes, levels, fields and references, each line checked."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from linkage.event_codes import known_code, siblings
from linkage.kinds import Kind
from linkage.toml_entry import Entry, one_of
from linkage.vocabulary import Labelled

COUNT_FIELDS = ("deaths", "missing", "trapped", "injured", "critical", "poisoned", "evacuated")
REQUIRED_FIELDS = ("ref", "kind", "occurred_at")
FIELDS = (
    *REQUIRED_FIELDS,
    *("sent_at", "revision", "updated_at", "message_kind", "exercise"),
    *("place", "lon", "lat", "area", "severity", "headline", "text", "hazmat", "plates"),
    *("caller_name", "caller_phone"),
    *COUNT_FIELDS,
)
KIND_PARTS = {"kind": str, "code": str, "word": str, "exercise": bool}
# What is wrong with our own system is for us to say.
THEIRS = tuple(kind.value for kind in Kind if kind is not Kind.SYSTEM_FAULT)
L = TypeVar("L", bound=Labelled)
_PATH = re.compile(r"[^.\s]+(\.[^.\s]+)*")


class KindRule(msgspec.Struct, frozen=True, gc=False):
    """Their word or code → our kind, its GB/T 35561 code, and the word the officer reads.

    `unlisted`: set by the reader of a message, where this is not the rule of the finest code in it.
    """

    kind: Kind
    event_code: str
    word: str
    exercise: bool = False  # this word is never real: 试鸣
    unlisted: str = ""


def kinds(entry: Entry) -> dict[str, KindRule]:
    table = codes(entry, "kinds")
    if not table and "readings" not in entry.table:
        entry.refuse("kinds", "没有类别表", '请写 [source.kinds]，如 "火灾" = "fire"')
    return {theirs: _kind(entry, theirs, value) for theirs, value in table.items()}


def codes(entry: Entry, key: str) -> dict[str, Any]:
    """A table with their codes on the left. What is read of a payload has no blanks about it."""
    table = entry.words(key)
    for theirs in table:
        if not theirs or theirs != theirs.strip():
            entry.refuse(f'{key}."{theirs}"', "左边为空，或前后有空格", "请写对方报文中的代码或词")
    return table


def _kind(entry: Entry, theirs: str, value: object) -> KindRule:
    key = f'kinds."{theirs}"'
    shape = '请写类别名，或 { kind = "fire", code = "12G03", word = "民房火灾" }'
    parts = {"kind": value} if isinstance(value, str) else value
    if not isinstance(parts, dict):
        entry.refuse(key, f"{value!r} 读不懂", shape)
    for name, part in parts.items():
        if name not in KIND_PARTS:
            entry.refuse(key, f'不认识的项 "{name}"', one_of(name, KIND_PARTS))
        if type(part) is not KIND_PARTS[name]:
            entry.refuse(key, f"{name} 写成了 {part!r}", shape)
    kind = parts.get("kind", "")
    if kind not in THEIRS:
        named = next((one.value for one in Kind if one.label == kind), kind)
        entry.refuse(key, f'没有类别 "{kind}"', one_of(named, THEIRS))
    asked = parts.get("code", Kind(kind).event_code)
    code = known_code(asked)
    if code is None:
        near = "、".join(siblings(asked)) or "data/event_codes.toml 所列"
        entry.refuse(key, f'"{asked}" 不在 GB/T 35561 码表', f"可用：{near}")
    word = parts.get("word", theirs)
    if not word or len(word) > 80:
        entry.refuse(key, "类别用语为空或超过 80 字", "请缩短")
    return KindRule(Kind(kind), code, word, parts.get("exercise", False))


def labels(entry: Entry, key: str, allowed: type[L]) -> dict[str, L]:
    found: dict[str, L] = {}
    for theirs, value in codes(entry, key).items():
        if not isinstance(value, str) or value not in set(allowed):
            words = [str(a) for a in allowed]
            entry.refuse(f'{key}."{theirs}"', f"{value!r} 不在允许范围", one_of(value, words))
        found[theirs] = allowed(value)
    return found


def levels(entry: Entry, key: str, scale: Mapping[int, str], dialect: str) -> dict[str, int]:
    table = codes(entry, key)
    if table and entry.table.get("dialect") != dialect:
        entry.refuse(key, f"只有 {dialect} 用这个级别", "请删去：五种级别不可混用")
    for theirs, value in table.items():
        if type(value) is not int or value not in scale:
            allowed = "、".join(f"{n} {label}" for n, label in scale.items())
            entry.refuse(f'{key}."{theirs}"', f"{value!r} 不是这个级别", f"可用：{allowed}")
    return table


def is_path(value: object) -> bool:
    return isinstance(value, str) and _PATH.fullmatch(value) is not None


def paths(entry: Entry, key: str) -> dict[str, str]:
    table = entry.words(key)
    for name, value in table.items():
        if not is_path(value):
            remedy = '请写报文中的字段名，逐层用点隔开，如 "station.name"'
            entry.refuse(f"{key}.{name}", f"{value!r} 不是路径", remedy)
    return table


def references(entry: Entry, ids: list[str]) -> dict[str, str]:
    table = entry.words("references")
    for path, value in table.items():
        if value not in ids:
            remedy = one_of(value, ids)
            entry.refuse(f'references."{path}"', f"没有接入系统 {value!r}", remedy)
    return table


def fields(entry: Entry, dialect: str) -> dict[str, str]:
    table = paths(entry, "fields")
    if dialect != "mapped-json":
        if table:
            entry.refuse("fields", f"{dialect} 的字段是固定的", "请删去 [source.fields]")
        return table
    for name in table:
        if name not in FIELDS:
            entry.refuse(f"fields.{name}", "没有这个字段", one_of(name, FIELDS))
    for name in REQUIRED_FIELDS if table or "readings" not in entry.table else ():
        if name not in table:
            entry.refuse(f"fields.{name}", "缺少此项", f'请写 {name} = "对方的字段名"')
    return table
