"""守时线程: every second a look at the clocks (linkage/clocks/keeper.py), in one worker at a time.

It needs neither broker nor screen. What it cannot do anything about ends it, with the traceback in
the log; `ingest/run.py` begins it anew, with a keeper that remembers nothing of what felled it.
The auditor in the dashboard notices the gap.
"""

import logging
import threading

from linkage.clocks.clock import Clocks
from linkage.clocks.keeper import Keeper
from linkage.record import UNAVAILABLE, Record

LOOK_EVERY_S = 1.0
log = logging.getLogger(__name__)


def start(record: Record, clocks: Clocks, stopping: threading.Event) -> threading.Thread:
    keeper = Keeper(record, clocks)
    thread = threading.Thread(target=_keep, args=(keeper, stopping), name="clocks", daemon=True)
    thread.start()
    return thread


def _keep(keeper: Keeper, stopping: threading.Event) -> None:
    away = False
    while not stopping.wait(LOOK_EVERY_S):
        try:
            keeper.look()
            away = False
        except UNAVAILABLE as why:
            if not away:  # once an outage
                log.warning("数据库暂不可用，时限等待，恢复后补执行：%s", why.orig)
            away = True
