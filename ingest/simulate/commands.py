"""python -m ingest simulate feed | departments | province | gateways | roster."""

import argparse
import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from random import Random

from ingest.simulate.city import City
from ingest.simulate.conduct import load_departments
from ingest.simulate.departments import NEEDS, OPEN, ORDERS, ROLL_CALLS, Departments, keep_turning
from ingest.simulate.evening import Caller, load_evening
from ingest.simulate.feed import Feed, Ledger, in_order, payload_of
from ingest.simulate.gateways import Inbox, faults_of, gateways
from ingest.simulate.line import Line
from ingest.simulate.province import Province, keep_answering, load_manner
from ingest.simulate.roll import Roll, load_roll
from ingest.simulate.roster import demo_roster
from ingest.simulate.scenario import Player, load_scenario
from ingest.simulate.statements import Desk, Step
from ingest.simulate.telemetry import Telemetry, load_stations
from ingest.simulate.traffic import Traffic, load_routes
from linkage.duty.rules import load_duty
from linkage.errors import BadConfig
from linkage.record import BEIJING
from linkage.response.agencies import load_agencies
from linkage.settings import Settings, load_settings
from linkage.sources import Source, load_sources

# Seconds.
LISTENER_WITHIN = 20.0
log = logging.getLogger("simulate")


def main(argv: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )
    try:
        return int(options.act(load_settings(), options))
    except BadConfig as why:
        print(f"无法启动：{why}", file=sys.stderr)  # noqa: T201
        return 1


def story(
    sources: dict[str, Source], demo: Path, start: datetime, options: argparse.Namespace
) -> Iterator[Step]:
    """Everything that will be said, in order. Same seed and start, same story."""
    city, desk = City(demo), Desk(sources, start)
    seed, speed = options.seed, options.speed
    # Each thread of the story has its own dice: a longer scenario leaves the evening as it was.
    caller = Caller(load_evening(demo), city, desk, Random(f"{seed}/evening"), speed)  # noqa: S311
    roll = Roll(load_roll(demo), city, desk, Random(f"{seed}/roll"), speed)  # noqa: S311
    measured = Telemetry(load_stations(demo), desk, Random(f"{seed}/telemetry"), speed)  # noqa: S311
    traffic = Traffic(load_routes(demo), desk, speed)
    threads = [
        caller.evening_from(start),
        roll.from_(start),
        measured.from_(start),
        traffic.from_(start),
    ]
    if options.scenario:
        scenario = load_scenario(demo, options.scenario)
        dice = Random(f"{seed}/scenario")  # noqa: S311
        threads.append(Player(scenario, start, city, desk, dice, speed).steps())
    return in_order(*threads)


def feed(settings: Settings, options: argparse.Namespace) -> int:
    sources = load_sources(settings.sources)
    demo = settings.tables / "demo"
    if options.show:
        start = options.start or datetime.now(UTC)
        return _show(story(sources, demo, start, options), sources, options.show)
    ledger = Ledger()
    lines = {
        source_id: Line(
            settings,
            f"demo-{source_id}",
            (f"linkage/v1/receipt/{source_id}",),
            ledger.heard,
        )
        for source_id in sources
    }
    ended = _ended_by_signal()
    for line in lines.values():
        line.open()
    log.info(
        "演示数据开始：%d 个系统，速度 ×%g，种子 %d", len(sources), options.speed, options.seed
    )
    try:
        _wait_for_listener(lines["110-cad"], ended)
        steps = story(sources, demo, options.start or datetime.now(UTC), options)
        Feed(sources, lines, ledger, options.status).play(steps, ended)
    finally:
        for line in lines.values():
            line.close()
        log.info("%s", ledger.status()["line"])
    return 0


def _wait_for_listener(line: Line, ended: threading.Event) -> None:
    """Until somebody hears us: a broker keeps nothing for an intake that was never there."""
    deadline = time.monotonic() + LISTENER_WITHIN
    while not line.listened_to.is_set() and not ended.wait(0.2):
        if time.monotonic() > deadline:
            log.warning("%g 秒内没有接入进程在听，照常开始，无回执的会补发", LISTENER_WITHIN)
            return
        line.say("linkage/v1/heartbeat/110-cad", b"{}")


def departments(settings: Settings, options: argparse.Namespace) -> int:
    agencies = load_agencies(settings.tables / "agencies.toml", settings.contact_file)
    known = load_departments(settings.tables / "demo")
    ended = _ended_by_signal()
    played = Departments(known, agencies, seed=options.seed, pace=options.pace)
    line = Line(settings, "demo-departments", (ORDERS, OPEN, NEEDS, ROLL_CALLS), played.heard)
    line.open()
    log.info("模拟部门开始：%d 个", len(known))
    try:
        keep_turning(played, line.say, ended)
    finally:
        line.close()
    return 0


def roster(settings: Settings, options: argparse.Namespace) -> int:
    rules = load_duty(settings.tables / "duty.toml")
    today = datetime.now(BEIJING).date()
    options.file.write_bytes(demo_roster(settings.tables / "demo", rules, today))
    log.info("演示班表已写到 %s", options.file)
    return 0


def province(settings: Settings, options: argparse.Namespace) -> int:
    played = Province(load_manner(settings.tables / "demo"), pace=options.pace)
    ended = _ended_by_signal()
    line = Line(settings, "demo-province", (played.topic,), played.heard)
    line.open()
    log.info("模拟省应急指挥中心开始：%s", played.topic)
    try:
        keep_answering(played, line.say, ended)
    finally:
        line.close()
    return 0


def gateways_at_work(_: Settings, options: argparse.Namespace) -> int:
    ended = _ended_by_signal()
    inbox = Inbox(faults_of(options.fail, log.error))
    with gateways(inbox, options.http_port, options.smtp_port) as (http, smtp):
        log.info("模拟短信网关、政务微信（端口 %d）和邮件服务器（端口 %d）开始", http, smtp)
        ended.wait()
    return 0


def _show(steps: Iterator[Step], sources: dict[str, Source], count: int) -> int:
    for step in islice(steps, count):
        source = sources[step.source_id]
        sent = payload_of(step, source)
        binary = step.frame and not sent.isascii()
        payload = sent.hex(" ") if binary else sent.decode(source.charset)
        at = step.due.astimezone(BEIJING)
        print(f"{at:%H:%M:%S} {source.topic}\n  {payload}")  # noqa: T201
    return 0


def _ended_by_signal() -> threading.Event:
    ended = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: ended.set())
    return ended


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ingest simulate", description="演示：十九个系统的报文，各部门的反馈"
    )
    verbs = parser.add_subparsers(required=True, metavar="动作")
    plays = verbs.add_parser(
        "feed",
        help="以十九个系统的身份发报文",
        epilog="例：python -m ingest simulate feed --speed 60 --seed 42 --scenario typhoon",
    )
    plays.add_argument("--speed", type=_speed, default=1.0, help="快慢，1 到 60（默认 1）")
    plays.add_argument("--seed", type=int, default=42, help="同一个数，同一个夜晚（默认 42）")
    plays.add_argument("--scenario", default="", help="data/demo/ 下的情景，例如 typhoon")
    plays.add_argument("--start", type=_moment, help="起始时刻，如 2026-08-06T19:00:00+08:00")
    plays.add_argument("--status", type=Path, help="把计数写进这个文件（start.py 用）")
    plays.add_argument("--show", type=int, metavar="N", help="只打印前 N 条报文，不发送")
    plays.set_defaults(act=feed)
    acts = verbs.add_parser(
        "departments",
        help="模拟各部门签收、出动、到场、反馈",
        epilog="例：python -m ingest simulate departments --seed 42 --pace 4",
    )
    acts.add_argument("--seed", type=int, default=42, help="同一个数，同样的反应（默认 42）")
    acts.add_argument("--pace", type=_speed, default=1.0, help="比真人快几倍，1 到 60（默认 1）")
    acts.set_defaults(act=departments)
    shifts = verbs.add_parser("roster", help="按今天的日期写出演示班表（Excel）")
    shifts.add_argument("file", type=Path, metavar="文件.xlsx")
    shifts.set_defaults(act=roster)
    above = verbs.add_parser(
        "province",
        help="模拟省应急指挥中心：收报告，核对，回执",
        epilog="例：python -m ingest simulate province --pace 4",
    )
    above.add_argument("--pace", type=_speed, default=1.0, help="比真人快几倍，1 到 60（默认 1）")
    above.set_defaults(act=province)
    takes = verbs.add_parser(
        "gateways",
        help="模拟短信网关、政务微信和邮件服务器，打印收到的内容",
        epilog="例：python -m ingest simulate gateways --fail sms=black-hole --fail email=refuse",
    )
    takes.add_argument("--http-port", type=int, default=18590, help="短信和政务微信（默认 18590）")
    takes.add_argument("--smtp-port", type=int, default=18591, help="邮件（默认 18591）")
    takes.add_argument(
        "--fail", action="append", default=[], metavar="手段=故障", help="让一种手段出故障，可多次"
    )
    takes.set_defaults(act=gateways_at_work)
    return parser


def _speed(text: str) -> float:
    speed = float(text)
    if not 1 <= speed <= 60:
        raise argparse.ArgumentTypeError("应在 1 到 60 之间")
    return speed


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("要带时差，如 2026-08-06T19:00:00+08:00")
    return moment
