"""One checker for every run: what was confirmed is there, once, accounted for, and in its place."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from ingest.holding import Holding
from ingest.receive import understand
from ingest.registry import ROOT, read_registry, read_rules
from ingest.wire import Message
from linkage.intake.take_in import Intake
from linkage.record import Record
from linkage.schema import migrate
from linkage.settings import load_settings
from linkage.tables import alert, inbound_message, incident, incident_alert
from linkage.verify import verify
from tests.faults.script import START, Script
from tests.faults.systems import Systems

Ref = tuple[str, str]
# Which reports are one incident, and how that one stands.
Partition = dict[frozenset[Ref], tuple[str, str, int]]


def faults_found(record: Record, systems: Systems, calm: Partition) -> list[str]:
    """Empty when all is well; each entry says what is wrong, with up to three examples."""
    found = [f"核验：{finding.fault}" for finding in verify(record) if finding.fault]
    with record.read() as cx:
        stored = {tuple(row) for row in cx.execute(select(alert.c.source_id, alert.c.source_ref))}
        digests = select(alert.c.source_id, alert.c.source_ref, alert.c.digest)
        doubled = cx.execute(
            digests.group_by(alert.c.source_id, alert.c.source_ref, alert.c.digest).having(
                func.count() > 1
            )
        ).all()
        unexplained = cx.execute(
            select(func.count())
            .select_from(inbound_message)
            .where(inbound_message.c.outcome == "rejected", inbound_message.c.reason.is_(None))
        ).scalar_one()
    lost = sorted(systems.answered - stored)
    if lost:
        found.append(f"confirmed, but not in the record: {lost[:3]} of {len(lost)}")
    if doubled:
        found.append(f"stored twice: {[tuple(row) for row in doubled[:3]]} of {len(doubled)}")
    if unexplained:
        found.append(f"{unexplained} refused without a reason")
    return found + _differences(incidents(record), calm)


def _differences(got: Partition, calm: Partition) -> list[str]:
    if got == calm:
        return []
    more = sorted(map(sorted, got.keys() - calm.keys()))[:3]
    less = sorted(map(sorted, calm.keys() - got.keys()))[:3]
    other = [(sorted(k), got[k], calm[k]) for k in got.keys() & calm.keys() if got[k] != calm[k]]
    return [f"incidents differ from a calm run: more {more}, missing {less}, other {other[:3]}"]


def incidents(record: Record) -> Partition:
    i, a = incident.c, alert.c
    members: dict[int, set[Ref]] = {}
    state: dict[int, tuple[str, str, int]] = {}
    with record.read() as cx:
        rows = cx.execute(
            select(i.id, i.kind, i.status, i.alert_count, a.source_id, a.source_ref)
            .join_from(incident_alert, alert, incident_alert.c.alert_id == a.id)
            .join(incident, i.id == incident_alert.c.incident_id)
            .where(a.source_id != "linkage")
        )
        for incident_id, kind, status, count, source_id, source_ref in rows:
            members.setdefault(incident_id, set()).add((source_id, source_ref))
            state[incident_id] = (kind, status, count)
    return {frozenset(refs): state[incident_id] for incident_id, refs in members.items()}


def calm_run(script: Script, folder: Path) -> Partition:
    """The same words without a fault, each in its turn, through the same reading and taking in."""
    settings = load_settings({})
    registry = read_registry(settings)
    record = Record(f"sqlite:///{folder}/calm.db")
    migrate(record)
    intake = Intake(record, read_rules(settings, registry))
    now, holding = START + timedelta(days=30), Holding()
    waiting = {source: list(lines) for source, lines in script.items()}
    said: set[Ref] = set()
    while any(waiting.values()):
        for lines in waiting.values():
            ready = next(
                (n for n, line in enumerate(lines) if line.after and line.after not in said),
                len(lines),
            )
            for line in lines[:ready]:
                topic = f"{ROOT}/alert/{line.source_id}".encode()
                message = Message(1, topic, line.payload, retained=False)
                intake.take_in([understand(message, registry, now, holding)], now)
                said.add((line.source_id, line.ref))
            del lines[:ready]
    found = incidents(record)
    record.close()
    return found
