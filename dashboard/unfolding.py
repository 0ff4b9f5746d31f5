"""What is drawn only once somebody unfolds it: a page that is drawn anew at each change, on every
desk that looks, carries nothing that nobody reads."""

import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from dashboard import words


def unfolding(label: str, *, key: str, icon: str | None = None) -> ExpanderContainer:
    """Closed at first. Its `open` says whether to draw what is in it."""
    return st.expander(
        words.plain(label),
        icon=icon,
        key=key,
        type="default" if icon else "compact",
        on_change="rerun",
    )
