"""A copy of the embedded record while it runs, looked through before it gets its name.

A copy of a damaged record is worse than none: it replaces the last good one.
"""

import sqlite3
from pathlib import Path

from sqlalchemy.engine import make_url

from linkage.errors import BadConfig
from linkage.record import Record
from linkage.verify import verify

_SHOWN = 3


def backup(database_url: str, file: Path) -> list[str]:
    """Write a consistent copy to `file`; what is wrong with the record, nothing when all is well.

    Only a copy without a fault gets the name `file`; else `file` stays as it was. Raises BadConfig
    for a record that is no SQLite file, OSError and sqlite3.Error where there is no room or no way.
    """
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise BadConfig(
            "LINKAGE_DATABASE_URL",
            url.render_as_string(),
            "不是 SQLite 文件",
            "PostgreSQL 请用 pg_dump 或流复制，见 docs/runbook.md“备份与恢复”",
        )
    if not Path(url.database).is_file():
        raise FileNotFoundError(2, "没有这个文件", url.database)
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        faults = _broken_pages(url.database) or _copied(url.database, part)
        if not faults:
            part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return faults


def _broken_pages(name: str) -> list[str]:
    """Every page of the running record and every entry of its indexes."""
    found = sqlite3.connect(f"file:{name}?mode=ro", uri=True)
    try:
        said = [row[0] for row in found.execute(f"PRAGMA integrity_check({_SHOWN})")]
    except sqlite3.DatabaseError as broken:
        said = [str(broken)]
    finally:
        found.close()
    return [] if said == ["ok"] else [f"数据库文件损坏：{one}" for one in said]


def _copied(name: str, part: Path) -> list[str]:
    running = sqlite3.connect(f"file:{name}?mode=ro", uri=True)
    try:
        running.execute("VACUUM INTO ?", (str(part),))
    finally:
        running.close()
    copy = Record(f"sqlite:///{part}")
    try:
        return [f"{one.check}：{one.fault}" for one in verify(copy) if one.fault]
    finally:
        copy.close()
