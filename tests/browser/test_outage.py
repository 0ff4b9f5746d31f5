"""The line breaks, the server restarts, the database goes: the screen says so, and recovers."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.browser import scene
from tests.browser.desk import Desk, Officer
from tests.parts import wait_until


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    house = Desk(tmp_path_factory.mktemp("outage"))
    scene.evening(house.record)
    house.start()
    yield house
    house.stop()
    house.record.close()


def test_after_a_restart_the_same_map_shows_what_happened_meanwhile(
    officer: Officer, desk: Desk
) -> None:
    officer.situation()
    officer.ask("board.map.setView([34.4, 119.2], 12, {animate: false}) && (window.kept = true)")
    desk.kill()
    officer.map.locator(".light.amber").get_by_text("已断开").wait_for()
    with desk.record.write() as w:
        scene.open_incident(w, datetime.now(UTC), headline="停机期间的一起")
    desk.start()
    officer.map.get_by_text("停机期间的一起").wait_for(timeout=15_000)
    officer.map.locator(".light.green").wait_for()
    assert officer.ask("window.kept") is True
    assert officer.ask("board.map.getZoom()") == 12


def test_a_server_that_hangs_is_told_from_one_that_is_calm(officer: Officer, desk: Desk) -> None:
    officer.situation()
    assert desk.process
    os.kill(desk.process.pid, signal.SIGSTOP)
    try:
        officer.map.locator(".light.amber").wait_for(timeout=15_000)
    finally:
        os.kill(desk.process.pid, signal.SIGCONT)
    officer.map.locator(".light.green").wait_for()


def test_eight_tabs_of_one_browser_are_all_live(officer: Officer, desk: Desk) -> None:
    officer.situation()
    first = officer.page
    pages = [first]
    for _ in range(7):
        officer.page = officer.open()
        officer.situation()
        pages.append(officer.page)
    with desk.record.write() as w:
        scene.open_incident(w, datetime.now(UTC), headline="八屏同显")
    for page in pages:
        officer.page = page
        wait_until(officer.map.get_by_text("八屏同显").first.is_visible, 10)


def test_open_desks_do_not_hold_up_the_end_of_the_server(officer: Officer, desk: Desk) -> None:
    officer.situation()
    assert desk.process
    desk.process.terminate()
    assert desk.process.wait(8) in {0, -signal.SIGTERM, 128 + signal.SIGTERM}
    desk.start()
    officer.map.locator(".light.green").wait_for()
