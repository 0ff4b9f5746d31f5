"""One backlog, 1, 2 and 4 workers: messages a second, CPU a message, on each database.

Every worker holds its share of the lanes, as the leases would give them out, and checks in every
batch that they are its own. They start together; the clock runs from the first message of any to
the last one committed by any.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.path import Payload, backlog, check, databases, evening, forget, fresh
from bench.receiver import TimedBoard
from ingest.address import read_address
from ingest.lanes import lanes_of
from ingest.registry import Registry, read_registry, read_rules
from ingest.worker import Worker
from linkage.intake.leases import enlist, must_hold, plan
from linkage.intake.take_in import Intake
from linkage.record import Record, Writing
from linkage.settings import load_settings
from tests.parts import Mosquitto, start_mosquitto

START_S = 6.0  # until every worker is loaded and waits for the signal


def main(argv: list[str]) -> int:
    if argv[:1] == ["--one"]:
        _one(*map(float, argv[1:]))
        return 0
    parser = argparse.ArgumentParser(prog="python -m bench workers", description=__doc__)
    parser.add_argument("--messages", type=int, default=12_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    options = parser.parse_args(argv)
    messages = evening(options.messages)
    print(f"{len(messages)} 条报文；{os.cpu_count()} 核")
    with (
        databases() as urls,
        tempfile.TemporaryDirectory() as folder,
        start_mosquitto(Path(folder)) as broker,
    ):
        for name, url in urls.items():
            for count in options.workers:
                rounds = [_round(broker, url, messages, count, n) for n in range(options.rounds)]
                rate = statistics.median(one[0] for one in rounds)
                cpu = statistics.median(one[1] for one in rounds)
                print(f"  {name:<12}{count} 个接入进程 {rate:>7,.0f} 条/秒  {cpu:>6.1f} µs CPU/条")
    return 0


def _round(
    broker: Mosquitto, url: str, messages: list[Payload], count: int, number: int
) -> tuple[float, float]:
    fresh(url)
    ingest_id = f"workers-{count}-{number}-{'sqlite' in url}"
    backlog(broker, ingest_id, messages)
    environment = {
        **os.environ,
        "LINKAGE_MQTT_URL": broker.url,
        "LINKAGE_DATABASE_URL": url,
        "LINKAGE_INGEST_ID": ingest_id,
    }
    loads = Counter(topic.rpartition("/")[2] for topic, _ in messages)
    shares = shared_out(read_registry(load_settings()), count)
    start = time.time() + START_S
    children = []
    for rank, share in enumerate(shares):
        expected = sum(loads[name] for name in share)
        command = [sys.executable, "-m", "bench", "workers", "--one"]
        words = [str(count), str(rank), str(expected), str(start)]
        children.append(
            subprocess.Popen([*command, *words], env=environment, stdout=subprocess.PIPE, text=True)
        )
    said = [json.loads(child.communicate(timeout=300)[0].splitlines()[-1]) for child in children]
    forget(broker, ingest_id)
    check(url, len(messages))
    seconds = max(one["ended"] for one in said) - min(one["began"] for one in said)
    return len(messages) / seconds, sum(one["cpu"] for one in said) / len(messages) * 1e6


def shared_out(registry: Registry, count: int) -> list[set[str]]:
    """The lanes of each of `count` workers, as the leases share them."""
    lanes = lanes_of(registry)
    first = [one.id for one in lanes.values() if one.life_safety]
    groups = (first, [one for one in lanes if one not in first])
    names = [f"worker-{n}" for n in range(count)]
    holders: dict[str, str | None] = dict.fromkeys(lanes)
    for name in names:
        claimed, _ = plan(name, dict.fromkeys(names, False), holders, groups)
        holders |= dict.fromkeys(claimed, name)
    return [{lane for lane, holder in holders.items() if holder == name} for name in names]


def _one(count: float, rank: float, expected: float, start: float) -> None:
    """The process of one worker."""
    settings = load_settings()
    record = Record(settings.database_url)
    registry = read_registry(settings)
    lanes = lanes_of(registry)
    share = shared_out(registry, int(count))[int(rank)]
    me = f"worker-{int(rank)}"
    with record.write() as w:
        enlist(w, me, share)

    def guard(w: Writing) -> None:
        if count > 1:
            must_hold(w, me, share)

    board = TimedBoard(read_address(settings), settings.ingest_id, settings.mqtt_version, lanes)
    board.expect(int(expected))
    worker = Worker(board, Intake(record, read_rules(settings, registry), guard), record, registry)
    time.sleep(max(0.0, start - time.time()))
    board.hold(share, settled=lanes)
    if expected:
        worker.run(lambda: board.watch.left <= 0)
    watch, ended = board.watch, time.time()
    began = ended - (time.perf_counter() - watch.began) if watch.began else ended
    cpu = time.process_time() - watch.cpu_began if watch.began else 0.0
    print(json.dumps({"began": began, "ended": ended, "cpu": cpu}))
    record.close()
