"""需求: what an incident needs and who gives it, on the incident's own page and for an agency."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard import words
from dashboard.asked import Form, ask
from dashboard.seat import Seat
from dashboard.unfolding import unfolding
from linkage.actions import Action
from linkage.desk.facts import Incident
from linkage.exercise.marking import mark
from linkage.record import BEIJING
from linkage.response import needs
from linkage.response.feedback import NeedStep, Want, quantity
from linkage.response.need_list import Need, Offer, read_needs_of
from linkage.response.need_moves import CLOSED, NEXT
from linkage.response.needs import LONGEST_WHAT
from linkage.response_vocabulary import NeedSort, NeedStatus
from linkage.vocabulary import OPEN_STATUSES, Role

_ICON = {
    NeedSort.PEOPLE: ":material/groups:",
    NeedSort.EQUIPMENT: ":material/fire_truck:",
    NeedSort.SUPPLIES: ":material/inventory_2:",
}
_COLOUR: dict[NeedStatus, words.Colour] = {
    NeedStatus.ASKED: "red",
    NeedStatus.ARRIVED: "green",
    NeedStatus.RELEASED: "gray",
    NeedStatus.WITHDRAWN: "gray",
}


def needs_of_incident(it: Incident, seat: Seat) -> None:
    """Those that are short first; then what is on its way; what is over last."""
    found = sorted(
        read_needs_of(seat.record, it.id),
        key=lambda need: (need.closed_at is not None, not need.uncovered, need.id),
    )
    opened = it.status in OPEN_STATUSES
    if not found and not opened:
        return
    short = sum(need.uncovered for need in found)
    going = sum(need.closed_at is None for need in found)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown("##### 需求")
        if short:
            st.badge(f"缺口 {short}", icon=":material/priority_high:", color="red")
        elif going:
            st.badge(f"进行中 {going}，均有供给", icon=":material/task_alt:", color="green")
    for need in found:
        _need(need, seat)
    if opened and seat.may(Action.ASK_NEED):
        menu = Form("needs_ask", it.id).key("menu")
        form = unfolding("提出需求", icon=":material/add_shopping_cart:", key=menu)
        if form.open:
            with form:
                _ask_form(it, seat)


def _need(need: Need, seat: Seat) -> None:
    chosen = st.session_state.get("needs_opened") == need.id
    with st.container(border=chosen, gap=2, key=f"needs_{need.id}"):
        with st.container(horizontal=True, gap=4, vertical_alignment="center"):
            amount = quantity(need.amount, need.measure)
            drill = mark(exercise=need.exercise)
            st.markdown(words.plain(f"{drill}{need.what}　{amount}".rstrip("　")))
            st.badge(need.sort.label, icon=_ICON[need.sort], color="gray")
            st.badge(need.status.label, color=_COLOUR.get(need.status, "blue"))
            if need.uncovered:
                st.badge(words.plain(need.short), icon=":material/priority_high:", color="red")
            st.button(
                "收起" if chosen else "处理",
                key=f"needs_toggle_{need.id}",
                type="tertiary",
                on_click=_toggle,
                args=(None if chosen else need.id,),
            )
        who = seat.agency(need.agency_id) if need.agency_id else "指挥中心"
        asked = need.asked_at.astimezone(BEIJING)
        told = f"{who} {asked:%H:%M} 提出" + (f"：{need.note}" if need.note else "")
        given = "；".join(_told(one, need, seat) for one in need.offers)
        st.caption(words.plain(f"{told}　{given}" if given else told))
        if chosen:
            _act(need, seat)


def _told(one: Offer, need: Need, seat: Seat) -> str:
    """运输 200个 调运中"""
    parts = (seat.agency(one.agency_id), quantity(one.amount, need.measure), one.unit_id)
    status = one.status.label
    if one.status is NeedStatus.ASKED:
        status = "待答复"
    elif one.status is NeedStatus.WITHDRAWN:
        status = "不能提供"
    return " ".join([*filter(None, parts), status])


def _toggle(need_id: int | None) -> None:
    st.session_state["needs_opened"] = need_id


def _act(need: Need, seat: Seat) -> None:
    """Enter what an agency does about it; take the need back."""
    form = Form("needs", need.id)
    own = seat.actor.role is Role.AGENCY_OFFICER
    may_give = [seat.actor.agency_id] if own and seat.actor.agency_id else list(seat.agencies)
    for one in need.offers:
        if one.agency_id in may_give:
            _steps(one, need, seat, form)
    if need.closed_at is not None:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.selectbox(
            "供给单位", may_give, format_func=seat.agency, key=form.key("agency"), width=140
        )
        st.number_input(
            f"数量{f'（{words.plain(need.measure)}）' if need.measure else ''}",
            min_value=0.0,
            value=None,
            key=form.key("amount"),
            placeholder="未说明",
            width=130,
        )
        st.text_input("说明", key=form.key("note"), max_chars=200)
    with st.container(horizontal=True, gap="small"):
        st.button(
            Action.OFFER_NEED.label,
            key=f"needs_offer_{need.id}",
            icon=":material/handshake:",
            disabled=not seat.may(Action.OFFER_NEED),
            on_click=_offer,
            args=(need, seat, form),
        )
        if not own or need.agency_id == seat.actor.agency_id:
            st.button(
                "收回需求",
                key=f"needs_withdraw_{need.id}",
                icon=":material/undo:",
                disabled=not seat.may(Action.MOVE_NEED),
                help="在“说明”里写明理由；已答应供给的单位会收到通知",
                on_click=_withdraw,
                args=(need, seat, form),
            )


def _steps(one: Offer, need: Need, seat: Seat, form: Form) -> None:
    """What may come next of one agency's share."""
    follows: Sequence[NeedStatus] = [s for s in NeedStatus if s in NEXT[one.status]]
    if need.status in CLOSED or not follows or not seat.may(Action.MOVE_NEED):
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.text(_told(one, need, seat))
        for status in follows:
            st.button(
                "不能提供" if status is NeedStatus.WITHDRAWN else status.label,
                key=f"needs_step_{one.id}_{status}",
                type="tertiary",
                on_click=_step,
                args=(one, need, status, seat, form),
            )


def _step(one: Offer, need: Need, status: NeedStatus, seat: Seat, form: Form) -> None:
    _give(need, one.agency_id, NeedStep(need_id=need.id, status=status), seat, form)


def _offer(need: Need, seat: Seat, form: Form) -> None:
    step = NeedStep(
        need_id=need.id,
        status=NeedStatus.OFFERED,
        amount=form.value("amount"),
        text=form.text("note"),
    )
    _give(need, str(form.value("agency")), step, seat, form)


def _give(need: Need, agency_id: str, step: NeedStep, seat: Seat, form: Form) -> None:
    do = partial(needs.give, seat.record, seat.actor, step, agency_id, agencies=seat.agencies)
    ask(do, f"已登记：{seat.agency(agency_id)} {need.what} {step.status.label}。", form)


def _withdraw(need: Need, seat: Seat, form: Form) -> None:
    do = partial(needs.withdraw, seat.record, seat.actor, need.id, need.version, form.text("note"))
    ask(do, f"已收回需求：{need.what}，有关单位已获通知。", form)


def _ask_form(it: Incident, seat: Seat) -> None:
    form = Form("needs_ask", it.id)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.selectbox(
            "类别", list(NeedSort), format_func=lambda s: s.label, key=form.key("sort"), width=90
        )
        st.text_input("需要什么", key=form.key("what"), max_chars=LONGEST_WHAT)
        st.number_input(
            "数量", min_value=0.0, value=None, key=form.key("amount"), placeholder="不明", width=110
        )
        st.text_input("单位", key=form.key("measure"), max_chars=20, width=70)
    if seat.actor.role is not Role.AGENCY_OFFICER:
        st.pills(
            "向这些单位提出（不选：参与本事件的单位都能看到）",
            list(seat.agencies),
            selection_mode="multi",
            format_func=seat.agency,
            key=form.key("of"),
        )
    st.button(
        Action.ASK_NEED.label,
        key="needs_ask",
        icon=":material/campaign:",
        on_click=_ask,
        args=(it, seat, form),
    )


def _ask(it: Incident, seat: Seat, form: Form) -> None:
    want = Want(
        sort=NeedSort(form.value("sort")),
        what=form.text("what"),
        amount=form.value("amount"),
        measure=form.text("measure"),
    )
    do = partial(
        needs.ask,
        seat.record,
        seat.actor,
        it.id,
        want,
        agencies=seat.agencies,
        of=form.value("of") or (),
    )
    ask(do, f"已提出需求：{want}。", form)
