"""守时: one look at all running clocks; what is due is fired, once, in one transaction.

Two keepers, or one after a restart, agree without speaking to each other: a step is a row with a
unique key, and whoever writes it first has taken it.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from linkage.actions import Happening
from linkage.clocks import firings
from linkage.clocks.clock import Clocks, Running
from linkage.clocks.letters import Letters, lateness
from linkage.clocks.matter import Matter
from linkage.clocks.own_clock import NO_SHIFT, OwnClock, jumped_words
from linkage.clocks.pacing import Pace
from linkage.clocks.running import KeptUp
from linkage.clocks.stale_letters import withdraw
from linkage.clocks.steps import StepDue, next_step_at, steps_due
from linkage.duty.roster import ladder
from linkage.exercise.exercises import posts_paged
from linkage.own_state import set_service
from linkage.record import Record, Writing

KEEPER = "clocks"  # its row in service_state
BEAT_EVERY = timedelta(seconds=3)
# Others wait for the ledger: of a flood the rest is taken at the next looks.
AT_ONCE = 500
# However quiet it is: what is planned is looked through so often.
LOOK_AT_ALL = timedelta(seconds=30)
FAR, NEVER = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
RULE = "rule:clock"


class Keeper:
    """`look` about every second, from one thread."""

    def __init__(
        self, record: Record, clocks: Clocks, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._record, self._clocks, self._steady = record, clocks, steady
        self._kept = KeptUp(clocks)
        self._next: dict[firings.Key, tuple[datetime, datetime | None]] = {}
        self._pace = Pace()
        self._beat_at: datetime | None = None
        self._ours = OwnClock(steady)
        self._taken = 0
        # Nothing of orders and incidents is due before then, if nobody touches them.
        self._quiet_until = self._scanned_at = NEVER

    def look(self, now: datetime | None = None) -> int:
        """Fire what is due; returns how many steps were taken. Raises when the database is away."""
        now = now or datetime.now(UTC)
        self._ours.look(now)
        began = self._steady()
        with self._record.read() as cx:
            self._ours.look_up(cx, now)
            runs = self._kept.look(cx, now)
            matters = self._matters(cx, self._pressing(runs, now), now)
            stale = withdraw(cx, runs)
        took_ms = (self._steady() - began) * 1000
        beat = self._beat_at is None or abs(now - self._beat_at) >= BEAT_EVERY
        jumped = self._ours.jumped
        if not (matters or stale or beat or jumped):
            return 0
        with self._record.write(now) as w:
            if jumped:
                said = jumped_words(jumped)
                w.log.add(RULE, Happening.AUDIT, said, after={"seconds": round(jumped)})
            for notice in stale:
                notice(w)
            # An answer may have come since: who is written down is judged as of this transaction.
            wanted = {matter.run.key for matter in matters}
            again = self._kept.look(w.cx, now) if wanted else []
            still = [run for run in again if run.key in wanted]
            taken = self._fire(w, self._matters(w.cx, still, now))
            detail = {"running": len(runs), "look_ms": round(took_ms, 1)}
            set_service(w, KEEPER, now, {**detail, "taken": self._taken + taken})
        self._ours.said()
        self._beat_at, self._taken = now, self._taken + taken
        self._forget(runs)
        return taken

    def _pressing(self, runs: list[Running], now: datetime) -> list[Running]:
        """The clocks with a step that may be due: new ones, changed ones, those whose time came."""
        if not self._kept.changed and self._scanned_at <= now <= self._quiet_until:
            return self._kept.rest
        planned, shifts, found, soonest = self._next, self._ours.shifts, [], FAR
        strange = self._ours.strange(runs, now)
        for run in runs:
            due_at, then = planned.get(run.key, (None, None))
            if due_at != run.due_at or (strange and run.key in strange):
                found.append(run)
            elif then is not None:
                if shifts and run.key in shifts:
                    then -= shifts[run.key]
                soonest = min(soonest, then)
                if then < now:
                    found.append(run)
        quiet = NEVER if found else min(soonest, now + LOOK_AT_ALL)
        self._quiet_until, self._scanned_at = quiet, now
        return found

    def _matters(self, cx: Connection, runs: list[Running], now: datetime) -> list[Matter]:
        """The newest step first: what has just happened is told before what was missed."""
        taken = firings.fired_numbers(cx, runs) if runs else {}
        found = []
        for run in runs:
            rule, done = self._clocks.by_id[run.rule_id], taken.get(run.key, set())
            self._ours.find_shift(rule, run, done, now)
            at = now + self._ours.shifts.get(run.key, NO_SHIFT)
            open_ = firings.open_steps(steps_due(rule, run, at), done)
            if open_:
                found.append(Matter(run=run, steps=tuple(open_), at=at))
            else:
                self._next[run.key] = run.due_at, next_step_at(rule, run, at)
        newest_first = sorted(found, key=lambda one: one.steps[-1].due_at, reverse=True)
        return newest_first[:AT_ONCE]

    def _fire(self, w: Writing, matters: list[Matter]) -> int:
        if not matters:
            return 0
        people = ladder(w.cx, w.at, self._clocks.duty.standing)
        letters = Letters(people, posts_paged(w.cx), self._pace, w.at)
        rows = []
        for matter in matters:
            rows += [self._take(w, letters, matter, step) for step in reversed(matter.steps)]
            rule = self._clocks.by_id[matter.run.rule_id]
            self._next[matter.run.key] = (
                matter.run.due_at,
                next_step_at(rule, matter.run, matter.at),
            )
        firings.write_firings(w, rows)
        letters.send(w)
        return len(rows)

    def _take(self, w: Writing, letters: Letters, matter: Matter, step: StepDue) -> dict[str, Any]:
        run = matter.run
        firing_id = w.next_id()
        told = letters.told(matter, step, firing_id)
        to = f"，已告知{'、'.join(told)}" if told else "，屏幕提示"
        w.log.add(
            RULE,
            Happening.ESCALATE,
            f"{step.step.label}：{matter.words}{lateness(step, matter.at)}{to}",
            incident_id=run.incident_id,
            assignment_id=run.assignment_id,
            after={"clock": run.rule_id, "number": step.number, "firing": firing_id},
        )
        return firings.row(w, firing_id, run, step, told)

    def _forget(self, runs: list[Running]) -> None:
        """What no longer runs is not planned any more; seldom, for there are thousands."""
        if len(self._next) > 2 * len(runs) + 1000:
            keys = {run.key for run in runs}
            self._next = {key: then for key, then in self._next.items() if key in keys}
            self._ours.forget(keys)
