"""统一身份认证, with a real provider and the dashboard as it is started in earnest."""

import os
import subprocess
import sys
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest
from sqlalchemy import func, select, update

from dashboard.entrance import COOKIE
from linkage.access.accounts import NewAccount, insert_account, set_active
from linkage.access.sessions import sessions
from linkage.access.signing_in import Knock
from linkage.access.unified import bind, come_in
from linkage.access_tables import account
from linkage.access_vocabulary import SignInMeans
from linkage.actions import Action, Happening
from linkage.errors import NotAllowed, NotPermitted
from linkage.people import Actor
from linkage.record import Record
from linkage.tables import log_entry
from linkage.vocabulary import Role
from tests.browser.desk import Desk
from tests.identity_provider import Provider, secrets_toml, start_provider
from tests.signing import RULES

SYSTEM, SECURITY = Actor("系统甲", Role.SYSTEM_ADMIN), Actor("安全乙", Role.SECURITY_ADMIN)
HERE = Knock(login="", password="", address="10.0.0.9", agent="test")
Page = tuple[int, str, str]


class Browser:
    """Cookies and redirects, as a browser has them; no more."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.jar = desk, CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self.jar))

    def visit(self, path: str) -> Page:
        asked = Request(self.desk.url + path, headers={"Accept": "text/html"})
        try:
            with self._opener.open(asked, timeout=30) as answer:
                return answer.status, urlsplit(answer.url).path, answer.read().decode()
        except HTTPError as answer:
            return answer.code, urlsplit(answer.url).path, answer.read().decode()

    def cookies(self) -> set[str]:
        return {one.name for one in self.jar}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with start_provider() as started:
        yield started


@pytest.fixture(scope="module")
def desk(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    house = Desk(folder)
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(secrets_toml(provider, house.url))
    put(house.record, "wang", unified_id="wang")
    house.start(HOME=str(folder))
    yield house
    house.stop()
    house.record.close()


def put(record: Record, login: str, **columns: object) -> int:
    with record.write() as w:
        new = NewAccount(login=login, name=f"{login}某", role=Role.DUTY_OFFICER)
        made = insert_account(w, new, "测试", active=True)
        with_version = {"version": 1, **columns}
        w.cx.execute(update(account).where(account.c.id == made).values(**with_version))
    return made


def noted(record: Record, action: str) -> list[str]:
    with record.read() as cx:
        ask = select(log_entry.c.reason).where(log_entry.c.action == action)
        return list(cx.execute(ask.order_by(log_entry.c.id)).scalars())


def test_a_person_of_the_city_comes_in_as_their_account_and_can_be_sent_out(
    desk: Desk, provider: Provider
) -> None:
    """D07: the stay is ours: it is listed, and ends where ours end."""
    provider.subject, browser = "wang", Browser(desk)
    assert "统一身份认证登录" in browser.visit("/sign-in")[2]
    status, path, _ = browser.visit("/sign-in/unified?next=/incident?incident=7")
    assert (status, path) == (200, "/incident")
    assert COOKIE in browser.cookies()
    assert not {name for name in browser.cookies() if name.startswith("_streamlit_user")}
    (stay,) = sessions(desk.record)
    assert (stay.name, stay.means) == ("wang某", SignInMeans.UNIFIED)
    with desk.record.read() as cx:
        row = cx.execute(select(account).where(account.c.login == "wang")).one()
    put_out = Actor("系统甲", Role.SYSTEM_ADMIN)
    set_active(desk.record, put_out, row.id, row.version, False, "调离")
    assert browser.visit("/incident")[1] == "/sign-in"
    status, path, said = Browser(desk).visit("/sign-in/unified")
    assert (status, path) == (403, "/sign-in/unified/back")
    assert "账户已停用" in said


def test_who_has_no_account_is_told_and_none_is_made(desk: Desk, provider: Provider) -> None:
    provider.subject, browser = "stranger<b>", Browser(desk)
    status, _, said = browser.visit("/sign-in/unified")
    assert status == 403
    assert "“stranger&lt;b&gt;”还没有绑定本系统的账户" in said
    assert COOKIE not in browser.cookies()
    assert not {name for name in browser.cookies() if name.startswith("_streamlit_user")}
    with desk.record.read() as cx:
        assert cx.execute(select(func.count()).select_from(account)).scalar() == 1
    assert any("没有绑定账户" in why for why in noted(desk.record, Happening.SIGN_IN_FAILED))


def test_a_refusal_of_the_provider_and_a_forged_return_lead_to_the_door(
    desk: Desk, provider: Provider
) -> None:
    provider.subject, browser = "", Browser(desk)
    status, _, said = browser.visit("/sign-in/unified")
    assert status == 401
    assert "统一身份认证没有完成" in said
    for path in ("/sign-in/unified/back", "/oauth2callback?code=x&state=y", "/auth/login"):
        assert COOKIE not in browser.cookies(), path
        assert "登录名" in browser.visit(path)[2]


def test_what_the_provider_gave_serves_once(record: Record) -> None:
    """D07: a copy of the cookie that Streamlit laid opens nothing again."""
    put(record, "wang", unified_id="wang")
    assert come_in(record, "wang", "proof", HERE, RULES)
    with pytest.raises(NotPermitted, match="已用过"):
        come_in(record, "wang", "proof", HERE, RULES)
    assert come_in(record, "wang", "another", HERE, RULES)


def test_who_may_bind_an_identity_is_who_may_give_a_way_in(record: Record) -> None:
    """D06: three administrators; nobody binds one to themselves; one belongs to one account."""
    wang, zhao = put(record, "wang"), put(record, "zhao")
    put(record, "an", role=Role.SECURITY_ADMIN, password="x", name="安全丁")
    with pytest.raises(NotPermitted, match="安全管理员办理"):
        bind(record, SYSTEM, wang, 1, "u-1")
    with pytest.raises(NotPermitted, match="不能给自己"):
        bind(record, Actor("wang某", Role.SECURITY_ADMIN), wang, 1, "u-1")
    bind(record, SECURITY, wang, 1, " u-1 ")
    with pytest.raises(NotAllowed, match="已绑定wang某"):
        bind(record, SECURITY, zhao, 1, "u-1")
    with pytest.raises(NotAllowed, match="控制字符"):
        bind(record, SECURITY, zhao, 1, "u\n1")
    bind(record, SECURITY, wang, 2, "")
    assert noted(record, Action.INVITE) == ["绑定统一身份", "解除统一身份"]


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('client_id = "linkage"', "", "client_id"),
        ("/oauth2callback", "/callback", "redirect_uri"),
        ('cookie_secret = "', 'cookie_secret = "short"#', "cookie_secret"),
    ],
)
def test_a_half_finished_setting_is_named_at_the_start(  # noqa: PLR0917
    was: str, becomes: str, said: str, desk: Desk, provider: Provider, tmp_path: Path
) -> None:
    (tmp_path / ".streamlit").mkdir()
    whole = secrets_toml(provider, desk.url)
    (tmp_path / ".streamlit" / "secrets.toml").write_text(whole.replace(was, becomes))
    look = [sys.executable, "-c", "from dashboard.unified import configured; configured()"]
    env = os.environ | {"HOME": str(tmp_path)}
    done = subprocess.run(look, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert f"BadConfig: secrets.toml: [auth] {said}" in done.stderr
