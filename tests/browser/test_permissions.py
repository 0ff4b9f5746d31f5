"""Permissions as a browser meets them: by the address, with an old cookie, after a lost role."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from sqlalchemy import select, update
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from dashboard.entrance import COOKIE
from linkage.access.accounts import end_sessions
from linkage.access_tables import account
from linkage.access_vocabulary import View
from linkage.actions import Happening
from linkage.people import HOME, SEES, WATCHES, Actor
from linkage.tables import log_entry
from linkage.vocabulary import Role
from tests.browser.desk import Desk, Officer, take_a_seat
from tests.parts import wait_until
from tests.signing import sit_down

SECURITY = Actor("安全管理员庚", Role.SECURITY_ADMIN)
DESK = {Role.DUTY_OFFICER, Role.DUTY_CHIEF, Role.COMMANDER}
# What would tell of the inside.
INSIDE = ("Traceback", "Exception", "sqlalchemy", "streamlit.", 'File "')


def somebody(role: Role) -> Actor:
    return Actor(f"某{role.label}", role, "fire" if role is Role.AGENCY_OFFICER else None)


def test_the_three_of_the_desk_are_given_the_same_pages() -> None:
    """So that one of them is walked through below."""
    for roles in SEES.values():
        assert roles >= DESK or not roles & DESK


@pytest.mark.parametrize("role", [role for role in Role if role not in DESK - {Role.DUTY_OFFICER}])
def test_a_role_is_refused_by_the_address_what_it_is_not_given_and_has_a_home(
    role: Role, browser: Browser, desk: Desk
) -> None:
    """D06: never a stack, and never a page that only hides its buttons. What a role is given,
    test_every_page.py walks through."""
    who = somebody(role)
    with take_a_seat(browser, desk, who) as seat:
        officer = Officer(seat, desk)
        for view in (each for each in View if role not in SEES[each] or each is HOME[role]):
            officer.visit(f"/{view.value}")
            page = officer.page
            refused = page.get_by_role("heading", name="没有权限")
            if role not in SEES[view]:
                refused.wait_for()
            elif view in {View.SITUATION, View.WALL}:
                page.locator("iframe[title^='streamlit_folium']").wait_for()
            else:
                page.get_by_role("heading", name=view.label).first.wait_for()
            shown = page.inner_text("body")
            assert not [word for word in INSIDE if word in shown], view
            if view is HOME[role]:
                assert page.url.split("?")[0].rstrip("/") == desk.url
        assert officer.faults == []
    with desk.record.read() as cx:
        mine = (log_entry.c.action == Happening.DENIED) & (log_entry.c.actor == str(who))
        said = list(cx.execute(select(log_entry.c.reason).where(mine)).scalars())
    assert len(said) == len([view for view in View if role not in SEES[view]]), said


def test_a_cookie_kept_from_before_opens_nothing_after_signing_out(
    browser: Browser, desk: Desk
) -> None:
    """D07: page, feed, and what was downloaded by address."""
    who = Actor("李某", Role.DUTY_OFFICER)
    with take_a_seat(browser, desk, who) as seat:
        officer = Officer(seat, desk)
        officer.visit("/intake")
        officer.page.get_by_role("heading", name="接入状态").first.wait_for()
        kept = next(c for c in seat.cookies() if c.get("name") == COOKIE)["value"]
        assert answer(desk, "/api/live/preference", kept) == 200
        assert not is_shut(desk, kept)
        officer.page.get_by_role("button", name="李某").click()
        officer.page.get_by_role("button", name="退出登录").click()
        officer.page.get_by_text("本人退出").wait_for()
    with take_a_seat(browser, desk, None) as seat:
        replay(seat, desk, kept)
        officer = Officer(seat, desk)
        officer.visit("/intake")
        officer.page.get_by_role("heading", name="应急联动指挥").wait_for()
    assert answer(desk, "/api/live/preference", kept) == 401
    assert is_shut(desk, kept)


def test_a_stay_that_is_ended_from_another_desk_closes_page_and_feed(
    browser: Browser, desk: Desk
) -> None:
    """D07: within seconds, without anybody touching it."""
    who = Actor("钱某", Role.DUTY_OFFICER)
    token = sit_down(desk.record, who)
    with take_a_seat(browser, desk, None) as seat, feed(desk, token) as line:
        replay(seat, desk, token)
        officer = Officer(seat, desk)
        officer.visit("/duty")
        officer.page.get_by_role("heading", name="值班").first.wait_for()
        with desk.record.read() as cx:
            mine = cx.execute(select(account.c.id).where(account.c.name == who.name)).scalar_one()
        end_sessions(desk.record, SECURITY, mine, "离岗")
        officer.page.get_by_text("离岗").wait_for()
        wait_until(lambda: _ended(line), 20)


def test_a_second_tab_loses_the_role_at_its_next_act(browser: Browser, desk: Desk) -> None:
    """D06: the page was drawn for a chief; nothing is done as one, and the sentence says why."""
    who = Actor("孙某", Role.SYSTEM_ADMIN)
    with take_a_seat(browser, desk, who) as seat:
        officer = Officer(seat, desk)
        officer.visit("/own")
        officer.page.get_by_role("heading", name="我的账户").first.wait_for()
        second = officer.open()
        second.goto(f"{desk.url}/accounts")
        second.get_by_role("heading", name="账户权限").first.wait_for()
        with desk.record.write() as w:
            w.cx.execute(
                update(account).where(account.c.name == who.name).values(role=Role.ANALYST)
            )
        # Its own refreshing finds it before a hand can.
        expect(second.get_by_role("heading", name="没有权限")).to_be_visible(timeout=20_000)
        assert second.get_by_text("新建账户").count() == 0


@pytest.mark.parametrize("path", ["/_stcore/stream", "/api/live/ws"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_a_page_of_another_house_opens_no_line_with_our_cookie(
    path: str, origin: str, desk: Desk
) -> None:
    """D09: Streamlit's own and ours."""
    token = sit_down(desk.record, somebody(Role.DUTY_OFFICER))
    address = desk.url.replace("http", "ws") + path
    cookie = {"Cookie": f"{COOKIE}={token}"}
    with (
        pytest.raises((InvalidStatus, ConnectionClosed)),
        connect(address, origin=Origin(origin), additional_headers=cookie) as line,
    ):
        line.recv(timeout=5)


@pytest.mark.parametrize("role", [role for role in Role if role not in WATCHES])
def test_the_live_picture_is_not_pushed_to_a_role_that_has_none(role: Role, desk: Desk) -> None:
    token = sit_down(desk.record, somebody(role))
    assert answer(desk, "/api/live/find?q=1", token) == 401
    assert is_shut(desk, token)


def replay(seat: BrowserContext, desk: Desk, token: str) -> None:
    seat.add_cookies([{"name": COOKIE, "value": token, "url": desk.url}])


@contextmanager
def feed(desk: Desk, token: str) -> Iterator[ClientConnection]:
    """The pushed picture as a page asks for it."""
    address = desk.url.replace("http", "ws") + "/api/live/ws"
    cookie = {"Cookie": f"{COOKIE}={token}"}
    with connect(address, origin=Origin(desk.url), additional_headers=cookie) as line:
        line.send('{"rev": 0}')
        yield line


def _ended(line: ClientConnection) -> bool:
    """Whether the other side has closed it; what came before is read away."""
    try:
        line.recv(timeout=2)
    except ConnectionClosed:
        return True
    except TimeoutError:
        return False
    return False


def is_shut(desk: Desk, token: str) -> bool:
    try:
        with feed(desk, token) as line:
            line.recv(timeout=10)
    except (InvalidStatus, ConnectionClosed):
        return True
    return False


def answer(desk: Desk, path: str, token: str) -> int:
    asked = Request(desk.url + path, headers={"Cookie": f"{COOKIE}={token}"})
    try:
        with urlopen(asked, timeout=10) as came:
            return int(came.status)
    except HTTPError as why:
        return why.code
