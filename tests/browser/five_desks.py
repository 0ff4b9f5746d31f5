"""Five people side by side: officer, chief, commander, fire department, analyst. What one does, the
others see. The test asks that they do, `python -m bench five_desks` how soon."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from playwright.sync_api import Browser, FrameLocator, Page
from sqlalchemy import select

from linkage.access_vocabulary import View
from linkage.alerts import Casualties, Point
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.response_vocabulary import CommandLevel
from linkage.tables import assignment
from linkage.vocabulary import (
    RESPONSE_LEVELS,
    AssignmentStatus,
    IncidentStatus,
    Role,
    Severity,
)
from tests.browser.desk import Desk, Officer, take_a_seat
from tests.builders import alert
from tests.onrecord import put_incident

OFFICER = Actor("值班员甲", Role.DUTY_OFFICER)
CHIEF = Actor("值班长丙", Role.DUTY_CHIEF)
COMMANDER = Actor("指挥员丁", Role.COMMANDER)
FIREMAN = Actor("消防值班员", Role.AGENCY_OFFICER, "fire")
ANALYST = Actor("研判员戊", Role.ANALYST)
SEATS = (OFFICER, CHIEF, COMMANDER, FIREMAN, ANALYST)
CALLER, TELEPHONE = "报警人某某", "13812345678"
REPORTED = "堵漏完成，正在稀释"
# A machine may be busy; how soon it is otherwise, the benchmark says.
PATIENCE_S = 40.0


@contextmanager
def five_desks(browser: Browser, desk: Desk) -> Iterator["FiveDesks"]:
    """Signed in, each before the page that they work at."""
    with ExitStack() as stack:
        made = FiveDesks(browser, desk, stack)
        made.sit_down()
        yield made


class Seen(NamedTuple):
    """`act` of one was on the screen of `who` after so many seconds, counted from the click."""

    act: str
    who: str
    seconds: float


class FiveDesks:
    """`situation` of officer and analyst, the incident's page of chief and commander, the
    department's list."""

    def __init__(self, browser: Browser, desk: Desk, stack: ExitStack) -> None:
        self.desk = desk
        self.incident = put_incident(
            desk.record,
            alert(
                source_ref=f"T{datetime.now(UTC).timestamp()}",
                kind=Kind.HAZMAT_VEHICLE,
                event_code=Kind.HAZMAT_VEHICLE.event_code,
                severity=Severity.EXTREME,
                headline="液氯罐车侧翻泄漏",
                place="灌云县 G15 沈海高速 K872",
                point=Point(119.231, 34.318),
                caller_name=CALLER,
                caller_phone=TELEPHONE,
                occurred_at=datetime.now(UTC),
                casualties=Casualties(deaths=3, poisoned=2),
            ),
            hazmat=True,
        )
        self.officer, self.chief, self.commander, self.fireman, self.analyst = (
            Officer(stack.enter_context(take_a_seat(browser, desk, who)), desk) for who in SEATS
        )

    def sit_down(self) -> None:
        for who in (self.officer, self.analyst):
            who.situation(f"/{View.SITUATION.value}")
        for who in (self.chief, self.commander):
            who.visit(self.case)
            who.page.locator(".st-key-assign_issue button").wait_for()
        self.fireman.visit(f"/{View.DEPARTMENT.value}")
        self.fireman.page.get_by_text("没有待办任务").wait_for()

    @property
    def case(self) -> str:
        return f"/{View.INCIDENT.value}?incident={self.incident}"

    @property
    def task(self) -> int:
        mine = assignment.c.incident_id == self.incident, assignment.c.agency_id == "fire"
        with self.desk.record.read() as cx:
            return int(cx.execute(select(assignment.c.id).where(*mine)).scalar_one())

    def everybody(self) -> dict[str, Officer]:
        names = ("officer", "chief", "commander", "fireman", "analyst")
        return {name: getattr(self, name) for name in names}

    def role(self, name: str) -> Role:
        seats = zip(self.everybody(), SEATS, strict=True)
        return next(who.role for each, who in seats if each == name)

    def story(self) -> Iterator[Seen]:
        yield from self.claims()
        yield from self.starts()
        yield from self.raises()
        yield from self.hands_over()
        yield from self.acknowledges()
        yield from self.reports()

    # ── what each does, and where it must appear ──

    def claims(self) -> Iterator[Seen]:
        told = f"{OFFICER}接手"
        yield from _seen(
            "接手",
            self.officer.map,
            f"{self._row} .take",
            analyst=Place(self.analyst.map, self._row, OFFICER.name),
            chief=Place(self.chief.page, _MAIN, told),
            commander=Place(self.commander.page, _MAIN, told),
        )

    def starts(self) -> Iterator[Seen]:
        self.officer.visit(self.case)
        yield from _seen(
            "启动联动",
            self.officer.page,
            ".st-key-assign_issue button",
            commander=Place(self.commander.page, _PANEL),
            chief=Place(self.chief.page, _PANEL),
            fireman=Place(self.fireman.page, "[class*=st-key-department_next_]"),
            analyst=Place(self.analyst.map, self._row, IncidentStatus.DISPATCHED.label),
        )

    def raises(self) -> Iterator[Seen]:
        page = self.chief.page
        page.locator("[class*=_menu_level_] button").click()
        body = page.get_by_test_id("stPopoverBody")
        body.get_by_role("textbox").fill("伤亡扩大")
        level = f"{RESPONSE_LEVELS[2]}响应"
        yield from _seen(
            "升级",
            page,
            ".st-key-response_level_2 button",
            commander=Place(self.commander.page, _PANEL, level),
            officer=Place(self.officer.page, _PANEL, level),
        )

    def hands_over(self) -> Iterator[Seen]:
        page = self.commander.page
        page.locator("[class*=_menu_command_] button").click()
        body = page.get_by_test_id("stPopoverBody")
        body.get_by_role("textbox").fill("省厅工作组接手")
        now = CommandLevel.PROVINCE.label
        yield from _seen(
            "移交指挥",
            page,
            f".st-key-response_command_{CommandLevel.PROVINCE} button",
            chief=Place(self.chief.page, _PANEL, now),
            officer=Place(self.officer.page, _PANEL, now),
        )

    def acknowledges(self) -> Iterator[Seen]:
        button = f".st-key-department_next_{self.task} button"
        yield from self._answered("签收", button, AssignmentStatus.ACKNOWLEDGED.label)

    def reports(self) -> Iterator[Seen]:
        page = self.fireman.page
        page.locator(f".st-key-department_form_{self.task}_reported button").click()
        page.locator("[class*=department_reported_words] textarea").fill(REPORTED)
        button = f".st-key-department_send_{self.task}_reported button"
        yield from self._answered("反馈", button, REPORTED)

    def _answered(self, act: str, button: str, words: str) -> Iterator[Seen]:
        done = f".st-key-assign_task_{self.task}"
        yield from _seen(
            act,
            self.fireman.page,
            button,
            officer=Place(self.officer.page, done, words),
            chief=Place(self.chief.page, done, words),
            commander=Place(self.commander.page, done, words),
        )

    @property
    def _row(self) -> str:
        return f".row[data-id='{self.incident}']"


_MAIN = "[data-testid=stMain]"
_PANEL = ".st-key-response_panel"


class Place(NamedTuple):
    """Where `words` must appear: on a page or in its map, within `css`."""

    screen: Page | FrameLocator
    css: str
    words: str = ""

    def seen(self, act: str) -> float:
        """When it was painted, in seconds since 1970; 0 until then. The page itself keeps watch
        from the first call on: to ask for it again and again would keep it from painting."""
        return float(self.screen.locator("body").evaluate(_SEEN, [act, self.css, self.words]))

    def shown(self) -> list[str]:
        """What stands at that place instead, and whether the line of a map is up."""
        return self.screen.locator(f"{self.css}, .light").all_inner_texts()


_SEEN = """(_, [act, css, words]) => {
  const seen = (window.linkageSeen ||= {});
  if (!(act in seen)) {
    seen[act] = 0;
    const watch = new MutationObserver(() => look());
    const look = () => {
      const there = [...document.querySelectorAll(css)].some((e) => e.textContent.includes(words));
      if (!there) return;
      watch.disconnect();
      const now = () => (performance.timeOrigin + performance.now()) / 1000;
      requestAnimationFrame(() => { seen[act] = now(); });
    };
    watch.observe(document, { subtree: true, childList: true, characterData: true });
    look();
  }
  return seen[act];
}"""
_ARMED = """() => {
  const now = () => (performance.timeOrigin + performance.now()) / 1000;
  const heard = () => { window.linkagePressed = now(); };
  document.addEventListener("click", heard, { capture: true, once: true });
}"""


def _seen(act: str, by: Page | FrameLocator, button: str, **where: Place) -> Iterator[Seen]:
    for name, place in where.items():
        assert not place.seen(act), f"{act} stands before {name} already"
    by.locator("body").evaluate(_ARMED)
    by.locator(button).click()
    pressed = float(by.locator("body").evaluate("window.linkagePressed"))
    waits = dict(where)
    until = time.monotonic() + PATIENCE_S
    while waits:
        for name, place in list(waits.items()):
            if at := place.seen(act):
                yield Seen(act, name, at - pressed)
                del waits[name]
        if time.monotonic() > until:
            shown = {name: place.shown() for name, place in waits.items()}
            raise AssertionError(f"{act} is not seen; there stands {shown}")
        time.sleep(0.1)
