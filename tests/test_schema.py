"""The migrations lead to exactly the tables the program knows, on both databases."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from linkage import schema
from linkage.columns import metadata
from linkage.errors import BadConfig
from linkage.intake_tables import source_state
from linkage.log import GENESIS
from linkage.record import Record
from linkage.tables import ledger

NEWEST = "0004"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Record]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        record = Record(f"sqlite:///{tmp_path}/empty.db")
        yield record
        record.close()
        return
    cluster = request.getfixturevalue("postgres")
    url = cluster.create()
    record = Record(url)
    yield record
    record.close()
    cluster.drop(url)


def test_the_migrated_schema_is_that_of_the_tables(record: Record) -> None:
    with record.engine.connect() as cx:
        # The index of the search is made by statement, in each database another way.
        def ours(name: str | None, *_: object) -> bool:
            return "search_gram" not in (name or "")

        context = MigrationContext.configure(cx, opts={"compare_type": True, "include_name": ours})
        assert compare_metadata(context, metadata) == []


def test_a_database_is_made_from_nothing(empty: Record) -> None:
    assert schema.migrate(empty) == NEWEST
    schema.check(empty)
    with empty.read() as cx:
        head = cx.execute(select(ledger)).one()
    assert (head.revision, head.last_id, head.log_hash) == (0, 0, GENESIS)


def test_migrating_again_changes_nothing(empty: Record) -> None:
    schema.migrate(empty)
    with empty.write() as w:
        w.log.add("甲", "note", "已有数据", after={})
    assert schema.migrate(empty) == NEWEST
    with empty.read() as cx:
        assert cx.execute(select(ledger.c.last_id)).scalar_one() == 1


def test_what_the_version_before_kept_is_still_there(empty: Record) -> None:
    schema.migrate(empty)
    with empty.engine.begin() as cx:
        command.downgrade(schema._config(cx), "0001")
        cx.execute(
            text(
                "INSERT INTO source_state (channel, source_id, received, stored, duplicate,"
                " rejected, first_at, last_at)"
                " VALUES ('alert', '110-cad', 7, 6, 1, 0, '2026-11-22 06:30', '2026-11-22 06:30')"
            )
        )
    assert schema.migrate(empty) == NEWEST
    with empty.read() as cx:
        row = cx.execute(select(source_state)).one()
    assert (row.received, row.excess, row.offline_at) == (7, 0, None)


def test_the_way_back_leaves_nothing_behind(empty: Record) -> None:
    schema.migrate(empty)
    with empty.engine.begin() as cx:
        command.downgrade(schema._config(cx), "base")
    with empty.engine.connect() as cx:
        assert inspect(cx).get_table_names() == ["alembic_version"]
    assert schema.migrate(empty) == NEWEST


def test_a_start_without_migration_says_what_to_run(empty: Record) -> None:
    with pytest.raises(
        BadConfig, match=f"版本是 空，程序需要 {NEWEST}；请先运行 python -m linkage migrate"
    ):
        schema.check(empty)


def test_a_database_of_a_newer_program_is_left_alone(empty: Record) -> None:
    """S09: an older program does not touch it."""
    schema.migrate(empty)
    with empty.engine.begin() as cx:
        cx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadConfig, match="不为本程序所知"):
        schema.migrate(empty)


def test_two_programs_that_start_together_migrate_one_after_the_other(empty: Record) -> None:
    """`make run` starts the intake and the screens at the same moment."""
    url = empty.engine.url.render_as_string(hide_password=False)
    versions: list[str] = []

    def start() -> None:
        record = Record(url)
        versions.append(schema.migrate(record))
        record.close()

    starts = [threading.Thread(target=start) for _ in range(3)]
    for each in starts:
        each.start()
    for each in starts:
        each.join(30)
    assert versions == [NEWEST] * 3
    with empty.read() as cx:
        assert len(cx.execute(select(ledger)).all()) == 1


def test_an_interrupted_migration_leaves_the_database_as_it_was(
    empty: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S09: all of it or nothing."""
    here = tmp_path / "migrations"
    shutil.copytree(Path(schema.__file__).parent / "migrations", here)
    (here / "versions" / "9000_broken.py").write_text(
        "from alembic import op\n"
        f"revision, down_revision, branch_labels, depends_on = '9000', '{NEWEST}', None, None\n"
        "def upgrade() -> None:\n"
        "    op.execute('CREATE TABLE half (id INTEGER)')\n"
        "    op.execute('SELECT no_such_column FROM half')\n"
        "def downgrade() -> None: ...\n"
    )
    monkeypatch.setattr(schema, "MIGRATIONS", here)
    with pytest.raises(Exception, match="no_such_column"):
        schema.migrate(empty)
    with empty.engine.connect() as cx:
        assert inspect(cx).get_table_names() == []
