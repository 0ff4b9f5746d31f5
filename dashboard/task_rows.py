"""One agency's task as a row, and what an officer may do to it: chase, give again, withdraw."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import streamlit as st

from dashboard import words
from dashboard.asked import Form, ask
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.clocks.clock import Running
from linkage.clocks.next_to_breach import duration, said_short
from linkage.record import BEIJING
from linkage.response import responses
from linkage.response.feedback import ANSWERS, Feedback
from linkage.response.moves import LIVE, moves
from linkage.response.orders import Order
from linkage.response.tasks import Task
from linkage.vocabulary import AssignmentRole, AssignmentStatus

STATUS_ICON = {
    AssignmentStatus.PROPOSED: ":material/draft:",
    AssignmentStatus.ISSUED: ":material/outgoing_mail:",
    AssignmentStatus.ACKNOWLEDGED: ":material/mark_email_read:",
    AssignmentStatus.EN_ROUTE: ":material/local_shipping:",
    AssignmentStatus.ON_SCENE: ":material/location_on:",
    AssignmentStatus.WORKING: ":material/construction:",
    AssignmentStatus.REPORTED: ":material/feedback:",
    AssignmentStatus.COMPLETED: ":material/task_alt:",
    AssignmentStatus.DECLINED: ":material/undo:",
    AssignmentStatus.CANCELLED: ":material/cancel:",
}
_QUIET: dict[AssignmentStatus, words.Colour] = {
    AssignmentStatus.ISSUED: "gray",
    AssignmentStatus.DECLINED: "red",
    AssignmentStatus.CANCELLED: "gray",
    AssignmentStatus.COMPLETED: "green",
}
ROLE_ORDER = {role: place for place, role in enumerate(AssignmentRole)}
# The broker takes an order within a second; what is older has not left the house.
UNSENT_AFTER = timedelta(seconds=5)
_FAR = datetime.max.replace(tzinfo=UTC)


class Standing(msgspec.Struct, frozen=True):
    """A task and the clock of it that presses most; `late`: whose limit has passed."""

    task: Task
    running: Running | None
    late: bool

    def clock(self, now: datetime) -> str:
        """超时45秒未签收; or how long it still has; empty where nothing is owed."""
        if self.task.status is AssignmentStatus.DECLINED:
            return "待改派"
        return "" if self.running is None else said_short(self.running, now)


def standings(
    tasks: Iterable[Task], clocks: Mapping[int, Running], now: datetime
) -> list[Standing]:
    """Refused first, then the most overdue, then the next to breach, then the rest. `clocks`: of
    each task the one that presses most."""
    found = []
    for task in tasks:
        run = clocks.get(task.id)
        found.append(Standing(task, run, run is not None and run.is_late(now)))
    return sorted(found, key=_urgency)


def _urgency(each: Standing) -> tuple[bool, datetime, int, int]:
    refused = each.task.status is AssignmentStatus.DECLINED
    due = each.running.due_at if each.running else _FAR
    return not refused, due, ROLE_ORDER[each.task.role], each.task.id


def state_badge(task: Task) -> None:
    st.badge(
        task.status.label,
        icon=STATUS_ICON[task.status],
        color=_QUIET.get(task.status, "blue"),
    )


def clock_badge(each: Standing, now: datetime) -> None:
    if told := each.clock(now):
        if each.late or each.task.status is AssignmentStatus.DECLINED:
            st.badge(told, icon=":material/alarm:", color="red")
        else:
            st.badge(told, icon=":material/timer:", color="gray")
    since = each.task.unsent_since
    # Who has answered has the order; what waits then is a reminder or its list.
    unanswered = each.task.status in {AssignmentStatus.ISSUED, AssignmentStatus.CANCELLED}
    if unanswered and since is not None and now - since > UNSENT_AFTER:
        waits = (now - since).total_seconds()
        why = words.plain(each.task.unsent_error or "等待消息代理确认")
        st.badge(f"未送达 {duration(waits)}", icon=":material/cloud_off:", color="orange", help=why)


def passed(task: Task) -> str:
    """下达 14:30:12 → 签收 14:30:40 → …: the stamps that there are."""
    stamps = (
        (AssignmentStatus.ISSUED, task.issued_at),
        (AssignmentStatus.ACKNOWLEDGED, task.acknowledged_at),
        (AssignmentStatus.EN_ROUTE, task.en_route_at),
        (AssignmentStatus.ON_SCENE, task.on_scene_at),
        (AssignmentStatus.WORKING, task.working_at),
        (AssignmentStatus.REPORTED, task.reported_at),
        (AssignmentStatus.COMPLETED, task.completed_at),
        (AssignmentStatus.DECLINED, task.declined_at),
        (AssignmentStatus.CANCELLED, task.cancelled_at),
    )
    told = [f"{s.label} {at.astimezone(BEIJING):%H:%M:%S}" for s, at in stamps if at is not None]
    return " → ".join(told)


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


def _by_telephone(task: Task, seat: Seat, form: Form, page: str) -> None:
    """What the agency said on the telephone, where the network does not carry it."""
    agency = seat.agencies.get(task.agency_id)
    may_follow = moves(task.status, has_units=agency is None or agency.has_units) & ANSWERS
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
        order_of(task),
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
    ask(do, f"已撤销{seat.agency(task.agency_id)}的任务，并已通知该单位。", form)


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
