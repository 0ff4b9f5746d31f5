"""From a station's raw frame to the incident an officer sees, by the intake's own road."""

from argparse import Namespace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from ingest.dialects.checksums import crc_hj212
from ingest.holding import Holding
from ingest.receive import understand
from ingest.registry import Registry, read_registry, read_rules
from ingest.simulate.commands import story
from ingest.simulate.statements import Desk
from ingest.simulate.telemetry import Telemetry, load_stations
from ingest.wire import Message
from linkage.desk.stations import stations_since
from linkage.intake.arrivals import Receipt
from linkage.intake.take_in import Intake
from linkage.reading_tables import reading_event
from linkage.record import Record
from linkage.settings import load_settings
from linkage.tables import inbound_message, incident
from linkage.vocabulary import Outcome
from tests.telemetry import STATION, sl651

SETTINGS = load_settings({})
DEMO = Path("data/demo")
# 15:30 in Beijing on the day of the domain's sample frames.
AT = datetime(2026, 8, 6, 7, 30, tzinfo=UTC)
RESERVOIR = (
    "7E7E0100516000011234320026020001260806153000F1F100516000014BF0F0"
    "2608061530261900082339230002432038121260035796"
)


class Door:
    """The intake with its own tables, without broker and clock."""

    def __init__(self, record: Record) -> None:
        self.registry: Registry = read_registry(SETTINGS)
        self.intake = Intake(record, read_rules(SETTINGS, self.registry))
        self.holding = Holding()

    def take(self, source_id: str, payload: bytes, at: datetime) -> Receipt:
        topic = f"linkage/v1/alert/{source_id}".encode()
        message = Message(1, topic, payload, retained=False)
        arrival = understand(message, self.registry, at, self.holding)
        (receipt,) = self.intake.take_in([arrival], at)
        self.holding.keep()
        return receipt


def benzene(value: float, at: datetime) -> bytes:
    """HJ 212-2017, as the domain's own sample, with another time and value."""
    clock = f"{at + timedelta(hours=8):%Y%m%d%H%M%S}"
    segment = (
        f"QN={clock}123;ST=31;CN=2011;PW=123456;MN=320703000000000000000001;Flag=5;"
        f"CP=&&DataTime={clock};a25002-Rtd={value:.3f},a25002-Flag=N;"
        "a24088-Rtd=2.500,a24088-Flag=N;a01007-Rtd=4.2,a01007-Flag=N&&"
    ).encode()
    return b"##%04d%s%04X\r\n" % (len(segment), segment, crc_hj212(segment))


def test_two_minutes_of_benzene_at_the_gate_are_an_incident(record: Record) -> None:
    door = Door(record)
    receipts = []
    for n, value in enumerate((0.1, 12.3, 12.3, 0.1)):
        at = AT + timedelta(minutes=n)
        received_at = at + timedelta(seconds=2)
        receipts.append(door.take("environment", benzene(value, at), received_at))
    assert [r.status for r in receipts] == [Outcome.STORED] * 4
    assert [bool(r.incident) for r in receipts] == [False, False, True, True]
    with record.read() as cx:
        (one,) = cx.execute(select(incident)).all()
        changes = list(cx.execute(select(reading_event.c.change)).scalars())
    assert one.headline.startswith("徐圩石化园区东门站 苯 12.3 mg/m³，超过短时间接触容许浓度 6")
    assert changes == ["opens", "clears"]


def test_a_reservoir_above_its_flood_limit_is_an_incident_when_it_stays(record: Record) -> None:
    door = Door(record)
    first = door.take("water", bytes.fromhex(RESERVOIR), AT)
    assert (first.status, first.incident) == (Outcome.STORED, None)
    again = door.take("water", bytes.fromhex(RESERVOIR), AT + timedelta(seconds=30))
    assert again.status is Outcome.DUPLICATE
    with record.read() as cx:
        (station,) = stations_since(cx, -1)
    level = {r.factor: r.value for r in station.readings}
    assert level["water_level"] == 24.32


@pytest.mark.parametrize("element", ["39", "3B"])
def test_a_reservoir_is_judged_by_whichever_level_its_station_sends(
    record: Record, element: str
) -> None:
    """SL 651 annex C: 39 is a river's or a tide's level, 3B that above a dam or a sluice."""
    door, told = Door(record), []
    for minutes in (0, 5, 10):
        at = AT + timedelta(minutes=minutes)
        clock = f"{at + timedelta(hours=8):%y%m%d%H%M}"
        body = f"0001 {clock}00 F1F1{STATION}4B F0F0{clock} {element}23 00024320"
        told.append(door.take("water", sl651(0x32, body), at).incident is not None)
    assert told == [False, True, False]


@pytest.mark.parametrize("speed", [1.0, 6.0])
def test_the_demonstrations_stations_are_read_and_one_of_them_crosses(
    record: Record, speed: float
) -> None:
    door = Door(record)
    desk = Desk(door.registry.sources, AT)
    told = Telemetry(load_stations(DEMO), desk, Random(42), speed).from_(AT)
    end = AT + timedelta(minutes=20)
    for step in takewhile(lambda step: step.due < end, told):
        receipt = door.take(step.source_id, step.frame, step.due + timedelta(milliseconds=50))
        assert receipt.status is Outcome.STORED, receipt.reason
    with record.read() as cx:
        (one,) = cx.execute(select(incident)).all()
        changes = list(cx.execute(select(reading_event.c.change)).scalars())
        assert len(stations_since(cx, -1)) == 8
    assert "徐圩石化园区东门站 苯" in one.headline
    assert changes[0] == "opens"
    assert changes[-1] == "clears"


def test_frames_and_statements_of_the_evening_leave_nothing_refused(record: Record) -> None:
    door = Door(record)
    options = Namespace(seed=42, speed=6.0, scenario="")
    end = AT + timedelta(minutes=3)
    for step in takewhile(
        lambda step: step.due < end, story(dict(door.registry.sources), DEMO, AT, options)
    ):
        if step.frame:
            door.take(step.source_id, step.frame, step.due)
    with record.read() as cx:
        outcomes = set(cx.execute(select(inbound_message.c.outcome)).scalars())
    assert outcomes == {"stored"}
