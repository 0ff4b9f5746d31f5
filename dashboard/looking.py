"""The rhythm of the live picture: a look as soon as something was committed, and now and then.

Measured with 5,000 open incidents: the wait for the next look was the latency of the whole way
from row to pixel. Asking for a commit costs 5 µs, a hundred times a second.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from dashboard.hub import Hub
from linkage.desk.ledger_watch import LedgerWatch

# After a look so many times its length: however many commits, looking takes a third of a core.
REST = 2


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
    while True:
        committed = await loop.run_in_executor(reader, ledger.wait, every_s)
        if committed:
            moved()
        frame, took = await loop.run_in_executor(reader, _look, hub)
        if frame:
            send(frame)
        await asyncio.sleep(min(every_s, REST * took))


def _look(hub: Hub) -> tuple[bytes | None, float]:
    began = time.monotonic()
    return hub.look(), time.monotonic() - began
