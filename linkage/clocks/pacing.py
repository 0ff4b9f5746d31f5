"""How many letters a person gets while one limit after the other passes, and what is gathered.

The first go at once. What comes then is gathered in one letter a minute: it is a notice already,
so nobody's end loses it, and it is written anew with each matter that joins it. Who keeps the
clocks remembers which; after a restart the letter goes as it stands.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from linkage.clocks.firings import Key
from linkage.clocks.matter import Matter

# So many at once within the minute: three accidents are three letters.
AT_ONCE = 3
WITHIN = timedelta(seconds=60)
# However long the flood: whom to call is in the first lines, the rest is a number.
KEPT = 20_000


class Gathered(msgspec.Struct, kw_only=True):
    """A letter that waits for `goes_at`."""

    notices: list[int]
    goes_at: datetime
    matters: dict[Key, Matter]

    def join(self, matters: Sequence[Matter]) -> list[Matter]:
        """With these, each clock once."""
        for matter in matters:
            if len(self.matters) < KEPT:
                self.matters[matter.run.key] = matter
        return list(self.matters.values())


class Pace:
    """By person's name, which the roster has once."""

    def __init__(self) -> None:
        self._sent: dict[str, list[datetime]] = {}
        self._gathered: dict[tuple[str, bool], Gathered] = {}

    def told_lately(self, name: str, now: datetime) -> bool:
        return any(abs(now - at) < WITHIN for at in self._sent.get(name, ()))

    def goes_at(self, name: str, now: datetime) -> datetime | None:
        """When the next letter goes; None: at once."""
        sent = [at for at in self._sent.get(name, ()) if abs(now - at) <= WITHIN]
        waits = max((at for at in sent if at > now), default=None)
        if waits is not None:
            return waits
        flood = any(
            abs(now - one.goes_at) < WITHIN
            for (whose, _), one in self._gathered.items()
            if whose == name
        )
        return max(sent) + WITHIN if flood or len(sent) >= AT_ONCE else None

    def sent(self, name: str, at: datetime) -> None:
        """A letter goes at `at`."""
        kept = [one for one in self._sent.get(name, ()) if abs(at - one) <= WITHIN * 2]
        self._sent[name] = [*kept, at]

    def waiting(self, name: str, drill: bool, goes_at: datetime) -> Gathered | None:
        found = self._gathered.get((name, drill))
        return found if found is not None and found.goes_at == goes_at else None

    def gather(self, name: str, drill: bool, letter: Gathered) -> None:
        self._gathered[name, drill] = letter
