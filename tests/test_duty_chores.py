"""What the duty room need not remember: the sheet at the change, the roll every Monday."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from ingest.duty_chores import DutyChores
from ingest.registry import read_registry
from linkage.duty_tables import handover, roll_call
from linkage.record import Record
from linkage.response_tables import notice
from linkage.settings import load_settings
from tests.rosters import ALL, OTHERS, book, imported, shift
from tests.timekeeping import CLOCKS

ROOT = Path(__file__).parents[1]
# Monday, 07:59 in Beijing: a minute before the shifts change, an hour before the roll.
EARLY = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)


def test_sheet_and_roll_come_by_themselves_once_whoever_asks(record: Record) -> None:
    rows = [shift("11月22日", "夜班", OTHERS), shift("11月23日", "白班", ALL)]
    imported(record, book(*rows), EARLY - timedelta(days=1))
    registry = read_registry(load_settings({"LINKAGE_SOURCES": str(ROOT / "sources.toml")}))
    both = [DutyChores(record, CLOCKS, lambda: registry) for _ in range(2)]
    seen = []
    for minutes in (0, 1, 2, 61, 62, 72, 73):
        for one in both:
            one.turn(EARLY + timedelta(minutes=minutes))
        with record.read() as cx:
            tables = (handover, roll_call, notice)
            seen.append(
                [cx.execute(select(func.count()).select_from(t)).scalar_one() for t in tables]
            )
    assert [counts[:2] for counts in seen] == [
        [0, 0],
        [1, 0],
        [1, 0],
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
    ]
    assert seen[4][2] == 0
    assert seen[5][2] == seen[6][2] >= 19
