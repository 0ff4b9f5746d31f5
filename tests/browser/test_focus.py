"""Who works by key sees where they are, and a screen reader has a name for it."""

from playwright.sync_api import Browser, Page

from tests.browser.desk import Desk, Officer, take_a_seat

# Of what has the focus, in the map too: null at the end of the page, else what is wrong with it.
FOCUS = """() => {
  let at = document.activeElement;
  if (at && at.tagName === 'IFRAME') at = at.contentDocument && at.contentDocument.activeElement;
  if (!at || at.tagName === 'BODY') return null;
  const ringed = (e) => {
    const style = getComputedStyle(e);
    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    return outlined || style.boxShadow !== 'none';
  };
  const wrong = [];
  let ring = false;
  for (let e = at, n = 0; e && n < 4; e = e.parentElement, n++) ring = ring || ringed(e);
  if (!ring) wrong.push('no ring');
  const label = at.getAttribute('aria-label') || at.textContent || at.title || at.placeholder;
  if (!label.trim() && !(at.labels && at.labels.length)) wrong.push('no name');
  return wrong.map((each) => `${each}: ${at.tagName} ${at.className} ${label.slice(0, 30)}`);
}"""


def tabbed(page: Page, times: int) -> list[str]:
    wrong: list[str] = []
    for _ in range(times):
        page.keyboard.press("Tab")
        wrong += page.evaluate(FOCUS) or []
    return wrong


def test_at_the_door_every_field_shows_that_it_has_the_focus(browser: Browser, desk: Desk) -> None:
    with take_a_seat(browser, desk, None) as seat:
        page = seat.new_page()
        page.goto(f"{desk.url}/sign-in")
        assert tabbed(page, 5) == []


def test_on_the_situation_page_too_from_the_pages_to_the_list(officer: Officer) -> None:
    officer.situation()
    assert tabbed(officer.page, 45) == []
