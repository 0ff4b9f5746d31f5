"""试运行: the last messages read by the tables as they are and as they would be, side by side."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from ingest import decode, frames
from ingest.holding import Holding
from ingest.mend import Work
from ingest.receive import understand
from ingest.registry import Registry
from ingest.wire import Message
from linkage.alerts import Unreadable
from linkage.errors import BadConfig
from linkage.figures.kept import Raw, last_ids, raw_messages
from linkage.intake.arrivals import Arrival, Several
from linkage.personal import masked
from linkage.record import Record
from linkage.sources import load_sources

AT_ONCE = 100
MOST_LISTED = 500
MOST_WORDS = 120  # of a value in the table of differences
_REFUSED = "接收与否"
_PERSONAL = frozenset({"caller_name", "caller_phone"})


class Difference(msgspec.Struct, frozen=True):
    """`part`: which of several, from 1; 0 where the message says one thing."""

    id: int
    source_id: str
    part: int
    field: str
    before: str
    after: str


def changed_registry(registry: Registry, file: Path | bytes) -> Registry:
    """The registry with another sources.toml. Raises BadConfig."""
    if isinstance(file, bytes):
        with TemporaryDirectory() as folder:
            path = Path(folder) / "sources.toml"
            path.write_bytes(file)
            sources = load_sources(path, registry.agencies)
    else:
        sources = load_sources(file, registry.agencies)
    return msgspec.structs.replace(registry, sources=sources)


def dry_run(
    record: Record,
    before: Callable[[], Registry],
    after: Registry,
    last: int,
    source_id: str | None,
) -> Work:
    """Read the newest `last` messages both ways. Raises BadConfig where a source is nobody's.

    Result: {"counts": {"read", "before": {"accepted", "refused"}, "after": …, "changed",
    "now_accepted", "now_refused"}, "sources": {id: {field: how many}}, "differences": […]}.
    """
    if source_id is not None and source_id not in {*before().sources, *after.sources}:
        raise BadConfig("sources.toml", source_id, "没有这个接入系统", "请核对编号")
    with record.read() as cx:
        ids = last_ids(cx, last, source_id)
    reading = _Comparison(before, after)
    try:
        for start in range(0, len(ids), AT_ONCE):
            with record.read() as cx:
                some = raw_messages(cx, ids[start : start + AT_ONCE])
            for raw in some:
                reading.add(raw)
            yield {"done": start + len(some), "of": len(ids)}
    finally:
        for kept in (decode, frames):
            kept.forget(after.sources.values())
    return reading.result()


class _Comparison:
    def __init__(self, before: Callable[[], Registry], after: Registry) -> None:
        self._before, self._after = before, after
        self._halves = Holding(), Holding()
        self._counts: Counter[str] = Counter()
        self._sources: dict[str, Counter[str]] = {}
        self._listed: list[Difference] = []

    def add(self, raw: Raw) -> None:
        if not raw.payload:
            return  # 涉密: nothing was kept to be read
        message = Message(0, raw.topic.encode(), raw.payload, raw.retained)
        registries = self._before(), self._after
        was, now = (
            understand(message, registry, raw.received_at, halves)
            for registry, halves in zip(registries, self._halves, strict=True)
        )
        refused = _refused(was), _refused(now)
        self._counts["read"] += 1
        for which, is_refused in zip(("before", "after"), refused, strict=True):
            self._counts[f"{which}_{'refused' if is_refused else 'accepted'}"] += 1
        self._counts["now_accepted"] += refused == (True, False)
        self._counts["now_refused"] += refused == (False, True)
        found = list(_differences(raw.id, was, now))
        if found:
            self._counts["changed"] += 1
            fields = self._sources.setdefault(was.source_id, Counter())
            fields.update({difference.field for difference in found})
            self._listed += found[: MOST_LISTED - len(self._listed)]

    def result(self) -> dict[str, Any]:
        c = self._counts
        sides = {
            which: {word: c[f"{which}_{word}"] for word in ("accepted", "refused")}
            for which in ("before", "after")
        }
        rest = {word: c[word] for word in ("read", "changed", "now_accepted", "now_refused")}
        return {
            "counts": {**rest, **sides},
            "sources": {source: dict(fields) for source, fields in self._sources.items()},
            "differences": [msgspec.to_builtins(one) for one in self._listed],
        }


def _parts(arrival: Arrival) -> tuple[object, ...]:
    content = arrival.content
    return content.parts if isinstance(content, Several) else (content,)


def _refused(arrival: Arrival) -> bool:
    return any(isinstance(part, Unreadable) for part in _parts(arrival))


def _differences(message: int, was: Arrival, now: Arrival) -> list[Difference]:
    before, after = _parts(was), _parts(now)
    several = max(len(before), len(after)) > 1
    found = []
    for number in range(max(len(before), len(after))):
        old, new = (parts[number] if number < len(parts) else None for parts in (before, after))
        if old == new:
            continue
        part = number + 1 if several else 0
        found += [
            Difference(message, was.source_id, part, field, *values)
            for field, values in _fields(_plain(old), _plain(new)).items()
        ]
    return found


def _plain(part: object) -> Mapping[str, Any]:
    if isinstance(part, Unreadable):
        return {_REFUSED: part.reason}
    return {} if part is None else dict(msgspec.to_builtins(part))


def _fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Where one side is refused, that is the difference: not every field of the other."""
    names = list(dict.fromkeys([*old, *new]))
    if _REFUSED in names:
        sides = [str(side.get(_REFUSED) or ("接收" if side else "无此段")) for side in (old, new)]
        return {} if sides[0] == sides[1] else {_REFUSED: (sides[0], sides[1])}
    return {
        name: (_shown(name, old.get(name)), _shown(name, new.get(name)))
        for name in names
        if old.get(name) != new.get(name)
    }


def _shown(name: str, value: object) -> str:
    if value is None or value == "":
        return "（无）"
    if name in _PERSONAL:
        return "（个人信息）"
    text = masked(value if isinstance(value, str) else msgspec.json.encode(value).decode())
    return text if len(text) <= MOST_WORDS else f"{text[: MOST_WORDS - 1]}…"
