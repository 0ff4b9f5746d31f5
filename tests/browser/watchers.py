"""A city in a storm, and desks that watch it without a browser: the live feed's line alone."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from dashboard.entrance import COOKIE
from linkage.kinds import Kind
from linkage.vocabulary import Severity
from tests.browser import scene
from tests.browser.desk import Desk, Officer
from tests.signing import sit_down


def a_storm_of(count: int, desk: Desk) -> None:
    """So many open incidents of every kind and severity, all over the city."""
    chance = random.Random(7)
    kinds = [kind for kind in Kind if kind not in {Kind.INVALID_CALL, Kind.NON_POLICE}]
    now = datetime.now(UTC)
    with desk.record.write(now) as w:
        for n in range(count):
            _town, lon, lat = scene.TOWNS[n % len(scene.TOWNS)]
            scene.open_incident(
                w,
                now - timedelta(seconds=n),
                kind=kinds[n % len(kinds)],
                severity=chance.choice(list(Severity)),
                headline=f"积压第 {n} 起",
                lon=lon + chance.gauss(0, 0.08),
                lat=lat + chance.gauss(0, 0.06),
            )


class Watcher(threading.Thread):
    """One more desk, signed in. `heard`: frames of the feed."""

    def __init__(self, desk: Desk, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self._address = f"ws://127.0.0.1:{desk.port}/api/live/ws"
        self._desk, self._over = desk, over
        self._cookie = f"{COOKIE}={sit_down(desk.record)}"
        self.heard: list[str] = []

    def run(self) -> None:
        origin, cookie = Origin(self._desk.url), {"Cookie": self._cookie}
        with connect(self._address, origin=origin, additional_headers=cookie) as line:
            line.send(msgspec.json.encode({"rev": 0}).decode())
            while not self._over.is_set():
                try:
                    frame = line.recv(timeout=1)
                except TimeoutError:
                    continue
                except ConnectionClosed:
                    return
                self.heard.append(frame if isinstance(frame, str) else frame.decode())


@contextmanager
def watching(officer: Officer, count: int) -> Iterator[list[Watcher]]:
    over = threading.Event()
    watchers = [Watcher(officer.desk, over) for _ in range(count)]
    for watcher in watchers:
        watcher.start()
    yield watchers
    over.set()
    for watcher in watchers:
        watcher.join(5)
