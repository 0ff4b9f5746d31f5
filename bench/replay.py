"""A dense period of the record played again: how many times as fast as it happened?

The messages stand in the record as if each had come by itself, one a batch: the dearest case.
"""

import argparse
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from bench.path import evening
from ingest.holding import Holding
from ingest.receive import understand
from ingest.registry import ROOT, Registry, read_registry, read_rules
from ingest.replay_period import replay_period
from ingest.simulate.commands import story
from ingest.simulate.feed import payload_of
from ingest.wire import Message
from linkage.intake.intake_rules import IntakeRules
from linkage.intake.scratch import scratch_record
from linkage.intake.take_in import Intake
from linkage.record import Record
from linkage.settings import Settings, load_settings
from tests.parts import start_postgres

GOAL = 50  # times real speed
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
Said = tuple[datetime, str, bytes]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench replay", description=__doc__)
    parser.add_argument("--rate", type=int, default=50, help="messages a second")
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args(argv)
    settings = load_settings()
    registry = read_registry(settings)
    rules = read_rules(settings, registry)
    count = int(options.rate * options.minutes * 60)
    what = f"{options.rate} 条/秒、每批一条的 {options.minutes:g} 分钟（{count:,} 条）"
    print(f"\n{what}重放，目标 {GOAL} 倍")
    with tempfile.TemporaryDirectory() as folder, start_postgres() as cluster:
        for name, said in (
            ("平日警情", _ordinary(count, options.rate)),
            ("全市风暴", _storm(count, options.rate, settings, registry)),
        ):
            source = scratch_record(f"sqlite:///{folder}/{name}.db")
            _record(source, said, registry, rules)
            for number in range(options.rounds):
                urls = {
                    "SQLite": f"sqlite:///{folder}/{name}{number}.db",
                    "PostgreSQL": cluster.create(),
                }
                for database, url in urls.items():
                    into = scratch_record(url)
                    done = replay_period(source, into, registry, rules, period=ALWAYS)
                    into.close()
                    print(
                        f"  {name}  {database:<11}{done.factor:>6.0f} 倍  "
                        f"{done.messages / done.took_s:>6,.0f} 条/秒  {done.found.hash[:12]}",
                        flush=True,
                    )
            source.close()
    return 0


def _ordinary(count: int, rate: int) -> Iterator[Said]:
    """Calls of weeks that arrive at the rate, as when systems send what they had kept."""
    at = datetime.now(UTC) - timedelta(hours=12)
    for number, (topic, payload) in enumerate(evening(count)):
        yield at + timedelta(seconds=number / rate), topic, payload


def _storm(count: int, rate: int, settings: Settings, registry: Registry) -> Iterator[Said]:
    """Everything happens in these minutes, in one city: each call has dozens that are near it."""
    start = datetime.now(UTC) - timedelta(hours=12)
    ordinary = 0.031  # messages a second of an evening of the demonstration
    options = argparse.Namespace(seed=7, speed=rate / ordinary, scenario="typhoon")
    sources, at = dict(registry.sources), start
    steps = story(sources, settings.tables / "demo", start, options)
    for step in islice(steps, count):
        at = max(at + timedelta(microseconds=1), step.due + timedelta(milliseconds=80))
        source = sources[step.source_id]
        yield at, f"{ROOT}/alert/{source.id}", payload_of(step, source)


def _record(source: Record, said: Iterator[Said], registry: Registry, rules: IntakeRules) -> None:
    intake, holding = Intake(source, rules), Holding()
    while some := list(islice(said, 250)):
        arrivals = [
            understand(Message(0, topic.encode(), payload, retained=False), registry, at, holding)
            for at, topic, payload in some
        ]
        intake.take_in(arrivals, some[0][0])
        holding.keep()
