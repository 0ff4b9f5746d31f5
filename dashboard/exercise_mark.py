"""The big mark of a running exercise on every page: nobody takes practice for the real thing."""

import streamlit as st

from dashboard import words
from linkage.exercise.exercises import Exercise, read_running
from linkage.record import UNAVAILABLE, Record

# Stripes under the whole header: seen from the other end of the room, and they move nothing.
_STRIPES = """<style>
[data-testid="stHeader"] { border-bottom: 7px solid transparent; border-image:
  repeating-linear-gradient(-45deg, #7b3ff2 0 14px, #f5c518 14px 28px) 7; }
</style>"""


def mark(record: Record) -> None:
    """Stands first in the header strip, and is read anew with it."""
    one = _running(record)
    if one is None:
        return
    st.html(_STRIPES)
    st.badge(
        f"演练进行中：{words.plain(one.name)}",
        icon=":material/theater_comedy:",
        color="violet",
        help="标有“演练”的事件、任务、通知都属于这场演练；未标明的是真实情况，优先处置。",
    )


def _running(record: Record) -> Exercise | None:
    """None when the database is away too: then the header says that."""
    try:
        return read_running(record)
    except UNAVAILABLE:
        return None
