"""The worker goes on, whatever happens: a fault of ours, a database that is away, a stop."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from ingest.registry import Registry, read_registry, read_rules
from ingest.wire import Message
from ingest.worker import Worker
from linkage.intake.arrivals import Arrival, Receipt
from linkage.intake.take_in import Intake
from linkage.own_state import Probe, read_service
from linkage.record import Record
from linkage.settings import load_settings
from linkage.tables import inbound_message, incident

SETTINGS = load_settings({})
REGISTRY = read_registry(SETTINGS)
GOOD = Path("tests/fixtures/110-cad")


class Broker:
    """Hands out what a test gives it, and remembers what was acknowledged and published."""

    def __init__(self, *batches: list[Message]) -> None:
        self.batches = list(batches)
        self.acknowledged: list[int] = []
        self.published: list[tuple[bytes, bytes]] = []
        self.left = 0

    def receive(self, _wait_s: float, _most: int) -> list[Message]:
        return self.batches.pop(0) if self.batches else []

    def settle(self, mids: Iterable[int], publishes: Iterable[tuple[bytes, bytes]]) -> None:
        self.acknowledged += mids
        self.published += publishes

    def leave(self) -> None:
        self.left += 1


class Stumbling(Intake):
    """An intake with a fault of ours: it breaks on one payload."""

    def take_in(self, arrivals: list[Arrival], at: datetime) -> list[Receipt]:
        if any(b"stumble" in a.payload and hasattr(a.content, "kind") for a in arrivals):
            raise ZeroDivisionError
        return super().take_in(arrivals, at)


def message(mid: int, payload: bytes, topic: str = "linkage/v1/alert/110-cad") -> Message:
    return Message(mid, topic.encode(), payload, retained=False)


def call(ref: str) -> bytes:
    good = next(f for f in sorted(GOOD.iterdir()) if _is_good(f))
    text = good.read_text(encoding="utf-8")
    form = msgspec.json.decode(text)
    return msgspec.json.encode(form | {"JJDBH": ref})


def _is_good(file: Path) -> bool:
    expected = file.with_name(f"{file.name.split('.')[0]}.expected.json")
    return file != expected and "rejected" not in expected.read_text(encoding="utf-8")


def work(broker: Broker, intake: Intake, record: Record, registry: Registry = REGISTRY) -> None:
    worker = Worker(broker, intake, record, registry)  # type: ignore[arg-type]
    worker.run(lambda: not broker.batches)


def outcomes(record: Record) -> list[tuple[str, str | None]]:
    with record.read() as cx:
        columns = (inbound_message.c.outcome, inbound_message.c.reason)
        return [(o, r) for o, r in cx.execute(select(*columns).order_by(inbound_message.c.id))]


@pytest.fixture
def intake(record: Record) -> Intake:
    return Intake(record, read_rules(SETTINGS, REGISTRY))


def test_what_is_committed_is_acknowledged_in_order_with_a_receipt_each(
    record: Record, intake: Intake
) -> None:
    broker = Broker([message(n, call(f"32070020261122{n:08d}")) for n in (3, 4, 5)])
    work(broker, intake, record)
    assert broker.acknowledged == [3, 4, 5]
    assert [o for o, _ in outcomes(record)] == ["stored"] * 3
    topics = {topic for topic, _ in broker.published}
    assert topics == {b"linkage/v1/receipt/110-cad"}
    assert all(b'"status":"stored"' in payload for _, payload in broker.published)
    assert broker.left == 1


def test_a_fault_of_ours_costs_its_neighbours_nothing(record: Record) -> None:
    """T28, T29: the message is kept and refused, once; the others are taken in."""
    intake = Stumbling(record, read_rules(SETTINGS, REGISTRY))
    bad = call("32070020261122stumble")
    broker = Broker(
        [message(1, call("32070020261122A")), message(2, bad), message(3, call("3207B"))]
    )
    work(broker, intake, record)
    assert broker.acknowledged == [1, 2, 3]
    found = outcomes(record)
    assert [o for o, _ in found] == ["stored", "rejected", "stored"]
    assert "程序内部错误" in str(found[1][1])


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("linkage/v1/alert/nobody", "未登记"),
        ("linkage/v1/feedback/nobody", "未登记"),
        ("something/else", "主题不认识"),
        ("linkage/v1/alert", "主题少一级"),
        ("linkage/v1/alert/", "未登记"),
        ("linkage/v2/alert/110-cad", "主题版本“v2”不认识"),
        ("linkage/v1/receipt/110-cad", "主题不认识"),
        ("linkage/v1/alert/110-cad/x", "主题多出一级"),
        ("linkage/v1/alert/110-cad/", "主题多出一级"),
        ("linkage/v1/heartbeat/110-cad/x", "主题多出一级"),
        ("linkage/v1/feedback/119/x/y", "主题多出一级"),
        ("linkage//v1/alert/110-cad", "主题版本“”不认识"),
        ("//", "主题不认识"),
    ],
)
def test_a_message_from_nobody_we_know_is_kept_and_says_what_to_do(
    record: Record, intake: Intake, topic: str, words: str
) -> None:
    """T14: a level short or long, another version, an empty level: refused, and the next taken."""
    broker = Broker([message(1, b"{}", topic), message(2, call("32070020261122A"))])
    work(broker, intake, record)
    found = outcomes(record)
    assert found[0][0] == "rejected"
    assert words in str(found[0][1])
    assert found[1][0] == "stored"


def test_bytes_that_are_no_topic_do_not_stop_the_intake(record: Record, intake: Intake) -> None:
    broker = Broker([Message(1, b"linkage/v1/alert/\xff\xfe", b"{}", retained=False)])
    work(broker, intake, record)
    assert [o for o, _ in outcomes(record)] == ["rejected"]


def test_nothing_is_acknowledged_while_the_database_is_away(
    tmp_path: Path,
) -> None:
    """T20, S03: what is not committed stays with the broker."""
    away = Record(f"sqlite:///{tmp_path}/no-such-folder/linkage.db")
    intake = Intake(away, read_rules(SETTINGS, REGISTRY))
    broker = Broker([message(1, call("32070020261122A"))])
    stops = iter([False, False, True])
    worker = Worker(broker, intake, away, REGISTRY)  # type: ignore[arg-type]
    worker.run(lambda: next(stops, True))
    assert broker.acknowledged == []


def test_a_heartbeat_is_counted_and_opens_nothing(record: Record, intake: Intake) -> None:
    broker = Broker([message(1, b"alive", "linkage/v1/heartbeat/110-cad")])
    work(broker, intake, record)
    assert outcomes(record) == [("stored", None)]
    assert broker.published == []
    with record.read() as cx:
        assert cx.execute(select(incident)).all() == []


def test_the_probe_leaves_its_mark_and_no_message(record: Record, intake: Intake) -> None:
    probe = msgspec.json.encode(Probe(datetime.now(UTC)))
    broker = Broker([message(0, probe, f"linkage/v1/probe/{SETTINGS.ingest_id}")])
    work(broker, intake, record)
    with record.read() as cx:
        state = read_service(cx)
    assert state is not None
    assert state.detail["durable"] is True
    assert outcomes(record) == []
