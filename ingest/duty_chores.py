"""值班室的定时事务: the sheet of a shift change that has come, the weekly roll call, and the search
for those who did not answer it. A thread of its own, in one worker at a time."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from ingest.registry import Registry
from linkage.clocks.clock import Clocks
from linkage.handover.gather import Facts
from linkage.handover.signing import open_due
from linkage.record import UNAVAILABLE, Record
from linkage.roll_call.calling import call_due, seek_silent

# Minutes matter here, not seconds.
EVERY_S = 10.0
log = logging.getLogger(__name__)


class DutyChores:
    """`registry`: gives the tables that are in use at that moment."""

    def __init__(self, record: Record, clocks: Clocks, registry: Callable[[], Registry]) -> None:
        self._record, self._clocks, self._registry = record, clocks, registry

    def start(self, stopping: threading.Event) -> threading.Thread:
        thread = threading.Thread(target=self._run, args=(stopping,), name="duty", daemon=True)
        thread.start()
        return thread

    def _run(self, stopping: threading.Event) -> None:
        while not stopping.wait(EVERY_S):
            try:
                self.turn(datetime.now(UTC))
            except UNAVAILABLE:
                continue  # the worker says so; what is due stays due

    def turn(self, now: datetime) -> None:
        """What is due is done once, whoever asks. Raises one of UNAVAILABLE."""
        tables = self._registry()
        if open_due(self._record, Facts(tables.sources, tables.agencies, self._clocks), now):
            log.info("交接班时刻已到，交接单已生成，等待双方签字")
        if call_due(self._record, tables.agencies, self._clocks.duty.roll_call, now):
            log.info("每周点名已发出")
        if seek_silent(self._record, tables.agencies, now):
            log.info("点名时限已到，未应答的单位改用其他手段")
