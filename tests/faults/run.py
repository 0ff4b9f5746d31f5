"""One run: systems speak, the nemesis strikes, everything comes to rest, the checker looks."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import msgspec
from sqlalchemy import func, select

from linkage.record import Record
from linkage.sources import load_sources
from linkage.tables import inbound_message
from tests.faults.checker import calm_run, faults_found
from tests.faults.nemesis import Nemesis
from tests.faults.script import write_script
from tests.faults.stage import stage
from tests.faults.systems import Systems

A_STRIKE_S = 2.5  # with the pause before it, on average
AT_REST = 400.0  # lines a second, once the faults are over
QUIET_S = 1.5
UP_S = 15.0
REST_S = 120.0  # after the last fault everything must be said, received and answered


class Result(msgspec.Struct):
    strikes: list[str]
    said: int
    resent: int
    receipts: dict[str, int]
    seconds: float
    wrong: list[str]


def run(
    database: str,
    folder: Path,
    seed: int,
    strikes: int,
    events: int,
    *,
    kills_only: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Result:
    """`events` are spread over the strikes. Raises nothing: what is wrong stands in the result."""
    dice = Random(seed)
    script = write_script(load_sources(Path("sources.toml")), events, seed)
    calm = calm_run(script, folder)
    began = time.monotonic()
    struck: list[str] = []
    with stage(database, folder) as it:
        systems = Systems(it.broker.port, script)
        nemesis = Nemesis(it, dice)
        with _speaking(systems):
            for number in range(strikes):
                # The last word should fall with the last blow: all of them hit the middle of work.
                systems.pace = systems.left() / ((strikes - number) * A_STRIKE_S)
                it.ensure_ingest()
                _at_work(systems)
                time.sleep(dice.uniform(0, 1.0))
                struck.append(nemesis.strike(kills_only=kills_only))
                tell(f"{number + 1}/{strikes}  {struck[-1]}; {systems.left()} lines left")
                it.ensure_ingest()
            systems.pace = AT_REST
            deadline = time.monotonic() + REST_S
            while not systems.done() and time.monotonic() < deadline:
                it.ensure_ingest()
                time.sleep(0.2)
        left = systems.left()
        record = Record(it.url)
        _settled(record)
        wrong = faults_found(record, systems, calm)
        record.close()
    if left:
        wrong.append(f"{left} lines never got a receipt")
    said = sum(map(len, systems.sent.values()))
    seconds = time.monotonic() - began
    return Result(struck, said, systems.resent, dict(systems.receipts), seconds, wrong)


def _at_work(systems: Systems) -> None:
    """Until the intake answers again: a blow against what has not got up yet proves little."""
    before, deadline = systems.receipts.total(), time.monotonic() + UP_S
    while systems.receipts.total() == before and time.monotonic() < deadline and systems.left():
        time.sleep(0.02)


def _settled(record: Record) -> None:
    """What nobody waits for, a refused payload, is on its way too: until nothing more comes."""
    before, quiet_since = -1, time.monotonic()
    while time.monotonic() - quiet_since < QUIET_S:
        with record.read() as cx:
            count = cx.execute(select(func.count()).select_from(inbound_message)).scalar_one()
        if count != before:
            before, quiet_since = count, time.monotonic()
        time.sleep(0.1)


@contextmanager
def _speaking(systems: Systems) -> Iterator[None]:
    over = threading.Event()
    speaker = threading.Thread(target=systems.speak, args=(over,))
    speaker.start()
    try:
        yield
    finally:
        over.set()
        speaker.join()
        systems.close()
