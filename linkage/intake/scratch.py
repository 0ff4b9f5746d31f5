"""A record of its own to play messages into: empty, migrated, quick, and of no use in service."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from linkage import schema
from linkage.errors import BadConfig
from linkage.record import Record
from linkage.tables import inbound_message


def scratch_record(url: str) -> Record:
    """Raises BadConfig where something is in it already: replaying into it would mix the two."""
    try:
        address = make_url(url)
    except ArgumentError:
        raise BadConfig("--into", url, "不是数据库地址", "应如 sqlite:////tmp/replay.db") from None
    if address.get_backend_name() == "sqlite" and address.database:
        with suppress(OSError):  # opening it says more clearly what is wrong
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    record = Record(url)
    event.listen(record.engine, "connect", _careless)
    schema.migrate(record)
    with record.read() as cx:
        if cx.execute(select(inbound_message.c.id).limit(1)).first() is not None:
            shown = address.render_as_string()
            record.close()
            raise BadConfig("--into", shown, "库里已有报文", "请换一个空库")
    return record


def _careless(connection: Any, _: object) -> None:
    """What is lost in a power cut is played again."""
    if hasattr(connection, "execute") and connection.__class__.__module__.startswith("sqlite3"):
        connection.execute("PRAGMA synchronous = OFF")
    else:
        connection.execute("SET synchronous_commit = off")
        connection.commit()
