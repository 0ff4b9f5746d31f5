"""The verbs about messages: read, rejected, dry-run, reload, replay."""

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest import rejected
from ingest.address import read_address
from ingest.read_file import read_command
from ingest.replay import replay
from ingest.replaying import replay_command
from ingest.try_out import dry_run_command, reload_command
from ingest.written_time import HELP, moment
from linkage.errors import NotAllowed
from linkage.figures.refusals import RefusalState
from linkage.settings import Settings

_STATES = [state.value for state in RefusalState]


def add_verbs(verbs: "argparse._SubParsersAction[Any]") -> None:
    _read(verbs)
    _rejected(verbs)
    _dry_run(verbs)
    _reload(verbs)
    _replay(verbs)


def _moment(written: str) -> datetime:
    """Raises ArgumentTypeError."""
    try:
        return moment(written)
    except NotAllowed as why:
        raise argparse.ArgumentTypeError(str(why)) from None


def _verb(verbs: Any, name: str, what: str, example: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(
        name,
        help=what,
        description=what,
        epilog=f"例：{example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def _read(verbs: Any) -> None:
    parser = _verb(
        verbs,
        "read",
        "一份报文按 sources.toml 会成为什么；不需要消息服务器和数据库",
        "python -m ingest read tests/fixtures/110-cad/tanker-overturned.json",
    )
    parser.add_argument("files", type=Path, nargs="+", help="报文；.hex 为十六进制")
    parser.add_argument("--source", help="接入系统编号；默认为报文所在文件夹名")
    parser.add_argument("--sources", type=Path, help="按哪个 sources.toml，默认 LINKAGE_SOURCES")
    parser.add_argument("--at", type=_moment, help=f"当作何时收到，默认现在；{HELP}")
    parser.set_defaults(act=read_command)


def _rejected(verbs: Any) -> None:
    parser = _verb(
        verbs,
        "rejected",
        "拒收的报文：查看、重新接入、改正、不再处理",
        "python -m ingest rejected list",
    )
    own = parser.add_subparsers(required=True, metavar="动作")
    listing = _verb(
        own,
        "list",
        "按原因归并列出，最多的在前",
        "python -m ingest rejected list --source 110-cad --since 2026-11-22",
    )
    _sifting(listing)
    listing.add_argument("--state", choices=_STATES, default="open", help="默认待处理 open")
    listing.add_argument("--each", action="store_true", help="逐条列出，不归并")
    listing.add_argument("--limit", type=int, default=30, help="最多列出多少行，默认 30")
    listing.set_defaults(act=rejected.list_command)

    show = _verb(
        own, "show", "一条的全部情况：原因、原文、十六进制", "python -m ingest rejected show 1234"
    )
    show.add_argument("id", type=int, metavar="编号")
    show.add_argument("--save", type=Path, metavar="文件", help="把原文逐字节写到这里，不显示")
    show.set_defaults(act=rejected.show_command)

    again = _verb(
        own,
        "redrive",
        "按现行 sources.toml 重新接入；--file 给出改正后的报文",
        "python -m ingest rejected redrive 1234 --file fixed.json --by 丙\n"
        "    python -m ingest rejected redrive --source water --reason BJSJ --preview",
    )
    _chosen(again)
    again.add_argument("--file", type=Path, help="改正后的报文，逐字节；只能与一个编号同用")
    again.add_argument("--preview", action="store_true", help="只看会成为什么，不写入")
    again.set_defaults(act=rejected.redrive_command)

    aside = _verb(
        own,
        "set-aside",
        "不再处理，须写明原因；--undo 恢复",
        "python -m ingest rejected set-aside 1234 1235 --note 厂家联调数据 --by 丙",
    )
    _chosen(aside)
    aside.add_argument("--note", default="", help="原因")
    aside.add_argument("--undo", action="store_true", help="恢复处理")
    aside.set_defaults(act=rejected.set_aside_command)


def _sifting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", help="接入系统编号")
    parser.add_argument("--reason", help="原因中含有的文字")
    parser.add_argument("--since", type=_moment, help=f"这时以后到达的；{HELP}")


def _chosen(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", type=int, nargs="*", metavar="编号")
    _sifting(parser)
    parser.add_argument("--by", help="由谁决定，记入处置记录；默认为登录的用户名")
    parser.add_argument("--yes", action="store_true", help="多条时不再询问")


def _dry_run(verbs: Any) -> None:
    parser = _verb(
        verbs,
        "dry-run",
        "用改动后的 sources.toml 试读最近的报文，与现行的对照；不写入数据库",
        "python -m ingest dry-run --sources changed.toml --last 1000 --source water",
    )
    parser.add_argument("--sources", type=Path, required=True, help="改动后的文件")
    parser.add_argument("--against", type=Path, help="与之对照的文件，默认 LINKAGE_SOURCES")
    parser.add_argument("--last", type=int, default=1000, help="最近多少条，默认 1000")
    parser.add_argument("--source", help="只看一个接入系统")
    parser.add_argument("--limit", type=int, default=40, help="对照表最多多少行，默认 40")
    parser.set_defaults(act=dry_run_command)


def _reload(verbs: Any) -> None:
    parser = _verb(
        verbs,
        "reload",
        "让运行中的接入进程换用改好的 sources.toml 和 data 里的各表，不必重启；有误则都保留原来的",
        "python -m ingest reload",
    )
    parser.add_argument("--by", help="由谁决定；默认为登录的用户名")
    parser.set_defaults(act=reload_command)


def _replay(verbs: Any) -> None:
    parser = _verb(
        verbs,
        "replay",
        "重放：一个文件夹里的报文按真实通道再发一遍；或库中一段时间的报文放进一个空库",
        "python -m ingest replay tests/fixtures/110-cad\n"
        "    python -m ingest replay --from 2026-11-22 --to 2026-11-23 --into sqlite:////tmp/r.db",
    )
    parser.add_argument(
        "folder", type=Path, nargs="?", help="报文文件夹，例如 tests/fixtures/110-cad"
    )
    parser.add_argument("--source", help="接入系统编号；默认为文件夹名")
    parser.add_argument("--gateway", default="", help="网关编号：发布到主题的再下一级")
    parser.add_argument("--from", dest="since", nargs="+", metavar="时间", help=f"从何时起；{HELP}")
    parser.add_argument(
        "--to", dest="until", nargs="+", metavar="时间", help="到何时止，默认到现在"
    )
    parser.add_argument("--from-database", help="取自哪个库，默认 LINKAGE_DATABASE_URL")
    parser.add_argument("--into", help="放进哪个空库，如 sqlite:////tmp/replay.db")
    parser.set_defaults(act=_replay_either)


def _replay_either(settings: Settings, options: argparse.Namespace) -> int:
    if options.folder is None:
        return replay_command(settings, options)
    address, version = read_address(settings), settings.mqtt_version
    return replay(address, version, options.folder, options.source, options.gateway)
