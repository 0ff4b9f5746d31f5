"""A record of its own to play messages into: empty, migrated, quick, and of no use in service."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from linkage import schema
from linkage.errors import BadConfig
from linkage.record import Record
from linkage.tables import inbound_message


def existing_record(url: str) -> Record:
    """One that is there already. Raises BadConfig; opening it would make an empty one."""
    address = _address("--from-database", url)
    file = _file(address)
    if file is not None and not file.is_file():
        raise BadConfig("--from-database", _shown(address), "没有这个库", "请核对路径")
    return Record(url)


def scratch_record(url: str) -> Record:
    """Raises BadConfig where something is in it already: replaying into it would mix the two."""
    address = _address("--into", url)
    file = _file(address)
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
        raise BadConfig("--into", _shown(address), said, "请核对地址，或换一个空库") from None
    with record.read() as cx:
        if cx.execute(select(inbound_message.c.id).limit(1)).first() is not None:
            record.close()
            raise BadConfig("--into", _shown(address), "库里已有报文", "请换一个空库")
    return record


def _address(option: str, url: str) -> URL:
    try:
        address = make_url(url)
        address.get_dialect()
    except (ArgumentError, ImportError):
        raise BadConfig(option, url, "不是数据库地址", "应如 sqlite:////tmp/replay.db") from None
    return address


def _file(address: URL) -> Path | None:
    if address.get_backend_name() != "sqlite" or not address.database:
        return None
    return Path(address.database)


def _shown(address: URL) -> str:
    """Without its password."""
    return address.render_as_string()


def _careless(connection: Any, _: object) -> None:
    """What is lost in a power cut is played again."""
    if hasattr(connection, "execute") and connection.__class__.__module__.startswith("sqlite3"):
        connection.execute("PRAGMA synchronous = OFF")
    else:
        connection.execute("SET synchronous_commit = off")
        connection.commit()
