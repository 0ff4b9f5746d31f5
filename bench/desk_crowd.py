"""Desks without a browser, true to the protocols: Streamlit's session and our live feed, or the
bare page's events. A process of its own, started by bench.desks; prints what it saw as JSON lines.

    python -m bench.desk_crowd streamlit|whole|events <port> <desks> <cookie>
"""

import asyncio
import json
import sys
import time
from typing import Any

import msgspec
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

# A storm's first picture is large, a page's tables are larger.
MOST_BYTES = 256 * 2**20
ROUND_S = 5.0  # the pages look again so often


class Crowd:
    """`whole`: a desk has Streamlit's session and the live feed, as a browser has."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port = port
        self.origin = Origin(f"http://127.0.0.1:{port}")
        self.headers = {"Cookie": cookie} if cookie else {}
        self.first: dict[int, list[float]] = {}  # revision → when each desk had it
        self.turns = 0  # of Streamlit scripts that ended
        self.lost = 0

    def line(self, path: str, **options: Any) -> Any:
        return connect(
            f"ws://127.0.0.1:{self.port}{path}",
            origin=self.origin,
            additional_headers=self.headers,
            max_size=MOST_BYTES,
            open_timeout=120,
            ping_interval=None,
            **options,
        )

    async def feed(self) -> None:
        seen = -1
        async with self.line("/api/live/ws") as line:
            await line.send(json.dumps({"rev": 0}))
            async for text in line:
                revision = msgspec.json.decode(text).get("revision", 0)
                if revision > seen:
                    self.first.setdefault(revision, []).append(time.time())
                    seen = revision

    async def events(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=MOST_BYTES)
        writer.write(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
        while line := await reader.readline():
            if line.startswith(b"data: "):
                revision = msgspec.json.decode(line[6:])["revision"]
                self.first.setdefault(revision, []).append(time.time())

    async def streamlit(self) -> None:
        """As the front end does: run the page once, then each fragment at its interval."""
        timers: dict[str, asyncio.Task[None]] = {}
        async with self.line("/_stcore/stream", subprotocols=[Subprotocol("streamlit")]) as line:
            await _rerun(line, "")
            async for raw in line:
                told = ForwardMsg()
                told.ParseFromString(raw if isinstance(raw, bytes) else raw.encode())
                kind = told.WhichOneof("type")
                if kind == "script_finished":
                    self.turns += 1
                elif kind == "auto_rerun":
                    one = told.auto_rerun
                    if one.fragment_id not in timers:
                        work = _again(line, one.fragment_id, one.interval)
                        timers[one.fragment_id] = asyncio.create_task(work)
        for timer in timers.values():
            timer.cancel()

    async def stand(self, work: Any, after_s: float) -> None:
        """A desk whose line breaks comes back, as a browser does."""
        await asyncio.sleep(after_s)
        while True:
            try:
                await work()
            except (ConnectionClosed, OSError, TimeoutError):
                self.lost += 1
            await asyncio.sleep(1)


async def _again(line: ClientConnection, fragment_id: str, interval: float) -> None:
    while True:
        await asyncio.sleep(interval)
        try:
            await _rerun(line, fragment_id)
        except ConnectionClosed:
            return


async def _rerun(line: ClientConnection, fragment_id: str) -> None:
    back = BackMsg()
    back.rerun_script.query_string = ""
    back.rerun_script.page_script_hash = ""
    if fragment_id:
        back.rerun_script.fragment_id = fragment_id
        back.rerun_script.is_auto_rerun = True
    await line.send(back.SerializeToString())


async def main(kind: str, port: int, desks: int, cookie: str) -> None:
    crowd = Crowd(port, cookie)
    lines = {
        "whole": (crowd.streamlit, crowd.feed),
        "streamlit": (crowd.streamlit,),
        "events": (crowd.events,),
    }[kind]
    # Nobody opens a page in the same moment as all others.
    places = [(one, ROUND_S * place / desks) for place in range(desks) for one in lines]
    work = [asyncio.create_task(crowd.stand(*one)) for one in places]
    print(json.dumps({"there": len(work)}), flush=True)
    # Until bench.desks closes our input.
    await asyncio.to_thread(sys.stdin.read)
    for one in work:
        one.cancel()
    told = {"first": crowd.first, "turns": crowd.turns, "lost": crowd.lost}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
