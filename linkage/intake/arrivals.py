"""What arrived, and what its sender is told: the two shapes at the record's door."""

from datetime import datetime

import msgspec

from linkage.alerts import Alert, Unreadable
from linkage.response.feedback import Feedback, UnitReport
from linkage.vocabulary import Channel, Outcome

Content = Alert | Feedback | UnitReport | Unreadable | None


class Arrival(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One payload as it came, and what we read in it. `source_id`: from the topic alone."""

    channel: Channel
    source_id: str
    topic: str
    payload: bytes
    received_at: datetime
    retained: bool
    content: Content


class Receipt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the source is told after the commit. design §4, linkage/v1/receipt/{source}."""

    source_id: str
    id: int
    source_ref: str | None
    status: Outcome
    incident: str | None
    reason: str | None
    at: datetime
