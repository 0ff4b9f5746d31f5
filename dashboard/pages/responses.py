"""联动任务: who still owes us an answer, in every incident; the most pressing first."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from dashboard import desk, pressing, words
from dashboard.asked import answer, waiting
from dashboard.notices import call_list
from dashboard.prints import orders_menu
from dashboard.seat import Seat, reading, take_seat
from dashboard.task_acts import chase, task_forms
from dashboard.task_rows import (
    Standing,
    clock_marks,
    passed,
    reach_badge,
    standings,
    state_mark,
)
from linkage.actions import Action
from linkage.exercise.marking import MARK
from linkage.record import BEIJING
from linkage.response.tasks import ENDED, ended_tasks, live_tasks
from linkage.vocabulary import AssignmentStatus

LIVE_EVERY = "1s"
# What fits on a screen of 900 lines.
ROWS = 13
_WIDTHS = [2.3, 1.15, 0.85, 1.3, 3.9, 0.6]
_PLACE = "responses_place"


def page() -> None:
    desk.page_header("联动任务")
    seat = take_seat()
    answer()
    pressing.listed()
    live, history = st.tabs(["进行中", "已结束"], key="responses_tabs")
    with live:
        _filters(seat)
        _live(seat)
    with history, reading():
        _history(seat)


def _filters(seat: Seat) -> None:
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        st.selectbox(
            "单位",
            [None, *seat.agencies],
            format_func=lambda a: "全部单位" if a is None else seat.agency(a),
            key="responses_agency",
            width=170,
            label_visibility="collapsed",
        )
        st.pills(
            "状态",
            [s for s in AssignmentStatus if s not in {*ENDED, AssignmentStatus.PROPOSED}],
            selection_mode="multi",
            format_func=lambda s: s.label,
            key="responses_status",
            label_visibility="collapsed",
        )
        st.toggle("只看超时", key="responses_late")
        st.toggle("含演练", value=True, key="responses_exercise")
        orders_menu(seat)


def _wanted(each: Standing) -> bool:
    held = st.session_state
    agency, statuses = held.get("responses_agency"), held.get("responses_status")
    return (
        (not agency or each.task.agency_id == agency)
        and (not statuses or each.task.status in statuses)
        and (not held.get("responses_late") or each.late)
        and (held.get("responses_exercise", True) or not each.task.exercise)
    )


@st.fragment(run_every=LIVE_EVERY)
def _live(seat: Seat) -> None:
    """Read anew every second: an agency's answer shows without a click."""
    if waiting():
        st.rerun(scope="app")
    with reading():
        now = datetime.now(UTC)
        every = standings(live_tasks(seat.record), pressing.of_tasks(seat, now), now)
        found = [each for each in every if _wanted(each)]
        _counts(every, found, seat)
        call_list(seat, now, "responses")
        if not every:
            st.info("当前没有进行中的联动任务。", icon=":material/task_alt:")
        elif not found:
            st.info("没有符合筛选条件的任务。", icon=":material/filter_alt_off:")
        else:
            _rows(found, seat, now)


def _counts(every: list[Standing], found: list[Standing], seat: Seat) -> None:
    late = [each.task for each in found if each.late]
    real = [each for each in every if not each.task.exercise]
    refused = sum(each.task.status is AssignmentStatus.DECLINED for each in real)
    unsigned = sum(each.task.status is AssignmentStatus.ISSUED for each in real)
    all_late = sum(each.late for each in real)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.badge(f"进行中 {len(real)}", icon=":material/assignment:", color="blue")
        st.badge(f"待签收 {unsigned}", icon=":material/outgoing_mail:", color="gray")
        colour: words.Colour = "red" if all_late else "green"
        st.badge(f"超时 {all_late}", icon=":material/alarm:", color=colour)
        colour = "red" if refused else "green"
        st.badge(f"退回 {refused}", icon=":material/undo:", color=colour)
        if len(real) < len(every):
            drills = len(every) - len(real)
            st.badge(f"演练 {drills}", icon=":material/theater_comedy:", color="gray")
        st.button(
            f"催办列出的全部超时任务（{len(late)}）",
            key="responses_chase_all",
            icon=":material/notifications_active:",
            disabled=not late or not seat.may(Action.CHASE),
            on_click=chase,
            args=(late, seat),
        )


def _rows(found: list[Standing], seat: Seat, now: datetime) -> None:
    pages = -(-len(found) // ROWS)
    place = min(int(st.session_state.get(_PLACE, 1)), pages)
    with st.container(gap=6, key="responses_rows"):
        for each in found[(place - 1) * ROWS : place * ROWS]:
            _row(each, seat, now)
    if pages > 1:
        st.pagination(pages, key=_PLACE)


def _row(each: Standing, seat: Seat, now: datetime) -> None:
    task = each.task
    opened = st.session_state.get("responses_task_open") == task.id
    with st.container(border=opened, gap="small", key=f"responses_task_{task.id}"):
        clock, who, state, incident, told, act = st.columns(
            _WIDTHS, vertical_alignment="center", gap="small"
        )
        with clock, st.container(horizontal=True, gap=4):
            if marks := " ".join(clock_marks(each, now)):
                st.markdown(marks)
            reach_badge(each.reached(now, pressing.clocks()))
        who.markdown(f"**{words.plain(seat.agency(task.agency_id))}**　{task.role.label}")
        state.markdown(state_mark(task))
        if incident.button(
            task.incident_number,
            key=f"responses_open_{task.id}",
            icon=":material/theater_comedy:" if task.exercise else ":material/open_in_new:",
            type="tertiary",
            help="演练" if task.exercise else None,
        ):
            desk.open_incident(task.incident_id)
        said = f"　反馈：{task.last_feedback}" if task.last_feedback else ""
        drill = MARK if task.exercise else ""
        told.text(f"{drill}{task.incident_kind.label}　{task.incident_place}{said}", wrap=False)
        act.button(
            "收起" if opened else "处理",
            key=f"responses_task_open_{task.id}",
            type="tertiary",
            on_click=_toggle,
            args=(None if opened else task.id,),
        )
        if opened:
            task_forms(task, seat, "responses")


def _toggle(task_id: int | None) -> None:
    st.session_state["responses_task_open"] = task_id


def _history(seat: Seat) -> None:
    found = ended_tasks(seat.record)
    if not found:
        st.info("还没有结束的联动任务。", icon=":material/inbox:")
        return
    rows: Iterable[tuple[str, ...]] = (
        (
            task.incident_number,
            seat.agency(task.agency_id),
            task.role.label,
            task.status.label,
            task.changed_at.astimezone(BEIJING).strftime("%m-%d %H:%M:%S"),
            task.task,
            task.last_feedback or "",
            passed(task),
            "演练" if task.exercise else "",
        )
        for task in found
    )
    columns = ["事件", "单位", "角色", "结果", "结束时间", "任务", "最后反馈", "经过", "性质"]
    st.dataframe(
        pd.DataFrame(rows, columns=columns),
        hide_index=True,
        height=620,
        key="responses_history",
        alt="已结束的联动任务，最新在前",
    )
    st.caption(f"最近 {len(found)} 项，最新在前。")


page()
