"""The nineteen systems say hostile things: in every field of every dialect that takes words."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from ingest.decode import read_alert
from ingest.holding import Holding
from ingest.receive import understand
from ingest.registry import Registry, read_registry, read_rules
from ingest.wire import Message
from linkage.alerts import Unreadable
from linkage.intake.take_in import Intake
from linkage.record import Record
from linkage.settings import load_settings
from linkage.sources import Source
from tests.test_escape import HOSTILE

FIXTURES = Path(__file__).parents[1] / "fixtures"
# No database takes a NUL; in a payload it is a fault of its own, with tests of its own.
SAID = [text.replace("\x00", "") for text in HOSTILE]
_WORDS = re.compile(r"(?<=>)([^<>]*[^<>\s][^<>]*)(?=<)")


def tell(record: Record, at: datetime) -> None:
    """Each captured payload of each system, hostile in all that its dialect takes; and rubbish."""
    settings = load_settings({})
    registry = read_registry(settings)
    intake = Intake(record, read_rules(settings, registry))
    holding = Holding()
    told = [
        understand(Message(n, topic.encode(), payload, retained=False), registry, at, holding)
        for n, (topic, payload) in enumerate(_payloads(registry, at))
    ]
    intake.take_in(told, at)


def _payloads(registry: Registry, at: datetime) -> Iterator[tuple[str, bytes]]:
    for source in registry.sources.values():
        topic = f"linkage/v1/alert/{source.id}"
        for path in sorted((FIXTURES / source.id).iterdir()):
            if path.suffix in {".json", ".xml"} and not path.name.endswith(".expected.json"):
                payload = path.read_bytes()
                yield topic, _hostile(payload, source, at)
        # Not even read: what was refused stands on 接入状态, its bytes and the reason.
        yield topic, "".join(SAID).encode()
        yield f"{topic}/{SAID[0]}", json.dumps({text: text for text in SAID}).encode()


def _hostile(payload: bytes, source: Source, at: datetime) -> bytes:
    """With hostile text behind each value that the dialect still takes; as it was if none."""
    try:
        text = payload.decode(source.charset)
        candidates = _xml if text.lstrip().startswith("<") else _json
        count = sum(1 for _ in candidates(text))
    except (ValueError, RecursionError):
        return payload
    for place in range(count):
        changed = next(each for n, each in enumerate(candidates(text)) if n == place)
        if _reads(changed.encode(source.charset), source, at):
            text = changed
    return text.encode(source.charset)


def _reads(payload: bytes, source: Source, at: datetime) -> bool:
    try:
        read_alert(payload, source, at)
    except Unreadable:
        return False
    return True


def _xml(text: str) -> Iterator[str]:
    for n, found in enumerate(_WORDS.finditer(text)):
        yield text[: found.end()] + escape(SAID[n % len(SAID)]) + text[found.end() :]


def _json(text: str) -> Iterator[str]:
    form = json.loads(text)
    for n, path in enumerate(list(_leaves(form))):
        changed = deepcopy(form)
        at: Any = changed
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] += SAID[n % len(SAID)]
        yield json.dumps(changed, ensure_ascii=False)


def _leaves(form: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if not isinstance(form, dict | list):
        return
    for key, value in form.items() if isinstance(form, dict) else enumerate(form):
        if isinstance(value, str):
            yield (*path, key)
        else:
            yield from _leaves(value, (*path, key))
