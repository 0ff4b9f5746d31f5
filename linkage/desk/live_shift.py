"""What the shift has had to do so far: counted anew now and then, because nobody acts on it."""

from collections import Counter
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import Connection, select

from linkage.beijing import BEIJING
from linkage.desk.live_orders import LiveShift
from linkage.duty.rules import DutyRules
from linkage.kinds import Kind
from linkage.tables import assignment, incident
from linkage.vocabulary import OPEN_STATUSES, Severity

COUNT_EVERY = timedelta(seconds=30)
HOURS = 12
KINDS = 6
_SERIOUS = Severity.SEVERE.rank


class ShiftFigures:
    def __init__(self, rules: DutyRules) -> None:
        self._rules = rules
        self._made: tuple[datetime, LiveShift] | None = None

    def __call__(self, cx: Connection, now: datetime) -> LiveShift:
        if self._made is None or abs(now - self._made[0]) >= COUNT_EVERY:
            self._made = now, shift_figures(cx, self._rules, now)
        return self._made[1]


def shift_figures(cx: Connection, rules: DutyRules, now: datetime) -> LiveShift:
    name, since = shift_at(rules, now)
    this_hour = now.astimezone(BEIJING).replace(minute=0, second=0, microsecond=0)
    first = this_hour - timedelta(hours=HOURS - 1)
    its = incident.c
    rows = cx.execute(
        select(its.kind, its.severity_rank, its.opened_at, its.claimed_at, its.status).where(
            its.opened_at >= min(since, first),
            its.exercise.is_(False),
            its.kind != Kind.SYSTEM_FAULT.value,
        )
    ).all()
    ours = [row for row in rows if row.opened_at >= since]
    waits = [(row.claimed_at - row.opened_at).total_seconds() for row in ours if row.claimed_at]
    hours = Counter(int((row.opened_at - first).total_seconds() // 3600) for row in rows)
    orders, signed, in_time = _answers(cx, since)
    return LiveShift(
        name=name,
        since=int(since.timestamp()),
        opened=len(ours),
        ended=sum(row.status not in OPEN_STATUSES for row in ours),
        serious=sum(row.severity_rank >= _SERIOUS for row in ours),
        claim_s=int(median(waits)) if waits else None,
        orders=orders,
        signed=signed,
        in_time=in_time,
        hours=[hours[hour] for hour in range(HOURS)],
        kinds=Counter(row.kind for row in ours).most_common(KINDS),
    )


def shift_at(rules: DutyRules, now: datetime) -> tuple[str, datetime]:
    """The shift by the clock, whoever holds it: its name and when it began."""
    today = now.astimezone(BEIJING).date()
    began = [
        (shift.span(day)[0], shift.name)
        for shift in rules.shifts
        for day in (today, today - timedelta(days=1))
    ]
    at, name = max((start, name) for start, name in began if start <= now)
    return name, at


def _answers(cx: Connection, since: datetime) -> tuple[int, int, int]:
    its = assignment.c
    lately = select(incident.c.id).where(incident.c.opened_at >= since)
    rows = cx.execute(
        select(its.acknowledged_at, its.acknowledge_due_at).where(
            its.incident_id.in_(lately),
            its.issued_at >= since,
            its.exercise.is_(False),
            its.acknowledge_due_at.is_not(None),
        )
    ).all()
    signed = [row for row in rows if row.acknowledged_at]
    in_time = sum(row.acknowledged_at <= row.acknowledge_due_at for row in signed)
    return len(rows), len(signed), in_time
