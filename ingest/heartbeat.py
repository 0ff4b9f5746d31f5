"""心跳: any payload is a sign of life, but for the one that says the system has gone."""

import msgspec

from linkage.intake.arrivals import Offline
from linkage.sources import Source

# Longer ones are no word, whatever is in them.
LONGEST = 1_024
OFFLINE = "offline"


class _Form(msgspec.Struct):
    """What systems commonly send: {"state": "offline"}, {"status": "offline"}."""

    state: str | None = None
    status: str | None = None


def read_heartbeat(payload: bytes, source: Source) -> Offline | None:
    """Offline for the last will, by the broker or in the source's own word. Never raises."""
    if len(payload) > LONGEST:
        return None
    text = payload.decode("utf-8", "replace").strip()
    words = {OFFLINE, source.last_will.casefold()}
    if text.casefold() in words:
        return Offline()
    try:
        form = msgspec.json.decode(payload, type=_Form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    said = (form.state or "", form.status or "")
    return Offline() if any(word.strip().casefold() in words for word in said) else None
