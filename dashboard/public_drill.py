"""预警发布, the form: practice or earnest."""

import streamlit as st

from dashboard import words
from dashboard.asked import Form
from dashboard.seat import Seat
from linkage.desk.facts import Incident
from linkage.exercise.exercises import read_running
from linkage.warnings.public import PublicWarning

_LABEL = "演练（报文标明 Exercise，文字前加【演练】）"


def practice_or_earnest(
    form: Form, base: PublicWarning | None, it: Incident | None, seat: Seat
) -> bool:
    """As what it goes on with, or as the incident that it is for. With neither the officer
    chooses; while an exercise runs, practice stands there first, and says so."""
    given = base.exercise if base else it.exercise if it else None
    if given is not None:
        return st.checkbox(_LABEL, given, disabled=True, key=form.key(f"exercise_{given}"))
    now_on = read_running(seat.record)
    key = form.key("exercise_chosen")
    # Once, when the form opens: an exercise that begins meanwhile must not turn a real warning
    # into practice under the officer's hand.
    if key not in st.session_state:
        st.session_state[key] = now_on is not None
    chosen = st.checkbox(_LABEL, key=key)
    if now_on is not None:
        name = words.plain(now_on.name)
        if chosen:
            st.caption(f"演练“{name}”正在进行，已先选为演练；要发真实预警，请取消勾选。")
        else:
            st.warning(
                f"演练“{name}”正在进行，而这是对社会公众的真实预警，请确认。",
                icon=":material/priority_high:",
            )
    return chosen
