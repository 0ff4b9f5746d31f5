"""`python -m ingest rejected`: what the page 接入状态 does about refused messages, by command."""

import argparse
import getpass
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest import mend
from ingest.registry import read_registry, read_rules
from linkage.beijing import day_second
from linkage.errors import BadConfig, NotAllowed
from linkage.figures.raw_bytes import (
    Excerpt,
    charsets_of,
    find_byte,
    hex_excerpt,
    text_excerpt,
)
from linkage.figures.refusals import (
    Refusal,
    RefusalState,
    Sieve,
    groups,
    instead,
    refusal,
    refusal_ids,
    refusals,
)
from linkage.intake.errands import MOST_AT_ONCE
from linkage.intake.foresee import WOULD
from linkage.intake.mend import is_classified, set_aside, take_up
from linkage.intake.take_in import Intake
from linkage.people import Actor
from linkage.record import BEIJING, Record
from linkage.schema import open_existing
from linkage.settings import Settings
from linkage.vocabulary import Outcome, Role

_BECAME = {outcome: outcome.label for outcome in Outcome}


def at_console(by: str | None) -> Actor:
    """Who may run commands on the machine is trusted as a duty chief, and named as what he is."""
    return Actor(f"{by or getpass.getuser()}·命令行", Role.DUTY_CHIEF)


def list_command(settings: Settings, options: argparse.Namespace) -> int:
    record = _open(settings)
    sieve = _sieve(options, RefusalState(options.state))
    with record.read() as cx:
        if options.each:
            _, found = refusals(cx, sieve, size=1_000_000 if options.reason else options.limit)
            lines = [
                f"{one.id}\t{day_second(one.received_at)}\t{one.source_id}\t{one.reason}"
                for one in found
                if not options.reason or options.reason in one.reason
            ]
        else:
            lines = [
                f"{one.count}\t{day_second(one.newest_at)}\t{one.source_id}\t{one.reason}"
                f"（最新一条 {one.newest_id}）"
                for one in groups(cx, sieve)
                if not options.reason or options.reason in one.reason
            ]
    record.close()
    for line in lines[: options.limit]:
        print(line)
    if not lines:
        print(f"没有{sieve.state.label}的拒收报文")
    elif len(lines) > options.limit:
        print(f"……共 {len(lines)} 行，加 --limit 看更多")
    return 0


def show_command(settings: Settings, options: argparse.Namespace) -> int:
    record = _open(settings)
    with record.read() as cx:
        one = refusal(cx, options.id)
        new = instead(cx, one) if one else None
    record.close()
    if one is None:
        print(f"没有编号为 {options.id} 的拒收报文", file=sys.stderr)
        return 1
    if options.save:
        return _save(one, options.save)
    facts = {
        "编号": one.id,
        "接入系统": one.source_id,
        "主题": one.topic,
        "到达": f"{one.received_at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}",
        "原因": one.reason,
        "字段": one.field or "",
        "状态": one.state.label,
        "改自": one.mends or "",
        "替代": f"{new.id} {new.outcome.label} {new.incident or ''} {new.who}" if new else "",
        "说明": f"{one.note}（{one.decided_by}）" if one.note else "",
    }
    for name, value in facts.items():
        if value != "":
            print(f"{name}：{value}")
    _show_payload(settings, one)
    return 0


def _save(one: Refusal, file: Path) -> int:
    try:
        file.write_bytes(one.payload)
    except OSError as why:
        raise BadConfig("--save", str(file), why.strerror or "不能写入", "请换一处") from None
    print(f"已写入 {file}，{len(one.payload):,} 字节")
    return 0


def _show_payload(settings: Settings, one: Refusal) -> None:
    if is_classified(one.payload, one.reason):
        print("报文标有涉密，按规定未留存内容")
        return
    source = read_registry(settings).sources.get(one.source_id)
    charset = source.charset if source else "utf-8"
    at = find_byte(one.reason)
    readable = charsets_of(one.payload, charset)
    for read_as in [charset] if charset in readable else [charset, *readable[:1]]:
        said = "" if read_as == charset else f"约定 {charset}，按 {read_as} 每个字节都读得出："
        text = text_excerpt(one.payload, read_as, one.field, at)
        print(f"\n{said}原文（{read_as}，{len(one.payload):,} 字节）\n{_marked(text)}")
    print(f"\n{_marked(hex_excerpt(one.payload, at))}")


def _marked(shown: Excerpt) -> str:
    mark = f"▶{shown.marked}◀" if shown.marked else ""
    return f"{shown.before}{mark}{shown.after}"


def redrive_command(settings: Settings, options: argparse.Namespace) -> int:
    record = _open(settings)
    ids = _ids(record, options, RefusalState.OPEN)
    changed = _changed(options, ids)
    registry = read_registry(settings)
    intake = Intake(record, read_rules(settings, registry))
    place = mend.Workplace(record, intake, lambda: registry, _now)
    if options.preview or len(ids) > 1:
        print(f"试读 {len(ids):,} 条（没有写入）：")
        seen = _done(mend.preview(place, ids, changed))
        _tell(seen, WOULD)
        if options.preview:
            return 0
        if not seen["useful"]:
            print("没有一条能够接入，什么也没有改", file=sys.stderr)
            return 1
    if not _sure(options, f"重新接入 {len(ids):,} 条"):
        return 1
    result = _done(mend.redrive(place, at_console(options.by), ids, changed))
    _tell(result, _BECAME)
    record.close()
    return 0 if result["counts"].keys() & {outcome.value for outcome in Outcome} else 1


def set_aside_command(settings: Settings, options: argparse.Namespace) -> int:
    record = _open(settings)
    state = RefusalState.ASIDE if options.undo else RefusalState.OPEN
    ids = _ids(record, options, state)
    what = "恢复处理" if options.undo else "不再处理"
    if not options.undo and not options.note.strip():
        raise NotAllowed("请用 --note 写明不再处理的原因。")
    if not _sure(options, f"{what} {len(ids):,} 条"):
        return 1
    actor = at_console(options.by)
    if options.undo:
        count = take_up(record, actor, ids)
    else:
        count = set_aside(record, actor, ids, options.note)
    record.close()
    print(f"{what} {count} 条")
    return 0


def _open(settings: Settings) -> Record:
    return open_existing("LINKAGE_DATABASE_URL", settings.database_url)


def _sieve(options: argparse.Namespace, state: RefusalState) -> Sieve:
    return Sieve(state=state, source_id=options.source, since=options.since)


def _ids(record: Record, options: argparse.Namespace, state: RefusalState) -> list[int]:
    """Those named, or those that the options sift out. Raises NotAllowed for none or too many."""
    if options.ids:
        return list(options.ids)
    if not (options.source or options.reason or options.since):
        raise NotAllowed("请写编号，或用 --source、--reason、--since 选出一批。")
    sieve = _sieve(options, state)
    with record.read() as cx:
        found: list[int] = []
        for group in groups(cx, sieve):
            if not options.reason or options.reason in group.reason:
                own = Sieve(
                    state=state,
                    source_id=group.source_id,
                    since=options.since,
                    pattern=group.pattern,
                )
                found += refusal_ids(cx, own)
    if not found:
        raise NotAllowed("没有符合的拒收报文。")
    if len(found) > MOST_AT_ONCE:
        raise NotAllowed(f"符合的有 {len(found):,} 条，一次至多 {MOST_AT_ONCE:,} 条。")
    return sorted(found)


def _changed(options: argparse.Namespace, ids: list[int]) -> bytes | None:
    if options.file is None:
        return None
    if len(ids) != 1:
        raise NotAllowed("--file 只能与一个编号同用。")
    try:
        return bytes(options.file.read_bytes())
    except OSError as why:
        said = why.strerror or "无法读取"
        raise BadConfig("--file", str(options.file), said, "请核对路径") from None


def _sure(options: argparse.Namespace, what: str) -> bool:
    if options.yes or len(options.ids) == 1:
        return True
    if not sys.stdin.isatty():
        print(f"{what}：没有执行，请加 --yes 确认", file=sys.stderr)
        return False
    return input(f"{what}？[y/N] ").strip().lower() == "y"


def _done(work: mend.Work) -> dict[str, Any]:
    while True:
        try:
            next(work)
        except StopIteration as done:
            return dict(done.value)


def _tell(result: dict[str, Any], words: Mapping[Outcome, str]) -> None:
    others = {"left": "未接入", "before": "此前已接入", "gone": "已不可改"}
    names = {**others, **{o.value: words[o] for o in Outcome}}
    for one in result["messages"]:
        parts = one.get("parts") or [{"becomes": one.get("reason") or ""}]
        said = "；".join(f"{p['becomes']} {p.get('incident') or ''}".strip() for p in parts)
        outcome = names[one["outcome"]] if one["outcome"] else ""
        line = (str(one["id"]), f"→ {one['new_id']}" if one.get("new_id") else "", outcome)
        print("  ".join(filter(None, (*line, one.get("incident") or "", said))))
    told, every = len(result["messages"]), sum(result["counts"].values())
    if told < every:
        print(f"……只列出前 {told:,} 条，共 {every:,} 条")
    counts = "，".join(f"{names[name]} {count:,}" for name, count in result["counts"].items())
    print(f"合计：{counts}")


def _now() -> datetime:
    return datetime.now(UTC)
