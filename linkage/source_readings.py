"""[source.readings]: where in a payload of JSON the values of a measuring station stand."""

from collections.abc import Mapping
from typing import Any

import msgspec

from linkage.source_tables import is_path
from linkage.toml_entry import Entry, one_of

_NEEDED = ("station", "measured_at")
_PATHS = (*_NEEDED, "exercise", "lon", "lat", "list", "code", "value")


class FactorRule(msgspec.Struct, frozen=True, gc=False):
    """An id of data/factors.toml and the unit that this source sends it in."""

    factor: str
    unit: str


class ReadingMap(msgspec.Struct, frozen=True, kw_only=True):
    """Paths in the payload. `factors`: path of a value → what it is; or, where the payload lists
    its values (`list`, with `code` and `value` in each item), the item's code → what it is.
    """

    station: str
    measured_at: str
    exercise: str | None = None
    lon: str | None = None
    lat: str | None = None
    list: str | None = None
    code: str | None = None
    value: str | None = None
    factors: Mapping[str, FactorRule]


def readings(entry: Entry, dialect: str) -> ReadingMap | None:
    """None where the source sends none. Raises `BadConfig`."""
    table = entry.words("readings")
    if not table:
        return None
    if dialect != "mapped-json":
        entry.refuse("readings", f"{dialect} 的字段是固定的", "请删去 [source.readings]")
    factors = table.pop("factors", None)
    for name, path in table.items():
        if name not in _PATHS:
            entry.refuse(f"readings.{name}", "没有这个字段", one_of(name, (*_PATHS, "factors")))
        if not is_path(path):
            remedy = '请写报文中的字段名，逐层用点隔开，如 "tank.no"'
            entry.refuse(f"readings.{name}", f"{path!r} 不是路径", remedy)
    for name in _NEEDED:
        if name not in table:
            entry.refuse(f"readings.{name}", "缺少此项", f'请写 {name} = "对方的字段名"')
    listed = [name for name in ("list", "code", "value") if name in table]
    if len(listed) not in {0, 3}:
        remedy = "list、code、value 要么都写（报文逐项列出测值），要么都不写"
        entry.refuse("readings", f"只写了 {'、'.join(listed)}", remedy)
    return ReadingMap(**table, factors=_factors(entry, factors))


def _factors(entry: Entry, table: Any) -> dict[str, FactorRule]:
    shape = '请写 [source.readings.factors]，如 "tank.level" = { factor = "level", unit = "m" }'
    if not isinstance(table, dict) or not table:
        entry.refuse("readings.factors", "没有因子表", shape)
    rules = {}
    for theirs, value in table.items():
        said = value if isinstance(value, dict) else {}
        words = [said.get("factor"), said.get("unit")]
        factor, unit = (word if isinstance(word, str) else "" for word in words)
        if set(said) != {"factor", "unit"} or not 0 < len(factor) <= 40 or not 0 < len(unit) <= 20:
            entry.refuse(f'readings.factors."{theirs}"', f"{value!r} 读不懂", shape)
        rules[theirs] = FactorRule(factor, unit)
    return rules
