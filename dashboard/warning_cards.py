"""预警发布, left: the warnings in force, theirs and ours, what lies inside each, who prepares."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import streamlit as st

from dashboard import desk, words
from dashboard.asked import ask
from dashboard.cards import SEVERITY_COLOUR, WARNING_COLOUR, when
from dashboard.seat import Seat
from dashboard.warning_tables import warning_responses
from linkage.actions import Action
from linkage.beijing import time_near
from linkage.desk import incidents
from linkage.desk.facts import Incident, read_incidents
from linkage.response.orders import Order
from linkage.vocabulary import AssignmentStatus, Disposition
from linkage.warnings.area_incidents import Remaining, prepare_response, remaining, to_close
from linkage.warnings.preparing import Preparation, prepare
from linkage.warnings.standing import (
    Standing,
    ended_since,
    ends,
    inside_each,
    standing,
    upcoming,
)

# Cards drawn at once; the others are a choice away.
CARDS = 20
# What is listed of the incidents inside one warning; the map shows all.
MOST_INSIDE = 20
ENDED_SHOWN = timedelta(hours=24)
MOST_ENDED = 30

Inside = Sequence[tuple[Incident, str]]


def in_force(seat: Seat, now: datetime) -> None:
    """Everything that stands now, the worst first."""
    with seat.record.read() as cx:
        stand, coming = standing(cx, now), upcoming(cx, now)
        closing = to_close(cx, now)
    for it in closing:
        _to_close(it, seat)
    if not stand and not coming:
        st.info("当前没有生效中的预警。", icon=":material/verified:")
    listed = _turned_to([*stand, *coming])
    with seat.record.read() as cx:
        inside = inside_each(cx, (one for one in listed if one.effective_at <= now), now)
    for one in listed:
        _card(one, inside.get(one.id, ()), seat, now)


def _turned_to(found: list[Standing]) -> list[Standing]:
    """The leaf of the list that is open. Redrawn every two seconds, hundreds would stop a desk."""
    leaves = -(-len(found) // CARDS)
    if leaves < 2:
        return found
    leaf: int = st.selectbox(
        f"共 {len(found)} 条，最重的在前",
        range(leaves),
        format_func=lambda n: f"第 {n * CARDS + 1}–{min((n + 1) * CARDS, len(found))} 条",
        key="warnings_leaf",
    )
    return found[leaf * CARDS : (leaf + 1) * CARDS]


def ended(seat: Seat, now: datetime) -> None:
    """What was lifted, replaced or ran out within a day; an all-clear is never left out."""
    with seat.record.read() as cx:
        gone = ended_since(cx, now - ENDED_SHOWN, now)[:MOST_ENDED]
    if not gone:
        st.caption("近 24 小时没有结束的预警。")
    for one in gone:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.badge(one.ended or "已到期", color="green", width=72)
            st.badge(one.colour.label, color=WARNING_COLOUR[one.colour], width=56)
            said = f"{one.title}　{one.headline}　{time_near(ends(one), now)} 结束"
            st.text(said, width="stretch", wrap=False)


def _to_close(it: Incident, seat: Seat) -> None:
    """The warning is over: closing is proposed; a person does it."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.text(f"{it.number} 的预警已结束，建议办结：{it.headline}", width="stretch", wrap=False)
        st.button(
            "办结",
            key=f"warnings_close_{it.id}",
            icon=":material/task_alt:",
            disabled=not seat.may(Action.CLOSE),
            on_click=_close,
            args=(it, seat),
        )
        _opener(it, "打开")


def _close(it: Incident, seat: Seat) -> None:
    do = partial(
        incidents.close,
        seat.record,
        seat.actor,
        it.id,
        it.version,
        Disposition.HANDLED,
        "预警已结束",
        agencies=seat.agencies,
    )
    ask(do, f"{it.number} 已办结。")


def _opener(it: Incident, label: str) -> None:
    if st.button(label, key=f"warnings_open_{label}_{it.id}", type="tertiary"):
        desk.open_incident(it.id)


def _card(one: Standing, inside: Inside, seat: Seat, now: datetime) -> None:
    with st.container(border=True, gap="small", key=f"warnings_card_{one.id}"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.badge(one.colour.label, color=WARNING_COLOUR[one.colour])
            st.markdown(f"**{words.plain(one.title)}**", width="content")
            whose = "本市发布" if one.ours else seat.source(one.source_id)
            st.caption(words.plain(whose), width="content")
            if one.exercise:
                st.badge("演练", icon=":material/theater_comedy:", color="violet")
        st.text(one.headline)
        st.caption(words.plain(f"{one.place or '按图上范围'}　{_span(one, now)}"))
        with st.container(horizontal=True, gap="small"):
            _inside(one, inside, now)
            _preparing(one, seat)
            with st.popover("原文", icon=":material/article:", key=f"warnings_text_{one.id}"):
                st.text(one.text or "没有正文。")
                st.caption(words.plain(f"编号 {one.ref}"))


def _span(one: Standing, now: datetime) -> str:
    """From when until when, how long still, and whether the end is ours."""
    if one.effective_at > now:
        return f"{time_near(one.effective_at, now)} 起生效，到 {time_near(one.expires_at, now)}"
    left = int((one.expires_at - now).total_seconds())
    still = f"{left // 3600} 小时 {left % 3600 // 60} 分" if left >= 60 else f"{left} 秒"
    assumed = "（来报未写失效时间，按 24 小时计）" if one.end_assumed else ""
    return f"到 {time_near(one.expires_at, now)}，还有 {still}{assumed}"


def _inside(one: Standing, inside: Inside, now: datetime) -> None:
    label = f"范围内在办 {len(inside)} 起"
    with st.popover(label, icon=":material/pin_drop:", key=f"warnings_inside_{one.id}"):
        if not inside:
            st.caption("范围内没有在办事件。")
        for it, why in inside[:MOST_INSIDE]:
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                if st.button(it.number, key=f"warnings_in_{one.id}_{it.id}", type="tertiary"):
                    desk.open_incident(it.id)
                st.badge(it.severity.label, color=SEVERITY_COLOUR[it.severity])
                st.text(f"{it.kind.label}　{it.place}", width="stretch", wrap=False)
                st.caption(words.plain(f"{why} · {when(it.opened_at, now)}"), width="content")
        if len(inside) > MOST_INSIDE:
            st.caption(f"只列最重的 {MOST_INSIDE} 起，其余 {len(inside) - MOST_INSIDE} 起见地图。")


def _preparing(one: Standing, seat: Seat) -> None:
    plan = prepare(one.kind, one.colour, responses=warning_responses(), agencies=seat.agencies)
    with seat.record.read() as cx:
        left = remaining(cx, one.incident_id, plan.orders)
        found = read_incidents(cx, [one.incident_id] if one.incident_id else [])
    todo = [*left.new, *(raised.order for raised in left.raised)]
    label = f"响应准备 · 待下达 {len(todo)}" if todo else "响应准备 · 已下达"
    if not plan.orders:
        label = "响应准备 · 无方案"
    with st.popover(label, icon=":material/assignment_add:", key=f"warnings_prepare_{one.id}"):
        st.caption(words.plain(plan.reason))
        for it in found:
            _opener(it, f"预警响应事件 {it.number}")
        if plan.orders:
            _orders(one, plan, left, todo, seat)


def _orders(
    one: Standing, plan: Preparation, left: Remaining, todo: list[Order], seat: Seat
) -> None:
    names = {raised.order.agency_id for raised in left.raised}
    with st.container(gap="xxsmall"):
        for order in plan.orders:
            state = AssignmentStatus.PROPOSED.label if order in todo else "已有任务"
            state = "由告知改为准备" if order.agency_id in names else state
            who = seat.agency(order.agency_id)
            st.text(f"{order.role.label}　{who}　{state}　{order.task}")
    st.button(
        f"下达准备任务（{len(todo)} 个单位）",
        key=f"warnings_prepare_go_{one.id}",
        type="primary",
        disabled=not todo or not seat.may(Action.ISSUE),
        on_click=_go,
        args=(one, plan.orders, seat),
    )
    if one.incident_id is None:
        st.caption("点击后为本预警建立一个预警响应事件，任务和反馈都记在它名下。")


def _go(one: Standing, orders: Sequence[Order], seat: Seat) -> None:
    do = partial(prepare_response, seat.record, seat.actor, one.id, orders, agencies=seat.agencies)
    ask(do, f"“{one.title}”的准备任务已下达，进展见“联动任务”。")
