"""The banner of the clocks' auditor: over the foot of a page, and nothing stays hidden under it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from linkage.clocks.audit import hold_audit
from tests.browser import scene
from tests.browser.desk import Desk, Officer
from tests.timekeeping import CLOCKS, put_on_duty

BANNER = '[class*="st-key-audit_banner"]'
PANELS = '[data-testid="stMainBlockContainer"]'


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Where nobody keeps the clocks."""
    house, now = Desk(tmp_path_factory.mktemp("audit")), datetime.now(UTC)
    scene.evening(house.record)
    put_on_duty(house.record, now - timedelta(days=1), now + timedelta(days=1))
    hold_audit(house.record, now, CLOCKS)
    house.start()
    yield house
    house.stop()
    house.record.close()


@pytest.mark.parametrize("page", ["incident", "responses"])
def test_the_end_of_the_page_can_be_scrolled_clear_of_the_banner(
    officer: Officer, page: str
) -> None:
    officer.visit(f"/{page}")
    officer.page.locator(BANNER).get_by_text("守时停走").wait_for()
    # Once the page has come to rest; it has 15 seconds.
    officer.page.wait_for_function(
        """([main, banner]) => {
          const block = document.querySelector(main);
          for (let of = block; of; of = of.parentElement) of.scrollTop = of.scrollHeight;
          const end = block.lastElementChild.getBoundingClientRect().bottom;
          return end <= document.querySelector(banner).getBoundingClientRect().top;
        }""",
        arg=[PANELS, BANNER],
    )


def test_the_map_ends_where_the_banner_begins(officer: Officer) -> None:
    officer.situation()
    officer.page.locator(BANNER).get_by_text("守时停走").wait_for()
    officer.page.wait_for_function(
        """([main, banner]) => {
          const scrolls = document.querySelector(main);
          const map = document.querySelector("iframe[title^='streamlit_folium']");
          const end = map.getBoundingClientRect().bottom;
          return scrolls.scrollHeight <= scrolls.clientHeight + 1
            && end <= document.querySelector(banner).getBoundingClientRect().top;
        }""",
        arg=["[data-testid='stMain']", BANNER],
    )


def test_the_banner_says_whom_to_call_and_holds_no_empty_box(officer: Officer) -> None:
    officer.visit("/incident")
    banner = officer.page.locator(BANNER)
    banner.get_by_text("请电话告知").wait_for()
    officer.page.wait_for_function(
        """(of) => [...document.querySelector(of).children].every(
          (box) => !box.offsetHeight || box.innerText.trim()
        )""",
        arg=BANNER,
    )
    assert "不受态势图“静音”影响" in banner.inner_text()


def test_nothing_under_the_banner_is_pressed_through_it(officer: Officer) -> None:
    officer.visit("/incident")
    banner = officer.page.locator(BANNER)
    banner.get_by_text("守时停走").wait_for()
    box = banner.bounding_box()
    assert box is not None
    hit = officer.page.evaluate(
        "([x, y, of]) => Boolean(document.elementFromPoint(x, y).closest(of))",
        [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, BANNER],
    )
    assert hit is True
