"""What presses on each open incident as the clock goes on: late orders, next limit, claim."""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from linkage.clocks.clock import Clocks, Running
from linkage.clocks.next_to_breach import SOON, late_by_incident
from linkage.clocks.running import KeptUp
from linkage.desk.claims import ClaimRule, stale
from linkage.desk.claims_read import open_claims
from linkage.desk.live_orders import Board, limits, responses
from linkage.desk.live_shift import ShiftFigures

# A claim grows stale in minutes.
CLAIMS_EVERY = timedelta(seconds=5)


class Pressed(msgspec.Struct, frozen=True, gc=False):
    """`late`: orders past their time. `due_at`: epoch second of the limit that passes next, and
    `due` what is awaited by then. `held`: the claim is left alone, a code of linkage.desk.claims.
    """

    late: int = 0
    due_at: int = 0
    due: str = ""
    held: str = ""


CALM = Pressed()


class PressedRows:
    """By the id that the feed gives an incident; who is not in it, nothing presses on. And all the
    orders as a wall shows them."""

    def __init__(self, clocks: Clocks, rule: ClaimRule) -> None:
        self._clocks, self._kept, self._rule = clocks, KeptUp(clocks), rule
        self._shift = ShiftFigures(clocks.duty)
        self._board = Board()
        self._held: dict[int, str] = {}
        self._read_at: datetime | None = None

    def __call__(self, cx: Connection, now: datetime) -> dict[str, Pressed]:
        runs = self._kept.look(cx, now)
        late, due = late_by_incident(runs, now), _next_due(runs, now)
        self._look_at_board(cx, runs, now)
        if self._read_at is None or abs(now - self._read_at) >= CLAIMS_EVERY:
            self._held, self._read_at = self._stale(cx, now), now
        return {
            str(key): Pressed(late.get(key, 0), *due.get(key, (0, "")), self._held.get(key, ""))
            for key in {*late, *due, *self._held}
        }

    def board(self) -> Board:
        """As of the last call."""
        return self._board

    def _look_at_board(self, cx: Connection, runs: list[Running], now: datetime) -> None:
        near = [run for run in runs if run.called and run.due_at <= now + SOON]
        shown, engaged = self._board.responses, self._board.limits.engaged
        if self._kept.changed:
            shown, engaged = responses(*self._kept.parts, self._clocks)
        self._board = Board(shown, limits(near, engaged, now, self._clocks), self._shift(cx, now))

    def _stale(self, cx: Connection, now: datetime) -> dict[int, str]:
        claims = open_claims(cx, self._rule, now)
        found = {key: stale(self._rule, claim, now) for key, claim in claims.items()}
        return {key: one.held.value for key, one in found.items() if one is not None}


def _next_due(runs: list[Running], now: datetime) -> dict[int, tuple[int, str]]:
    """Of each incident the limit that passes next and that somebody is called for."""
    first: dict[int, Running] = {}
    for run in runs:
        if run.incident_id is None or not run.called or run.due_at < now:
            continue
        before = first.get(run.incident_id)
        if before is None or run.due_at < before.due_at:
            first[run.incident_id] = run
    return {
        key: (int(run.due_at.timestamp()), f"{run.who}{run.words}") for key, run in first.items()
    }
