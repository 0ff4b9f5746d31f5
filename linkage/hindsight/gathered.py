"""Frames of the live feed laid over one another: what stood after the last of them."""

import msgspec

from linkage.desk.folding import Fold
from linkage.desk.frame import Frame
from linkage.desk.freshness import Freshness
from linkage.desk.live import LiveIncident, LiveWarning
from linkage.desk.live_orders import Limits, LiveResponse, LiveShift
from linkage.desk.live_units import LiveUnit
from linkage.desk.stations import LiveStation
from linkage.desk.tally import Tally

# Those who decode what was kept must find words of an older or newer program harmless.
decode = msgspec.json.Decoder(list[Frame]).decode


class Gathered:
    """As a desk's browser does: rows by id, the later one stands, what is gone is gone."""

    def __init__(self) -> None:
        self._incidents: dict[str, LiveIncident | None] = {}
        self._units: dict[str, LiveUnit] = {}
        self._warnings: dict[str, LiveWarning] = {}
        self._folds: dict[str, Fold] = {}
        self._stations: dict[str, LiveStation] = {}
        self._responses: dict[str, LiveResponse] = {}
        self._limits: Limits | None = None
        self._shift: LiveShift | None = None
        self._fresh: Freshness | None = None
        self._tally: Tally | None = None
        self._revision = 0

    def take(self, frame: Frame) -> None:
        self._incidents.update((row.id, row) for row in frame.incidents)
        self._incidents.update((key, None) for key in frame.gone)
        self._units.update((unit.id, unit) for unit in frame.units)
        self._warnings.update((warning.id, warning) for warning in frame.warnings)
        self._folds.update((line.id, line) for line in frame.folds)
        self._stations.update((station.id, station) for station in frame.stations)
        self._responses.update((each.id, each) for each in frame.responses)
        self._limits = frame.limits or self._limits
        self._shift = frame.shift or self._shift
        self._fresh = frame.fresh or self._fresh
        self._tally = frame.tally or self._tally
        self._revision = frame.revision or self._revision

    def whole(self, at: float) -> Frame:
        """All that stood at `at`, as a desk that came then was given it."""
        frame = self._frame(at)
        frame.gone = []
        frame.warnings = [w for w in frame.warnings if w.shown(at)]
        frame.folds = [line for line in frame.folds if line.count]
        frame.responses = [each for each in frame.responses if each.orders]
        return frame

    def changes(self, at: float) -> Frame:
        """What differs at `at`: rows as they last were, ids of those gone, folds gone with 0."""
        return self._frame(at)

    def _frame(self, at: float) -> Frame:
        return Frame(
            rev=0,
            at=at,
            revision=self._revision,
            incidents=[row for row in self._incidents.values() if row is not None],
            gone=[key for key, row in self._incidents.items() if row is None],
            units=list(self._units.values()),
            warnings=list(self._warnings.values()),
            folds=list(self._folds.values()),
            stations=list(self._stations.values()),
            responses=list(self._responses.values()),
            limits=self._limits,
            shift=self._shift,
            fresh=self._fresh,
            tally=self._tally,
        )


def tells(frame: Frame) -> bool:
    """Whether an officer would have seen something happen."""
    return bool(frame.incidents or frame.gone or frame.warnings)
