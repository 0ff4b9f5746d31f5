"""The schema's versions: bring a database to the newest, or say that it is not there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select

from linkage.errors import BadConfig
from linkage.log import GENESIS
from linkage.record import Record
from linkage.tables import ledger


def migrate(record: Record) -> str:
    """Bring the database to the newest version, whatever it was; returns that version.

    One transaction: an interrupted migration leaves the database as it was.
    """
    with record.engine.begin() as cx:
        config = _config(cx)
        command.upgrade(config, "head")
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
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = cx
    return config


def _newest(config: Config) -> str:
    return ScriptDirectory.from_config(config).get_current_head() or ""
