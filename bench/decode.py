"""What reading one payload costs, by dialect: topic and bytes → what is said, all checks included.

The payloads are the captured ones of tests/fixtures that must be taken in.
"""

import argparse
import json
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import thread_time  # the machine is shared: our own time, not the wall's

from ingest.holding import Holding
from ingest.receive import understand
from ingest.registry import ROOT, Registry, read_registry
from ingest.wire import Message
from linkage.settings import load_settings
from linkage.sources import Source

FIXTURES = Path(__file__).parents[1] / "tests" / "fixtures"
TURNS = 300


def main(argv: list[str]) -> int:
    argparse.ArgumentParser(prog="python -m bench decode", description=__doc__).parse_args(argv)
    registry = read_registry(load_settings())
    costs: dict[str, list[tuple[float, int]]] = {}
    for source, file, payload in captured(registry):
        name = source.dialect
        if file.suffix in {".hex", ".frame"} and source.dialect_frame:
            name = source.dialect_frame
        elif file.suffix == ".xml" and source.dialect_xml:
            name = source.dialect_xml
        costs.setdefault(name, []).append((_microseconds(source, payload, registry), len(payload)))
    print("\n一条报文从字节到读懂（含全部校验）")
    for name, found in sorted(costs.items()):
        micros = statistics.median(cost for cost, _ in found)
        size = statistics.median(length for _, length in found)
        worst = max(cost for cost, _ in found)
        print(
            f"  {name:<14}{micros:>7.1f} µs  最贵 {worst:>7.1f} µs  中位 {size:>5.0f} 字节"
            f"  {len(found)} 份样本"
        )
    return 0


def captured(registry: Registry) -> Iterator[tuple[Source, Path, bytes]]:
    for source in registry.sources.values():
        for file in sorted((FIXTURES / source.id).iterdir()):
            beside = file.with_name(f"{file.stem}.expected.json")
            if file == beside or file.name.endswith(".expected.json") or not beside.exists():
                continue
            if "rejected" in json.loads(beside.read_text("utf-8")):
                continue
            raw = file.read_bytes()
            if file.suffix == ".hex":
                lines = [line.partition("#")[0] for line in raw.decode().splitlines()]
                raw = bytes.fromhex("".join(lines))
            yield source, file, raw


def _microseconds(source: Source, payload: bytes, registry: Registry) -> float:
    message = Message(1, f"{ROOT}/alert/{source.id}".encode(), payload, retained=False)
    now, holding = datetime.now(UTC), Holding()
    for _ in range(10):
        understand(message, registry, now, holding)
    began = thread_time()
    for _ in range(TURNS):
        understand(message, registry, now, holding)
    return (thread_time() - began) / TURNS * 1e6
