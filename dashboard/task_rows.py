"""One agency's task as a row: how it stands, how late, whether it arrived, what it lacks."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec
import streamlit as st

from dashboard import words
from linkage.clocks.clock import Clocks, Running
from linkage.clocks.next_to_breach import duration, said_short
from linkage.record import BEIJING
from linkage.response.reach import Reached, Told, reached
from linkage.response.tasks import Task
from linkage.response_vocabulary import Reach
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
        if self.task.status is AssignmentStatus.CANCELLED:
            return "撤销待对方确认" if self.task.cancel_read_at is None else ""
        return "" if self.running is None else said_short(self.running, now)

    @property
    def back(self) -> bool:
        """It is back with the officer: refused, or taken with less than was asked for."""
        return self.task.status is AssignmentStatus.DECLINED or bool(self.task.short)

    def reached(self, now: datetime, clocks: Clocks) -> Reached:
        told = msgspec.convert(self.task, Told, from_attributes=True)
        receipts = clocks.gives_receipts(self.task.agency_id)
        return reached(told, now, clocks.receipt_within, receipts=receipts)


def standings(
    tasks: Iterable[Task], clocks: Mapping[int, Running], now: datetime
) -> list[Standing]:
    """What is real first; refused, then who lacks something, the most overdue, the next to breach.
    `clocks`: of each task the one that presses most."""
    found = []
    for task in tasks:
        run = clocks.get(task.id)
        found.append(Standing(task, run, run is not None and run.is_overdue(now)))
    return sorted(found, key=_urgency)


def _urgency(each: Standing) -> tuple[bool, bool, bool, datetime, int, int]:
    refused = each.task.status is AssignmentStatus.DECLINED
    due = each.running.due_at if each.running else _FAR
    rank = ROLE_ORDER[each.task.role]
    return each.task.exercise, not refused, not each.back, due, rank, each.task.id


def state_mark(task: Task) -> str:
    """For st.markdown: one text of many badges costs a browser a fifth of as many elements."""
    colour = _QUIET.get(task.status, "blue")
    return words.badge(task.status.label, STATUS_ICON[task.status], colour)


def clock_marks(each: Standing, now: datetime) -> Iterator[str]:
    if told := each.clock(now):
        if each.late or each.task.status is AssignmentStatus.DECLINED:
            yield words.badge(told, ":material/alarm:", "red")
        else:
            yield words.badge(told, ":material/timer:", "gray")
    if each.task.short:
        yield words.badge(f"缺 {each.task.short}", ":material/priority_high:", "red")


def reach_badge(found: Reached) -> None:
    """Whether the order has arrived, where that is in doubt; a system's receipt quietly."""
    if found.reach is Reach.UNDELIVERED:
        st.badge(
            f"{found.reach.label} {duration(found.waits_s)}",
            icon=":material/cloud_off:",
            color="red" if found.other_means else "orange",
            help=words.plain(found.words),
        )
    elif found.reach is Reach.DELIVERED:
        st.badge(
            found.reach.label,
            icon=":material/inbox:",
            color="gray",
            help="技术回执：对方系统已收到，还没有人签收",
        )


def passed(task: Task) -> str:
    """下达 14:30:12 → 签收 14:30:40 → …: the stamps that there are."""
    stamps = (
        (AssignmentStatus.ISSUED, task.issued_at),
        (Reach.DELIVERED, task.delivered_at),
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
