"""`python -m linkage score`: the score sheet of an exercise, or of one real incident."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from linkage.clocks.rule_file import read_clocks
from linkage.exercise import sheet
from linkage.exercise.ending import kept_score, score_of
from linkage.exercise.exercises import Exercise, past, read_running
from linkage.exercise.gathering import Scope, gather
from linkage.exercise.printing import score_pdf
from linkage.exercise.score import Score, score
from linkage.exercise.targets import FILE, load_exercise_rules
from linkage.record import BEIJING, Record
from linkage.response.agencies import load_agencies
from linkage.settings import Settings
from linkage.tables import incident

DONE, UNABLE = 0, 2


def add_options(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--exercise", type=int, metavar="编号", help="哪一场演练；不写为最近一场")
    which.add_argument("--incident", metavar="事件编号", help="改为一起真实事件，如 20260806-0017")
    which.add_argument("--list", action="store_true", help="只列出各场演练的编号")
    parser.add_argument("--pdf", type=Path, metavar="文件.pdf", help="另存一份 PDF")


def run(settings: Settings, record: Record, asked: argparse.Namespace) -> int:
    now_on = read_running(record)
    every = [*([now_on] if now_on else []), *past(record)]
    if asked.list:
        for one in every:
            state = "进行中" if one.ended_at is None else "已结束"
            began = f"{one.started_at.astimezone(BEIJING):%Y-%m-%d %H:%M}"
            print(f"{one.id}\t{began}\t{state}\t{one.name}")
        return DONE
    found = _incident(settings, record, asked.incident) if asked.incident else None
    if not asked.incident:
        chosen = [one for one in every if asked.exercise in {None, one.id}]
        found = _exercise(settings, record, chosen[0]) if chosen else None
    if found is None:
        what = f"编号 {asked.incident}" if asked.incident else "这场演练"
        print(f"没有{what}：请用 python -m linkage score --list 查看。", file=sys.stderr)
        return UNABLE
    print(sheet.text(found))
    if asked.pdf is not None:
        asked.pdf.write_bytes(score_pdf(found))
        print(f"\n已写到 {asked.pdf}")
    return DONE


def _exercise(settings: Settings, record: Record, one: Exercise) -> Score | None:
    """As it was kept; of one that still runs, as it stands."""
    if one.ended_at is not None:
        return kept_score(one)
    agencies = load_agencies(settings.tables / "agencies.toml", settings.contact_file)
    with record.read() as cx:
        return score_of(
            cx,
            one,
            datetime.now(UTC),
            rules=load_exercise_rules(settings.tables / FILE),
            clocks=read_clocks(settings.tables, agencies),
        )


def _incident(settings: Settings, record: Record, number: str) -> Score | None:
    agencies = load_agencies(settings.tables / "agencies.toml", settings.contact_file)
    with record.read() as cx:
        row = cx.execute(select(incident).where(incident.c.number == number)).mappings().first()
        if row is None:
            return None
        scope = Scope(
            title=f"{number} {row['headline']}",
            exercise=row["exercise"],
            since=row["opened_at"],
            until=row["closed_at"] or datetime.now(UTC),
            over=row["closed_at"] is not None,
            incident_id=row["id"],
        )
        rules = load_exercise_rules(settings.tables / FILE)
        clocks = read_clocks(settings.tables, agencies)
        return score(gather(cx, scope, clocks), rules.targets, clocks)
