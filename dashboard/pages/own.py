"""我的账户: one's own password, second factor and desks."""

from collections.abc import Callable
from functools import partial

import segno
import streamlit as st

from dashboard import desk, words
from dashboard.account_rows import open_desks, rights
from dashboard.seat import reading
from linkage.access import own_account
from linkage.access.second_factor import address, new_secret
from linkage.access.sessions import sessions
from linkage.access.sitting import Gone, Sitting
from linkage.access_vocabulary import SignInMeans, View

_SECRET = "own_secret"  # noqa: S105  a key of the page's state
_SAID = "own_said"
_FORM = "own_form"  # counts on after each act, so that no password stays in a field


def page() -> None:
    desk.page_header(View.OWN.label)
    here = desk.sitting()
    if isinstance(here, Gone):
        desk.signed_record()  # says so, and ends the page
        return
    if said := st.session_state.pop(_SAID, ""):
        st.success(said, icon=":material/check:")
    if here.unready:
        st.warning(
            "您的角色必须启用动态码：请先在下面启用，才能使用其他页面。", icon=":material/lock:"
        )
    left, right = st.columns(2, gap="large")
    with left:
        _who(here)
        if here.means is SignInMeans.UNIFIED:
            st.info("口令和动态码由统一身份认证管理。", icon=":material/badge:")
        elif not here.cast:
            _password(here)
    with right:
        if here.cast:
            st.info("演示角色没有口令和动态码。", icon=":material/theater_comedy:")
        elif here.means is not SignInMeans.UNIFIED:
            with reading():
                _second_factor(here)
    with reading():
        _desks(here)


def _who(here: Sitting) -> None:
    st.markdown("#### 身份")
    st.text(f"{here.actor}　登录名 {here.login}")
    with st.expander("我的角色能做什么"):
        rights(here.actor.role)


def _password(here: Sitting) -> None:
    st.markdown("#### 更改口令")
    rules = desk.entrance().rules
    with st.form(_key("password"), clear_on_submit=True):
        old = st.text_input("原口令", type="password", max_chars=200, key=_key("old"))
        new = st.text_input("新口令", type="password", max_chars=200, key=_key("new"))
        again = st.text_input("再输一次新口令", type="password", max_chars=200, key=_key("again"))
        least, kinds = rules.passwords.shortest, rules.passwords.kinds
        st.caption(
            f"至少 {least} 位，含小写字母、大写字母、数字、其他符号中的 {kinds} 种，不含登录名。"
        )
        pressed = st.form_submit_button("更改口令", type="primary", key=_key("set"))
    if not pressed:
        return
    if new != again:
        st.error("两次输入的新口令不一致。", icon=":material/block:")
        return
    _do(
        lambda: own_account.change_password(desk.record(), here, old, new, rules),
        "口令已更改，其他席位已退出。",
    )


def _second_factor(here: Sitting) -> None:
    st.markdown("#### 动态码")
    entrance = desk.entrance()
    if own_account.has_second_factor(desk.record(), here):
        st.text("已启用：登录时除口令外，还要输入手机上的 6 位动态码。")
        with st.expander("停用动态码（换手机时）"), st.form(_key("drop"), clear_on_submit=True):
            password = st.text_input("口令", type="password", max_chars=200, key=_key("drop_word"))
            code = st.text_input("动态码", max_chars=10, key=_key("drop_code"))
            if st.form_submit_button("停用动态码", key=_key("drop_it")):
                _do(
                    lambda: own_account.drop(
                        *(desk.record(), here, password, code, entrance.seal, entrance.rules)
                    ),
                    "动态码已停用。",
                )
        return
    secret = st.session_state.setdefault(_SECRET, new_secret())
    st.text("用手机上的验证器应用扫描，再输入它显示的 6 位数字。二维码在本机生成，不经过外网。")
    picture = segno.make(address(secret, here.login), error="m")
    # White behind it in both themes: a camera needs it.
    st.image(picture.png_data_uri(scale=5, border=4), width=230)
    st.text("不能扫码时，手工输入密钥：")
    st.code(" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)), language=None)
    with st.form(_key("enrol"), clear_on_submit=True):
        password = st.text_input("口令", type="password", max_chars=200, key=_key("enrol_word"))
        code = st.text_input("手机显示的 6 位数字", max_chars=10, key=_key("enrol_code"))
        if st.form_submit_button("启用动态码", type="primary", key=_key("enrol_it")):
            _do(lambda: _enrol(here, password, secret, code), "动态码已启用，下次登录时使用。")


def _enrol(here: Sitting, password: str, secret: str, code: str) -> None:
    entrance = desk.entrance()
    own_account.enrol(*(desk.record(), here, password, secret, code, entrance.seal, entrance.rules))
    st.session_state.pop(_SECRET, None)


def _desks(here: Sitting) -> None:
    st.markdown("#### 我登录着的席位")
    rules = desk.entrance().rules
    for each in sessions(desk.record(), here.account_id):
        line, press = st.columns([6, 1], vertical_alignment="center")
        line.text(open_desks(each, this=here.id))
        if each.id != here.id and press.button("结束", key=f"own_end_{each.id}"):
            _do(
                partial(own_account.end_mine, desk.record(), here, each.id, rules),
                "那个席位已退出。",
            )


def _do(action: Callable[[], object], said: str) -> None:
    if desk.attempt(action):
        st.session_state[_SAID] = words.plain(said)
        st.session_state[_FORM] = st.session_state.get(_FORM, 0) + 1
        st.rerun()


def _key(name: str) -> str:
    return f"own_{name}_{st.session_state.get(_FORM, 0)}"


page()
