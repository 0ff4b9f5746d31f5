"""What runs at this moment: every clock of every row that something is owed for."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Row, select

from linkage.clocks import subjects
from linkage.clocks.clock import Clocks, Running, clocks_of
from linkage.clocks.empty_shifts import empty_shifts
from linkage.tables import assignment, incident, ledger
from linkage.vocabulary import OPEN_STATUSES, AssignmentStatus

__all__ = ["KeptUp", "Running", "running"]


def running(cx: Connection, now: datetime, clocks: Clocks) -> list[Running]:
    """Every running clock, the nearest limit first. Reads all that is open, anew; who looks every
    second keeps a KeptUp."""
    found = KeptUp(clocks).look(cx, now)
    return sorted(found, key=lambda run: (run.due_at, run.key))


class KeptUp:
    """All running clocks, kept up by what has changed since the last look.

    Orders and incidents carry the feed's revision, so thousands of open ones cost nothing while
    nobody touches them. One thread at a time.

    `changed`: whether the last look found other orders or incidents than the one before. `rest`:
    the clocks of all else, which are made anew at every look.
    """

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._seen = -1
        self._read_at: datetime | None = None
        self._incidents: dict[int, Row[Any]] = {}
        self._tasks: dict[int, dict[int, Row[Any]]] = {}
        self._runs: dict[int, list[Running]] = {}
        # Of each order: the row, whether it was replaced, and its clocks. One order changes, and
        # the others of its incident have theirs already.
        self._known: dict[int, tuple[Row[Any], bool, list[Running]]] = {}
        self._flat: list[Running] | None = None
        self._over: datetime | None = None
        self.changed = True
        self.rest: list[Running] = []

    def look(self, cx: Connection, now: datetime) -> list[Running]:
        """As of now, in no order."""
        revision = int(cx.execute(select(ledger.c.revision)).scalar_one())
        stale = self._read_at is None or abs(now - self._read_at) > subjects.READ_ANEW
        # A record restored from a backup counts from an earlier revision.
        if stale or revision < self._seen:
            self._read_all(cx, now)
        elif revision > self._seen:
            self._read_changed(cx, now)
        self._seen = revision
        over = subjects.exercise_over(cx)
        self.changed = self._flat is None or over != self._over
        if self._flat is None or self.changed:
            self._over = over
            self._flat = [run for runs in self._runs.values() for run in runs if self._counts(run)]
        every = chain(subjects.others(cx), empty_shifts(cx, now, self._clocks.duty))
        runs = (run for subject in every for run in clocks_of(subject, self._clocks))
        self.rest = [run for run in runs if self._counts(run)]
        return self._flat + self.rest

    @property
    def parts(
        self,
    ) -> tuple[dict[int, Row[Any]], dict[int, dict[int, Row[Any]]], dict[int, list[Running]]]:
        """As of the last look, by incident: those that are open, their orders, their clocks."""
        return self._incidents, self._tasks, self._runs

    def _counts(self, run: Running) -> bool:
        """What was owed in an exercise that has ended is owed no more."""
        return not run.exercise or self._over is None or run.started_at > self._over

    def _read_all(self, cx: Connection, now: datetime) -> None:
        self._read_at = now
        self._incidents = {row.id: row for row in subjects.incidents_where(cx, subjects.is_open())}
        rows = subjects.tasks_where(cx, subjects.recent(now))
        self._tasks = {}
        for row in rows:
            self._tasks.setdefault(row.incident_id, {})[row.id] = row
        self._runs, self._known, self._flat = {}, {}, None
        self._count_anew(cx, self._incidents.keys() | self._tasks.keys())

    def _read_changed(self, cx: Connection, now: datetime) -> None:
        touched: set[int] = set()
        for row in subjects.incidents_where(cx, incident.c.revision > self._seen):
            touched.add(row.id)
            self._incidents.pop(row.id, None)
            if row.status in OPEN_STATUSES:
                self._incidents[row.id] = row
        changed = cx.execute(
            select(assignment.c.id, assignment.c.incident_id).where(
                assignment.c.live_revision > self._seen
            )
        ).all()
        moved = {one.id for one in changed}
        for incident_id, tasks in self._tasks.items():
            if moved & tasks.keys():  # it may have been moved to another incident
                touched.add(incident_id)
                for task_id in moved & tasks.keys():
                    del tasks[task_id]
        which = (assignment.c.live_revision > self._seen) & subjects.recent(now)
        for row in subjects.tasks_where(cx, which) if moved else ():
            touched.add(row.incident_id)
            self._tasks.setdefault(row.incident_id, {})[row.id] = row
        self._count_anew(cx, touched)

    def _count_anew(self, cx: Connection, incident_ids: Iterable[int]) -> None:
        ids = list(incident_ids)
        known = [self._incidents[one] for one in ids if one in self._incidents]
        proposed = subjects.proposed_at(cx, known)
        for one in ids:
            tasks = list(self._tasks.get(one, {}).values())
            found = self._of(self._incidents.get(one), tasks, proposed)
            if found != self._runs.pop(one, []):
                self._flat = None
            if found:
                self._runs[one] = found

    def _of(
        self, about: Row[Any] | None, tasks: list[Row[Any]], proposed: dict[int, datetime]
    ) -> list[Running]:
        """Of one incident and its orders. Of an incident that has ended only a withdrawal that its
        agency has not confirmed is still owed."""
        found = []
        if about is not None:
            subject = subjects.incident_subject(about, tasks, proposed.get(about.id))
            found += clocks_of(subject, self._clocks)
        for task in tasks:
            if about is not None or task.status == AssignmentStatus.CANCELLED:
                found += self._of_task(task, replaced=_replaced(task, tasks))
        return found

    def _of_task(self, task: Row[Any], *, replaced: bool) -> list[Running]:
        known = self._known.get(task.id)
        if known is None or known[0] is not task or known[1] != replaced:
            subject = subjects.task_subject(task, self._clocks, replaced=replaced)
            known = self._known[task.id] = task, replaced, clocks_of(subject, self._clocks)
        return known[2]


def _replaced(task: Row[Any], tasks: list[Row[Any]]) -> bool:
    """Somebody was ordered after this one was refused."""
    if task.status != AssignmentStatus.DECLINED or task.declined_at is None:
        return False
    return any(
        other.id != task.id
        and other.issued_at >= task.declined_at
        and other.status not in {AssignmentStatus.DECLINED, AssignmentStatus.CANCELLED}
        for other in tasks
    )
