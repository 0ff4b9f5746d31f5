"""A click acts on what the screen showed, before the page reads again.

Streamlit hands a callback the arguments of the run that drew the button. So the version in them is
the one the officer saw, and a colleague's faster decision is noticed instead of overwritten.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import streamlit as st

from dashboard import desk, words

_ASKED = "asked_action"
# Long enough to read eleven agencies; it covers nothing and moves nothing.
SHOWN_S = 15


class Form(msgspec.Struct, frozen=True):
    """The fields of one small form about one thing, and their keys.

    A browser keeps what was typed under a key, whatever the server forgets. So a form that has
    served gets new keys, and a form about another incident has others: what was written for one
    never stands in the next.
    """

    name: str
    of: int

    def key(self, field: str) -> str:
        return f"{self.name}_{field}_{self.of}_{self._turn()}"

    def value(self, field: str) -> Any:
        """What the field holds, for a callback; None where it holds nothing."""
        return st.session_state.get(self.key(field))

    def text(self, field: str) -> str:
        return str(self.value(field) or "").strip()

    def served(self) -> None:
        st.session_state[self._turns()] = self._turn() + 1

    def _turn(self) -> int:
        return int(st.session_state.get(self._turns(), 0))

    def _turns(self) -> str:
        return f"asked_turn_{self.name}_{self.of}"


class Asked(msgspec.Struct, frozen=True):
    """`done`: what to tell when it worked. `form`: where it came from."""

    action: Callable[[], object]
    done: str
    form: Form | None = None


def ask(action: Callable[[], object], done: str, form: Form | None = None) -> None:
    """In a callback: remember what the officer wants done."""
    st.session_state[_ASKED] = Asked(action, done, form)


def waiting() -> bool:
    """Something was asked for inside a fragment: the whole page has to run."""
    return _ASKED in st.session_state


def answer() -> None:
    """Do what was asked for and say so. Call it above everything that reads the record."""
    asked: Asked | None = st.session_state.pop(_ASKED, None)
    if asked is None or not desk.attempt(asked.action):
        return
    if asked.form is not None:
        asked.form.served()
    st.toast(words.plain(asked.done), icon=":material/check_circle:", duration=SHOWN_S)
