"""Letters of clocks that have been answered: what still waits need not be sent any more."""

from collections.abc import Callable, Iterable
from functools import partial

from sqlalchemy import Connection, select

from linkage.clocks.clock import Running
from linkage.means.notices import void
from linkage.record import Writing
from linkage.response_tables import clock_firing, notice
from linkage.response_vocabulary import About, NoticeStatus

_N, _F = notice.c, clock_firing.c
_WAITING = (
    select(_F.id, _F.rule_id, _F.about, _F.about_id, _F.round)
    .join(notice, (_N.about_id == _F.id) & (_N.about == About.FIRING.value))
    .where(_N.status == NoticeStatus.WAITING.value, _N.round > 0)
    .distinct()
)


def withdraw(cx: Connection, runs: Iterable[Running]) -> list[Callable[[Writing], int]]:
    """What to do about letters that wait though their clock no longer runs: a call that nobody
    has made yet is not made any more."""
    waiting = cx.execute(_WAITING).all()
    if not waiting:
        return []
    running = {run.key for run in runs}
    return [
        partial(void, about=About.FIRING, about_id=row.id, why="已有回音或已结束")
        for row in waiting
        if (row.rule_id, row.about, row.about_id, row.round) not in running
    ]
