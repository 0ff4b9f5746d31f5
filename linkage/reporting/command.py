"""`python -m linkage report zero | brief | list | print`: reports by hand and by a timer of the
system (cron), where nobody opens a page."""

import argparse
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from linkage.errors import NotAllowed
from linkage.people import Actor
from linkage.record import BEIJING, Record
from linkage.reporting.days import make_day
from linkage.reporting.lateness import timers
from linkage.reporting.limits import FILE, ReportLimits, load_report_limits
from linkage.reporting.paper import file_name, report_pdf, report_word
from linkage.reporting.reports import Report, chain_of, open_reports, read_report, signed_before
from linkage.reporting.sending import changes_of
from linkage.reporting.titles import title_of
from linkage.response_vocabulary import ReportStage
from linkage.settings import Settings
from linkage.vocabulary import Role

DONE, REFUSED = 0, 1
_ENDINGS = {"pdf": report_pdf, "docx": report_word}


def add_options(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True, metavar="动作")
    for stage in (ReportStage.ZERO, ReportStage.BRIEF):
        day = acts.add_parser(stage.value, help=f"由记录生成{stage.label}草稿，待值班长签发")
        day.add_argument(
            "--day", type=date.fromisoformat, help="哪一日截止，如 2026-08-06；默认今日"
        )
        day.add_argument("--by", default="值班系统", metavar="姓名", help="记入处置记录的起草人")
    acts.add_parser("list", help="列出未办完的报告和三个时限，最急的在前")
    paper = acts.add_parser("print", help="把一份报告写成 PDF 或 Word")
    paper.add_argument("id", type=int, metavar="编号", help="报告的编号，见 list")
    paper.add_argument("--format", choices=tuple(_ENDINGS), default="pdf")
    paper.add_argument("--folder", type=Path, default=Path(), help="写到哪个目录（默认当前）")


def run(settings: Settings, record: Record, asked: argparse.Namespace) -> int:
    """Raises BadConfig."""
    limits = load_report_limits(settings.tables / FILE)
    try:
        if asked.act == "list":
            return _list(record)
        if asked.act == "print":
            return _print(record, limits, asked)
        return _day(record, limits, asked)
    except NotAllowed as why:
        print(why, file=sys.stderr)
        return REFUSED


def _day(record: Record, limits: ReportLimits, asked: argparse.Namespace) -> int:
    stage = ReportStage(asked.act)
    actor = Actor(asked.by, Role.DUTY_OFFICER)
    report_id = make_day(record, actor, stage, limits=limits, day=asked.day)
    print(f"{stage.label}草稿已生成，编号 {report_id}；请在“信息报送”核改、送签。")
    return DONE


def _list(record: Record) -> int:
    now = datetime.now(UTC)
    with record.read() as cx:
        found = open_reports(cx)
    for one in found:
        clocks = "，".join(f"{timer.name}{timer.words}" for timer in timers(one, now))
        about = one.incident_number or f"{one.written_at.astimezone(BEIJING):%Y-%m-%d}"
        mark = "演练 " if one.exercise else ""
        print(f"{one.id}\t{mark}{one.name}\t{about}\t{one.status.label}\t{clocks}")
    print(f"未办完的报告 {len(found)} 份" if found else "没有未办完的报告")
    return DONE


def _print(record: Record, limits: ReportLimits, asked: argparse.Namespace) -> int:
    with record.read() as cx:
        one = read_report(cx, asked.id)
        if one is None:
            raise NotAllowed(f"没有编号为 {asked.id} 的报告，请用 report list 查看。")
        chain = chain_of(cx, one.incident_id) if one.incident_id else [one]
    before: Report | None = signed_before(chain, one)
    made = _ENDINGS[asked.format](one, changes_of(one, before, limits), limits)
    asked.folder.mkdir(parents=True, exist_ok=True)
    file = asked.folder / file_name(one, asked.format)
    file.write_bytes(made)
    print(f"{title_of(one, limits)}：{file}")
    return DONE
