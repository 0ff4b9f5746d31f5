"""Which open incident does an alert belong to? Pure: alert × candidates → match and score card.

Points are tenths of a decade of odds: ten more, and one event is ten times as likely as two.
A wrong join hides an emergency, a missed one costs a click: JOIN_AT sits where wrong joins end.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import cos, log, log10, radians
from typing import Literal, NamedTuple

import msgspec

from linkage.alerts import NOBODY, Alert
from linkage.correlation import alike, card_words
from linkage.correlation.open_incident import (
    METRES_PER_DEGREE,
    OpenIncident,
    error_of,
    kind_of,
    telephone,
)
from linkage.correlation.place_words import names_of_place, plate
from linkage.correlation.reading import Words, words_in
from linkage.correlation.same_event import LAST_DELAYS, NO_PAIR, WITH
from linkage.kinds import AREA_KINDS, Kind

Reason = tuple[str, float]
Decision = Literal["joins", "proposes"]

# Both set on the tuning seeds of `python -m bench correlation` and reported on others.
JOIN_AT = 68.0
PROPOSE_AT = 38.0
CERTAIN = 100.0
# Two incidents that fit this nearly alike, and are not known to be one: a person decides.
TOO_CLOSE = 6.0

NEAR = 30.0  # points for the same spot, both positions together being 270 m uncertain
NEAR_ERROR2 = 270.0**2
FARTHEST = -45.0  # a wrong datum or a caller far off puts an event anywhere: never a proof
UNKNOWN = 8.0  # no position on one side: what the distance is worth on average
TOO_FAR2 = 2500.0**2  # beyond that only a name in common makes two reports comparable
AT_ONCE = 20.0  # points for the same minute
PER_E_FOLD = 4.34  # 10 / ln 10
# Points for the time below which only plate or telephone keep a candidate.
TOO_LATE = AT_ONCE - PER_E_FOLD * LAST_DELAYS
# What the words can add at the very most: with a name in common, without, and with a plate or
# telephone in common. A candidate that cannot reach PROPOSE_AT even so is not read.
WORDS_AT_MOST, UNNAMED_AT_MOST, NAMED_AT_MOST = 75.0, 35.0, 140.0
READ_AT_MOST = 32  # candidates, best hope first: reading words costs more than all the rest
SAME_PLATE = 30.0
SAME_PHONE = 34.0
PHONE_MIN = 6.0  # mean delay, in minutes, of a caller's second call about the same thing
BOTH_HAZMAT = 6.0
SAME_SOURCE = -9.0  # a desk sees its own records and mostly attaches a repeated call itself
SAME_SOURCE_OTHER_KIND = -16.0  # and it took this for something else


class Match(msgspec.Struct, frozen=True, gc=False):
    """The best incident for an alert. `reasons` sum to `score`; negative ones speak against."""

    incident_id: int
    score: float
    reasons: tuple[Reason, ...]
    decision: Decision


class _Asked(msgspec.Struct, gc=False):
    """The alert, with what is worked out once for all candidates."""

    alert: Alert
    kind: Kind
    pairs: Mapping[Kind, tuple[int, float]]  # kinds it can be one event with
    at_s: float
    keys: frozenset[str]
    error2: float  # square metres
    lon_m: float  # metres per degree of longitude here
    phone: str | None
    plates: frozenset[str]
    words: Words | None = None

    def read_words(self) -> Words:
        if self.words is None:
            alert = self.alert
            self.words = words_in(alert.place, alert.headline, alert.text)
            self.plates |= self.words.plates
        return self.words


class _Near(NamedTuple):
    """A candidate that kind, distance and time leave standing. `metres2` None: not known."""

    first: float  # points so far
    hope: float  # what words may add at most
    incident: OpenIncident
    kind: Kind
    kind_points: int
    metres2: float | None
    far: float
    soon: float


def correlate(
    alert: Alert, candidates: Sequence[OpenIncident], passed_over: int = 0
) -> Match | None:
    """The incident the alert joins, or may belong to, or None: it opens its own.

    Does not depend on the order of `candidates`. `passed_over`: how many more a flood left out.
    """
    open_to_it = [one for one in candidates if one.exercise is alert.exercise]
    if not open_to_it:
        return None
    own, named = (alert.source_id, alert.source_ref), alert.references
    certain = [one for one in open_to_it if own in one.refs or (named and _names(alert, one))]
    if certain:
        first = min(certain, key=lambda one: (own not in one.refs, one.id))
        reason = _identity(alert, first)
        return Match(first.id, CERTAIN, ((reason, CERTAIN),), "joins")
    asked = _ask(alert)
    near = _near(asked, open_to_it)
    return _best(asked, near, len(near) * (1 + passed_over / len(candidates)))


def score(alert: Alert, incident: OpenIncident) -> tuple[float, tuple[Reason, ...]]:
    """The card of one pair, whatever it comes to: for an officer who compares two."""
    asked = _ask(alert)
    near = _near(asked, (incident,))
    if not near:
        return 0.0, ()
    findings = _findings(asked, near[0])
    card = [*_first_reasons(asked, near[0]), *findings]
    return _total(near[0], findings), tuple(card)


def _names(alert: Alert, incident: OpenIncident) -> bool:
    """An area event swallows nothing, not even what names it."""
    if (alert.kind in AREA_KINDS) is not (incident.kind in AREA_KINDS):
        return False
    return any(ref in incident.refs for ref in alert.references)


def _identity(alert: Alert, incident: OpenIncident) -> str:
    if (alert.source_id, alert.source_ref) in incident.refs:
        return f"同一警单的后续报文：{alert.source_id} {alert.source_ref}"
    source_id, source_ref = next(ref for ref in alert.references if ref in incident.refs)
    return f"报文注明与警单 {source_id} {source_ref} 为同一事件"


def _ask(alert: Alert) -> _Asked:
    kind = kind_of(alert)
    return _Asked(
        alert,
        kind,
        WITH[kind],
        alert.occurred_at.timestamp(),
        names_of_place(alert.place).keys,
        error_of(alert) ** 2,
        METRES_PER_DEGREE * cos(radians(alert.point.lat)) if alert.point else 0.0,
        telephone(alert.caller_phone),
        frozenset(map(plate, alert.plates)),
    )


def _near(asked: _Asked, incidents: Iterable[OpenIncident]) -> list[_Near]:
    """Kind, time and distance: cheap, and enough to drop nearly everything.

    One loop without calls: in a storm it turns a hundred times for one alert.
    """
    pairs, at_s, lon_m, point = asked.pairs, asked.at_s, asked.lon_m, asked.alert.point
    phone, plates, keys, asked_error2 = asked.phone, asked.plates, asked.keys, asked.error2
    near: list[_Near] = []
    for incident in incidents:
        kind = incident.kind
        if len(incident.kinds) > 1:
            kind = _best_kind(pairs, incident.kinds)
        points, pace = pairs.get(kind, NO_PAIR)
        if points < 0:
            continue
        # Reports that keep coming keep an incident warm, but half of its age always counts.
        delay = abs(at_s - incident.occurred_s) / 2
        if at_s > incident.last_alert_s + delay:
            delay = at_s - incident.last_alert_s
        elif at_s < incident.occurred_s:
            delay *= 2
        soon = AT_ONCE - PER_E_FOLD * delay / pace
        metres2, far = None, UNKNOWN
        lat, lon = incident.lat, incident.lon
        if point is not None and lat is not None and lon is not None:
            north, east = (point.lat - lat) * METRES_PER_DEGREE, (point.lon - lon) * lon_m
            error2 = asked_error2 + incident.error_m**2
            metres2 = north * north + east * east
            far = NEAR - PER_E_FOLD * (log(error2 / NEAR_ERROR2) + metres2 / error2 / 2)
            far = max(far, FARTHEST)
        first = points + far + soon
        hope = UNNAMED_AT_MOST if keys.isdisjoint(incident.keys) else WORDS_AT_MOST
        if phone in incident.phones or not plates.isdisjoint(incident.plates):
            hope = NAMED_AT_MOST
        elif soon < TOO_LATE or first + hope < PROPOSE_AT or (metres2 or 0.0) > TOO_FAR2:
            continue
        near.append(_Near(first, hope, incident, kind, points, metres2, far, soon))
    return near


def _best_kind(pairs: Mapping[Kind, tuple[int, float]], kinds: Iterable[Kind]) -> Kind:
    return max(kinds, key=lambda kind: (pairs.get(kind, NO_PAIR), kind))


def _best(asked: _Asked, near: list[_Near], crowded: float) -> Match | None:
    if not near:
        return None
    # In a storm any of these could be the one: place and time point at each of them less.
    crowd = round(-10 * log10(crowded), 1)
    near.sort(key=lambda one: (-one.first - one.hope, one.incident.id))
    cards: list[tuple[float, int, list[Reason], _Near]] = []
    enough = PROPOSE_AT
    for one in near[:READ_AT_MOST]:
        if one.first + one.hope + crowd < enough - TOO_CLOSE:
            break  # sorted: nor can any that follows be the best, or close to it
        findings = _findings(asked, one)
        total = _total(one, findings, crowd)
        if total >= PROPOSE_AT:
            enough = max(enough, total)
            cards.append((total, -one.incident.id, findings, one))
    if not cards:
        return None
    total, _, findings, best = max(cards, key=lambda card: card[:2])
    incident = best.incident
    rivals = [
        other.incident.number
        for points, _, _, other in cards
        if other is not best
        and points >= total - TOO_CLOSE
        and other.incident.id not in incident.likely_same
    ]
    card = _first_reasons(asked, best)
    if crowd:
        card.append((f"附近同时段另有 {crowded - 1:.0f} 起类似事件", crowd))
    card += findings
    if rivals:
        card.append((f"与 {min(rivals)} 同样吻合，须人工确认", 0.0))
    decision: Decision = "joins" if total >= JOIN_AT and not rivals else "proposes"
    return Match(incident.id, total, tuple(card), decision)


def _first_reasons(asked: _Asked, one: _Near) -> list[Reason]:
    """Kind, distance and time in words: only for the one that is chosen."""
    seconds = abs(asked.at_s - one.incident.occurred_s)
    return [
        card_words.kind_reason(asked.kind, one.kind, one.kind_points),
        (card_words.metres(one.metres2), round(one.far, 1)),
        (card_words.minutes(seconds), round(one.soon, 1)),
    ]


def _findings(asked: _Asked, one: _Near) -> list[Reason]:
    """All further findings for and against, in the order an officer asks."""
    alert, incident = asked.alert, one.incident
    words, theirs = asked.read_words(), incident.read_words()
    card: list[Reason] = []
    if alert.source_id in incident.sources:
        against = SAME_SOURCE if one.kind is asked.kind else SAME_SOURCE_OTHER_KIND
        card.append((f"同一系统的另一警单（{alert.source_id}）", against))
    card += alike.place_reasons(words, theirs, None if one.metres2 is None else one.far)
    card += alike.event_reasons(words, asked.kind, theirs, incident.kinds)
    if asked.plates:
        plates = asked.plates & (incident.plates | theirs.plates)
        if plates:
            card.append((f"车牌相同 {min(plates)}", SAME_PLATE))
    if asked.phone in incident.phones:
        minutes = abs(asked.at_s - incident.phones[asked.phone]) / 60
        points = SAME_PHONE - PER_E_FOLD * minutes / PHONE_MIN
        if points > 0:
            card.append((f"同一电话 {minutes:.0f} 分钟内再次报警", round(points, 1)))
    if alert.hazmat and incident.hazmat:
        card.append(("均涉危险化学品", BOTH_HAZMAT))
    if alert.casualties is not NOBODY and incident.casualties is not NOBODY:
        card += alike.people_reasons(alert.casualties, incident.casualties)
    return card


def _total(one: _Near, findings: list[Reason], crowd: float = 0.0) -> float:
    """What the reasons sum to: each is rounded as it is shown."""
    total = one.kind_points + round(one.far, 1) + round(one.soon, 1) + crowd
    for _, points in findings:
        total += points
    return round(total, 1)
