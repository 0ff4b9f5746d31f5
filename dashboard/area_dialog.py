"""圈选导出: what an officer drew on the map, taken along. The purpose is asked for and logged."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import streamlit as st

from dashboard import desk, downloads, words
from dashboard.scene_feed import sites
from dashboard.seat import Seat, take_seat
from linkage.actions import Action
from linkage.desk import inside
from linkage.errors import NotAllowed
from linkage.figures.area_export import FORMATS, AreaOrder, Inside, Sort, look_inside
from linkage.figures.export import Format
from linkage.plan.plume import CAVEAT
from linkage.record import UNAVAILABLE
from linkage.vocabulary import Severity


def heed(told: Mapping[str, Any]) -> None:
    """What the map's layer last said, if it was that its outline is to be taken along.

    Each message is numbered: an old one, seen again when the page is drawn anew, opens nothing.
    """
    if told.get("outline") and told.get("seq", 0) > st.session_state.get("area_seq", 0):
        st.session_state["area_seq"] = told["seq"]
        _offer(told["outline"], aid=told.get("outline_of") == "plume")


@st.dialog("导出圈选范围", width="medium")
def _offer(raw: Any, *, aid: bool) -> None:
    """`raw`: the outline as the browser sent it, which anybody may have written. `aid`: it is the
    ground downwind, which is a rough aid."""
    seat = take_seat()
    try:
        order = AreaOrder(
            actor=seat.actor,
            why="",
            outline=inside.read_outline(raw),
            aid=aid,
            telemetry=desk.telemetry(),
            sites=sites(desk.settings()),
            agency_names={i: agency.name for i, agency in seat.agencies.items()},
            at=datetime.now(UTC),
        )
        found = look_inside(seat.record, order)
    except NotAllowed as why:
        st.error(words.plain(str(why)), icon=":material/block:")
        return
    except UNAVAILABLE:
        st.error(desk.AWAY, icon=":material/cloud_off:")
        return
    if aid:
        st.warning(f"下风向范围：{CAVEAT}。", icon=":material/warning:")
    st.text(inside.in_words(order.outline))
    st.markdown(words.plain(_summary(found)))
    if found.practised:
        st.warning("范围内有演练数据，文件里逐行注明。", icon=":material/theater_comedy:")
    st.caption("无人口数据：没有接入人口或手机信令，不估算居民人数。")
    _buttons(order, seat)


def _summary(found: Inside) -> str:
    real = found.of(Sort.INCIDENT)
    worst = [row for row in real if row.state.startswith(_WORST)]
    parts = [f"事件 {len(real)} 起（其中严重以上 {len(worst)} 起）"]
    drill = len(found.of(Sort.INCIDENT, exercise=True))
    if drill:
        parts.append(f"演练事件 {drill} 起（不计入）")
    parts += [f"{sort.label} {len(found.of(sort))}" for sort in list(Sort)[1:]]
    return "，".join(parts) + f"；另有待定位事件 {found.unlocated} 起，不知是否在内。{found.cut}"


_WORST = (Severity.EXTREME.label, Severity.SEVERE.label)


def _buttons(order: AreaOrder, seat: Seat) -> None:
    may = seat.may(Action.EXPORT)
    if not may:
        st.warning("当前岗位不能导出，请由值班员、值班长、指挥员或研判员导出。")
    why = st.text_input(
        "用途（必填，写入处置记录）",
        max_chars=200,
        key="area_export_why",
        placeholder="例：通报下风向单位",
        disabled=not may,
    ).strip()
    whole = msgspec.structs.replace(order, why=why)
    with st.container(horizontal=True):
        for form in FORMATS:
            label = "CSV 表格" if form is Format.CSV else "GeoJSON 范围和点位"
            st.link_button(
                f"导出 {label}",
                downloads.address(seat.record, whole, form) if why and may else "about:blank",
                icon=":material/download:",
                disabled=not (why and may),
                key=f"area_export_{form.value}",
            )
    st.caption(
        "不含报警人信息；文字中的电话、证件号和写明的姓名已脱敏，像公式的文字已作无害处理。"
        "链接十分钟内有效，下载时按当时的数据重新清点；每次导出都记下何人、何时、为何、多少行。"
    )
