"""The database behind one URL: reading, and the one way to write.

Every write takes the ledger row first, so there is one writer at a time, whatever the number of
processes: ids and feed revisions are in commit order and the log chain cannot fork.
"""

import logging
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Engine,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    create_engine,
    event,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from linkage import beijing, vigilance
from linkage.columns import Moment
from linkage.in_place import watch_file
from linkage.log import LogBook
from linkage.tables import ledger, log_entry

BEIJING = beijing.BEIJING
# An officer's click must not fail because a storm batch is being committed.
BUSY_MS = 15_000
# From this many rows on, PostgreSQL's COPY beats a statement per row, for the server most of all.
COPY_FROM = 20
log = logging.getLogger(__name__)

# The database is away, locked or full: nothing of the transaction was written, try again.
UNAVAILABLE = (OperationalError, InterfaceError)


class Writing:
    """One write transaction. Nothing is visible to others until it ends without an exception."""

    def __init__(self, cx: Connection, at: datetime) -> None:
        self.cx = cx
        self.at = at
        self.sqlite = cx.dialect.name == "sqlite"
        rows = select(ledger).where(ledger.c.id == 1)
        head = cx.execute(rows if self.sqlite else rows.with_for_update()).one()
        self.started_from: int = head.revision  # the feed revision before this transaction
        self.revision: int = head.revision
        self._last_id: int = head.last_id
        self._day: str = head.number_day
        self._today = at.astimezone(BEIJING).strftime("%Y%m%d")
        self._of_day: int = head.number_of_day
        self.log = LogBook(head.log_hash, at)
        self._last: datetime | None = None
        self._last_text = self._at_text = ""
        self._at_text = self.moment(at)

    def turn_to(self, at: datetime) -> None:
        """What is written from here on happened at `at`: a replay puts several batches of the
        past into one transaction."""
        self.at = self.log.at = at
        self._today = at.astimezone(BEIJING).strftime("%Y%m%d")
        self._last, self._at_text = None, ""
        self._at_text = self.moment(at)

    @property
    def last_id(self) -> int:
        """The id given last, in this transaction or before it."""
        return self._last_id

    def next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def next_revision(self) -> int:
        self.revision += 1
        return self.revision

    def next_number(self) -> str:
        """The number an officer reads aloud: Beijing day, dash, running number of that day."""
        # A clock that steps back keeps counting in the later day: a number is never given twice.
        if self._today > self._day:
            self._day, self._of_day = self._today, 0
        self._of_day += 1
        return f"{self._day}-{self._of_day:04d}"

    def moment(self, value: datetime | None) -> Any:
        """A time in the form the driver stores, for `append`, which passes by the types."""
        if value is None or not self.sqlite:
            return value
        # An alert's time is also its incident's; the batch's own stands in every row.
        if value is self._last:
            return self._last_text
        if value is self.at and self._at_text:
            return self._at_text
        self._last = value
        if value.tzinfo is not UTC:
            value = value.astimezone(UTC)
        self._last_text = value.isoformat(" ", "microseconds")[:-6]  # without +00:00
        return self._last_text

    def append(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert whole rows in column order, straight to the driver: a third of the cost.

        Times must have passed `moment`, JSON must be text already.
        """
        if len(rows) >= COPY_FROM and not self.sqlite:
            self._copy(table, rows)
        elif rows:
            self.cx.exec_driver_sql(_insert_sql(table, self.sqlite), list(rows))

    def _copy(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        names = ", ".join(f'"{c.name}"' for c in table.columns)
        statement = f'COPY "{table.name}" ({names}) FROM STDIN (FORMAT BINARY)'
        driver: Any = self.cx.dialect.dbapi
        cursor: Any = self.cx.connection.cursor()
        try:
            with cursor.copy(statement) as copy:
                copy.set_types(_wire_types(table))
                for row in rows:
                    copy.write_row(row)
        except driver.Error as why:
            # As SQLAlchemy would have raised it, so that a lost database looks the same everywhere.
            raise DBAPIError.instance(statement, None, why, driver.Error) from why
        finally:
            cursor.close()

    def amend(self, table: Table, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
        """Rewrite the named columns of rows by id: each row holds their values, then the id."""
        if rows:
            self.cx.exec_driver_sql(_update_sql(table, names, self.sqlite), list(rows))

    def finish(self) -> None:
        entries = [(self.next_id(), self.moment(at), *entry) for at, entry in self.log.entries]
        self.append(log_entry, entries)
        self.cx.execute(
            update(ledger)
            .where(ledger.c.id == 1)
            .values(
                revision=self.revision,
                last_id=self._last_id,
                log_hash=self.log.head,
                number_day=self._day,
                number_of_day=self._of_day,
            )
        )


class Record:
    """The shared record. `url` is any SQLAlchemy URL of SQLite or PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.engine.connect().execution_options(reading=True) as cx:
            yield cx

    @contextmanager
    def write(self, at: datetime | None = None) -> Iterator[Writing]:
        """One serial write transaction at the time `at` (now, if not given).

        Raises one of `UNAVAILABLE` when the database is away; then nothing was written.
        """
        with self.engine.begin() as cx:
            try:
                writing = Writing(cx, at or datetime.now(UTC))
            except OperationalError as why:
                vigilance.end_sleeper(self.engine, why)
                raise
            yield writing
            writing.finish()

    def reachable(self) -> bool:
        try:
            with self.read() as cx:
                cx.execute(text("SELECT 1"))
        except DBAPIError:
            return False
        return True

    def close(self) -> None:
        self.engine.dispose()


def open_engine(url: str) -> Engine:
    sqlite = url.startswith("sqlite")
    # A connection that broke is found before it is used; several hosts are tried in turn.
    arguments = (
        {}
        if sqlite
        else {name: v for name, v in vigilance.CONNECTION.items() if f"{name}=" not in url}
    )
    engine = create_engine(url, pool_pre_ping=not sqlite, connect_args=arguments)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
        watch_file(engine)
    else:
        event.listen(engine, "handle_error", vigilance.gone, retval=True)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    # SQLAlchemy, not the driver, says when a transaction begins (see _begin_immediate).
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    _turn_to_wal(connection)
    for pragma in (
        "synchronous = FULL",  # NORMAL may lose the last commits at power loss
        "foreign_keys = ON",
        "cache_size = -65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _turn_to_wal(connection: Any) -> None:
    # Of several programs that open a new file at once one turns it; SQLite refuses the others
    # without waiting, whatever the busy timeout.
    deadline = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_immediate(cx: Connection) -> None:
    # Readers must not queue behind writers; a writer takes the lock at once or waits its turn,
    # because a read lock raised to a write lock later fails without waiting.
    reading = cx.get_execution_options().get("reading", False)
    cx.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@lru_cache(maxsize=64)
def _insert_sql(table: Table, sqlite: bool) -> str:
    names = ", ".join(f'"{c.name}"' for c in table.columns)
    marks = ", ".join(["?" if sqlite else "%s"] * len(table.columns))
    return f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'


@lru_cache(maxsize=64)
def _wire_types(table: Table) -> list[str]:
    """What PostgreSQL calls the type of each column, on the wire."""
    return [
        next(name for kind, name in _WIRE_TYPES if isinstance(column.type, kind))
        for column in table.columns
    ]


# The first that fits; text serves for varchar, BigInteger is an Integer to SQLAlchemy.
_WIRE_TYPES: tuple[tuple[type[Any], str], ...] = (
    (BigInteger, "int8"),
    (Integer, "int4"),
    (String, "text"),
    (Float, "float8"),
    (Boolean, "bool"),
    (LargeBinary, "bytea"),
    (Moment, "timestamptz"),
)


@lru_cache(maxsize=64)
def _update_sql(table: Table, names: tuple[str, ...], sqlite: bool) -> str:
    mark = "?" if sqlite else "%s"
    sets = ", ".join(f'"{table.columns[name].name}" = {mark}' for name in names)
    return f'UPDATE "{table.name}" SET {sets} WHERE id = {mark}'
