"""One session driven as the switchboard drives each of its lanes."""

import time

from ingest.broker import Session
from ingest.switchboard import Waiting
from ingest.wire import Message


def hear(session: Session, wait_s: float, most: int) -> list[Message]:
    """What came, at most `most`; empty after `wait_s`, or while the broker is away."""
    if session.wire.socket() is None:
        pause = session.next_try - time.monotonic()
        if pause > 0:
            time.sleep(min(pause, wait_s))
        if pause > 0 or not session.dial():
            return []
    ready = Waiting().ready({"": session}, wait_s)
    session.stay_alive()
    return session.read(most, readable=ready[""]) if "" in ready else []
