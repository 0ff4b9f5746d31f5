"""The fixtures of the browser tests: one browser, a desk a module, an officer a test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser import scene
from tests.browser.desk import (
    PATIENCE_MS,
    Desk,
    Officer,
    forget,
    sign_in,
    start_browser,
    take_a_seat,
)

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with start_browser() as started:
        yield started


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """With an evening on its record."""
    house = Desk(tmp_path_factory.mktemp("desk"))
    scene.evening(house.record)
    house.start()
    yield house
    house.stop()
    house.record.close()


@pytest.fixture(scope="module")
def browser_kept(browser: Browser, desk: Desk) -> Iterator[BrowserContext]:
    """One for all tests of a module: what it has fetched once, it need not fetch again."""
    with take_a_seat(browser, desk, who=None) as seat:
        seat.new_page().goto(f"{desk.url}/api/health")  # stands open: see QUIET
        yield seat


@pytest.fixture
def context(browser_kept: BrowserContext, desk: Desk) -> Iterator[BrowserContext]:
    """Signed in anew, and nothing remembered of the test before."""
    sign_in(browser_kept, desk)
    yield browser_kept
    for page in browser_kept.pages[1:]:
        page.close()
    forget(browser_kept, desk)


@pytest.fixture
def officer(context: BrowserContext, desk: Desk) -> Iterator[Officer]:
    """Whatever a test does: no request off the machine, no dialog, no broken script."""
    found = Officer(context, desk)
    yield found
    assert found.elsewhere() == []
    assert found.dialogs == []
    assert found.faults == []
