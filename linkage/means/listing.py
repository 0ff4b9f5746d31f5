"""What a task's form shows of the other means: each notice, its state, every attempt, the delay."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from linkage.desk.facts import rows_of
from linkage.response_tables import notice, notice_attempt
from linkage.response_vocabulary import Means, NoticeStatus


class Tried(msgspec.Struct, frozen=True):
    at: datetime
    took_ms: int
    worked: bool
    detail: str


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One notice about an assignment. `tries`: oldest first."""

    id: int
    means: Means
    assignment_id: int
    round: int
    address: str
    status: NoticeStatus
    created_at: datetime
    not_before: datetime
    retry_at: datetime | None
    sent_at: datetime | None
    done_at: datetime | None
    attempts: int
    result: str | None
    result_by: str | None
    tries: tuple[Tried, ...] = ()

    @property
    def delay_s(self) -> float | None:
        """From the order to the moment a gateway, the paper or a person had it."""
        return (self.sent_at - self.created_at).total_seconds() if self.sent_at else None


def notices_of(cx: Connection, assignment_ids: Sequence[int]) -> dict[int, list[Listed]]:
    """By assignment, in the order of their turns; the present order first."""
    if not assignment_ids:
        return {}
    names = [name for name in Listed.__struct_fields__ if name != "tries"]
    rows = rows_of(
        cx,
        select(*(notice.c[name] for name in names))
        .where(notice.c.assignment_id.in_(assignment_ids))
        .order_by(notice.c.round.desc(), notice.c.not_before, notice.c.id),
    )
    tries = _tries(cx, [row["id"] for row in rows])
    found: defaultdict[int, list[Listed]] = defaultdict(list)
    for row in rows:
        listed = msgspec.convert({**row, "tries": tuple(tries[row["id"]])}, Listed)
        found[listed.assignment_id].append(listed)
    return found


def _tries(cx: Connection, ids: Sequence[int]) -> defaultdict[int, list[Tried]]:
    found: defaultdict[int, list[Tried]] = defaultdict(list)
    t = notice_attempt.c
    query = select(t.notice_id, t.at, t.took_ms, t.worked, t.detail)
    if ids:
        for row in rows_of(cx, query.where(t.notice_id.in_(ids)).order_by(t.id)):
            found[row.pop("notice_id")].append(Tried(**row))
    return found
