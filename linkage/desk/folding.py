"""折叠: similar reports of one flood stand under one line of the queue, and none is hidden. Pure.

The map shows each, search finds each, a click unfolds them. What endangers life, and what is late,
never goes under a line.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any, Protocol

import msgspec

from linkage.alerts import Point, Shape
from linkage.desk.outlines import holds
from linkage.errors import BadConfig
from linkage.kinds import Kind
from linkage.toml_file import only_keys, read_toml, shaped, tables_of
from linkage.vocabulary import Severity, WarningColour
from linkage.warnings.relations import covers

_COLOURS = {colour.value: place for place, colour in enumerate(WarningColour)}
_EXTREME = Severity.EXTREME.rank
# Answers kept: a warning with an outline that stands for days sees many places.
MOST_KEPT = 50_000


class Report(Protocol):
    """What the rule asks of an open incident; times are epoch seconds."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def rank(self) -> int: ...
    @property
    def lon(self) -> float | None: ...
    @property
    def lat(self) -> float | None: ...
    @property
    def area_code(self) -> str | None: ...
    @property
    def opened_at(self) -> int: ...
    @property
    def claimed_by(self) -> str | None: ...
    @property
    def exercise(self) -> bool: ...
    @property
    def life(self) -> bool: ...
    @property
    def late(self) -> int: ...


class Warned(Protocol):
    """What it asks of a warning in force."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def colour(self) -> str: ...
    @property
    def area_codes(self) -> list[str]: ...
    @property
    def shapes(self) -> list[Shape]: ...
    @property
    def exercise(self) -> bool: ...


class Flood(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Warnings of these kinds bring reports of those."""

    warnings: tuple[Kind, ...]
    reports: tuple[Kind, ...]
    basis: str


class FoldRule(msgspec.Struct, frozen=True, kw_only=True):
    at_least: int
    within_s: int
    cluster_at_least: int
    floods: tuple[Flood, ...]


class Fold(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One line for `count` reports. `warning`, `colour`: what brought them; "": they stand as
    疑似同一事件 with each other. `severity`: of the worst. `count` 0: the line is gone.
    """

    id: str
    kind: str = ""
    warning: str = ""
    colour: str = ""
    count: int = 0
    severity: str = ""
    newest_at: int = 0
    unclaimed: int = 0
    exercise: bool = False


def load_fold_rule(path: Path) -> FoldRule:
    """Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "at_least", "within_min", "cluster_at_least", "flood")
    numbers = {
        name: _number(path, raw, name, low, high)
        for name, low, high in (
            ("at_least", 3, 100),
            ("within_min", 5, 1440),
            ("cluster_at_least", 2, 100),
        )
    }
    floods = []
    for number, entry in enumerate(tables_of(path, raw, "flood"), start=1):
        where = f"flood 第{number}个"
        flood = shaped(path, where, entry, Flood, "事件类别的代码见 linkage/kinds.py")
        if not flood.basis.strip():
            raise BadConfig(path.name, where, "basis 是空的", "写明依据")
        floods.append(flood)
    return FoldRule(
        at_least=numbers["at_least"],
        within_s=numbers["within_min"] * 60,
        cluster_at_least=numbers["cluster_at_least"],
        floods=tuple(floods),
    )


def _number(path: Path, raw: dict[str, Any], name: str, low: int, high: int) -> int:
    value = raw.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadConfig(path.name, name, f"{value!r} 不合适", f"请写 {low} 到 {high} 的整数")
    return value


class Folding:
    """`fold` again and again; what a place lies in is asked once while the warnings stay."""

    def __init__(self, rule: FoldRule) -> None:
        self._rule = rule
        self._brings = {
            (warning.value, report.value)
            for flood in rule.floods
            for warning in flood.warnings
            for report in flood.reports
        }
        self._warnings: list[Warned] = []
        self._brought: set[str] = set()  # kinds of reports, by what is in force
        self._drawn = False
        self._known: dict[tuple[object, ...], str | None] = {}
        self._brought_by: dict[str, Warned] = {}  # by line

    def fold(
        self,
        reports: Collection[Report],
        warnings: Iterable[Warned],
        links: Iterable[tuple[str, str]],
    ) -> tuple[dict[str, str], dict[str, Fold]]:
        """Report → the line it stands under (only those that do), and the lines by id.

        `links`: which stand as 疑似同一事件 with which. Every order of the same gives the same.
        """
        self._heed(warnings)
        pairs = list(links)
        linked = {one for pair in pairs for one in pair}
        may = {one.id: one for one in reports if one.id in linked and _may(one)}
        under: dict[str, str] = {}
        lines: dict[str, Fold] = {}
        for head, members in _clusters(may, pairs).items():
            if len(members) >= self._rule.cluster_at_least:
                lines[f"same:{head}"] = _line(f"same:{head}", members, None, under)
        groups: dict[str, list[Report]] = {}
        # Thousands are open and few are of a kind that a warning brings: that is asked first.
        for one in reports:
            if one.kind in self._brought and _may(one) and one.id not in under:
                key = self._line_of(one)
                if key is not None:
                    groups.setdefault(key, []).append(one)
        for key, members in groups.items():
            dense = _dense(members, self._rule.at_least, self._rule.within_s)
            if dense:
                lines[key] = _line(key, dense, self._brought_by[key], under)
        return under, lines

    def differs(self, warnings: Iterable[Warned]) -> bool:
        """Whether others are in force than at the last `fold`."""
        return _in_order(warnings) != self._warnings

    def _heed(self, warnings: Iterable[Warned]) -> None:
        worst_first = _in_order(warnings)
        if worst_first == self._warnings:
            return
        self._warnings, self._known, self._brought_by = worst_first, {}, {}
        self._drawn = any(one.shapes for one in worst_first)
        kinds = {one.kind for one in worst_first}
        self._brought = {report for warning, report in self._brings if warning in kinds}

    def _line_of(self, one: Report) -> str | None:
        """The line of the worst warning that brings such reports and holds the place."""
        place = (one.lon, one.lat) if self._drawn else ()
        asked = (one.kind, one.exercise, one.area_code, *place)
        if asked in self._known:
            return self._known[asked]
        if len(self._known) >= MOST_KEPT:
            self._known.clear()
        found = next((each for each in self._warnings if self._explains(each, one)), None)
        key = None if found is None else _key(one, found)
        if found is not None and key is not None:
            self._brought_by.setdefault(key, found)
        self._known[asked] = key
        return key

    def _explains(self, warning: Warned, one: Report) -> bool:
        if warning.exercise != one.exercise or (warning.kind, one.kind) not in self._brings:
            return False
        if one.area_code and any(covers(code, one.area_code) for code in warning.area_codes):
            return True
        at = None if one.lon is None or one.lat is None else Point(one.lon, one.lat)
        return any(holds(shape, at) for shape in warning.shapes)


def _may(one: Report) -> bool:
    """Nothing that endangers life, and nothing whose time has passed, goes under a line."""
    return one.rank < _EXTREME and not one.life and not one.late


def _in_order(warnings: Iterable[Warned]) -> list[Warned]:
    return sorted(warnings, key=lambda one: (_COLOURS.get(one.colour, 9), int(one.id)))


def _line(key: str, members: Sequence[Report], cause: Warned | None, under: dict[str, str]) -> Fold:
    """The line, in one pass over the thousands under it."""
    first, worst, newest_at, unclaimed = members[0], members[0], 0, 0
    for one in members:
        under[one.id] = key
        if one.rank > worst.rank:
            worst = one
        if one.opened_at < first.opened_at:
            first = one
        newest_at = max(newest_at, one.opened_at)
        unclaimed += not one.claimed_by
    return Fold(
        id=key,
        kind=first.kind,
        warning=cause.kind if cause else "",
        colour=cause.colour if cause else "",
        count=len(members),
        severity=worst.severity,
        newest_at=newest_at,
        unclaimed=unclaimed,
        exercise=first.exercise,
    )


def _key(one: Report, cause: Warned) -> str:
    """The same line as the colour rises: an officer who unfolded it finds it so."""
    drill = "drill:" if one.exercise else ""
    return f"{drill}{one.kind}@{cause.kind}:{'+'.join(sorted(cause.area_codes)) or cause.id}"


def _dense(members: list[Report], at_least: int, within_s: int) -> list[Report]:
    """Those that are among `at_least` opened within the time; stragglers stand by themselves."""
    if len(members) < at_least:
        return []
    members.sort(key=attrgetter("opened_at"))
    marked = 0  # members before this one are taken already, or were passed over
    dense: list[Report] = []
    for last in range(at_least - 1, len(members)):
        first = last - at_least + 1
        if members[last].opened_at - members[first].opened_at <= within_s:
            dense += members[max(first, marked) : last + 1]
            marked = last + 1
    return dense


def _clusters(
    may: Mapping[str, Report], links: Iterable[tuple[str, str]]
) -> dict[str, list[Report]]:
    """Those that hang together, under the earliest of them; practice and earnest apart."""
    head: dict[str, str] = {}

    def top(one: str) -> str:
        while head.setdefault(one, one) != one:
            head[one] = one = head[head[one]]
        return one

    for one, other in links:
        if one in may and other in may and may[one].exercise == may[other].exercise:
            low, high = sorted((top(one), top(other)), key=int)
            head[high] = low
    clusters: dict[str, list[Report]] = {}
    for one in sorted(head, key=int):
        clusters.setdefault(top(one), []).append(may[one])
    return clusters
