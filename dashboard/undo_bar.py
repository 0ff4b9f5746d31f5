"""事件处置, 撤回: what this officer did last, and a click that takes it back, for some minutes."""

from datetime import datetime
from functools import partial

import streamlit as st

from dashboard.asked import ask
from dashboard.cards import when
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.desk.queries import Case
from linkage.desk.take_back import last_step, take_back


def undo_bar(case: Case, seat: Seat, now: datetime) -> None:
    """Nothing where there is nothing to take back."""
    step = last_step(case, str(seat.actor), now)
    by_link = step is not None and step.link_id is not None
    if step is None or not seat.may(Action.UNDO if by_link else Action.TAKE_BACK):
        return
    st.button(
        f"撤回“{step.action.label}”",
        key="incident_take_back",
        icon=":material/undo:",
        type="tertiary",
        help=f"{when(step.line.at, now)}由您操作；五分钟内可以撤回，撤回也记入处置记录",
        on_click=ask,
        args=(
            partial(
                take_back, seat.record, seat.actor, case.incident.id, step, agencies=seat.agencies
            ),
            f"已撤回“{step.action.label}”。",
        ),
    )
