"""How things are said and coloured on the screen. The labels of codes stay with the codes."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from linkage.areas import AREAS
from linkage.desk.freshness import Freshness, Intake, Silent
from linkage.figures.flood import Flood
from linkage.intake.watch import Expected
from linkage.kinds import ROUTINE_KINDS, Kind
from linkage.own_state import WHAT_TO_DO, Road
from linkage.record import BEIJING
from linkage.sources import OURSELVES
from linkage.vocabulary import (
    AssignmentRole,
    AssignmentStatus,
    Count,
    Grade,
    IncidentStatus,
    Labelled,
    PositionNote,
    Severity,
    ShapeNote,
    WarningColour,
)

DATA = Path(__file__).parent.parent / "data"
FAVICON = Path(__file__).parent / "live_layer" / "favicon.png"

OWN_NAME = "本系统"
Colour = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray"]


class Family(Labelled):
    """Kinds that share one shape on the map."""

    FIRE = "fire", "火灾爆炸"
    HAZARD = "hazard", "危化与污染"
    TRAFFIC = "traffic", "交通"
    RESCUE = "rescue", "救援事故"
    MEDICAL = "medical", "医疗卫生"
    POLICE = "police", "治安警情"
    NATURE = "nature", "自然灾害"
    UTILITY = "utility", "城市运行"
    ROUTINE = "routine", "日常与其他"


_FAMILIES: dict[Family, frozenset[Kind]] = {
    Family.FIRE: frozenset({Kind.FIRE, Kind.FOREST_FIRE}),
    Family.HAZARD: frozenset(
        {
            Kind.HAZMAT,
            Kind.HAZMAT_VEHICLE,
            Kind.GAS_LEAK,
            Kind.WATER_POLLUTION,
            Kind.AIR_POLLUTION,
            Kind.OIL_SPILL,
            Kind.NUCLEAR,
            Kind.RADIATION,
        }
    ),
    Family.TRAFFIC: frozenset({Kind.TRAFFIC_ACCIDENT, Kind.ROAD_DAMAGE, Kind.VESSEL}),
    Family.RESCUE: frozenset(
        {
            Kind.RESCUE,
            Kind.LIFT,
            Kind.COLLAPSE,
            Kind.MINE_ACCIDENT,
            Kind.WORK_ACCIDENT,
            Kind.SPECIAL_EQUIPMENT,
            Kind.STAMPEDE,
        }
    ),
    Family.MEDICAL: frozenset(
        {
            Kind.INJURY,
            Kind.POISONING,
            Kind.EPIDEMIC,
            Kind.FOOD_DRUG,
            Kind.ANIMAL_EPIDEMIC,
        }
    ),
    Family.POLICE: frozenset(
        {Kind.PUBLIC_SECURITY, Kind.CRIMINAL_CASE, Kind.PUBLIC_ORDER, Kind.TERRORISM, Kind.AIR_RAID}
    ),
    Family.NATURE: frozenset(
        {
            Kind.FLOOD,
            Kind.WATERLOGGING,
            Kind.RESERVOIR,
            Kind.DROUGHT,
            Kind.TYPHOON,
            Kind.RAINSTORM,
            Kind.SNOW_ICE,
            Kind.WEATHER,
            Kind.EARTHQUAKE,
            Kind.GEOLOGICAL,
            Kind.STORM_SURGE,
            Kind.CROP_PEST,
        }
    ),
    Family.UTILITY: frozenset(
        {
            Kind.POWER_OUTAGE,
            Kind.TELECOM_OUTAGE,
            Kind.WATER_SUPPLY,
            Kind.MARKET_SUPPLY,
            Kind.RELIEF,
            Kind.SYSTEM_FAULT,
        }
    ),
}
FAMILY_OF: dict[Kind, Family] = {
    kind: next((f for f, kinds in _FAMILIES.items() if kind in kinds), Family.ROUTINE)
    for kind in Kind
}

# One character that stands for the level where there is no room for the word.
SEVERITY_MARK = {
    Severity.EXTREME: "特",
    Severity.SEVERE: "重",
    Severity.MODERATE: "较",
    Severity.MINOR: "般",
    Severity.UNKNOWN: "未",
}


class Light(msgspec.Struct, frozen=True):
    """One mark of the header strip. `help` says what to do."""

    text: str
    icon: str
    colour: Colour
    help: str


def lights(state: Freshness | None, now: datetime) -> list[Light]:
    """The strip: is the picture fresh, who is silent, is the intake well."""
    if state is None:
        away = "画面上是最后一次读到的数据；请通知系统管理员检查数据库"
        return [Light("数据库中断", ":material/cloud_off:", "red", away)]
    found = [_last_alert(state, now), _intake(state)]
    if not state.intake.durable:
        demo = "消息代理重启会丢失未入库的消息，仅供演示；正式运行请配置 mosquitto"
        found.append(Light("演示：broker 仅在内存", ":material/memory:", "orange", demo))
    found.append(_silent(state))
    if state.never:
        listed = "、".join(plain(name) for name in state.never)
        waits = f"{listed}：从未收到报文，请核对接入账号和主题"
        text = f"未接入 {len(state.never)} / {state.sources}"
        found.append(Light(text, ":material/radio_button_unchecked:", "gray", waits))
    if state.flood is not None and state.flood.on:
        found.append(_flood(state.flood))
    return found


def _flood(flood: Flood) -> Light:
    text = f"警情洪峰 {flood.rate:.0f} 起/10 分钟"
    kinds = "、".join(f"{Kind(kind).label} {count}" for kind, count in flood.kinds)
    means = f"每席 10 分钟新增超过 10 起，列表改为严重的在前；全部事件仍在列。最多的是{kinds}"
    return Light(text, ":material/flood:", "violet", plain(means))


def _last_alert(state: Freshness, now: datetime) -> Light:
    if state.last_alert_at is None:
        return Light("尚无接报", ":material/schedule:", "gray", "数据库里还没有任何接报")
    passed = max(0, int(now.timestamp()) - state.last_alert_at)
    when = datetime.fromtimestamp(state.last_alert_at, BEIJING).strftime("%H:%M:%S")
    text = f"最近接报 {since(passed)}"
    return Light(text, ":material/schedule:", "blue", f"最近一条接报于 {when} 收到")


def _intake(state: Freshness) -> Light:
    if not state.intake.alive:
        return Light("接入中断", ":material/error:", "red", plain(broken(state.intake)))
    round_trip = state.intake.round_trip_ms
    speed = f"，往返 {round_trip:.0f} 毫秒" if round_trip is not None else ""
    return Light("接入正常", ":material/check_circle:", "green", f"接入进程自检正常{speed}")


def _silent(state: Freshness) -> Light:
    if not state.intake.alive:
        why = "接入中断期间，看不到各系统是否还在发送"
        return Light("各系统在线与否不明", ":material/sensors_off:", "gray", why)
    if not state.silent:
        text = f"{state.sources - len(state.never)} 个系统在线"
        return Light(text, ":material/sensors:", "green", "已接入的系统都在应有的间隔内")
    listed = "、".join(plain(silent_for(s, state.at)) for s in state.silent)
    text = f"失联 {len(state.silent)} / {state.sources}"
    return Light(text, ":material/sensors_off:", "red", listed)


def broken(intake: Intake) -> str:
    """What is wrong on the way from the broker to us, since when, and what to do."""
    last = f"最后自检 {clock(intake.at)}" if intake.at else "从未自检"
    where = intake.road if intake.road is not Road.WELL else Road.STUCK
    return f"{where.label}（{last}）：新警情暂时进不来，请通知系统管理员。{WHAT_TO_DO[where]}"


def silent_for(silent: Silent, at: int) -> str:
    if silent.last_at is None:
        return f"{silent.name}（从未收到）"
    if silent.offline:
        return f"{silent.name}（已离线，{since(at - silent.last_at)}）"
    return f"{silent.name}（{since(at - silent.last_at)}）"


def day(moment: datetime) -> str:
    """2026-11-22, in Beijing."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d")


def since(seconds: float) -> str:
    """How long ago, in the largest unit that still says something."""
    passed = int(seconds)
    if passed < 1:
        return "刚刚"
    if passed < 60:
        return f"{passed} 秒前"
    if passed < 3600:
        return f"{passed // 60} 分钟前"
    if passed < 86400:
        return f"{passed // 3600} 小时前"
    return f"{passed // 86400} 天前"


def clock(epoch: float) -> str:
    """Beijing time of day; with the date where it is not today's business."""
    return datetime.fromtimestamp(epoch, BEIJING).strftime("%m-%d %H:%M:%S")


_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


def plain(text: str) -> str:
    """Text from outside for a place where Streamlit reads markdown: every sign stays a sign."""
    return _MARKDOWN.sub(r"\\\1", text)


def badge(text: str, icon: str, colour: Colour) -> str:
    """As st.badge draws it, within a text that Streamlit reads as markdown."""
    return f":{colour}-badge[{icon} {plain(text)}]"


def for_screen(sources: Mapping[str, Expected]) -> dict[str, Any]:
    """The words and orders that the live layer needs, sent once with the snapshot."""
    return {
        "sources": {i: source.name for i, source in sources.items()} | {OURSELVES: OWN_NAME},
        "kinds": {
            k.value: {
                "label": k.label,
                "family": FAMILY_OF[k].value,
                "routine": k in ROUTINE_KINDS,
                "fault": k is Kind.SYSTEM_FAULT,
            }
            for k in Kind
        },
        "families": [[f.value, f.label] for f in Family],
        "severities": [
            [s.value, s.label, SEVERITY_MARK[s]]
            for s in sorted(Severity, key=lambda s: s.rank, reverse=True)
        ],
        "statuses": [[s.value, s.label] for s in IncidentStatus],
        "orders": [[s.value, s.label] for s in AssignmentStatus],
        "parts": {r.value: r.label for r in AssignmentRole},
        "people": {c.value: c.label for c in Count},
        "areas": dict(AREAS),
        "positions": {n.value: n.label for n in PositionNote},
        "shape_notes": {n.value: n.label for n in ShapeNote},
        "grades": {g.value: g.label for g in Grade},
        "colours": {c.value: c.label for c in WarningColour},
    }
