"""python -m linkage index: the search's index from nothing, with its progress."""

import time

from linkage.desk.search_index import build
from linkage.record import Record


def run(record: Record) -> int:
    began = told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told < 2 and done < total:
            return
        told = time.monotonic()
        spent = told - began
        left = spent * (total - done) / max(done, 1)
        print(f"{done:,} / {total:,}，已用 {spent:.0f} 秒，约剩 {left:.0f} 秒", flush=True)

    count = build(record, tell)
    print(f"检索索引已建好：{count:,} 条来报，用时 {time.monotonic() - began:.0f} 秒")
    return 0
