"""A verdict as an alert: what the duty officer reads when a station crosses its threshold."""

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from linkage.alerts import Alert, Point
from linkage.areas import area_code
from linkage.beijing import day_minute
from linkage.kinds import HAZMAT_KINDS, Kind
from linkage.readings.judge import Change, Fault, State, Verdict
from linkage.readings.reading import Reading
from linkage.readings.telemetry import Telemetry
from linkage.readings.thresholds import Level, Rule
from linkage.record import BEIJING
from linkage.vocabulary import Certainty, MessageKind, PositionNote, Severity, Urgency

# A record number has 120 characters; the fault and the time stand behind.
_LONGEST_NAME = 90


def crossing_alert(
    verdict: Verdict, before: State, reading: Reading, rule: Rule, telemetry: Telemetry
) -> Alert:
    """Of a crossing that opens, changes or clears. Its number: station, factor, when it began."""
    state = verdict.state
    level = rule.levels[(state.level or before.level) - 1]
    began = _time(state.since)
    cleared = verdict.change is Change.CLEARS
    name, factor = _names(reading, telemetry)
    value = f"{_figure(reading.value)} {reading.unit}".strip()
    clock = f"{reading.measured_at.astimezone(BEIJING):%H:%M:%S}"
    if not reading.unit and level.limit == 1:  # the station says itself: 0 or 1
        said = f"报警已解除（{clock}）" if cleared else f"报警（{level.basis}）"
        text = f"测站自 {day_minute(began)} 起自报{level.word}。"
        text += f"{clock} 解除。" if cleared else f"请核实现场是否有{_expected(level.kind)}。"
    elif cleared:
        said = f"已回落至 {value}，{clock} 解除（{level.word} {_figure(level.limit)}）"
        text = f"自 {day_minute(began)} 起越限，{clock} 回落到解除值以内。是否办结由值班员决定。"
    else:
        said = _exceeds(verdict.change, level, reading.value or 0.0, value)
        text = f"{level.word} {_figure(level.limit)} {reading.unit}，自 {day_minute(began)} 起越限"
        text = f"{text}，依据：{level.basis}。请核实现场是否有{_expected(level.kind)}。"
        if state.fault == Fault.FLAPPING:
            text += "该传感器正在抖动，本次越限仍单独报出。"
    if verdict.reason:
        text += f"（{verdict.reason}）"
    first = state.revision == 1
    return Alert(
        source_ref=f"{_ref(reading)}/{began:%Y%m%dT%H%M%S}",
        kind=level.kind,
        event_code=level.event_code,
        source_kind=f"{factor}{level.word}",
        occurred_at=began,
        revision=state.revision,
        message_kind=MessageKind.ALERT if first else MessageKind.UPDATE,
        severity=level.severity,
        urgency=Urgency.PAST if cleared else Urgency.IMMEDIATE,
        certainty=Certainty.OBSERVED,
        hazmat=level.kind in HAZMAT_KINDS,
        headline=f"{name} {factor} {said}",
        text=text,
        facts=_facts(reading, telemetry)
        | {"limit": level.limit, "level_word": level.word, "basis": level.basis},
        **_of_station(reading, telemetry),
    )


def fault_alert(verdict: Verdict, before: State, reading: Reading, telemetry: Telemetry) -> Alert:
    """Of a sensor that needs repair, or is well again. One record as long as it lasts."""
    state = verdict.state
    well = verdict.fault is Fault.NONE
    fault = Fault(before.fault) if well else verdict.fault or Fault.STUCK
    began = _time(before.fault_since if well else state.fault_since)
    name, factor = _names(reading, telemetry)
    clock = f"{reading.measured_at.astimezone(BEIJING):%H:%M:%S}"
    folded = before.folded if well else state.folded
    value = f"{_figure(reading.value)} {reading.unit}".strip()
    if well:
        said = f"传感器{fault.label}已恢复"
        text = f"{day_minute(began)} 起{fault.label}，{clock} 恢复；期间合并越限 {folded} 次。"
    elif fault is Fault.STUCK:
        said = f"传感器{fault.label}：读数 {value} 长时间不变"
        text = f"自 {day_minute(began)} 起连续 {state.same} 次读数相同，同站其他因子有变化"
        text += "。请产权部门派员检修；检修前该读数不可采信。"
    else:
        said = f"传感器{fault.label}：一小时内越限 {len(state.crossings)} 次"
        text = "此后的反复越限合并到本事件，达到最高一级或持续十分钟以上的仍单独报出"
        text += "。请产权部门派员检修，或核对阈值与解除值是否过近。"
    return Alert(
        source_ref=f"{_ref(reading)}/{fault.value}/{began:%Y%m%dT%H%M%S}",
        kind=Kind.SYSTEM_FAULT,
        event_code=Kind.SYSTEM_FAULT.event_code,
        source_kind=f"传感器{fault.label}",
        occurred_at=began,
        revision=2 if well else 1,
        message_kind=MessageKind.UPDATE if well else MessageKind.ALERT,
        severity=Severity.MINOR,
        urgency=Urgency.PAST if well else Urgency.EXPECTED,
        certainty=Certainty.LIKELY,
        headline=f"{name} {factor} {said}",
        text=text,
        facts=_facts(reading, telemetry) | {"folded": folded},
        **_of_station(reading, telemetry),
    )


def _of_station(reading: Reading, telemetry: Telemetry) -> dict[str, Any]:
    station = telemetry.station_of(reading.source_id, reading.station_id)
    point: Point | None = station.point if station else reading.point
    return {
        "source_id": reading.source_id,
        "sent_at": reading.measured_at,
        "place": station.name if station else f"未登记测站 {reading.station_id}",
        "point": point,
        "position_note": PositionNote.EXACT if point else PositionNote.MISSING,
        "area_code": station.area if station else area_code(point),
        "exercise": reading.exercise,
    }


def _facts(reading: Reading, telemetry: Telemetry) -> dict[str, Any]:
    station = telemetry.station_of(reading.source_id, reading.station_id)
    facts = {
        "station": reading.station_id,
        "factor": reading.factor,
        "factor_name": telemetry.factor_name(reading.factor),
        "value": reading.value,
        "unit": reading.unit,
        "level_datum": station.level_datum if station and reading.unit == "m" else None,
    }
    return {name: value for name, value in facts.items() if value not in {None, ""}}


def _names(reading: Reading, telemetry: Telemetry) -> tuple[str, str]:
    station = telemetry.station_of(reading.source_id, reading.station_id)
    name = station.name if station else f"未登记测站 {reading.station_id}"
    return name, telemetry.factor_name(reading.factor)


def _exceeds(change: Change, level: Level, value: float, shown: str) -> str:
    limit = f"{level.word} {_figure(level.limit)}（{level.basis}）"
    if change is Change.LOWERS:
        return f"{shown}，回落至{limit}"
    if value == level.limit:
        return f"{shown}，达到{limit}"
    # Inside the dead band the level stands, though the value is not beyond it any more.
    beyond = value > level.limit if level.high else value < level.limit
    word = ("超过" if level.high else "低于") if beyond else "接近"
    return f"{shown}，{word}{limit}"


_EXPECTED = {
    Kind.HAZMAT: "泄漏、异味或人员不适",
    Kind.AIR_POLLUTION: "异味或冒烟",
    Kind.WATER_POLLUTION: "水色异常、死鱼或偷排",
    Kind.GAS_LEAK: "燃气泄漏或异味",
    Kind.FLOOD: "漫堤、管涌等险情",
    Kind.RESERVOIR: "管涌、渗漏等险情",
}


def _expected(kind: Kind) -> str:
    return _EXPECTED.get(kind, "异常")


def _ref(reading: Reading) -> str:
    drill = "/drill" if reading.exercise else ""
    name = f"{reading.station_id}/{reading.factor}{drill}"
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 9]}~{blake2b(name.encode(), digest_size=4).hexdigest()}"


def _time(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.7g}"
