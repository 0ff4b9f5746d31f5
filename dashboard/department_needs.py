"""部门工作台, needs: ask for what is lacking, answer what others lack, see what comes."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard import words
from dashboard.asked import Form, ask
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.beijing import day_minute
from linkage.exercise.marking import mark
from linkage.response import needs
from linkage.response.feedback import NeedStep, Want, quantity
from linkage.response.need_moves import NEXT
from linkage.response.needs import LONGEST_WHAT
from linkage.response.own_desk import OwnTask
from linkage.response.own_needs import Offered, SharedNeed
from linkage.response_vocabulary import NeedSort, NeedStatus
from linkage.vocabulary import AssignmentStatus

_OPENED = "department_need"
_REFUSAL = "不能提供"


def asking(task: OwnTask, seat: Seat) -> None:
    """For an open task that somebody has signed."""
    if not task.open or task.status in {AssignmentStatus.ISSUED, AssignmentStatus.CANCELLED}:
        return
    form = Form("department_ask", task.id)
    with st.expander("需要支援", icon=":material/campaign:"):
        st.pills(
            "类别",
            list(NeedSort),
            default=NeedSort.EQUIPMENT,
            format_func=lambda sort: sort.label,
            key=form.key("sort"),
        )
        st.text_input(
            "需要什么", key=form.key("what"), max_chars=LONGEST_WHAT, placeholder="如：高喷消防车"
        )
        with st.container(horizontal=True, gap="small"):
            st.number_input(
                "数量",
                min_value=0.0,
                value=None,
                key=form.key("amount"),
                placeholder="不明",
                width=120,
            )
            st.text_input(
                "计量单位", key=form.key("measure"), max_chars=20, placeholder="辆", width=100
            )
        st.button(
            Action.ASK_NEED.label,
            key=f"department_ask_{task.id}",
            icon=":material/campaign:",
            type="primary",
            on_click=_ask,
            args=(task, seat, form),
        )


def _ask(task: OwnTask, seat: Seat, form: Form) -> None:
    want = Want(
        sort=NeedSort(form.value("sort") or NeedSort.EQUIPMENT),
        what=form.text("what"),
        amount=form.value("amount"),
        measure=form.text("measure"),
    )
    do = partial(needs.ask, seat.record, seat.actor, task.incident_id, want, agencies=seat.agencies)
    ask(do, f"已提出需求：{want}。参与处置的单位和指挥中心都能看到。", form)


def listed(found: Sequence[SharedNeed], seat: Seat) -> None:
    """Its own, and those it may answer."""
    if not found:
        return
    own = [one for one in found if one.own]
    others = [one for one in found if not one.own]
    if own:
        st.markdown("##### 本单位的需求")
    for one in own:
        _own(one, seat)
    if others:
        st.markdown("##### 可以支援的需求")
    for one in others:
        _other(one, seat)


def _line(one: SharedNeed) -> None:
    what = f"{mark(exercise=one.exercise)}{one.what}　{quantity(one.amount, one.measure)}"
    with st.container(horizontal=True, gap=6, vertical_alignment="center"):
        st.markdown(f"**{words.plain(what).strip()}**")
        st.badge(one.sort.label, color="gray")
        short = one.short_words
        st.badge(words.plain(short), color="red" if one.uncovered else "green")
    parts = [one.scene.number, one.scene.kind.label, one.scene.place, day_minute(one.asked_at)]
    st.caption(words.plain("　".join(filter(None, [*parts, one.note]))))


def _own(one: SharedNeed, seat: Seat) -> None:
    with st.container(border=True, gap="small", key=f"department_need_{one.id}"):
        _line(one)
        for each in one.given:
            told = (seat.agency(each.agency_id), quantity(each.amount, one.measure), _said(each))
            st.text("　".join(filter(None, told)))
        opened = st.session_state.get(_OPENED) == one.id
        form = Form("department_withdraw", one.id)
        if not opened:
            st.button(
                "不需要了",
                key=f"department_need_open_{one.id}",
                on_click=_toggle,
                args=(one.id,),
            )
            return
        st.text_input("收回的理由", key=form.key("reason"), max_chars=100)
        with st.container(horizontal=True, gap="small"):
            st.button(
                "确认收回需求",
                key=f"department_need_withdraw_{one.id}",
                type="primary",
                on_click=_withdraw,
                args=(one, seat, form),
            )
            st.button("取消", key=f"department_need_shut_{one.id}", on_click=_toggle, args=(None,))


def _withdraw(one: SharedNeed, seat: Seat, form: Form) -> None:
    do = partial(
        needs.withdraw, seat.record, seat.actor, one.id, one.version or 0, form.text("reason")
    )
    ask(do, f"已收回需求：{one.what}，答应供给的单位会收到通知。", form)


def _toggle(need_id: int | None) -> None:
    st.session_state[_OPENED] = need_id


def _said(one: Offered | object) -> str:
    status: NeedStatus = getattr(one, "status")  # noqa: B009
    if status is NeedStatus.ASKED:
        return "待答复"
    return _REFUSAL if status is NeedStatus.WITHDRAWN else status.label


def _other(one: SharedNeed, seat: Seat) -> None:
    """An offer with what is short filled in; then its steps."""
    now = one.yours.status if one.yours else NeedStatus.ASKED
    form = Form("department_offer", one.id)
    with st.container(border=True, gap="small", key=f"department_need_{one.id}"):
        if one.agency_id:
            st.caption(words.plain(f"{seat.agency(one.agency_id)}提出"))
        _line(one)
        if one.yours is not None and now is not NeedStatus.ASKED:
            amount = quantity(one.yours.amount, one.measure)
            st.text("　".join(filter(None, ("本单位", amount, _said(one.yours)))))
        if NeedStatus.OFFERED in NEXT[now]:
            with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
                st.number_input(
                    words.plain(f"可提供（{one.measure}）" if one.measure else "可提供"),
                    min_value=0.0,
                    value=None,
                    key=form.key("amount"),
                    placeholder="未说明",
                    width=140,
                )
                st.text_input("说明", key=form.key("note"), max_chars=200, width=180)
        with st.container(horizontal=True, gap="small"):
            for status in NeedStatus:
                if status in NEXT[now]:
                    _step(status, one, seat, form)


def _step(status: NeedStatus, one: SharedNeed, seat: Seat, form: Form) -> None:
    offers = status is NeedStatus.OFFERED
    st.button(
        _REFUSAL if status is NeedStatus.WITHDRAWN else status.label,
        key=f"department_need_{one.id}_{status}",
        type="primary" if offers else "secondary",
        on_click=_give,
        args=(status, one, seat, form),
    )


def _give(status: NeedStatus, one: SharedNeed, seat: Seat, form: Form) -> None:
    step = NeedStep(
        need_id=one.id,
        status=status,
        amount=form.value("amount") if status is not NeedStatus.WITHDRAWN else None,
        by=seat.actor.name,
        text=form.text("note"),
    )
    agency_id = seat.actor.agency_id or ""
    do = partial(needs.give, seat.record, seat.actor, step, agency_id, agencies=seat.agencies)
    label = _REFUSAL if status is NeedStatus.WITHDRAWN else status.label
    ask(do, f"已答复：{one.what} {label}。", form)
