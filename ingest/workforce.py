"""This worker among the others: it says that it lives, takes its share of the lanes, gives back
what is no longer its own, and never works on what another may have taken over.

docs/decisions/0010-one-ledger-many-workers.md says why this is safe.
"""

import logging
import os
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec

from ingest.lanes import DELIVERY, STRANGERS, Lane, former, removed
from ingest.switchboard import Switchboard
from linkage.intake import leases
from linkage.intake.leases import Me, Standing
from linkage.own_state import CLASH, set_service
from linkage.record import UNAVAILABLE, Record, Writing

# Seconds. A worker whose beat stands still for DEAD_S has its lanes taken over: with the beat of
# the one who takes and the new connections, within 8 s. It stops by itself before, if it cannot
# say that it lives.
BEAT_S = 1.0
DEAD_S = 5.0
STOP_S = 3.0

log = logging.getLogger(__name__)


class Workforce:
    """`tend` between batches, from the one thread that drives the switchboard."""

    def __init__(
        self,
        record: Record,
        switchboard: Switchboard,
        lanes: Mapping[str, Lane],
        name: str = "",
        standby: bool = False,
    ) -> None:
        self._record = record
        self._switchboard = switchboard
        detail = {"host": socket.gethostname(), "process": os.getpid(), "space": _space()}
        self._me = Me(
            id=f"{(name or socket.gethostname())[:60]}#{token_hex(4)}",
            standby=standby,
            started_at=datetime.now(UTC),
            detail=detail,
        )
        self._seen: dict[str, tuple[datetime, float]] = {}
        self._standing: Standing | None = None
        self._beat_at = self._next = float("-inf")
        self._stopped = False
        self._clashes: dict[str, bool] = {}
        self.on_delivery: Callable[[bool], None] = lambda _: None
        switchboard.on_taken_over = self._taken_over
        self.use(lanes)

    @property
    def leads(self) -> bool:
        """One worker does what must be done once: it is the one with the strangers' lane."""
        return self._standing is not None and STRANGERS in self._standing.mine

    def use(self, lanes: Mapping[str, Lane]) -> None:
        """The lanes of the tables in use; anew when these change."""
        self._lanes = lanes
        first = [lane.id for lane in lanes.values() if lane.life_safety]
        self._groups = (first, [DELIVERY, *(one for one in lanes if one not in first)])
        self._next = float("-inf")

    def tend(self, now: float) -> bool:
        """Every second. True when we hold lanes that we did not hold before. Never raises
        for a database that is away: then the sessions are left before others may take them."""
        if now < self._next:
            if now - self._beat_at <= STOP_S or self._stopped:
                return False
            self._stop()
            return False
        self._next = now + BEAT_S
        try:
            standing = self._beat(now)
        except UNAVAILABLE:
            if now - self._beat_at > STOP_S and not self._stopped:
                self._stop()
            return False
        return self._follow(standing)

    def must_hold(self, w: Writing) -> None:
        """Inside the transaction of a batch. Raises LaneLost when a lane was taken over."""
        if self._standing is not None:
            leases.must_hold(w, self._me.id, self._standing.mine - self._standing.surplus)

    def lost(self) -> None:
        """A batch found that a lane is no longer ours: ask at once which are."""
        log.warning("通道已由其他接入进程接管，本进程放下手中报文（由接管者重新收取）")
        self._next = float("-inf")
        self._stop()

    def goodbye(self) -> None:
        """The others need not wait until our beat has stood still."""
        self.on_delivery(False)
        self._switchboard.hold(())
        with suppress(*UNAVAILABLE), self._record.write() as w:
            leases.say_goodbye(w, self._me.id)

    def _beat(self, now: float) -> Standing:
        with self._record.write() as w:
            standing = leases.beat(w, self._me, lambda rows: self._dead(rows, now), self._groups)
            missing = {STRANGERS, DELIVERY} - standing.listed
            if missing:
                leases.enlist(w, self._me.id, missing)
                standing = msgspec.structs.replace(
                    standing,
                    mine=standing.mine | missing,
                    listed=standing.listed | missing,
                )
            self._report_clashes(w, standing)
        # From before the transaction: the others may have seen the beat so early.
        self._beat_at = now
        return standing

    def _follow(self, standing: Standing) -> bool:
        """Hold what is ours; what must go is left first, and only then given back."""
        before = set() if self._stopped or self._standing is None else self._switchboard.held
        self._stopped = False
        keep = standing.mine - standing.surplus
        self.on_delivery(DELIVERY in keep)
        wanted = {one for one in keep if one in self._lanes}
        leads = STRANGERS in keep
        if leads:
            # Lanes that no worker has had yet begin here; see ingest/strangers.py.
            wanted |= self._lanes.keys() - standing.listed
        self._switchboard.hold(wanted, standing.listed)
        if leads:
            self._see_to_old_sessions(standing)
        self._standing = standing
        settled = self._switchboard.settled() if leads else set()
        new = settled & self._lanes.keys() - standing.listed
        if standing.surplus or new:
            try:
                with self._record.write() as w:
                    leases.give_back(w, self._me.id, standing.surplus)
                    leases.enlist(w, self._me.id, new)
            except UNAVAILABLE:
                return False  # still in the table as ours: the next beat finds it so
            self._standing = msgspec.structs.replace(
                standing,
                mine=keep | new,
                surplus=frozenset(),
                listed=standing.listed | new,
            )
        if wanted != before:
            log.info("本进程 %s 负责 %d 条通道", self._me.id, len(wanted))
        return bool(wanted - before)

    def _see_to_old_sessions(self, standing: Standing) -> None:
        """What waits in sessions of earlier versions, and of systems that are no longer known."""
        board = self._switchboard
        if self._standing is None or STRANGERS not in self._standing.mine:
            board.drain(former(board.ingest_id), board.ingest_id)
        for lane_id in sorted(standing.free - self._lanes.keys() - {DELIVERY}):
            if lane_id in board.drained:
                with suppress(*UNAVAILABLE), self._record.write() as w:
                    leases.strike(w, lane_id)
            else:
                board.drain(removed(lane_id))

    def _stop(self) -> None:
        self._stopped = True
        self.on_delivery(False)
        self._switchboard.hold(())

    def _dead(self, rows: Sequence[Any], now: float) -> Collection[str]:
        """Those whose beat stood still on our watch, or whose process is gone from our machine."""
        self._seen = {
            row.id: self._seen[row.id]
            if self._seen.get(row.id, (None, 0.0))[0] == row.seen_at
            else (row.seen_at, now)
            for row in rows
        }
        return {
            row.id
            for row in rows
            if now - self._seen[row.id][1] >= DEAD_S or _is_gone(row.detail, self._me.detail)
        }

    def _taken_over(self, client_id: str, certain: bool) -> None:
        self._clashes[client_id] = certain

    def _report_clashes(self, w: Writing, standing: Standing) -> None:
        """Somebody has connected as we do, and the lane is ours: no worker of this record."""
        clashes, self._clashes = self._clashes, {}
        ingest_id = self._switchboard.ingest_id
        held = standing.mine & self._lanes.keys()
        ours = {self._lanes[one].client_id(ingest_id) for one in held}
        for client_id in sorted(clashes.keys() & ours):
            others = "、".join(standing.others) or "无"
            certain = clashes[client_id]
            how = "被另一个程序接管" if certain else "反复中断，疑似被另一个程序接管"
            why = (
                f"会话 {client_id} {how}：本进程 {self._me.id}；本库其他接入进程：{others}。"
                "请检查是否另有一套接入用了同一个 LINKAGE_INGEST_ID"
            )
            log.error(why)
            detail = {"client_id": client_id, "ours": self._me.id, "why": why, "certain": certain}
            set_service(w, CLASH, w.at, {**detail, "others": list(standing.others)})


def _space() -> str:
    """Process numbers mean the same where this is the same."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _is_gone(detail: str, mine: Mapping[str, object]) -> bool:
    theirs = msgspec.json.decode(detail)
    if not mine["space"] or theirs.get("space") != mine["space"]:
        return False
    if theirs["process"] == mine["process"]:
        return False  # two of one process, as in a test: only the beat tells
    try:
        os.kill(int(theirs["process"]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False
