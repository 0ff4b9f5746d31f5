"""What the intake does for warnings beside messages: write down that one ran out, lay what was
published on disk, note that the broker has it."""

import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from linkage.record import UNAVAILABLE, Record
from linkage.warnings.expiry import expire
from linkage.warnings.publishing import Unfiled, note_filed, note_published, unfiled

# A warning ends on every screen at its second; the log may be that much later.
EVERY_S = 1.0
FOLDER = "warnings"
log = logging.getLogger(__name__)


class WarningChores:
    """`leads`: of several processes one does it. `data`: LINKAGE_DATA."""

    def __init__(self, record: Record, data: Path, leads: Callable[[], bool]) -> None:
        self._record, self._folder, self._leads = record, data / FOLDER, leads
        self._next = float("-inf")
        self._unwritten: set[str] = set()  # said once each, not every second

    def look(self, clock: float) -> bool:
        """One of the worker's chores; there is never more to do at once."""
        if clock < self._next:
            return False
        self._next = clock + EVERY_S
        if self._leads():
            self.turn(datetime.now(UTC))
        return False

    def turn(self, now: datetime) -> None:
        try:
            expire(self._record, now)
            note_published(self._record, now)
            with self._record.read() as cx:
                waiting = unfiled(cx)
            for one in waiting:
                self._file(one, now)
        except UNAVAILABLE:
            return  # the worker says so; what is due stays due

    def _file(self, one: Unfiled, now: datetime) -> None:
        """Whole or not at all, under a name of our own making: sender, second and serial."""
        name = f"{one.identifier}.xml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            half = self._folder / f".{name}.half"
            with half.open("wb") as file:
                file.write(one.xml)
                file.flush()
                os.fsync(file.fileno())
            half.replace(self._folder / name)
        except OSError as why:
            if name not in self._unwritten:
                log.warning("对外预警 %s 未能写入 %s：%s", name, self._folder, why.strerror)
            self._unwritten.add(name)
            return
        self._unwritten.discard(name)
        note_filed(self._record, one.id, f"{FOLDER}/{name}", now)
