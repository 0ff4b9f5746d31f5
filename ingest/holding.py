"""Halves of frames between one message and the next, in step with what the record has committed."""

from collections.abc import Iterable
from datetime import timedelta

from linkage.intake.arrivals import Held

Key = tuple[str, str, str]  # source, stream, key
# Longer than anything is waited for: a gateway that never speaks again leaves nothing behind here.
_FORGOTTEN = timedelta(minutes=10)


class Holding:
    """`put` while a batch is read; `keep` once it is committed, `undo` when it was not."""

    def __init__(self, held: Iterable[tuple[str, Held]] = ()) -> None:
        self._kept: dict[Key, Held] = {}
        self._changed: dict[Key, Held] = {}
        self.refill(held)

    def refill(self, held: Iterable[tuple[str, Held]]) -> None:
        """As the record has it: at the start, or when another worker had the lane before."""
        self._kept = {(source_id, one.stream, one.key): one for source_id, one in held}
        self._changed.clear()

    def get(self, source_id: str, stream: str, key: str) -> Held | None:
        where = (source_id, stream, key)
        found = self._changed.get(where) or self._kept.get(where)
        return found if found is not None and found.data else None

    def put(self, source_id: str, held: Held) -> None:
        self._changed[source_id, held.stream, held.key] = held

    def waiting(self, source_id: str) -> int:
        """How many streams and sets of this source wait for more."""
        wheres = {where for where in (*self._kept, *self._changed) if where[0] == source_id}
        return sum(self.get(*where) is not None for where in wheres)

    def keep(self) -> None:
        if self._changed:
            self._kept |= self._changed
            late = max(held.since for held in self._changed.values()) - _FORGOTTEN
            self._kept = {
                where: held for where, held in self._kept.items() if held.data and held.since > late
            }
            self._changed.clear()

    def undo(self) -> None:
        self._changed.clear()
