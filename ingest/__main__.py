"""python -m ingest run | check | health | simulate, and the verbs about messages."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from ingest.check import check
from ingest.commands import add_verbs
from ingest.registry import read_registry
from ingest.run import add_options, run
from linkage.errors import BadConfig, NotAllowed, NotPermitted, Raced
from linkage.figures.workers import workers_and_lanes
from linkage.own_state import (
    INGEST,
    PROBE_LATE_S,
    WATCH,
    WHAT_TO_DO,
    Road,
    read_services,
    road,
)
from linkage.record import UNAVAILABLE, Record
from linkage.settings import Settings, load_settings


def main(argv: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["simulate"]:
        # What only the demonstration needs would hold up each start of the intake.
        from ingest.simulate import commands  # noqa: PLC0415

        return commands.main(arguments[1:])
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )
    # What kind of SQL it speaks is no news to whoever asked for a list.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        settings = load_settings()
        return _done(options.act(settings, options))
    except BadConfig as why:
        print(f"无法{'启动' if options.act is run else '执行'}：{why}", file=sys.stderr)
    except (NotAllowed, NotPermitted, Raced) as why:
        print(why, file=sys.stderr)
    except BrokenPipeError:
        # Whoever reads has seen enough: `… | head`. Nothing more is written, not even at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except UNAVAILABLE as why:
        print(f"数据库不可用：{why.orig}；请检查 LINKAGE_DATABASE_URL", file=sys.stderr)
    return 1


def _done(code: int) -> int:
    # While somebody still hears: what cannot be written at the very end is a traceback.
    sys.stdout.flush()
    return int(code)


def health(settings: Settings, _: argparse.Namespace) -> int:
    """0 when a probe went round broker, intake and database in the last 15 seconds."""
    now = datetime.now(UTC)
    with Record(settings.database_url).read() as cx:
        services = read_services(cx, INGEST, WATCH)
        workers, free_lanes = workers_and_lanes(cx)
    state, where = services.get(INGEST), road(services, now)
    if state is None or where is not Road.WELL:
        since = "从未" if state is None else f"{state.at:%Y-%m-%d %H:%M:%S} UTC 后未"
        print(f"接入异常，{where.label}：自检{since}完成（应在 {PROBE_LATE_S:.0f} 秒内）")
        print(f"处理：{WHAT_TO_DO[where]}")
    else:
        print(f"接入正常：自检往返 {state.detail.get('round_trip_ms')} 毫秒")
    for one in workers:
        seen = f"{(now - one.seen_at).total_seconds():.0f} 秒前有心跳"
        print(
            f"接入进程 {one.id}：{'热备，' if one.standby else ''}{len(one.lanes)} 条通道，{seen}"
        )
    if free_lanes:
        print(f"无人负责的通道：{'、'.join(free_lanes)}")
    return 0 if where is Road.WELL else 1


def _check(settings: Settings, _: argparse.Namespace) -> int:
    return check(settings, read_registry(settings))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ingest",
        description="接入：从消息服务器收报文入库，并把联动任务下发到部门",
        epilog="例：LINKAGE_MQTT_URL=mqtt://127.0.0.1:18830 python -m ingest run",
    )
    verbs = parser.add_subparsers(required=True, metavar="动作")
    at_work = verbs.add_parser(
        "run",
        help="接入并下发，直到 Ctrl-C；可几个进程、几台机器分担",
        epilog="例：python -m ingest run --workers 2；另一台机器：python -m ingest run --standby",
    )
    add_options(at_work)
    at_work.set_defaults(act=run)
    verbs.add_parser("check", help="列出全部设置，检查配置、数据库、消息服务器").set_defaults(
        act=_check
    )
    verbs.add_parser("health", help="自检是否在 15 秒内走完一圈；供监控使用").set_defaults(
        act=health
    )
    add_verbs(verbs)
    verbs.add_parser("simulate", help="模拟十九个系统和各部门；详见 simulate --help")
    return parser


if __name__ == "__main__":
    sys.exit(main())
