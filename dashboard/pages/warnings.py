"""预警发布: what is warned of, what lies inside, who prepares; our own warnings to the public."""

from datetime import UTC, datetime

import streamlit as st

from dashboard import desk
from dashboard.asked import answer, waiting
from dashboard.public_form import COMPOSING, VIEW, compose_form
from dashboard.public_rows import published_rows, waiting_rows
from dashboard.seat import Seat, reading, take_seat
from dashboard.warning_cards import ended, in_force
from linkage.vocabulary import Role

# A warning leaves the list within this of its last second.
LIVE_EVERY = "2s"
# What fits on a screen of 900 lines; each side scrolls by itself.
HEIGHT = 770
_VIEWS = {"待办": waiting_rows, COMPOSING: compose_form, "已发布": published_rows}


def page() -> None:
    desk.page_header("预警发布")
    seat = take_seat()
    answer()
    if seat.actor.role is Role.AGENCY_OFFICER:
        st.info("对外预警由指挥中心拟制和审签；本单位的准备任务见“联动任务”。")
        return
    left, right = st.columns([0.42, 0.58], gap="small")
    with left.container(height=HEIGHT, key="warnings_standing", gap="small"):
        _standing(seat)
    with right.container(height=HEIGHT, key="warnings_ours", gap="small"), reading():
        chosen = st.segmented_control(
            "对外预警",
            list(_VIEWS),
            default=next(iter(_VIEWS)),
            required=True,
            key=VIEW,
            label_visibility="collapsed",
        )
        _VIEWS[chosen](seat)


@st.fragment(run_every=LIVE_EVERY)
def _standing(seat: Seat) -> None:
    """Read anew: a warning ends on this list at its second."""
    if waiting():
        st.rerun(scope="app")
    with reading():
        now = datetime.now(UTC)
        st.markdown("##### 生效中的预警")
        in_force(seat, now)
        st.markdown("##### 近 24 小时结束")
        ended(seat, now)


page()
