"""`python -m linkage board`: the board by hand, by a timer of the system, and by our own keeper."""

import argparse
import errno
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from linkage.beijing import date_second
from linkage.clocks.rule_file import read_clocks
from linkage.paper import board_folder
from linkage.paper.board import Board, Facts, read_board
from linkage.paper.board_folder import ANOTHER, DONE
from linkage.paper.board_sheet import MOST_ON_PAPER, board_page, board_pdf
from linkage.record import Record
from linkage.response.agencies import load_agencies
from linkage.settings import Settings
from linkage.sources import load_sources

UNABLE = 2
# Above the messages that come in nothing has a claim on the processor.
_GENTLE = 15


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, metavar="目录", help="写到哪里；不写为 LINKAGE_DATA 下的 board 目录"
    )
    parser.add_argument(
        "--if-older",
        type=float,
        metavar="秒",
        help="目录里最新的一张不足这么旧就不重绘（返回 3），低优先级运行；供定时任务用",
    )


_REASONS = {
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "超过磁盘配额",
    errno.EROFS: "磁盘是只读的",
    errno.EACCES: "没有写入权限",
    errno.EPERM: "没有写入权限",
    errno.EIO: "磁盘读写出错",
    errno.ENOTDIR: "有同名文件占着目录的位置",
    errno.EEXIST: "有同名文件占着目录的位置",
}


def run(settings: Settings, record: Record, asked: argparse.Namespace) -> int:
    """Raises BadConfig, DBAPIError."""
    folder: Path = asked.out or settings.data / "board"
    try:
        return _draw(settings, record, asked, folder)
    except OSError as why:
        reason = _REASONS.get(why.errno or 0, why.strerror)
        print(f"{folder} 写不进去：{reason}", file=sys.stderr)
        return UNABLE


def _draw(settings: Settings, record: Record, asked: argparse.Namespace, folder: Path) -> int:
    if asked.if_older is not None:
        os.nice(_GENTLE)
    with board_folder.held(folder) as ours:
        now = datetime.now(UTC)
        ago = board_folder.drawn_ago(folder, now)
        fresh = asked.if_older is not None and ago is not None
        if not ours or (fresh and ago is not None and ago.total_seconds() < asked.if_older):
            print(f"{folder} 里的值守看板刚刚绘制过，或另一个进程正在绘制")
            return ANOTHER
        board = _read(settings, record, now)
        page = board_folder.keep(folder, board_page(board), now, "html")
        paper = board_folder.keep(folder, board_pdf(board), now, "pdf")
        board_folder.prune(folder, now)
    print(
        f"绘制于 {date_second(now)}：在办 {len(board.incidents)} 起，未结任务 {len(board.owed)} 项"
    )
    print(page)
    print(f"{paper}（各表至多 {MOST_ON_PAPER} 行，HTML 全列）")
    return DONE


def _read(settings: Settings, record: Record, now: datetime) -> Board:
    agencies = load_agencies(settings.tables / "agencies.toml", settings.contact_file)
    facts = Facts(load_sources(settings.sources), agencies, read_clocks(settings.tables, agencies))
    with record.read() as cx:
        return read_board(cx, facts, now)
