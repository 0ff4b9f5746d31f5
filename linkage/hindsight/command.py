"""python -m linkage desk --at: the desk at a moment of the past, without a screen."""

import argparse
import sys
from datetime import UTC, datetime

import msgspec

from linkage.beijing import BEIJING, date_second
from linkage.desk.frame import Frame
from linkage.desk.live import LiveIncident
from linkage.hindsight.at_moment import Hindsight, at_moment
from linkage.kinds import Kind
from linkage.record import Record
from linkage.settings import Settings
from linkage.vocabulary import IncidentStatus, Severity, WarningColour

_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")
NOTHING = 1


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--at", type=_moment, metavar="时间", help='北京时间，如 "2026-11-22 14:07"；不写即此刻'
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON，供程序读取")


def run(_settings: Settings, record: Record, asked: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    with record.read() as cx:
        found = at_moment(cx, asked.at or now, now)
    if asked.json:
        print(msgspec.json.format(msgspec.json.encode(found), indent=1).decode())
    else:
        print("\n".join(lines(found)))
    if found.picture is None:
        print("没有当时的画面可看。", file=sys.stderr)
        return NOTHING
    return 0


def lines(found: Hindsight) -> list[str]:
    """The picture in words: counts first, then the incidents, the worst first."""
    at = _said(found.at)
    if found.picture is None:
        begun = f"画面从 {_said(found.begins)} 开始记录" if found.begins else "尚无画面记录"
        return [f"{at}：{begun}。"]
    return [
        f"{at} 的值班台（北京时间）",
        *_gap(found),
        *_counts(found.picture),
        *_list(found.picture),
    ]


def _gap(found: Hindsight) -> list[str]:
    if found.unseen is None:
        return []
    start, end = found.unseen
    until = _said(end) if end else "现在"
    return [f"注意：{_said(start)} 至 {until} 没有值班台在记录，以下是此前最后的画面。"]


def _counts(picture: Frame) -> list[str]:
    real = [row for row in picture.incidents if not row.exercise]
    drills = len(picture.incidents) - len(real)
    stand = [w for w in picture.warnings if w.stands(picture.at)]
    said = [
        f"在办 {len(real)}",
        f"严重以上 {sum(row.rank >= Severity.SEVERE.rank for row in real)}",
        f"未受理 {sum(row.claimed_by is None for row in real)}",
        f"超时 {sum(row.late > 0 for row in real)}",
        f"生效预警 {len(stand)}",
        f"力量 {len(picture.units)}",
        f"测站 {len(picture.stations)}",
    ]
    said += [f"演练 {drills}"] if drills else []
    silent = picture.fresh.silent if picture.fresh else []
    names = "、".join(one.name for one in silent)
    return [
        "  ".join(said),
        *([f"失联：{names}"] if silent else []),
        *(f"预警：{WarningColour(w.colour).label}　{_plain(w.headline)}" for w in stand),
    ]


def _list(picture: Frame) -> list[str]:
    if not picture.incidents:
        return ["当时没有在办事件。"]
    rows = sorted(picture.incidents, key=lambda row: (row.exercise, -row.rank, -row.opened_at))
    return [_line(row) for row in rows]


def _line(row: LiveIncident) -> str:
    parts = (
        row.number,
        Severity(row.severity).label,
        IncidentStatus(row.status).label,
        Kind(row.kind).label,
        _plain(row.headline),
        _plain(row.place) or "地点不明",
        f"受理 {_plain(row.claimed_by)}" if row.claimed_by else "未受理",
        f"超时 {row.late} 项" if row.late else "",
        "演练" if row.exercise else "",
    )
    return "\t".join(part for part in parts if part)


def _plain(text: str) -> str:
    """On one line: what came from outside must not move a terminal's cursor or colour it."""
    return "".join(each if each.isprintable() else " " for each in text)


def _said(epoch: float) -> str:
    return date_second(datetime.fromtimestamp(epoch, UTC))


def _moment(text: str) -> datetime:
    for form in _FORMS:
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=BEIJING).astimezone(UTC)
        except ValueError:
            continue
    raise argparse.ArgumentTypeError(f'“{text}”不是时间；应如 "2026-11-22 14:07"')
