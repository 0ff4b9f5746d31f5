"""The live picture: looks at the record, keeps a snapshot and the last changes, as bytes.

`look` is called by one thread, as often as something is committed and a few times a second. It
costs one small query while nothing happens. What it returns goes unchanged to every desk. `turn` is
called by another thread, once a second.
"""

import gzip
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec

from dashboard.clockwork import ClockReader, Tables
from dashboard.news import Clockwork, Links, News
from linkage.desk import live
from linkage.desk.folding import Fold, Folding
from linkage.desk.frame import Frame
from linkage.desk.live_orders import Board
from linkage.desk.live_units import LiveUnit, units_since
from linkage.desk.pressed import CALM, Pressed
from linkage.desk.stations import LiveStation, stations_since
from linkage.intake.watch import Expected
from linkage.record import UNAVAILABLE, Record

# Two minutes of a storm; a desk that was away longer reads the snapshot again.
KEPT_FRAMES = 600
# No look for this long, whatever the cause: the picture is not to be trusted.
FRESH_S = 5.0
_encode = msgspec.json.Encoder().encode


class Hub:
    def __init__(
        self,
        record: Record,
        sources: Mapping[str, Expected],
        words: dict[str, Any],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        reread: Callable[[], Tables | None] = lambda: None,
        *,
        folding: Folding | None = None,
        pressed: Callable[[live.Reading, datetime], dict[str, Pressed]] = lambda *_: {},
        board: Callable[[], Board] = Board,
    ) -> None:
        """`reread`: `sources` and `words` anew, when the intake has taken others into use; None
        where they cannot be read."""
        self._record, self._clock = record, clock
        self._reader = ClockReader((sources, words), reread, pressed, board)
        # Held for moments only, never while the database is asked: the event loop takes it too.
        self._lock = threading.Lock()
        self._revision = -1  # of the record, that the picture shows
        self._tables = 0  # as counted by the reader
        # Rises over restarts too, so that a desk's number from before is always too old.
        self.rev = int(clock().timestamp() * 1000)
        self._incidents: dict[str, live.LiveIncident] = {}
        self._units: dict[str, LiveUnit] = {}
        self._warnings: dict[str, live.LiveWarning] = {}
        self._stations: dict[str, LiveStation] = {}
        self._folding, self._folds = folding, dict[str, Fold]()
        self._under: dict[str, str] = {}  # incident → its line
        self._links, self._board = Links(), Board()
        self._clockwork: Clockwork | None = None
        self._frames: deque[tuple[int, bytes]] = deque(maxlen=KEPT_FRAMES)
        self._snapshot: tuple[int, bytes] = (0, b"")
        self._away = True
        self._seen = float("-inf")  # when the record was last read, by the monotonic clock

    @property
    def age_s(self) -> float:
        """Of what was committed or of what the clock changes, whichever is older."""
        return time.monotonic() - min(self._seen, self._reader.read_at)

    @property
    def stale(self) -> bool:
        return self._away or self.age_s > FRESH_S

    @property
    def begun(self) -> bool:
        """Whether the record was read once: before that an empty picture would be a false one."""
        return self._seen > float("-inf")

    @property
    def open_count(self) -> int:
        return len(self._incidents)

    def turn(self) -> None:
        """Read what the clock changes; the next look tells of it, also where the record is away."""
        with suppress(*UNAVAILABLE), self._record.read() as cx:
            self._reader.read(cx, self._clock())

    def look(self) -> bytes | None:
        """Read what changed since the last look. The frame to send, or None if nothing did."""
        now = self._clock()
        try:
            with self._record.read() as cx:
                news = self._gather(cx, now)
        except UNAVAILABLE:
            self._away = True
            return None
        with self._lock:
            self._away, self._seen = False, time.monotonic()
            return self._apply(news, now)

    def beat(self) -> bytes:
        """The frame of every second: desks know by it that the picture is fresh, or that not."""
        with self._lock:
            frame = self._frame()
        return _encode(frame)

    def missed(self, rev: int) -> list[bytes]:
        """The frames after `rev`, or one that says: read the snapshot."""
        with self._lock:
            if rev == self.rev:
                return []
            if self._frames and self._frames[0][0] - 1 <= rev < self.rev:
                return [frame for number, frame in self._frames if number > rev]
            again = self._frame()
        again.resync = True
        return [_encode(again)]

    def snapshot(self) -> tuple[int, bytes]:
        """(rev, gzipped JSON) of the whole picture. Built once for all who ask."""
        with self._lock:
            if self._snapshot[0] == self.rev:
                return self._snapshot
            frame = self._frame()
            frame.incidents = list(self._incidents.values())
            frame.units = list(self._units.values())
            frame.warnings = list(self._warnings.values())
            frame.folds = list(self._folds.values())
            frame.stations = list(self._stations.values())
            frame.responses = list(self._board.responses.values())
            frame.limits, frame.shift = self._board.limits, self._board.shift
            frame.words = self._reader.words
        self._snapshot = (frame.rev, gzip.compress(_encode(frame), 1))
        return self._snapshot

    def _frame(self) -> Frame:
        frame = Frame(self.rev, self._clock().timestamp(), self._revision, stale=self.stale)
        if self._clockwork:
            frame.fresh, frame.tally = self._clockwork.fresh, self._clockwork.tally
        return frame

    def _gather(self, cx: live.Reading, now: datetime) -> News:
        revision, seen, tables = live.revision(cx), self._revision, self._reader.tables
        # A record restored from a backup counts from an earlier revision: begin again.
        whole = seen < 0 or revision < seen or tables != self._tables
        changed = whole or revision != seen
        since = -1 if whole else seen
        clockwork = self._reader.read(cx, now) if whole else self._reader.found
        return News(
            revision,
            whole,
            tables,
            _incidents(cx, since) if changed else [],
            units_since(cx, since) if changed else [],
            live.warnings_since(cx, since, now) if changed else [],
            stations_since(cx, since) if changed else [],
            clockwork if clockwork is not self._clockwork else None,
        )

    def _apply(self, news: News, now: datetime) -> bytes | None:
        if news.whole:
            self._incidents, self._units, self._warnings, self._stations = {}, {}, {}, {}
        frame = Frame(self.rev, now.timestamp(), news.revision)
        changed = self._take_incidents(news, frame)
        frame.units, frame.warnings, frame.stations = news.units, news.warnings, news.stations
        self._units.update((u.id, u) for u in news.units)
        self._warnings.update((w.id, w) for w in news.warnings)
        self._stations.update((s.id, s) for s in news.stations)
        for key in [k for k, w in self._warnings.items() if not w.shown(now.timestamp())]:
            del self._warnings[key]
        self._fold(news, frame, changed, now)
        self._take_board(news, frame)
        frame.incidents = [self._incidents[key] for key in changed]
        self._revision, self._tables = news.revision, news.tables
        parts = (frame.incidents, frame.gone, frame.units, frame.warnings, frame.stations)
        board = frame.responses or frame.limits or frame.shift
        if not (news.whole or any(parts) or frame.folds or board):
            return None
        self.rev += 1
        frame.rev = self.rev
        if news.whole:
            self._frames.clear()
            return _encode(Frame(self.rev, frame.at, news.revision, resync=True))
        sent = _encode(frame)
        self._frames.append((self.rev, sent))
        return sent

    def _take_board(self, news: News, frame: Frame) -> None:
        if news.clockwork is None:
            return
        before, self._board = self._board, news.clockwork.board
        frame.responses = self._board.since(before)
        frame.limits = self._board.limits if self._board.limits != before.limits else None
        frame.shift = self._board.shift if self._board.shift != before.shift else None

    def _fold(self, news: News, frame: Frame, changed: dict[str, None], now: datetime) -> None:
        """Who stands under which line of the queue: what has changed of it goes along."""
        if self._folding is None:
            return
        links = news.clockwork.links if news.clockwork else self._links
        told = bool(changed or frame.gone or news.whole or links is not self._links)
        self._links = links
        stand = [w for w in self._warnings.values() if w.stands(now.timestamp())]
        if not told and not self._folding.differs(stand):
            return
        under, lines = self._folding.fold(self._incidents.values(), stand, self._links.pairs)
        for key in {*self._under, *under}:
            row, line = self._incidents.get(key), under.get(key, "")
            if row is not None and row.fold != line:
                self._incidents[key] = msgspec.structs.replace(row, fold=line)
                changed[key] = None
        frame.folds = [line for key, line in lines.items() if self._folds.get(key) != line]
        frame.folds += [Fold(id=key) for key in self._folds if key not in lines]
        self._folds, self._under = lines, under

    def _take_incidents(self, news: News, frame: Frame) -> dict[str, None]:
        """Take the rows in; the ids of those the desks must draw anew, each once."""
        if news.clockwork:
            self._clockwork = news.clockwork
        pressed = self._clockwork.pressed if self._clockwork else {}
        changed: dict[str, None] = {}
        for row in news.incidents:
            if live.is_open(row):
                before = self._incidents.get(row.id)
                line = before.fold if before else ""
                self._incidents[row.id] = msgspec.structs.replace(row, fold=line) if line else row
                changed[row.id] = None
            elif self._incidents.pop(row.id, None):
                frame.gone.append(row.id)
        # Without new clockwork only the rows just read lack what presses on them.
        for key in list(self._incidents) if news.clockwork else changed:
            before = self._incidents[key]
            self._incidents[key] = row = live.pressed_by(before, pressed.get(key, CALM))
            if row is not before:
                changed[key] = None
        return changed


def _incidents(cx: live.Reading, since: int) -> list[live.LiveIncident]:
    return live.open_incidents(cx) if since < 0 else live.incidents_since(cx, since)
