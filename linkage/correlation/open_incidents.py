"""The open incidents in memory, found by place, time, name, plate, telephone and reference.

A cache over the record: `intake` fills it at the start and keeps it in step with every commit.
"""

from bisect import bisect_left, bisect_right
from math import cos, floor, hypot, radians

from linkage.alerts import Alert
from linkage.correlation.open_incident import (
    METRES_PER_DEGREE,
    OpenIncident,
    error_of,
    kind_of,
    opened_by,
    telephone,
)
from linkage.correlation.place_words import MANY, names_of_place, plate
from linkage.correlation.same_event import AFFECTED, BIT, HORIZON_S, PARTNERS
from linkage.kinds import AREA_KINDS

__all__ = ["OpenIncident", "OpenIncidents", "opened_by"]

WIDE_M = 400.0  # an incident known no better than this is looked for in the coarse grid

# ≥ 500 m up to 36° N: nine cells hold everything nearer than 500 m.
CELL_LAT, CELL_LON = 0.0045, 0.0056
COARSE = 5  # cells of the coarse grid are five times as wide: ≥ 2.5 km
# What is read of one cell or name at most: those nearest in time, of the alert's own cell and of
# any other. Only a flood of new incidents packs a street denser; without a bound, hundreds of
# thousands opened within minutes would cost each further alert tens of milliseconds.
IN_OWN_CELL, IN_ANY = 100, 40
FINER = 0.7  # a position must be that much finer to replace the one we compare with
# What an area event explains may be reported before the event itself is.
AREA_EARLY_S = 600.0
CITY_CODE = 4  # the first four digits of a GB/T 2260 code name the city


_ROW = 1_000_000  # one number per cell: hashing it is three times as fast as hashing a pair


def _cell(y: int, x: int) -> int:
    return (y + 100_000) * _ROW + x + 100_000


def _ring(cells: int) -> tuple[int, ...]:
    span = range(-cells, cells + 1)
    return tuple(dy * _ROW + dx for dy in span for dx in span)


_NONE: frozenset[int] = frozenset()
AROUND, WIDELY = _ring(1), _ring(3)


class _Row:
    """Incidents in order of `occurred_s`, so that time prunes by bisection."""

    __slots__ = ("incidents", "times")

    def __init__(self) -> None:
        self.times: list[float] = []
        self.incidents: list[OpenIncident] = []

    def add(self, incident: OpenIncident) -> None:
        occurred_s, times = incident.occurred_s, self.times
        if not times or times[-1] <= occurred_s:  # the newest: nearly always
            times.append(occurred_s)
            self.incidents.append(incident)
            return
        at = bisect_right(times, occurred_s)
        times.insert(at, occurred_s)
        self.incidents.insert(at, incident)

    def remove(self, incident: OpenIncident) -> None:
        at = bisect_left(self.times, incident.occurred_s)
        while self.incidents[at] is not incident:
            at += 1
        del self.times[at], self.incidents[at]


class OpenIncidents:
    """Not thread-safe: one worker owns it."""

    def __init__(self) -> None:
        self._incidents: dict[int, OpenIncident] = {}
        self._rows: dict[object, _Row] = {}  # by cell, coarse cell or name
        self._placed: dict[int, tuple[object, ...]] = {}  # incident → the rows it stands in
        self._refs: dict[tuple[str, str], int] = {}
        self._phones: dict[str, set[int]] = {}
        self._plates: dict[str, set[int]] = {}
        self._areas: dict[int, OpenIncident] = {}
        self.passed_over = 0  # by the last `candidates`: more stand there than are read

    def __len__(self) -> int:
        return len(self._incidents)

    def get(self, incident_id: int) -> OpenIncident | None:
        return self._incidents.get(incident_id)

    def by_ref(self, source_id: str, source_ref: str) -> OpenIncident | None:
        found = self._refs.get((source_id, source_ref))
        return None if found is None else self._incidents[found]

    def add(self, incident: OpenIncident) -> None:
        self._incidents[incident.id] = incident
        self._name(incident)
        if incident.kind in AREA_KINDS:
            self._areas[incident.id] = incident
        else:
            self._place(incident)

    def remove(self, incident_id: int) -> None:
        """Closed, cancelled or merged away. Unknown ids are no error: it may have left before."""
        incident = self._incidents.pop(incident_id, None)
        if incident is None:
            return
        self._areas.pop(incident_id, None)
        self._unplace(incident)
        for ref in incident.refs:
            if self._refs.get(ref) == incident_id:
                del self._refs[ref]
        for table, keys in ((self._phones, incident.phones), (self._plates, incident.plates)):
            for key in keys:
                ids = table[key]
                ids.discard(incident_id)
                if not ids:
                    del table[key]
        for other in incident.likely_same:
            if other in self._incidents:
                self._incidents[other].likely_same.discard(incident_id)

    def absorb(self, incident_id: int, alert: Alert) -> OpenIncident:
        """`alert` joined the incident. Raises KeyError for an incident that is not here."""
        incident = self._incidents[incident_id]
        at = alert.occurred_at.timestamp()
        incident.last_alert_s = max(incident.last_alert_s, at)
        incident.hazmat = incident.hazmat or alert.hazmat
        incident.refs.add((alert.source_id, alert.source_ref))
        incident.plates.update(plate(p) for p in alert.plates)
        phone = telephone(alert.caller_phone)
        if phone:
            incident.phones[phone] = max(at, incident.phones.get(phone, at))
        if alert.source_id not in incident.sources:
            incident.sources = (*incident.sources, alert.source_id)
        kind = kind_of(alert)
        if kind not in incident.kinds:
            incident.kinds = (*incident.kinds, kind)
            incident.kind_bits |= BIT[kind]
        if len(incident.keys) < 2 * MANY:
            incident.keys |= names_of_place(alert.place).keys
        incident.said.append((alert.place, alert.headline, alert.text))
        # Only what is new: an incident of a thousand reports has a thousand names.
        self._refs[alert.source_id, alert.source_ref] = incident_id
        if phone:
            self._phones.setdefault(phone, set()).add(incident_id)
        for written in alert.plates:
            self._plates.setdefault(plate(written), set()).add(incident_id)
        error = error_of(alert)
        if alert.point and (incident.lat is None or error < FINER * incident.error_m):
            self.move(incident_id, alert.point.lon, alert.point.lat, error)
        return incident

    def move(self, incident_id: int, lon: float, lat: float, error_m: float) -> None:
        """A finer position is known, from a source or an officer."""
        incident = self._incidents[incident_id]
        self._unplace(incident)
        incident.lon, incident.lat, incident.error_m = lon, lat, error_m
        if incident.kind not in AREA_KINDS:
            self._place(incident)

    def likely_same(self, one: int, other: int) -> None:
        """The two stand as 疑似同一事件: neither makes a match with the other doubtful."""
        if one in self._incidents and other in self._incidents:
            self._incidents[one].likely_same.add(other)
            self._incidents[other].likely_same.add(one)

    def candidates(self, alert: Alert) -> list[OpenIncident]:
        """The open incidents that could be the alert's, each once; nearly all are not.

        All of them, but in a flood the nearest in time; `passed_over` says how many more.
        """
        self.passed_over = 0
        found = self._named(alert)
        kind = kind_of(alert)
        partners = PARTNERS[kind]
        if not partners:
            return found
        at = alert.occurred_at.timestamp()
        horizon = HORIZON_S[kind]
        # Half of an incident's age counts, so it may be twice as old as its last report.
        since, late, until = at - 2 * horizon, at - horizon, at + horizon
        row_of = self._rows.get
        most = IN_OWN_CELL
        for key in self._keys_around(alert):
            row = row_of(key)
            if row is None or row.times[-1] < since:
                continue
            times = row.times
            low = bisect_left(times, since)
            high = bisect_right(times, until) if times[-1] > until else len(times)
            if high - low > most:
                self.passed_over += high - low - most
                low = max(low, min(bisect_right(times, at) - most * 3 // 4, high - most))
                high = low + most
            most = IN_ANY
            found += [
                one
                for one in row.incidents[low:high]
                if one.kind_bits & partners and one.last_alert_s >= late
            ]
        if len(found) < 2:
            return found
        return list({incident.id: incident for incident in found}.values())

    def related_areas(self, alert: Alert) -> list[OpenIncident]:
        """Quakes, floods, storms that cover the alert's place and time and may have caused it."""
        if not self._areas or alert.kind not in AFFECTED:
            return []
        until = alert.occurred_at.timestamp() + AREA_EARLY_S
        return [
            area
            for area in self._areas.values()
            if area.exercise is alert.exercise and area.occurred_s <= until and _covers(area, alert)
        ]

    def _named(self, alert: Alert) -> list[OpenIncident]:
        """By record number, reference, telephone or plate: wherever they are."""
        ids: set[int] = set()
        for ref in ((alert.source_id, alert.source_ref), *alert.references):
            if ref in self._refs:
                ids.add(self._refs[ref])
        phone = telephone(alert.caller_phone)
        if phone in self._phones:
            ids |= self._phones[phone]
        for written in alert.plates:
            ids |= self._plates.get(plate(written), _NONE)
        return [self._incidents[i] for i in ids]

    def _keys_around(self, alert: Alert) -> list[object]:
        keys: list[object] = []
        point = alert.point
        if point is not None:
            y, x = floor(point.lat / CELL_LAT), floor(point.lon / CELL_LON)
            here = _cell(y, x)
            ring = AROUND if error_of(alert) <= WIDE_M else WIDELY
            keys = [here, *(here + step for step in ring if step)]
            keys.append(-_cell(y // COARSE, x // COARSE))
        keys += names_of_place(alert.place).keys
        return keys

    def _name(self, incident: OpenIncident) -> None:
        for ref in incident.refs:
            self._refs[ref] = incident.id
        for phone in incident.phones:
            self._phones.setdefault(phone, set()).add(incident.id)
        for written in incident.plates:
            self._plates.setdefault(written, set()).add(incident.id)

    def _place(self, incident: OpenIncident) -> None:
        keys: list[object] = list(names_of_place(incident.place).keys)
        if incident.lat is not None and incident.lon is not None:
            y, x = floor(incident.lat / CELL_LAT), floor(incident.lon / CELL_LON)
            keys.append(_cell(y, x))
            if incident.error_m > WIDE_M:
                here = _cell(y // COARSE, x // COARSE)
                keys += [-here - step for step in AROUND]
        for key in keys:
            row = self._rows.get(key)
            if row is None:
                row = self._rows[key] = _Row()
            row.add(incident)
        self._placed[incident.id] = tuple(keys)

    def _unplace(self, incident: OpenIncident) -> None:
        for key in self._placed.pop(incident.id, ()):
            row = self._rows[key]
            row.remove(incident)
            if not row.times:
                del self._rows[key]


def _covers(area: OpenIncident, alert: Alert) -> bool:
    code = alert.area_code
    if area.area_codes and code:
        return any(
            code == a or (a.endswith("00") and code.startswith(a[:CITY_CODE]))
            for a in area.area_codes
        )
    point = alert.point
    if area.reach_m is None or area.lat is None or area.lon is None or point is None:
        return bool(code) and code == area.area_code
    north = (point.lat - area.lat) * METRES_PER_DEGREE
    east = (point.lon - area.lon) * METRES_PER_DEGREE * cos(radians(area.lat))
    return hypot(north, east) <= area.reach_m
