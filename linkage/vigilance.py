"""PostgreSQL watched: what vanished, stood still or was ended is found in seconds."""

import logging
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

log = logging.getLogger(__name__)

# PostgreSQL: a server or a client that vanished without a word is given up in seconds, not hours.
# The options: a worker that was stopped inside a transaction must not hold the ledger for ever.
CONNECTION: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "client_encoding": "UTF8",
    "options": "-c idle_in_transaction_session_timeout=8s -c tcp_user_timeout=10s"
    " -c lock_timeout=5s",
}
# Not for who only reads: a download on a slow line is idle for longer, and holds nothing.
TAKES_ITS_TIME = text("SET LOCAL idle_in_transaction_session_timeout = 0")
# A process that was stopped in the middle of COPY is not idle to the server, which waits for the
# rest of its rows for ever and heeds no statement_timeout meanwhile. Who waits for it ends it: it
# has locked the ledger's row. Who only reads slowly holds up nobody.
_END_SLEEPERS = text(
    """
    SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
      AND state IN ('active', 'idle in transaction') AND wait_event = 'ClientRead'
      AND state_change < clock_timestamp() - interval '4 seconds'
      AND pid IN (SELECT pid FROM pg_locks WHERE relation = 'ledger'::regclass
                  AND mode IN ('RowShareLock', 'RowExclusiveLock') AND granted)
    """
)
_WAITED_TOO_LONG = "55P03"  # lock_timeout


def gone(context: Any) -> BaseException | None:
    """The server ended our transaction, or is no longer the one that writes: it is away."""
    state = getattr(context.original_exception, "sqlstate", None)
    if state not in {"25P03", "25006"}:  # idle_in_transaction_session_timeout, read only
        return None
    context.is_disconnect = True
    why: Any = context.original_exception
    return OperationalError(context.statement, context.parameters, why)


def end_sleeper(engine: Engine, why: OperationalError) -> None:
    """We waited in vain for the ledger: whoever stands still with it in hand loses it."""
    if getattr(why.orig, "sqlstate", None) != _WAITED_TOO_LONG:
        return
    try:
        with engine.connect() as cx:
            ended = cx.execute(_END_SLEEPERS).all()
    except DBAPIError:
        return  # it is away, or we may not: the next try says so
    for row in ended:
        log.warning("数据库会话 %s 停在写入中不动，已结束；其未提交的内容没有生效", row.pid)
