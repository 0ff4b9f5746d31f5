"""The peer that a tutorial gives: paho's callback, one ORM object, one commit a message.

No raw payload, no correlation, no log, no receipt; what it cannot parse it prints and forgets.
Started by bench.peers as `python -m bench.naive <messages>`; prints one JSON line as
bench.receiver does.
"""

import json
import sys
from datetime import UTC, datetime

import paho.mqtt.client as mqtt
from sqlalchemy import DateTime, LargeBinary, String, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from bench.receiver import listen
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

    def keep(message: mqtt.MQTTMessage) -> None:
        session.add(
            Incident(topic=message.topic, payload=message.payload, received_at=datetime.now(UTC))
        )
        session.commit()

    listen(settings, expected, keep)
    with Session(engine) as check:
        kept = check.query(Incident).count()
    Base.metadata.drop_all(engine)
    if kept != expected:
        sys.exit(json.dumps({"kept": kept, "expected": expected}))


if __name__ == "__main__":
    receive(load_settings(), int(sys.argv[1]))
