"""事件处置 in a real browser: one screen, under the fingers, and back again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from dashboard.keys import INCIDENT
from linkage.alerts import Casualties, Point
from linkage.desk.facts import Incident, read_incidents
from linkage.kinds import Kind
from linkage.response.tasks import read_tasks_of
from linkage.vocabulary import IncidentStatus, LinkKind, LinkState, Severity
from tests.browser import scene
from tests.browser.desk import Desk, Officer
from tests.builders import alert
from tests.onrecord import add_alert, change_incident, put_incident, put_link
from tests.parts import wait_until


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """With nothing on its record but what a test puts there."""
    house = Desk(tmp_path_factory.mktemp("desk"))
    scene.heartbeat(house.record, datetime.now(UTC))
    house.start()
    yield house
    house.stop()
    house.record.close()


@pytest.fixture
def fire(desk: Desk) -> int:
    """Told by six, and a second one that may be the same."""
    now = datetime.now(UTC)
    said: dict[str, Any] = {"kind": Kind.FIRE, "place": "海棠路商业综合体"}
    serial = f"{now.timestamp():.6f}"
    one = put_incident(
        desk.record,
        alert(
            **said,
            source_ref=f"A{serial}",
            severity=Severity.EXTREME,
            headline="商场三楼起火",
            occurred_at=now - timedelta(minutes=14),
            casualties=Casualties(trapped=5, injured=2),
        ),
    )
    for n in range(5):
        ref = f"X{n}{serial}"
        add_alert(desk.record, one, alert(**said, source_ref=ref, headline=f"续报{n}"))
    change_incident(desk.record, one, alert_count=6)
    near = alert(
        **said, source_ref=f"B{serial}", headline="海棠路冒烟", point=Point(119.172, 34.601)
    )
    other = put_incident(desk.record, near)
    reasons = '[["相距 90 米",9.0]]'
    put_link(
        desk.record, other, one, LinkKind.PROPOSED, LinkState.OPEN, score=17.5, reasons=reasons
    )
    return one


def at(officer: Officer, incident_id: int) -> Page:
    officer.visit(f"/incident?incident={incident_id}")
    officer.page.locator(".st-key-incident_done").wait_for()
    officer.page.locator(".st-key-assign_issue button").wait_for()
    return officer.page


def row(desk: Desk, incident_id: int) -> Incident:
    with desk.record.read() as cx:
        (found,) = read_incidents(cx, [incident_id])
    return found


def test_everything_about_one_incident_is_on_one_screen(officer: Officer, fire: int) -> None:
    page = at(officer, fire)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("(part) => part.scrollHeight - part.clientHeight") == 0
    for column in ("known", "told", "done"):
        box = page.locator(f".st-key-incident_{column}").bounding_box()
        assert box
        assert box["y"] + box["height"] <= 900
        assert box["height"] > 420
    for first in ("incident_claim", "incident_same_yes", "assign_issue"):
        box = page.locator(f".st-key-{first} button").bounding_box()
        assert box
        assert box["y"] + box["height"] < 900, f"{first} is seen without scrolling"


def test_the_sheet_of_keys_shows_what_is_registered(officer: Officer, fire: int) -> None:
    page = at(officer, fire)
    page.keyboard.press("?")
    sheet = page.locator("dialog.linkage-keys[open]")
    sheet.wait_for()
    told = sheet.locator("dt").all_inner_texts()
    assert told == [*(key.letter for key in INCIDENT), "?"]
    page.keyboard.press("Escape")
    sheet.wait_for(state="hidden")


def test_a_key_acts_and_another_takes_it_back(officer: Officer, desk: Desk, fire: int) -> None:
    page = at(officer, fire)
    page.keyboard.press("j")
    page.get_by_role("button", name="撤回“接手”").first.wait_for()
    assert row(desk, fire).claimed_by == "值班员甲（值班员）"
    page.keyboard.press("u")
    wait_until(lambda: row(desk, fire).claimed_by is None, 20)
    page.get_by_role("button", name="接手").first.wait_for()


def test_one_touch_of_a_key_sends_nobody_out(officer: Officer, desk: Desk, fire: int) -> None:
    page = at(officer, fire)
    page.keyboard.press("l")
    page.get_by_text("再按一次 L 即下达").wait_for()
    page.get_by_text("再按一次 L 即下达").wait_for(state="hidden")
    page.keyboard.press("l")
    page.get_by_text("再按一次 L 即下达").wait_for()
    assert not read_tasks_of(desk.record, fire)
    page.keyboard.press("l")
    wait_until(lambda: read_tasks_of(desk.record, fire), 20, "the orders")


def test_keys_count_with_a_hand_on_the_map_too(officer: Officer, desk: Desk, fire: int) -> None:
    page = at(officer, fire)
    ground = page.locator("iframe[title^='streamlit_folium']").first
    ground.content_frame.locator("#map_div").click(position={"x": 60, "y": 60})
    page.wait_for_function("document.activeElement.tagName === 'IFRAME'")
    page.keyboard.press("j")
    wait_until(lambda: row(desk, fire).claimed_by == "值班员甲（值班员）", 20)


def test_no_key_acts_while_somebody_types(officer: Officer, desk: Desk, fire: int) -> None:
    page = at(officer, fire)
    page.keyboard.press("n")
    field = page.get_by_label("写入处置记录")
    field.wait_for()
    field.click()
    page.keyboard.type("jhluk? JHE")
    assert field.input_value() == "jhluk? JHE"
    assert page.locator("dialog.linkage-keys[open]").count() == 0
    found = row(desk, fire)
    assert found.claimed_by is None
    assert found.status is IncidentStatus.RECEIVED
    page.keyboard.press("Control+j")
    page.keyboard.press("Alt+j")
    assert row(desk, fire).claimed_by is None


def test_the_two_of_a_proposal_stand_line_by_line(officer: Officer, desk: Desk, fire: int) -> None:
    page = at(officer, fire)
    same = page.locator(".st-key-incident_same")
    lines = same.locator("tbody tr")
    same.get_by_text("海棠路冒烟").wait_for()
    cells = [lines.nth(n).locator("th, td").all_inner_texts() for n in (0, 1)]
    told = [[text.strip() for text in line if text.strip()] for line in cells]
    assert told[0] == ["主题", "商场三楼起火", "≠", "海棠路冒烟"]
    assert told[1] == ["类别", "火灾", "＝", "火灾"]
    same.get_by_text("红点为本事件").wait_for()
    page.keyboard.press("y")
    wait_until(lambda: row(desk, fire).alert_count == 7, 20)


def test_a_split_shows_both_halves_before_it_is_confirmed(
    officer: Officer, desk: Desk, fire: int
) -> None:
    page = at(officer, fire)
    page.keyboard.press("f")
    menu = page.get_by_test_id("stPopoverBody")
    menu.get_by_text("留下：").wait_for()
    assert row(desk, fire).alert_count == 6, "nothing is done yet"
    assert "商场三楼起火" in menu.get_by_test_id("stTable").inner_text()
    menu.locator(".st-key-incident_split button").click()
    wait_until(lambda: row(desk, fire).alert_count == 5, 20)


def test_the_map_page_lists_its_keys_too(officer: Officer, fire: int) -> None:
    officer.situation()
    officer.page.keyboard.press("?")
    sheet = officer.map.locator("dialog.linkage-keys[open]")
    sheet.wait_for()
    told = sheet.locator("dt").all_inner_texts()
    assert told == [*map(str, officer.ask("board.keys.rows.map((row) => row[1])")), "?"]  # type: ignore[call-overload]
