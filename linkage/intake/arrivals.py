"""What arrived, and what its sender is told: the two shapes at the record's door."""

from datetime import datetime, timedelta

import msgspec

from linkage.alerts import Alert, Unreadable
from linkage.intake.device_state import DeviceState
from linkage.readings.reading import Reading
from linkage.reporting.exchange import ReportReceipt
from linkage.response.feedback import Answered, UnitReport
from linkage.roll_call.message import RollAnswer
from linkage.vocabulary import Channel, Outcome


class Remark(msgspec.Struct, frozen=True, gc=False):
    """What a frame said that is neither an alert nor a value: a heartbeat, an answer, a picture.

    It counts as stored, and `text` tells the officer why nothing more came of it.
    """

    text: str


Part = Alert | Reading | UnitReport | DeviceState | Remark


class Offline(msgspec.Struct, frozen=True, gc=False):
    """A heartbeat that says the source has gone: its own word, or the broker's for it."""


class Held(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Bytes that wait for the rest of their frame or their other packets.

    `stream`: the gateway or device that cuts them; `key`: "" for a cut frame, else which set of
    packets. `data` empty: nothing waits there any more; `expired` then: because it never came.
    `since`: when something of it came last. `anew`: what waits begins in this message; otherwise
    it goes on from an earlier one, which answers for it.
    """

    stream: str
    key: str
    data: bytes
    since: datetime
    expired: bool = False
    anew: bool = True


class Several(msgspec.Struct, frozen=True, gc=False):
    """A payload that says several things, or nothing whole yet: frames, wrapped warnings.

    A part that cannot be read refuses itself alone: its neighbours are taken in.
    """

    parts: tuple[Part | Unreadable, ...]
    held: tuple[Held, ...] = ()


Content = (
    Alert
    | Several
    | Answered
    | RollAnswer
    | ReportReceipt
    | UnitReport
    | Offline
    | Unreadable
    | None
)


class Arrival(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One payload as it came, and what we read in it. `source_id`: from the topic alone."""

    channel: Channel
    source_id: str
    topic: str
    payload: bytes
    received_at: datetime
    retained: bool
    content: Content
    mends: int | None = None  # the refused message that a person has put right in this one
    excess: bool = False  # above the rate its source has agreed to


# An event that is older when the broker replays it is told as late: no bell rings for it.
LATE = timedelta(hours=6)


def is_late(alert: Alert, arrival: Arrival) -> bool:
    """Whether the broker had kept it and it is old: not new, even if we never saw it."""
    return arrival.retained and arrival.received_at - alert.occurred_at > LATE


class Receipt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the source is told after the commit. design §4, linkage/v1/receipt/{source}."""

    source_id: str
    id: int
    source_ref: str | None
    status: Outcome
    incident: str | None
    reason: str | None
    at: datetime
