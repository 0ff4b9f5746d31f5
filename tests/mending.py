"""Refused messages on a record, and the intake that would put them right."""

from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from ingest.holding import Holding
from ingest.mend import Workplace
from ingest.receive import understand
from ingest.registry import Registry, read_registry, read_rules
from ingest.wire import Message
from linkage.intake.arrivals import Receipt
from linkage.intake.intake_rules import IntakeRules
from linkage.intake.take_in import Intake
from linkage.record import Record
from linkage.settings import load_settings

SETTINGS = load_settings({})
REGISTRY = read_registry(SETTINGS)
RULES = read_rules(SETTINGS, REGISTRY)
CALL = Path("tests/fixtures/110-cad/tanker-overturned.json").read_bytes()
TOPIC = "linkage/v1/alert/110-cad"


def call(ref: str, **changes: object) -> bytes:
    """A call to 110 with our own words in their fields."""
    return msgspec.json.encode(msgspec.json.decode(CALL) | {"JJDBH": ref} | changes)


class Desk:
    """An intake on a record, with the tables it reads by; what a test sends arrives at `now`."""

    def __init__(self, record: Record, now: datetime, registry: Registry = REGISTRY) -> None:
        self.record, self.now, self.registry = record, now, registry
        self.intake = Intake(record, RULES)
        self.holding = Holding()

    def send(self, *payloads: bytes, topic: str = TOPIC) -> list[Receipt]:
        """One batch."""
        messages = [Message(0, topic.encode(), one, retained=False) for one in payloads]
        arrivals = [understand(m, self.registry, self.now, self.holding) for m in messages]
        receipts = self.intake.take_in(arrivals, self.now)
        self.holding.keep()
        return receipts

    def later(self, minutes: float) -> "Desk":
        self.now += timedelta(minutes=minutes)
        return self

    def use(self, registry: Registry, rules: IntakeRules) -> None:
        self.registry = registry
        self.intake.use(rules)

    def workplace(self) -> Workplace:
        return Workplace(self.record, self.intake, lambda: self.registry, lambda: self.now)


def reading_as(registry: Registry, folder: Path, old: str, new: str) -> Registry:
    """The registry with one line of sources.toml put differently."""
    text = Path("sources.toml").read_text(encoding="utf-8")
    assert text.count(old) >= 1
    file = folder / "sources.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return read_registry(msgspec.structs.replace(SETTINGS, sources=file))
