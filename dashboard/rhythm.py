"""Parts of a page that look again by themselves, each desk in a time of its own.

After a restart twenty desks come back within a second. In step they would all ask in the same
moment, every five seconds: what came in then was seen half a second later.
"""

import random
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

# Between the quickest desk and the slowest: after a minute they are spread.
APART = 0.2
P = ParamSpec("P")


def looking_every(seconds: float) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """A fragment that is drawn again every so many seconds, or nearly."""

    def of(draw: Callable[P, None]) -> Callable[P, None]:
        @wraps(draw)
        def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
            own = st.session_state.setdefault("rhythm", 1 + APART * (random.random() - 0.5))  # noqa: S311
            st.fragment(draw, run_every=seconds * own)(*args, **kwargs)

        return drawn

    return of
