"""待命单位, where the level that runs wants them at work: one click gives them their orders."""

from collections.abc import Iterable
from functools import partial

import streamlit as st

from dashboard import words
from dashboard.asked import ask
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.plan.run_cards import Proposal
from linkage.response import standby
from linkage.response.tasks import Task
from linkage.vocabulary import RESPONSE_LEVELS


def stand_by(incident_id: int, tasks: Iterable[Task], proposal: Proposal, seat: Seat) -> None:
    """Nothing where nobody waits for more."""
    called = standby.to_call_up(tasks, proposal)
    if not called:
        return
    names = "、".join(seat.agency(one.order.agency_id) for one in called)
    level = RESPONSE_LEVELS.get(proposal.response_level or 0, "")
    st.warning(
        words.plain(f"{level}按方案应参与处置、现仅告知待命：{names}"), icon=":material/pending:"
    )
    st.button(
        f"启用待命单位（{len(called)} 个）",
        key="assign_call_up",
        icon=":material/send:",
        disabled=not seat.may(Action.REISSUE),
        on_click=_call_up,
        args=(incident_id, called, names, seat),
    )


def _call_up(incident_id: int, called: list[standby.CalledUp], names: str, seat: Seat) -> None:
    do = partial(
        standby.call_up, seat.record, seat.actor, incident_id, called, agencies=seat.agencies
    )
    ask(do, f"已向待命单位下达处置任务：{names}。")
