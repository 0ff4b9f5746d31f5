"""Does a source send the datum that sources.toml says? Its positions beside those of others. Pure.

A position is compared with that of another source in the same incident, or of a known point that
its place names. A right source scatters about zero. One that is labelled wrongly lies off by the
same vector every time, and another label takes that vector away.
"""

from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from math import cos, hypot, pi, sqrt
from statistics import median
from typing import NamedTuple

import msgspec

from linkage.alerts import Alert, Point
from linkage.datum import Datum, from_wgs84, to_wgs84
from linkage.kinds import AREA_KINDS
from linkage.vocabulary import PositionNote

METRES = 111_320.0
WINDOW = 40  # the newest pairs of a source: what it did before it was put right is soon forgotten
ENOUGH = 8
LEAST_OFF = 200.0  # metres: nearer than this no label is to blame
BETTER = 0.5  # the other label leaves at most this share of the offset
TIGHTER = 0.7  # and at most this share of the distances
MOST = 0.75  # of the pairs lie nearer under the other label: outliers have no say
SURE = 4.0  # standard errors of the median
KNOWN_POINT = ""  # stands as the other side of a pair
_REMEMBERED = 4_000  # incidents
_EACH = 4  # positions of one incident
# A source with few pairs is judged at every few; one with many, no more often than this.
_STEP, _NEW = 4, WINDOW
_PAUSE = timedelta(seconds=5)
_ALTERNATIVES = (Datum.WGS84, Datum.GCJ02, Datum.BD09)


class Pair(NamedTuple):
    """Metres east and north from where the other saw it; `lon`, `lat`: about where that was."""

    other: str
    east: float
    north: float
    lon: float
    lat: float


class _Seen(NamedTuple):
    """Where a source saw an incident. `sent`: in numbers of its own."""

    source: str
    at: Point
    sent: bool


class Suspicion(msgspec.Struct, frozen=True):
    """`seems`: the datum that explains it. `off_m`: how far the declared one puts it wrong.

    `others`: who says so; a known point is "". `pairs`: how many were compared.
    """

    seems: Datum
    off_m: float
    pairs: int
    others: tuple[str, ...]


def judge(
    pairs: Mapping[str, Sequence[Pair]], declared: Mapping[str, Datum]
) -> dict[str, Suspicion]:
    """Which sources are labelled wrongly.

    When A is off, everybody who is compared with A looks off against it. So the one that most
    others speak against is named first, and the rest judged without it. Where two speak against
    each other alone, both are named: who is right is for a known point to say.
    """
    named: dict[str, Suspicion] = {}
    while True:
        found = {
            source: suspicion
            for source, all_ in pairs.items()
            if source not in named
            and (
                suspicion := _suspicion([p for p in all_ if p.other not in named], declared[source])
            )
        }
        if not found:
            return named
        worst = max(found, key=lambda s: (_weight(found[s]), found[s].pairs, s))
        named[worst] = found[worst]
        only = found[worst].others
        if len(only) == 1 and only[0] in found and found[only[0]].others == (worst,):
            named[only[0]] = found[only[0]]


def _weight(suspicion: Suspicion) -> int:
    return len(suspicion.others) + (100 if KNOWN_POINT in suspicion.others else 0)


def _suspicion(pairs: Sequence[Pair], declared: Datum) -> Suspicion | None:
    if len(pairs) < ENOUGH:
        return None
    off = _middle([(p.east, p.north) for p in pairs])
    if hypot(*off) < max(LEAST_OFF, SURE * _error(pairs, off)):
        return None
    best: tuple[float, Datum, list[bool]] | None = None
    was = [hypot(p.east, p.north) for p in pairs]
    for other in _ALTERNATIVES:
        if _same(other, declared):
            continue
        shifted = [_shifted(p, declared, other) for p in pairs]
        now = [hypot(*s) for s in shifted]
        nearer = [a < b for a, b in zip(now, was, strict=True)]
        left = hypot(*_middle(shifted))
        explains = left <= BETTER * hypot(*off) and sum(nearer) >= MOST * len(pairs)
        if explains and median(now) <= TIGHTER * median(was) and (best is None or left < best[0]):
            best = left, other, nearer
    if best is None:
        return None
    others = {p.other for p, nearer in zip(pairs, best[2], strict=True) if nearer}
    return Suspicion(best[1], round(hypot(*off)), len(pairs), tuple(sorted(others)))


def _same(one: Datum, other: Datum) -> bool:
    alike = {Datum.WGS84, Datum.CGCS2000}
    return one is other or {one, other} <= alike


def _middle(vectors: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return median(v[0] for v in vectors), median(v[1] for v in vectors)


def _error(pairs: Sequence[Pair], off: tuple[float, float]) -> float:
    """Of the median, from the median deviation: outliers do not move it."""
    spread = median(hypot(p.east - off[0], p.north - off[1]) for p in pairs)
    return spread * sqrt(pi / 2) / sqrt(len(pairs))


def _shifted(pair: Pair, declared: Datum, other: Datum) -> tuple[float, float]:
    east, north = _shift(declared, other, round(pair.lon, 1), round(pair.lat, 1))
    return pair.east + east, pair.north + north


@lru_cache(maxsize=4096)
def _shift(declared: Datum, other: Datum, lon: float, lat: float) -> tuple[float, float]:
    """What reading the same numbers as `other` moves a position by, in metres east and north."""
    x, y = to_wgs84(other, *from_wgs84(declared, lon, lat))
    return _east_north(x, y, lon, lat)


def _east_north(x: float, y: float, lon: float, lat: float) -> tuple[float, float]:
    return (x - lon) * METRES * cos(lat * pi / 180), (y - lat) * METRES


class DatumWatch:
    """The pairs of every source, in memory: after a restart they are gathered anew.

    `datums`: what each source declares. `known`: exact words of a place → where that is. A position
    that a source has not sent, but one of our registers gave, bears witness and is not judged.
    """

    def __init__(self, datums: Mapping[str, Datum], known: Mapping[str, Point]) -> None:
        self._declared, self._known = datums, known
        self._pairs: dict[str, deque[Pair]] = {}
        self._new: dict[str, int] = {}
        self._judged_at: datetime | None = None
        self._seen: OrderedDict[int, list[_Seen]] = OrderedDict()

    def opened(self, incident_id: int, alert: Alert) -> None:
        """An alert opened an incident."""
        point = alert.point
        if point is None or alert.position_note is not PositionNote.EXACT:
            return
        sent = alert.source_xy is not None
        self._seen[incident_id] = [_Seen(alert.source_id, point, sent)]
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        if sent and alert.place in self._known:
            self._pair(alert.source_id, point, KNOWN_POINT, self._known[alert.place])

    def joined(self, incident_id: int, alert: Alert) -> None:
        """An alert joined an incident that others had reported."""
        point = alert.point
        if point is None or alert.position_note is not PositionNote.EXACT:
            return
        sent = alert.source_xy is not None
        if sent and alert.place in self._known:
            self._pair(alert.source_id, point, KNOWN_POINT, self._known[alert.place])
        others = self._seen.get(incident_id)
        if others is None or alert.kind in AREA_KINDS:
            return
        if any(other.source == alert.source_id for other in others):
            return  # it said so before: nothing new
        for other in others:
            if sent:
                self._pair(alert.source_id, point, other.source, other.at)
            if other.sent:
                self._pair(other.source, other.at, alert.source_id, point)
        if len(others) < _EACH:
            others.append(_Seen(alert.source_id, point, sent))

    def due(self, now: datetime) -> bool:
        """Whether there is enough that is new to look again."""
        if not self._new:
            return False
        if self._judged_at is None or not now - self._judged_at < _PAUSE:
            return True
        return any(n >= _STEP and len(self._pairs[s]) < _NEW for s, n in self._new.items())

    def verdicts(self, now: datetime) -> dict[str, Suspicion | None]:
        """What is to be thought of every source with enough pairs; None: nothing is wrong."""
        self._new.clear()
        self._judged_at = now
        found = judge(self._pairs, self._declared)
        return {s: found.get(s) for s, pairs in self._pairs.items() if len(pairs) >= ENOUGH}

    def _pair(self, source: str, at: Point, other: str, there: Point) -> None:
        if source not in self._declared:
            return
        east, north = _east_north(at.lon, at.lat, there.lon, there.lat)
        pairs = self._pairs.get(source)
        if pairs is None:
            pairs = self._pairs[source] = deque(maxlen=WINDOW)
        pairs.append(Pair(other, east, north, there.lon, there.lat))
        self._new[source] = self._new.get(source, 0) + 1
