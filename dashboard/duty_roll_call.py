"""值班, the weekly roll call: who answered and how fast, whom to telephone, past weeks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.asked import Form, ask, waiting
from dashboard.seat import Seat, reading
from linkage.actions import Action
from linkage.beijing import BEIJING
from linkage.duty.rules import WEEKDAYS, DutyRules
from linkage.roll_call import answering, calling
from linkage.roll_call.rates import RollCall, by_party, last_calls

LIVE_EVERY = "2s"
_HEIGHT = 430


def roll_call(seat: Seat, rules: DutyRules) -> None:
    times = rules.roll_call
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            "立即点名",
            key="duty_call",
            icon=":material/campaign:",
            type="primary",
            disabled=not seat.may(Action.CALL_ROLL),
            on_click=ask,
            args=(
                partial(calling.call, seat.record, seat.actor, seat.agencies, times),
                f"已向 {len(seat.agencies)} 家单位点名，{times.answer_min} 分钟内应答。",
            ),
        )
        st.caption(
            f"每{WEEKDAYS[times.weekday - 1]} {times.at} 自动点名，{times.answer_min} 分钟内应答；"
            "过时未应答的改用短信、政务微信，并列入电话名单。"
        )
    _answers(seat)


@st.fragment(run_every=LIVE_EVERY)
def _answers(seat: Seat) -> None:
    """Read anew every two seconds: an answer shows without a click."""
    if waiting():
        st.rerun(scope="app")
    with reading():
        with seat.record.read() as cx:
            calls = last_calls(cx)
        if not calls:
            st.info("还没有点过名。", icon=":material/record_voice_over:")
            return
        left, right = st.columns([1.1, 1], gap="medium")
        with left:
            _last(calls[0], seat)
        with right:
            _weeks(calls, seat)


def _last(call: RollCall, seat: Seat) -> None:
    now = datetime.now(UTC)
    silent = [one.agency_id for one in call.answers if one.answered_at is None]
    at = call.called_at.astimezone(BEIJING)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(f"**{at:%m-%d %H:%M} 点名**")
        count = f"按时 {call.in_time} / {len(call.answers)}"
        st.badge(count, icon=":material/how_to_reg:", color="green" if not silent else "blue")
        if silent:
            late = now > call.due_at
            text = f"未应答 {len(silent)}"
            st.badge(text, icon=":material/person_off:", color="red" if late else "gray")
    if silent:
        _by_telephone(call, silent, seat)
    order = {agency_id: place for place, agency_id in enumerate(seat.agencies)}
    answers = sorted(
        call.answers,
        key=lambda one: (one.answered_at is not None, order.get(one.agency_id, len(order))),
    )
    rows = [
        (
            seat.agency(one.agency_id),
            _took(call.seconds(one)) or ("未应答" if now > call.due_at else "等待应答"),
            one.means.label if one.means else "",
            one.answered_by or "",
            one.note or "",
        )
        for one in answers
    ]
    st.dataframe(
        pd.DataFrame(rows, columns=["单位", "用时", "方式", "应答人", "备注"]),
        hide_index=True,
        height=_HEIGHT,
        key="duty_roll_answers",
        alt="本次点名应答情况，未应答的在前",
    )


def _by_telephone(call: RollCall, silent: Sequence[str], seat: Seat) -> None:
    form = Form("duty_roll_note", call.id)
    with st.popover("录入电话应答", icon=":material/call:", key=form.key("menu")):
        st.selectbox(
            "单位", silent, format_func=lambda i: _numbered(i, seat), key=form.key("agency")
        )
        st.text_input("对方接听人（岗位或工号）", key=form.key("by"), max_chars=40)
        st.text_input("备注", key=form.key("note"), max_chars=100)
        st.button(
            "录入",
            key="duty_roll_note_save",
            type="primary",
            disabled=not seat.may(Action.ANSWER_ROLL),
            on_click=_note,
            args=(call, seat, form),
        )


def _numbered(agency_id: str, seat: Seat) -> str:
    agency = seat.agencies.get(agency_id)
    number = agency.telephone if agency and agency.telephone else "值班电话未登记"
    return f"{seat.agency(agency_id)}　{number}"


def _note(call: RollCall, seat: Seat, form: Form) -> None:
    agency_id, by, note = form.value("agency"), form.text("by"), form.text("note")
    do = partial(answering.note_answer, seat.record, seat.actor, call.id, agency_id, by, note)
    ask(do, f"已录入{seat.agency(agency_id)}的电话应答。", form)


def _weeks(calls: Sequence[RollCall], seat: Seat) -> None:
    now = datetime.now(UTC)
    over = [call for call in calls if call.due_at < now or len(call.answered) == len(call.answers)]
    st.markdown(f"**最近 {len(over)} 次**")
    if not over:
        st.caption("本次时限未到，到时计入。")
        return
    found = by_party(over)
    rows = []
    for agency_id in seat.agencies:
        one = found.get(agency_id)
        if one is not None:
            marks = [_mark(call, agency_id) for call in over]
            rate = f"{one.in_time / one.called:.0%}"
            rows.append((seat.agency(agency_id), rate, _took(one.mean_s) or "—", *marks))
    days = [f"{call.called_at.astimezone(BEIJING):%m-%d %H:%M}" for call in over]
    st.dataframe(
        pd.DataFrame(rows, columns=["单位", "按时率", "平均用时", *days]),
        hide_index=True,
        height=_HEIGHT + 40,
        key="duty_roll_weeks",
        alt="各单位最近几次点名的应答率和用时",
    )


def _mark(call: RollCall, agency_id: str) -> str:
    one = next((a for a in call.answers if a.agency_id == agency_id), None)
    if one is None:
        return ""
    if one.answered_at is None:
        return "✗"
    return "✓" if one.answered_at <= call.due_at else "迟"


def _took(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}分{rest:02d}秒" if minutes else f"{rest}秒"
