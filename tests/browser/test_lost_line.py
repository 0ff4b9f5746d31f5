"""The line breaks while somebody works: it is said, the draft is kept, nothing is done twice."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Route
from sqlalchemy import func, select

from linkage.actions import Action
from linkage.desk import incidents
from linkage.people import Actor
from linkage.tables import incident, log_entry
from linkage.vocabulary import Role
from tests.browser import scene
from tests.browser.desk import Desk, Officer, take_a_seat
from tests.parts import wait_until

BANNER = ".linkage-guard"
LOST = "与服务器的连接已中断"
# Seven minutes ahead of us, for all that a script asks.
WRONG_CLOCK = """
const Real = Date;
const shifted = () => Real.now() + 420000;
window.Date = class extends Real {
  constructor(...given) { if (given.length) super(...given); else super(shifted()); }
  static now() { return shifted(); }
};
"""
ME = Actor("值班员甲", Role.DUTY_OFFICER)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    house = Desk(tmp_path_factory.mktemp("lost"))
    scene.evening(house.record)
    house.start()
    yield house
    house.stop()
    house.record.close()


def entries(desk: Desk, incident_id: int, action: Action) -> int:
    with desk.record.read() as cx:
        its = log_entry.c
        ask = select(func.count()).where(its.incident_id == incident_id, its.action == action.value)
        return int(cx.execute(ask).scalar_one())


@pytest.mark.parametrize("path", ["/", "/incident?incident=1", "/duty"])
def test_every_page_says_within_five_seconds_that_the_line_is_broken(
    officer: Officer, desk: Desk, path: str
) -> None:
    """D12: a banner within five seconds, in Chinese, and the page finds back by itself."""
    officer.visit(path)
    officer.page.locator("[data-testid='stMain'] h3").first.wait_for()
    officer.page.wait_for_function("window.linkageGuard && !window.linkageGuard.lost")
    desk.kill()
    try:
        officer.page.locator(BANNER).get_by_text(LOST).wait_for(timeout=5000)
        # Streamlit's own word for it is English, and comes later.
        english = officer.page.get_by_text("Connection error")
        officer.page.wait_for_timeout(4000)
        assert not english.count() or english.first.is_hidden()
    finally:
        desk.start()
    officer.page.locator(BANNER).wait_for(state="hidden", timeout=15_000)
    officer.page.locator("[data-testid='stMain'] h3").first.wait_for()


def test_a_server_that_hangs_is_noticed_as_soon(officer: Officer, desk: Desk) -> None:
    """D12: nothing is closed, nothing answers."""
    officer.visit("/duty")
    officer.page.wait_for_function("window.linkageGuard && !window.linkageGuard.lost")
    assert desk.process
    os.kill(desk.process.pid, signal.SIGSTOP)
    try:
        officer.page.locator(BANNER).get_by_text(LOST).wait_for(timeout=6000)
    finally:
        os.kill(desk.process.pid, signal.SIGCONT)
    officer.page.locator(BANNER).wait_for(state="hidden", timeout=15_000)


def test_a_half_written_note_outlives_a_restart_of_the_server(officer: Officer, desk: Desk) -> None:
    """D12: the draft is kept in the tab and stands in the field, or is offered back to it."""
    officer.visit("/incident?incident=2")
    officer.page.get_by_role("button", name="备注").click()
    note = officer.page.get_by_label("写入处置记录").first
    note.wait_for()
    note.fill("现场已拉起警戒线，等待")
    desk.kill()
    officer.page.locator(BANNER).get_by_text(LOST).wait_for(timeout=8000)
    desk.start()
    officer.page.locator(BANNER).wait_for(state="hidden", timeout=15_000)
    officer.page.reload()  # the worst of it: the page itself is new
    officer.page.locator(".linkage-draft").get_by_text("现场已拉起警戒线").wait_for()
    officer.page.get_by_role("button", name="备注").click()
    officer.page.locator(".linkage-draft").get_by_role("button", name="填回").click()
    note = officer.page.get_by_label("写入处置记录").first
    wait_until(lambda: note.input_value() == "现场已拉起警戒线，等待", 5)
    assert entries(desk, 2, Action.NOTE) == 0
    officer.page.get_by_role("button", name="保存").click()
    wait_until(lambda: entries(desk, 2, Action.NOTE) == 1, 10)
    officer.page.wait_for_function("(sessionStorage.getItem('linkage.drafts') || '[]') === '[]'")
    officer.page.reload()
    officer.page.locator("[data-testid='stMain'] h3").first.wait_for()
    assert officer.page.locator(".linkage-draft").is_hidden()


def test_a_click_before_the_restart_is_not_done_again_after_it(
    officer: Officer, desk: Desk
) -> None:
    """D12: the browser says its last words again; the key of the click is on the record."""
    with desk.record.write() as w:
        made = scene.open_incident(w, datetime.now(UTC), headline="断线前接手的一起")
    officer.situation()
    officer.map.locator(f".row[data-id='{made}'] .take").click()
    wait_until(lambda: entries(desk, made, Action.CLAIM) == 1, 10)
    with desk.record.read() as cx:
        version = cx.execute(select(incident.c.version).where(incident.c.id == made)).scalar_one()
    incidents.release(desk.record, ME, made, version, "交回，看是否会被重复接手")
    desk.kill()
    officer.map.locator(".light.amber").wait_for()
    desk.start()
    officer.map.locator(".light.green").wait_for()
    # The same message a third time, as a browser with a bad line would.
    officer.ask("(board.tell({}), 1)")
    officer.map.locator(f".row[data-id='{made}'] .take:enabled").wait_for()
    officer.page.wait_for_load_state("networkidle")
    assert entries(desk, made, Action.CLAIM) == 1


def test_an_old_picture_loses_its_colour_and_offers_no_act(officer: Officer, desk: Desk) -> None:
    """D11: the view shows its age, amber from ten seconds, red from sixty."""
    with desk.record.write() as w:
        made = scene.open_incident(w, datetime.now(UTC), headline="断线时还没人接手的一起")
    officer.situation()
    assert desk.process
    os.kill(desk.process.pid, signal.SIGSTOP)
    try:
        officer.map.locator(".stage[data-old='amber']").wait_for(timeout=20_000)
        assert officer.map.locator(".light.amber").is_visible()
        officer.map.locator(f".row[data-id='{made}'] .take:disabled").wait_for()
        officer.ask("(board.feed.heardAt -= 60000)")
        officer.map.locator(".stage[data-old='red'] .light.red").wait_for()
    finally:
        os.kill(desk.process.pid, signal.SIGCONT)
    officer.map.locator(".stage[data-old='']").wait_for()


def test_a_screen_with_a_wrong_clock_shows_the_servers_time(browser: Browser, desk: Desk) -> None:
    """D16: seven minutes ahead; ages and clocks on the screen are the server's."""
    with take_a_seat(browser, desk, ME) as seat:
        seat.add_init_script(WRONG_CLOCK)
        officer = Officer(seat, desk)
        officer.situation()
        officer.page.locator(".linkage-clock").get_by_text("本机时钟快 4").wait_for()
        shown = officer.map.locator(".clock").inner_text()
        beijing = datetime.now(UTC) + timedelta(hours=8)
        near = {f"{beijing + timedelta(seconds=n):%H:%M:%S}" for n in range(-5, 3)}
        assert shown in near


def test_a_page_that_went_white_comes_back_by_itself(officer: Officer) -> None:
    """D12: Streamlit's own drawing may take everything away; nobody has to know F5."""
    officer.visit("/responses")
    officer.page.locator("h3").wait_for()
    officer.page.wait_for_function("() => window.linkageGuard && linkageGuard.drawnAt > 0")
    officer.page.evaluate("() => { window.old = true; document.querySelector('#root').remove(); }")
    officer.page.wait_for_function("() => !window.old && document.querySelector('h3')")


def test_a_message_first_needed_on_a_broken_line_is_there(officer: Officer, desk: Desk) -> None:
    """D12: its script was fetched beforehand."""
    officer.visit("/duty")
    part = "performance.getEntriesByType('resource').some((r) => r.name.includes('/js/Toast.'))"
    officer.page.wait_for_function(part)
    officer.page.wait_for_load_state("networkidle")
    (address,) = {url for url in officer.asked if "/js/Toast." in url}
    desk.kill()
    try:
        assert officer.page.evaluate("(url) => import(url).then(() => true)", address)
    finally:
        desk.start()


def test_a_map_that_the_break_caught_on_its_way_comes_after_it(
    officer: Officer, desk: Desk
) -> None:
    """D12: its frame is there, a script of it never came."""
    desk.killed = True  # as far as the browser can see
    broken: list[str] = []

    def once(route: Route) -> None:
        if broken:
            route.continue_()
        else:
            broken.append(route.request.url)
            route.abort("connectionrefused")

    officer.page.route("**/live/board.js*", once)
    officer.visit("/")
    officer.map.locator(".light.green").wait_for()
    assert broken
