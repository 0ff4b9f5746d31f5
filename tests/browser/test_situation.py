"""态势总览 in a real browser: live, steady, and on no network but our own."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest
from playwright.sync_api import Browser, FloatRect, Locator

from linkage.figures.flood import Flood
from linkage.kinds import Kind
from linkage.own_state import WATCH, Watch, set_service
from linkage.vocabulary import IncidentStatus, Severity
from tests.browser import scene
from tests.browser.desk import Desk, Officer, take_a_seat
from tests.parts import wait_until

PAGES = (
    "/",
    "/incident?incident=1",
    "/responses",
    "/reports",
    "/warnings",
    "/duty",
    "/exercise",
    "/intake",
    "/analysis",
)


def open_one(desk: Desk, **facts: object) -> int:
    with desk.record.write() as w:
        return scene.open_incident(w, datetime.now(UTC), **facts)


def change(desk: Desk, incident_id: int, **facts: object) -> None:
    with desk.record.write() as w:
        scene.change_incident(w, incident_id, **facts)


@pytest.fixture(autouse=True)
def _evening_again(desk: Desk) -> Iterator[None]:
    """What a test opened is closed, so that the next one finds the same evening."""
    yield
    with desk.record.write() as w:
        scene.close_all_but_the_evening(w)


def close(desk: Desk, incident_id: int) -> None:
    change(desk, incident_id, status=IncidentStatus.CLOSED)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_asks_anything_of_another_machine(officer: Officer, path: str) -> None:
    officer.visit(path)
    officer.page.locator("[data-testid='stMain'] h3").first.wait_for()
    officer.page.wait_for_load_state("networkidle") if path != "/" else officer.situation()
    assert officer.elsewhere() == []
    assert len(officer.asked) > 10


def test_a_colleague_who_noted_the_path_of_the_map_finds_it(officer: Officer) -> None:
    officer.situation("/situation")
    assert officer.page.get_by_role("dialog").count() == 0


def test_the_officer_sees_the_evening_on_map_and_queue(officer: Officer) -> None:
    officer.situation()
    assert "G15 沈海高速" in officer.map.locator(".row").first.inner_text()
    wait_until(lambda: officer.ask("Number(board.marks._container.dataset.drawn)"), 5)
    # 60 open; everyday calls are left out unless asked for, two have no place.
    assert officer.ask("board.queue.rows.length") == 31
    assert officer.map.locator(".tab").nth(4).inner_text().split() == ["待定位", "2"]
    assert officer.map.locator(".warning").count() == 2


def test_what_we_find_wrong_with_ourselves_stands_in_the_queue_and_is_counted_apart(
    officer: Officer, desk: Desk
) -> None:
    officer.situation()
    counted = "board.figures.innerText.replace(/\\s+/g, ' ')"
    before = officer.ask(counted)
    assert "系统故障" not in before
    open_one(desk, kind="system_fault", severity="severe", lon=None, headline="接入系统 X 失联")
    officer.map.get_by_text("接入系统 X 失联").first.wait_for()
    wait_until(lambda: "系统故障" in officer.ask(counted), 3)
    assert officer.ask(counted).replace(" 1 系统故障", "") == before


def test_the_header_says_who_is_silent_and_that_the_intake_is_away(officer: Officer) -> None:
    officer.situation()
    header = officer.page.locator(".st-key-desk_strip")
    header.get_by_text("未接入 19 / 19").first.wait_for()
    header.get_by_text("接入中断").first.wait_for()


def test_in_a_flood_what_is_severe_stands_first_and_nothing_is_hidden(
    officer: Officer, desk: Desk
) -> None:
    """T27: newest severe alerts first on the screen."""
    officer.situation()
    before = officer.ask("board.queue.rows.length")
    ranks = "board.queue.rows.map((id) => board.feed.incidents.get(id).rank >= 3 ? 1 : 0)"
    now = datetime.now(UTC)
    news = (("fire", 14), ("traffic_accident", 9))
    flood = Flood(on=True, rate=37.0, desks=1, since=now, peak=37.0, peak_at=now, kinds=news)
    with desk.record.write(now) as w:
        set_service(w, WATCH, now, msgspec.to_builtins(Watch(connected=True, flood=flood)))
    officer.map.get_by_text("警情洪峰 37 起/10 分钟").wait_for()
    wait_until(lambda: officer.ask("board.queue.flooded"), 10, "the list to be sorted anew")
    order = officer.ask(ranks)
    assert order == sorted(order, reverse=True)
    assert officer.ask("board.queue.rows.length") == before
    with desk.record.write() as w:
        set_service(w, WATCH, now, msgspec.to_builtins(Watch(connected=True)))
    wait_until(lambda: not officer.ask("board.queue.flooded"), 10, "the usual order")


def test_a_new_incident_comes_without_moving_anything(officer: Officer, desk: Desk) -> None:
    officer.situation()
    officer.ask("board.map.setView([34.6, 119.2], 13, {animate: false}) && 1")
    officer.ask("(window.mountedOnce = true)")
    before = officer.view()
    made = open_one(desk, headline="刚刚发生的一起", lon=119.21, lat=34.601)
    officer.map.get_by_text("刚刚发生的一起").wait_for()
    assert officer.ask("window.mountedOnce") is True
    assert officer.view() == before
    drawn = f"board.marks.items.some((item) => item.rows.some((row) => row.id === '{made}'))"
    wait_until(lambda: officer.ask(drawn), 3)
    close(desk, made)
    wait_until(lambda: not officer.ask(drawn), 3)


def _stands(row: Locator, place: FloatRect | None) -> bool:
    """Where it stood, give or take less than half a row."""
    now = row.bounding_box()
    assert now
    assert place
    return abs(now["y"] - place["y"]) < 25 and now["x"] == place["x"]


def test_the_list_keeps_its_place_while_the_officer_reads(officer: Officer, desk: Desk) -> None:
    officer.situation()
    rows = officer.map.locator(".list")
    rows.evaluate("(list) => { list.scrollTop = 640; }")
    first = officer.map.locator(".row").nth(8)
    # The list draws its rows anew while it is scrolled: begin when it has come to rest.
    drawn = [""]

    def at_rest() -> bool:
        officer.page.wait_for_timeout(200)
        drawn.append(first.inner_text())
        return drawn[-1] == drawn[-2]

    wait_until(at_rest, 10, "the list to come to rest")
    name, place = first.inner_text(), first.bounding_box()
    open_one(desk, headline="不应打断阅读")
    news = officer.map.locator(".news")
    news.get_by_text("新增 1 起").wait_for()
    assert first.inner_text().split()[0] == name.split()[0]
    assert _stands(first, place)
    news.click()
    officer.map.get_by_text("不应打断阅读").wait_for()
    assert rows.evaluate("(list) => list.scrollTop") == 0


def test_a_row_does_not_slip_from_under_the_hand(officer: Officer, desk: Desk) -> None:
    officer.situation()
    second = officer.map.locator(".row").nth(1)
    second.hover()
    name, place = second.inner_text(), second.bounding_box()
    open_one(desk, headline="手还在列表上")
    officer.map.locator(".news").get_by_text("新增 1 起").wait_for()
    assert _stands(second, place)
    assert second.inner_text().split()[0] == name.split()[0]
    officer.page.mouse.move(300, 500)
    officer.map.locator(".row").get_by_text("手还在列表上").wait_for()


def test_one_click_chooses_and_one_more_opens_the_incident(officer: Officer) -> None:
    officer.situation()
    officer.map.locator(".row").nth(1).click()
    card = officer.map.locator(".card")
    assert "东港商贸城" in card.inner_text()
    assert officer.ask("board.marks.selected") == officer.ask("board.queue.selected")
    officer.page.wait_for_url("**/?incident=*")
    card.get_by_text("进入处置").click()
    officer.page.wait_for_url("**/incident?incident=*")
    officer.page.get_by_text("东港商贸城").first.wait_for()


def test_the_keyboard_is_enough(officer: Officer) -> None:
    officer.situation()
    officer.map.locator(".list").focus()
    officer.page.keyboard.press("ArrowDown")
    officer.page.keyboard.press("ArrowDown")
    assert "东港商贸城" in officer.map.locator(".card").inner_text()
    officer.page.keyboard.press("Enter")
    officer.page.wait_for_url("**/incident?incident=*")


def test_a_marker_chooses_its_incident(officer: Officer) -> None:
    officer.situation()
    officer.ask("board.map.setView([34.772, 119.545], 15, {animate: false}) && 1")
    found = "board.marks.items.find(({rows}) => rows.length === 1 && rows[0].title[0] === '渔')"
    spot = officer.ask(f"(({{x, y}}) => board.map.layerPointToContainerPoint([x, y]))({found})")
    officer.map.locator("#map_div").click(position={"x": spot["x"], "y": spot["y"]})  # type: ignore[index]
    assert "渔船在连岛以东" in officer.map.locator(".card").inner_text()
    assert "渔船" in officer.map.locator(".row.selected").inner_text()


def test_the_address_of_a_chosen_incident_shows_it_to_a_colleague(officer: Officer) -> None:
    officer.situation("/?incident=2")
    officer.map.locator(".card").get_by_text("东港商贸城").first.wait_for()


def test_words_and_filters_narrow_map_and_queue_alike(officer: Officer) -> None:
    officer.situation()
    search = officer.map.locator(".search")
    search.fill("海州区 追尾")
    wait_until(lambda: officer.ask("board.queue.rows.length") == 1, 5)
    assert "两轿车追尾" in officer.map.locator(".row").first.inner_text()
    wait_until(lambda: officer.ask("Number(board.marks._container.dataset.drawn)") == 1, 5)
    search.fill("")
    officer.map.locator(".tool").first.click()
    officer.map.locator(".sift").get_by_text("一般", exact=True).click()
    wait_until(
        lambda: officer.ask(
            "board.queue.rows.every((id) => board.feed.incidents.get(id).severity !== 'minor')"
        ),
        5,
    )
    officer.map.locator(".note").get_by_text("筛选隐藏").wait_for()
    officer.map.get_by_text("恢复默认").click()
    wait_until(lambda: officer.ask("board.queue.rows.length") == 31, 5)


def test_everyday_calls_are_there_when_asked_for(officer: Officer) -> None:
    officer.situation()
    officer.map.locator(".note").get_by_text("日常警情 29 起未列出").wait_for()
    officer.map.locator(".tool").first.click()
    officer.map.locator(".sift").get_by_text("日常警情", exact=True).click()
    wait_until(lambda: officer.ask("board.queue.rows.length") == 60, 5)


def test_the_view_is_as_it_was_left_after_another_page(officer: Officer) -> None:
    officer.situation()
    officer.ask("board.map.setView([34.3, 119.3], 12, {animate: false}) && 1")
    officer.page.get_by_role("link", name="接入状态").click()
    officer.page.wait_for_url("**/intake")
    officer.page.get_by_role("link", name="态势总览").click()
    officer.map.locator(".row").first.wait_for()
    assert officer.ask("board.map.getZoom()") == 12


def test_a_new_serious_incident_is_seen_by_everyone_and_heard_after_one_click(
    officer: Officer, desk: Desk
) -> None:
    officer.situation()
    alarm = officer.map.locator(".alarm")
    assert alarm.is_hidden()
    officer.map.locator(".sound").click()
    officer.map.get_by_text("声音：开").wait_for()
    open_one(desk, kind=Kind.FIRE, severity=Severity.EXTREME, headline="化工仓库爆燃")
    alarm.get_by_text("化工仓库爆燃").wait_for()
    assert "新的特别严重事件" in alarm.inner_text()
    assert officer.ask("board.alarm.rung") == 1
    alarm.get_by_text("化工仓库爆燃").click()
    assert "化工仓库爆燃" in officer.map.locator(".card").inner_text()
    wait_until(alarm.is_hidden, 3)


def test_an_exercise_rings_nobody_and_stands_below_all_that_is_real(
    officer: Officer, desk: Desk
) -> None:
    officer.situation()
    open_one(desk, severity=Severity.EXTREME, headline="罐区泄漏", exercise=True)
    order = "board.queue.rows.map((id) => board.feed.incidents.get(id).exercise)"
    # Listed before the list is scrolled: whoever reads further down is not disturbed by a new row.
    listed_too = (
        "board.queue.rows.some((id) => board.feed.incidents.get(id)?.headline === '罐区泄漏')"
    )
    wait_until(lambda: officer.ask(listed_too), 10)
    flags = officer.ask(order)
    assert isinstance(flags, list)
    assert flags == sorted(flags), "the newest and worst of all, and yet last"
    assert officer.ask("board.alarm.rung") == 0
    queue = officer.map.locator(".queue .list")
    row = officer.map.locator(".row.exercise", has_text="罐区泄漏")

    def scrolled_to() -> bool:
        queue.evaluate("(list) => { list.scrollTop = list.scrollHeight; }")
        return row.count() > 0

    wait_until(scrolled_to, 10)
    assert "演练" in row.inner_text(), "said in words, not by a colour alone"


def test_nobody_takes_an_exercise_warning_for_a_real_one(officer: Officer) -> None:
    officer.situation()
    warned = """(board.baseMap.warn([
        { colour: 'red', exercise: true, area_codes: ['320700'] },
        { colour: 'blue', exercise: false, area_codes: ['320706'] },
    ]), [...document.querySelectorAll('.leaflet-base-warned-pane path')].map((path) =>
        ['stroke', 'fill', 'stroke-dasharray'].map((name) => path.getAttribute(name))))"""
    wait_until(lambda: officer.ask("(board.baseMap.features.districts || []).length"), 5)
    drawn = officer.ask(warned)
    assert isinstance(drawn, list)
    real = ["#2b7de1", "#2b7de1", None]  # where both are in force the real one is drawn
    drill = ["#d1001f", "none", "2 7"]
    assert sorted(map(str, drawn)) == sorted(map(str, [real, *[drill] * 5]))


def test_an_incident_that_becomes_serious_rings_though_it_is_not_new(
    officer: Officer, desk: Desk
) -> None:
    made = open_one(desk, headline="小火情")
    officer.situation()
    officer.map.get_by_text("小火情").wait_for()
    change(desk, made, severity=Severity.SEVERE, severity_rank=3, headline="火情扩大")
    officer.map.locator(".alarm").get_by_text("火情扩大").wait_for()
    assert officer.ask("board.alarm.rung") == 1


def test_a_claimed_incident_leaves_the_unclaimed_tab_on_every_screen(
    officer: Officer, desk: Desk
) -> None:
    made = open_one(desk, headline="等人受理", severity=Severity.EXTREME)
    officer.situation()
    officer.map.locator(".tab").nth(2).click()
    officer.map.get_by_text("等人受理").wait_for()
    change(desk, made, claimed_by="值班员乙（值班员）")
    officer.map.get_by_text("等人受理").wait_for(state="detached")


@pytest.mark.parametrize("size", [(1440, 900), (1920, 1080)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_off_or_lies_on_something_else(
    browser: Browser, desk: Desk, size: tuple[int, int], theme: str
) -> None:
    window = {"width": size[0], "height": size[1]}
    with take_a_seat(browser, desk, viewport=window, color_scheme=theme) as context:
        _nothing_is_cut_off(Officer(context, desk), size, theme)


def _nothing_is_cut_off(officer: Officer, size: tuple[int, int], theme: str) -> None:
    officer.situation()
    officer.map.locator(".row").nth(1).click()
    assert officer.ask("document.documentElement.dataset.theme") == theme
    page = officer.page.locator("[data-testid='stMain']")
    assert page.evaluate("(main) => main.scrollHeight - main.clientHeight") <= 1
    boxes = {
        name: officer.map.locator(name).bounding_box()
        for name in (".hud", ".warned", ".card", ".legend", ".leaflet-control-zoom", ".side")
    }
    frame = officer.page.locator("iframe").bounding_box()
    assert frame
    names = list(boxes)
    for n, name in enumerate(names):
        box = boxes[name]
        assert box, name
        assert box["x"] >= 0, name
        assert box["x"] + box["width"] <= size[0] + 1, name
        assert box["y"] + box["height"] <= size[1] + 1, name
        for other in names[n + 1 :]:
            assert not _overlap(box, boxes[other]), (name, other)  # type: ignore[arg-type]
    clipped = officer.ask(
        "[...document.querySelectorAll('.figure, .tab, .light, .legend-item, .tool, .chip')]"
        ".filter((e) => e.offsetParent && e.scrollWidth > e.clientWidth + 1)"
        ".map((e) => e.textContent)"
    )
    assert clipped == []


def _overlap(a: dict[str, float], b: dict[str, float]) -> bool:
    return (
        a["x"] < b["x"] + b["width"]
        and b["x"] < a["x"] + a["width"]
        and a["y"] < b["y"] + b["height"]
        and b["y"] < a["y"] + a["height"]
    )
