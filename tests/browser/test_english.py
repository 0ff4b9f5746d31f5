"""A person who reads English: every page of their role, with no Chinese left on it but data.

Whether each text has its English is asked elsewhere; here, whether the page finds it there: a text
that is not yet in the catalogue is given a stand-in.
"""

import json
import re
import runpy
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page

from linkage.access.preferences import keep_preference
from linkage.access_tables import account
from linkage.access_vocabulary import View
from linkage.people import SEES, Actor
from linkage.vocabulary import Role
from tests.browser.desk import Desk, Officer, take_a_seat
from tests.browser.test_every_page import LAYER, turn_to
from tests.browser.whole_night import Night, whole_night

# Each page once, for a role that has it.
WHO = (Role.DUTY_OFFICER, Role.AGENCY_OFFICER, Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN)
# The names of places on the ground, and what its makers are called, are data.
CHINESE = """() => {
  const found = new Set();
  if (!document.body) return [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const data = 'script, style, textarea, svg, .as-said, .leaflet-pane, .leaflet-control-container';
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const said = node.nodeValue.trim();
    if (!/[\\u3400-\\u9fff]/.test(said) || node.parentElement.closest(data)) continue;
    if (node.parentElement.checkVisibility({ visibilityProperty: true })) found.add(said);
  }
  for (const field of document.querySelectorAll('input, textarea')) {
    if (/[\\u3400-\\u9fff]/.test(field.placeholder)) found.add(field.placeholder);
  }
  return [...found];
}"""
SWITCH = ("中文", "语言 Language")
STATE = "赶往现场"  # as the unit says it
TITLE = "的报告（首报）"  # of a document, which is written in Chinese
HAN = re.compile(r"[\u3400-\u9fff]+")
# What is known of substances and first measures, and whom to call, is said as the tables say it.
ROOT = Path(__file__).parents[2]
TABLES = "".join(
    (ROOT / "data" / f"{name}.toml").read_text("utf-8")
    for name in ("substances", "first_measures", "duty", "unit_states", "agencies", "report_limits")
)


def all_chinese(page: Page) -> list[str]:
    """Of every frame; anew where the page has just put another in the place of one."""
    frames = page.frames
    try:
        return [each for frame in frames for each in frame.evaluate(CHINESE)]
    except Error:
        if not any(frame.is_detached() for frame in frames):
            raise
    return all_chinese(page)


def catalogue() -> str:
    known = json.loads((LAYER / "en.json").read_text("utf-8"))
    every = runpy.run_path(str(ROOT / "docs" / "words.py"))["texts"]()
    fill = {
        text: " ".join(["text", *(f"{{{n}}}" for n in range(text.count("{}")))]) for text in every
    }
    return json.dumps(fill | known)


def is_data(said: str) -> bool:
    if said in SWITCH or any(each in said for each in (STATE, TITLE)):
        return True
    return all(run in TABLES for run in HAN.findall(said))


@pytest.fixture(scope="module")
def night(desk: Desk) -> Night:
    return whole_night(desk.record, lambda said: said, datetime.now(UTC))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    house = Desk(tmp_path_factory.mktemp("english"))
    house.start()
    yield house
    house.stop()
    house.record.close()


@pytest.mark.parametrize("role", WHO)
def test_no_chinese_is_left_for_who_reads_english(
    browser: Browser, desk: Desk, night: Night, role: Role
) -> None:
    agency = "fire" if role is Role.AGENCY_OFFICER else None
    left: list[str] = []
    whole = catalogue()
    with take_a_seat(browser, desk, Actor(f"Sam {role}", role, agency)) as seat:
        cookie = {"name": "linkage_language", "value": "en", "url": desk.url}
        seat.add_cookies([cookie])  # type: ignore[list-item]
        with desk.record.read() as cx:
            mine = account.select().where(account.c.name == f"Sam {role}")
            own = cx.execute(mine).one()
        keep_preference(desk.record, own.id, "language", "en")
        seat.route("**/live/en.json", lambda route: route.fulfill(json=json.loads(whole)))
        officer = Officer(seat, desk)
        for view in View:
            if role in SEES[view]:
                turn_to(officer, view, night)
                found = all_chinese(officer.page)
                left += [f"{view.value}: {said}" for said in found if not is_data(said)]
        assert officer.faults == []
    assert left == []
