"""导出字段: every column of an export, its Chinese heading and what it means: the dictionary."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import msgspec
from sqlalchemy import Row

from linkage.figures.selection import area_name
from linkage.kinds import Kind
from linkage.personal import masked
from linkage.record import BEIJING
from linkage.vocabulary import (
    FIRE_ALARM_LEVELS,
    RESPONSE_LEVELS,
    Disposition,
    Grade,
    IncidentStatus,
    Labelled,
    PositionNote,
    Severity,
)

Value = str | int | float | datetime | None
Names = Mapping[str, str]


class Type(Enum):
    TEXT = "文本"
    CODE = "代码（中文名称）"
    COUNT = "整数"
    DEGREES = "小数（度）"
    MOMENT = "日期时间（北京时间）"


class Column(msgspec.Struct, frozen=True):
    """`read`: the value of one row of `incident`; a moment comes out naive, in Beijing time."""

    heading: str
    type: Type
    meaning: str
    read: Callable[[Row[Any], Names], Value]
    values: str = ""


def _code(heading: str, name: str, codes: type[Labelled], meaning: str) -> Column:
    labels = {code.value: code.label for code in codes}

    def read(row: Row[Any], _: Names) -> Value:
        stored: str | None = getattr(row, name)
        return labels.get(stored, stored) if stored else None

    return Column(heading, Type.CODE, meaning, read, "、".join(labels.values()))


def _text(heading: str, name: str, meaning: str) -> Column:
    def read(row: Row[Any], _: Names) -> Value:
        return masked(getattr(row, name) or "")

    return Column(heading, Type.TEXT, meaning, read)


def _number(heading: str, name: str, meaning: str, kind: Type = Type.COUNT) -> Column:
    def read(row: Row[Any], _: Names) -> Value:
        value: Value = getattr(row, name)
        return round(value, 6) if isinstance(value, float) else value

    return Column(heading, kind, meaning, read)


def _level(heading: str, name: str, names: Mapping[int, str], meaning: str) -> Column:
    def read(row: Row[Any], _: Names) -> Value:
        level = getattr(row, name)
        return None if level is None else names.get(level, str(level))

    return Column(heading, Type.CODE, meaning, read, "、".join(names.values()))


def _yes_no(heading: str, name: str, meaning: str) -> Column:
    def read(row: Row[Any], _: Names) -> Value:
        return "是" if getattr(row, name) else "否"

    return Column(heading, Type.CODE, meaning, read, "是、否")


def _moment(heading: str, name: str, meaning: str) -> Column:
    def read(row: Row[Any], _: Names) -> Value:
        at: datetime | None = getattr(row, name)
        return at.astimezone(BEIJING).replace(tzinfo=None, microsecond=0) if at else None

    return Column(heading, Type.MOMENT, meaning, read)


def _sources(row: Row[Any], names: Names) -> Value:
    listed: list[str] = msgspec.json.decode(row.source_ids, type=list[str])
    return "、".join(names.get(source, source) for source in listed)


_UNSTATED = "空：没有来源报过，不等于零"
COLUMNS: tuple[Column, ...] = (
    _text("事件编号", "number", "建立当天日期加当天流水号"),
    _code("事件类别", "kind", Kind, "平台统一类别"),
    _text("国标编码", "event_code", "GB/T 35561-2017 突发事件分类与编码"),
    _code("当前状态", "status", IncidentStatus, "导出时的处置状态"),
    _text("标题", "headline", "首报标题；电话、证件号、写明的姓名已脱敏"),
    _text("事发地点", "place", "来源报的地点原文；已脱敏"),
    Column(
        "区县",
        Type.CODE,
        "按坐标落区判定，GB/T 2260",
        lambda row, _: area_name(row.area_code),
    ),
    _number("经度", "lon", "WGS-84（本地与 CGCS2000 一致）", Type.DEGREES),
    _number("纬度", "lat", "WGS-84（本地与 CGCS2000 一致）", Type.DEGREES),
    _code("坐标说明", "position_note", PositionNote, "坐标是否可用"),
    _code("危害程度", "severity", Severity, "来源报的最高危害程度（CAP）"),
    _level("火警等级", "fire_alarm_level", FIRE_ALARM_LEVELS, "119 自有等级，五级最重"),
    _code("拟定等级", "grade_proposed", Grade, "按分级标准拟定，尚须人工确认"),
    _code("确认等级", "grade", Grade, "经人确认的事件等级；空：未定级"),
    _level("响应等级", "response_level", RESPONSE_LEVELS, "已启动的应急响应，Ⅰ级最高；空：未启动"),
    _yes_no("涉及危化品", "hazmat", "任一来源报称涉及危险化学品"),
    _number("死亡人数", "deaths", f"各来源所报的最大值；{_UNSTATED}"),
    _number("失踪人数", "missing", f"各来源所报的最大值；{_UNSTATED}"),
    _number("被困人数", "trapped", f"各来源所报的最大值；{_UNSTATED}"),
    _number("受伤人数", "injured", f"各来源所报的最大值；{_UNSTATED}"),
    _number("重伤人数", "critical", f"各来源所报的最大值；{_UNSTATED}"),
    _number("中毒人数", "poisoned", f"各来源所报的最大值；{_UNSTATED}"),
    _number("转移人数", "evacuated", f"各来源所报的最大值；{_UNSTATED}"),
    _number("接报数", "alert_count", "归入本事件的接报条数，续报不重复计"),
    Column("接入系统", Type.TEXT, "报过本事件的系统，按首次报告先后", _sources),
    _moment("发生时间", "occurred_at", "各来源所报的最早发生时间"),
    _moment("建立时间", "opened_at", "首条接报到达平台的时间；统计按此时间归期"),
    _moment("核实时间", "verified_at", "首次核实；空：未核实"),
    _moment("派遣时间", "dispatched_at", "首次下达联动任务；空：未派遣"),
    _moment("签收时间", "acknowledged_at", "首个单位签收"),
    _moment("出动时间", "en_route_at", "首个单位出动"),
    _moment("到场时间", "on_scene_at", "首个单位到场"),
    _moment("控制时间", "controlled_at", "现场得到控制"),
    _moment("处置完毕时间", "resolved_at", "处置完毕"),
    _moment("办结时间", "closed_at", "值班员办结"),
    _code("处置结果", "disposition", Disposition, "办结时选定的结果"),
    _yes_no("演练", "exercise", "演练与实战分开统计，从不相加"),
)
