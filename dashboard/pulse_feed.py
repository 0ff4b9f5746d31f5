"""Pages that are drawn on the server are told at once that what they show has changed.

WS   /api/live/pulse     first message {"incident": 5}, or {} for a department's own desk; then
                         {"parts": ["tasks"], "whole": true} a change: see Parts

The page looks every five seconds anyway: this only says when sooner. A page says what it watches
with `watch`; live_layer/pulse.js listens for it and lets that part of the page look. The list of
agencies and the response are drawn alone first, at a fifth of what the page costs: an answer is
what comes most often.
"""

import asyncio
import time
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated, Literal, get_args

import msgspec
import streamlit as st
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.gate import PULSE, Entrances
from dashboard.sockets import REFUSED, opened, until_closed
from linkage.access.sitting import Sitting
from linkage.access_vocabulary import View
from linkage.desk import queries
from linkage.desk.queries import Pulse
from linkage.people import SEES, Actor
from linkage.record import UNAVAILABLE, Record
from linkage.response import own_desk
from linkage.vocabulary import Role

# After a look so many times its length: however many commits, looking takes a tenth of a core.
REST = 9
_SEES = SEES[View.INCIDENT] | SEES[View.DEPARTMENT]
Part = Literal["tasks", "response"]
PARTS: tuple[Part, ...] = get_args(Part)
_HIDDEN = "".join(
    f"<style>[class*=st-key-{name}_] {{ display: none; }}</style>"
    for name in (PULSE, *(f"{part}_{PULSE}" for part in PARTS))
)

# Of an incident, or of the desk of somebody's agency.
Watched = int | Actor
Beat = tuple[int, ...]


class Hello(msgspec.Struct):
    incident: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)] | None = None


class Parts(msgspec.Struct, frozen=True):
    """What moved. `whole`: more than these; they are drawn first all the same."""

    parts: list[Part] = []
    whole: bool = True


def watch(incident_id: int | None) -> None:
    """In a fragment: it runs anew as soon as this incident, or the own agency's desk, changed."""
    st.html(_HIDDEN)
    with st.container(key=f"{PULSE}_{incident_id or 'own'}"):
        st.button("看有无变化", key=PULSE)


def watch_part(part: Part, incident_id: int) -> None:
    """In the fragment that shows this part of it: it runs anew before the page does."""
    with st.container(key=f"{part}_{PULSE}_{incident_id}"):
        st.button("看有无变化", key=f"{part}-{PULSE}")


class PulseFeed:
    def __init__(self, entrance: Entrances) -> None:
        self.entrance = entrance
        self._watchers: dict[
            asyncio.Queue[Parts | None], tuple[Watched, int]
        ] = {}  # and whose stay
        self._moved = asyncio.Event()
        self._seen: dict[Watched, Beat] = {}

    def route(self) -> WebSocketRoute:
        return WebSocketRoute("/api/live/pulse", self._listen)

    def moved(self) -> None:
        """Something was committed."""
        self._moved.set()

    async def keep(self, record: Record) -> None:
        while True:
            await self._moved.wait()
            self._moved.clear()
            took = await self._look(record) if self._watchers else 0.0
            await asyncio.sleep(REST * took)

    async def _look(self, record: Record) -> float:
        began = time.monotonic()
        watched = {watched for watched, _ in self._watchers.values()}
        stays = {stay for _, stay in self._watchers.values()}
        found = await asyncio.to_thread(_beats, record, watched)
        gone = await asyncio.to_thread(self.entrance().ended, stays, _SEES)
        for queue, (each, stay) in self._watchers.items():
            if stay in gone:
                queue.put_nowait(None)
            elif each in self._seen and found.get(each, self._seen[each]) != self._seen[each]:
                queue.put_nowait(_moved(self._seen[each], found[each]))
        self._seen = {each: found.get(each, self._seen.get(each, ())) for each in watched}
        return time.monotonic() - began

    async def _listen(self, socket: WebSocket) -> None:
        hello = await opened(socket, Hello)
        if hello is None:
            return
        sits = socket.scope.get("sitting")
        if not isinstance(sits, Sitting) or (watched := _allowed(sits.actor, hello)) is None:
            await socket.close(REFUSED)
            return
        queue: asyncio.Queue[Parts | None] = asyncio.Queue()
        self._watchers[queue] = watched, sits.id
        self.moved()  # how it is now
        try:
            await until_closed(socket, _push(socket, queue))
        finally:
            del self._watchers[queue]


def _allowed(actor: Actor, hello: Hello) -> Watched | None:
    """A department hears of its own desk only, which is all that it takes part in."""
    if actor.role is Role.AGENCY_OFFICER:
        return actor if actor.agency_id else None
    return hello.incident if actor.role in SEES[View.INCIDENT] else None


def _beats(record: Record, watched: Collection[Watched]) -> dict[Watched, Beat]:
    """Nothing while the database is away: the pages say that themselves."""
    try:
        return {each: _beat(record, each) for each in watched}
    except UNAVAILABLE:
        return {}


def _beat(record: Record, watched: Watched) -> Beat:
    if isinstance(watched, Actor):
        return own_desk.pulse(record, watched, datetime.now(UTC))
    return queries.pulse(record, watched)


def _moved(before: Beat, after: Beat) -> Parts:
    """What is in the log too the rest of the page reads in its own time."""
    if not isinstance(before, Pulse) or not isinstance(after, Pulse):
        return Parts()
    parts = [part for part in PARTS if getattr(before, part) != getattr(after, part)]
    drawn = {"log": 0} | dict.fromkeys(parts, 0)
    alone = bool(parts) and after._replace(**drawn) == before._replace(**drawn)
    return Parts(parts=parts, whole=not alone)


async def _push(socket: WebSocket, queue: asyncio.Queue[Parts | None]) -> None:
    while (told := await queue.get()) is not None:
        try:
            await socket.send_text(msgspec.json.encode(told).decode())
        except (WebSocketDisconnect, RuntimeError):
            return  # the tab closed meanwhile
    await socket.close(REFUSED)
