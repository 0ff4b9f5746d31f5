"""The rhythm of the live picture: a look as soon as something was committed, and now and then.

Measured with 5,000 open incidents: the wait for the next look was the latency of the whole way
from row to pixel. Asking for a commit costs 5 µs, three hundred times a second.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from dashboard.hub import Hub
from linkage.desk.ledger_watch import LedgerWatch

# After a look so many times what it took of a core: however many commits, looking takes a third.
REST = 2
TURN_EVERY_S = 1.0


async def keep_looking(
    hub: Hub,
    ledger: LedgerWatch,
    reader: ThreadPoolExecutor,
    every_s: float,
    *,
    send: Callable[[bytes], None],
    moved: Callable[[], None],
) -> None:
    """`every_s`: the longest between two looks, whatever the ledger says. `moved` is called where
    it says that something was committed."""
    loop = asyncio.get_running_loop()

    def look() -> tuple[bytes | None, float]:
        if ledger.wait(every_s):
            loop.call_soon_threadsafe(moved)
        began = time.thread_time()
        return hub.look(), time.thread_time() - began

    while True:
        frame, took = await loop.run_in_executor(reader, look)
        if frame:
            send(frame)
        await asyncio.sleep(min(every_s, REST * took))


async def keep_turning(hub: Hub) -> None:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "live-clock") as reader:
        while True:
            await loop.run_in_executor(reader, hub.turn)
            await asyncio.sleep(TURN_EVERY_S)
