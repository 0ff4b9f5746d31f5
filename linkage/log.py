"""处置记录: the append-only, hash-chained log of who did what, when, to what and why."""

import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

GENESIS = "0" * 64
_encode = msgspec.json.Encoder(order="sorted").encode


def as_json(value: Any) -> str:
    """JSON text with sorted keys: the same value is the same text in every database."""
    return _encode(value).decode()


# The columns of `log_entry` after id and at, in order.
Entry = tuple[str, str, int | None, int | None, str, str | None, str | None, str]


@lru_cache(maxsize=8)
def _when(at: datetime) -> str:
    # All entries of a transaction share their time.
    return at.astimezone(UTC).isoformat(" ", "microseconds")


def link(  # noqa: PLR0917
    previous: str,
    at: datetime,
    actor: str,
    action: str,
    incident_id: int | None,
    assignment_id: int | None,
    reason: str,
    before: str | None,
    after: str | None,
) -> str:
    """The hash of an entry: SHA-256 over the hash before it and every column but id."""
    body = _encode(
        (previous, _when(at), actor, action, incident_id, assignment_id, reason, before, after)
    )
    return hashlib.sha256(body).hexdigest()


class LogBook:
    """The entries of one transaction, each with its time, chained as they are made."""

    def __init__(self, head: str, at: datetime) -> None:
        self.head = head
        self.at = at
        self.entries: list[tuple[datetime, Entry]] = []

    def add(
        self,
        actor: str,
        action: str,
        reason: str,
        *,
        incident_id: int | None = None,
        assignment_id: int | None = None,
        before: Any = None,
        after: Any = None,
    ) -> None:
        """Note what was done. `before` and `after`: plain values of what changed."""
        was = None if before is None else as_json(before)
        now = None if after is None else as_json(after)
        reason = reason.replace("\0", "")  # PostgreSQL keeps no NUL in text
        self.head = link(
            self.head, self.at, actor, action, incident_id, assignment_id, reason, was, now
        )
        entry = (actor, action, incident_id, assignment_id, reason, was, now, self.head)
        self.entries.append((self.at, entry))
