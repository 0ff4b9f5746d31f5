"""Four workers and the same messages: the same incidents as with one."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.near_misses import labelled_set
from ingest.holding import Holding
from ingest.receive import understand
from ingest.registry import ROOT, read_registry, read_rules
from ingest.simulate.write import write_alert
from ingest.wire import Message
from linkage.figures.incident_hash import Hashed, incident_hash
from linkage.intake.arrivals import Arrival
from linkage.intake.take_in import Intake
from linkage.record import Record
from linkage.settings import load_settings
from tests.parts import Postgres

SETTINGS = load_settings({})
REGISTRY = read_registry(SETTINGS)
RULES = read_rules(SETTINGS, REGISTRY)
BATCH = 7


@pytest.fixture
def records(
    database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[list[Record]]:
    """Two fresh records of the same kind."""
    with ExitStack() as stack:
        urls = [database_url]
        if database_url.startswith("sqlite"):
            fresh = request.getfixturevalue("fresh_sqlite")
            found = [Record(database_url), fresh()]
        else:
            cluster: Postgres = request.getfixturevalue("postgres")
            urls.append(cluster.create(request.getfixturevalue("postgres_template")))
            found = [Record(url) for url in urls]
        for record in found:
            stack.callback(record.close)
        yield found


def test_four_workers_make_the_same_incidents_as_one(records: list[Record]) -> None:
    """T22: correlation does not depend on who takes a message in, because the ledger puts the
    writers in a row and each sees first what the others wrote."""
    batches = _batches()
    alone = _taken_in(records[0], batches, 1)
    together = _taken_in(records[1], batches, 4)
    assert alone.incidents > 100
    assert together == alone


def _taken_in(record: Record, batches: Sequence[Sequence[Arrival]], workers: int) -> Hashed:
    intakes = [Intake(record, RULES) for _ in range(workers)]
    for number, batch in enumerate(batches):
        intakes[number % workers].take_in(batch, batch[-1].received_at)
    with record.read() as cx:
        return incident_hash(cx)


def _batches() -> list[list[Arrival]]:
    """An evening with a storm, near misses and repeated calls, in the systems' own words."""
    arrivals = []
    for report in labelled_set(5, events=160, storm_events=60, pairs=2):
        source = REGISTRY.sources[report.alert.source_id]
        at = datetime.fromtimestamp(report.arrived_s, UTC) + timedelta(seconds=1)
        try:
            payload = write_alert(report.alert, source)
        except (KeyError, ValueError, LookupError, StopIteration):
            continue
        message = Message(0, f"{ROOT}/alert/{source.id}".encode(), payload, retained=False)
        arrivals.append(understand(message, REGISTRY, at, Holding()))
    return [arrivals[n : n + BATCH] for n in range(0, len(arrivals), BATCH)]
