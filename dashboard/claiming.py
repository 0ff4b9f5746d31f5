"""事件处置, in whose hands: claim it, give it back, or, for who leads the shift, take it over."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard import words
from dashboard.asked import Form, ask
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.desk import incidents
from linkage.desk.facts import Incident


def claim(it: Incident, seat: Seat) -> None:
    """One control: what may be done next about who has the incident."""
    if it.claimed_by == str(seat.actor):
        _with_reason(it, seat, Action.RELEASE, incidents.release)
    elif it.claimed_by and seat.may(Action.TAKE_OVER):
        _with_reason(it, seat, Action.TAKE_OVER, incidents.take_over)
    else:
        _claim(it, seat)


def _claim(it: Incident, seat: Seat) -> None:
    st.button(
        Action.CLAIM.label,
        key="incident_claim",
        icon=":material/front_hand:",
        type="primary" if it.claimed_by is None else "secondary",
        disabled=it.claimed_by is not None or not seat.may(Action.CLAIM),
        help=words.plain(f"已由{it.claimed_by}接手") if it.claimed_by else None,
        on_click=ask,
        args=(partial(incidents.claim, seat.record, seat.actor, it.id), f"{it.number} 已接手。"),
    )


def _with_reason(it: Incident, seat: Seat, action: Action, act: Callable[..., int]) -> None:
    form = Form(f"incident_{action.value}", it.id)
    with st.popover(action.label, icon=":material/swap_horiz:", key=form.key("menu")):
        st.text(f"已由{it.claimed_by}接手")
        st.text_input(f"{action.label}理由（必填）", key=form.key("reason"), max_chars=300)
        st.button(
            f"确认{action.label}",
            key=f"incident_{action.value}",
            type="primary",
            disabled=not seat.may(action),
            on_click=_confirm,
            args=(it, seat, action, act, form),
        )


def _confirm(it: Incident, seat: Seat, action: Action, act: Callable[..., int], form: Form) -> None:
    do = partial(act, seat.record, seat.actor, it.id, it.version, form.text("reason"))
    ask(do, f"{it.number} 已{action.label}。", form)
