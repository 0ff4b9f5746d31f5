"""An officer's order: how long until it is committed, and until the department's answer is drawn.

A real broker, the intake and delivery as they run, a browser and further desks on the live feed;
a department that answers at once. Goals: committed p95 ≤ 200 ms, answer shown p95 ≤ 2 s.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import select

from bench.screen import STOPWATCH
from linkage.record import Record
from linkage.response.orders import OrderMessage
from linkage.tables import incident
from linkage.vocabulary import IncidentStatus
from tests.browser import scene
from tests.browser.desk import Desk, Officer, start_browser, take_a_seat
from tests.browser.watchers import a_storm_of, watching
from tests.desk import LEAD, issue, order
from tests.parts import Mosquitto, start_mosquitto, wait_until
from tests.running import running_ingest

GOAL_COMMITTED_MS, GOAL_SHOWN_MS = 200, 2000


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench orders", description=__doc__)
    parser.add_argument("--open", type=int, default=300, help="incidents")
    parser.add_argument("--desks", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60, help="how long to measure")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name, start_mosquitto(Path(name) / "broker") as broker:
        folder = Path(name)
        desk = Desk(folder)
        a_storm_of(options.open, desk)
        desk.start()
        try:
            with (
                running_ingest(broker, desk.record_url, folder),
                department(broker),
                start_browser() as browser,
                take_a_seat(browser, desk) as seat,
            ):
                measure(Officer(seat, desk), options.desks, options.seconds)
        finally:
            desk.stop()
            desk.record.close()
    return 0


@contextmanager
def department(broker: Mosquitto) -> Iterator[None]:
    """The fire service, which signs whatever it hears."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_connect = lambda c, *_: c.subscribe("linkage/v1/assignment/fire", 1)

    def heard(_: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        one = msgspec.json.decode(message.payload, type=OrderMessage)
        said = {"assignment": one.id, "revision": one.revision, "status": "acknowledged"}
        client.publish("linkage/v1/feedback/fire", msgspec.json.encode(said), qos=1)

    client.on_message = heard
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    yield
    client.disconnect()
    client.loop_stop()


def measure(officer: Officer, desks: int, seconds: float) -> None:
    officer.situation()
    committed: list[float] = []
    shown: list[float] = []
    with watching(officer, desks - 1):
        officer.ask(STOPWATCH)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            took, drawn = _probe(officer, len(shown))
            committed.append(took)
            shown.append(drawn)
    print(f"{desks} 个席位，{len(shown)} 次下达")
    _say("下达 → 已提交", committed, GOAL_COMMITTED_MS)
    _say("下达 → 部门签收上屏", shown, GOAL_SHOWN_MS)


def _say(what: str, took: list[float], goal_ms: int) -> None:
    took.sort()
    p50, p95 = took[len(took) // 2] * 1000, took[int(len(took) * 0.95)] * 1000
    verdict = "达到" if p95 <= goal_ms else "未达到"
    print(
        f"{what}：中位 {p50:.0f} ms，p95 {p95:.0f} ms，最长 {took[-1] * 1000:.0f} ms；"
        f"目标 p95 ≤ {goal_ms} ms，{verdict}"
    )


def _probe(officer: Officer, n: int) -> tuple[float, float]:
    """Seconds from the officer's click to the commit, and to the canvas that shows the answer."""
    record, now = officer.desk.record, datetime.now(UTC)
    with record.write(now) as w:
        it = scene.open_incident(w, now, headline=f"下达 {n}", lon=119.2 + n / 500, lat=34.6)
    threading.Event().wait(0.2 + (n % 7) / 40)  # spread over the phases of the looks
    began, clock = time.perf_counter(), time.time()
    issue(record, it, order("fire", LEAD), at=datetime.now(UTC))
    committed = time.perf_counter() - began
    revision = wait_until(lambda: _signed(record, it), 20, "the department to sign")
    drawn = (
        f"Math.min(...[...window.drawnAt].filter(([r]) => r >= {revision}).map(([, at]) => at),"
        " Infinity)"
    )
    at = wait_until(lambda: _finite(officer.ask(drawn)), 20, "the answer on the map")
    return committed, (at or 0.0) / 1000 - clock


def _signed(record: Record, incident_id: int) -> int | None:
    with record.read() as cx:
        row = cx.execute(
            select(incident.c.status, incident.c.revision).where(incident.c.id == incident_id)
        ).one()
    return int(row.revision) if row.status == IncidentStatus.ACKNOWLEDGED else None


def _finite(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and value < 1e300 else None
