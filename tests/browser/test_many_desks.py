"""Twenty desks and five thousand open incidents; how soon, `python -m bench screen` measures."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.browser import scene
from tests.browser.desk import Desk, Officer
from tests.browser.watchers import a_storm_of, watching
from tests.parts import wait_until

OPEN = 5000
DESKS = 20


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    house = Desk(tmp_path_factory.mktemp("storm"))
    a_storm_of(OPEN, house)
    house.start()
    yield house
    house.stop()
    house.record.close()


def test_what_is_new_reaches_every_desk_in_a_storm(officer: Officer, desk: Desk) -> None:
    officer.situation()
    assert officer.ask("board.feed.incidents.size") == OPEN
    with watching(officer, DESKS - 1) as others:
        wait_until(lambda: all(other.heard for other in others), 30, "every desk to be served")
        with desk.record.write() as w:
            made = scene.open_incident(w, datetime.now(UTC), headline="刚刚发生", lon=119.21)
        drawn = f"board.marks.items.some((item) => item.rows.some((row) => row.id === '{made}'))"
        wait_until(lambda: officer.ask(drawn), 10, "the mark on the map")
        told = lambda: all(any("刚刚发生" in one for one in each.heard) for each in others)  # noqa: E731
        wait_until(told, 10, "all desks")
    assert officer.ask("board.feed.incidents.size") == OPEN + 1
