"""Our own processes, run for tests as an operator runs them, and killed as a fault would."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ingest.registry import ROOT
from ingest.simulate.statements import rule_for
from ingest.simulate.write import write_alert
from linkage.alerts import Point
from linkage.kinds import Kind
from linkage.own_state import read_service
from linkage.record import Record
from linkage.sources import Source
from tests.builders import alert
from tests.parts import Mosquitto, wait_until


class Ingest:
    """`python -m ingest run` as a child process."""

    def __init__(self, broker: Mosquitto, database_url: str, folder: Path) -> None:
        self.environment = {
            **os.environ,
            "LINKAGE_MQTT_URL": broker.url,
            "LINKAGE_DATABASE_URL": database_url,
            "LINKAGE_INGEST_ID": "ingest-under-test",
        }
        self.log = folder / "ingest.log"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ingest", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ingest", "run"],
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        assert self.process
        self.process.terminate()
        return self.process.wait(20)


@contextmanager
def running_ingest(broker: Mosquitto, database_url: str, folder: Path) -> Iterator[Ingest]:
    """Started and subscribed: a probe of its own went round broker and database."""
    ingest = Ingest(broker, database_url, folder)
    ingest.start()
    record = Record(database_url)

    def probed() -> bool:
        assert ingest.process
        assert ingest.process.poll() is None, ingest.log.read_text()
        with record.read() as cx:
            return read_service(cx) is not None

    try:
        wait_until(probed, 30, "the probe to go round")
        yield ingest
    finally:
        record.close()
        if ingest.process and ingest.process.poll() is None:
            ingest.stop()


class Caller:
    """A call system that keeps a ledger of what the broker confirmed."""

    def __init__(self, broker: Mosquitto, source: Source) -> None:
        self.source = source
        self._confirmed: set[int] = set()
        self.receipts: dict[str, str] = {}
        self._refs: dict[int, str] = {}
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"caller-{source.id}", protocol=mqtt.MQTTv5
        )
        self._client.reconnect_delay_set(1, 1)
        self._client.on_publish = self._published
        self._client.on_message = self._receipt
        self._client.on_connect = lambda c, *_: c.subscribe(f"{ROOT}/receipt/{source.id}", 1)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        wait_until(self._client.is_connected, 10, "the caller to connect")

    def send(self, ref: str, payload: bytes | None = None) -> None:
        if payload is None:
            payload = self._call(ref)
        info = self._client.publish(f"{ROOT}/alert/{self.source.id}", payload, qos=1)
        self._refs[info.mid] = ref  # fewer than 65,535 a test: packet numbers do not come round

    def _call(self, ref: str) -> bytes:
        """A call about something of its own: somewhere in the city, nobody's second report."""
        dice = random.Random(ref)
        nuisance = rule_for(self.source, Kind.INVALID_CALL)
        point = Point(118.7 + dice.random() * 0.8, 34.2 + dice.random() * 0.6)
        place = f"{dice.choice('海州连云赣榆东海灌云灌南')}路{dice.randrange(5000)}号"
        said = alert(
            source_ref=ref,
            source_id=self.source.id,
            kind=nuisance.kind,
            event_code=nuisance.event_code,
            source_kind=nuisance.word,
            point=point,
            place=place,
            headline="",
            text="无声电话",
        )
        return write_alert(said, self.source)

    def send_steadily(self, rate: int, until: Callable[[], bool]) -> int:
        """Numbered calls at `rate` a second until told; returns how many were sent."""
        began, count = time.monotonic(), 0
        while not until():
            due = int((time.monotonic() - began) * rate)
            while count < due:
                self.send(f"N{count}")
                count += 1
            time.sleep(0.005)
        return count

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def confirmed(self) -> set[str]:
        """The record numbers that the broker has taken responsibility for."""
        mids = self._confirmed.copy()
        return {ref for mid, ref in self._refs.copy().items() if mid in mids}

    def _published(self, _: mqtt.Client, __: object, mid: int, *___: object) -> None:
        self._confirmed.add(mid)

    def _receipt(self, _: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        receipt = msgspec.json.decode(message.payload)
        self.receipts[receipt["source_ref"]] = receipt["status"]
