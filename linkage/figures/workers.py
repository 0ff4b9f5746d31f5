"""Which intake processes are at work, and which sessions each of them holds."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from linkage.intake_tables import lane, worker


class WorkerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One intake process. `lanes`: the sessions it holds; `standby`: it waits to take one over."""

    id: str
    started_at: datetime
    seen_at: datetime
    standby: bool
    lanes: tuple[str, ...]


def workers_and_lanes(
    cx: Connection,
) -> tuple[tuple[WorkerStatus, ...], tuple[str, ...]]:
    """The intake processes with what they hold, and the lanes that nobody holds."""
    held: dict[str, list[str]] = {}
    free = []
    for row in cx.execute(select(lane).order_by(lane.c.id)):
        if row.worker_id is None:
            free.append(row.id)
        else:
            held.setdefault(row.worker_id, []).append(row.id)
    found = tuple(
        WorkerStatus(
            id=row.id,
            started_at=row.started_at,
            seen_at=row.seen_at,
            standby=row.standby,
            lanes=tuple(held.get(row.id, ())),
        )
        for row in cx.execute(select(worker).order_by(worker.c.id))
    )
    return found, tuple(free)
