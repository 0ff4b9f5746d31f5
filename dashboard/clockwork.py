"""What changes as time goes by and not with a row: what presses, who is silent, counts of the day.

Read once a second on a thread of its own: with 5,000 open incidents it takes four times as long as
a look at what was committed, and a commit does not wait for it.
"""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from dashboard.news import Clockwork, Links
from linkage.desk import live
from linkage.desk.freshness import freshness
from linkage.desk.live_orders import Board
from linkage.desk.pressed import Pressed
from linkage.desk.tally import tally
from linkage.intake.errands import last_reload
from linkage.intake.watch import Expected

Tables = tuple[Mapping[str, Expected], dict[str, Any]]


class ClockReader:
    """`found`: as of the last reading. `tables`: how often other tables were taken into use, and
    `words` what they say. `read_at`: by the monotonic clock."""

    def __init__(
        self,
        tables: Tables,
        reread: Callable[[], Tables | None],
        pressed: Callable[[live.Reading, datetime], dict[str, Pressed]],
        board: Callable[[], Board],
    ) -> None:
        self._sources, self.words = tables
        self._reread, self._pressed, self._board = reread, pressed, board
        self._reloads: int | None = None  # the newest of the intake's that is followed
        self._reading = threading.Lock()
        self.tables = 0
        self.found: Clockwork | None = None
        self.read_at = float("-inf")

    def read(self, cx: live.Reading, now: datetime) -> Clockwork:
        with self._reading:
            self._follow(cx)
            before = self.found.links if self.found else Links()
            mark = live.links_mark(cx)
            links = before if mark == before.mark else Links(mark, live.proposed_links(cx))
            pressed = self._pressed(cx, now)
            fresh = freshness(cx, self._sources, now)
            self.found = Clockwork(pressed, fresh, tally(cx, now), self._board(), links)
            self.read_at = time.monotonic()
            return self.found

    def _follow(self, cx: live.Reading) -> None:
        """Names and intervals are new for every desk: it reads the snapshot again."""
        reloads = last_reload(cx)
        tables = self._reread() if self._reloads not in {None, reloads} else None
        if tables is not None:
            self._sources, self.words = tables
            self.tables += 1
        self._reloads = reloads
