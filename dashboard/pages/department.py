"""部门工作台: what one department owes, one task in full, and its answers; on a telephone too."""

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from dashboard import (
    department_acts,
    department_case,
    department_needs,
    desk,
    pressing,
    pulse_feed,
)
from dashboard.asked import answer, ask, waiting
from dashboard.department_bell import bell
from dashboard.department_list import past, rows
from dashboard.department_style import style
from dashboard.seat import Seat, reading, take_seat
from dashboard.words import plain
from linkage.actions import Action
from linkage.beijing import clock
from linkage.errors import NotPermitted
from linkage.exercise.marking import mark
from linkage.response.own_case import beside
from linkage.response.own_desk import OwnTask, open_tasks, own_task, pulse
from linkage.response.own_needs import RollCalled, own_needs, own_roll_calls
from linkage.roll_call.answering import note_answer
from linkage.vocabulary import Role

# The clocks of the list; a change is told at once by pulse_feed.py.
WATCH_EVERY = "5s"
_SHOWN = "department_shown"
_REFUSED = "department_refused"


def page() -> None:
    desk.page_header("部门工作台")
    style()
    seat = take_seat()
    with st.container(gap="small"):  # what is said here must not move what stands below
        answer()
    if seat.actor.role is not Role.AGENCY_OFFICER or not seat.actor.agency_id:
        st.info("本页供联动单位的值班员使用；指挥中心请到“联动任务”。", icon=":material/info:")
        return
    with reading():
        _desk(seat)


def _desk(seat: Seat) -> None:
    now = seat.now
    seen = pulse(seat.record, seat.actor, now)
    tasks = open_tasks(seat.record, seat.actor, now, pressing.clocks())
    asked = _asked(seat)
    shown = asked or _usual(tasks)
    with st.container(gap="small"):
        _roll_calls(seat)
    left, right = st.columns([0.38, 0.62], gap="medium")
    with left, st.container(key=f"department_list_{'behind' if asked else 'front'}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(seat.agency(seat.actor.agency_id or ''))}**")
            bell()
        _list(seat, tasks, shown.id if shown else None, seen)
        with st.container(gap="small"):
            department_needs.listed(own_needs(seat.record, seat.actor), seat)
        past(seat)
    with right, st.container(key=f"department_case_{'chosen' if asked else 'default'}"):
        if shown is not None:
            _back(sum(task.waits and task.id != shown.id for task in tasks))
            _case(shown, seat)


def _asked(seat: Seat) -> OwnTask | None:
    """The task that the address names; another's is refused, once for each that is tried."""
    named = st.query_params.get("task", "").strip()
    if not named or st.session_state.get(_REFUSED) == named:
        if named:
            _no_such(named)
        return None
    number = int(named) if named.isascii() and named.isdigit() and len(named) <= 18 else 0
    try:
        return own_task(seat.record, seat.actor, number, seat.now, pressing.clocks())
    except NotPermitted:
        st.session_state[_REFUSED] = named
        _no_such(named)
        return None


def _no_such(named: str) -> None:
    st.error(plain(f"本单位没有编号为“{named[:20]}”的任务，不能查看。"), icon=":material/lock:")


def _usual(tasks: tuple[OwnTask, ...]) -> OwnTask | None:
    """Where nobody has chosen: the most pressing, and then the same one as long as it is open, so
    that nothing is exchanged under the hands of who writes."""
    kept = next((task for task in tasks if task.id == st.session_state.get(_SHOWN)), None)
    found = kept or (tasks[0] if tasks else None)
    st.session_state[_SHOWN] = found.id if found else None
    return found


@st.fragment(run_every=WATCH_EVERY)
def _list(
    seat: Seat, tasks: tuple[OwnTask, ...], chosen: int | None, seen: tuple[int, ...]
) -> None:
    """The list, its clocks true to five seconds; the page runs anew when anything has changed."""
    now = datetime.now(UTC)
    pulse_feed.watch(None)
    with reading():
        if waiting() or pulse(seat.record, seat.actor, now) != seen:
            st.rerun(scope="app")
    if not tasks:
        st.success(
            plain(f"没有待办任务。{clock(now)} 仍在接收；有新任务会在这里出现并提示。"),
            icon=":material/task_alt:",
        )
        return
    late = sum(task.is_late(now) for task in tasks if not task.exercise)
    with st.container(horizontal=True, gap=6):
        st.badge(f"待办 {len(tasks)}", icon=":material/assignment:", color="blue")
        st.badge(f"超时 {late}", icon=":material/alarm:", color="red" if late else "green")
    pressed = rows(tasks, chosen, now)
    if pressed is not None:
        st.query_params["task"] = str(pressed)
        st.rerun(scope="app")


def _back(others: int) -> None:
    """On a telephone the list is behind the task: what came meanwhile is told here."""
    label = f"返回列表（另有 {others} 项待答复）" if others else "返回列表"
    with st.container(key="department_back"):
        st.button(
            label, key="department_back_button", icon=":material/arrow_back:", on_click=_leave
        )


def _case(task: OwnTask, seat: Seat) -> None:
    if task.exercise:
        st.info("演练任务：按演练处置，不计入统计。", icon=":material/theater_comedy:")
    told = beside(seat.record, seat.actor, task, desk.knowledge(), dict(seat.agencies))
    with st.container(gap="small"):
        department_case.head(task)
    with st.container(gap="small"):
        department_case.news(task)
    with st.container(gap="small"):
        department_case.order(task)
    with st.container(gap="small"):
        department_case.safety(told.sheets)
    with st.container(gap="small"):
        if task.open:
            department_case.scene(task, told)
            department_case.together(task, told, seat)
    with st.container(gap="small"):
        department_needs.asking(task, seat)
        department_case.answered(task, seat)
    department_acts.bar(task, seat)


def _leave() -> None:
    st.query_params.pop("task", None)


def _roll_calls(seat: Seat) -> None:
    for one in own_roll_calls(seat.record, seat.actor, seat.now):
        if one.answered_at is None:
            _roll_call(one, seat)


def _roll_call(one: RollCalled, seat: Seat) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        late = "（已过时限）" if seat.now > one.due_at else ""
        drill = mark(exercise=one.exercise)
        st.warning(
            f"{drill}指挥中心点名，应答时限{late} {clock(one.due_at)}",
            icon=":material/record_voice_over:",
        )
        agency_id = seat.actor.agency_id or ""
        do = partial(
            note_answer, seat.record, seat.actor, one.id, agency_id, seat.actor.name, "在岗"
        )
        st.button(
            Action.ANSWER_ROLL.label,
            key=f"department_roll_{one.id}",
            icon=":material/how_to_reg:",
            type="primary",
            on_click=ask,
            args=(do, "已应答点名。"),
        )


page()
