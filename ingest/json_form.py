"""JSON in UTF-8 → one object, strictly: no duplicate keys, no NaN, no abyss."""

import json
from collections.abc import Callable
from math import isfinite
from typing import Any

import msgspec

from ingest.json_faults import why_broken
from linkage.alerts import Unreadable

Form = dict[str, Any]
MAX_KEYS = 1_000
MAX_DEPTH = 16
MAX_LISTED = 20_000  # keys of all records of one list
LONGEST_NUMBER = 300  # digits; Python itself refuses to print some thousands
_decode = msgspec.json.decode


def json_object(raw: bytes) -> Form:
    """The object, or `Unreadable`. Numbers are finite; a key stands once in its object."""
    form = json_document(raw)
    if type(form) is not dict:
        raise Unreadable("报文应为一个 JSON 对象 {…}")
    return form


def json_document(raw: bytes, most_keys: int = MAX_KEYS) -> Form | list[Any]:
    """An object or a list, as strictly; a list may hold more keys, as it holds many records."""
    try:
        form = _decode(raw)
    except RecursionError:
        raise Unreadable("报文嵌套过深，请减少层次") from None
    except msgspec.ValidationError:
        # A number that no machine word holds: its digits are kept, its field decides.
        form = _with_long_numbers(raw)
    except ValueError as why:
        raise Unreadable(f"报文不是完整合法的 JSON：{why_broken(str(why), raw)}") from None
    if type(form) is list:
        most_keys = MAX_LISTED
    elif type(form) is not dict:
        raise Unreadable("报文应为一个 JSON 对象 {…}")
    flat = raw.find(b"{", 1) < 0 and b"[" not in raw
    keys = len(form) if flat else _count_inside(form, 1)
    if keys > most_keys:
        raise Unreadable(f"报文字段超过 {most_keys} 个，请只发约定的字段")
    # Each key ends in `":` unless a blank stands between, so when the two counts agree no key
    # was lost to a duplicate. Text that contains `":` costs the exact look below, no more.
    if raw.count(b'":') != keys or b" :" in raw or _broken_before_colon(raw):
        _refuse_duplicates(raw)
    return form  # type: ignore[no-any-return]


def _with_long_numbers(raw: bytes) -> Any:
    """As strictly read; a number out of range stays the text it is."""
    try:
        form = json.loads(
            raw, parse_int=_whole, parse_float=_finite, parse_constant=_refuse_constant
        )
        # What Python lets pass and no table can hold: half a pair of surrogates.
        json.dumps(form, ensure_ascii=False).encode()
    except RecursionError:
        raise Unreadable("报文嵌套过深，请减少层次") from None
    except ValueError:
        raise Unreadable("报文不是完整合法的 JSON：含有不是数值的数或不成对的编码") from None
    return form


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) < LONGEST_NUMBER else digits


def _finite(digits: str) -> float | str:
    value = float(digits)
    return value if isfinite(value) else digits


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} 不是数值")


def _broken_before_colon(raw: bytes) -> bool:
    # A search for one character is ten times as quick as for two.
    return (
        (b"\n" in raw and b"\n:" in raw)
        or (b"\t" in raw and b"\t:" in raw)
        or (b"\r" in raw and b"\r:" in raw)
    )


def _count_keys(table: Form, depth: int) -> int:
    count = len(table)
    for value in table.values():
        if type(value) is dict or type(value) is list:
            count += _count_inside(value, depth + 1)
    return count


def _count_inside(value: Form | list[Any], depth: int) -> int:
    if depth > MAX_DEPTH:
        raise Unreadable(f"报文嵌套超过 {MAX_DEPTH} 层，请减少层次")
    if type(value) is dict:
        return _count_keys(value, depth)
    return sum(_count_inside(v, depth + 1) for v in value if type(v) is dict or type(v) is list)


def _refuse_duplicates(raw: bytes) -> None:
    def once(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Unreadable(f"字段 {key[:40]!r} 在报文中出现两次，请只保留一个", key[:80])
            seen.add(key)

    json.loads(raw, object_pairs_hook=once, parse_int=len, parse_float=len)


def getter(path: str) -> Callable[[Form], Any]:
    """What stands at a path such as `station.name` or `points.0.lon`; None when it is not there."""
    steps = path.split(".")
    if len(steps) == 1:
        return lambda form: form.get(path)

    def get(form: Form) -> Any:
        value: Any = form
        for step in steps:
            if type(value) is dict:
                value = value.get(step)
            elif type(value) is list and step.isdecimal() and int(step) < len(value):
                value = value[int(step)]
            else:
                return None
        return value

    return get


def shown(value: object) -> str:
    """A value for a reason: short, and safe for what Python refuses to print."""
    if type(value) is int and abs(value) >= 10**20:
        return "过大的整数"
    text = repr(value) if type(value) is str else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
