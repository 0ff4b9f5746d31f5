"""个人信息 on a page: covered until who may see it asks, then open for some minutes."""

from collections.abc import MutableMapping
from datetime import datetime, timedelta

import streamlit as st

from dashboard import desk
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.desk.looking import look

# Long enough to call somebody back; an open screen is not left so.
OPEN_FOR = timedelta(minutes=10)
_KEPT = "looking_at_until"


def is_open(seat: Seat, of: str) -> bool:
    """Whether this tab shows `of` uncovered, to whom may see it."""
    until = _kept().get(of)
    return until is not None and seat.now < until and seat.may(Action.UNMASK)


def offer(seat: Seat, of: str, label: str, what: str, incident_id: int | None = None) -> None:
    """The button that uncovers `of`, or covers it again. `what`: as the log tells of it."""
    if not seat.may(Action.UNMASK):
        return
    if is_open(seat, of):
        st.button(
            "重新遮盖",
            key=f"cover_{of}",
            icon=":material/visibility_off:",
            on_click=_cover,
            args=(of,),
        )
        return
    pressed = st.button(
        label,
        key=f"uncover_{of}",
        icon=":material/visibility:",
        help=f"{OPEN_FOR.seconds // 60} 分钟后自动遮盖；每次查看都记入日志",
    )
    if pressed and desk.attempt(
        lambda: look(seat.record, seat.actor, what, incident_id=incident_id)
    ):
        _kept()[of] = seat.now + OPEN_FOR
        st.rerun()


def _cover(of: str) -> None:
    _kept().pop(of, None)


def _kept() -> MutableMapping[str, datetime]:
    kept: MutableMapping[str, datetime] = st.session_state.setdefault(_KEPT, {})
    return kept
