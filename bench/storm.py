"""A storm over the city, with everything standing: broker, intake, record, a desk and its browser.

All systems together send 500 messages a second for ten minutes, ten about each record. Every
so often an extreme incident is among them: how soon does it stand first in the officer's list?
Afterwards: has every message its receipt, is every one accounted for, is the record sound, and what
did it cost in memory?
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec
from sqlalchemy import func, select

from bench.outage import Sender, memory_mb
from bench.path import Payload, databases
from ingest.registry import ROOT
from ingest.simulate.city import City
from ingest.simulate.evening import Caller, load_evening
from ingest.simulate.statements import Desk as Statements
from ingest.simulate.write import write_alert
from linkage.alerts import Alert, Point
from linkage.kinds import Kind
from linkage.record import Record
from linkage.settings import load_settings
from linkage.sources import load_sources
from linkage.tables import inbound_message, incident
from linkage.verify import verify
from linkage.vocabulary import OPEN_STATUSES, MessageKind, Severity
from tests.browser.desk import Desk, Officer, start_browser, take_a_seat
from tests.parts import start_mosquitto, wait_until
from tests.running import Ingest, running_ingest

MESSAGES = 10  # about one record: a call system sends it again whenever it changes
AT_SEA = Point(119.75, 34.80)
FIRST = "(board.feed.incidents.get(board.queue.rows[0]) || {}).place"
# The longest time in which the page drew nothing, since it was last asked.
WATCH_FRAMES = """(window.stillest = 0, (function look(last) {
  requestAnimationFrame((now) => {
    window.stillest = Math.max(window.stillest, now - last);
    look(now);
  });
})(performance.now()), 1)"""
STILLEST = "((was) => { window.stillest = 0; return was; })(window.stillest)"


class Extreme(NamedTuple):
    """The `at`-th message tells of it."""

    at: int
    place: str


class Seen(NamedTuple):
    first_s: list[float]  # from publish to the top of the list, for each extreme incident
    stillest_ms: list[float]
    memory: list[tuple[float, float]]  # MB of the intake and of the screens' server
    behind: int  # messages without a receipt when the last was sent
    caught_up_s: float


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench storm", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--every", type=int, default=10, help="seconds between extreme ones")
    parser.add_argument("--database", choices=["SQLite", "PostgreSQL"], default="SQLite")
    options = parser.parse_args(argv)
    messages, extremes = storm(options.seconds, options.rate, options.every)
    print(f"{len(messages):,} 条，{options.rate} 条/秒，{options.database}", flush=True)
    with (
        databases() as urls,
        tempfile.TemporaryDirectory() as name,
        start_mosquitto(Path(name) / "broker") as broker,
        at_a_desk(Path(name), urls[options.database]) as officer,
        running_ingest(broker, officer.desk.record_url, Path(name)) as ingest,
    ):
        sender = Sender(broker, messages)
        seen = stand_watch(sender, ingest, officer, options.rate, extremes)
        sender.close()
        print(
            f"\n最新的特别重大事件排到队首：中位 {statistics.median(seen.first_s):.2f} 秒，"
            f"最长 {max(seen.first_s):.2f} 秒（{len(seen.first_s)} 起）；"
            f"画面最长停顿 {max(seen.stillest_ms):.0f} ms\n"
            f"发完时 {seen.behind} 条还没有回执，{seen.caught_up_s:.1f} 秒后全部有；内存 接收 "
            f"{seen.memory[0][0]:.0f} → {seen.memory[-1][0]:.0f} MB，"
            f"看板 {seen.memory[0][1]:.0f} → {seen.memory[-1][1]:.0f} MB"
        )
        return accounts(officer.desk.record, sender)


def storm(seconds: int, rate: int, every: int) -> tuple[list[Payload], list[Extreme]]:
    """What all systems say in a storm, and where the extreme incidents are among it."""
    settings = load_settings()
    sources = load_sources(settings.sources)
    demo = settings.tables / "demo"
    start, dice = datetime.now(UTC), Random(11)
    evening, desk = load_evening(demo), Statements(sources, start)
    hours = evening.hours
    calls = evening.calls_per_day / 86_400 * len(hours) * max(hours) / sum(hours)
    caller = Caller(evening, City(demo), desk, dice, rate / MESSAGES / calls)
    steps = islice(caller.evening_from(start), seconds * rate // MESSAGES)
    first = [(step.due, step.alert) for step in steps if step.alert is not None]
    told = [one for due, alert in first for one in _messages(due, alert, dice)]
    told.sort(key=lambda one: one[0])
    alerts = [alert for _, alert in told]
    extremes = []
    for n, at in enumerate(range(every * rate, len(alerts), every * rate)):
        extremes.append(Extreme(at, f"连云区 {n + 1} 号锚地"))
        alerts[at] = _ship(desk, n, start + timedelta(seconds=at / rate))
    written = [
        (f"{ROOT}/alert/{a.source_id}", write_alert(a, sources[a.source_id])) for a in alerts
    ]
    return written, extremes


def _messages(due: datetime, alert: Alert, dice: Random) -> Iterator[tuple[datetime, Alert]]:
    """The record as it is opened, and as often as its system changes it in the next minutes."""
    yield due, alert
    for n in range(0 if alert.is_warning else MESSAGES - 1):
        later = due + timedelta(seconds=dice.uniform(1, 120))
        text = f"{alert.text}续报{n + 1}：已派出力量。"
        update = MessageKind.UPDATE
        yield (
            later,
            msgspec.structs.replace(alert, text=text, message_kind=update, sent_at=later),
        )


def _ship(desk: Statements, n: int, at: datetime) -> Alert:
    return desk.says(
        "110-cad",
        Kind.VESSEL,
        at,
        severity=Severity.EXTREME,
        headline="",
        text="货轮机舱起火，有人被困",
        place=f"连云区 {n + 1} 号锚地",
        # A row of ships: each further from the last than two reports of one event may be.
        point=Point(AT_SEA.lon + n % 10 * 0.05, AT_SEA.lat + n // 10 * 0.04),
    )


@contextmanager
def at_a_desk(folder: Path, url: str) -> Iterator[Officer]:
    desk = Desk(folder, url)
    desk.start()
    try:
        with start_browser() as browser, take_a_seat(browser, desk) as seat:
            officer = Officer(seat, desk)
            officer.visit()
            officer.map.locator(".queue").wait_for()
            yield officer
    finally:
        desk.stop()
        desk.record.close()


def stand_watch(
    sender: Sender, ingest: Ingest, officer: Officer, rate: int, extremes: list[Extreme]
) -> Seen:
    officer.ask(WATCH_FRAMES)
    seen = Seen([], [], [memory(ingest, officer.desk)], 0, 0.0)
    speaker = threading.Thread(target=sender.send, args=(rate, threading.Event()))
    speaker.start()
    for one in extremes:
        seen.first_s.append(_until_first(one, sender, officer))
        seen.stillest_ms.append(float(str(officer.ask(STILLEST))))
        seen.memory.append(memory(ingest, officer.desk))
        if len(seen.first_s) % 6 == 1:
            rows = officer.ask("board.feed.incidents.size")
            print(
                f"  {sender.sent:>8,} 条已发，{sender.sent - sender.answered:>6,} 条待回执，"
                f"屏幕上 {rows:,} 起，队首 {seen.first_s[-1]:.2f} 秒，"
                f"停顿 {seen.stillest_ms[-1]:.0f} ms",
                flush=True,
            )
    speaker.join()
    behind, since = sender.sent - sender.answered, time.perf_counter()
    wait_until(sender.all_answered, 900, "the last receipts")
    return seen._replace(behind=behind, caught_up_s=time.perf_counter() - since)


def _until_first(one: Extreme, sender: Sender, officer: Officer) -> float:
    wait_until(lambda: sender.sent > one.at, 60, "its turn")
    since = time.perf_counter()
    wait_until(lambda: officer.ask(FIRST) == one.place, 60, one.place)
    return time.perf_counter() - since


def memory(ingest: Ingest, desk: Desk) -> tuple[float, float]:
    assert desk.process
    return memory_mb(ingest), resident_mb(desk.process.pid)


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def accounts(record: Record, sender: Sender) -> int:
    """0 when every message sent is accounted for and the record is sound."""
    kept = select(inbound_message.c.outcome, func.count()).group_by(inbound_message.c.outcome)
    is_open = incident.c.status.in_([status.value for status in OPEN_STATUSES])
    with record.read() as cx:
        outcomes = {str(outcome): int(count) for outcome, count in cx.execute(kept)}
        incidents = cx.execute(select(func.count()).where(is_open)).scalar_one()
    lost = sender.sent - outcomes.get("stored", 0) - outcomes.get("rejected", 0)
    wrong = [finding.fault for finding in verify(record) if finding.fault]
    print(f"发出 {sender.sent:,}，在案 {outcomes}，缺 {lost}；在办 {incidents:,} 起")
    print("核验：" + ("；".join(wrong) or "无误"))
    return 1 if lost or wrong else 0
