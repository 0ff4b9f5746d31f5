"""The schema's versions: bring a database to the newest, or say that it is not there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from linkage.errors import BadConfig
from linkage.log import GENESIS
from linkage.record import Record
from linkage.tables import ledger

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number, as long as nobody else locks it in the same database.
_ONE_AT_A_TIME = 320_700


def migrate(record: Record) -> str:
    """Bring the database to the newest version, whatever it was; returns that version.

    One transaction: an interrupted migration leaves the database as it was. Processes that start
    together migrate one after the other. Raises BadConfig for a database of a newer program.
    """
    with record.engine.begin() as cx:
        if cx.dialect.name == "postgresql":
            cx.execute(text("SET LOCAL lock_timeout = 0"))  # the one before us may take minutes
            cx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        config = _config(cx)
        try:
            command.upgrade(config, "head")
        except CommandError as wrong:
            raise BadConfig(
                record.engine.url.render_as_string(),
                "schema",
                f"数据库版本不为本程序所知（{wrong}）",
                "请改用建立该数据库的程序版本",
            ) from wrong
        if cx.execute(select(ledger.c.id)).first() is None:
            cx.execute(
                insert(ledger).values(
                    id=1,
                    revision=0,
                    last_id=0,
                    log_hash=GENESIS,
                    number_day="",
                    number_of_day=0,
                )
            )
        return _newest(config)


def check(record: Record) -> None:
    """Raise BadConfig unless the database has the newest version."""
    with record.read() as cx:
        has = MigrationContext.configure(cx).get_current_revision()
        newest = _newest(_config(cx))
    if has != newest:
        raise BadConfig(
            record.engine.url.render_as_string(),
            "schema",
            f"版本是 {has or '空'}，程序需要 {newest}",
            "请先运行 python -m linkage migrate",
        )


def open_existing(named: str, url: str) -> Record:
    """A record that is there and of the newest version; a file is never made. Raises BadConfig.

    `named`: the setting or option that the address stands in.
    """
    address = address_of(named, url)
    file = file_of(address)
    if file is not None and not file.is_file():
        raise BadConfig(named, address.render_as_string(), "没有这个库", "请核对路径")
    record = Record(url)
    check(record)
    return record


def address_of(named: str, url: str) -> URL:
    """Raises BadConfig."""
    try:
        address = make_url(url)
        address.get_dialect()
    except (ArgumentError, ImportError):
        remedy = "应如 sqlite:////var/lib/linkage.db 或 postgresql+psycopg://user@host/name"
        raise BadConfig(named, url, "不是数据库地址", remedy) from None
    return address


def file_of(address: URL) -> Path | None:
    """Where a record of SQLite lies."""
    if address.get_backend_name() != "sqlite" or not address.database:
        return None
    return Path(address.database)


def _config(cx: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = cx
    return config


def _newest(config: Config) -> str:
    return ScriptDirectory.from_config(config).get_current_head() or ""
