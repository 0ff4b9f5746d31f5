"""What the intake does every few seconds beside messages: who is silent, what waits in vain,
whether we ourselves are well. What it finds is taken in like any other alert.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec

from ingest.frames import HOLD
from ingest.registry import Registry
from linkage.actions import Happening
from linkage.figures.flood import Flood
from linkage.intake.fragments import expire_fragments
from linkage.intake.look_round import (
    Sight,
    absence,
    look,
    next_watch,
    troubles,
    unknown,
    wording,
)
from linkage.intake.own_alerts import close_untouched, say
from linkage.intake.own_words import DEAF
from linkage.intake.take_in import Intake
from linkage.intake.troubles import Phase, Saying, Trouble, begun, follow
from linkage.own_state import WATCH, Watch, set_service
from linkage.record import UNAVAILABLE, Record, Writing
from linkage.response.agencies import Agency

EVERY = timedelta(seconds=2)
# Between two traces in the record while nothing changes.
TRACE_EVERY = timedelta(seconds=5)
_RULE = "rule:watch"

log = logging.getLogger(__name__)


def nobody(_: datetime) -> Mapping[str, str]:
    """No log of the broker's to read: nobody is known to flap."""
    return {}


class Housekeeping:
    """`tick` between two batches, in the worker's thread.

    `connected`: whether the broker is. `leads`: of several processes one keeps watch. `clients`:
    who flaps at the broker, and why.
    """

    def __init__(
        self,
        record: Record,
        intake: Intake,
        registry: Callable[[], Registry],
        connected: Callable[[], bool],
        *,
        leads: Callable[[], bool] = lambda: True,
        desks: int = 1,
        clients: Callable[[datetime], Mapping[str, str]] = nobody,
    ) -> None:
        self._record, self._intake, self._registry = record, intake, registry
        self._connected, self._leads = connected, leads
        self._desks, self._clients = desks, clients
        self._began: datetime | None = None
        self._next: datetime | None = None
        # A fault of ours comes back from there as an answer: the intake goes on.
        self._apart = ThreadPoolExecutor(1, thread_name_prefix="watch")

    def chore(self, _: float) -> bool:
        """One of the worker's: there is never more to do at once."""
        self.tick(datetime.now(UTC))
        return False

    def tick(self, now: datetime) -> None:
        """Every two seconds a look at the record. Never raises."""
        if self._next is not None and self._next - EVERY <= now < self._next:
            return
        self._next = now + EVERY
        if not self._leads():
            return
        fault = self._apart.submit(self._turn, now).exception()
        if fault is not None and not isinstance(fault, UNAVAILABLE):  # that one the worker says
            log.error("巡查出错，接入不受影响", exc_info=fault)

    def _turn(self, now: datetime) -> None:
        self._began = began = self._began or now
        with self._record.read() as cx:
            sight = look(cx, began, self._clients(now), now)
        sources = self._registry().sources
        spells, sayings = follow(
            {a: s for a, s in sight.before.spells.items() if _is_ours(a, sources)},
            troubles(sight, sources),
            now,
            lambda about: unknown(sight, about),
        )
        missed = absence(sight)
        if missed is not None and missed.deaf_from is not None and DEAF not in spells:
            spell = begun(Trouble(DEAF, missed.deaf_from), now)
            over = msgspec.structs.replace(spell, ended=missed.back_at, told_end=True)
            spells[DEAF] = over
            sayings.append(Saying(Phase.BEGAN, over))
        answers = self._answers()
        words = {one.spell.about: wording(one.spell, sight, sources, answers) for one in sayings}
        arrivals = say(sayings, words, now)
        if arrivals:
            self._intake.take_in(arrivals, now)
            for one in arrivals:
                log.warning("自检：%s", getattr(one.content, "headline", ""))
        after = msgspec.structs.replace(
            next_watch(sight, spells, self._desks), connected=self._connected()
        )
        self._write(sight, after, [s for s in sayings if s.phase is Phase.SETTLED])

    def _write(self, sight: Sight, after: Watch, settled: list[Saying]) -> None:
        """What changed; and a trace of ours, so that all see that the intake is turning."""
        now, before = sight.now, sight.before
        late = sight.oldest_half is not None and now - sight.oldest_half > HOLD
        same = (
            not settled
            and not late
            and after.spells == before.spells
            and after.gap == before.gap
            and after.dropped == before.dropped
            and after.connected == before.connected
            and _is_on(after.flood) == _is_on(before.flood)
        )
        if same and sight.left_at is not None and now - sight.left_at < TRACE_EVERY:
            return
        with self._record.write(now) as w:
            if late:
                expire_fragments(w, now - HOLD)
            close_untouched(w, [one.spell.ref for one in settled])
            _log_flood(w, before.flood, after.flood)
            set_service(w, WATCH, now, msgspec.to_builtins(after))

    def _answers(self) -> dict[str, Agency]:
        """Who answers for each source."""
        registry = self._registry()
        return {
            source_id: registry.agencies[source.agency]
            for source_id, source in registry.sources.items()
            if source.agency in registry.agencies
        }


def _is_ours(about: str, sources: Mapping[str, object]) -> bool:
    """A source that sources.toml no longer has is nobody's trouble any more."""
    kind, _, source_id = about.partition("/")
    return kind != "silent" or source_id in sources


def _is_on(flood: Flood | None) -> bool:
    return flood is not None and flood.on


def _log_flood(w: Writing, before: Flood | None, after: Flood | None) -> None:
    if after is None or _is_on(before) == _is_on(after):
        return
    if after.on:
        why = f"洪峰开始：10 分钟内每席新增 {after.rate:g} 起，超过 10 起"
        w.log.add(_RULE, Happening.SURGE, why, after=msgspec.to_builtins(after))
    elif before is not None:
        why = f"洪峰结束：10 分钟内每席新增降到 {after.rate:g} 起；峰值 {before.peak:g} 起"
        w.log.add(_RULE, Happening.SURGE, why, before=msgspec.to_builtins(before))
