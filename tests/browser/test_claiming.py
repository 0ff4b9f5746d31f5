"""The queue in a real browser: one click claims, an address is a view, a search finds all."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser
from sqlalchemy import delete, select

from linkage.access_tables import preference
from linkage.desk import incidents
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.tables import incident
from linkage.vocabulary import IncidentStatus, Role, Severity
from tests.browser import scene
from tests.browser.desk import Desk, Officer, take_a_seat
from tests.parts import wait_until

OTHER = Actor("值班员乙", Role.DUTY_OFFICER)


def open_one(desk: Desk, **facts: object) -> int:
    with desk.record.write() as w:
        return scene.open_incident(w, datetime.now(UTC), **facts)


def claimed_by(desk: Desk, incident_id: int) -> str | None:
    with desk.record.read() as cx:
        ask = select(incident.c.claimed_by).where(incident.c.id == incident_id)
        return cx.execute(ask).scalar_one()


@pytest.fixture(autouse=True)
def _evening_again(desk: Desk) -> Iterator[None]:
    yield
    with desk.record.write() as w:
        scene.close_all_but_the_evening(w)
        w.cx.execute(delete(preference))  # filters go with the person


def test_one_click_claims_and_a_colleague_sees_it_within_a_second(
    officer: Officer, browser: Browser, desk: Desk
) -> None:
    made = open_one(desk, headline="待接手的一起", severity=Severity.MODERATE)
    officer.situation()
    with take_a_seat(browser, desk, OTHER) as seat:
        colleague = Officer(seat, desk)
        colleague.situation()
        theirs = colleague.map.locator(f".row[data-id='{made}']")
        theirs.get_by_role("button", name="接手").wait_for()
        officer.map.locator(f".row[data-id='{made}'] .take").click()
        wait_until(lambda: claimed_by(desk, made), 5)
        theirs.get_by_role("button", name="接手").wait_for(state="detached", timeout=3000)
        assert "值班员甲" in theirs.inner_text()
    officer.page.get_by_text("已由你接手").wait_for()


def test_of_two_who_claim_at_once_the_second_hears_who_was_faster(
    officer: Officer, desk: Desk
) -> None:
    """D10: one wins; the other sees who and when."""
    made = open_one(desk, headline="两人同时点的一起")
    officer.situation()
    row = officer.map.locator(f".row[data-id='{made}'] .take")
    row.wait_for()
    # The colleague's click is on the record before ours is heard.
    officer.ask("board.feed.apply = () => {}")
    incidents.claim(desk.record, OTHER, made)
    row.click()
    officer.page.get_by_text("已由值班员乙").first.wait_for()
    assert claimed_by(desk, made) == str(OTHER)


def test_the_key_c_claims_what_is_selected(officer: Officer, desk: Desk) -> None:
    made = open_one(desk, headline="用键盘接手的一起")
    officer.situation()
    officer.map.locator(f".row[data-id='{made}'] .title").click()
    officer.map.locator(".list").press("c")
    wait_until(lambda: claimed_by(desk, made) == "值班员甲（值班员）", 5)


def test_how_long_nobody_has_it_is_counted_on_the_row(officer: Officer, desk: Desk) -> None:
    made = open_one(desk, headline="无人接手的一起", severity=Severity.SEVERE)
    officer.situation()
    chip = officer.map.locator(f".row[data-id='{made}'] .chip.count").first
    officer.ask("board.feed.words.claims.unclaimed_s = 2")
    chip.get_by_text("无人接手").wait_for()
    assert "grave" in (chip.get_attribute("class") or "")
    first = chip.inner_text()
    wait_until(lambda: chip.inner_text() != first, 4)


def test_a_colleague_opens_the_same_view_by_its_address(officer: Officer) -> None:
    officer.situation()
    officer.ask("(window.mountedOnce = true)")
    officer.map.locator(".tab", has_text="未受理").click()
    officer.map.locator(".tool", has_text="筛选").click()
    officer.map.locator(".box", has_text="一般").first.click()
    officer.map.locator(".search").fill("海州区")
    officer.page.wait_for_url("**/?*q=*")
    address = officer.page.url
    assert "tab=unclaimed" in address
    assert "level=" in address
    rows = officer.ask("board.queue.rows.length")
    assert officer.ask("window.mountedOnce") is True

    colleague = officer.open()
    mine, officer.page = officer.page, colleague
    officer.situation(address.removeprefix(officer.desk.url))
    assert officer.ask("board.queue.tab") == "unclaimed"
    assert officer.ask("board.queue.rows.length") == rows
    assert officer.map.locator(".search").input_value() == "海州区"
    officer.page = mine


def test_back_brings_the_view_before(officer: Officer) -> None:
    officer.situation()
    officer.ask("(window.mountedOnce = true)")
    officer.map.locator(".tab", has_text="最重").click()
    officer.page.wait_for_url("**/?tab=worst")
    officer.map.locator(".tab", has_text="待定位").click()
    officer.page.wait_for_url("**/?tab=unlocated")
    officer.page.go_back()
    wait_until(lambda: officer.ask("board.queue.tab") == "worst", 5)
    assert officer.ask("window.mountedOnce") is True


def test_what_an_address_says_wrong_is_ignored_and_said(officer: Officer) -> None:
    officer.situation("/?tab=nothing&level=severe,purple&source=none-such&within=7&drill=%3Cb%3E")
    note = officer.map.locator(".note")
    note.get_by_text("不认识，已忽略").wait_for()
    for part in ("tab", "level", "source", "within", "drill"):
        assert part in note.inner_text()
    assert officer.ask("board.queue.tab") == "newest"


def test_the_search_field_finds_what_is_closed_long_ago(officer: Officer, desk: Desk) -> None:
    old = open_one(
        desk, headline="早已办结的一起", status=IncidentStatus.CLOSED, place="瀛洲南路 18 号"
    )
    officer.situation()
    officer.map.locator(".search").fill("瀛洲南路18号")
    entry = officer.map.locator(".finder-row", has_text="早已办结的一起")
    entry.wait_for()
    entry.click()
    officer.page.wait_for_url(f"**/incident?incident={old}")


def test_what_is_opened_opens_whatever_the_map_says_right_after(
    officer: Officer, desk: Desk
) -> None:
    """Streamlit keeps the last of two messages; the address of the view follows half a second
    later, and would have taken the opening with it."""
    one = open_one(desk, headline="打开的一起")
    officer.situation()
    officer.ask(f"[board.open({one}), board.tell({{}})] && 1")
    officer.page.wait_for_url(f"**/incident?incident={one}")


def test_what_breaks_next_stands_first(officer: Officer, desk: Desk) -> None:
    now = datetime.now(UTC)
    with desk.record.write() as w:
        soon = scene.open_incident(
            w, now, headline="快到时限的一起", claimed_by="值班员甲（值班员）"
        )
        scene.add_assignment(w, soon, "fire", now, late=True)  # five minutes to sign
    officer.situation()
    officer.map.locator(".tab", has_text="即将超时").click()
    row = officer.map.locator(".row", has_text="快到时限的一起")
    row.get_by_text("剩").wait_for()
    first = row.locator(".chip.count:visible").first.inner_text()
    assert "签收" in first
    wait_until(lambda: row.locator(".chip.count:visible").first.inner_text() != first, 4)
    due = "board.queue.rows.map((id) => board.feed.incidents.get(id).due_at).filter(Boolean)"
    order = officer.ask(due)
    assert order == sorted(order)


_AS_SHOWN = "board.queue.rows.join()"
_SORTED_ANEW = "[board.queue.sort(), board.queue.rows.join()][1]"


@pytest.mark.parametrize("tab", ["newest", "worst", "unclaimed", "late", "unlocated"])
def test_whatever_changes_the_list_stands_as_if_sorted_anew(
    officer: Officer, desk: Desk, tab: str
) -> None:
    """Most changes leave a line where it is; it is not sorted for those."""
    made = [open_one(desk, headline=f"第 {n} 起") for n in range(3)]
    officer.situation()
    officer.ask(f"board.queue.turn('{tab}')")
    severe = {"severity": Severity.EXTREME, "severity_rank": Severity.EXTREME.rank}
    changes: list[tuple[int, dict[str, object]]] = [
        (made[0], {"headline": "换了标题"}),
        (made[0], severe),
        (made[1], {"claimed_by": "值班员甲（值班员）"}),
        (made[1], {"lon": None, "lat": None, "position_note": "unreadable"}),
        (made[2], {"status": IncidentStatus.CLOSED}),
        (made[1], {"claimed_by": None, "lon": 119.3, "lat": 34.6, "position_note": "exact"}),
    ]
    for which, change in changes:
        with desk.record.write() as w:
            scene.change_incident(w, which, **change)
        wait_until(lambda at=w.revision: officer.ask(f"board.feed.revision >= {at}"), 5)
        assert officer.ask(_AS_SHOWN) == officer.ask(_SORTED_ANEW), change


def test_a_mute_ends_by_itself_and_shows_the_time_left(officer: Officer, desk: Desk) -> None:
    officer.situation()
    officer.map.locator(".sound-bar").click()
    officer.map.get_by_text("声音：开").wait_for()
    assert officer.map.locator(".sound-bar").is_hidden()
    officer.map.locator(".tool.sound").click()
    officer.map.get_by_role("button", name="静音 10 分钟").click()
    officer.map.get_by_text("静音中 9分").wait_for()
    officer.ask("localStorage.setItem('linkage.muted_until', board.feed.now() + 1) || 1")
    officer.map.get_by_text("声音：开").wait_for()


def test_a_storm_of_serious_incidents_is_one_sound_after_another(
    officer: Officer, desk: Desk
) -> None:
    officer.situation()
    officer.map.locator(".sound-bar").click()
    officer.map.get_by_text("声音：开").wait_for()
    before = officer.ask("board.alarm.sounded")
    for n in range(8):
        open_one(desk, kind=Kind.FIRE, severity=Severity.SEVERE, headline=f"连发第{n}起")
    officer.map.locator(".alarm-rest", has_text="另有 7 起").wait_for()
    assert officer.ask("board.alarm.sounded") - before <= 2


def test_a_hidden_tab_says_in_its_title_how_many_came(officer: Officer, desk: Desk) -> None:
    officer.situation()
    officer.ask(
        "Object.defineProperty(parent.document, 'hidden', {value: true, configurable: true})"
    )
    open_one(desk, kind=Kind.FIRE, severity=Severity.EXTREME, headline="后台时的一起")
    officer.page.wait_for_function("document.title.startsWith('(1) ')")
    officer.page.wait_for_function(
        "document.querySelector(\"link[rel~='icon']\").href.startsWith('data:')"
    )
    officer.ask(
        "Object.defineProperty(parent.document, 'hidden', {value: false, configurable: true})"
        " && parent.document.dispatchEvent(new Event('visibilitychange'))"
    )
    officer.page.wait_for_function("!document.title.startsWith('(')")
