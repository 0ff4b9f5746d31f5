"""The page that carries all others, as a browser gets it."""

import pytest
from playwright.sync_api import Browser, ConsoleMessage

from linkage.access_vocabulary import View
from linkage.people import SEES
from linkage.vocabulary import Role
from streamlit_app import PAGES
from tests.browser.desk import Desk, Officer, take_a_seat

# The wall has no head: it fills the screen.
OFFICERS = [v for v in PAGES if Role.DUTY_OFFICER in SEES[v] and v is not View.WALL]


@pytest.mark.parametrize("view", OFFICERS)
def test_a_page_opened_by_its_address_has_nothing_to_complain_of(
    view: View, officer: Officer
) -> None:
    """D15: nor does it ask another machine, see `officer`."""
    said: list[str] = []

    def heed(message: ConsoleMessage) -> None:
        if message.type == "error":
            said.append(message.text)

    officer.page.on("console", heed)
    officer.visit(f"/{view.value}")
    officer.page.get_by_role("heading", name=view.label).first.wait_for()
    assert said == []


def test_the_page_is_chinese_from_its_first_byte(officer: Officer) -> None:
    officer.visit("/intake")
    officer.page.get_by_role("heading", name="接入状态").first.wait_for()
    assert officer.page.evaluate("document.documentElement.lang") == "zh-CN"
    answer = officer.page.request.get(officer.desk.url + "/", headers={"Accept": "text/html"})
    assert "You need to enable JavaScript" not in answer.text()


def test_a_map_within_the_page_is_read_out_as_chinese_too(officer: Officer) -> None:
    officer.situation()
    assert officer.ask("document.documentElement.lang") == "zh-CN"


def test_nobody_signed_in_is_led_to_the_sign_in_page_and_back(browser: Browser, desk: Desk) -> None:
    with take_a_seat(browser, desk, who=None) as context:
        officer = Officer(context, desk)
        officer.visit("/incident?incident=20260101-0001")
        officer.page.get_by_role("heading", name="应急联动指挥").wait_for()
        assert officer.page.locator("input[name=next]").input_value() == (
            "/incident?incident=20260101-0001"
        )
        assert officer.page.get_by_text("演示环境").count() == 0


def test_signing_out_shuts_every_tab(officer: Officer) -> None:
    """D07: the other tab is told within seconds, and a reload leads to the sign-in page."""
    officer.visit("/intake")
    other = officer.open()
    other.goto(f"{officer.desk.url}/duty")
    other.get_by_role("heading", name="值班").first.wait_for()
    officer.page.get_by_role("button", name="值班员甲").click()
    officer.page.get_by_role("button", name="退出登录").click()
    officer.page.get_by_text("本人退出").wait_for()
    other.get_by_text("本人退出").wait_for()
    other.reload()
    other.get_by_role("heading", name="应急联动指挥").wait_for()
