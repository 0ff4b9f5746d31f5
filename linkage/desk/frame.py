"""One message of the live feed: what goes to every desk, and what is kept to look back at."""

from typing import Any

import msgspec

from linkage.desk.folding import Fold
from linkage.desk.freshness import Freshness
from linkage.desk.live import LiveIncident, LiveWarning
from linkage.desk.live_orders import Limits, LiveResponse, LiveShift
from linkage.desk.live_units import LiveUnit
from linkage.desk.stations import LiveStation
from linkage.desk.tally import Tally


class Frame(msgspec.Struct, omit_defaults=True, gc=False):
    """One message to the desks. `rev` numbers the changes; a frame without rows repeats it.

    `revision`: of the record, as in the rows' column. `stale`: the database is away.
    `resync`: too much was missed, read the snapshot.
    """

    rev: int
    at: float
    revision: int = 0
    stale: bool = False
    resync: bool = False
    incidents: list[LiveIncident] = []
    gone: list[str] = []
    units: list[LiveUnit] = []
    warnings: list[LiveWarning] = []
    folds: list[Fold] = []
    stations: list[LiveStation] = []
    responses: list[LiveResponse] = []
    limits: Limits | None = None
    shift: LiveShift | None = None
    fresh: Freshness | None = None
    tally: Tally | None = None
    words: dict[str, Any] = {}
