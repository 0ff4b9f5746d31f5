"""部门工作台, the list: what the department owes, the most pressing first; and its past tasks."""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from dashboard import words
from dashboard.department_bell import mark
from dashboard.seat import Seat, reading
from dashboard.task_rows import STATUS_ICON
from linkage.beijing import day_minute
from linkage.clocks.clock import Running
from linkage.clocks.next_to_breach import said_short
from linkage.response.own_case import own_answers
from linkage.response.own_desk import PAST_FOR, OwnTask, past_tasks
from linkage.vocabulary import AssignmentStatus

S = AssignmentStatus


def rows(tasks: Sequence[OwnTask], chosen: int | None, now: datetime) -> int | None:
    """One card a task; which of them was pressed."""
    pressed = None
    for task in tasks:
        with st.container(border=True, gap="small", key=f"department_task_{task.id}"):
            with st.container(horizontal=True, gap=6, key=mark(task)):
                state(task)
                clocks(task, now)
            if st.button(
                title(task),
                key=f"department_open_{task.id}",
                type="primary" if task.id == chosen else "secondary",
                width="stretch",
            ):
                pressed = task.id
            st.caption(words.plain(f"{task.scene.number}　{task.role.label}　{_told(task, now)}"))
    return pressed


def title(task: OwnTask) -> str:
    """危化品运输车事故　灌云县…, for a button."""
    drill = ":material/theater_comedy: 演练　" if task.exercise else ""
    place = task.scene.place or "未报地点"
    return f"{drill}**{task.scene.kind.label}**　{words.plain(place)}"


def state(task: OwnTask) -> None:
    """Where it stands; in red what waits for a person."""
    colour: words.Colour = "blue"
    if task.status in {S.ISSUED, S.CANCELLED}:
        colour = "red"
    label = "待签收" if task.status is S.ISSUED else task.status.label
    if task.status is S.CANCELLED and task.cancel_read_at is None:
        label = "已撤销，待确认"
    st.badge(label, icon=STATUS_ICON[task.status], color=colour)


def clocks(task: OwnTask, now: datetime) -> None:
    """Every clock of it that runs: 超时3分20秒未签收, 到场还剩9分5秒."""
    for run in task.runs:
        st.badge(said_short(run, now), icon=_icon(run, now), color=_colour(run, now))


def _icon(run: Running, now: datetime) -> str:
    return ":material/alarm:" if run.is_late(now) else ":material/timer:"


def _colour(run: Running, now: datetime) -> words.Colour:
    if run.is_late(now):
        return "red"
    whole = (run.due_at - run.started_at).total_seconds()
    return "orange" if run.left_s(now) < whole / 4 else "gray"


def _told(task: OwnTask, now: datetime) -> str:
    return f"{words.since((now - task.issued_at).total_seconds())}下达"


def past(seat: Seat) -> None:
    """Read when somebody looks."""
    menu = st.expander(
        f"最近 {PAST_FOR.days} 天结束的任务",
        icon=":material/history:",
        key="department_past",
        on_change="rerun",
    )
    if not menu.open:
        return
    with menu, reading():
        found = past_tasks(seat.record, seat.actor, datetime.now(UTC))
        if not found:
            st.caption("最近没有结束的任务。")
        for task in found:
            _past(task, seat)


def _past(task: OwnTask, seat: Seat) -> None:
    scene = task.scene
    with st.container(border=True, gap="small", key=f"department_past_{task.id}"):
        with st.container(horizontal=True, gap=6):
            ended = task.status in {S.COMPLETED, S.DECLINED, S.CANCELLED}
            label = task.status.label if ended else "事件已结束"
            st.badge(label, icon=STATUS_ICON[task.status], color="gray")
            if task.exercise:
                st.badge("演练", icon=":material/theater_comedy:", color="violet")
        st.markdown(title(task))
        st.caption(words.plain(f"{scene.number}　{task.role.label}　{day_minute(task.issued_at)}"))
        st.text(task.task)
        said(task, seat)


def said(task: OwnTask, seat: Seat) -> None:
    """What was answered to it, by whom."""
    for one in own_answers(seat.record, seat.actor, task):
        who = "本单位系统" if one.actor.startswith("agency:") else one.actor
        st.caption(words.plain(f"{day_minute(one.at)}　{who}"))
        st.text(one.reason)
