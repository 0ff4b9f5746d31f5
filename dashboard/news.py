"""What one look at the record found, for the live picture: dashboard/hub.py."""

import msgspec

from linkage.desk import live
from linkage.desk.freshness import Freshness
from linkage.desk.live_orders import Board
from linkage.desk.live_units import LiveUnit
from linkage.desk.pressed import Pressed
from linkage.desk.stations import LiveStation
from linkage.desk.tally import Tally


class Links(msgspec.Struct, frozen=True, gc=False):
    """What stands as 疑似同一事件 with what; `mark` changes when the pairs do."""

    mark: tuple[int, int, int] = (-1, 0, 0)
    pairs: list[tuple[str, str]] = []


class Clockwork(msgspec.Struct, frozen=True, gc=False):
    """What changes as time goes by."""

    pressed: dict[str, Pressed]
    fresh: Freshness
    tally: Tally
    board: Board = Board()
    links: Links = Links()


class News(msgspec.Struct, frozen=True, gc=False):
    """What one look found. `whole`: everything there is, not only what changed. `tables`: which
    the desks are told in."""

    revision: int
    whole: bool
    tables: int
    incidents: list[live.LiveIncident]
    units: list[LiveUnit]
    warnings: list[live.LiveWarning]
    stations: list[LiveStation]
    clockwork: Clockwork | None  # None: as it was
