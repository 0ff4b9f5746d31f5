"""The sender's side of the record: what is due, claimed before it goes, and what became of it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

import msgspec
from sqlalchemy import Connection, func, insert, or_, select, update

from linkage.actions import Happening
from linkage.desk.facts import rows_of
from linkage.means.notices import RULE, one_line
from linkage.means.when_due import (
    AHEAD,
    FIRST_RETRY,
    LONGEST_RETRY,
    OrderState,
    Waiting,
    brought_forward,
    may_try,
    not_needed,
    put_back,
    taken_over,
)
from linkage.personal import masked
from linkage.record import Writing
from linkage.response.agencies import Agency
from linkage.response_tables import notice, notice_attempt
from linkage.response_vocabulary import About, Means, NoticeStatus
from linkage.tables import assignment, outbound_message
from linkage.vocabulary import AssignmentRole, AssignmentStatus

GIVE_UP_AFTER = timedelta(hours=24)
# A sender that died with a notice in hand: another may take it so much later.
LEASE = timedelta(seconds=60)
LONGEST_DETAIL = 300
_UNKNOWN = "发送进程中途停止，是否送出不明"
_N = notice.c


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A notice in the sender's hand; `attempts` counts this one already."""

    id: int
    means: Means
    address: str
    title: str
    text: str
    attempts: int
    created_at: datetime
    agency_id: str | None
    incident_id: int | None
    assignment_id: int | None
    exercise: bool


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one sending. `retry`: another try may do better."""

    at: datetime
    took_ms: int
    worked: bool
    detail: str
    retry: bool = True


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done at one look: (id, why) each, and the ids to send."""

    void: list[tuple[int, str]]
    sooner: list[tuple[int, str]]
    due: list[int]

    @property
    def is_idle(self) -> bool:
        return not (self.void or self.sooner or self.due)


def look(
    cx: Connection,
    now: datetime,
    room: Mapping[Means, int],
    agencies: Mapping[str, Agency],
    *,
    broker_away: bool,
    in_hand: Collection[int] = (),
) -> Turn:
    """What is due, of each means at most as many as there is `room` for. Reads only.

    `in_hand`: what the caller is sending still, however long that takes.
    """
    every = _waiting(cx, agencies)
    void = [(one.id, why) for one in every if _waits(one) and (why := not_needed(one))]
    ended = {notice_id for notice_id, _ in void}
    alive = [one for one in every if one.id not in ended]
    brought = {one.id: why for one, why in taken_over(alive, now)}
    early = (put_back(alive, now), brought_forward(alive, now, broker_away=broker_away))
    for one, why in chain.from_iterable(early):
        brought.setdefault(one.id, why)
    due = []
    left = Counter(dict(room))
    for one in alive:
        if one.means is Means.TELEPHONE or not _waits(one) or left[one.means] <= 0:
            continue
        if one.id in in_hand:
            continue
        turn = min(one.not_before, now) if one.id in brought else one.not_before
        if turn <= now and may_try(one, now):
            left[one.means] -= 1
            due.append(one.id)
    return Turn(void=void, sooner=list(brought.items()), due=due)


def claim(w: Writing, turn: Turn) -> list[Outgoing]:
    """Take what is due in hand, so that nobody else sends it; end what nobody needs."""
    for notice_id, why in turn.void:
        _change(w, notice_id, f"不必再发：{why}", status=NoticeStatus.VOID, result=why)
    for notice_id, why in turn.sooner:
        _change(w, notice_id, f"提前：{why}", not_before=w.at)
    if not turn.due:
        return []
    which = (_N.id.in_(turn.due), _N.status == NoticeStatus.WAITING)
    # Whoever else had it in hand when we looked has pushed its time away.
    beyond = w.at + LONGEST_RETRY + AHEAD
    free = or_(_N.retry_at.is_(None), _N.retry_at <= w.at, _N.retry_at > beyond)
    columns = [_N[name] for name in (*Outgoing.__struct_fields__, "last_attempt_at")]
    found = rows_of(w.cx, select(*columns).where(*which, free).order_by(_N.id))
    rows = [dict(row) for row in found]
    begun = {row["id"]: row.pop("last_attempt_at") for row in rows}
    _own_up(w, [(msgspec.convert(row, Outgoing), begun[row["id"]]) for row in rows])
    w.cx.execute(
        update(notice)
        .where(_N.id.in_([row["id"] for row in rows]))
        .values(attempts=_N.attempts + 1, last_attempt_at=w.at, retry_at=w.at + LEASE)
    )
    return [msgspec.convert({**row, "attempts": row["attempts"] + 1}, Outgoing) for row in rows]


def _own_up(w: Writing, before: Sequence[tuple[Outgoing, datetime | None]]) -> None:
    """Say of a try whose sender died with it in hand that nobody knows what became of it."""
    tried = [one.id for one, _ in before if one.attempts]
    a = notice_attempt.c
    counted = select(a.notice_id, func.count()).where(a.notice_id.in_(tried)).group_by(a.notice_id)
    noted: dict[int, int] = {row[0]: row[1] for row in w.cx.execute(counted)} if tried else {}
    for one, at in before:
        if at is not None and noted.get(one.id, 0) < one.attempts:
            _note(w, one, Attempt(at=at, took_ms=0, worked=False, detail=_UNKNOWN))
            _say(w, one, f"{_UNKNOWN}，再发一次", worked=False)


def settle(w: Writing, one: Outgoing, made: Attempt) -> None:
    """Note what became of an attempt; it stands on the incident's timeline."""
    detail = _note(w, one, made)
    if made.worked:
        # It went out, though somebody may have answered while it did.
        values = {"status": NoticeStatus.SENT, "sent_at": w.at, "retry_at": None}
        w.cx.execute(update(notice).where(_N.id == one.id).values(result=detail, **values))
        words = f"已送出（{detail}）"
    elif made.retry and w.at - one.created_at < GIVE_UP_AFTER:
        again = back_off(one.attempts)
        _if_waiting(w, one.id, retry_at=w.at + again, result=detail)
        words = f"未送达，{again.seconds} 秒后再试（{detail}）"
    else:
        _if_waiting(w, one.id, status=NoticeStatus.FAILED, retry_at=None, result=detail)
        words = f"未送达，不再重试（{detail}）"
    _say(w, one, f"{words}，用时 {made.took_ms} 毫秒", worked=made.worked)


def _note(w: Writing, one: Outgoing, made: Attempt) -> str:
    # A gateway's own words: a NUL or half a character in them must not stop the sender.
    detail = masked(one_line(made.detail))[:LONGEST_DETAIL]
    values = {"at": made.at, "took_ms": made.took_ms, "worked": made.worked, "detail": detail}
    w.cx.execute(insert(notice_attempt).values(id=w.next_id(), notice_id=one.id, **values))
    return detail


def _say(w: Writing, one: Outgoing, words: str, *, worked: bool) -> None:
    w.log.add(
        RULE,
        Happening.NOTICE,
        f"{one.means.label}第 {one.attempts} 次：{words}",
        incident_id=one.incident_id,
        assignment_id=one.assignment_id,
        after={"notice": one.id, "attempt": one.attempts, "worked": worked},
    )


def back_off(attempts: int) -> timedelta:
    """How long after so many failures the next attempt comes."""
    return min(FIRST_RETRY * (1 << min(attempts - 1, 16)), LONGEST_RETRY)


def _waits(one: Waiting) -> bool:
    return one.status is NoticeStatus.WAITING


def _if_waiting(w: Writing, notice_id: int, **values: object) -> None:
    which = (_N.id == notice_id, _N.status == NoticeStatus.WAITING)
    w.cx.execute(update(notice).where(*which).values(**values))


def _change(w: Writing, notice_id: int, words: str, **values: object) -> None:
    query = select(_N.means, _N.incident_id, _N.assignment_id)
    row = w.cx.execute(query.where(_N.id == notice_id, _N.status == NoticeStatus.WAITING)).first()
    if row is None:
        return
    _if_waiting(w, notice_id, **values)
    w.log.add(
        RULE,
        Happening.NOTICE,
        f"{Means(row.means).label}{words}",
        incident_id=row.incident_id,
        assignment_id=row.assignment_id,
        after={"notice": notice_id},
    )


def _waiting(cx: Connection, agencies: Mapping[str, Agency]) -> list[Waiting]:
    """What waits, and what was tried about the same matters."""
    matters = select(_N.about, _N.about_id).where(_N.status == NoticeStatus.WAITING).distinct()
    columns = [_N[name] for name in Waiting.__struct_fields__ if name != "order"]
    open_matters = matters.subquery()
    rows = rows_of(
        cx,
        select(*columns)
        .join(
            open_matters,
            (open_matters.c.about == _N.about) & (open_matters.c.about_id == _N.about_id),
        )
        .order_by(_N.exercise, _N.id),  # what is real goes first
    )
    ids = {row["about_id"] for row in rows if row["about"] == About.ASSIGNMENT}
    orders = _orders(cx, sorted(ids), agencies)
    return [
        msgspec.convert(
            {**row, "order": orders.get(row["about_id"]) if row["about_id"] in ids else None},
            Waiting,
        )
        for row in rows
    ]


def _orders(
    cx: Connection, ids: Sequence[int], agencies: Mapping[str, Agency]
) -> dict[int, OrderState]:
    if not ids:
        return {}
    unsent = dict(_unsent(cx, ids))
    a = assignment.c
    names = ("status", "role", "revision", "told_at", "delivered_at", "cancel_read_at")
    query = select(a.id, a.agency_id, *(a[name] for name in names)).where(a.id.in_(ids))
    return {
        row["id"]: OrderState(
            **{name: row[name] for name in names[2:]},
            status=AssignmentStatus(row["status"]),
            role=AssignmentRole(row["role"]),
            unsent_since=unsent.get(row["id"]),
            receipts=row["agency_id"] not in agencies or agencies[row["agency_id"]].receipts,
        )
        for row in rows_of(cx, query)
    }


def _unsent(cx: Connection, ids: Sequence[int]) -> Iterable[tuple[int, datetime]]:
    out = outbound_message.c
    query = (
        select(out.assignment_id, func.min(out.created_at))
        .where(out.assignment_id.in_(ids), out.sent_at.is_(None), out.superseded_by.is_(None))
        .group_by(out.assignment_id)
    )
    return [(row[0], row[1]) for row in cx.execute(query)]
