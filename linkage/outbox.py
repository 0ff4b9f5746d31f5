"""下行报文: what must be sent, was sent, could not be sent. Nothing here is ever dropped."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from linkage.record import Writing


class Outbound(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    id: int
    agency_id: str
    topic: str
    payload: bytes
    retain: bool
    created_at: datetime
    attempts: int


def enqueue(  # noqa: PLR0917
    w: Writing,
    agency_id: str,
    topic: str,
    payload: bytes,
    *,
    retain: bool = False,
    assignment_id: int | None = None,
) -> int:
    """Put a message into the transaction that made it true. Returns its id.

    A retained message is the whole truth of its topic: older unsent ones are superseded by it.
    """
    raise NotImplementedError


def pending(cx: Connection, limit: int, now: datetime) -> list[Outbound]:
    """What should be sent now, oldest first; a message that failed waits out its back-off."""
    raise NotImplementedError


def mark_sent(w: Writing, ids: list[int]) -> None:
    """The broker confirmed these."""
    raise NotImplementedError


def mark_failed(w: Writing, message_id: int, error: str) -> None:
    """One more attempt failed; it will be tried again."""
    raise NotImplementedError
