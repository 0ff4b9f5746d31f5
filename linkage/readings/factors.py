"""data/factors.toml: what stations measure, in our name and unit, and in each protocol's code.

A reading always stands in the unit of its factor, so that thresholds compare like with like: what
a device sends in another unit is converted, by a line of the file, never by a guess.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from linkage.errors import BadConfig
from linkage.in_use import InUse
from linkage.toml_file import only_keys, read_toml, shaped, tables_of
from linkage.vocabulary import Quality

FILE = "factors.toml"
SCHEMES = ("hj212", "sl651")  # the protocols that number their factors
CONVERTED = "_zs"  # after the id of a factor: its value reckoned to the reference oxygen
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Units that can be reckoned into each other, by what they measure.
_SIZES = (
    # mass in a volume: 1 g/m³ is 1 mg/L
    {"kg/m³": 1e3, "g/L": 1e3, "g/m³": 1.0, "mg/L": 1.0, "mg/m³": 1e-3, "µg/L": 1e-3}
    | {"µg/m³": 1e-6, "ng/L": 1e-6, "ng/m³": 1e-9},
    {"m": 1.0, "cm": 1e-2, "mm": 1e-3},
    {"MPa": 1e6, "kPa": 1e3, "hPa": 1e2, "Pa": 1.0},
    {"m³/s": 1.0, "L/s": 1e-3, "m³/h": 1 / 3600},
    {"m/s": 1.0, "cm/s": 1e-2, "km/h": 1 / 3.6},
    {"mS/cm": 1e3, "mS/m": 10.0, "µS/cm": 1.0},
    {"kV": 1e3, "V": 1.0, "mV": 1e-3},
    {"A": 1.0, "mA": 1e-3},
)


class Factor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`hj212`, `sl651`: the protocol's codes of it; `…_unit` where the protocol's unit differs.

    `possible`: from and to what there can be in nature; a device without flags writes -99."""

    id: str
    name: str
    unit: str
    hj212: tuple[str, ...] = ()
    hj212_unit: str | None = None
    sl651: tuple[str, ...] = ()
    sl651_unit: str | None = None
    possible: tuple[float, float] | None = None

    def allows(self, value: float) -> bool:
        return self.possible is None or self.possible[0] <= value <= self.possible[1]

    def codes(self, scheme: str) -> tuple[str, ...]:
        found: tuple[str, ...] = getattr(self, scheme)
        return found


class Device(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One device that sends a factor in a unit of its own; without `station`: all of a source."""

    source: str
    factor: str
    unit: str
    station: str | None = None


class Named(NamedTuple):
    """`scale`: what a value as sent is multiplied by to stand in `unit`."""

    id: str
    unit: str
    scale: float = 1.0


# Their station and their code, in any case of letters → our factor; what the table does not list
# keeps its code, unit "".
Naming = Callable[[str, str], Named]


class Factors(msgspec.Struct, frozen=True):
    by_id: Mapping[str, Factor]
    qualities: Mapping[str, Mapping[str, Quality]]  # scheme → their flag → ours
    devices: tuple[Device, ...]

    def scale(self, factor: str, unit: str) -> float | None:
        """What a value in `unit` is multiplied by to stand in the factor's; None: nobody knows."""
        known = self.by_id.get(factor)
        return None if known is None else _scale(unit, known.unit)

    def naming(self, scheme: str, source_id: str) -> Naming:
        """How this source's devices name and measure; worked out once for each source."""
        named: dict[str, Named] = {}
        for factor in self.by_id.values():
            sent = getattr(factor, f"{scheme}_unit") or factor.unit
            scale = _scale(sent, factor.unit) or 1.0
            codes = [code.lower() for code in factor.codes(scheme)]
            named |= dict.fromkeys(codes, Named(factor.id, factor.unit, scale))
        special: dict[tuple[str | None, str], Named] = {}
        for device in self.devices:
            if device.source == source_id:
                unit = self.by_id[device.factor].unit
                found = Named(device.factor, unit, _scale(device.unit, unit) or 1.0)
                special[device.station, device.factor] = found

        def name(station_id: str, code: str) -> Named:
            found = named.get(code.lower())  # W01018 is w01018
            if found is None:
                return Named(code, "")
            if not special:
                return found
            own = special.get((station_id, found.id))
            return own or special.get((None, found.id)) or found

        return name


def load_factors(path: Path) -> Factors:
    """Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "quality", "factor", "device")
    factors: dict[str, Factor] = {}
    taken: dict[tuple[str, str], str] = {}
    for number, table in enumerate(tables_of(path, raw, "factor"), 1):
        entry = f'[[factor]] "{table.get("id", number)}"'
        factor = shaped(path, entry, table, Factor)
        _check(path, entry, factor, factors)
        for scheme in SCHEMES:
            for code in factor.codes(scheme):
                other = taken.setdefault((scheme, code.lower()), factor.id)
                if other != factor.id:
                    wrong = f"{scheme} 代码 {code} 已属于 {other}"
                    raise BadConfig(path.name, entry, wrong, "一个代码只属于一个因子")
        factors[factor.id] = factor
    factors |= {f.id: f for f in map(_converted, factors.values()) if f is not None}
    qualities = shaped(
        path,
        "[quality]",
        raw.get("quality", {}),
        _Qualities,
        f"可用：{'、'.join(q.value for q in Quality)}",
    )
    return Factors(factors, {"hj212": qualities.hj212}, _devices(path, raw, factors))


factors = InUse(FILE, load_factors)


class _Qualities(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hj212: dict[str, Quality] = {}


def _check(path: Path, entry: str, factor: Factor, before: Mapping[str, Factor]) -> None:
    if not _ID.fullmatch(factor.id):
        remedy = "只用小写字母、数字和下划线，以字母开头"
        raise BadConfig(path.name, entry, f'"{factor.id}" 不能作标识', remedy)
    if factor.id in before:
        raise BadConfig(path.name, entry, f'"{factor.id}" 写了两次', "删去一个")
    if not factor.name or len(factor.name) > 40:
        raise BadConfig(path.name, entry, "名称为空或超过 40 字", "请写因子的中文名称")
    if factor.possible is not None and not factor.possible[0] < factor.possible[1]:
        wrong = f"possible = {list(factor.possible)} 没有可能的数值"
        raise BadConfig(path.name, entry, wrong, "写成 [最小, 最大]，按本因子的单位")
    for scheme in SCHEMES:
        sent = getattr(factor, f"{scheme}_unit")
        if sent is not None and _scale(sent, factor.unit) is None:
            _no_scale(path, entry, sent, factor.unit)


def _converted(factor: Factor) -> Factor | None:
    """The same in flue gas, reckoned to the reference oxygen: HJ 212 sends both, limits are on it.

    HJ 212-2017 table 5, -ZsRtd and -ZsAvg.
    """
    if not any(code.startswith("a") for code in factor.hj212):
        return None
    name = f"{factor.name}（折算）"
    id_ = f"{factor.id}{CONVERTED}"
    return Factor(id=id_, name=name, unit=factor.unit, possible=factor.possible)


def _devices(path: Path, raw: dict[str, object], known: Mapping[str, Factor]) -> tuple[Device, ...]:
    if "device" not in raw:
        return ()
    devices = []
    for number, table in enumerate(tables_of(path, raw, "device"), 1):
        entry = f"第 {number} 个 [[device]]"
        device = shaped(path, entry, table, Device)
        if device.factor not in known:
            wrong = f'factor "{device.factor}" 不在本表'
            raise BadConfig(path.name, entry, wrong, "先写它的 [[factor]]")
        unit = known[device.factor].unit
        if _scale(device.unit, unit) is None:
            _no_scale(path, entry, device.unit, unit)
        devices.append(device)
    return tuple(devices)


def _scale(sent: str, kept: str) -> float | None:
    """None where one cannot be reckoned from the other."""
    if sent == kept:
        return 1.0
    sizes = next((sizes for sizes in _SIZES if kept in sizes), {})
    return sizes[sent] / sizes[kept] if sent in sizes else None


def _no_scale(path: Path, entry: str, sent: str, kept: str) -> None:
    same = "、".join(next((sizes for sizes in _SIZES if kept in sizes), {kept: 1.0}))
    raise BadConfig(path.name, entry, f'单位 "{sent}" 不能换算成 "{kept}"', f"可用：{same}")
