"""指挥总览 in a real browser: read from five metres, never blank, and nobody touches it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from linkage.people import Actor
from linkage.vocabulary import IncidentStatus, Role, Severity
from tests.browser import scene
from tests.browser.desk import Desk, Officer, take_a_seat
from tests.parts import wait_until

SIZES: list[ViewportSize] = [{"width": 1920, "height": 1080}, {"width": 3840, "height": 2160}]
# What is written too small to be read from five metres; credits of the map are not for reading.
SMALL = """() => {
  const least = innerHeight / 45 - 0.01;
  const found = [];
  const walker = document.createTreeWalker(document.querySelector('.wall'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || holder.closest('.leaflet-control')) continue;
    if (holder.closest('svg')) continue;
    const size = parseFloat(getComputedStyle(holder).fontSize);
    if (size < least) found.push([walker.currentNode.textContent, size]);
  }
  return found;
}"""
SCROLLS = """() => [document, parent.document].some(({documentElement: page}) =>
  page.scrollHeight > page.clientHeight + 1 || page.scrollWidth > page.clientWidth + 1)
  || [...document.querySelectorAll('.wall *')].some((part) =>
    ['auto', 'scroll'].includes(getComputedStyle(part).overflowY)
    && part.scrollHeight > part.clientHeight + 1)"""
# What is cut off at the bottom of the view in front.
CUT = """() => {
  const front = document.querySelector('.view.front');
  const end = front.getBoundingClientRect().bottom + 1;
  return [...front.children].filter((part) => part.getBoundingClientRect().bottom > end).length;
}"""
# Notes the emptiest moment of the body of the screen, picture by picture.
WATCH = """() => {
  window.emptiest = 1;
  window.turns = [];
  const look = () => {
    const views = [...document.querySelectorAll('.view')];
    const seen = views.filter((view) => view.childElementCount && view.innerText.trim()
      && getComputedStyle(view).visibility === 'visible');
    const most = Math.max(0, ...seen.map((view) => Number(getComputedStyle(view).opacity)));
    window.emptiest = Math.min(window.emptiest, most);
    const page = document.querySelector('.wall').dataset.page;
    if (window.turns.at(-1) !== page) window.turns.push(page);
    requestAnimationFrame(look);
  };
  look();
}"""


def open_one(desk: Desk, **facts: object) -> int:
    with desk.record.write() as w:
        return scene.open_incident(w, datetime.now(UTC), **facts)


@pytest.fixture(autouse=True)
def _evening_again(desk: Desk) -> Iterator[None]:
    yield
    with desk.record.write() as w:
        scene.close_all_but_the_evening(w)


def wall(officer: Officer, size: ViewportSize | None = None) -> Page:
    officer.page.set_viewport_size(size or SIZES[0])
    officer.visit("/wall")
    officer.map.locator(".wall-line.green").wait_for()
    officer.map.locator(".view.front").wait_for()
    return officer.page


def page_shown(officer: Officer) -> str:
    return officer.map.locator(".wall").get_attribute("data-page") or ""


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["height"]))
@pytest.mark.parametrize("key", "12345")
def test_every_view_is_read_from_five_metres_and_has_no_scrollbar(
    officer: Officer, size: ViewportSize, key: str
) -> None:
    page = wall(officer, size)
    page.keyboard.press(key)
    body = officer.map.locator("body")
    assert body.evaluate(SMALL) == []
    assert body.evaluate(SCROLLS) is False
    assert body.evaluate(CUT) == 0
    assert not page.locator("[data-testid='stHeader']").is_visible()
    box = page.locator("iframe[title^='streamlit_folium']").bounding_box()
    assert box == {"x": 0, "y": 0, **size}


def test_views_take_turns_by_themselves_and_the_screen_is_never_blank(officer: Officer) -> None:
    wall(officer)
    body = officer.map.locator("body")
    there = "() => getComputedStyle(document.querySelector('.view.front')).opacity"
    wait_until(lambda: body.evaluate(there) == "1", 30, "the first view")
    body.evaluate(WATCH)
    first = page_shown(officer)
    wait_until(lambda: page_shown(officer) != first, 30)
    for least in (3, 4, 5):
        officer.page.keyboard.press("ArrowRight")
        wait_until(lambda least=least: body.evaluate("() => window.turns.length") >= least, 30)
    assert body.evaluate("() => window.emptiest") == 1


def test_a_key_holds_the_view_and_says_so(officer: Officer) -> None:
    page = wall(officer)
    page.keyboard.press("5")
    page.keyboard.press(" ")
    officer.map.get_by_text("已暂停，按空格继续").wait_for()
    body = officer.map.locator("body")
    share = "() => Linkage.wall.progress.style.transform"
    wait_until(lambda: body.evaluate("() => Linkage.wall.progress.className") == "held", 5)
    before = body.evaluate(share)
    body.evaluate("() => { for (let n = 0; n < 9; n++) Linkage.wall.tick(); }")
    assert page_shown(officer) == "shift"
    assert body.evaluate(share) == before
    page.keyboard.press(" ")
    officer.map.get_by_text("已暂停，按空格继续").wait_for(state="hidden")


def test_what_is_new_and_serious_comes_at_once_and_stays(officer: Officer, desk: Desk) -> None:
    page = wall(officer)
    page.keyboard.press("5")
    page.keyboard.press(" ")
    new = open_one(desk, severity=Severity.EXTREME, headline="化工园区爆炸", place="徐圩新区")
    officer.map.locator(".incident.front").get_by_text("化工园区爆炸").wait_for()
    officer.map.locator(".incident.front .new").wait_for()
    assert page_shown(officer) == f"incident:{new}"
    # Its own time is over, and it is still there: nobody has it in hand.
    officer.map.locator("body").evaluate("() => Linkage.wall.tick(Linkage.wall.since = 0)")
    assert page_shown(officer) == f"incident:{new}"
    open_one(desk, severity=Severity.MINOR, headline="不打断大屏的一起")
    assert page_shown(officer) == f"incident:{new}"


def test_the_screen_on_the_wall_signs_in_as_itself_and_comes_straight_here(
    browser: Browser, desk: Desk
) -> None:
    with take_a_seat(browser, desk, Actor("一号大屏", Role.WALL), viewport=SIZES[0]) as seat:
        screen = Officer(seat, desk)
        screen.visit()
        screen.map.locator(".wall-line.green").wait_for()
        assert not screen.page.locator("[data-testid='stHeader']").is_visible()
        assert screen.faults == []


def test_nobodys_name_and_no_telephone_stands_on_the_wall(officer: Officer) -> None:
    page = wall(officer)
    for key in "12345":
        page.keyboard.press(key)
        text = officer.map.locator(".wall").inner_text()
        assert "值班员甲" not in text
        assert "值班员乙" not in text


def test_the_wall_shows_the_orders_of_the_worst_incident(officer: Officer, desk: Desk) -> None:
    page = wall(officer)
    page.keyboard.press("2")
    front = officer.map.locator(".incident.front")
    front.get_by_text("G15 沈海高速灌云段液氯罐车侧翻泄漏").wait_for()
    front.locator(".tile.late").get_by_text("环保").wait_for()
    with desk.record.write() as w:
        scene.add_assignment(w, 1, "health", datetime.now(UTC), late=False)
    front.locator(".tile.waits").get_by_text("卫生").wait_for()


def test_it_says_loudly_that_the_line_is_lost_and_goes_on_after_a_restart(
    officer: Officer, desk: Desk
) -> None:
    """D12: the wall says within 5 s that the line is lost, and goes on by itself."""
    wall(officer)
    officer.map.locator("body").evaluate("() => { window.kept = true; }")
    desk.kill()
    lost = officer.map.locator(".wall-lost")
    lost.wait_for(timeout=6_000)
    assert "连接已断" in lost.inner_text()
    with desk.record.write() as w:
        now = datetime.now(UTC)
        scene.open_incident(w, now, headline="停机期间的一起", severity=Severity.SEVERE)
    desk.start()
    lost.wait_for(state="hidden", timeout=20_000)
    officer.map.locator(".view.front").get_by_text("停机期间的一起").first.wait_for()
    assert officer.map.locator("body").evaluate("() => window.kept") is True
    assert (
        officer.page.get_by_role("dialog").count() == 0
        or not officer.page.get_by_role("dialog").first.is_visible()
    )


def test_hostile_words_stay_words_on_the_wall(officer: Officer, desk: Desk) -> None:
    """D01: a serious incident is named by its caller's text, and the wall shows it as text."""
    page = wall(officer)
    said = "<img src=x onerror=alert(1)>${alert(2)}`"
    hurt = open_one(desk, severity=Severity.EXTREME, headline=said, place=said)
    officer.map.locator(".incident.front h1").get_by_text(said).wait_for()
    page.keyboard.press("1")
    officer.map.locator(".city .item b").get_by_text(said).wait_for()
    assert officer.map.locator(".wall img").count() == 0
    with desk.record.write() as w:
        scene.change_incident(w, hurt, status=IncidentStatus.CLOSED)
