"""Where what was approved has come to: the broker has it, it lies on disk."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select, update

from linkage.duty_tables import public_warning
from linkage.record import Record
from linkage.tables import outbound_message

_ITS = public_warning.c


class Unfiled(msgspec.Struct, frozen=True):
    id: int
    identifier: str
    xml: bytes


def unfiled(cx: Connection) -> list[Unfiled]:
    """What is approved and not on disk yet, oldest first."""
    query = select(_ITS.id, _ITS.identifier, _ITS.xml).where(
        _ITS.issued_at.is_not(None), _ITS.file.is_(None)
    )
    return [
        Unfiled(i, number, xml.encode()) for i, number, xml in cx.execute(query.order_by(_ITS.id))
    ]


def note_filed(record: Record, warning_id: int, file: str, now: datetime) -> None:
    with record.write(now) as w:
        w.cx.execute(
            update(public_warning).where(_ITS.id == warning_id).values(file=file, changed_at=w.at)
        )


def note_published(record: Record, now: datetime) -> int:
    """Take over from the outbox when the broker confirmed each; returns how many are new."""
    query = (
        select(_ITS.id, outbound_message.c.sent_at)
        .join(outbound_message, outbound_message.c.id == _ITS.outbound_id)
        .where(_ITS.published_at.is_(None), outbound_message.c.sent_at.is_not(None))
    )
    with record.read() as cx:
        fresh = cx.execute(query).all()
    if not fresh:
        return 0
    with record.write(now) as w:
        for warning_id, sent_at in fresh:
            w.cx.execute(
                update(public_warning)
                .where(_ITS.id == warning_id, _ITS.published_at.is_(None))
                .values(published_at=sent_at, changed_at=w.at)
            )
    return len(fresh)
