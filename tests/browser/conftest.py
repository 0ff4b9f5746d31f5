"""The fixtures of the browser tests: one browser, a desk a module, an officer a test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser import scene
from tests.browser.desk import Desk, Officer, start_browser, take_a_seat


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


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with take_a_seat(browser) as seat:
        yield seat


@pytest.fixture
def officer(context: BrowserContext, desk: Desk) -> Iterator[Officer]:
    """Whatever a test does: no request off the machine, no dialog, no broken script."""
    found = Officer(context, desk)
    yield found
    assert found.elsewhere() == []
    assert found.dialogs == []
    assert found.faults == []
