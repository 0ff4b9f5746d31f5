"""A record of its own to play messages into: empty, migrated, quick, and of no use in service."""

from contextlib import suppress
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.exc import DBAPIError

from linkage import schema
from linkage.errors import BadConfig
from linkage.record import Record
from linkage.tables import inbound_message


def scratch_record(url: str) -> Record:
    """Raises BadConfig where something is in it already: replaying into it would mix the two."""
    address = schema.address_of("--into", url)
    file = schema.file_of(address)
    if file is not None:
        with suppress(OSError):  # opening it says more clearly what is wrong
            file.parent.mkdir(parents=True, exist_ok=True)
    record = Record(url)
    event.listen(record.engine, "connect", _careless)
    try:
        schema.migrate(record)
    except DBAPIError as why:
        record.close()
        said = str(why.orig).strip()
        raise BadConfig(
            "--into", address.render_as_string(), said, "请核对地址，或换一个空库"
        ) from None
    with record.read() as cx:
        if cx.execute(select(inbound_message.c.id).limit(1)).first() is not None:
            record.close()
            raise BadConfig("--into", address.render_as_string(), "库里已有报文", "请换一个空库")
    return record


def _careless(connection: Any, _: object) -> None:
    """What is lost in a power cut is played again."""
    if hasattr(connection, "execute") and connection.__class__.__module__.startswith("sqlite3"):
        connection.execute("PRAGMA synchronous = OFF")
    else:
        connection.execute("SET synchronous_commit = off")
        connection.commit()
