"""A refusal on a page or at a route of ours goes into the log, with who and where."""

import logging

import streamlit as st

from linkage.access.refused import note_refused
from linkage.access.sitting import Gone, Sitting
from linkage.errors import NotPermitted
from linkage.record import UNAVAILABLE, Record

_LOOKED = "refusals_looked"
log = logging.getLogger(__name__)


def note(record: Record, here: Sitting | Gone, why: NotPermitted, where: str) -> None:
    """`where`: the address of the page, with the incident that it names. Nobody is held up by it:
    the refusal stands whether or not it could be noted."""
    if isinstance(here, Gone):
        return  # nobody sits here: what was open in this tab does nothing
    try:
        note_refused(record, here.actor, why, why.action or "act", {"at": where})
    except UNAVAILABLE:
        log.warning("越权被拒未能记入日志：%s", why)


def note_page(record: Record, here: Sitting, label: str) -> None:
    """The address of a page that the role is not given; once in each tab."""
    looked: set[str] = st.session_state.setdefault(_LOOKED, set())
    if label in looked:
        return
    looked.add(label)
    why = NotPermitted(f"{here.actor}的角色不使用“{label}”，没有打开。", action="open")
    note(record, here, why, label)


def here_now() -> str:
    """The address of this page without its host."""
    query = "&".join(f"{name}={value}" for name, value in st.query_params.items())
    path = "/".join((st.context.url or "").split("?")[0].split("/")[3:])
    return f"/{path}" + (f"?{query}" if query else "")
