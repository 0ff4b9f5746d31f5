"""What goes wrong, chosen by a seed. Each fault says what it did, for the log of the run."""

import time
from collections.abc import Callable
from random import Random

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.faults.stage import Stage

Fault = Callable[[], str]


class Nemesis:
    def __init__(self, stage: Stage, dice: Random) -> None:
        self.stage, self.dice = stage, dice
        self.faults: dict[str, Fault] = {
            "kill-ingest": self.kill_ingest,
            "freeze-ingest": self.freeze_ingest,
            "restart-broker": self.restart_broker,
            "kill-broker": self.kill_broker,
            "empty-broker": self.empty_broker,
            "freeze-broker": self.freeze_broker,
            "twin-client": self.twin_client,
        }
        if stage.postgres is None:
            self.faults["lock-database"] = self.lock_database
        else:
            self.faults["kill-database"] = self.kill_database
            self.faults["stop-database"] = self.stop_database

    def strike(self, *, kills_only: bool = False) -> str:
        """One fault at random; what it was."""
        names = [n for n in self.faults if not kills_only or n.startswith("kill")]
        return self.faults[self.dice.choice(names)]()

    def kill_ingest(self) -> str:
        self.stage.ingest.kill()
        return "kill -9 of the intake"

    def freeze_ingest(self) -> str:
        seconds = self.dice.uniform(0.2, 3)
        process = self.stage.ingest.process
        assert process
        self.stage.freeze(process, seconds)
        return f"the intake stood still for {seconds:.1f} s"

    def restart_broker(self) -> str:
        self.stage.broker.stop()
        self.stage.broker.start()
        return "the broker was restarted with its store"

    def kill_broker(self) -> str:
        self.stage.broker.kill()
        self.stage.broker.start()
        return "kill -9 of the broker"

    def empty_broker(self) -> str:
        self.stage.broker.kill()
        for file in self.stage.broker.folder.glob("*.db*"):
            file.unlink()
        self.stage.broker.start()
        return "kill -9 of the broker, and its store was gone"

    def freeze_broker(self) -> str:
        seconds = self.dice.uniform(0.2, 3)
        process = self.stage.broker.process
        assert process
        self.stage.freeze(process, seconds)
        return f"the broker stood still for {seconds:.1f} s"

    def twin_client(self) -> str:
        """Somebody else takes our client id, and wipes the session that goes with it."""
        client_id = self.stage.ingest.environment["LINKAGE_INGEST_ID"]
        twin = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
        twin.connect("127.0.0.1", self.stage.broker.port, clean_start=True)
        deadline = time.monotonic() + 5
        while not twin.is_connected() and time.monotonic() < deadline:
            twin.loop(0.05)
        twin.disconnect()
        return f"a twin took the client id {client_id}"

    def lock_database(self) -> str:
        seconds = self.dice.uniform(0.5, 5)
        self.stage.lock_sqlite(seconds)
        return f"another program locked the database for {seconds:.1f} s"

    def kill_database(self) -> str:
        assert self.stage.postgres
        self.stage.postgres.kill()
        self.stage.postgres.start()
        return "kill -9 of PostgreSQL"

    def stop_database(self) -> str:
        assert self.stage.postgres
        seconds = self.dice.uniform(0.5, 6)
        self.stage.postgres.stop()
        time.sleep(seconds)
        self.stage.postgres.start()
        return f"PostgreSQL was away for {seconds:.1f} s"
