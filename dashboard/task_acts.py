"""What an officer may do to one agency's task: chase, give again, withdraw, send a unit."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

import msgspec
import streamlit as st

from dashboard import words
from dashboard.asked import Form, ask
from dashboard.nearby import nearby
from dashboard.notices import told_besides
from dashboard.seat import Seat
from dashboard.task_rows import passed
from linkage.actions import Action
from linkage.response import responses
from linkage.response.feedback import ANSWERS, Feedback
from linkage.response.moves import LIVE, moves
from linkage.response.order_rules import LONGEST_TASK
from linkage.response.orders import Order
from linkage.response.tasks import Task
from linkage.vocabulary import AssignmentStatus


def task_forms(task: Task, seat: Seat, page: str) -> None:
    """What to do about one task. `page` begins the keys."""
    st.text(task.task)
    st.caption(words.plain(f"{task.reason}　{passed(task)}"))
    form = Form(f"{page}_task", task.id)
    st.text_input(
        "理由或反馈内容",
        key=form.key("reason"),
        placeholder="理由（撤销时必填）或电话反馈的内容",
        max_chars=200,
        label_visibility="collapsed",
    )
    with st.container(horizontal=True, gap="small"):
        st.button(
            Action.CHASE.label,
            key=f"{page}_task_chase_{task.id}",
            icon=":material/notifications_active:",
            disabled=task.status not in LIVE or not seat.may(Action.CHASE),
            on_click=chase,
            args=((task,), seat),
        )
        st.button(
            Action.REISSUE.label,
            key=f"{page}_task_reissue_{task.id}",
            icon=":material/replay:",
            disabled=not seat.may(Action.REISSUE),
            on_click=_reissue,
            args=(task, seat, form),
        )
        st.button(
            Action.CANCEL.label,
            key=f"{page}_task_cancel_{task.id}",
            icon=":material/cancel:",
            disabled=not seat.may(Action.CANCEL),
            on_click=_cancel,
            args=(task, seat, form),
        )
    _by_telephone(task, seat, form, page)
    if seat.may(Action.REISSUE):
        _rewrite(task, form)
    told_besides(task, seat, page)
    nearby(task, seat, page)


def _rewrite(task: Task, form: Form) -> None:
    """The text of the order, for giving it anew; the field counts."""
    with st.expander("改写任务内容（重新下达时使用）", icon=":material/edit_note:"):
        st.text_area(
            "任务内容",
            task.task,
            key=form.key("task"),
            max_chars=LONGEST_TASK,
            label_visibility="collapsed",
        )


def _by_telephone(task: Task, seat: Seat, form: Form, page: str) -> None:
    """What the agency said on the telephone, where the network does not carry it."""
    agency = seat.agencies.get(task.agency_id)
    may_follow = moves(task.status, has_units=agency is None or agency.has_units) & ANSWERS
    if task.status is AssignmentStatus.CANCELLED and task.cancel_read_at is None:
        may_follow = frozenset({AssignmentStatus.ACKNOWLEDGED})  # of the withdrawal
    follows = [status for status in AssignmentStatus if status in may_follow]
    if not follows or not seat.may(Action.FEEDBACK):
        return
    number = agency.telephone if agency else ""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.selectbox(
            "电话反馈",
            follows,
            format_func=lambda status: status.label,
            key=form.key("said"),
            label_visibility="collapsed",
            width=130,
        )
        st.button(
            "录入电话反馈",
            key=f"{page}_task_phone_{task.id}",
            icon=":material/call:",
            help=words.plain(number or "值班电话未登记（data/agencies.toml）"),
            on_click=_take_answer,
            args=(task, seat, form),
        )


def _take_answer(task: Task, seat: Seat, form: Form) -> None:
    status = AssignmentStatus(form.value("said"))
    answer = Feedback(
        assignment_id=task.id,
        revision=task.revision,
        status=status,
        by=seat.actor.name,
        text=form.text("reason"),
    )
    do = partial(
        responses.take_by_telephone, seat.record, seat.actor, answer, agencies=seat.agencies
    )
    ask(do, f"已录入{seat.agency(task.agency_id)}电话反馈：{status.label}。", form)


def chase(tasks: Iterable[Task], seat: Seat) -> None:
    """In a callback: remind the agencies of what they owe."""
    listed = list(tasks)
    names = "、".join(dict.fromkeys(seat.agency(t.agency_id) for t in listed))
    ask(partial(_chase, listed, seat), f"已催办：{names}。")


def _chase(tasks: Iterable[Task], seat: Seat) -> None:
    for task in tasks:
        responses.chase(seat.record, seat.actor, task.id, task.revision, agencies=seat.agencies)


def _reissue(task: Task, seat: Seat, form: Form) -> None:
    do = partial(
        responses.reissue,
        seat.record,
        seat.actor,
        task.id,
        task.revision,
        msgspec.structs.replace(order_of(task), task=form.text("task") or task.task),
        agencies=seat.agencies,
        reason=form.text("reason"),
    )
    ask(do, f"已向{seat.agency(task.agency_id)}重新下达。", form)


def _cancel(task: Task, seat: Seat, form: Form) -> None:
    do = partial(
        responses.cancel,
        seat.record,
        seat.actor,
        task.id,
        task.revision,
        form.text("reason"),
        agencies=seat.agencies,
    )
    ask(do, f"已撤销{seat.agency(task.agency_id)}的任务，已通知该单位，待其确认。", form)


def order_of(task: Task) -> Order:
    """The same order again, with as much time as it had."""

    def seconds(due: datetime | None) -> int | None:
        return None if due is None else max(1, int((due - task.issued_at).total_seconds()))

    return Order(
        agency_id=task.agency_id,
        role=task.role,
        task=task.task,
        reason=task.reason,
        acknowledge_s=seconds(task.acknowledge_due_at),
        on_scene_s=seconds(task.on_scene_due_at),
        report_s=seconds(task.report_due_at),
    )
