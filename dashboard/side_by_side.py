"""Two incidents side by side: the same lines in the same places, and where they differ."""

from datetime import datetime
from typing import NamedTuple

import pandas as pd
import streamlit as st

from dashboard import maps, words
from dashboard.cards import counted, when
from dashboard.seat import Seat
from linkage.areas import AREAS
from linkage.correlation.card_words import metres as said_in_metres
from linkage.desk.facts import Incident
from linkage.response.nearest import metres
from linkage.vocabulary import RESPONSE_LEVELS, PositionNote

MAP_HEIGHT = 180


class Pair(NamedTuple):
    """One line. Where a side says nothing, there is nothing to differ."""

    label: str
    one: str
    other: str

    @property
    def differs(self) -> bool:
        return bool(self.one and self.other) and self.one != self.other


def pairs(one: Incident, other: Incident, seat: Seat, now: datetime) -> list[Pair]:
    sides = [_lines(it, seat, now) for it in (one, other)]
    found = [Pair(label, sides[0][label], sides[1][label]) for label in sides[0]]
    return [pair for pair in found if pair.one or pair.other]


def _lines(it: Incident, seat: Seat, now: datetime) -> dict[str, str]:
    level = f"{RESPONSE_LEVELS[it.response_level]}响应" if it.response_level is not None else ""
    note = "" if it.position_note is PositionNote.EXACT else f"（{it.position_note.label}）"
    return {
        "主题": it.headline,
        "类别": it.kind.label,
        "程度": it.severity.label,
        "地点": f"{it.place or '未报地点'}{note}",
        "区县": AREAS.get(it.area_code or "", "市域外或未知"),
        "发生": when(it.occurred_at, now),
        "人员": counted(it.casualties) or "未报",
        "来报": f"{'、'.join(seat.source(s) for s in it.source_ids)}，共 {it.alert_count} 条",
        "状态": it.status.label,
        "级别": "、".join(filter(None, (it.grade.label if it.grade else "", level))),
        "接手": it.claimed_by or "",
    }


def side_by_side(titles: tuple[str, str], lines: list[Pair], alt: str) -> None:
    """A table; a line that differs is marked by a sign and by its ground."""
    rows = [
        (
            words.plain(pair.label),
            _cell(pair.one, differs=pair.differs),
            "≠" if pair.differs else ("＝" if pair.one == pair.other else ""),
            _cell(pair.other, differs=pair.differs),
        )
        for pair in lines
    ]
    columns = ["项目", words.plain(titles[0]), "异同", words.plain(titles[1])]
    st.table(pd.DataFrame(rows, columns=columns), hide_index=True, border="horizontal", alt=alt)


def _cell(text: str, *, differs: bool) -> str:
    said = words.plain(" ".join(text.split()))
    return f":orange-background[{said}]" if differs and said else said or "—"


def both_on_map(one: Incident, other: Incident, key: str) -> None:
    """Where the two are, and how far apart."""
    if one.point is None or other.point is None:
        st.caption("至少一个事件没有坐标，无法在地图上比较。")
        return
    apart = said_in_metres(metres(one.point, other.point) ** 2)
    st.caption(f"{apart}：红点为本事件，蓝点为另一事件")
    spot = f"{one.point.lon:.5f}_{one.point.lat:.5f}_{other.point.lon:.5f}_{other.point.lat:.5f}"
    maps.show(maps.pair(one.point, other.point), f"{key}_{spot}", MAP_HEIGHT)
