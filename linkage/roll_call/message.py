"""点名: what goes out to a party and what comes back. Pure."""

from datetime import datetime

import msgspec

ROLL_TOPIC = "linkage/v1/roll-call/{}"


class RollMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of `linkage/v1/roll-call/{agency}`. Times with +08:00.

    A person on duty answers on `linkage/v1/feedback/{agency}` with `roll_call`, the id.
    """

    roll_call: int
    called_at: datetime
    due_at: datetime
    called_by: str
    text: str
    exercise: bool


class RollAnswer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`at`: by the party's clock; it is kept in the message, ours counts."""

    roll_call_id: int
    by: str = ""
    text: str = ""
    at: datetime | None = None
