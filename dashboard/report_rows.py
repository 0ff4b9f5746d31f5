"""信息报送, the list: one report as a row with its three limits in words, colour and icon."""

from datetime import datetime

import streamlit as st

from dashboard import words
from linkage.exercise.marking import marked
from linkage.personal import masked
from linkage.record import BEIJING
from linkage.reporting.lateness import State, Timer, timers
from linkage.reporting.reports import Report
from linkage.response_vocabulary import ReportStatus

_LOOK: dict[State, tuple[str, words.Colour]] = {
    "done": (":material/check_circle:", "green"),
    "late_done": (":material/history:", "orange"),
    "running": (":material/timer:", "blue"),
    "near": (":material/hourglass_bottom:", "orange"),
    "late": (":material/alarm:", "red"),
}
STATUS: dict[ReportStatus, tuple[str, words.Colour]] = {
    ReportStatus.DRAFT: (":material/edit_note:", "gray"),
    ReportStatus.PENDING: (":material/approval:", "blue"),
    ReportStatus.RETURNED: (":material/undo:", "orange"),
    ReportStatus.SIGNED: (":material/outgoing_mail:", "blue"),
    ReportStatus.SENT: (":material/hourglass_top:", "blue"),
    ReportStatus.RECEIVED: (":material/mark_email_read:", "green"),
    ReportStatus.REFUSED: (":material/assignment_return:", "red"),
    ReportStatus.WITHDRAWN: (":material/cancel:", "gray"),
}


def report_row(one: Report, now: datetime, *, chosen: bool) -> bool:
    """Drawn; whether it was clicked."""
    with st.container(border=True, gap="small", key=f"reports_row_{one.id}"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            clicked = st.button(
                words.plain(f"{one.name}　{one.incident_number or _day(one)}"),
                key=f"reports_open_{one.id}",
                type="primary" if chosen else "secondary",
                icon=":material/theater_comedy:" if one.exercise else ":material/description:",
                help="演练" if one.exercise else None,
            )
            status_badge(one)
            headline = masked(one.incident_headline or "")
            st.text(marked(headline, exercise=one.exercise), wrap=False)
        timer_badges(one, now)
    return clicked


def _day(one: Report) -> str:
    """Of a report of each day: 11月22日."""
    here = (one.written_due_at or one.written_at).astimezone(BEIJING)
    return f"{here.month}月{here.day}日"


def status_badge(one: Report) -> None:
    icon, colour = STATUS[one.status]
    st.badge(one.status.label, icon=icon, color=colour)


def timer_badges(one: Report, now: datetime) -> None:
    with st.container(horizontal=True, gap="small"):
        for timer in timers(one, now):
            _timer(timer)


def _timer(timer: Timer) -> None:
    icon, colour = _LOOK[timer.state]
    st.badge(f"{timer.name} {timer.words}", icon=icon, color=colour)
