"""即将超时: the clocks of this process, one set for all its desks, and the list everyone sees."""

import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import streamlit as st

from dashboard import desk, words
from dashboard.rhythm import looking_every
from dashboard.seat import Seat, reading, take_seat
from linkage.clocks.clock import Clocks, Running
from linkage.clocks.next_to_breach import SOON, in_words, nearest, of_assignments
from linkage.clocks.rule_file import read_clocks
from linkage.clocks.running import KeptUp
from linkage.exercise.marking import marked
from linkage.record import Record
from linkage.response_vocabulary import Post
from linkage.vocabulary import Role

LOOK_EVERY_S = 5
_FRESH = timedelta(seconds=0.9)
# On a strip of one line; in the list.
ON_STRIP, IN_LIST = 4, 8
# Of these so many are kept for what is not late yet.
AHEAD = 2
# Text that can be pressed, not a row of buttons: two lines of it cost two lines.
_CLOSE = """<style>
[class*="st-key-pressing_"] { row-gap: 0; }
[class*="st-key-pressing_"] button { min-height: 1.6rem; padding: 0; }
</style>"""


class Face:
    """Kept up for all desks of the process; each look costs milliseconds."""

    def __init__(self, clocks: Clocks) -> None:
        self._lock = threading.Lock()
        self._clocks, self._kept = clocks, KeptUp(clocks)
        # By whose they are: when it was made, of what beside orders and incidents, and the list.
        self._made: dict[str | None, tuple[datetime, list[Running], list[Running]]] = {}

    def look(self, record: Record, now: datetime) -> list[Running]:
        with self._lock, record.read() as cx:
            runs = self._kept.look(cx, now)
            if self._kept.changed:
                self._made = {}
            return runs

    def pressing(self, record: Record, now: datetime, agency_id: str | None) -> list[Running]:
        """Of all incidents; `agency_id`: its own only. Made once a second for however many desks:
        after an outage thousands are late, and only who shows one puts it in words."""
        runs = self.look(record, now)
        with self._lock:
            rest = self._kept.rest
            made = self._made.get(agency_id)
            if made and abs(now - made[0]) < _FRESH and made[1] == rest:
                return made[2]
            found = _of(runs, now, agency_id)
            self._made[agency_id] = now, rest, found
            return found


@st.cache_resource
def clocks() -> Clocks:
    return read_clocks(desk.settings().tables, desk.agencies())


@st.cache_resource
def _face() -> Face:
    return Face(clocks())


def of_tasks(seat: Seat, now: datetime, incident_id: int | None = None) -> dict[int, Running]:
    """Of each task, or of those of one incident, the clock that presses most."""
    runs = _face().look(seat.record, now)
    if incident_id is not None:
        runs = [run for run in runs if run.incident_id == incident_id]
    return of_assignments(runs)


def pressing(seat: Seat, now: datetime, incident_id: int | None = None) -> list[Running]:
    """Late, or late soon; the most pressing first. A department sees its own."""
    theirs = seat.actor.role is Role.AGENCY_OFFICER
    agency_id = (seat.actor.agency_id or "") if theirs else None
    if incident_id is None:
        return _face().pressing(seat.record, now, agency_id)
    runs = _face().look(seat.record, now)
    return _of((r for r in runs if r.incident_id == incident_id), now, agency_id)


def _of(runs: Iterable[Running], now: datetime, agency_id: str | None) -> list[Running]:
    if agency_id is not None:
        runs = (run for run in runs if run.owner == agency_id)
    found = nearest(runs, now, within=SOON)
    return sorted(found, key=lambda run: run.exercise)  # what is real goes first


def strip() -> None:
    """One line, alive: how much is late, and what comes next. Nothing pressing: one quiet badge."""
    st.html(_CLOSE)
    _look(ON_STRIP, "strip_0", wrap=False)


def line(incident_id: int) -> None:
    """The same of one incident, as it is now: who calls it looks again."""
    st.html(_CLOSE)
    _draw(ON_STRIP, f"strip_{incident_id}", incident_id, wrap=False)


def listed() -> None:
    """The list, alive: most pressing first, time left, who owns it; a click opens the incident."""
    st.html(_CLOSE)
    _look(IN_LIST, "list", wrap=True)


@looking_every(LOOK_EVERY_S)
def _look(most: int, name: str, *, wrap: bool) -> None:
    _draw(most, name, None, wrap=wrap)


def _draw(most: int, name: str, incident_id: int | None, *, wrap: bool) -> None:
    with reading():
        seat, now = take_seat(), datetime.now(UTC)
        found = pressing(seat, now, incident_id)
        late = sum(run.is_overdue(now) and not run.exercise for run in found)
        with st.container(
            horizontal=True, gap=8, wrap=wrap, vertical_alignment="center", key=f"pressing_{name}"
        ):
            colour: words.Colour = "red" if late else "green"
            st.badge(f"超时 {late}", icon=":material/alarm:", color=colour)
            for place, run in enumerate(_some(found, now, most)):
                _entry(run, now, f"pressing_open_{name}_{place}")
            if len(found) > most:
                st.caption(f"另有 {len(found) - most} 项", width="content")
            elif not found:
                st.caption(f"{SOON.seconds // 60} 分钟内没有到期的时限", width="content")


def _some(found: list[Running], now: datetime, most: int) -> list[Running]:
    """However much is late: what is about to be stands beside it, for it can still be met."""
    late = [run for run in found if run.is_overdue(now)]
    ahead = [run for run in found if not run.is_overdue(now)]
    room = max(most - len(ahead), most - AHEAD)
    return late[:room] + ahead[: most - min(len(late), room)]


def _entry(run: Running, now: datetime, key: str) -> None:
    one = in_words(run, now, clocks())
    # Who owns what an agency owes is named in it already.
    owner = f"（{one.owner}）" if run.owner in set(Post) else ""
    text = words.plain(marked(f"{one.words}{owner}", exercise=run.exercise))
    drill = ":material/theater_comedy: " if run.exercise else ""
    colour: words.Colour = "red" if one.late else "orange"
    if run.incident_id is None:
        st.badge(text, color=colour)
    elif st.button(f"{drill}:{colour}[{text}]", key=key, type="tertiary", help="打开该事件"):
        desk.open_incident(run.incident_id)
