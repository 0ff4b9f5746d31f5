"""The door itself, as a browser and as somebody hostile finds it: over real HTTP."""

import http.client
import threading
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
import streamlit as st
import uvicorn
from sqlalchemy import update
from starlette.applications import Starlette
from streamlit import config

from dashboard import gate
from dashboard.entrance import COOKIE, Entrance
from dashboard.sign_in import MOST_FAILURES, SignIn
from linkage.access.accounts import NewAccount, insert_account
from linkage.access.passwords import hashed
from linkage.access_tables import account
from linkage.record import Record
from linkage.settings import load_settings
from linkage.vocabulary import Role
from tests.parts import free_port, wait_until

WORD = "Yinji-2026-zhiban"
Answer = tuple[int, dict[str, str], str]


class Door:
    def __init__(self, port: int) -> None:
        self.port, self.origin = port, f"http://127.0.0.1:{port}"

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        sent = {"Origin": self.origin, "Accept": "text/html"} if body is not None else {}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        line.request(method, path, body, sent | headers)
        answer = line.getresponse()
        found = {k.lower(): v for k, v in answer.getheaders()}
        text = answer.read().decode()
        line.close()
        return answer.status, found, text

    def enter(self, word: str = WORD, aim: str = "", **headers: str) -> Answer:
        form = urlencode({"login": "wang", "password": word, "next": aim})
        return self.ask("POST", "/sign-in", form, **headers)


@pytest.fixture
def door(record: Record, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    with record.write() as w:
        new = NewAccount(login="wang", name="王某", role=Role.DUTY_OFFICER)
        insert_account(w, new, "测试", active=True)
        w.cx.execute(update(account).values(password=hashed(WORD)))
    monkeypatch.setenv("LINKAGE_DEMO_CAST", "1")
    entrance = gate.Entrances(lambda: Entrance(record, load_settings()))
    routes = SignIn(entrance, "", {"fire": "消防"}).routes()
    app = Starlette(routes=routes, middleware=gate.middleware(entrance))
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    yield Door(port)
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize(
    "aim", ["//evil.example", "/\\evil.example", "https://evil.example", "/\tx", "/sign-in"]
)
def test_signing_in_leads_nowhere_but_here(aim: str, door: Door) -> None:
    status, headers, _ = door.enter(aim=aim)
    assert (status, headers["location"]) == (303, "/")


def test_the_way_on_is_kept(door: Door) -> None:
    assert door.enter(aim="/incident?incident=7")[1]["location"] == "/incident?incident=7"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://["])
def test_a_form_of_another_site_is_refused(origin: str, door: Door) -> None:
    status, headers, _ = door.enter(Origin=origin)
    assert status == 403
    assert "set-cookie" not in headers


def test_the_cookie_is_hidden_from_scripts_and_bound_to_https_where_there_is_one(
    door: Door,
) -> None:
    cookie = door.enter()[1]["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert "Secure" in door.enter(Origin=f"https://127.0.0.1:{door.port}")[1]["set-cookie"]


def test_a_cookie_laid_beforehand_is_not_taken_over_and_a_copy_dies_with_the_stay(
    door: Door,
) -> None:
    """D07"""
    laid = f"{COOKIE}=known-to-the-attacker"
    given = door.enter(Cookie=laid)[1]["set-cookie"].split(";")[0]
    assert given != laid
    assert door.ask("GET", "/anything", Cookie=laid)[0] == 401
    # Another system's odd cookie does not hide ours.
    assert door.ask("GET", "/anything", Cookie=f'odd={{"a":"b@"}}; {given}')[0] == 404
    assert door.ask("POST", "/sign-out", "", Cookie=given)[0] == 303
    assert door.ask("GET", "/anything", Cookie=given)[0] == 401


def test_a_flood_of_guesses_is_bounded_even_all_at_once(door: Door) -> None:
    """D08: of thirty at the same time the password of no more than the bound is looked at."""
    statuses: list[int] = []
    guesses = [
        threading.Thread(target=lambda: statuses.append(door.enter("no")[0]))
        for _ in range(MOST_FAILURES + 10)
    ]
    for each in guesses:
        each.start()
    for each in guesses:
        each.join()
    assert statuses.count(429) == 10
    assert statuses.count(401) == MOST_FAILURES


@pytest.mark.parametrize(
    "body",
    ["login=" + "x" * 20_000, "&".join(f"f{i}=1" for i in range(50)), "%ff%fe=%00", ""],
)
def test_a_hostile_body_is_a_failed_sign_in_and_no_fault(body: str, door: Door) -> None:
    status, _, text = door.ask("POST", "/sign-in", body)
    assert status == 401
    assert "登录名、口令或动态码不对" in text


def test_hostile_text_stands_inert(door: Door) -> None:
    """D09"""
    bad = "/x?'\"><script>alert(1)</script>"
    _, _, text = door.ask("GET", "/sign-in?" + urlencode({"next": bad}))
    assert "<script" not in text


def test_the_cast_plays_on_this_machine_only_and_with_nobody_between(door: Door) -> None:
    form = urlencode({"login": "demo.officer"})
    kept = st.get_option("server.address")
    try:
        config.set_option("server.address", "0.0.0.0")
        assert door.ask("POST", "/sign-in/cast", form)[0] == 403
        config.set_option("server.address", "127.0.0.1")
        for proxy in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
            assert door.ask("POST", "/sign-in/cast", form, **{proxy: "127.0.0.1"})[0] == 403
        assert door.ask("POST", "/sign-in/cast", form)[0] == 303
    finally:
        config.set_option("server.address", kept)
