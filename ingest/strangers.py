"""What comes by the strangers' lane: copies of what a lane has are dropped, the rest is kept.

A lane that is new to the broker was not there when older copies were made: until the strangers'
lane was empty once beside it, its copies are kept. Everything is settled in order of arrival.
"""

from collections import deque
from collections.abc import Mapping

from ingest.broker import Session
from ingest.lanes import STRANGERS, Known, Lane
from ingest.wire import Message

# Messages read ahead in one go.
_AHEAD = 500


class Strangers:
    """`settled`: lanes whose copies are thrown away."""

    def __init__(self, lanes: Mapping[str, Lane]) -> None:
        self._waiting: deque[Message] = deque()
        self._epoch = 0
        self.settled: set[str] = set()
        self._mids: deque[list[int]] = deque()  # of each `take` that gave something
        self.use(lanes)

    def use(self, lanes: Mapping[str, Lane]) -> None:
        """The tables have changed; what was read ahead is still to be handed over."""
        self._known = Known(lanes)
        self._lanes = lanes
        self.settled &= lanes.keys()

    def may_come(self, sessions: Mapping[str, Session]) -> bool:
        """Last of all: a lane that is new must stand before copies of it are thrown away."""
        return all(one.connected for name, one in sessions.items() if name in self._new())

    def look(self, sessions: Mapping[str, Session], ready: dict[str, bool]) -> None:
        """Read ahead and drop copies; leaves the lane in `ready` only if there is a stranger."""
        session = sessions[STRANGERS]
        if self._epoch != session.epoch:
            self._epoch = session.epoch
            self._waiting.clear()
        readable = ready.pop(STRANGERS, None)
        if not self._waiting and readable is not None:
            self._waiting.extend(session.read(_AHEAD, readable=readable))
        elif not self._waiting and session.connected:
            self._settle(sessions)
        if session.connected and not session.was_there:
            self._settle(sessions)  # it is as new as they are: nothing waits in it
        copies = []
        while self._waiting and self._is_copy(self._waiting[0]):
            copies.append(self._waiting.popleft().mid)
        if copies:
            session.settle(copies, ())
        if self._waiting:
            ready[STRANGERS] = False

    def take(self, session: Session, most: int) -> list[Message]:
        """Of one batch may be asked for more than once; `mids` gives what each is settled with."""
        messages: list[Message] = []
        passed: list[Message] = []
        while self._waiting and self._epoch == session.epoch and len(messages) < most:
            message = self._waiting.popleft()
            passed.append(message)
            if not self._is_copy(message):
                messages.append(message)
        if messages:
            self._mids.append([one.mid for one in passed])
        else:
            self._waiting.extendleft(reversed(passed))
        return messages

    def mids(self) -> list[int]:
        """What to settle with the messages taken, those taken first; copies among them included."""
        return self._mids.popleft()

    def _new(self) -> set[str]:
        return set(self._lanes) - self.settled - {STRANGERS}

    def _settle(self, sessions: Mapping[str, Session]) -> None:
        if len(self.settled) < len(self._lanes):
            self.settled |= {
                name for name in sessions if name in self._lanes and sessions[name].connected
            }

    def _is_copy(self, message: Message) -> bool:
        return self._known.lane_of(message.topic) in self.settled
