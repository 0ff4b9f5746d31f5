"""Orders through a real broker: killed in between, a thousand at once, answered by a fast peer."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import select

from ingest.address import Address
from ingest.deliver import Delivery, start
from linkage.errors import NotAllowed, Raced
from linkage.kinds import Kind
from linkage.record import Record
from linkage.response import responses
from linkage.response.moves import LIVE
from linkage.response.orders import OpenList, OrderMessage
from linkage.response.tasks import read_tasks_of
from linkage.tables import assignment, outbound_message
from linkage.vocabulary import AssignmentStatus
from tests.builders import alert
from tests.desk import AGENCIES, OFFICER, issue, open_list, order, say, task_row
from tests.onrecord import put_incident
from tests.parts import Mosquitto, wait_until
from tests.running import running_ingest

S = AssignmentStatus
TEN = tuple(AGENCIES)[:10]
KILLS = 2


class Peer:
    """Every department at once: what was heard, in order, first copies only; may answer."""

    def __init__(self, broker: Mosquitto, *, answers: bool = False) -> None:
        self.first: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        self.open: dict[str, OpenList] = {}
        self.copies = 0
        self._answers = answers
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="departments-under-test", protocol=mqtt.MQTTv5
        )
        ready = threading.Event()
        self._client.on_connect = lambda c, *_: c.subscribe("linkage/v1/assignment/#", 1)
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.on_message = self._heard
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        assert ready.wait(10)

    def _heard(self, client: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
        agency = message.topic.split("/")[3]
        if message.topic.endswith("/open"):
            self.open[agency] = msgspec.json.decode(message.payload, type=OpenList)
        elif message.topic.count("/") == 3:
            one = msgspec.json.decode(message.payload, type=OrderMessage)
            self.copies += 1
            if (one.id, one.revision) not in self.first[agency]:
                self.first[agency].append((one.id, one.revision))
            if self._answers:
                said = {"assignment": one.id, "revision": one.revision, "status": "acknowledged"}
                topic = f"linkage/v1/feedback/{agency}"
                client.publish(topic, msgspec.json.encode(said), qos=1)

    @property
    def ids(self) -> list[int]:
        return sorted(one for heard in self.first.values() for one, _ in heard)

    @property
    def listed(self) -> dict[str, int]:
        """How many orders the newest list of each holds."""
        return {agency: len(listed.ids) for agency, listed in list(self.open.items())}

    def wait_for_more(self) -> None:
        heard = len(self.ids)
        wait_until(lambda: len(self.ids) > heard, 30, "orders to leave")

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def peer(mosquitto: Mosquitto) -> Iterator[Peer]:
    peer = Peer(mosquitto)
    yield peer
    peer.close()


def incident(record: Record, number: int = 0) -> int:
    return put_incident(record, alert(source_ref=f"W{number}", kind=Kind.FIRE, event_code="12G01"))


def unsent(record: Record) -> int:
    with record.read() as cx:
        wire = outbound_message.c
        waiting = wire.sent_at.is_(None) & wire.superseded_by.is_(None)
        return len(cx.execute(select(wire.id).where(waiting)).all())


def test_killed_again_and_again_every_order_is_sent_at_least_once(
    mosquitto: Mosquitto, record: Record, database_url: str, tmp_path: Path, peer: Peer
) -> None:
    """K11: between outbox and publish, between publish and mark: nothing lost, order kept, and
    what comes twice has the same number and revision."""
    dice = random.Random(11)
    given_: list[int] = []
    with running_ingest(mosquitto, database_url, tmp_path) as ingest:
        for round_ in range(KILLS):
            for number in range(5):
                it = incident(record, round_ * 10 + number)
                given_ += issue(record, it, *map(order, TEN[:4]), at=datetime.now(UTC))
            peer.wait_for_more()
            time.sleep(dice.uniform(0, 0.15))  # a random point in the middle of the work
            ingest.kill()
            ingest.start()
        wait_until(lambda: unsent(record) == 0, 40, "everything to be marked")
        wait_until(lambda: peer.ids == sorted(given_), 20, "every order to be heard")
    for heard_by in peer.first.values():
        assert heard_by == sorted(heard_by), "each department in the order of issuing"
        assert {revision for _, revision in heard_by} == {1}


def test_a_department_as_fast_as_the_wire_finds_its_task_committed(
    mosquitto: Mosquitto, record: Record, database_url: str, tmp_path: Path
) -> None:
    """K08: answered the moment it is heard, accepted every time."""
    peer = Peer(mosquitto, answers=True)
    try:
        with running_ingest(mosquitto, database_url, tmp_path):
            it = incident(record)
            issue(record, it, *map(order, TEN), at=datetime.now(UTC))
            wait_until(
                lambda: {one.status for one in read_tasks_of(record, it)} == {S.ACKNOWLEDGED},
                20,
                "all ten to be signed",
            )
    finally:
        peer.close()


def test_a_thousand_orders_in_ten_seconds_reach_each_department_in_order(
    mosquitto: Mosquitto, fresh_sqlite: Callable[[], Record], peer: Peer
) -> None:
    """K13: none lost, none overtakes another of the same department."""
    record = fresh_sqlite()
    address = Address(host="127.0.0.1", port=mosquitto.port, tls=False, user=None, password=None)
    stopping = threading.Event()
    thread = start(Delivery(record, address, "deliver-test", 5), stopping)
    try:
        its = [incident(record, number) for number in range(100)]
        ids = [
            one for it in its for one in issue(record, it, *map(order, TEN), at=datetime.now(UTC))
        ]
        wait_until(lambda: peer.ids == sorted(ids), 60, "a thousand orders")
        wait_until(lambda: unsent(record) == 0, 60, "all to be marked")
        # The broker confirms to the sender before it has handed the last lists on.
        hundred = dict.fromkeys(TEN, 100)
        wait_until(lambda: peer.listed == hundred, 20, "the last lists")
    finally:
        stopping.set()
        thread.join(15)
        record.close()
    assert len(ids) == 1000
    assert all(heard == sorted(heard) for heard in peer.first.values())


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["issue", "cancel", "reissue", "chase", "say", "read"]),
        st.integers(0, 5),
        st.sampled_from([S.ACKNOWLEDGED, S.REPORTED, S.COMPLETED, S.DECLINED, S.EN_ROUTE]),
    ),
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_happens_the_retained_list_is_what_the_table_says(
    fresh_sqlite: Callable[[], Record], acts: list[tuple[str, int, AssignmentStatus]]
) -> None:
    """K10: random acts of desk and department; the list holds exactly what is open, and exactly
    the withdrawals that nobody has confirmed."""
    record = fresh_sqlite()
    try:
        ids: list[int] = []
        for number, (act, which, status) in enumerate(acts):
            _do(record, act, ids, which, status, number)
        if not ids:
            return
        with record.read() as cx:
            rows = cx.execute(select(assignment).where(assignment.c.agency_id == "fire")).all()
        listed = open_list(record, "fire")
        live = {(row.id, row.revision) for row in rows if row.status in LIVE}
        assert {(one.id, one.revision) for one in listed.assignments} == live
        gone = {
            (row.id, row.revision)
            for row in rows
            if row.status == S.CANCELLED and row.cancel_read_at is None
        }
        assert {(one.id, one.revision) for one in listed.cancelled} == gone
    finally:
        record.close()


def _do(  # noqa: PLR0917
    record: Record, act: str, ids: list[int], which: int, status: AssignmentStatus, number: int
) -> None:
    at = datetime.now(UTC)
    if act == "issue" or not ids:
        ids += issue(record, incident(record, number), order("fire"), at=at)
        return
    one = ids[which % len(ids)]
    revision = int(task_row(record, one).revision)
    try:
        if act == "cancel":
            responses.cancel(record, OFFICER, one, revision, "不需要", agencies=AGENCIES, at=at)
        elif act == "reissue":
            responses.reissue(
                record, OFFICER, one, revision, order("fire"), agencies=AGENCIES, at=at
            )
        elif act == "chase":
            responses.chase(record, OFFICER, one, revision, agencies=AGENCIES, at=at)
        else:
            said = S.ACKNOWLEDGED if act == "read" else status
            say(record, "fire", one, said, at, revision=revision)
    except (NotAllowed, Raced):
        pass
