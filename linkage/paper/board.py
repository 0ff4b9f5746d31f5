"""值守看板, read: all that a duty room needs to go on by hand, at one moment."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, func, select

from linkage.clocks.clock import Clocks
from linkage.clocks.next_to_breach import of_assignments
from linkage.clocks.running import running
from linkage.desk.facts import rows_of
from linkage.desk.freshness import freshness
from linkage.duty.people import Person
from linkage.duty.roster import ladder
from linkage.kinds import Kind
from linkage.means.calls import Call, calls_due
from linkage.own_state import WHAT_TO_DO
from linkage.paper.open_orders import Owed, pressing_first
from linkage.response.agencies import Agency
from linkage.response.tasks import tasks_alive
from linkage.response_tables import notice
from linkage.response_vocabulary import Means, NoticeStatus, Post
from linkage.sources import Source
from linkage.tables import incident, outbound_message
from linkage.vocabulary import OPEN_STATUSES, Grade, IncidentStatus, Severity
from linkage.warnings.standing import Standing, standing

# A means that failed longer ago may have been mended since.
FAILED_SINCE = timedelta(hours=24)
# An order that the broker has not taken after so long is late.
UNSENT_AFTER = timedelta(seconds=30)
_COLUMNS = (
    *("number", "kind", "severity", "headline", "place", "status", "grade", "response_level"),
    *("claimed_by", "opened_at", "exercise"),
)


class Facts(msgspec.Struct, frozen=True):
    """The files of facts that the papers are worded with."""

    sources: Mapping[str, Source]
    agencies: Mapping[str, Agency]
    clocks: Clocks


class OpenIncident(msgspec.Struct, frozen=True, gc=False):
    number: str
    kind: Kind
    severity: Severity
    headline: str
    place: str
    status: IncidentStatus
    grade: Grade | None
    response_level: int | None
    claimed_by: str | None
    opened_at: datetime
    exercise: bool


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """`troubles`: what of us and of our means does not work, in words."""

    drawn_at: datetime
    incidents: list[OpenIncident]  # the worst first, exercises last
    owed: list[Owed]
    duty: list[tuple[Post, list[Person]]]
    calls: list[Call]
    warnings: list[Standing]
    troubles: list[str]
    agencies: Mapping[str, Agency]


def read_board(cx: Connection, facts: Facts, now: datetime) -> Board:
    clocks = of_assignments(running(cx, now, facts.clocks))
    return Board(
        drawn_at=now,
        incidents=_incidents(cx),
        owed=pressing_first(tasks_alive(cx), clocks),
        duty=ladder(cx, now, facts.clocks.duty.standing),
        calls=calls_due(cx, now),
        warnings=standing(cx, now),
        troubles=_troubles(cx, facts, now),
        agencies=facts.agencies,
    )


def _incidents(cx: Connection) -> list[OpenIncident]:
    c = incident.c
    ask = (
        select(*(c[name] for name in _COLUMNS))
        .where(c.status.in_([status.value for status in OPEN_STATUSES]))
        # Who waits longest stands first among what is equally bad.
        .order_by(c.exercise, c.severity_rank.desc(), c.opened_at, c.id)
    )
    return [msgspec.convert(row, OpenIncident) for row in rows_of(cx, ask)]


def _troubles(cx: Connection, facts: Facts, now: datetime) -> list[str]:
    state = freshness(cx, facts.sources, now)
    found = []
    if not state.intake.alive:
        found.append(f"{state.intake.road.label}：{WHAT_TO_DO[state.intake.road]}")
    if state.silent:
        found.append(f"失联系统 {len(state.silent)} 个：{'、'.join(s.name for s in state.silent)}")
    return [*found, *_unsent(cx, facts, now), *_failed(cx, now)]


def _unsent(cx: Connection, facts: Facts, now: datetime) -> list[str]:
    out = outbound_message.c
    waiting = cx.execute(
        select(out.agency_id, func.count())
        .where(
            out.sent_at.is_(None),
            out.superseded_by.is_(None),
            out.created_at < now - UNSENT_AFTER,
            out.exercise.is_(False),
        )
        .group_by(out.agency_id)
        .order_by(out.agency_id)
    ).all()
    if not waiting:
        return []
    names = (
        f"{facts.agencies[agency_id].name if agency_id in facts.agencies else agency_id} {count} 条"
        for agency_id, count in waiting
    )
    return [f"消息服务器没有收下的指令，请电话通知：{'、'.join(names)}"]


def _failed(cx: Connection, now: datetime) -> list[str]:
    n = notice.c
    count = func.count()
    rows = cx.execute(
        select(n.means, n.status, count)
        .where(
            n.created_at > now - FAILED_SINCE,
            n.exercise.is_(False),
            n.means != Means.TELEPHONE.value,
            (n.status == NoticeStatus.FAILED.value)
            | ((n.status == NoticeStatus.WAITING.value) & (n.attempts > 0)),
        )
        .group_by(n.means, n.status)
        .order_by(n.means, n.status)
    )
    return [
        f"{Means(means).label}：24 小时内 {number} 条发不出去"
        if status == NoticeStatus.FAILED.value
        else f"{Means(means).label}：{number} 条还没有发成，正在重试"
        for means, status, number in rows
    ]
