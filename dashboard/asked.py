"""A click acts on what the screen showed, before the page reads again.

Streamlit hands a callback the arguments of the run that drew the button. So the version in them is
the one the officer saw, and a colleague's faster decision is noticed instead of overwritten.
"""

from collections.abc import Callable

import msgspec
import streamlit as st

from dashboard import desk, words

_ASKED = "asked_action"
# How often something was done: part of the keys of forms, which so close when they have served.
_TIMES = "asked_times"
# Long enough to read eleven agencies; it covers nothing and moves nothing.
SHOWN_S = 15


class Asked(msgspec.Struct, frozen=True):
    """`done`: what to tell when it worked. `forget`: keys of fields that are empty afterwards."""

    action: Callable[[], object]
    done: str
    forget: tuple[str, ...] = ()


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
    if asked is None or not desk.attempt(asked.action):
        return
    for key in asked.forget:
        st.session_state.pop(key, None)
    st.session_state[_TIMES] = times() + 1
    st.toast(words.plain(asked.done), icon=":material/check_circle:", duration=SHOWN_S)
