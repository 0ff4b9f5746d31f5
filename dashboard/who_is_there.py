"""Who sits here, at the right of every page's head: name, lock, way out; and when nobody does."""

from collections.abc import Callable

import streamlit as st

from dashboard import words
from dashboard.downloads import base
from dashboard.duty_mark import place_of
from dashboard.entrance import Entrance
from linkage.access.preferences import keep_preference, read_preference
from linkage.access.signing_in import leave, unlock
from linkage.access.sitting import Gone, Sitting
from linkage.access_vocabulary import SignInMeans, View
from linkage.beijing import clock
from linkage.errors import NotPermitted
from linkage.people import SEES
from linkage.record import UNAVAILABLE
from linkage.vocabulary import Role

LANGUAGES = {"zh": "中文", "en": "English"}
_LANGUAGE = "desk_language_chosen"
_AWAY = "数据库暂时连不上，请稍候重试。"


def gone(found: Gone) -> None:
    """What stands on the page instead of it."""
    st.warning(words.plain(found.why), icon=":material/lock:")
    # A constant: the address is ours, and the link stays in this tab.
    st.html(f'<a href="{base()}/sign-in" target="_self">前往登录</a>')


def not_yours(here: Sitting, view: View) -> None:
    """Instead of a page that the role is not given."""
    whose = "、".join(role.label for role in Role if role in SEES[view])
    said = f"“{view.label}”供{whose}使用；您现在的角色是{here.actor.role.label}。"
    st.info(words.plain(said), icon=":material/lock:")


def another(drawn_for: Sitting | Gone, read: Callable[[], Sitting | Gone]) -> bool:
    """Whether the page was drawn for somebody else, or for another state of the desk."""
    return _shown(drawn_for) != _shown(read())


def _shown(found: Sitting | Gone) -> object:
    return found.why if isinstance(found, Gone) else (found.id, found.actor, found.locked)


def who(here: Sitting | Gone, entrance: Entrance) -> None:
    if isinstance(here, Gone):
        return
    if here.locked:
        _locked(here, entrance)
    label = words.plain(str(here.actor) + ("（演示）" if here.cast else ""))
    with st.popover(label, icon=":material/badge:", key="desk_who"):
        since = f"{here.means.label}登录，{clock(here.began_at)} 起，最迟到 {clock(here.ends_at)}"
        st.caption(words.plain(since))
        place_of(entrance.record, here.actor.name)
        _language(here, entrance)
        st.button("退出登录", key="desk_leave", on_click=_leave, args=(here, entrance))


def language(here: Sitting | Gone, entrance: Entrance) -> None:
    """Says in the page, for live_layer/words.js, which language its person chose."""
    if not isinstance(here, Gone):
        told = "en" if _chosen(here, entrance) == "en" else "zh"
        st.html(f'<div id="linkage-language" data-language="{told}"></div>')


def _chosen(here: Sitting, entrance: Entrance) -> str:
    """Read once for a tab: each turn of a page would be too often."""
    if _LANGUAGE not in st.session_state:
        try:
            kept = read_preference(entrance.record, here.account_id, "language")
        except UNAVAILABLE:
            return "zh"
        st.session_state[_LANGUAGE] = kept if kept in LANGUAGES else "zh"
    return str(st.session_state[_LANGUAGE])


def _language(here: Sitting, entrance: Entrance) -> None:
    st.segmented_control(
        "语言 Language",
        list(LANGUAGES),
        default=_chosen(here, entrance),
        format_func=LANGUAGES.__getitem__,
        key="desk_language",
        required=True,
        on_change=_speak,
        args=(here, entrance),
    )


def _speak(here: Sitting, entrance: Entrance) -> None:
    told = st.session_state["desk_language"]
    try:
        keep_preference(entrance.record, here.account_id, "language", told)
    except UNAVAILABLE:
        st.toast(_AWAY, icon=":material/cloud_off:")
    else:
        st.session_state[_LANGUAGE] = told


def _locked(here: Sitting, entrance: Entrance) -> None:
    label = "已锁定：输入口令解锁"
    with st.popover(label, icon=":material/lock:", type="primary", key="desk_lock"):
        if here.means is SignInMeans.UNIFIED:  # who has no password with us
            st.text("席位久未操作，已锁定。画面照常更新；请重新认证。")
            # A constant: the address is ours.
            st.html(f'<a href="{base()}/sign-in/unified" target="_self">统一身份认证登录</a>')
            return
        st.text("席位久未操作，已锁定。画面照常更新；解锁后才能操作。")
        st.text_input("口令", type="password", key="desk_unlock_password", max_chars=200)
        st.button(
            "解锁", key="desk_unlock", type="primary", on_click=_unlock, args=(here, entrance)
        )
        if said := st.session_state.pop("desk_unlock_said", ""):
            st.error(said)


def _unlock(here: Sitting, entrance: Entrance) -> None:
    password = str(st.session_state.pop("desk_unlock_password", ""))
    try:
        unlock(entrance.record, here, password, entrance.rules)
    except NotPermitted as why:
        st.session_state["desk_unlock_said"] = str(why)
    except UNAVAILABLE:
        st.session_state["desk_unlock_said"] = _AWAY


def _leave(here: Sitting, entrance: Entrance) -> None:
    try:
        leave(entrance.record, here.id)
    except UNAVAILABLE:
        st.toast(_AWAY, icon=":material/cloud_off:")
