"""What the promise "committed is kept" rests on, asked of the database itself before the start."""

from typing import Any

from sqlalchemy import Connection, text

from linkage.errors import BadConfig
from linkage.record import Record

# The oldest version that these tables and statements are tested on.
OLDEST = 13
WHERE = "LINKAGE_DATABASE_URL"
# Setting → the values that keep what was committed, and what to do otherwise.
_MUST: dict[str, tuple[tuple[str, ...], str]] = {
    "fsync": (("on",), "请在 postgresql.conf 中设 fsync = on：关闭时断电会毁坏整个数据库"),
    "full_page_writes": (("on",), "请在 postgresql.conf 中设 full_page_writes = on"),
    "synchronous_commit": (
        ("on", "local", "remote_write", "remote_apply"),
        "请设 synchronous_commit = on：关闭时断电会丢失已确认的报警",
    ),
    "server_encoding": (("UTF8",), "请用 createdb -E UTF8 重建数据库：其他字符集存不下全部汉字"),
}


def check_durable(record: Record) -> None:
    """Raises BadConfig naming the setting of the server that would lose what it has confirmed."""
    with record.read() as cx:
        if cx.dialect.name == "sqlite":
            _check_sqlite(cx)
        else:
            _check_postgresql(cx)


def _check_postgresql(cx: Connection) -> None:
    version = int(_show(cx, "server_version_num")) // 10_000
    if version < OLDEST:
        wrong = f"PostgreSQL {version} 太旧"
        raise BadConfig(WHERE, "server_version", wrong, f"请升级到 {OLDEST} 或更新的版本")
    for setting, (right, remedy) in _MUST.items():
        value = _show(cx, setting)
        if value not in right:
            raise BadConfig(WHERE, setting, f"现为 {value}，应为 {' 或 '.join(right)}", remedy)
    if _show(cx, "transaction_read_only") == "on":
        remedy = "请连接主库；几台主机时在地址末尾加 target_session_attrs=read-write"
        raise BadConfig(WHERE, "transaction_read_only", "这是只读的备库", remedy)


def _check_sqlite(cx: Connection) -> None:
    mode = cx.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    level = cx.exec_driver_sql("PRAGMA synchronous").scalar_one()
    if mode != "wal" or level < 2:
        remedy = "数据库文件应在本机磁盘上，不能在网络共享目录"
        raise BadConfig(
            WHERE, "journal_mode", f"现为 {mode}，同步级别 {level}，应为 wal、2", remedy
        )


def _show(cx: Connection, setting: str) -> str:
    value: Any = cx.execute(text("SELECT current_setting(:name)"), {"name": setting}).scalar_one()
    return str(value)
