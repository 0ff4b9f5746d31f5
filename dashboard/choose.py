"""事件处置 with no incident named: search, the worst that are open, the last that ended."""

from collections.abc import Iterable

import streamlit as st

from dashboard import desk, words
from dashboard.cards import SEVERITY_COLOUR, when
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.desk.facts import Incident
from linkage.desk.find import newest_ended, search, worst_open
from linkage.desk.late_casualties import late_counts

LISTED = 20


def choose(asked: str, seat: Seat) -> None:
    if asked:
        st.warning(
            words.plain(f"没有编号为“{asked[:40]}”的事件，请核对编号或在下面查找。"),
            icon=":material/search_off:",
        )
    sought = st.text_input(
        "查找事件",
        key="incident_find",
        placeholder="编号（如 17 或 20261122-0017）、地点、电话、车牌、来报原文",
        icon=":material/search:",
        max_chars=80,
    ).strip()
    if sought:
        _found(sought, seat)
        return
    _told_late(seat)
    now_open, ended = st.tabs(["在办事件", "最近办结"], key="incident_lists")
    with now_open:
        rows = worst_open(seat.record, limit=LISTED + 1)
        if not rows:
            st.info("当前没有在办事件。新的警情到达后会列在这里。", icon=":material/inbox:")
        _list(((it, "") for it in rows[:LISTED]), seat)
        if len(rows) > LISTED:
            st.caption(f"只列出最严重的 {LISTED} 起；其余请查找，或从“态势总览”打开。")
    with ended:
        done = newest_ended(seat.record, limit=LISTED)
        if not done:
            st.info("还没有办结的事件。", icon=":material/inbox:")
        _list(((it, it.disposition.label if it.disposition else "") for it in done), seat)


def _told_late(seat: Seat) -> None:
    """Ended incidents in which people were counted since: the law may want them graded anew."""
    late = late_counts(seat.record, seat.now, desk.grading().regrade.days)
    if not late:
        return
    with st.container(border=True, gap="small", key="incident_told_late"):
        st.markdown(f"**办结后又报伤亡 {len(late)} 起**，请核对是否重启、重新定级")
        for one in late[:LISTED]:
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                st.button(
                    one.number,
                    key=f"incident_late_{one.number}",
                    on_click=open_here,
                    args=(one.number,),
                    icon=":material/gavel:",
                )
                st.text(one.headline, width="stretch", wrap=False)
                st.caption(f"{when(one.told_at, seat.now)}又报")


def _found(sought: str, seat: Seat) -> None:
    answer = search(seat.record, sought, seat.now, limit=LISTED, personal=seat.may(Action.UNMASK))
    if not answer.found:
        st.info(
            "全部记录中没有符合的事件。请换一个词，或少写几个字。", icon=":material/search_off:"
        )
    elif answer.more:
        st.caption(f"只列出最新的 {LISTED} 起，还有更早的；请多写一个词，空格隔开。")
    else:
        st.caption(f"全部记录中找到 {len(answer.found)} 起，最新在前")
    if answer.cut:
        st.warning(
            "检索索引正在建立，很早的事件可能没有查全；请稍后再查。", icon=":material/hourglass:"
        )
    _list(((f.incident, f"按{f.by.label}") for f in answer.found), seat)


def _list(rows: Iterable[tuple[Incident, str]], seat: Seat) -> None:
    for it, why in rows:
        with st.container(
            horizontal=True, gap="small", vertical_alignment="center", key=f"incident_row_{it.id}"
        ):
            st.button(
                it.number,
                key=f"incident_open_{it.number}",
                on_click=open_here,
                args=(it.number,),
                icon=":material/arrow_forward:",
            )
            st.badge(it.severity.label, color=SEVERITY_COLOUR[it.severity], width=72)
            st.badge(it.status.label, color="gray", width=72)
            if it.exercise:
                st.badge("演练", icon=":material/theater_comedy:", color="violet")
            # Many a headline is the place and the kind already.
            kind, place = (x if x not in it.headline else "" for x in (it.kind.label, it.place))
            told = "　".join(filter(None, (kind, it.headline, place)))
            st.text(told, width="stretch", wrap=False)
            whose = f"{it.claimed_by} 接手" if it.claimed_by else "无人接手"
            parts = filter(None, (why, whose, when(it.opened_at, seat.now)))
            st.caption(words.plain(" · ".join(parts)), width=330)


def open_here(number: str) -> None:
    """In a callback: this incident, and an address a colleague can open too."""
    st.query_params["incident"] = number
