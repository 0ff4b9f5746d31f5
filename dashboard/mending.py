"""接入状态, 拒收报文: what was refused, by reason; look at one, or deal with all of a reason."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import msgspec
import streamlit as st

from dashboard.asked import Form, ask
from dashboard.errand_watch import panel, send
from dashboard.mending_one import aside_form, one_message, take_up_button
from dashboard.seat import Seat, reading
from dashboard.words import plain
from linkage.actions import Action
from linkage.figures.refusals import (
    MOST_OF_ONE,
    Group,
    Refusal,
    RefusalState,
    Sieve,
    groups,
    refusal_ids,
    refusals,
)
from linkage.intake.errands import MOST_AT_ONCE, ErrandKind
from linkage.record import BEIJING

PER_PAGE = 10
_FROM_LIST = "intake_from_list"
_HOUR = timedelta(hours=1)
_PERIODS = {"近 1 小时": _HOUR, "近 24 小时": 24 * _HOUR, "近 7 天": 168 * _HOUR, "全部": None}
_GROUP = "intake_group"


def is_asked_for() -> bool:
    """The address names a message, and nobody came to it from the list: it stands first then."""
    return "message" in st.query_params and not st.session_state.get(_FROM_LIST)


def refused(seat: Seat) -> None:
    """Three depths: reasons, the messages of a reason, one message (`?message=` in the address)."""
    asked = st.query_params.get("message", "")
    if asked.isascii() and asked.isdigit():
        with reading():
            one_message(int(asked), seat)
        return
    sieve = _filters(seat)
    with reading():
        group: Group | None = st.session_state.get(_GROUP)
        if group is not None:
            _of_one_reason(sieve, group, seat)
        elif st.session_state.get("intake_each"):
            _messages(sieve, seat)
        else:
            _reasons(sieve, seat)


def _filters(seat: Seat) -> Sieve:
    st.markdown("#### 拒收报文")
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        source = st.selectbox(
            "接入系统",
            ["", *seat.sources],
            format_func=lambda i: seat.source(i) if i else "全部系统",
            key="intake_source",
            width=200,
            on_change=_first_page,
        )
        state = st.segmented_control(
            "状态",
            list(RefusalState),
            default=RefusalState.OPEN,
            required=True,
            format_func=lambda s: s.label,
            key="intake_state",
            on_change=_first_page,
        )
        period = st.selectbox(
            "期间", list(_PERIODS), index=3, key="intake_period", width=140, on_change=_first_page
        )
        st.toggle("逐条列出", key="intake_each", on_change=_first_page)
    length = _PERIODS[period or "全部"]
    return Sieve(
        state=state or RefusalState.OPEN,
        source_id=source or None,
        since=seat.now - length if length else None,
    )


def _first_page() -> None:
    st.session_state["intake_page"] = 1
    st.session_state.pop(_GROUP, None)


def _reasons(sieve: Sieve, seat: Seat) -> None:
    with seat.record.read() as cx:
        found = groups(cx, sieve)
    if not found:
        _nothing(sieve)
        return
    total = sum(group.count for group in found)
    start = _page(len(found))
    st.caption(f"共 {total:,} 条，{len(found):,} 种原因，多的在前；原始字节完整保留，不会丢失。")
    for group in found[start : start + PER_PAGE]:
        with _row(f"intake_row_{group.newest_id}"):
            st.button(
                f"{group.count:,} 条",
                key=f"intake_open_{group.newest_id}",
                icon=":material/arrow_forward:",
                on_click=_open,
                args=(group,),
                width=130,
            )
            _whose(group.source_id, seat)
            st.text(group.reason, width="stretch", wrap=False)
            st.caption(f"最近 {group.newest_at.astimezone(BEIJING):%m-%d %H:%M:%S}", width=150)


def _open(group: Group) -> None:
    """In a callback: the messages of the reason, or the only one."""
    if group.count == 1:
        _show(group.newest_id)
    else:
        st.session_state[_GROUP] = group
        st.session_state["intake_page"] = 1


def _of_one_reason(sieve: Sieve, group: Group, seat: Seat) -> None:
    st.button("全部原因", key="intake_back", icon=":material/arrow_back:", on_click=_first_page)
    own = msgspec.structs.replace(sieve, source_id=group.source_id, pattern=group.pattern)
    st.text(f"{seat.source(group.source_id)}　{group.reason}")
    with seat.record.read() as cx:
        ids = refusal_ids(cx, own, MOST_AT_ONCE)
    if not ids:
        _nothing(own)
        panel(f"group:{group.newest_id}", seat)
        return
    _bulk(ids, group, own.state, seat)
    panel(f"group:{group.newest_id}", seat)
    _messages(own, seat)


def _bulk(ids: Sequence[int], group: Group, state: RefusalState, seat: Seat) -> None:
    """All of a reason at once: tried first, then done; or left at that."""
    scope = f"group:{group.newest_id}"
    with st.container(horizontal=True, gap="small", key="intake_bulk"):
        if state is RefusalState.OPEN:
            st.button(
                f"试读这 {len(ids):,} 条",
                key="intake_preview_all",
                icon=":material/visibility:",
                disabled=not seat.may(Action.REDRIVE),
                help="按接入进程现行的 sources.toml 读一遍，看会成为什么；不写入",
                on_click=ask,
                args=(
                    partial(send, seat, ErrandKind.PREVIEW, scope, {"ids": list(ids)}),
                    "已请接入进程试读。",
                ),
            )
            aside_form(ids, seat, Form("intake_aside", group.newest_id))
        elif state is RefusalState.ASIDE:
            take_up_button(ids, seat)


def _messages(sieve: Sieve, seat: Seat) -> None:
    page = int(st.session_state.get("intake_page", 1))
    with seat.record.read() as cx:
        count, found = refusals(cx, sieve, page=page - 1, size=PER_PAGE)
    if not count:
        _nothing(sieve)
        return
    _page(count)
    more = "以上" if sieve.pattern is not None and count == MOST_OF_ONE else ""
    st.caption(f"共 {count:,} 条{more}，最新在前。")
    for one in found:
        _line(one, seat)


def _line(one: Refusal, seat: Seat) -> None:
    with _row(f"intake_line_{one.id}"):
        st.button(
            str(one.id),
            key=f"intake_message_{one.id}",
            icon=":material/arrow_forward:",
            on_click=_show,
            args=(one.id,),
            width=130,
        )
        _whose(one.source_id, seat)
        st.text(one.note or one.reason, width="stretch", wrap=False)
        st.caption(f"{one.received_at.astimezone(BEIJING):%m-%d %H:%M:%S}", width=150)


def _show(number: int) -> None:
    st.query_params["message"] = str(number)
    st.session_state[_FROM_LIST] = True


def _row(key: str) -> st.delta_generator.DeltaGenerator:
    return st.container(horizontal=True, gap="small", vertical_alignment="center", key=key)


def _whose(source_id: str, seat: Seat) -> None:
    st.badge(plain(seat.source(source_id)), color="gray", width=130)


def _page(count: int) -> int:
    """The choice of a page; gives the number of its first row."""
    pages = max(1, -(-count // PER_PAGE))
    st.session_state["intake_page"] = min(int(st.session_state.get("intake_page", 1)), pages)
    if pages == 1:
        return 0
    page = st.number_input(f"页（共 {pages} 页）", 1, pages, key="intake_page", width=140)
    return (int(page) - 1) * PER_PAGE


def _nothing(sieve: Sieve) -> None:
    if sieve.state is RefusalState.OPEN:
        st.success("没有待处理的拒收报文。", icon=":material/check_circle:")
    else:
        st.info(f"这个范围内没有“{sieve.state.label}”的报文。", icon=":material/inbox:")
