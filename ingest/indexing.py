"""检索线程: a moment after the intake, what came is taken into the index of the search.

In one worker at a time. While it stands still nothing is missing from a search: what it has not
taken in is read directly, and a search takes the longer for it.
"""

import logging
import threading

from linkage.desk.search_index import keep_up
from linkage.record import UNAVAILABLE, Record

# A burst is one batch, and an officer's click waits for no more than one of them.
LOOK_EVERY_S = 0.5
log = logging.getLogger(__name__)


def start(record: Record, stopping: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=_keep, args=(record, stopping), name="search", daemon=True)
    thread.start()
    return thread


def _keep(record: Record, stopping: threading.Event) -> None:
    away = False
    while not stopping.wait(LOOK_EVERY_S):
        try:
            keep_up(record)
            away = False
        except UNAVAILABLE as why:
            if not away:  # once an outage
                log.warning("数据库暂不可用，检索索引等待，恢复后补齐：%s", why.orig)
            away = True
