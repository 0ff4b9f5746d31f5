"""回看 in a real browser: an earlier moment on the same map, never taken for the present."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import time
from typing import cast

import pytest
from playwright.sync_api import expect

from linkage.vocabulary import IncidentStatus, Severity
from tests.browser import scene
from tests.browser.desk import Desk, Officer
from tests.parts import wait_until
from tests.test_escape import HOSTILE

BEIJING = timedelta(hours=8)
HOSTILE_ONE = next(text for text in HOSTILE if "<" in text).replace("\x00", "")


def open_one(desk: Desk, **facts: object) -> int:
    with desk.record.write() as w:
        return scene.open_incident(w, datetime.now(UTC), **facts)


def close(desk: Desk, incident_id: int) -> None:
    with desk.record.write() as w:
        scene.change_incident(w, incident_id, status=IncidentStatus.CLOSED)


def shown(officer: Officer, incident_id: int) -> bool:
    return bool(officer.ask(f"board.feed.incidents.has('{incident_id}')"))


def clock(epoch: float) -> str:
    return (datetime.fromtimestamp(epoch, UTC) + BEIJING).strftime("%H:%M:%S")


def go_to(officer: Officer, epoch: float) -> None:
    officer.map.locator(".past-date").select_option(
        (datetime.fromtimestamp(epoch, UTC) + BEIJING).strftime("%Y-%m-%d")
    )
    officer.map.locator(".past-time").fill(clock(epoch))
    officer.map.locator(".past-time").press("Enter")
    expect(officer.map.locator(".past-sign")).to_contain_text(f"{clock(epoch)}非实时")
    wait_until(lambda: officer.ask("board.feed.at") == int(epoch), 15)


@pytest.fixture(autouse=True)
def _evening_again(desk: Desk) -> Iterator[None]:
    yield
    with desk.record.write() as w:
        scene.close_all_but_the_evening(w)


@pytest.fixture
def then(officer: Officer, desk: Desk) -> tuple[float, int, int]:
    """(a moment, what was open then, what came after it); the first is closed since."""
    officer.situation()
    early = open_one(desk, headline=f"先来的 {HOSTILE_ONE}", lon=119.3, lat=34.5)
    wait_until(lambda: shown(officer, early), 15)
    moment = cast("float", officer.ask("board.feed.now()"))
    moment = float(int(moment) + 1)
    wait_until(lambda: time() > moment + 0.5, 5)
    close(desk, early)
    later = open_one(desk, headline="后来的")
    wait_until(lambda: shown(officer, later) and not shown(officer, early), 15)
    kept = "select max(ended_at) from desk_moment"

    def written() -> bool:
        with desk.record.read() as cx:
            newest = cx.exec_driver_sql(kept).scalar_one()
        return bool(datetime.fromisoformat(newest).replace(tzinfo=UTC).timestamp() > moment + 2)

    wait_until(written, 20)
    return moment, early, later


def test_the_officer_goes_back_sees_what_was_and_returns(
    officer: Officer, then: tuple[float, int, int]
) -> None:
    moment, early, later = then
    officer.ask(f"board.choose('{later}', 'map')")
    view = officer.view()
    officer.map.get_by_role("button", name="回看", exact=True).click()
    go_to(officer, moment)
    assert shown(officer, early)
    assert not shown(officer, later)
    # Plainly another time: frame, stamp, light and queue say so.
    assert "past-view" in str(officer.map.locator("body").get_attribute("class"))
    expect(officer.map.locator(".light")).to_contain_text("非实时")
    assert officer.map.locator(".light.green").count() == 0
    # Text of then is text now.
    expect(officer.map.locator(".row", has_text="先来的").first).to_contain_text(HOSTILE_ONE)
    # Nothing is done to it.
    officer.ask(f"board.choose('{early}', 'queue')")
    before = officer.page.url
    officer.ask(f"board.open('{early}')")
    expect(officer.map.locator(".past-note")).to_contain_text("回看时不能处置")
    assert officer.page.url == before
    officer.map.locator(".past-back").click()
    assert shown(officer, later)
    assert not shown(officer, early)
    assert officer.ask("board.selected") == str(later)
    assert officer.view() == view
    officer.map.locator(".light.green").wait_for()


def test_played_forward_the_evening_passes_again(
    officer: Officer, then: tuple[float, int, int]
) -> None:
    moment, early, later = then
    officer.map.get_by_role("button", name="回看", exact=True).click()
    go_to(officer, moment)
    officer.map.locator(".past-play[data-speed='1']").click()
    wait_until(lambda: shown(officer, later) and not shown(officer, early), 20)
    officer.map.locator(".past-play", has_text="暂停").click()
    go_to(officer, moment)
    officer.map.locator(".past-step").click()
    wait_until(lambda: not shown(officer, early) or shown(officer, later), 15)
    officer.map.locator(".past-range").press("Escape")
    assert "past-view" not in str(officer.map.locator("body").get_attribute("class"))


def test_a_new_serious_incident_still_alarms_and_is_one_click_away(
    officer: Officer, desk: Desk, then: tuple[float, int, int]
) -> None:
    moment, _early, _later = then
    officer.map.get_by_role("button", name="回看", exact=True).press("b")
    go_to(officer, moment)
    new = open_one(desk, severity=Severity.EXTREME, headline="此刻的大事")
    officer.map.locator(".alarm", has_text="此刻的大事").wait_for()
    assert not shown(officer, new)  # not on the picture of then
    officer.map.locator(".past-news").click()
    assert shown(officer, new)
    officer.map.locator(".light.green").wait_for()


def test_before_the_record_begins_it_is_said(officer: Officer) -> None:
    officer.situation()
    officer.map.get_by_role("button", name="回看", exact=True).press("b")
    go_to(officer, time() - 20 * 86_400)
    expect(officer.map.locator(".past-note")).to_contain_text("开始记录，此前没有")
    assert officer.map.locator(".row").count() == 0
