"""未结任务 on paper: by department, the most pressing first, with room to write."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from linkage.beijing import day_minute
from linkage.clocks.clock import Running
from linkage.clocks.next_to_breach import said_short
from linkage.exercise.marking import mark
from linkage.personal import masked
from linkage.reporting.document import Block, Grid, Heading, Line
from linkage.response.agencies import Agency
from linkage.response.tasks import Task
from linkage.vocabulary import AssignmentRole, AssignmentStatus

_FAR = datetime.max.replace(tzinfo=UTC)
_ROLES = {role: place for place, role in enumerate(AssignmentRole)}
# Two lines: a person's hand needs them.
ROOM = "\n"
# What is longer stands in the record and in the HTML of the incident.
LONGEST_TASK = 90
_HEADS = ("事件", "任务", "状态与时限", "签收人", "时间", "备注")
_WIDTHS = (0.13, 0.33, 0.17, 0.11, 0.11, 0.15)


class Owed(msgspec.Struct, frozen=True):
    """A task, and the clock of it that presses most."""

    task: Task
    running: Running | None

    def state(self, now: datetime) -> str:
        """已下达 超时3分20秒未签收"""
        told = self.task.status.label
        if self.task.status is AssignmentStatus.DECLINED:
            return f"{told}，待改派"
        if self.task.status is AssignmentStatus.CANCELLED:
            return f"{told}，待对方确认"
        return f"{told}，{said_short(self.running, now)}" if self.running else told


def pressing_first(tasks: Iterable[Task], clocks: Mapping[int, Running]) -> list[Owed]:
    """What is real first; refused, who lacks something, the longest late, the next to breach."""
    return sorted((Owed(task, clocks.get(task.id)) for task in tasks), key=_urgency)


def _urgency(one: Owed) -> tuple[bool, bool, bool, datetime, int, int]:
    task = one.task
    refused = task.status is AssignmentStatus.DECLINED
    due = one.running.due_at if one.running else _FAR
    return task.exercise, not refused, not task.short, due, _ROLES[task.role], task.id


def blocks(
    owed: list[Owed], agencies: Mapping[str, Agency], now: datetime, most: int | None = None
) -> list[Block]:
    """`owed` in the order of `pressing_first`; the department that is pressed most comes first.

    `most`: no more tasks than that, and a line that says how many are left out.
    """
    if not owed:
        return [Line("没有未结的联动任务。")]
    by_agency: defaultdict[str, list[Owed]] = defaultdict(list)
    for one in owed[:most]:
        by_agency[one.task.agency_id].append(one)
    made: list[Block] = []
    for agency_id, theirs in by_agency.items():
        made.append(Heading(f"{_name(agency_id, agencies)}　未结 {len(theirs)} 项"))
        made.append(Grid(_HEADS, [_row(one, now) for one in theirs], _WIDTHS))
    rest = len(owed) - len(owed[:most])
    if rest:
        made.append(Line(f"另有 {rest} 项未列，见同名的 HTML。"))
    return made


def _name(agency_id: str, agencies: Mapping[str, Agency]) -> str:
    known = agencies.get(agency_id)
    if known is None:
        return agency_id
    return f"{known.name}　值班电话 {known.telephone or '未登记'}"


def _row(one: Owed, now: datetime) -> tuple[str, ...]:
    task = one.task
    what = masked(task.task)
    if len(what) > LONGEST_TASK:
        what = f"{what[:LONGEST_TASK]}…"
    short = f"\n缺 {masked(task.short)}" if task.short else ""
    return (
        f"{mark(exercise=task.exercise)}{task.incident_number}\n{task.incident_kind.label}",
        f"【{task.role.label}】{what}\n{masked(task.incident_place)}",
        f"{one.state(now)}\n{day_minute(task.issued_at)} 下达{short}",
        ROOM,
        ROOM,
        ROOM,
    )
