"""python -m bench looking_back [--days 30]: how long any moment of the past takes to find.

Rows as the diary writes them, one every two seconds, for 10,000 incidents a day of which 5,000
stand open at any time; then moments chosen at random over the whole time. Prints seconds.
"""

import argparse
import random
import shutil
import statistics
import tempfile
import time
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import insert

from linkage.desk.frame import Frame
from linkage.desk.freshness import Freshness, Intake
from linkage.desk.live import LiveIncident
from linkage.desk.tally import Tally
from linkage.hindsight.at_moment import at_moment, changes, next_change
from linkage.hindsight.diary import WHOLE_EVERY
from linkage.hindsight_tables import desk_moment
from linkage.record import Record, Writing
from linkage.schema import migrate

A_DAY, OPEN, TURN_S = 10_000, 5_000, 2.0
TIMES_CHANGED = 4  # of an incident, between its opening and its end
LOOKS = 60
_encode = msgspec.json.Encoder().encode
_random = random.Random(42)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--database", help="a URL; a new SQLite file without it")
    asked = parser.parse_args(argv)
    folder = Path(tempfile.mkdtemp(prefix="looking-back-"))
    record = Record(asked.database or f"sqlite:///{folder}/linkage.db")
    migrate(record)
    ends = datetime.now(UTC).replace(microsecond=0)
    begins = ends - timedelta(days=asked.days)
    rows, incidents = _write(record, begins, ends)
    size = sum(each.stat().st_size for each in folder.glob("*")) / 2**20
    print(f"{incidents:,} incidents, {rows:,} rows, {asked.days} days, {size:,.0f} MB on disk")
    _look(record, begins, ends)
    record.close()
    shutil.rmtree(folder)
    return 0


def _look(record: Record, begins: datetime, ends: datetime) -> None:
    whole, played, stepped = [], [], []
    length = (ends - begins).total_seconds()
    with record.read() as cx:
        for _ in range(LOOKS):
            at = begins + timedelta(seconds=_random.uniform(60, length))
            start = time.perf_counter()
            found = at_moment(cx, at, ends)
            whole.append(time.perf_counter() - start)
            assert found.picture
            assert found.unseen is None
            assert len(found.picture.incidents) > OPEN * 0.9
            start = time.perf_counter()
            changes(cx, at, at + timedelta(minutes=10), ends)
            played.append(time.perf_counter() - start)
            start = time.perf_counter()
            next_change(cx, at)
            stepped.append(time.perf_counter() - start)
    for what, spent in (("any moment", whole), ("10 minutes on", played), ("next", stepped)):
        p95 = statistics.quantiles(spent, n=20)[-1]
        said = f"p50 {statistics.median(spent):.3f}  p95 {p95:.3f}  max {max(spent):.3f} s"
        print(f"{what:14} {said}")


def _write(record: Record, begins: datetime, ends: datetime) -> tuple[int, int]:
    standing = [_incident(n, begins.timestamp()) for n in range(OPEN)]
    made, written = OPEN, 0
    step = timedelta(seconds=TURN_S)
    per_turn = A_DAY * (2 + TIMES_CHANGED) / 86_400 * TURN_S
    at, whole_at = begins, begins - WHOLE_EVERY
    while at < ends:
        with record.write(at) as w:
            batch: list[dict[str, Any]] = []
            for _ in range(5_000):
                if at - whole_at >= WHOLE_EVERY:
                    whole = Frame(rev=1, at=at.timestamp(), incidents=standing)
                    batch.append(_row(w, at, [whole], whole=True, follows=at > begins))
                    whole_at = at
                frame = Frame(rev=1, at=at.timestamp())
                for _ in range(int(per_turn) + (_random.random() < per_turn % 1)):
                    made += _happen(frame, standing, made)
                if frame.incidents or frame.gone:
                    batch.append(_row(w, at, [frame, _clock(at)], whole=False, follows=True))
                at += step
            w.cx.execute(insert(desk_moment), batch)
        written += len(batch)
    return written, made


def _happen(frame: Frame, standing: list[LiveIncident], made: int) -> int:
    """One thing: opened, closed or changed. How many were opened."""
    n = _random.randrange(len(standing))
    what = _random.randrange(2 + TIMES_CHANGED)
    if what == 0 and len(standing) > OPEN - 50:
        frame.gone = [*frame.gone, standing[n].id]
        standing[n] = standing[-1]
        standing.pop()
        return 0
    if what == 1 and len(standing) < OPEN + 50:
        standing.append(_incident(made, frame.at))
        frame.incidents = [*frame.incidents, standing[-1]]
        return 1
    row = standing[n]
    standing[n] = msgspec.structs.replace(row, version=row.version + 1, changed_at=int(frame.at))
    frame.incidents = [*frame.incidents, standing[n]]
    return 0


def _row(w: Writing, at: datetime, frames: list[Frame], **what: bool) -> dict[str, Any]:
    ended = at + timedelta(seconds=10)
    body = zlib.compress(_encode(frames), 6)
    own = {"id": w.next_id(), "began_at": at, "ended_at": ended, "recorder": "bench", "body": body}
    return own | what


def _clock(at: datetime) -> Frame:
    now = int(at.timestamp())
    fresh = Freshness(now, now, 19, [], Intake(True, now, "connected"))
    return Frame(rev=1, at=at.timestamp(), fresh=fresh, tally=Tally(9_000, 8_500, 12))


def _incident(n: int, at: float) -> LiveIncident:
    return LiveIncident(
        id=str(n),
        number=f"20261122-{n:05}",
        kind="traffic_accident",
        status="received",
        severity="minor",
        rank=1,
        headline=f"郁洲南路与苍梧路口两车相撞，{n % 7} 人受伤",
        place=f"海州区 郁洲南路 {n % 900} 号",
        lon=119.0 + _random.random() / 2,
        lat=34.5 + _random.random() / 2,
        position_note="exact",
        area_code="320706",
        alerts=1 + n % 4,
        sources=["110-cad", "122-cad"],
        opened_at=int(at),
        changed_at=int(at),
        claimed_by="值班员甲（值班员）" if n % 3 else None,
        grade=None,
        response_level=None,
        hazmat=False,
        exercise=False,
        version=1,
        told_late=False,
    )
