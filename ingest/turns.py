"""Whose turn it is: how many messages each lane hands over to the next batch. Pure: takes `now`.

A lane that is emptied by a few messages is light: whatever is there goes at once, alone, so that
one call waits for no one's backlog. A lane with more than that is busy. Busy lanes fill the turns
in which no light lane has anything, and every other turn: first life safety within its agreed
rate, then the others within theirs, then what is above. While light lanes are in use, a turn of the
busy ones lasts no more than twice as long as one of a light lane; else it is a full batch, and a
lone backlog drains at full speed. Several busy lanes are a storm: all are served in every turn.
Nothing is ever dropped: what is not taken waits in the broker.
"""

from collections.abc import Callable, Iterable, Sequence

from ingest.wire import Message

# Messages a light lane may hand over in one turn; with more it is busy.
FEW = 8
# Seconds. A light lane heard within this time is in use: busy ones keep their turns short.
IN_USE_S = 60.0
# A turn of busy lanes beside light ones: messages, and how much longer than a light turn it lasts.
SHORTEST, LONGEST = 8, 64
AS_LONG = 2.0
LEAST_S = 0.005
# Of so many turns in a row one is the busy lanes', whatever the light ones have.
BUSY_TURN = 2
# So many busy lanes are no flood of one system but a storm over the city: then all are served in
# every turn, light ones first, with this many messages at most. In a storm 110 and 122 send most
# of it; waiting for a third or fourth kept their calls back on a machine with other work to do.
STORM, STORM_TURN = 2, 128

Take = Callable[[str, int], list[Message]]


class _Lane:
    def __init__(self, per_minute: int | None, life_safety: bool) -> None:
        self.per_minute = per_minute
        self.life_safety = life_safety
        self.busy = False
        self.heard_at = float("-inf")
        self.allowed = float(per_minute or 0)  # a minute's worth at most
        self.as_of: float | None = None

    def within(self, now: float) -> bool:
        """Has it something left of its agreed rate?"""
        if self.per_minute is None:
            return True
        if self.as_of is not None:
            gained = (now - self.as_of) * self.per_minute / 60
            self.allowed = min(self.allowed + gained, max(float(self.per_minute), self.allowed))
        self.as_of = now
        return self.allowed >= 1

    def spend(self, count: int) -> int:
        """Takes `count` off the agreed rate; returns how many were above it."""
        if self.per_minute is None:
            return 0
        above = max(0, count - int(self.allowed))
        self.allowed = max(0.0, self.allowed - count)
        return above


class Turns:
    """One for all lanes of a process. `batch` says who hands over; `lasted` how long it took."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}
        self._next: list[str] = []  # who has waited longest stands first
        self._in_a_row = 0
        self._light_s = LEAST_S
        self._short = SHORTEST
        self._last = ""  # what the last turn was: "light", "busy"

    def add(self, lane: str, per_minute: int | None, *, life_safety: bool) -> None:
        self._lanes[lane] = _Lane(per_minute, life_safety)
        self._next.append(lane)

    def remove(self, lane: str) -> None:
        self._lanes.pop(lane, None)
        if lane in self._next:
            self._next.remove(lane)

    def allow(self, seconds: float) -> None:
        """We were away so long: what has come meanwhile is not above the agreed rate."""
        for lane in self._lanes.values():
            lane.allowed += (lane.per_minute or 0) * seconds / 60

    def batch(
        self, ready: Iterable[str], take: Take, now: float, most: int
    ) -> list[tuple[str, list[Message]]]:
        """Lanes and what they hand over, at most `most` in all; above the rate: `excess`."""
        there = set(ready)
        order = [name for name in self._next if name in there]
        if not order:
            return []
        given = self._light(order, take, now, most)
        room = most - sum(len(messages) for _, messages in given)
        self._in_a_row = self._in_a_row + 1 if given else 0
        storm = sum(lane.busy for lane in self._lanes.values()) >= STORM
        if not given or (room > 0 and (storm or self._in_a_row >= BUSY_TURN)):
            busy = self._busy(order, take, now, room, storm=storm)
            if busy:
                self._in_a_row = 0
                self._last = "" if storm else "busy"
            given += busy
        for name, _ in given:
            self._next.remove(name)
            self._next.append(name)
        return given

    def lasted(self, seconds: float) -> None:
        """How long the last batch took, from its messages in hand to the next question."""
        if self._last == "light":
            self._light_s += (seconds - self._light_s) / 8
        elif self._last == "busy":
            longest = max(LEAST_S, AS_LONG * self._light_s)
            if seconds > longest:
                self._short = max(SHORTEST, int(self._short * max(0.5, longest / seconds)))
            else:
                self._short = min(LONGEST, self._short + 1)
        self._last = ""

    def _light(
        self, order: Sequence[str], take: Take, now: float, most: int
    ) -> list[tuple[str, list[Message]]]:
        given: list[tuple[str, list[Message]]] = []
        light = [name for name in order if not self._lanes[name].busy]
        light.sort(key=lambda name: not self._lanes[name].life_safety)
        room = most
        for name in light:
            if room == 0:
                break
            lane = self._lanes[name]
            lane.within(now)
            few = min(FEW, room)
            messages = take(name, few)
            lane.busy = len(messages) >= FEW
            if messages:
                given.append((name, _marked(messages, lane.spend(len(messages)))))
                room -= len(messages)
                self._last = "light"
                if not lane.busy and any(_is_news(one) for one in messages):
                    lane.heard_at = now
        return given

    def _busy(
        self, order: Sequence[str], take: Take, now: float, most: int, *, storm: bool
    ) -> list[tuple[str, list[Message]]]:
        lanes = self._lanes
        busy = [name for name in order if lanes[name].busy]
        within = [name for name in busy if lanes[name].within(now)]
        groups = (
            [name for name in within if lanes[name].life_safety],
            [name for name in within if not lanes[name].life_safety],
            [name for name in busy if name not in within],
        )
        in_use = any(not one.busy and now - one.heard_at < IN_USE_S for one in lanes.values())
        short = STORM_TURN if storm else self._short
        room = min(most, short) if in_use else most
        given: list[tuple[str, list[Message]]] = []
        for group in groups:
            for place, name in enumerate(group):
                share = max(1, room // (len(group) - place))
                messages = take(name, share) if room > 0 else []
                if len(messages) < share and room > 0:
                    lanes[name].busy = False
                if messages:
                    room -= len(messages)
                    given.append((name, _marked(messages, lanes[name].spend(len(messages)))))
            if given and not storm:
                break
        return given


def _is_news(message: Message) -> bool:
    """Not a probe or a heartbeat: those come from an idle system as well."""
    return b"/heartbeat/" not in message.topic and b"/probe/" not in message.topic


def _marked(messages: list[Message], above: int) -> list[Message]:
    if not above:
        return messages
    within = len(messages) - above
    return messages[:within] + [one._replace(excess=True) for one in messages[within:]]
