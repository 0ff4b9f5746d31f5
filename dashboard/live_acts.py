"""What the live layer asks of the page: choose, open, a view for the address, acts on incidents.

A browser says its last words again after a broken line, a reload or a restart of ours. So an act
carries the key of its click, which the record keeps with what it did; and what is old is not done.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from dashboard import desk, words
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.desk import incidents
from linkage.desk.claims import FILE, ClaimRule, load_claim_rule
from linkage.desk.once import AlreadyDone, OnceRecord
from linkage.desk.taking import take_stale
from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.record import UNAVAILABLE, Record

# The parts of the view that stand in the address, for a colleague to open the same.
VIEW = ("tab", "level", "family", "state", "source", "within", "routine", "drill", "q")
# An officer who clicked before a break does not want it done after.
OLDEST_S = 20
SHOWN_S = 12
_SEQ, _KNOWN = "situation_seq", "situation_acts"


@st.cache_resource
def claim_rule() -> ClaimRule:
    return load_claim_rule(desk.settings().tables / FILE)


def offered(seat: Seat) -> list[str]:
    """What this officer's live layer offers; checked again when it is done."""
    return [act.value for act in (Action.CLAIM, Action.TAKE_STALE) if seat.may(act)]


def heed(told: dict[str, Any], seat: Seat) -> None:
    """Each message is numbered: one seen again when the page is drawn anew is not new."""
    # A session that begins with a message is one that was lost: the browser repeats itself.
    repeated = _SEQ not in st.session_state and bool(told)
    seen = st.session_state.setdefault(_SEQ, 0)
    if told.get("seq", 0) <= seen:
        return
    st.session_state[_SEQ] = told["seq"]
    _do(told.get("acts"), seat)
    _note_view(told.get("view"))
    if told.get("find") and not repeated:
        desk.find_all(str(told["find"])[:80])
    chosen = _id(told.get("incident_id"))
    if chosen is not None and told.get("open") and not repeated:
        desk.open_incident(chosen)
    elif chosen is not None:
        st.query_params["incident"] = str(chosen)
    elif "incident_id" in told:
        st.query_params.pop("incident", None)


def _note_view(view: object) -> None:
    if not isinstance(view, dict):
        return
    wanted = {name: str(view[name])[:200] for name in VIEW if view.get(name)}
    if wanted == {name: st.query_params[name] for name in VIEW if name in st.query_params}:
        return
    others = {name: value for name, value in st.query_params.items() if name not in VIEW}
    st.query_params.from_dict({**others, **wanted})


def _do(acts: object, seat: Seat) -> None:
    known: set[str] = st.session_state.setdefault(_KNOWN, set())
    for act in acts if isinstance(acts, list) else ():
        mark = str(act.get("mark", "")) if isinstance(act, dict) else ""
        if mark and mark not in known:
            known.add(mark)
            _carry_out(act, mark, seat)


def _carry_out(act: dict[str, Any], mark: str, seat: Seat) -> None:
    incident_id, version = _id(act.get("incident_id")), _id(act.get("version"))
    make = _ACTS.get(str(act.get("act")))
    if make is None or incident_id is None or version is None:
        return
    number = words.plain(str(act.get("number", ""))[:20])
    age = time.time() - _number(act.get("at"))
    once = OnceRecord(seat.record, mark)
    if age > OLDEST_S:
        _tell(f"对 {number} 的点击是断线期间 {age:.0f} 秒前发出的，没有执行；请核对后重新点击。")
        return
    try:
        make(once, seat, incident_id, version)()
    except AlreadyDone:
        return  # said when it was done
    except (Raced, NotAllowed, NotPermitted) as why:
        _tell(words.plain(str(why)))
        desk.refused(why)
    except UNAVAILABLE:
        _tell(desk.AWAY)
    else:
        st.toast(f"{number} 已由你接手。", icon=":material/front_hand:", duration=SHOWN_S)


def _tell(why: str) -> None:
    st.toast(why, icon=":material/block:", duration=SHOWN_S)


def _claim(once: Record, seat: Seat, incident_id: int, _: int) -> Callable[[], int]:
    return partial(incidents.claim, once, seat.actor, incident_id)


def _take_stale(once: Record, seat: Seat, incident_id: int, version: int) -> Callable[[], int]:
    return partial(take_stale, once, seat.actor, incident_id, version, claim_rule())


_ACTS: dict[str, Callable[[Record, Seat, int, int], Callable[[], int]]] = {
    Action.CLAIM.value: _claim,
    Action.TAKE_STALE.value: _take_stale,
}


def _id(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
