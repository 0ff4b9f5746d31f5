"""对方系统回执: a receipt says that an order has arrived, its absence that it has not."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, select, update

from linkage.actions import Happening
from linkage.record import Record, Writing
from linkage.response.agencies import Agency
from linkage.response.feedback import Delivered
from linkage.response.refusals import refuse
from linkage.tables import assignment
from linkage.vocabulary import AssignmentStatus, Outcome

# What was told longer ago is no news: a record taken over from before.
LONG_AGO = timedelta(days=1)


def apply_delivered(w: Writing, said: Delivered, agency: Agency) -> tuple[Outcome, str]:
    """Take a receipt of the agency's system. It accepts nothing and stops no clock."""
    row = (
        w.cx.execute(select(assignment).where(assignment.c.id == said.assignment_id))
        .mappings()
        .first()
    )
    actor, word = f"agency:{agency.id}", Happening.DELIVERED.label
    wrong = _wrong(row, said, agency)
    if row is None or wrong:
        about, revision = said.assignment_id, said.revision
        return refuse(w, agency, actor, word, wrong, row, assignment=about, revision=revision)
    if said.revision < row["revision"]:
        return (
            Outcome.DUPLICATE,
            f"第 {said.revision} 版指令的回执；现行是第 {row['revision']} 版。",
        )
    if row["delivered_at"] is not None:
        return Outcome.DUPLICATE, "对方系统的回执已收到过。"
    # By our clock: theirs says when it was written, ours that the line works.
    _note(w, row["id"], delivered_at=w.at)
    late = "（曾记为未送达）" if row["undelivered_at"] is not None else ""
    w.log.add(
        actor,
        Happening.DELIVERED,
        f"第 {said.revision} 版指令对方系统已收{late}",
        incident_id=row["incident_id"],
        assignment_id=row["id"],
        after={"delivered_at": w.at, "their_time": said.at},
    )
    return Outcome.STORED, word


def _wrong(row: RowMapping | None, said: Delivered, agency: Agency) -> str:
    if row is None:
        return f"没有编号为 {said.assignment_id} 的任务，请核对任务编号。"
    if row["agency_id"] != agency.id:
        return f"任务 {row['id']} 不属于{agency.name}，拒收其回执。"
    if said.revision > row["revision"]:
        return f"没有第 {said.revision} 版指令，现行是第 {row['revision']} 版；请核对。"
    return ""


def note_undelivered(
    record: Record, now: datetime, within: timedelta, agencies: Mapping[str, Agency]
) -> int:
    """Write down, once for each telling, that no receipt came in time. Returns how many.

    `within`: how long it is awaited (data/clocks.toml, delivered); of who gives no receipts, never.

    The side that sends makes the negative receipt (UCRI 2); a positive one may still follow, and
    then both stand in the history.
    """
    a = assignment.c
    mute = [one.id for one in agencies.values() if not one.receipts]
    late = select(a.id, a.incident_id, a.revision).where(
        a.status == AssignmentStatus.ISSUED.value,
        a.delivered_at.is_(None),
        a.undelivered_at.is_(None),
        a.told_at <= now - within,
        a.agency_id.not_in(mute),
        a.told_at > now - LONG_AGO,
    )
    with record.read() as cx:
        if cx.execute(late.limit(1)).first() is None:
            return 0
    with record.write(now) as w:
        rows = w.cx.execute(late.order_by(a.id)).all()
        seconds = int(within.total_seconds())
        for row in rows:
            _note(w, row.id, undelivered_at=w.at)
            w.log.add(
                "rule:delivery",
                Happening.UNDELIVERED,
                f"第 {row.revision} 版指令下达 {seconds} 秒内没有对方系统回执",
                incident_id=row.incident_id,
                assignment_id=row.id,
                after={"undelivered_at": w.at},
            )
    return len(rows)


def _note(w: Writing, assignment_id: int, **stamp: datetime) -> None:
    w.cx.execute(
        update(assignment)
        .where(assignment.c.id == assignment_id)
        .values(**stamp, changed_at=w.at, live_revision=w.next_revision())
    )
