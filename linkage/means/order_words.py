"""An order in the words of a short message: who, what, where, by when, and how to answer. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from linkage.beijing import clock
from linkage.kinds import Kind
from linkage.personal import masked
from linkage.vocabulary import RESPONSE_LEVELS, AssignmentRole, AssignmentStatus

_BEIJING = ZoneInfo("Asia/Shanghai")


def title(row: Mapping[Any, Any]) -> str:
    """联动指令 20261122-0001 危化品泄漏"""
    what = "联动指令撤销" if _is_withdrawn(row) else "联动指令"
    return f"{what} {row['incident_number']} {Kind(row['incident_kind']).label}"


def text(row: Mapping[Any, Any]) -> str:
    """What is done is said first: a telephone shows the first line only."""
    number = f"任务编号 {row['id']}，第 {row['revision']} 版"
    where = f"地点：{masked(row['incident_place'])}" if row["incident_place"] else "地点待核实"
    event = f"事件 {row['incident_number']}（{Kind(row['incident_kind']).label}），{where}"
    if _is_withdrawn(row):
        return f"任务已撤销，请停止执行并回复签收。{event}。原任务：{row['task']}。{number}。"
    role = AssignmentRole(row["role"]).label
    level = RESPONSE_LEVELS.get(row["incident_response_level"])
    parts = [
        f"{role}任务：{row['task']}",
        event,
        *([f"响应等级 {level}"] if level else []),
        _answer(row["acknowledge_due_at"]),
        f"{row['issued_by']} {clock(row['issued_at'])} 下达",
        number,
    ]
    return "。".join(part.rstrip("。") for part in parts) + "。"


def _answer(due_at: datetime | None) -> str:
    if due_at is None:
        return "请知悉"
    return f"请于 {clock(due_at)} 前在系统中签收或电话回复"


def _is_withdrawn(row: Mapping[Any, Any]) -> bool:
    return bool(row["status"] == AssignmentStatus.CANCELLED)
