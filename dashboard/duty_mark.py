"""Who is on duty, small in the header of every page; and whether who sits here is among them."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from dashboard import words
from linkage.beijing import BEIJING
from linkage.duty.coverage import Shift
from linkage.duty.listing import is_empty, shifts
from linkage.record import UNAVAILABLE, Record
from linkage.response_vocabulary import Post


def mark(record: Record) -> None:
    """Nothing where nobody has entered a roster: the page 值班 says so."""
    held = _now(record)
    if held is None:
        return
    officers = _names(held, Post.OFFICER)
    chiefs = _names(held, Post.CHIEF)
    told = "；".join(f"{post.label} {_names(held, post) or '无人'}" for post in Post)
    if officers or chiefs:
        text = " · ".join(filter(None, (officers, chiefs)))
        st.badge(words.plain(text), icon=":material/badge:", color="gray", help=words.plain(told))
    else:
        help_ = "班表上此刻没有值班员和值班长，请到“值班”页排班"
        st.badge("此刻无人当班", icon=":material/person_off:", color="red", help=help_)


def place_of(record: Record, name: str) -> None:
    """Which post the roster gives to the one who sits here."""
    held = _now(record)
    if held is None:
        return
    own = [one for one in held if one.person.name == name]
    if own:
        until = own[0].ends_at.astimezone(BEIJING).strftime("%H:%M")
        st.caption(f"班表：{own[0].post.label}，至 {until}")
    else:
        st.caption("此刻的班表上没有这个姓名")


def _now(record: Record) -> list[Shift] | None:
    """None: no roster, or the database is away, which the strip says."""
    now = datetime.now(UTC)
    try:
        with record.read() as cx:
            held = shifts(cx, now, now + timedelta(microseconds=1))
            return None if not held and is_empty(cx) else held
    except UNAVAILABLE:
        return None


def _names(held: list[Shift], post: Post) -> str:
    return "、".join(dict.fromkeys(one.person.name for one in held if one.post is post))
