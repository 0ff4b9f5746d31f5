"""A SQLite file that is moved, deleted or replaced while it is open is noticed at the next use.

The system would let us write on into a file that nobody finds again, and confirm what it swallows.
"""

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError


def watch_file(engine: Engine) -> None:
    """Gone counts as away: nothing is written, and no empty file made in its place. Another file
    under its name, a backup put back, is opened anew. Nothing to do for a record in memory."""
    file = engine.url.database or ""
    if file in {"", ":memory:"} or file.startswith("file:"):
        return
    opened: set[str] = set()

    def before_connecting(*_: object) -> None:
        if opened and not Path(file).exists():
            raise sqlite3.OperationalError(
                f"数据库文件 {file} 已不在原处（被移走或删除）；请放回，或停下全部进程后恢复备份"
            )

    def connected(_: object, entry: Any) -> None:
        opened.add(file)
        entry.info["file"] = _identity(file)

    def about_to_use(_: object, entry: Any, __: object) -> None:
        if _identity(file) != entry.info["file"]:
            raise DisconnectionError  # the pool drops it and connects again

    event.listen(engine, "do_connect", before_connecting)
    event.listen(engine, "connect", connected)
    event.listen(engine, "checkout", about_to_use)


def _identity(file: str) -> tuple[int, int] | None:
    try:
        found = os.stat(file)  # noqa: PTH116  pathlib costs three times as much, at every use
    except OSError:
        return None
    return found.st_dev, found.st_ino
