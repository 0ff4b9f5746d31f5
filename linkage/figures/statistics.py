"""统计: counts of a selection of incidents by every dimension, all from one cut of the record.

Every table adds up to the same total, because all come from the same groups.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, select

from linkage.areas import AREAS
from linkage.figures.portable import utc_hour
from linkage.figures.selection import NO_AREA, Cut, Selection, area_name, conditions
from linkage.kinds import Kind
from linkage.record import BEIJING
from linkage.sources import OURSELVES
from linkage.tables import incident
from linkage.vocabulary import (
    OPEN_STATUSES,
    RESPONSE_LEVELS,
    Disposition,
    Grade,
    IncidentStatus,
    Labelled,
    Severity,
)

FALSE_ALARMS = frozenset({Disposition.FALSE_ALARM, Disposition.UNFOUNDED})
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


class Dimension(Labelled):
    KIND = "kind", "事件类别"
    DISTRICT = "district", "区县"
    SOURCE = "source", "首报接入系统"
    SEVERITY = "severity", "危害程度"
    GRADE = "grade", "事件等级（已确认）"
    RESPONSE = "response", "响应等级"
    STATUS = "status", "当前状态"
    HOUR = "hour", "时段"
    DAY = "day", "日期"


class Line(msgspec.Struct, frozen=True):
    """`previous`: of the period before; None where it is not asked."""

    code: str
    label: str
    count: int
    previous: int | None = None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `total` counts incidents; those merged into another are in `merged` only.

    `faults`: our own findings (系统故障) by the same question, in no other figure here unless it
    names them.
    `joined`: statements that were another report of an incident already known (重复报警).
    `taking_part`: incidents that a source had any part in; several sources share one incident,
    so these do not add up to the total. `by_hour`: Monday to Sunday × 24 hours, Beijing time.
    """

    selection: Selection
    cut: Cut
    total: int
    previous_total: int
    effective: int
    previous_effective: int
    invalid: int
    non_police: int
    false_alarms: int
    joined: int
    merged: int
    open: int
    located: int
    deaths: int
    injured: int
    faults: int
    tables: dict[Dimension, tuple[Line, ...]]
    taking_part: dict[str, int]
    by_hour: tuple[tuple[int, ...], ...]

    @property
    def effective_share(self) -> float | None:
        """有效率: neither an invalid call nor 非警务. None where there is nothing to share."""
        return self.effective / self.total if self.total else None

    @property
    def previous_share(self) -> float | None:
        return self.previous_effective / self.previous_total if self.previous_total else None


def figures(
    cx: Connection, cut: Cut, selection: Selection, source_names: Mapping[str, str]
) -> Figures:
    """Count. Reads the selection twice (groups, hours), the period before and our faults once."""
    found = _groups(cx, selection)
    groups = [group for group in found if group.status != IncidentStatus.MERGED]
    hours = _hours(cx, selection)
    before = _kinds(cx, selection.previous())
    faults = _kinds(cx, selection.faults())
    kinds = _count(groups, lambda g: g.kind)
    total = sum(kinds.values())
    takes_part: Counter[str] = Counter()
    for group in groups:
        takes_part.update(dict.fromkeys(_sources(group), group.incidents))
    return Figures(
        selection=selection,
        cut=cut,
        total=total,
        previous_total=sum(before.values()),
        effective=_effective(kinds),
        previous_effective=_effective(before),
        invalid=kinds[Kind.INVALID_CALL],
        non_police=kinds[Kind.NON_POLICE],
        false_alarms=sum(g.incidents for g in groups if g.disposition in FALSE_ALARMS),
        joined=sum(g.alerts for g in groups) - sum(g.incidents for g in groups if g.alerts),
        merged=sum(g.incidents for g in found) - total,
        open=sum(g.incidents for g in groups if g.status in OPEN_STATUSES),
        located=sum(g.located for g in groups),
        deaths=sum(g.deaths for g in groups),
        injured=sum(g.injured for g in groups),
        faults=faults.total(),
        tables=_tables(groups, hours, before, selection, source_names),
        taking_part=dict(takes_part),
        by_hour=_by_hour(hours),
    )


def _groups(cx: Connection, selection: Selection) -> list[Row[Any]]:
    row = incident.c
    keys = (
        row.kind,
        row.severity,
        row.grade,
        row.response_level,
        row.status,
        row.disposition,
        row.area_code,
        row.source_ids,
    )
    query = (
        select(
            *keys,
            func.count().label("incidents"),
            func.sum(row.alert_count).label("alerts"),
            func.count(row.lon).label("located"),
            func.coalesce(func.sum(row.deaths), 0).label("deaths"),
            func.coalesce(func.sum(row.injured), 0).label("injured"),
        )
        .where(*conditions(selection, merged=True))
        .group_by(*keys)
    )
    return list(cx.execute(query))


def _hours(cx: Connection, selection: Selection) -> Counter[datetime]:
    """Incidents by the Beijing hour in which they were opened."""
    hour = utc_hour(incident.c.opened_at)
    query = select(hour, func.count()).where(*conditions(selection)).group_by(hour)
    counted: Counter[datetime] = Counter()
    for text, count in cx.execute(query):
        moment = datetime.fromisoformat(f"{text}:00:00+00:00")
        counted[moment.astimezone(BEIJING)] += count
    return counted


def _kinds(cx: Connection, selection: Selection) -> Counter[str]:
    kind = incident.c.kind
    query = (
        select(kind, func.count().label("incidents")).where(*conditions(selection)).group_by(kind)
    )
    return Counter({row.kind: row.incidents for row in cx.execute(query)})


def _effective(kinds: Counter[str]) -> int:
    return kinds.total() - kinds[Kind.INVALID_CALL] - kinds[Kind.NON_POLICE]


def _count(groups: Iterable[Row[Any]], key: Callable[[Row[Any]], Any]) -> Counter[Any]:
    counted: Counter[Any] = Counter()
    for group in groups:
        counted[key(group)] += group.incidents
    return counted


def _sources(group: Row[Any]) -> list[str]:
    named: list[str] = msgspec.json.decode(group.source_ids, type=list[str])
    return named or [""]


def _tables(
    groups: list[Row[Any]],
    hours: Counter[datetime],
    before: Counter[str],
    selection: Selection,
    source_names: Mapping[str, str],
) -> dict[Dimension, tuple[Line, ...]]:
    kinds = _count(groups, lambda g: g.kind)
    areas = _count(groups, lambda g: g.area_code or NO_AREA)
    sources = _count(groups, lambda g: _sources(g)[0])
    severities = _count(groups, lambda g: g.severity)
    grades = _count(groups, lambda g: g.grade or "")
    levels = _count(groups, lambda g: g.response_level or 0)
    statuses = _count(groups, lambda g: g.status)
    named_grades: dict[str, str] = {g.value: g.label for g in Grade} | {"": "未定级"}
    return {
        Dimension.KIND: tuple(
            Line(k, _label(Kind, k), n, before[k])
            for k, n in sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))
        ),
        Dimension.DISTRICT: _fixed(areas, {a: area_name(a) for a in (*AREAS, NO_AREA)}),
        Dimension.SOURCE: _fixed(sources, _speaking(source_names, sources)),
        Dimension.SEVERITY: _fixed(severities, {s.value: s.label for s in Severity}),
        Dimension.GRADE: _fixed(grades, named_grades),
        Dimension.RESPONSE: _fixed(
            Counter({str(level): n for level, n in levels.items()}),
            {str(level): name for level, name in RESPONSE_LEVELS.items()} | {"0": "未启动"},
        ),
        Dimension.STATUS: _fixed(
            statuses,
            {s.value: s.label for s in IncidentStatus if s is not IncidentStatus.MERGED},
        ),
        Dimension.HOUR: tuple(
            Line(
                f"{h:02}", f"{h:02}–{h + 1:02} 时", sum(n for m, n in hours.items() if m.hour == h)
            )
            for h in range(24)
        ),
        Dimension.DAY: _days(hours, selection),
    }


def _speaking(names: Mapping[str, str], sources: Counter[str]) -> dict[str, str]:
    """All that can report an incident: ourselves only where the question is about us."""
    return {i: name for i, name in names.items() if i != OURSELVES or sources[i]}


def _fixed(counted: Counter[str], labels: Mapping[str, str]) -> tuple[Line, ...]:
    """Every code that has a label, zero or not, in its order; then codes that have none."""
    unknown = sorted(set(counted) - set(labels))
    return tuple(Line(c, labels.get(c, c) or "（空）", counted[c]) for c in (*labels, *unknown))


def _label(codes: type[Labelled], code: str) -> str:
    return codes(code).label if code in list(codes) else code


def _days(hours: Counter[datetime], selection: Selection) -> tuple[Line, ...]:
    days: Counter[date] = Counter()
    for moment, count in hours.items():
        days[moment.date()] += count
    day = selection.since.astimezone(BEIJING).date()
    last = (selection.until - timedelta(microseconds=1)).astimezone(BEIJING).date()
    lines = []
    while day <= last:
        lines.append(Line(day.isoformat(), f"{day:%m-%d} {WEEKDAYS[day.weekday()]}", days[day]))
        day += timedelta(days=1)
    return tuple(lines)


def _by_hour(hours: Counter[datetime]) -> tuple[tuple[int, ...], ...]:
    grid = [[0] * 24 for _ in WEEKDAYS]
    for moment, count in hours.items():
        grid[moment.weekday()][moment.hour] += count
    return tuple(map(tuple, grid))
