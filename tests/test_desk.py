"""What every page starts from."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from streamlit.testing.v1 import AppTest

from dashboard import desk
from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.people import Actor
from linkage.record import Record
from linkage.vocabulary import Role
from tests.browser import scene
from tests.signing import OFFICER, sit_down

ROOT = Path(__file__).parent.parent
Start = Callable[..., AppTest]


@pytest.fixture
def start(record: Record, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Runs a page of one test on the record of that test."""
    monkeypatch.setenv("LINKAGE_DATABASE_URL", database_url)
    monkeypatch.setenv("LINKAGE_SOURCES", str(ROOT / "sources.toml"))
    scene.heartbeat(record, datetime.now(UTC), silent=["earthquake"], durable=False)
    for kept in (desk.settings, desk.record, desk.sources, desk.agencies, desk.entrance):
        kept.clear()

    def run(page: Callable[[], None], who: Actor | None = OFFICER) -> AppTest:
        screen = AppTest.from_function(page, default_timeout=20)
        if who is not None:
            screen.session_state[desk.TOKEN] = sit_down(record, who)
        return screen.run()

    return run


def _bare() -> None:
    from dashboard import desk

    desk.page_header("接入状态")


def _words(at: AppTest) -> str:
    return " ".join(element.value for element in at.markdown)


def test_every_page_says_its_name_and_whether_the_picture_is_fresh(start: Start) -> None:
    shown = start(_bare)
    assert not shown.exception
    words = _words(shown)
    assert "### 接入状态" in words
    for light in ("最近接报", "接入正常", "演示：broker 仅在内存", "未接入 1 / 19"):
        assert light in words


def test_who_sits_here_is_who_signed_in(start: Start) -> None:
    shown = start(_actor, Actor("丙", Role.DUTY_CHIEF))
    assert shown.text[0].value == "丙（值班长）"
    shown.run()
    assert shown.text[0].value == "丙（值班长）"


def _actor() -> None:
    import streamlit as st

    from dashboard import desk

    desk.page_header("事件处置")
    st.text(str(desk.actor()))


def test_nobody_signed_in_sees_the_way_to_sign_in_and_nothing_else(start: Start) -> None:
    shown = start(_actor, None)
    assert "尚未登录" in shown.warning[0].value
    assert not shown.text


def test_an_officer_of_an_agency_sits_for_that_agency(start: Start) -> None:
    shown = start(_agency, Actor("丁", Role.AGENCY_OFFICER, "fire"))
    assert shown.text[0].value == "fire"


def _agency() -> None:
    import streamlit as st

    from dashboard import desk

    desk.page_header("联动任务")
    st.text(str(desk.actor().agency_id))


@pytest.mark.parametrize("page", [r"[x](javascript:1)", "**粗** :fire: $x$", "<b>甲</b>"])
def test_a_name_is_never_read_as_markup(start: Start, page: str) -> None:
    shown = start(_actor, Actor(page, Role.DUTY_OFFICER))
    assert not shown.exception
    assert shown.text[0].value.startswith(page)


@pytest.mark.parametrize("why", ["Raced", "NotAllowed", "NotPermitted"])
def test_a_refused_write_is_told_in_the_words_of_the_rule(start: Start, why: str) -> None:
    page = {"Raced": _raced, "NotAllowed": _not_allowed, "NotPermitted": _not_permitted}[why]
    shown = start(page)
    assert not shown.exception
    assert shown.text[0].value == "False"
    assert "值班员乙" in shown.error[0].value


def _raced() -> None:
    import streamlit as st

    from dashboard import desk
    from linkage.errors import Raced

    def act() -> None:
        raise Raced("值班员乙 14:31 已受理")

    st.text(str(desk.attempt(act)))


def _not_allowed() -> None:
    import streamlit as st

    from dashboard import desk
    from linkage.errors import NotAllowed

    def act() -> None:
        raise NotAllowed("值班员乙 已办结")

    st.text(str(desk.attempt(act)))


def _not_permitted() -> None:
    import streamlit as st

    from dashboard import desk
    from linkage.errors import NotPermitted

    def act() -> None:
        raise NotPermitted("值班员乙 无权")

    st.text(str(desk.attempt(act)))


def test_a_database_that_is_away_is_told_and_nothing_is_lost_quietly(start: Start) -> None:
    shown = start(_away)
    assert shown.text[0].value == "False"
    assert "没有写入" in shown.error[0].value


def _away() -> None:
    import streamlit as st
    from sqlalchemy.exc import OperationalError

    from dashboard import desk

    def act() -> None:
        raise OperationalError("", {}, Exception())

    st.text(str(desk.attempt(act)))


def test_a_mistake_of_ours_is_not_dressed_up_as_a_refusal(start: Start) -> None:
    def page() -> None:
        from dashboard import desk

        def act() -> None:
            raise KeyError("ours")

        desk.attempt(act)

    assert start(page).exception


def test_the_address_names_an_incident_or_none(start: Start) -> None:
    def page() -> None:
        import streamlit as st

        from dashboard import desk

        st.text(str(desk.incident_in_url()))

    for asked, read in [
        ("17", "17"),
        ("", "None"),
        ("-1", "None"),
        ("1 OR 1", "None"),
        ("\uff11", "None"),
    ]:
        at = AppTest.from_function(page, default_timeout=20)
        at.query_params["incident"] = asked
        assert at.run().text[0].value == read


def test_all_that_attempt_knows_is_a_kind_of_refusal() -> None:
    assert not issubclass(Raced, (NotAllowed, NotPermitted, OperationalError))
