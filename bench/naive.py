"""The peer that a tutorial gives: paho's callback, one ORM object, one commit a message.

No raw payload, no correlation, no log, no receipt; what it cannot parse it prints and forgets.
Started by bench.peers as `python -m bench.naive <messages>`; prints one JSON line as
bench.receiver does.
"""

import json
import sys
import time
from datetime import UTC, datetime

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import DateTime, LargeBinary, String, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from bench.receiver import SILENCE_S, Stopwatch, session_properties
from ingest.address import read_address
from linkage.settings import Settings, load_settings


class Base(DeclarativeBase):
    pass


class Incident(Base):
    __tablename__ = "tutorial_incident"

    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(200))
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


def receive(settings: Settings, expected: int) -> None:
    engine = create_engine(settings.database_url)
    if engine.dialect.name == "sqlite":
        # Kindly: with the default journal it is six times slower still.
        event.listen(engine, "connect", lambda cx, _: cx.execute("PRAGMA journal_mode = WAL"))
    Base.metadata.create_all(engine)
    session = Session(engine)
    watch = Stopwatch(expected)

    def on_message(_: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        watch.saw()
        watch.left -= 1
        session.add(
            Incident(topic=message.topic, payload=message.payload, received_at=datetime.now(UTC))
        )
        session.commit()

    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=settings.ingest_id, protocol=mqtt.MQTTv5
    )
    client.on_message = on_message
    address = read_address(settings)
    client.connect(address.host, address.port, clean_start=False, properties=session_properties())
    deadline = time.monotonic() + SILENCE_S
    while watch.left > 0 and time.monotonic() < deadline:
        client.loop(0.2)
    watch.report()
    client.disconnect()
    with Session(engine) as check:
        kept = check.query(Incident).count()
    Base.metadata.drop_all(engine)
    if kept != expected:
        sys.exit(json.dumps({"kept": kept, "expected": expected}))


if __name__ == "__main__":
    receive(load_settings(), int(sys.argv[1]))
