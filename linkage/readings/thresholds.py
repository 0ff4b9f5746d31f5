"""data/thresholds.toml: which value of which factor at which station is an alarm, and on what
ground. A wrong line stops the start."""

import math
import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from linkage.errors import BadConfig
from linkage.event_codes import known_code, siblings
from linkage.kinds import Kind
from linkage.toml_entry import one_of
from linkage.toml_file import only_keys, read_toml, shaped, tables_of
from linkage.vocabulary import Severity, Span

ANY = "*"
_DURATION = re.compile(r"(0|[1-9][0-9]{0,4})(s|m|h|d)")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


class Stuck(msgspec.Struct, frozen=True, gc=False):
    """Unchanged for so many readings and so long, while others of the station vary.

    `allowed`: values at which a sensor may well rest: no rain, a closed gate.
    """

    readings: int
    for_s: float
    allowed: frozenset[float] = frozenset()


class Level(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One step of a rule. `high`: reached from `limit` up (以上 includes it), else from it down.

    It holds until the value is beyond `clear` on the good side. `for_s`: reached this long.
    """

    word: str  # what people call it: 警戒水位
    limit: float
    high: bool
    clear: float
    for_s: float
    severity: Severity
    kind: Kind
    event_code: str
    basis: str  # standard and clause, or who set it

    def holds(self, value: float, *, standing: bool) -> bool:
        edge = self.clear if standing else self.limit
        return value >= edge if self.high else value <= edge


class Rule(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`levels`: from mild to grave, all above first, then all below. `spans`: what is judged, the
    first that the station sends."""

    id: str
    source: str
    station: str  # their id, or "*"
    station_kind: str  # "" for any
    factor: str
    unit: str
    levels: tuple[Level, ...]
    spans: tuple[Span, ...] = (Span.MOMENT, Span.MINUTE)
    stale_s: float = 900.0
    stuck: Stuck | None = None
    flapping_per_hour: int = 6

    def is_highest(self, number: int) -> bool:
        """The gravest of its side, where there is a milder one: told even while it flaps."""
        level = self.levels[number - 1]
        side = [n for n, one in enumerate(self.levels, 1) if one.high is level.high]
        return len(side) > 1 and side[-1] == number


class History(msgspec.Struct, frozen=True):
    """How long readings are kept."""

    moments: timedelta = timedelta(days=90)
    means: timedelta = timedelta(days=730)

    def of(self, span: Span) -> timedelta:
        return self.means if span in {Span.HOUR, Span.DAY} else self.moments


class Thresholds(msgspec.Struct, frozen=True):
    rules: tuple[Rule, ...] = ()
    history: History = History()


class _Level(msgspec.Struct, forbid_unknown_fields=True):
    """As the file has it; `for`, `kind`, `code` fall back on the rule's."""

    word: str
    severity: Severity
    basis: str
    above: float | None = None
    below: float | None = None
    clear: float | None = None
    kind: Kind | None = None
    code: str | None = None
    for_: str | None = msgspec.field(name="for", default=None)


class _Stuck(msgspec.Struct, forbid_unknown_fields=True):
    readings: int
    for_: str = msgspec.field(name="for")
    allowed: list[float] = []


class _Rule(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    source: str
    factor: str
    unit: str
    kind: Kind
    level: list[_Level]
    station: str = ANY
    station_kind: str = ""
    code: str | None = None
    spans: tuple[Span, ...] = (Span.MOMENT, Span.MINUTE)
    stale: str = "15m"
    stuck: _Stuck | None = None
    flapping_per_hour: int = 6
    for_: str = msgspec.field(name="for", default="0s")


class _History(msgspec.Struct, forbid_unknown_fields=True):
    moments: str = "90d"
    means: str = "730d"


def load_thresholds(
    path: Path,
    sources: Collection[str],
    units: Mapping[str, str],
    stations: Collection[tuple[str, str]] = (),
) -> Thresholds:
    """Raises BadConfig. `units`: factor → its unit, as data/factors.toml states them."""
    raw = read_toml(path)
    only_keys(path, raw, "rule", "history")
    rules: dict[str, Rule] = {}
    tables = tables_of(path, raw, "rule") if "rule" in raw else []
    for number, table in enumerate(tables, start=1):
        entry = _Entry(path, f'[[rule]] "{table.get("id", f"第{number}项")}"')
        rule = entry.rule(table, sources, units, stations)
        if rule.id in rules:
            entry.refuse("id 重复", "每条规则一个 id")
        for other in rules.values():
            if _of_one(rule) == _of_one(other):
                entry.refuse(f'与规则 "{other.id}" 管的是同一组测站和因子', "并成一条")
        rules[rule.id] = rule
    entry = _Entry(path, "[history]")
    kept = shaped(path, entry.name, raw.get("history", {}), _History)
    return Thresholds(
        tuple(rules.values()),
        History(
            timedelta(seconds=entry.seconds("moments", kept.moments, least=86_400)),
            timedelta(seconds=entry.seconds("means", kept.means, least=86_400)),
        ),
    )


def _of_one(rule: Rule) -> tuple[str, ...]:
    return rule.source, rule.station, rule.station_kind, rule.factor


class _Entry:
    """One entry of the file: what is wrong is said with its name."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name

    def refuse(self, wrong: str, remedy: str) -> NoReturn:
        raise BadConfig(self.path.name, self.name, wrong, remedy)

    def seconds(self, key: str, text: str, least: float = 0.0) -> float:
        found = _DURATION.fullmatch(text)
        if not found:
            self.refuse(f'{key} = "{text}" 不是时长', "请写成 0s、30s、2m、1h、90d 的样子")
        length = int(found[1]) * _UNITS[found[2]]
        if length < least:
            self.refuse(f'{key} = "{text}" 太短', f"至少 {least:.0f} 秒")
        return length

    def rule(
        self,
        table: dict[str, Any],
        sources: Collection[str],
        units: Mapping[str, str],
        stations: Collection[tuple[str, str]],
    ) -> Rule:
        allowed = f"severity 可用：{'、'.join(Severity)}；spans 可用：{'、'.join(Span)}"
        raw = shaped(self.path, self.name, table, _Rule, allowed)
        if raw.source not in sources:
            self.refuse(
                f'source "{raw.source}" 不在 sources.toml', one_of(raw.source, sorted(sources))
            )
        if raw.station != ANY and (raw.source, raw.station) not in stations:
            self.refuse(
                f'测站 "{raw.station}" 不在 stations.toml', '先登记该站，或写 station = "*"'
            )
        known = units.get(raw.factor)
        if known is None:
            self.refuse(f'因子 "{raw.factor}" 不在 factors.toml', one_of(raw.factor, sorted(units)))
        if raw.unit != known:
            self.refuse(
                f'unit = "{raw.unit}" 与因子的单位不符', f'factors.toml 写的是 "{known}"，请换算'
            )
        if not raw.level or not raw.spans:
            self.refuse("没有阈值或没有 spans", "至少写一个 [[rule.level]]，spans 至少一项")
        if not 0 <= raw.flapping_per_hour <= 60 or raw.flapping_per_hour == 1:
            self.refuse("flapping_per_hour 不合理", "0 表示不判，否则 2 到 60")
        levels = [self.level(level, raw) for level in raw.level]
        self.in_order([one for one in levels if one.high])
        self.in_order([one for one in levels if not one.high])
        self.apart(levels)
        return Rule(
            id=raw.id,
            source=raw.source,
            station=raw.station,
            station_kind=raw.station_kind,
            factor=raw.factor,
            unit=raw.unit,
            levels=tuple(sorted(levels, key=lambda one: not one.high)),
            spans=raw.spans,
            stale_s=self.seconds("stale", raw.stale, least=60),
            stuck=self.stuck(raw.stuck),
            flapping_per_hour=raw.flapping_per_hour,
        )

    def level(self, raw: _Level, rule: _Rule) -> Level:
        if (raw.above is None) is (raw.below is None):
            self.refuse(f"“{raw.word}”要写 above 或 below 之一", "如 above = 10.0（以上含本数）")
        limit = raw.above if raw.above is not None else raw.below
        clear = limit if raw.clear is None else raw.clear
        assert limit is not None  # noqa: S101 - one of the two is there
        assert clear is not None  # noqa: S101
        high = raw.above is not None
        if not (math.isfinite(limit) and math.isfinite(clear)):
            self.refuse(f"“{raw.word}”的阈值不是有限数", "请写普通小数")
        if clear > limit if high else clear < limit:
            side = "不高于 above" if high else "不低于 below"
            self.refuse(f"“{raw.word}”的 clear = {clear:g} 在阈值的坏侧", f"clear 应{side}")
        if not raw.word.strip() or not raw.basis.strip():
            self.refuse("word 或 basis 是空的", "写明这一级叫什么、依据哪个标准或谁定的")
        kind = raw.kind or rule.kind
        asked = raw.code or (rule.code if raw.kind is None else None) or kind.event_code
        code = known_code(asked)
        if code is None:
            near = "、".join(siblings(asked)) or "data/event_codes.toml 所列"
            self.refuse(f'code "{asked}" 不在 GB/T 35561 码表', f"可用：{near}")
        return Level(
            word=raw.word,
            limit=limit,
            high=high,
            clear=clear,
            for_s=self.seconds("for", raw.for_ or rule.for_),
            severity=raw.severity,
            kind=kind,
            event_code=code,
            basis=raw.basis,
        )

    def in_order(self, levels: list[Level]) -> None:
        for one, worse in pairwise(levels):
            further = worse.limit > one.limit if one.high else worse.limit < one.limit
            if not further or worse.severity.rank < one.severity.rank:
                self.refuse(f"“{worse.word}”排在“{one.word}”之后却不更严重", "各级由轻到重排列")

    def apart(self, levels: list[Level]) -> None:
        highs = [one.limit for one in levels if one.high]
        lows = [one.limit for one in levels if not one.high]
        if highs and lows and max(lows) >= min(highs):
            self.refuse("上限和下限重叠：没有正常的数值", "below 应低于 above")

    def stuck(self, raw: _Stuck | None) -> Stuck | None:
        if raw is None:
            return None
        if not 3 <= raw.readings <= 100_000:
            self.refuse(f"stuck.readings = {raw.readings} 不合理", "应在 3 到 100000 之间")
        return Stuck(raw.readings, self.seconds("stuck.for", raw.for_), frozenset(raw.allowed))
