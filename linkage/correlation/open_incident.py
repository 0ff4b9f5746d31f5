"""What the rule must know of one open incident, made from the alert that opened it."""

from datetime import UTC, datetime
from functools import cache

import msgspec

from linkage.alerts import NOBODY, Alert, Casualties
from linkage.correlation.place_words import names_of_place, plate
from linkage.correlation.reading import UNREAD, Words, both, words_in
from linkage.correlation.same_event import BIT, EXTENT_M
from linkage.kinds import Kind
from linkage.vocabulary import PositionNote

# Typical error of a position, in metres. 110 and 120 mostly have the caller's telephone, 122 a
# point the operator clicked, 119 the fireground; a department sends its own site.
SOURCE_ERROR_M = {"110-cad": 250.0, "120-cad": 200.0, "122-cad": 170.0, "119-cad": 100.0}
OTHER_ERROR_M = 120.0
COARSE_ERROR_M = 1500.0  # only the village or the map's grid is known
HIGHWAY_ERROR_M = 500.0  # the caller drives on while dialling
METRES_PER_DEGREE = 111_320.0


class OpenIncident(msgspec.Struct, kw_only=True, gc=False):
    """What the rule must know of an open incident. Make one with `opened_by`."""

    id: int
    number: str
    kind: Kind
    occurred_s: float  # Unix time, of the first alert: a chain of reports cannot creep
    last_alert_s: float
    lon: float | None = None  # of the first position, or of a finer one that joined it
    lat: float | None = None
    error_m: float = OTHER_ERROR_M
    place: str = ""
    area_code: str | None = None
    area_codes: tuple[str, ...] = ()
    reach_m: float | None = None  # how far an area event with a centre is felt
    exercise: bool = False
    hazmat: bool = False
    kinds: tuple[Kind, ...]  # every kind its alerts named
    kind_bits: int
    sources: tuple[str, ...]
    refs: set[tuple[str, str]]
    phones: dict[str, float]  # telephone → when it last called
    plates: set[str]
    keys: frozenset[str]  # of its place names, to compare quickly
    casualties: Casualties = NOBODY
    likely_same: set[int]  # incidents that stand as 疑似同一事件 with this one
    said: list[
        tuple[str, str, str]
    ]  # place, headline, text, not read yet: reading costs more than all the rest
    words: Words

    @property
    def occurred_at(self) -> datetime:
        return datetime.fromtimestamp(self.occurred_s, UTC)

    @property
    def last_alert_at(self) -> datetime:
        return datetime.fromtimestamp(self.last_alert_s, UTC)

    def read_words(self) -> Words:
        for place, headline, text in self.said:
            self.words = both(self.words, words_in(place, headline, text))
        self.said.clear()
        return self.words


def kind_of(alert: Alert) -> Kind:
    """A collision whose record says dangerous goods is the lorry's accident, as in the record."""
    if alert.hazmat and alert.kind is Kind.TRAFFIC_ACCIDENT:
        return Kind.HAZMAT_VEHICLE
    return alert.kind


def error_of(alert: Alert) -> float:
    """How far off the alert's position typically is, in metres."""
    error = _error(alert.source_id, alert.kind, names_of_place(alert.place).highway)
    return max(error, COARSE_ERROR_M) if alert.position_note is PositionNote.COARSE else error


@cache
def _error(source_id: str, kind: Kind, highway: bool) -> float:
    error = SOURCE_ERROR_M.get(source_id, OTHER_ERROR_M)
    if highway:
        error = max(error, HIGHWAY_ERROR_M)
    return max(error, EXTENT_M.get(kind, 0.0))


def telephone(written: str | None) -> str | None:
    """The number to compare by; None where it is a switchboard's short number, or nothing."""
    if not written:
        return None
    if len(written) == 11 and written.isdigit():
        return written
    digits = "".join(c for c in written if c.isdigit())[-11:]
    return digits if len(digits) >= 7 else None


def opened_by(alert: Alert, incident_id: int, number: str) -> OpenIncident:
    """The incident that `alert` opens."""
    at, kind = alert.occurred_at.timestamp(), kind_of(alert)
    phone = telephone(alert.caller_phone)
    point = alert.point
    magnitude = alert.facts.get("magnitude") if alert.kind is Kind.EARTHQUAKE else None
    return OpenIncident(
        id=incident_id,
        number=number,
        kind=kind,
        occurred_s=at,
        last_alert_s=at,
        lon=point.lon if point else None,
        lat=point.lat if point else None,
        error_m=error_of(alert),
        place=alert.place,
        area_code=alert.area_code,
        area_codes=alert.area_codes,
        reach_m=felt_within_m(magnitude) if isinstance(magnitude, float | int) else None,
        exercise=alert.exercise,
        hazmat=alert.hazmat,
        kinds=(kind,),
        kind_bits=BIT[kind],
        sources=(alert.source_id,),
        refs={(alert.source_id, alert.source_ref)},
        phones={phone: at} if phone else {},
        plates=set(map(plate, alert.plates)),
        keys=names_of_place(alert.place).keys,
        casualties=alert.casualties,
        likely_same=set(),
        said=[(alert.place, alert.headline, alert.text)],
        words=UNREAD,
    )


def felt_within_m(magnitude: float) -> float:
    """Where a quake is clearly felt: 10 km at M3, doubling with every half magnitude, ≤ 300 km."""
    return float(min(300_000.0, 10_000.0 * 2 ** (2 * (magnitude - 3))))
