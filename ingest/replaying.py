"""`python -m ingest replay --from --to --into`: a period of the record into an empty one."""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta

from ingest.registry import read_registry, read_rules
from ingest.replay_period import Replayed, replay_period
from ingest.written_time import moment, shown
from linkage.errors import NotAllowed
from linkage.figures.kept import kept_span
from linkage.intake.scratch import scratch_record
from linkage.record import Record
from linkage.schema import open_existing
from linkage.settings import Settings

# Seconds between two lines of progress: on a screen, where one overwrites the other; in a file.
_ON_SCREEN, _IN_FILE = 0.5, 30.0


def replay_command(settings: Settings, options: argparse.Namespace) -> int:
    """Prints how it went and the hash of the incidents. 130 where it was interrupted."""
    if not options.into:
        raise NotAllowed("请写报文文件夹，或用 --from、--to、--into 指明一段时间和一个空库。")
    since, until = _period(options.since, options.until)
    registry = read_registry(settings)
    rules = read_rules(settings, registry)
    named = "--from-database" if options.from_database else "LINKAGE_DATABASE_URL"
    source = open_existing(named, options.from_database or settings.database_url)
    into = scratch_record(options.into)
    progress = _Progress(source, since, until)
    try:
        found = replay_period(
            source, into, registry, rules, period=(since, until), told=progress.tell
        )
    except KeyboardInterrupt:
        progress.end()
        print(
            f"已中断，{options.into} 里只有前 {progress.done:,} 条，请删去再重放", file=sys.stderr
        )
        return 130
    finally:
        source.close()
        into.close()
    progress.end()
    print(replayed_words(found))
    print(f"结果在 {options.into}；要在页面上看，以它为 LINKAGE_DATABASE_URL 另开一套页面")
    return 0


def _period(since: list[str] | None, until: list[str] | None) -> tuple[datetime, datetime]:
    """From the words after --from and --to. Raises NotAllowed."""
    begins = moment(" ".join(since)) if since else datetime(2000, 1, 1, tzinfo=UTC)
    ends = moment(" ".join(until)) if until else datetime.now(UTC)
    if begins > ends:
        raise NotAllowed(f"起止颠倒：--from {shown(begins)} 晚于 --to {shown(ends)}")
    if begins == ends:
        raise NotAllowed(f"起止都是 {shown(begins)}，中间没有时间；整日请把 --to 写到次日")
    return begins, ends


class _Progress:
    """How far it is, on standard error."""

    def __init__(self, source: Record, since: datetime, until: datetime) -> None:
        with source.read() as cx:
            first, last = kept_span(cx) or (since, until)
        self._first, self._last = max(first, since), min(last, until)
        self._screen = sys.stderr.isatty()
        self._told = time.monotonic()
        self.done = 0

    def tell(self, done: int, at: datetime) -> None:
        self.done = done
        now = time.monotonic()
        if now - self._told < (_ON_SCREEN if self._screen else _IN_FILE):
            return
        self._told = now
        share = (at - self._first) / max(self._last - self._first, timedelta(seconds=1))
        line = f"已重放 {done:,} 条，到 {shown(at)}，约 {min(share, 1):.0%}"
        if self._screen:
            print(f"\r{line}\033[K", end="", file=sys.stderr, flush=True)
        else:
            print(line, file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._screen and self.done:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def replayed_words(found: Replayed) -> str:
    lived = found.last - found.first
    of_them = "，".join(
        f"{outcome.label} {now:,}" + (f"（当时 {then:,}）" if then != now else "")
        for outcome, (then, now) in found.outcomes.items()
    )
    quick = f"用时 {found.took_s:.2f} 秒，每秒 {found.messages / max(found.took_s, 1e-9):,.0f} 条"
    if lived >= timedelta(seconds=1):
        quick += f"，为实际速度的 {found.factor:,.0f} 倍"
    return "\n".join(
        (
            f"重放 {found.messages:,} 条（{found.batches:,} 批）：{of_them}",
            f"收到于 {shown(found.first)} 至 {shown(found.last)}，历时 {_length(lived)}",
            quick,
            f"事件 {found.found.incidents:,} 起，校验值 {found.found.hash}",
        )
    )


def _length(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds // 3600} 时 {seconds % 3600 // 60} 分 {seconds % 60} 秒"
