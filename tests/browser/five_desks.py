"""Five people side by side: officer, chief, commander, fire department, analyst. What one does, the
others see. The test asks that they do, `python -m bench five_desks` how soon."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from playwright.sync_api import Browser, Locator
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
        row = f".row[data-id='{self.incident}']"
        self.officer.map.locator(f"{row} .take").click()
        yield from _seen(
            "接手",
            analyst=self.analyst.map.locator(row).get_by_text(OFFICER.name),
            chief=self.chief.page.get_by_text(f"{OFFICER}接手"),
            commander=self.commander.page.get_by_text(f"{OFFICER}接手"),
        )

    def starts(self) -> Iterator[Seen]:
        self.officer.visit(self.case)
        self.officer.page.locator(".st-key-assign_issue button").click()
        row = f".row[data-id='{self.incident}']"
        yield from _seen(
            "启动联动",
            commander=self.commander.page.locator(".st-key-response_panel"),
            chief=self.chief.page.locator(".st-key-response_panel"),
            fireman=self.fireman.page.locator("[class*=st-key-department_next_]"),
            analyst=self.analyst.map.locator(row).get_by_text(IncidentStatus.DISPATCHED.label),
        )

    def raises(self) -> Iterator[Seen]:
        page = self.chief.page
        page.locator("[class*=_menu_level_] button").click()
        body = page.get_by_test_id("stPopoverBody")
        body.get_by_role("textbox").fill("伤亡扩大")
        body.locator(".st-key-response_level_2 button").click()
        level = f"{RESPONSE_LEVELS[2]}响应"
        yield from _seen(
            "升级",
            commander=self.commander.page.locator(".st-key-response_panel").get_by_text(level),
            officer=self.officer.page.locator(".st-key-response_panel").get_by_text(level),
        )

    def hands_over(self) -> Iterator[Seen]:
        page = self.commander.page
        page.locator("[class*=_menu_command_] button").click()
        body = page.get_by_test_id("stPopoverBody")
        body.get_by_role("textbox").fill("省厅工作组接手")
        body.locator(f".st-key-response_command_{CommandLevel.PROVINCE} button").click()
        now = CommandLevel.PROVINCE.label
        yield from _seen(
            "移交指挥",
            chief=self.chief.page.locator(".st-key-response_panel").get_by_text(now),
            officer=self.officer.page.locator(".st-key-response_panel").get_by_text(now),
        )

    def acknowledges(self) -> Iterator[Seen]:
        self.fireman.page.locator(f".st-key-department_next_{self.task} button").click()
        yield from self._answered("签收", AssignmentStatus.ACKNOWLEDGED.label)

    def reports(self) -> Iterator[Seen]:
        page = self.fireman.page
        page.locator(f".st-key-department_form_{self.task}_reported button").click()
        page.locator("[class*=department_reported_words] textarea").fill(REPORTED)
        page.locator(f".st-key-department_send_{self.task}_reported button").click()
        yield from self._answered("反馈", REPORTED)

    def _answered(self, act: str, words: str) -> Iterator[Seen]:
        place = ".st-key-incident_done"
        yield from _seen(
            act,
            officer=self.officer.page.locator(place).get_by_text(words),
            chief=self.chief.page.locator(place).get_by_text(words),
            commander=self.commander.page.locator(place).get_by_text(words),
        )


def _seen(act: str, **where: Locator) -> Iterator[Seen]:
    began = time.monotonic()
    waits = dict(where)
    while waits:
        for name, place in list(waits.items()):
            if place.count():
                yield Seen(act, name, time.monotonic() - began)
                del waits[name]
        if time.monotonic() - began > PATIENCE_S:
            raise AssertionError(f"{act}: {', '.join(waits)} saw nothing of it")
