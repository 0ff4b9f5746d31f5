"""Values of a measuring station in anybody's JSON: [source.readings] says where they stand."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from ingest import fields
from ingest.forgiving import Mended
from ingest.json_form import Form, getter, shown
from ingest.local_time import Clock, clock
from ingest.position import converter, position
from linkage.alerts import Unreadable
from linkage.intake.arrivals import Part, Several
from linkage.readings.factors import factors
from linkage.readings.reading import Reading
from linkage.source_readings import FactorRule, ReadingMap
from linkage.sources import Source

MOST_VALUES = 500  # of one record


def reader(source: Source, where: ReadingMap) -> Callable[[Form], Several]:
    """A value that is no number refuses itself alone; a blank one: none was measured."""
    when, to_wgs84 = clock(source), converter(source.datum)
    station_of, time_of = getter(where.station), getter(where.measured_at)
    exercise_of = getter(where.exercise) if where.exercise else _nothing
    lon_of = getter(where.lon) if where.lon else _nothing
    lat_of = getter(where.lat) if where.lat else _nothing
    values_of = _listed(where) if where.list else _named(where)
    in_our_unit = {rule: _our_unit(rule) for rule in where.factors.values()}

    def read(form: Form) -> Several:
        station = fields.text({where.station: station_of(form)}, where.station, 60)
        if not station:
            raise Unreadable(f"{where.station}：缺少站号，不知是哪里的测值", where.station)
        at = _measured_at(time_of(form), where.measured_at, when)
        point, _, _ = position(lon_of(form), lat_of(form), to_wgs84)
        exercise = fields.flag({"exercise": exercise_of(form)}, "exercise")
        parts: list[Part | Unreadable] = []
        for name, rule, sent in values_of(form):
            unit, scale = in_our_unit.get(rule, (rule.unit, 1.0))
            try:
                value = fields.number({name: sent}, name)
            except Unreadable as why:
                parts.append(why)
                continue
            parts.append(
                Reading(
                    source_id=source.id,
                    station_id=station,
                    factor=rule.factor,
                    value=None if value is None else value * scale,
                    unit=unit,
                    measured_at=at,
                    exercise=exercise,
                    point=point,
                )
            )
        if not parts:
            raise Unreadable(f"{where.station}：站 {shown(station)} 的报文里没有约定的测值")
        return Several(tuple(parts))

    return read


Sent = tuple[str, FactorRule, object]


def _named(where: ReadingMap) -> Callable[[Form], Iterator[Sent]]:
    """Each value at a path of its own; null, or not there: it was not sent."""
    getters = [(path, getter(path), rule) for path, rule in where.factors.items()]

    def values(form: Form) -> Iterator[Sent]:
        for path, get, rule in getters:
            sent = get(form)
            if sent is not None:
                yield path, rule, sent

    return values


def _listed(where: ReadingMap) -> Callable[[Form], Iterator[Sent]]:
    """Items of a code and a value; a code that the table lacks is kept under its own name."""
    list_of = getter(where.list or "")
    code_of, value_of = getter(where.code or ""), getter(where.value or "")

    def values(form: Form) -> Iterator[Sent]:
        items = list_of(form)
        if not isinstance(items, list) or len(items) > MOST_VALUES:
            raise Unreadable(f"{where.list}：应为至多 {MOST_VALUES} 项测值的列表", where.list)
        for item in items:
            inside: Any = item if isinstance(item, dict) else {}
            code = fields.text({"code": code_of(inside)}, "code", 40)
            if not code:
                raise Unreadable(f"{where.code}：测值没有因子编码，收到 {shown(item)}", where.code)
            rule = where.factors.get(code) or FactorRule(code, "")
            yield f"{where.list}.{code}", rule, value_of(inside)

    return values


def _our_unit(rule: FactorRule) -> tuple[str, float]:
    """A reading stands in the unit of its factor, so that thresholds compare like with like."""
    scale = factors().scale(rule.factor, rule.unit)
    return (rule.unit, 1.0) if scale is None else (factors().by_id[rule.factor].unit, scale)


def _measured_at(value: object, name: str, when: Clock) -> datetime:
    try:
        return when(value, name)
    except Mended as why:  # it can mean one moment only
        if isinstance(why.instead, datetime):
            return why.instead
        raise


def _nothing(_: Form) -> None:
    return None
