"""All lanes of one worker, driven by one thread: wait on every socket, hand over a batch, settle.

`receive`, `settle` and `leave` are a session's own words, so that the worker need not know how
many there are. Acknowledgements go back to the lane each message came by, in order of arrival.
"""

import logging
import select
import time
from collections.abc import Callable, Iterable, Mapping

from ingest.address import Address
from ingest.broker import Session
from ingest.lanes import STRANGERS, Lane
from ingest.strangers import Strangers
from ingest.turns import Turns
from ingest.wire import Message

# Connections made in one go: the first lanes are at work while the others connect.
_DIALS = 4
_STAY_ALIVE_S = 1.0
# What waits in a session of before has come when nothing came for so long.
_EMPTY_S = 2.0
_SAID_S = 5.0
# While not every lane is connected.
_NOBODY_S = 0.1

log = logging.getLogger(__name__)


class Switchboard:
    """`hold` says which lanes are ours; before, there are none."""

    def __init__(
        self, address: Address, ingest_id: str, version: int, lanes: Mapping[str, Lane]
    ) -> None:
        self._address, self.ingest_id, self._version = address, ingest_id, version
        self._lanes = lanes
        self._turns = Turns()
        self._sessions: dict[str, Session] = {}  # in the order of `lanes`
        self._emptying: dict[str, float] = {}  # sessions of before: the last thing came at
        self.drained: set[str] = set()  # emptied, and gone from the broker
        self._strangers = Strangers(lanes)
        self._wait = Waiting()
        self._given: list[tuple[Session, int, list[int]]] = []  # by which connection, what
        self._handed_at: float | None = None
        self._away_since: float | None = None
        self._stayed_at = self._dial_at = 0.0
        self._told: dict[str, float] = {}
        self.on_taken_over: Callable[[str, bool], None] = _say_taken_over

    def use(self, lanes: Mapping[str, Lane]) -> None:
        """The tables have changed: `hold` follows. A lane whose topics changed begins anew."""
        for name in [one for one in self.held if lanes.get(one) != self._lanes[one]]:
            self._sessions.pop(name).leave()
            self._turns.remove(name)
        self._lanes = lanes
        self._strangers.use(lanes)

    @property
    def connected(self) -> bool:
        """Every lane that is ours listens."""
        return bool(self._sessions) and all(one.connected for one in self._sessions.values())

    @property
    def held(self) -> set[str]:
        return self._sessions.keys() - self._emptying.keys()

    @property
    def reaches_broker(self) -> bool:
        """Some lane of ours is connected."""
        return any(one.connected for one in self._sessions.values())

    def hold(self, wanted: Iterable[str], settled: Iterable[str] = ()) -> None:
        """Take and give up lanes. Those given up are left before this returns.

        `settled`: lanes of whose messages the strangers' lane has copies and no more than copies.
        """
        wanted = set(wanted)
        stays = wanted | self._emptying.keys() if STRANGERS in wanted else wanted
        for lane_id in self._sessions.keys() - stays:
            self._sessions.pop(lane_id).leave()
            self._emptying.pop(lane_id, None)
            self._turns.remove(lane_id)
        for lane_id, lane in self._lanes.items():
            if lane_id in wanted and lane_id not in self._sessions:
                client_id = lane.client_id(self.ingest_id)
                self._add(lane_id, client_id, lane.topics, lane.per_minute, lane.life_safety)
        order = [*self._lanes, *self._emptying]
        self._sessions = {one: self._sessions[one] for one in order if one in self._sessions}
        self._strangers.settled |= set(settled)

    def settled(self) -> set[str]:
        """Lanes that were there before all that waits in the strangers' lane; if that is ours."""
        return self._strangers.settled if STRANGERS in self._sessions else set()

    def drain(self, lane: Lane, client_id: str = "") -> None:
        """Take what waits in a session of before, then let the broker forget it."""
        self.drained.discard(lane.id)
        if lane.id not in self._sessions:
            self._add(lane.id, client_id or lane.client_id(self.ingest_id), (), None, False)
            self._sessions[lane.id].given_up = lane.topics
            self._emptying[lane.id] = float("inf")

    def receive(self, wait_s: float, most: int) -> list[Message]:
        """The next batch; empty after `wait_s`, or while the broker is away."""
        now = time.monotonic()
        if self._handed_at is not None:
            self._turns.lasted(now - self._handed_at)
            self._handed_at = None
        if now - self._stayed_at > _STAY_ALIVE_S:
            self._stayed_at = now
            for session in self._sessions.values():
                session.stay_alive()
            # Where we may not listen, the strangers' copies are all there is.
            self._strangers.settled -= {n for n, one in self._sessions.items() if one.refused}
            self._empty(now)
        dialled = self._dial(now)
        ready = self._wait.ready(self._sessions, 0.0 if dialled else wait_s)
        if STRANGERS in self._sessions:
            self._strangers.look(self._sessions, ready)
        handed = self._turns.batch(
            ready, lambda lane, most: self._read(lane, most, ready[lane]), time.monotonic(), most
        )
        self._given = [
            (session := self._sessions[lane], session.epoch, self._mids(lane, got))
            for lane, got in handed
        ]
        if handed:
            self._handed_at = time.monotonic()
        return [message for _, messages in handed for message in messages]

    def settle(self, _: Iterable[int], publishes: Iterable[tuple[bytes, bytes]]) -> None:
        """Acknowledge the batch last received, each by its own lane; receipts with the first."""
        receipts = publishes
        for session, epoch, mids in self._given:
            if session.epoch == epoch and session.wire.socket() is not None:
                session.settle(mids, receipts)
                receipts = ()
        self._given = []

    def leave(self) -> None:
        """Leave every session; the broker keeps them. `receive` comes back by itself."""
        self._given, self._handed_at = [], None
        for session in self._sessions.values():
            session.leave()
        self._away_since = self._away_since or time.monotonic()

    def _add(
        self, name: str, client_id: str, topics: tuple[str, ...], rate: int | None, urgent: bool
    ) -> None:
        session = Session(self._address, client_id, self._version, topics)
        session.tell = self._tell
        session.on_taken_over = lambda one, sure: self.on_taken_over(one.client_id, sure)
        self._sessions[name] = session
        self._turns.add(name, rate, life_safety=urgent)

    def _dial(self, now: float) -> bool:
        """Connect a few of those that are not; true when there was something to connect."""
        away = [
            (name, one)
            for name, one in self._sessions.items()
            if one.wire.socket() is None and one.next_try <= now
        ]
        if not away or now < self._dial_at:
            return False
        for name, session in away[:_DIALS]:
            if name == STRANGERS and not self._strangers.may_come(self._sessions):
                continue
            if not session.dial():
                # The others would find the same: one waits for all, and all try the next member.
                self._dial_at = session.next_try
                for _, other in away:
                    other.place = session.place
                return False
        if self._away_since is not None:
            self._turns.allow(now - self._away_since)
            self._away_since = None
        return len(away) > _DIALS

    def _read(self, lane: str, most: int, readable: bool) -> list[Message]:
        session = self._sessions[lane]
        if lane == STRANGERS:
            return self._strangers.take(session, most)
        messages = session.read(most, readable=readable)
        if messages and lane in self._emptying:
            self._emptying[lane] = time.monotonic()
        return messages

    def _mids(self, lane: str, messages: list[Message]) -> list[int]:
        return self._strangers.mids() if lane == STRANGERS else [one.mid for one in messages]

    def _empty(self, now: float) -> None:
        for name, last in list(self._emptying.items()):
            session = self._sessions[name]
            if session.connected and last == float("inf"):
                if session.was_there:
                    session.wire.unsubscribe(list(session.given_up))
                self._emptying[name] = now if session.was_there else 0.0
            if now - self._emptying[name] > _EMPTY_S:
                session.leave(for_good=True)
                self._turns.remove(name)
                del self._sessions[name], self._emptying[name]
                self.drained.add(name)

    def _tell(self, level: int, text: str) -> None:
        """Once for all lanes: they see the same broker."""
        now = time.monotonic()
        if now - self._told.get(text, -_SAID_S) >= _SAID_S:
            log.log(level, text)
            self._told[text] = now


class Waiting:
    """Which lanes have something: told by the system, or read already."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._registered: dict[int, tuple[str, object]] = {}

    def ready(self, sessions: Mapping[str, Session], wait_s: float) -> dict[str, bool]:
        """Lane → whether its socket is readable; lanes with nothing are left out."""
        found: dict[str, bool] = {}
        sockets: dict[int, tuple[str, object]] = {}
        for name, session in sessions.items():
            wire = session.wire
            sock = wire.socket()
            if sock is not None:
                sockets[sock.fileno()] = (name, sock)
                if wire.has_more:
                    found[name] = False
        if sockets != self._registered:
            self._poll = select.poll()
            for fd in sockets:
                self._poll.register(fd, select.POLLIN)
            self._registered = sockets
        if not sockets:
            time.sleep(min(wait_s, _NOBODY_S))
            return {}
        wait = 0.0 if found else wait_s if len(sockets) == len(sessions) else min(wait_s, _NOBODY_S)
        for fd, _ in self._poll.poll(wait * 1000):
            found[sockets[fd][0]] = True
        return found


def _say_taken_over(client_id: str, certain: bool) -> None:
    sure = "被另一个程序接管" if certain else "反复中断，疑似有另一个程序同名连接"
    log.error("会话 %s %s；请检查是否有两个接入程序使用同一个 LINKAGE_INGEST_ID", client_id, sure)
