"""An act that may be told twice and is done once: after a broken line a browser says it again.

The key of the click is written in the transaction of the act itself, so either both are there or
neither is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select

from linkage.errors import NotAllowed
from linkage.once_tables import act_once
from linkage.record import Record, Writing

# No browser waits so long to say an act again.
KEPT = timedelta(days=2)
_LONGEST = 64


class AlreadyDone(NotAllowed):
    """This very click has been carried out."""


class OnceRecord(Record):
    """The record for one act of one click; hand it to the function that writes."""

    def __init__(self, record: Record, key: str) -> None:
        # No engine of its own: reading and writing are those of the record behind it.
        self.engine = record.engine
        self._record, self._key = record, key

    @contextmanager
    def write(self, at: datetime | None = None) -> Iterator[Writing]:
        """Raises AlreadyDone before anything is written."""
        with self._record.write(at) as w:
            _take(w, self._key)
            yield w


def _take(w: Writing, key: str) -> None:
    if not 0 < len(key) <= _LONGEST:
        raise NotAllowed("这次点击没有可用的标识，没有执行；请刷新页面后重试。")
    if w.cx.execute(select(act_once.c.key).where(act_once.c.key == key)).first():
        raise AlreadyDone("这次操作已经执行过，没有再执行一遍。")
    w.cx.execute(delete(act_once).where(act_once.c.at < w.at - KEPT))
    w.cx.execute(insert(act_once).values(key=key, at=w.at))
