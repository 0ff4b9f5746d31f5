"""`python -m linkage migrate | verify | backup | prune | chatter | index | roster | report | …`."""

import argparse
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from linkage import schema
from linkage.access import command as account
from linkage.backup import backup
from linkage.desk import index_command
from linkage.duty import command as roster
from linkage.errors import BadConfig
from linkage.exercise import command as score
from linkage.figures.chatter import chatter, worth_a_look
from linkage.hindsight import command as hindsight
from linkage.paper import command as board
from linkage.plan import command as cards
from linkage.readings.history import prune
from linkage.readings.telemetry import Telemetry, load_telemetry
from linkage.record import BEIJING, Record
from linkage.reporting import command as report
from linkage.settings import Settings, load_settings
from linkage.sources import load_sources
from linkage.verify import verify

FAULTY = 1  # the record is not what was written
UNABLE = 2  # nothing could be said or done

_COMMANDS = {
    "migrate": (
        "建立数据库，或升级到本程序所需的版本",
        "LINKAGE_DATABASE_URL=sqlite:///data/linkage.db python -m linkage migrate",
    ),
    "verify": (
        "核验处置记录链、收报记账和接报归属；完好返回 0，有误返回 1，无法核验返回 2",
        "python -m linkage verify || echo 请立即报告值班长",
    ),
    "backup": (
        "运行中备份 SQLite 库：先查每一页，再拷贝、核验，完好才落成给定的文件；有误返回 1",
        "python -m linkage backup /备份盘/linkage-20260806.db",
    ),
    "prune": (
        "删除超过留存期的测站读数（data/thresholds.toml 的 [history]），分小批进行，不影响接入",
        "python -m linkage prune",
    ),
    "chatter": (
        "近七天抖动、卡死、长期越限的传感器，供所属单位检修",
        "python -m linkage chatter",
    ),
    "roster": (
        "值班表：写出空白班表、导入（先预览）、列出今后的班次和空班",
        "python -m linkage roster import 班表.xlsx --yes",
    ),
    "report": (
        "信息报送：生成零报告、值班日报，列出未办完的报告，写成 PDF 或 Word",
        "python -m linkage report zero",
    ),
    "cards": (
        "联动方案：有哪几版、现行哪一版；给出两个版本号则列出不同",
        "python -m linkage cards 2026-1 2027-1",
    ),
    "desk": (
        "回看：过去某一时刻的值班台，如当时所见",
        'python -m linkage desk --at "2026-11-22 14:07"',
    ),
    "index": (
        "重建检索索引，列出进度；运行中也可执行，期间很早的事件可能查不全，画面会说明",
        "python -m linkage index",
    ),
    "score": (
        "成绩单：一场演练或一起真实事件各步骤的用时与时限，可另存 PDF",
        "python -m linkage score --pdf 成绩单.pdf",
    ),
    "board": (
        "值守看板：系统中断时照着手工值守的纸面，写成 HTML 和 PDF",
        "python -m linkage board --out /共享盘/看板",
    ),
    "account": (
        "账户：首个管理员的一次性链接、找回管理员口令、列出账户",
        "python -m linkage account --first --address https://desk.example",
    ),
}


class _Room(Protocol):
    """A command that lives with what it is about."""

    def add_options(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, settings: Settings, record: Record, asked: argparse.Namespace) -> int: ...


_ROOMS: dict[str, _Room] = {
    "roster": roster,
    "report": report,
    "cards": cards,
    "score": score,
    "board": board,
    "desk": hindsight,
    "account": account,
}


def main(arguments: list[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    try:
        settings = load_settings()
    except BadConfig as wrong:
        return _unable(wrong.entry, f"{wrong.wrong}；{wrong.remedy}")
    try:
        if asked.command == "backup":
            return _backup(settings, asked.file)
        if asked.command in _ROOMS:
            with _opened(settings) as record:
                return _ROOMS[asked.command].run(settings, record, asked)
        return _ACTS[asked.command](settings)
    except (ArgumentError, ModuleNotFoundError) as wrong:
        reason = f"不是可用的数据库地址（{_first_line(wrong)}）；应如 sqlite:///data/linkage.db"
        return _unable("LINKAGE_DATABASE_URL", reason)
    except DBAPIError as away:
        reason = f"数据库打不开（{_first_line(away.orig)}）；请检查数据库服务、地址和读写权限"
        return _unable(settings.shown()["database_url"], reason)
    except OSError as refused:
        return _unable(str(refused.filename), f"不可用（{refused.strerror}）；请检查读写权限")
    except BadConfig as wrong:
        return _unable(wrong.file, f"{wrong.wrong}；{wrong.remedy}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m linkage",
        description="共享事件库：建库升级、核验、备份、清理读数、列出抖动的传感器、值班表。",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="命令")
    for name, (what, example) in _COMMANDS.items():
        made = commands.add_parser(
            name, help=what, description=f"{what}。", epilog=f"例：{example}"
        )
        if name == "backup":
            made.add_argument("file", type=Path, metavar="文件", help="写到哪里；已有的会被换掉")
        if name in _ROOMS:
            _ROOMS[name].add_options(made)
    return parser


def _migrate(settings: Settings) -> int:
    settings.data.mkdir(parents=True, exist_ok=True)
    file = make_url(settings.database_url)
    if file.get_backend_name() == "sqlite" and file.database:
        Path(file.database).parent.mkdir(parents=True, exist_ok=True)
    record = Record(settings.database_url)
    try:
        version = schema.migrate(record)
    finally:
        record.close()
    print(f"数据库已就绪，版本 {version}：{settings.shown()['database_url']}")
    return 0


def _verify(settings: Settings) -> int:
    record = Record(settings.database_url)
    try:
        schema.check(record)
        faulty = 0
        for finding in verify(record):
            faulty += finding.fault is not None
            mark = "✗" if finding.fault else "✓"
            print(f"{mark} {finding.check}（{finding.counted:,}）：{finding.fault or '完好'}")
    finally:
        record.close()
    print(f"核验未通过：{faulty} 项有误" if faulty else "核验通过")
    return FAULTY if faulty else 0


def _backup(settings: Settings, file: Path) -> int:
    try:
        faults = backup(settings.database_url, file)
    except sqlite3.Error as wrong:
        return _unable(str(file), f"备份不成（{wrong}）；请检查空间和读写权限，原有文件未动")
    for fault in faults:
        print(f"✗ {fault}")
    if faults:
        print(f"备份未落盘，{file} 保持原样；请立即报告值班长，并保留当前数据库文件")
        return FAULTY
    print(f"备份完好：{file}，{file.stat().st_size / 2**20:,.1f} MB")
    return 0


def _prune(settings: Settings) -> int:
    telemetry = _telemetry(settings)
    with _opened(settings) as record:
        kept = telemetry.thresholds.history
        deleted = prune(record, kept, datetime.now(UTC))
    days = f"实时、分钟 {kept.moments.days} 天，小时、日 {kept.means.days} 天"
    print(f"已删除 {deleted:,} 段过期读数；留存期：{days}")
    return 0


def _chatter(settings: Settings) -> int:
    telemetry = _telemetry(settings)
    with _opened(settings) as record, record.read() as cx:
        bad = worth_a_look(chatter(cx, telemetry, datetime.now(UTC)))
    for one in bad:
        counts = f"越限 {one.crossings}（合并 {one.folded}，瞬时 {one.fleeting}）"
        since = one.first_at or one.fault_since or one.standing_since
        begun = f"{since.astimezone(BEIJING):%m-%d %H:%M} 起" if since else ""
        print(f"{one.station}\t{one.factor}\t{one.now}\t{counts}\t{begun}\t{one.remedy}")
    print(f"近七天共 {len(bad)} 个传感器需要检修或调整阈值" if bad else "近七天没有抖动的传感器")
    return 0


def _telemetry(settings: Settings) -> Telemetry:
    return load_telemetry(settings.tables, load_sources(settings.sources))


@contextmanager
def _opened(settings: Settings) -> Iterator[Record]:
    record = Record(settings.database_url)
    try:
        schema.check(record)
        yield record
    finally:
        record.close()


def _index(settings: Settings) -> int:
    with _opened(settings) as record:
        return index_command.run(record)


_ACTS: dict[str, Callable[[Settings], int]] = {
    "migrate": _migrate,
    "verify": _verify,
    "prune": _prune,
    "chatter": _chatter,
    "index": _index,
}


def _unable(what: str, reason: str) -> int:
    print(f"{what}：{reason}。", file=sys.stderr)
    return UNABLE


def _first_line(error: BaseException | None) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())
