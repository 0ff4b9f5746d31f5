"""`python -m linkage migrate | verify`: the record by hand."""

import argparse
import sys
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from linkage import schema
from linkage.errors import BadConfig
from linkage.record import Record
from linkage.settings import Settings, load_settings
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
}


def main(arguments: list[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    try:
        settings = load_settings()
    except BadConfig as wrong:
        return _unable(wrong.entry, f"{wrong.wrong}；{wrong.remedy}")
    try:
        return {"migrate": _migrate, "verify": _verify}[asked.command](settings)
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
        prog="python -m linkage", description="共享事件库：建库升级、核验完整性。"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="命令")
    for name, (what, example) in _COMMANDS.items():
        commands.add_parser(name, help=what, description=f"{what}。", epilog=f"例：{example}")
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


def _unable(what: str, reason: str) -> int:
    print(f"{what}：{reason}。", file=sys.stderr)
    return UNABLE


def _first_line(error: BaseException | None) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())
