"""Whether anything was committed, asked so cheaply that it can be asked hundreds of times a second.

SQLite keeps a number that every commit of another connection changes (`PRAGMA data_version`: 5 µs);
PostgreSQL is asked for the ledger's one row on a connection of its own. Who waits here still looks
for itself now and then: this only says when sooner. One thread.
"""

import time
from typing import Any

from linkage.record import UNAVAILABLE, Record

# On SQLite half a percent of a core; PostgreSQL has a statement to answer each time.
ASK_SQLITE_EVERY_S, ASK_EVERY_S = 0.003, 0.01
# What is held open is taken anew so often: a file that was put back from a backup is another file.
ANEW_S = 10.0


class LedgerWatch:
    def __init__(self, record: Record) -> None:
        self._engine = record.engine
        self._sqlite = record.engine.dialect.name == "sqlite"
        self._faults: tuple[type[BaseException], ...] = (
            *UNAVAILABLE,
            record.engine.dialect.dbapi.Error,  # type: ignore[union-attr]
        )
        self._every_s = ASK_SQLITE_EVERY_S if self._sqlite else ASK_EVERY_S
        self._held: Any = None
        self._cursor: Any = None
        self._taken = 0.0
        self._mark: object = None

    def wait(self, within_s: float) -> bool:
        """Until something was committed, at most so long. Whether something was; also True where
        that cannot be known."""
        until = time.monotonic() + within_s
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(self._every_s, left))
            try:
                mark = self._ask()
            except self._faults:
                self.close()
                time.sleep(max(0.0, until - time.monotonic()))
                return True
            if mark != self._mark:
                self._mark = mark
                return True
        return False

    def close(self) -> None:
        held, self._held, self._cursor, self._mark = self._held, None, None, None
        if held is not None:
            try:
                held.close()
            except self._faults:
                return  # it was lost before

    def _ask(self) -> object:
        if self._cursor is None or time.monotonic() - self._taken > ANEW_S:
            self._take()
        ask = "PRAGMA data_version" if self._sqlite else "SELECT revision FROM ledger"
        self._cursor.execute(ask)
        # The number of another connection means nothing to this one.
        return self._taken, self._cursor.fetchone()[0]

    def _take(self) -> None:
        self.close()
        held = self._engine.raw_connection()
        held.detach()  # out of the pool: nobody else gets what we have set
        self._held, self._taken = held, time.monotonic()
        if not self._sqlite:
            connection: Any = held.dbapi_connection
            connection.autocommit = True
        self._cursor = held.cursor()
