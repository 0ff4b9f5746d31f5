"""部门工作台 in a real browser: in one hand, words half written, an order that rings."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from linkage.alerts import Point
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.record import Record
from linkage.response import responses
from linkage.vocabulary import AssignmentStatus, Role, Severity
from tests.browser.desk import Desk, Officer, take_a_seat
from tests.builders import alert
from tests.desk import AGENCIES, LEAD, OFFICER, issue, order, say, task_row
from tests.onrecord import put_incident
from tests.parts import wait_until

S = AssignmentStatus
SMALL, USUAL = {"width": 360, "height": 740}, {"width": 390, "height": 844}
WRITTEN = "写了一半的理由"
# What a thumb has to hit, and is lower than 44 px.
TOO_SMALL = """() => [...document.querySelectorAll(
  '[data-testid=stMain] button, [data-testid=stMain] summary, [data-testid=stMain] input')]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43.5)
  .map(e => `${e.tagName} ${e.textContent} ${e.getBoundingClientRect().height}`)"""
ZOOMS = """() => [...document.querySelectorAll(
  '[data-testid=stMain] input, [data-testid=stMain] textarea')]
  .filter(e => e.checkVisibility() && parseFloat(getComputedStyle(e).fontSize) < 16)
  .map(e => e.outerHTML.slice(0, 90))"""
WIDER = """() => [document.documentElement, document.querySelector('[data-testid=stMain]')]
  .map(e => e.scrollWidth - e.clientWidth)"""


def told(record: Record, agency: str = "fire", **changes: Any) -> int:
    """A new order in an incident of its own."""
    now = datetime.now(UTC)
    usual = {
        "kind": Kind.HAZMAT_VEHICLE,
        "severity": Severity.EXTREME,
        "headline": "液氯罐车侧翻泄漏",
        "text": "液氯泄漏",
        "place": "灌云县 G15 沈海高速 K872+300 北向应急车道",
        "point": Point(119.231, 34.318),
        "occurred_at": now,
    }
    at = put_incident(record, alert(source_ref=f"J-{now.timestamp()}", **(usual | changes)))
    others = [order("health"), order("environment")]
    return issue(record, at, order(agency, LEAD, task="稀释堵漏"), *others, at=now)[0]


@pytest.fixture
def telephone(browser: Browser, desk: Desk) -> Iterator[BrowserContext]:
    # A department of this test's own: what others are told stands on no one else's list.
    who = Actor("消防值班员", Role.AGENCY_OFFICER, "fire")
    options = {"viewport": USUAL, "is_mobile": True, "has_touch": True}
    with take_a_seat(browser, desk, who, **options) as context:
        yield context


@pytest.fixture
def fireman(telephone: BrowserContext, desk: Desk) -> Iterator[Officer]:
    found = Officer(telephone, desk)
    yield found
    assert found.elsewhere() == []
    assert found.dialogs == []
    assert found.faults == []


def opened(officer: Officer, task: int) -> Page:
    officer.visit(f"/department?task={task}")
    officer.page.locator(f".st-key-department_next_{task} button").wait_for()
    return officer.page


def until(desk: Desk, task: int, status: S) -> None:
    wait_until(lambda: task_row(desk.record, task).status == status, 30, status.label)


@pytest.mark.parametrize("size", [SMALL, USUAL], ids=["360", "390"])
def test_a_telephone_shows_it_in_one_column_with_targets_for_a_thumb(
    fireman: Officer, desk: Desk, size: dict[str, int]
) -> None:
    task = told(desk.record)
    fireman.page.set_viewport_size(size)  # type: ignore[arg-type]
    page = opened(fireman, task)
    page.locator("iframe[title^='streamlit_folium']").wait_for()
    for step in ("case", "form", "list"):
        if step == "form":
            page.locator(f".st-key-department_form_{task}_declined button").tap()
            page.locator("[class*=st-key-department_declined_words]").wait_for()
        elif step == "list":
            page.locator(".st-key-department_back_button button").tap()
            page.locator(f".st-key-department_open_{task} button").wait_for()
        assert page.evaluate(WIDER) == [0, 0], step
        assert page.evaluate(TOO_SMALL) == [], step
        assert page.evaluate(ZOOMS) == [], step


def test_the_next_step_is_under_the_thumb_without_scrolling(fireman: Officer, desk: Desk) -> None:
    task = told(desk.record)
    page = opened(fireman, task)
    main = page.locator(f".st-key-department_next_{task} button")
    place = main.bounding_box()
    assert place is not None
    assert place["y"] > USUAL["height"] / 2
    assert place["y"] + place["height"] <= USUAL["height"]
    for status in (S.ACKNOWLEDGED, S.EN_ROUTE, S.ON_SCENE, S.WORKING):
        label = {S.ACKNOWLEDGED: "签收", S.EN_ROUTE: "出动", S.ON_SCENE: "到场"}
        expect(main).to_contain_text(label.get(status, "开始处置"))
        main.tap()
        until(desk, task, status)


def test_words_half_written_survive_whatever_arrives(fireman: Officer, desk: Desk) -> None:
    """Without leaving the field: what is typed is nowhere but in the browser."""
    task = told(desk.record)
    page = opened(fireman, task)
    page.locator(f".st-key-department_form_{task}_declined button").tap()
    field = page.locator("[class*=st-key-department_declined_words] textarea")
    field.tap()
    page.keyboard.type(WRITTEN)
    more = told(desk.record, kind=Kind.FIRE, headline="仓库起火")
    page.locator(f".st-key-department_open_{more}").wait_for(state="attached")
    say(desk.record, "health", task + 1, S.ACKNOWLEDGED, datetime.now(UTC))
    expect(page.locator(".st-key-department_case_chosen")).to_contain_text("已签收")
    assert field.input_value() == WRITTEN
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    responses.cancel(desk.record, OFFICER, task, 1, "误报", agencies=AGENCIES)
    case = page.locator(".st-key-department_case_chosen")
    expect(case).to_contain_text("撤销这项任务，请停止执行")
    expect(case).to_contain_text("下面写的内容不能提交")
    assert field.input_value() == WRITTEN


def test_a_new_order_rings_counts_in_the_title_and_is_there_within_a_second(
    fireman: Officer, desk: Desk
) -> None:
    first = told(desk.record)
    page = opened(fireman, first)
    page.wait_for_function("document.title.startsWith('（')")
    before = page.evaluate("Number(document.body.dataset.departmentRung || 0)")
    waiting = page.evaluate("parseInt(document.title.slice(1))")
    more = told(desk.record, kind=Kind.FIRE, severity=Severity.SEVERE)
    began = datetime.now(UTC)
    page.locator(f".st-key-department_open_{more}").wait_for(state="attached")
    took = (datetime.now(UTC) - began).total_seconds()
    page.wait_for_function(
        "n => Number(document.body.dataset.departmentRung) === n + 1", arg=before
    )
    page.wait_for_function("n => parseInt(document.title.slice(1)) === n + 1", arg=waiting)
    say(desk.record, "fire", more, S.ACKNOWLEDGED, datetime.now(UTC))
    page.wait_for_function("n => parseInt(document.title.slice(1)) === n", arg=waiting)
    print(f"new order on the screen after {took:.2f} s")


def test_sound_is_wanted_first_and_muted_by_a_second_press(fireman: Officer, desk: Desk) -> None:
    page = opened(fireman, told(desk.record))
    page.locator(".st-key-department_back_button button").tap()
    switch = page.locator("#department_sound")
    expect(switch).to_have_text("启用提示音")
    switch.tap()
    expect(switch).to_have_text("提示音：开")
    switch.tap()
    expect(switch).to_have_text("提示音：静音")


def test_another_departments_number_shows_nothing(fireman: Officer, desk: Desk) -> None:
    """D05."""
    theirs = told(desk.record, "police", headline="不给消防看的事件", place="不给消防看的地方")
    fireman.visit(f"/department?task={theirs}")
    fireman.page.get_by_text("不能查看").wait_for()
    assert "不给消防看" not in fireman.page.locator("body").inner_text()
