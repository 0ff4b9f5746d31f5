"""联动处置, how it stands: every agency's state on the incident's own page, alive."""

from collections.abc import Iterable
from datetime import UTC, datetime

import streamlit as st

from dashboard import pressing, pulse_feed, words
from dashboard.asked import waiting
from dashboard.notices import call_list
from dashboard.seat import Seat, reading
from dashboard.task_acts import task_forms
from dashboard.task_rows import Standing, clock_marks, reach_badge, standings, state_mark
from linkage.response.tasks import read_tasks_of
from linkage.vocabulary import AssignmentStatus

# The clocks; an answer is told at once by pulse_feed.py.
LIVE_EVERY = "5s"


@st.fragment(run_every=LIVE_EVERY)
def standing(incident_id: int, seat: Seat) -> None:
    """Every agency's state, the most pressing first; read anew every five seconds."""
    pulse_feed.watch_part("tasks", incident_id)
    if waiting():
        st.rerun(scope="app")
    with reading():
        now = datetime.now(UTC)
        tasks = read_tasks_of(seat.record, incident_id)
        found = standings(tasks, pressing.of_tasks(seat, now, incident_id), now)
        st.caption(tally(found))
        call_list(seat, now, "assign", incident_id)
        chosen = st.session_state.get("assign_task_open")
        with st.container(gap=4, key="assign_tasks"):
            for each in found:
                _row(each, seat, now, opened=each.task.id == chosen)


def tally(found: Iterable[Standing]) -> str:
    """5 个单位：已签收 2，已到场 1，超时 1…"""
    listed = list(found)
    counts = [
        (status.label, sum(each.task.status is status for each in listed))
        for status in AssignmentStatus
    ]
    counts.append(("超时", sum(each.late for each in listed)))
    told = "，".join(f"{label} {number}" for label, number in counts if number)
    return f"{len(listed)} 个单位：{told}"


def _row(each: Standing, seat: Seat, now: datetime, *, opened: bool) -> None:
    task = each.task
    with st.container(border=opened, gap=2, key=f"assign_task_{task.id}"):
        with st.container(horizontal=True, gap=4, vertical_alignment="center"):
            who = f"**{words.plain(seat.agency(task.agency_id))}** {task.role.label}"
            st.markdown(" ".join((who, state_mark(task), *clock_marks(each, now))))
            reach_badge(each.reached(now, pressing.clocks()))
            st.button(
                "收起" if opened else "处理",
                key=f"assign_task_open_{task.id}",
                type="tertiary",
                on_click=_toggle,
                args=(None if opened else task.id,),
            )
        said = "　".join(filter(None, (task.last_feedback, task.needs and f"需求：{task.needs}")))
        if said:
            st.text(said)
        if opened:
            task_forms(task, seat, "assign")


def _toggle(task_id: int | None) -> None:
    st.session_state["assign_task_open"] = task_id
