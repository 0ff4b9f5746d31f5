"""So many updates a second on the record, as an evening brings them; a process of its own.

    python -m bench.desk_writer <database url> <updates a second>

Prints `revision time` of each commit, until its input is closed.
"""

import random
import sys
import threading
import time

from sqlalchemy import select

from linkage.record import Record
from linkage.tables import incident
from linkage.vocabulary import OPEN_STATUSES, Severity
from tests.browser import scene


def main(url: str, rate: float) -> None:
    over = threading.Event()
    threading.Thread(target=_until_closed, args=(over,), daemon=True).start()
    record, chance = Record(url), random.Random(5)
    with record.read() as cx:
        is_open = incident.c.status.in_([status.value for status in OPEN_STATUSES])
        ids = list(cx.execute(select(incident.c.id).where(is_open)).scalars())
    due, number = time.monotonic(), 0
    # Not in step with anybody's look.
    while not over.wait(max(0.0, due - time.monotonic())):
        number += 1
        due = max(due + chance.uniform(0.5, 1.5) / rate, time.monotonic() - 1)
        severity = chance.choice(list(Severity))
        with record.write() as w:
            scene.change_incident(
                w,
                chance.choice(ids),
                headline=f"更新 {number}",
                severity=severity,
                severity_rank=severity.rank,
            )
        print(w.revision, time.time(), flush=True)
    record.close()


def _until_closed(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
