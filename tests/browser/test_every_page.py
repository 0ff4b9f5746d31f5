"""Every page for every role that may see it, after a night of hostile words from nineteen systems.

The pages of a role are walked once; what was noted on the way is looked at test by test.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from linkage.access_vocabulary import View
from linkage.people import SEES, Actor
from linkage.vocabulary import Role
from tests.browser.desk import Desk, Officer, take_a_seat
from tests.browser.hostile_wire import SAID, tell
from tests.browser.whole_night import Night, whole_night

CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8")
LAYER = Path(__file__).parents[2] / "dashboard" / "live_layer"
ENGLISH = json.loads((LAYER / "en.json").read_text("utf-8"))
# The chief works in the dark theme. A page looks the same to all: who judges its colours, in which.
DARK = Role.DUTY_CHIEF
GO = """(to) => {
  history.pushState({}, '', to);
  dispatchEvent(new PopStateEvent('popstate'));
}"""
SETTLED = """(names) => document.querySelector('[data-test-script-state=notRunning]')
  && document.querySelector('[data-testid=stMainBlockContainer] [data-testid=stVerticalBlock]')
  && !document.querySelector('[data-testid=stSkeleton], [data-testid=stSpinner]')
  && (names.length === 0
    || names.some((name) => document.querySelector('h3')?.textContent.includes(name)))"""
# A map on which nothing is drawn, or the district borders alone, is one that some text has broken.
DRAWN = """() => [...document.querySelectorAll("iframe[title^='streamlit_folium']")].some((frame) =>
  frame.contentDocument && 3 < frame.contentDocument.querySelectorAll(
    '.leaflet-pane path, .leaflet-pane canvas, .leaflet-pane img').length)"""
# Whose map has things of ours on it; the walk ends where one stays empty.
WITH_MAP = {View.SITUATION, View.WALL, View.INCIDENT, View.DEPARTMENT}
COLOURED = """(theme) =>
  getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme === theme"""
# Streamlit changes its colours slowly.
STILL = """() => document.getAnimations()
  .filter((each) => each.effect.getComputedTiming().endTime !== Infinity)
  .forEach((each) => each.finish())"""


class Walk(NamedTuple):
    """What was noted on the way: page by page, empty where all was well."""

    seen: list[View]
    elsewhere: list[str]
    dialogs: list[str]
    broken: list[str]
    stacks: list[str]
    faint: list[str]


@pytest.fixture(scope="module")
def night(desk: Desk) -> Night:
    now, words = datetime.now(UTC), cycle(SAID)
    found = whole_night(desk.record, lambda said: said + next(words), now)
    tell(desk.record, now)
    return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    house = Desk(tmp_path_factory.mktemp("night"))
    house.start()
    yield house
    house.stop()
    house.record.close()


@pytest.fixture(scope="module", params=list(Role))
def walk(request: pytest.FixtureRequest, browser: Browser, desk: Desk, night: Night) -> Walk:
    role: Role = request.param
    agency = "fire" if role is Role.AGENCY_OFFICER else None
    who, theme = Actor(f"某{role.label}", role, agency), "dark" if role is DARK else "light"
    with take_a_seat(browser, desk, who, color_scheme=theme) as seat:
        return walked(Officer(seat, desk), role, night)


def walked(officer: Officer, role: Role, night: Night) -> Walk:
    page = officer.page
    found = Walk([], [], [], [], [], [])

    def listen(said: ConsoleMessage) -> None:
        if said.type == "error":
            found.broken.append(f"{page.url}: {said.text} {said.location}")

    page.on("console", listen)
    for view in View:
        if role not in SEES[view]:
            continue
        turn_to(officer, view, night)
        found.seen.append(view)
        if view in WITH_MAP:
            page.wait_for_function(DRAWN)
        for _ in officer.leaves() if view is View.INCIDENT else ("",):
            text = page.locator("body").inner_text()
            if "Traceback" in text or page.locator("[data-testid=stException]").count():
                found.stacks.append(view)
            for theme in themes(role, view):
                found.faint.extend(faint(page, view, theme))
        found.elsewhere.extend(officer.elsewhere())
    found.dialogs.extend(officer.dialogs)
    found.broken.extend(officer.faults)
    return found


def turn_to(officer: Officer, view: View, night: Night) -> None:
    """Within the application, as a link does; the first time by a page of its own."""
    page, to = officer.page, address(view, night)
    if page.url == "about:blank":
        officer.visit(to)
    else:
        page.evaluate(GO, to)
    # The wall has no head.
    names = [] if view is View.WALL else [view.label, ENGLISH.get(view.label, "text")]
    page.wait_for_function(SETTLED, arg=names)


def address(view: View, night: Night) -> str:
    query = {
        View.INCIDENT: f"?incident={night.incident}",
        View.DEPARTMENT: f"?task={night.task}",
        View.REPORTS: f"?report={night.report}",
    }
    return f"/{view.value}{query.get(view, '')}"


def themes(role: Role, view: View) -> tuple[str, ...]:
    """Those in which this role judges the page."""
    first = next(each for each in Role if each in SEES[view])
    if DARK in SEES[view]:
        return {first: ("light",), DARK: ("dark",)}.get(role, ())
    return ("light", "dark", "light") if role is first else ()


def faint(page: Page, view: View, theme: str) -> Iterator[str]:
    """Text that does not stand out from what is behind it."""
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.wait_for_function("() => document.querySelector('.linkage-guard')")
    page.wait_for_function(COLOURED, arg=theme)
    for frame in page.frames:
        frame.evaluate(STILL)
        for each in frame.evaluate(CONTRAST):
            yield f"{view.value}, {theme}: {each}"


def test_nothing_is_asked_of_another_machine(walk: Walk) -> None:
    """D01."""
    assert walk.seen
    assert walk.elsewhere == []


def test_no_word_opens_a_dialog_or_breaks_a_script(walk: Walk) -> None:
    """D01."""
    assert walk.dialogs == []
    assert walk.broken == []


def test_no_page_falls_over(walk: Walk) -> None:
    """D01."""
    assert walk.stacks == []


def test_every_text_stands_out_in_both_themes(walk: Walk) -> None:
    assert walk.faint == []
