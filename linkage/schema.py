"""The schema's versions: bring a database to the newest, or say that it is not there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, insert, select, text

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


def _config(cx: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = cx
    return config


def _newest(config: Config) -> str:
    return ScriptDirectory.from_config(config).get_current_head() or ""
