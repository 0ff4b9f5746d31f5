"""What the record says at this moment that the next shift must know: the lines of the sheet."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from linkage.beijing import BEIJING, day_minute
from linkage.clocks.clock import Clocks
from linkage.clocks.next_to_breach import next_to_breach
from linkage.clocks.running import running
from linkage.desk.facts import rows_of
from linkage.desk.freshness import freshness
from linkage.duty_tables import duty_note, handover
from linkage.exercise.marking import mark
from linkage.handover.sheet import Item, Section
from linkage.kinds import Kind
from linkage.personal import masked
from linkage.reporting.reports import open_report_count, open_reports
from linkage.response.agencies import Agency
from linkage.response.moves import LIVE
from linkage.response_tables import clock_firing, joint_response, need
from linkage.response_vocabulary import (
    CommandLevel,
    NeedSort,
    NeedStatus,
    ReportStatus,
    ResponseStatus,
)
from linkage.sources import Source
from linkage.tables import assignment, incident
from linkage.vocabulary import (
    OPEN_STATUSES,
    RESPONSE_LEVELS,
    AssignmentRole,
    AssignmentStatus,
    Grade,
    IncidentStatus,
)
from linkage.warnings.standing import standing

# What a person can go through at the desk; the others are counted, and stand in 态势总览.
MOST = 200
NEAR = timedelta(minutes=30)
SOON = timedelta(hours=2)
_OPEN_NEEDS = (NeedStatus.ASKED, NeedStatus.OFFERED, NeedStatus.ON_THE_WAY)
# Notes go back so far where no shift was ever handed over.
FIRST_NOTES = timedelta(days=7)


class Facts(msgspec.Struct, frozen=True):
    """The files of facts that the sheet is worded with."""

    sources: Mapping[str, Source]
    agencies: Mapping[str, Agency]
    clocks: Clocks

    def agency(self, agency_id: str) -> str:
        return self.agencies[agency_id].name if agency_id in self.agencies else agency_id


def sections(cx: Connection, facts: Facts, now: datetime) -> tuple[Section, ...]:
    since = last_taken(cx) or now - FIRST_NOTES
    return (
        Section("启动中的响应", tuple(_responses(cx))),
        Section("在办事件（重的在前）", tuple(_incidents(cx))),
        Section("未签收的联动任务", tuple(_unsigned(cx, facts))),
        Section("已超时和半小时内到期", tuple(_near(cx, facts, now))),
        Section("失联系统", tuple(_silent(cx, facts, now)), "全部在线"),
        Section("生效中的预警", tuple(_warnings(cx, now))),
        Section("待签发、待报出的报告", tuple(_reports(cx))),
        Section("未解决的需求", tuple(_needs(cx))),
        Section("本班备注", tuple(_notes(cx, since))),
        Section("上次交接以来", tuple(_since(cx, since)), "无变化"),
    )


def last_taken(cx: Connection) -> datetime | None:
    """When the last shift was taken over with both signatures."""
    taken: datetime | None = cx.execute(select(func.max(handover.c.taken_at))).scalar_one()
    return taken


def _capped(items: Sequence[Item], counted: int, where: str) -> list[Item]:
    """Never silently fewer: the rest is one line with its number."""
    rest = counted - len(items)
    return [*items, *([Item("rest", f"另有 {rest} 项，见“{where}”")] if rest > 0 else [])]


def _responses(cx: Connection) -> Iterable[Item]:
    ask = (
        select(joint_response, incident.c.number)
        .join(incident, incident.c.id == joint_response.c.incident_id)
        .where(joint_response.c.status == ResponseStatus.ACTIVE)
        .order_by(joint_response.c.exercise, joint_response.c.level, joint_response.c.id)
    )
    for row in rows_of(cx, ask):
        until = f"，预计至 {day_minute(row['expected_until'])}" if row["expected_until"] else ""
        yield Item(
            f"response-{row['id']}",
            f"{mark(exercise=row['exercise'])}{row['number']} {RESPONSE_LEVELS[row['level']]}响应，"
            f"{CommandLevel(row['command']).label}：{row['subject']}{until}",
            row["level"] <= 2,
        )


def _incidents(cx: Connection) -> Sequence[Item]:
    it = incident.c
    which = it.status.in_([status.value for status in OPEN_STATUSES])
    ask = select(incident).where(which)
    rows = rows_of(
        cx,
        ask.order_by(
            it.exercise,
            it.response_level.is_(None),
            it.response_level,
            it.severity_rank.desc(),
            it.id,
        ).limit(MOST),
    )
    total = cx.execute(select(func.count()).select_from(incident).where(which)).scalar_one()
    tasks = _under_way(cx)
    return _capped([_incident(row, tasks.get(row["id"], 0)) for row in rows], total, "态势总览")


def _under_way(cx: Connection) -> dict[int, int]:
    """How many tasks of an incident are not finished yet."""
    its = assignment.c
    ask = select(its.incident_id, func.count()).where(
        its.status.in_([status.value for status in LIVE]),
        its.role != AssignmentRole.INFORM,
    )
    return {row[0]: row[1] for row in cx.execute(ask.group_by(its.incident_id))}


def _incident(row: Mapping[str, Any], tasks: int) -> Item:
    levels = [
        Grade(row["grade"]).label if row["grade"] else "",
        f"{RESPONSE_LEVELS[row['response_level']]}响应" if row["response_level"] else "",
    ]
    held = f"{row['claimed_by']}接手" if row["claimed_by"] else "无人接手"
    told = [
        f"{mark(exercise=row['exercise'])}{row['number']}",
        Kind(row["kind"]).label,
        masked(row["place"] or row["headline"]),
        IncidentStatus(row["status"]).label,
        *(level for level in levels if level),
        held,
        *([f"在办任务 {tasks}"] if tasks else []),
    ]
    return Item(f"incident-{row['id']}", "　".join(told), not row["claimed_by"])


def _unsigned(cx: Connection, facts: Facts) -> Sequence[Item]:
    which = (assignment.c.status == AssignmentStatus.ISSUED) & incident.c.status.in_(
        [status.value for status in OPEN_STATUSES]
    )
    joined = assignment.join(incident, incident.c.id == assignment.c.incident_id)
    ask = select(assignment, incident.c.number).select_from(joined).where(which)
    rows = rows_of(cx, ask.order_by(assignment.c.exercise, assignment.c.issued_at).limit(MOST))
    total = cx.execute(select(func.count()).select_from(joined).where(which)).scalar_one()
    items = [
        Item(
            f"assignment-{row['id']}",
            f"{mark(exercise=row['exercise'])}{row['number']}　{facts.agency(row['agency_id'])}"
            f"（{AssignmentRole(row['role']).label}）　{day_minute(row['issued_at'])} 下达　"
            f"{row['task'][:40]}",
            row["role"] == AssignmentRole.LEAD,
        )
        for row in rows
    ]
    return _capped(items, total, "联动任务")


def _near(cx: Connection, facts: Facts, now: datetime) -> Sequence[Item]:
    pressing = next_to_breach(running(cx, now, facts.clocks), now, facts.clocks, within=NEAR)
    pressing = sorted(pressing, key=lambda one: one.running.exercise)
    items = [
        Item(
            # Not how long it is late: that changes every second, and would always differ.
            f"{run.about.value}-{run.about_id}-{run.words}",
            f"{mark(exercise=run.exercise)}{run.who}　{run.words}　"
            f"应于 {day_minute(run.due_at)}{'（已超时）' if one.late else ''}",
            one.late,
        )
        for one in pressing[:MOST]
        for run in (one.running,)
    ]
    return _capped(items, len(pressing), "联动任务")


def _silent(cx: Connection, facts: Facts, now: datetime) -> Iterable[Item]:
    state = freshness(cx, facts.sources, now)
    for one in state.silent:
        last = datetime.fromtimestamp(one.last_at, BEIJING) if one.last_at else None
        since = f"最后来报 {last:%m-%d %H:%M}" if last else "从未来报"
        yield Item(f"source-{one.id}", f"{one.name}　{since}", urgent=True)
    if not state.intake.alive:
        yield Item("intake", "接入中断，新警情进不来", urgent=True)


def _warnings(cx: Connection, now: datetime) -> Sequence[Item]:
    found = standing(cx, now)
    items = []
    for one in found[:MOST]:
        soon = "（即将到期）" if one.expires_at - now <= SOON else ""
        text = f"{one.title}　{one.place}　至 {day_minute(one.expires_at)}{soon}"
        items.append(Item(f"warning-{one.source_id}-{one.id}", text, bool(soon)))
    return _capped(items, len(found), "态势总览")


def _reports(cx: Connection) -> Sequence[Item]:
    items = []
    for one in open_reports(cx):
        due = min(filter(None, (one.written_due_at, one.legal_due_at)), default=None)
        limit = f"　书面时限 {day_minute(due)}" if due else ""
        waits = one.status in {ReportStatus.PENDING, ReportStatus.RETURNED}
        text = f"{one.incident_number or ''} {one.name}　{one.status.label}{limit}".strip()
        items.append(Item(f"report-{one.id}", f"{mark(exercise=one.exercise)}{text}", waits))
    return _capped(items, open_report_count(cx), "信息报送")


def _needs(cx: Connection) -> Sequence[Item]:
    which = need.c.status.in_([status.value for status in _OPEN_NEEDS])
    ask = (
        select(need, incident.c.number)
        .join(incident, incident.c.id == need.c.incident_id)
        .where(which)
        .order_by(need.c.exercise, need.c.asked_at)
        .limit(MOST)
    )
    items = []
    for row in rows_of(cx, ask):
        amount = f" {row['amount']:g}{row['measure']}" if row["amount"] is not None else ""
        text = (
            f"{mark(exercise=row['exercise'])}{row['number']}　"
            f"{NeedSort(row['sort']).label}：{row['what']}{amount}　"
            f"{NeedStatus(row['status']).label}"
        )
        items.append(Item(f"need-{row['id']}", text, row["status"] == NeedStatus.ASKED))
    total = cx.execute(select(func.count()).select_from(need).where(which)).scalar_one()
    return _capped(items, total, "事件处置")


def _notes(cx: Connection, since: datetime) -> Iterable[Item]:
    mine = duty_note.c
    ask = select(duty_note).where(mine.at > since, mine.struck_at.is_(None)).order_by(mine.id)
    for row in rows_of(cx, ask):
        yield Item(f"note-{row['id']}", f"{day_minute(row['at'])} {row['author']}：{row['text']}")


def _since(cx: Connection, since: datetime) -> Iterable[Item]:
    """What is real is counted; an exercise is counted by itself, where there was one."""
    figures = (
        ("新建事件", incident.c.exercise, incident.c.opened_at),
        ("办结事件", incident.c.exercise, incident.c.closed_at),
        ("下达任务", assignment.c.exercise, assignment.c.issued_at),
        ("时限提醒和升级", clock_firing.c.exercise, clock_firing.c.fired_at),
    )
    yield Item("since", f"自 {day_minute(since)} 起")
    for name, exercise, at in figures:
        ask = select(exercise, func.count()).where(at > since).group_by(exercise)
        counts = {bool(row[0]): row[1] for row in cx.execute(ask)}
        drills = f"（另有演练 {counts[True]}）" if counts.get(True) else ""
        yield Item(name, f"{name} {counts.get(False, 0)}{drills}")
