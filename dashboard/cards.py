"""事件处置, the parts that show: the head line, the facts, what every source said, the timeline.

Text from outside goes through st.text, st.dataframe or words.plain, never into markdown as it is.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import streamlit as st

from dashboard import maps, words
from dashboard.seat import Seat
from linkage.alerts import Casualties
from linkage.areas import AREAS
from linkage.desk.facts import Incident
from linkage.desk.queries import Warned
from linkage.record import BEIJING
from linkage.vocabulary import (
    FIRE_ALARM_LEVELS,
    OPEN_STATUSES,
    RESPONSE_LEVELS,
    Count,
    PositionNote,
    Severity,
    WarningColour,
)

SEVERITY_COLOUR: dict[Severity, words.Colour] = {
    Severity.EXTREME: "red",
    Severity.SEVERE: "orange",
    Severity.MODERATE: "yellow",
    Severity.MINOR: "blue",
    Severity.UNKNOWN: "gray",
}
WARNING_COLOUR: dict[WarningColour, words.Colour] = {
    WarningColour.RED: "red",
    WarningColour.ORANGE: "orange",
    WarningColour.YELLOW: "yellow",
    WarningColour.BLUE: "blue",
}
# People who need help now; the rest of the counts are told without alarm.
_GRAVE = frozenset({Count.DEATHS, Count.MISSING, Count.TRAPPED, Count.CRITICAL})
MAP_HEIGHT = 190
# Districts, rivers and the coast around the place; there are no streets in the base map.
MAP_ZOOM = 11


class Mark(NamedTuple):
    """A badge of the head line. `why`: what it means, for who points at it."""

    label: str
    icon: str
    colour: words.Colour
    why: str


def when(at: datetime, now: datetime) -> str:
    """3 分钟前（14:07:12）; with the date where it is not today."""
    here = at.astimezone(BEIJING)
    same_day = here.date() == now.astimezone(BEIJING).date()
    clock = here.strftime("%H:%M:%S" if same_day else "%m-%d %H:%M")
    if at > now + timedelta(seconds=1):
        return f"{clock}（晚于本机时钟）"
    return f"{words.since((now - at).total_seconds())}（{clock}）"


def counted(casualties: Casualties) -> str:
    """受伤 2 · 被困 1; empty where nobody counted."""
    stated = ((c, getattr(casualties, c)) for c in Count)
    return " · ".join(f"{c.label} {n}" for c, n in stated if n is not None)


def head(it: Incident, warnings: Iterable[Warned], now: datetime, last: Callable[[], None]) -> None:
    """Two lines that say what this is, how bad, how far, whose, and how old. `last` draws what
    stands at the end of them."""
    with st.container(horizontal=True, vertical_alignment="center", gap=8):
        st.markdown(f"#### {it.number}　{it.kind.label}")
        st.badge(
            it.severity.label,
            icon=":material/priority_high:",
            color=SEVERITY_COLOUR[it.severity],
            help="来源所报的严重程度",
        )
        ended = it.status not in OPEN_STATUSES
        st.badge(it.status.label, icon=":material/flag:", color="gray" if ended else "blue")
        for mark in (*_marks(it), *map(_warning, warnings)):
            st.badge(mark.label, icon=mark.icon, color=mark.colour, help=mark.why)
    parts = [
        f"发生 {when(it.occurred_at, now)}",
        f"接报 {when(it.opened_at, now)}",
        f"最近来报 {when(it.last_alert_at, now)}",
        f"{it.claimed_by}接手" if it.claimed_by else "尚无人接手",
        f"核对于 {now.astimezone(BEIJING):%H:%M:%S}",
    ]
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.text(it.headline)
        st.caption(words.plain("　".join(parts)))
        last()


def _marks(it: Incident) -> Iterable[Mark]:
    if it.exercise:
        yield Mark("演练", ":material/theater_comedy:", "violet", "演练数据，不计入统计")
    if it.hazmat:
        yield Mark("危化品", ":material/science:", "orange", "有来源报告涉及危险化学品")
    if it.grade is not None:
        yield Mark(f"{it.grade.label}事件", ":material/gavel:", "red", "已由人员确认的事件级别")
    if it.response_level is not None:
        level = f"{RESPONSE_LEVELS[it.response_level]}响应"
        yield Mark(level, ":material/campaign:", "red", "已启动的应急响应级别，Ⅰ级最高")
    if it.fire_alarm_level in FIRE_ALARM_LEVELS:
        level = FIRE_ALARM_LEVELS[it.fire_alarm_level]
        yield Mark(level, ":material/local_fire_department:", "orange", "119 火警等级，五级最高")


def facts(it: Incident, seat: Seat) -> None:
    """What is known, one line each; what is not known says so."""
    _people(it.casualties)
    where = "未提供坐标"
    if it.point is not None:
        where = f"{it.point.lon:.5f}, {it.point.lat:.5f}"
    note = "" if it.position_note is PositionNote.EXACT else f"　{it.position_note.label}"
    rows = {
        "地点": it.place or "未报地点",
        "区县": AREAS.get(it.area_code or "", "市域外或未知"),
        "坐标": where + note,
        "类别": f"{it.kind.label}（GB/T 35561 {it.event_code}）",
        "来源": "、".join(seat.source(s) for s in it.source_ids) + f"，共 {it.alert_count} 条",
        "进程": "，".join(_reached(it)),
    }
    if it.disposition is not None:
        rows["结果"] = it.disposition.label
    if it.point is not None:
        # The position is in the key: a map that is drawn for one place never shows another.
        key = f"incident_map_{it.point.lon:.5f}_{it.point.lat:.5f}"
        maps.show(maps.inset(it.point, MAP_ZOOM), key, MAP_HEIGHT)
    with st.container(gap=2, key="incident_facts"):
        for label, value in rows.items():
            with st.container(horizontal=True, gap="small", wrap=False):
                st.caption(label, width=36)
                st.text(value, width="stretch")


def _people(casualties: Casualties) -> None:
    stated = [(c, getattr(casualties, c)) for c in Count]
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if all(number is None for _, number in stated):
            st.badge("伤亡未报", icon=":material/help:", color="gray", help="没有来源报过人数")
        for count, number in stated:
            if number is None:
                continue
            grave = number > 0 and count in _GRAVE
            st.badge(
                f"{count.label} {number}",
                icon=":material/warning:" if grave else ":material/person:",
                color="red" if grave else "gray",
                help="各来源所报的最大值",
            )


def _reached(it: Incident) -> list[str]:
    order = sorted(it.stamps.items(), key=lambda stamp: stamp[1])
    return [f"{status.label} {at.astimezone(BEIJING):%H:%M}" for status, at in order]


def _warning(each: Warned) -> Mark:
    until = each.expires_at.astimezone(BEIJING).strftime("%m-%d %H:%M")
    return Mark(
        f"{each.kind.label}{each.colour.label}预警",
        ":material/thunderstorm:",
        WARNING_COLOUR[each.colour],
        words.plain(f"{each.headline}，{until} 前有效"),
    )
