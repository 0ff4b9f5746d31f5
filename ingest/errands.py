"""The intake's errands: what a screen or a command asked of it, done between its batches.

One step at a time: an alert that arrives meanwhile waits for one step, not for the errand.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from ingest import decode, frames, mend
from ingest.dry_run import changed_registry, dry_run
from ingest.registry import Registry, read_registry, read_rules
from linkage.errors import BadConfig, NotPermitted
from linkage.intake import errands
from linkage.intake.errands import Errand, ErrandKind, ErrandState
from linkage.intake.intake_rules import IntakeRules
from linkage.intake.unlisted import strike_listed
from linkage.record import UNAVAILABLE
from linkage.settings import Settings

LOOK_EVERY_S = 1.0
TELL_EVERY_S = 1.0
MOST_TRIES = 3
LARGEST_DRY_RUN = 20_000

log = logging.getLogger(__name__)


class _InHand:
    """`number` of the errand, the work, and when its progress was last written."""

    def __init__(self, number: int, work: mend.Work, told_at: float) -> None:
        self.number, self.work, self.told_at = number, work, told_at


class Errands:
    """`use`: told of a new one; called between two batches."""

    def __init__(
        self,
        at: mend.Workplace,
        settings: Settings,
        use: Callable[[Registry, IntakeRules], None],
    ) -> None:
        self._at, self._settings, self._use = at, settings, use
        self._in_hand: _InHand | None = None
        self._look_at = 0.0
        self._reloaded: int | None = None
        # A fault of ours in an errand comes back from there as its answer: the intake goes on.
        self._apart = ThreadPoolExecutor(1, thread_name_prefix="errand")

    def look(self, now: float) -> bool:
        """Do one step of what waits; whether there is more to do at once. Never raises.

        `now`: seconds of a clock that does not jump. With nothing in hand it is one SELECT a
        second.
        """
        if self._in_hand is None and now < self._look_at:
            return False
        self._look_at = now + LOOK_EVERY_S
        fault = self._apart.submit(self._step, now).exception()
        if fault is None:
            return self._in_hand is not None
        in_hand, self._in_hand = self._in_hand, None
        if isinstance(fault, UNAVAILABLE):
            return False  # said by the worker; taken up again once it is back
        log.error("办理请求时出错，接入不受影响", exc_info=fault)
        if in_hand is not None:
            why = f"程序内部错误（{type(fault).__name__}），请联系维护人员"
            self._apart.submit(self._end, in_hand.number, ErrandState.FAILED, {"why": why})
        return False

    def _step(self, now: float) -> None:
        if self._in_hand is None:
            self._begin(now)
        in_hand = self._in_hand
        if in_hand is None:
            return
        try:
            progress = next(in_hand.work)
        except StopIteration as done:
            self._end(in_hand.number, ErrandState.DONE, done.value)
            self._in_hand = None
        except (BadConfig, NotPermitted) as why:
            self._end(in_hand.number, ErrandState.FAILED, {"why": str(why)})
            self._in_hand = None
        else:
            if now - in_hand.told_at >= TELL_EVERY_S:
                in_hand.told_at = now
                with self._at.record.write(self._at.clock()) as w:
                    errands.report(w, in_hand.number, progress)

    def _begin(self, now: float) -> None:
        with self._at.record.read() as cx:
            if self._reloaded is None:
                self._reloaded = errands.last_reload(cx)
            waiting = errands.pending(cx, self._reloaded)
        for one in waiting:
            if one.state is ErrandState.DONE:
                self._follow(one)
            elif one.state is ErrandState.WAITING or errands.is_abandoned(one, self._at.clock()):
                if one.progress.get("taken", 0) >= MOST_TRIES:
                    why = f"接入进程 {MOST_TRIES} 次都没有办完，请联系维护人员"
                    self._end(one.id, ErrandState.FAILED, {"why": why})
                    continue
                with self._at.record.write(self._at.clock()) as w:
                    mine = errands.claim(w, one)
                if mine:
                    self._in_hand = _InHand(one.id, self._work(one), now)
                    return

    def _work(self, one: Errand) -> mend.Work:
        ids = one.detail.get("ids", ())
        if one.kind is ErrandKind.PREVIEW:
            return mend.preview(self._at, ids, one.payload)
        if one.kind is ErrandKind.REDRIVE:
            return mend.redrive(self._at, one.actor, ids, one.payload)
        if one.kind is ErrandKind.DRY_RUN:
            return self._dry_run(one)
        return self._reload(one)

    def _dry_run(self, one: Errand) -> mend.Work:
        file = one.payload if one.payload is not None else self._settings.sources
        after = changed_registry(self._at.registry(), file)
        last = min(int(one.detail.get("last", 1000)), LARGEST_DRY_RUN)
        found = yield from dry_run(
            self._at.record, self._at.registry, after, last, one.detail.get("source")
        )
        return found

    def _reload(self, one: Errand) -> mend.Work:
        yield {}
        found = self._use_anew()
        self._reloaded = one.id
        log.info("已换用新的配置：%s", found)
        return found

    def _use_anew(self) -> dict[str, Any]:
        """All the files, or nothing of any; returns what is different. Raises BadConfig."""
        old, old_rules = self._at.registry(), self._at.intake.rules
        new = read_registry(self._settings)
        rules = read_rules(self._settings, new)
        new.devices.put_in_use()
        self._use(new, rules)
        for kept in (decode, frames):
            kept.forget(old.sources.values())
        strike_listed(self._at.record, {i: source.kinds for i, source in new.sources.items()})
        return {**differences(old, new), "tables": changed_tables((old, old_rules), (new, rules))}

    def _follow(self, one: Errand) -> None:
        """Another intake has taken the new tables into use; so do we."""
        self._reloaded = one.id
        try:
            self._use_anew()
        except BadConfig as why:
            log.error("其他接入进程已换用新的配置，本机的文件不能用：%s", why)  # noqa: TRY400

    def _end(self, number: int, state: ErrandState, result: dict[str, Any]) -> None:
        with self._at.record.write(self._at.clock()) as w:
            errands.finish(w, number, state, result)


def differences(old: Registry, new: Registry) -> dict[str, Any]:
    """Ids of systems that are added, removed or stated otherwise."""
    was, now = old.sources, new.sources
    common = was.keys() & now.keys()
    other = {i for i in common if _facts(was[i]) != _facts(now[i])}
    return {
        "sources": len(now),
        "added": sorted(now.keys() - was.keys()),
        "removed": sorted(was.keys() - now.keys()),
        "changed": sorted(other),
    }


def changed_tables(
    old: tuple[Registry, IntakeRules], new: tuple[Registry, IntakeRules]
) -> list[str]:
    """Names of the files beside sources.toml that say something else than before."""
    was, now = _tables(*old), _tables(*new)
    return [file for file, stated in now.items() if stated != was[file]]


def _tables(registry: Registry, rules: IntakeRules) -> dict[str, object]:
    devices, telemetry = registry.devices, rules.telemetry
    return {
        "agencies.toml": registry.agencies,
        "vehicles.toml": devices.vehicles,
        "panels.toml": devices.panels,
        "factors.toml": devices.factors,
        "stations.toml": telemetry.stations,
        "thresholds.toml": telemetry.thresholds,
        "grading.toml": rules.grading,
        "known_points.toml": rules.known_points,
    }


def _facts(source: Any) -> dict[str, Any]:
    facts = msgspec.structs.asdict(source)
    del facts["others"]  # changes with every neighbour
    return facts
