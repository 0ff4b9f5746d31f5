"""Work that goes on beside the pages for as long as the process lives."""

import asyncio
import gc
import logging
from collections.abc import Callable, Coroutine
from typing import Any

AGAIN_S = 1.0
# Streamlit's own collection after every turn is off (config.toml): it cost more than the turns.
COLLECT_EVERY_S = 30.0
COLLECT_ALL_EVERY = 20  # times COLLECT_EVERY_S
log = logging.getLogger(__name__)


async def keep_tidy() -> None:
    turn = 0
    while True:
        await asyncio.sleep(COLLECT_EVERY_S)
        turn += 1
        gc.collect(2 if turn % COLLECT_ALL_EVERY == 0 else 1)


async def stand(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Keep `work` going: a fault of ours is logged, and desks are not blind for long."""
    while True:
        task = asyncio.create_task(work())
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
        if not task.cancelled() and (why := task.exception()):
            log.critical("the live feed fell and is set up again", exc_info=why)
        await asyncio.sleep(AGAIN_S)
