"""A click acts on what the screen showed, before the page reads again.

Streamlit hands a callback the arguments of the run that drew the button. So the version in them is
the one the officer saw, and a colleague's faster decision is noticed instead of overwritten.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import streamlit as st

from dashboard import desk, words

_ASKED = "asked_action"
_DONE = "asked_done"
# How often something was done: part of the keys of forms, which so close when they have served.
_TIMES = "asked_times"
# What was done stays readable although answers of agencies redraw the page meanwhile.
SHOWN_FOR = timedelta(seconds=20)


class Asked(msgspec.Struct, frozen=True):
    """`done`: what to tell when it worked. `forget`: keys of fields that are empty afterwards."""

    action: Callable[[], object]
    done: str
    forget: tuple[str, ...] = ()


class _Done(msgspec.Struct, frozen=True):
    text: str
    at: datetime


def ask(action: Callable[[], object], done: str, forget: tuple[str, ...] = ()) -> None:
    """In a callback: remember what the officer wants done."""
    st.session_state[_ASKED] = Asked(action, done, forget)


def typed(key: str) -> str:
    """What stands in a text field, for a callback."""
    return str(st.session_state.get(key) or "").strip()


def times() -> int:
    return int(st.session_state.get(_TIMES, 0))


def waiting() -> bool:
    """Something was asked for inside a fragment: the whole page has to run."""
    return _ASKED in st.session_state


def answer() -> None:
    """Do what was asked for and say so. Call it above everything that reads the record."""
    asked: Asked | None = st.session_state.pop(_ASKED, None)
    if asked is not None:
        st.session_state.pop(_DONE, None)
        if desk.attempt(asked.action):
            for key in asked.forget:
                st.session_state.pop(key, None)
            st.session_state[_TIMES] = times() + 1
            st.session_state[_DONE] = _Done(asked.done, datetime.now(UTC))
    done: _Done | None = st.session_state.get(_DONE)
    if done is not None and datetime.now(UTC) - done.at < SHOWN_FOR:
        st.success(words.plain(done.text), icon=":material/check_circle:")
