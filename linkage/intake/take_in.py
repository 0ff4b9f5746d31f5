"""Taking in: keep every payload, correlate, open or attach, log, account; one transaction a batch.

When `take_in` returns, everything of the batch is committed and the broker may be told so. When
it raises, nothing of the batch happened.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import select

from linkage.correlation.open_incidents import OpenIncidents
from linkage.intake.arrivals import Arrival, Held, Receipt
from linkage.intake.batch import Batch
from linkage.intake.foresee import Foreseen, foresee
from linkage.intake.fragments import waiting
from linkage.intake.intake_rules import IntakeRules
from linkage.intake.reload import reload_open
from linkage.intake.source_quality import SourceQuality
from linkage.record import Record, Writing
from linkage.tables import ledger


class Intake:
    """The writer of the intake: one per process, used by one thread."""

    def __init__(
        self,
        record: Record,
        rules: IntakeRules,
        guard: Callable[[Writing], None] = lambda _: None,
    ) -> None:
        """`guard`: called in the transaction when others have written since our last batch; what
        it raises undoes the batch."""
        self._record = record
        self._guard = guard
        self._guarded: int | None = None  # the feed revision at which the guard had nothing to say
        self._rules = rules
        self._open = OpenIncidents()
        self._quality = SourceQuality(rules.datums, rules.known_points)
        self._as_of: int | None = None  # the feed revision that `_open` shows; None: reload

    @property
    def rules(self) -> IntakeRules:
        return self._rules

    def use(self, rules: IntakeRules) -> None:
        """Other tables from the next batch on."""
        was, self._rules = self._rules, rules
        if (was.datums, was.known_points) != (rules.datums, rules.known_points):
            self._quality = SourceQuality(rules.datums, rules.known_points)

    def take_in(self, arrivals: Sequence[Arrival], at: datetime) -> list[Receipt]:
        """Keep a batch. Raises one of `linkage.record.UNAVAILABLE` when the database is away."""
        with self.batch(at) as (_, batch):
            return batch.take(arrivals)

    @contextmanager
    def batch(self, at: datetime) -> Iterator[tuple[Writing, Batch]]:
        """One transaction with an empty batch: for what must be written together with it."""
        # Until the commit the index may show what will not be: any way out but the last line
        # makes the next batch read it anew.
        as_of, self._as_of = self._as_of, None
        self._quality.forget()
        with self._record.write(at) as w:
            if self._guarded != w.started_from:
                self._guard(w)
            self._refresh(w, as_of)
            yield w, Batch(w, self._open, self._rules, self._quality)
        self._quality.keep()
        self._as_of = self._guarded = w.revision

    def foresee(self, arrivals: Sequence[Arrival]) -> list[Foreseen]:
        """What `take_in` would make of each, were it alone. Writes nothing."""
        as_of, self._as_of = self._as_of, None
        with self._record.read() as cx:
            revision = cx.execute(select(ledger.c.revision).where(ledger.c.id == 1)).scalar_one()
            if as_of is None:
                self._open = OpenIncidents()
            if as_of != revision:
                reload_open(cx, self._open, as_of)
            found = foresee(cx, arrivals, self._open)
        self._as_of = revision
        return found

    def held(self) -> list[tuple[str, Held]]:
        """Halves of frames that wait in the record, with the source each is of."""
        with self._record.read() as cx:
            return waiting(cx)

    def _refresh(self, w: Writing, as_of: int | None) -> None:
        if as_of is None:
            self._open = OpenIncidents()
        elif as_of == w.started_from:
            return
        reload_open(w.cx, self._open, as_of)
