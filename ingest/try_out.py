"""`python -m ingest dry-run | reload`: change the tables with open eyes."""

import argparse
import sys
import time
from typing import Any

import msgspec

from ingest.dry_run import changed_registry, dry_run
from ingest.registry import read_registry, read_rules
from ingest.rejected import at_console
from linkage.intake import errands
from linkage.intake.errands import ErrandKind, ErrandState
from linkage.schema import open_existing
from linkage.settings import Settings

ANSWER_S = 15.0


def dry_run_command(settings: Settings, options: argparse.Namespace) -> int:
    against = options.against or settings.sources
    before = read_registry(msgspec.structs.replace(settings, sources=against))
    after = changed_registry(before, options.sources)
    record = open_existing("LINKAGE_DATABASE_URL", settings.database_url)
    began = time.perf_counter()
    work = dry_run(record, lambda: before, after, options.last, options.source)
    while True:
        try:
            next(work)
        except StopIteration as done:
            _tell(done.value, options.limit, time.perf_counter() - began)
            break
    record.close()
    return 0


def _tell(result: dict[str, Any], limit: int, took: float) -> None:
    counts = result["counts"]
    was, now = counts["before"], counts["after"]
    print(f"读了 {counts['read']:,} 条，用时 {took:.2f} 秒；数据库没有改动")
    print(f"现行：接收 {was['accepted']:,}，拒收 {was['refused']:,}")
    print(f"改后：接收 {now['accepted']:,}，拒收 {now['refused']:,}")
    changed = f"有变化 {counts['changed']:,}：拒收变接收 {counts['now_accepted']:,}"
    print(f"{changed}，接收变拒收 {counts['now_refused']:,}")
    for source, fields in result["sources"].items():
        listed = "，".join(f"{field} {count:,}" for field, count in fields.items())
        print(f"  {source}：{listed}")
    for one in result["differences"][:limit]:
        part = f" 第 {one['part']} 段" if one["part"] else ""
        before, after = one["before"], one["after"]
        print(f"{one['id']}{part}\t{one['source_id']}\t{one['field']}\t{before} → {after}")
    if len(result["differences"]) > limit:
        print(f"……共 {len(result['differences']):,} 处，加 --limit 看更多")


def reload_command(settings: Settings, options: argparse.Namespace) -> int:
    read_rules(settings, read_registry(settings))  # a file that is wrong here is wrong there
    record = open_existing("LINKAGE_DATABASE_URL", settings.database_url)
    number = errands.ask(record, at_console(options.by), ErrandKind.RELOAD, {})
    deadline = time.monotonic() + ANSWER_S
    while True:
        with record.read() as cx:
            one = errands.look_up(cx, number)
        if one is not None and one.state.over:
            break
        if time.monotonic() > deadline and errands.withdraw(record, number):
            print("接入进程没有应答，请求已撤回；请看 python -m ingest health", file=sys.stderr)
            return 1
        time.sleep(0.1)
    record.close()
    if one.state is ErrandState.FAILED:
        print(f"没有换用，接入仍按原来的运行：{one.result.get('why')}", file=sys.stderr)
        return 1
    print(reloaded_words(one.result))
    return 0


def reloaded_words(result: dict[str, Any]) -> str:
    names = {"added": "新增", "removed": "删除", "changed": "改动"}
    parts = [f"{word} {'、'.join(result[key])}" for key, word in names.items() if result.get(key)]
    parts += [f"改动的表 {'、'.join(result['tables'])}"] if result.get("tables") else []
    return f"已换用，共 {result.get('sources')} 个接入系统；{'；'.join(parts) or '内容没有变化'}"
