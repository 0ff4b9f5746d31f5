"""Which open incident does an alert belong to? Pure: alert × candidates → match and score card.

Points are tenths of a decade of odds: ten more, and one event is ten times as likely as two.
A wrong join hides an emergency, a missed one costs a click: JOIN_AT sits where wrong joins end.
"""

from collections.abc import Iterable
from math import cos, hypot, log, log10, radians
from typing import Literal

import msgspec

from linkage import alike
from linkage.alerts import Alert
from linkage.kinds import AREA_KINDS, Kind
from linkage.open_incident import METRES_PER_DEGREE, OpenIncident, error_of, telephone
from linkage.place_words import plate
from linkage.reading import Words, words_in
from linkage.same_event import PACES, POINTS

Reason = tuple[str, float]
Decision = Literal["joins", "proposes"]

# Both set on the tuning seeds of `python -m bench correlation` and reported on others.
JOIN_AT = 64.0
PROPOSE_AT = 42.0
CERTAIN = 100.0
# Two incidents that fit this nearly alike, and are not known to be one: a person decides.
TOO_CLOSE = 6.0

NEAR = 30.0  # points for the same spot, positions being uncertain by NEAR_ERROR_M together
NEAR_ERROR_M = 270.0
FARTHEST = -45.0  # a wrong datum or a caller far off puts an event anywhere: never a proof
TOO_FAR_M = 2500.0  # beyond that only a name in common makes two reports comparable
AT_ONCE = 20.0  # points for the same minute
PER_E_FOLD = 4.34  # 10 / ln 10
LATEST = 6.0  # mean delays after which time speaks no more than against
CROWD_M = 1000.0
# What words, plate and telephone can add at the very most; below PROPOSE_AT minus this we stop.
WORDS_AT_MOST = 45.0
SAME_PLATE = 30.0
SAME_PHONE = 24.0
PHONE_MIN = 8.0  # mean delay, in minutes, of a caller's second call about the same thing
BOTH_HAZMAT = 5.0
SAME_SOURCE = -12.0  # a desk sees its own records and mostly attaches a repeated call itself


class Match(msgspec.Struct, frozen=True, gc=False):
    """The best incident for an alert. `reasons` sum to `score`; negative ones speak against."""

    incident_id: int
    score: float
    reasons: tuple[Reason, ...]
    decision: Decision


class _Asked(msgspec.Struct, gc=False):
    """The alert, with what is worked out once for all candidates."""

    alert: Alert
    at_s: float
    error_m: float
    lon_m: float  # metres per degree of longitude here
    phone: str | None
    plates: frozenset[str]
    words: Words | None = None

    def read_words(self) -> Words:
        if self.words is None:
            alert = self.alert
            self.words = words_in(alert.place, f"{alert.headline} {alert.text}")
            self.plates |= self.words.plates
        return self.words


def correlate(alert: Alert, candidates: Iterable[OpenIncident]) -> Match | None:
    """The incident the alert joins, or may belong to, or None: it opens its own.

    Does not depend on the order of `candidates`.
    """
    certain: list[Match] = []
    near: list[tuple[list[Reason], OpenIncident]] = []
    asked: _Asked | None = None
    for incident in candidates:
        if incident.exercise is not alert.exercise:
            continue
        named = _named_reason(alert, incident)
        if named is not None:
            certain.append(Match(incident.id, CERTAIN, ((named, CERTAIN),), "joins"))
            continue
        if asked is None:
            asked = _ask(alert)
        reasons = _first_look(asked, incident)
        if reasons is not None:
            near.append((reasons, incident))
    if certain:
        return min(certain, key=lambda match: match.incident_id)
    return _best(asked, near) if asked and near else None


def score(alert: Alert, incident: OpenIncident) -> tuple[float, tuple[Reason, ...]]:
    """The card of one pair, whatever it comes to: for an officer who compares two."""
    asked = _ask(alert)
    reasons = _first_look(asked, incident)
    if reasons is None:
        return 0.0, ()
    reasons += _second_look(asked, incident)
    return round(sum(points for _, points in reasons), 1), tuple(reasons)


def _named_reason(alert: Alert, incident: OpenIncident) -> str | None:
    """Identity: the source's own record number, or a reference it names."""
    if (alert.source_id, alert.source_ref) in incident.refs:
        return f"同一警单的后续报文：{alert.source_id} {alert.source_ref}"
    if (alert.kind in AREA_KINDS) is (incident.kind in AREA_KINDS):
        for ref in alert.references:
            if ref in incident.refs:
                return f"报文注明与警单 {ref[0]} {ref[1]} 为同一事件"
    return None


def _ask(alert: Alert) -> _Asked:
    return _Asked(
        alert=alert,
        at_s=alert.occurred_at.timestamp(),
        error_m=error_of(alert),
        lon_m=METRES_PER_DEGREE * cos(radians(alert.point.lat)) if alert.point else 0.0,
        phone=telephone(alert.caller_phone),
        plates=frozenset(plate(p) for p in alert.plates),
    )


def _first_look(asked: _Asked, incident: OpenIncident) -> list[Reason] | None:
    """Kind, distance and time: cheap, and enough to drop nearly everything."""
    alert = asked.alert
    points, kind = max((POINTS.get((alert.kind, k), -1), k) for k in incident.kinds)
    if points < 0:
        return None
    pace = PACES[alert.kind, kind]
    gap = max(incident.occurred_s - asked.at_s, asked.at_s - incident.last_alert_s, 0.0)
    # Reports that keep coming keep an incident warm, but half of its age always counts.
    delays = max(gap, abs(asked.at_s - incident.occurred_s) / 2) / pace
    far = 0.0
    point = alert.point
    if point and incident.lat is not None and incident.lon is not None:
        north = (point.lat - incident.lat) * METRES_PER_DEGREE
        metres = hypot(north, (point.lon - incident.lon) * asked.lon_m)
        error = hypot(asked.error_m, incident.error_m)
        far = NEAR - 2 * PER_E_FOLD * log(error / NEAR_ERROR_M)
        far = max(far - PER_E_FOLD / 2 * (metres / error) ** 2, FARTHEST)
        located = True
    else:
        metres, located = 0.0, False
    soon = AT_ONCE - PER_E_FOLD * delays
    known = asked.phone in incident.phones or not asked.plates.isdisjoint(incident.plates)
    if not known and (
        delays > LATEST or points + far + soon + WORDS_AT_MOST < PROPOSE_AT or metres > TOO_FAR_M
    ):
        return None
    reasons = [_kind_reason(alert.kind, kind, points)]
    if located:
        reasons.append((f"相距 {_metres(metres)}", round(far, 1)))
    reasons.append((_minutes(abs(asked.at_s - incident.occurred_s)), round(soon, 1)))
    if alert.source_id in incident.sources:
        reasons.append((f"同一系统的另一警单（{alert.source_id}）", SAME_SOURCE))
    return reasons


def _second_look(asked: _Asked, incident: OpenIncident) -> list[Reason]:
    """Words, plate, telephone, substances, people."""
    alert, words, theirs = asked.alert, asked.read_words(), incident.read_words()
    located = bool(alert.point) and incident.lat is not None
    reasons = alike.place_reasons(words.names, theirs.names, located=located)
    reasons += alike.event_reasons(words, alert.kind, theirs, incident.kinds)
    plates = asked.plates & (incident.plates | theirs.plates)
    if plates:
        reasons.append((f"车牌相同 {min(plates)}", SAME_PLATE))
    if asked.phone in incident.phones:
        minutes = abs(asked.at_s - incident.phones[asked.phone]) / 60
        points = SAME_PHONE - PER_E_FOLD * minutes / PHONE_MIN
        if points > 0:
            reasons.append((f"同一电话 {minutes:.0f} 分钟内再次报警", round(points, 1)))
    if alert.hazmat and incident.hazmat:
        reasons.append(("均涉危险化学品", BOTH_HAZMAT))
    reasons += alike.people_reasons(alert.casualties, incident.casualties)
    return reasons


def _best(asked: _Asked, near: list[tuple[list[Reason], OpenIncident]]) -> Match | None:
    # In a storm any of these could be the one: place and time point at each of them less.
    crowd = len(near)
    crowded: list[Reason] = []
    if crowd > 1:
        points = round(-10 * log10(crowd), 1)
        crowded = [(f"附近同时段另有 {crowd - 1} 起类似事件", points)]
    cards: list[tuple[float, int, list[Reason], OpenIncident]] = []
    for reasons, incident in near:
        card = reasons + crowded + _second_look(asked, incident)
        total = round(sum(points for _, points in card), 1)
        cards.append((total, -incident.id, card, incident))
    total, _, card, incident = max(cards, key=lambda card: card[:2])
    if total < PROPOSE_AT:
        return None
    rivals = [
        other.number
        for points, _, _, other in cards
        if other is not incident
        and points >= max(total - TOO_CLOSE, PROPOSE_AT)
        and other.id not in incident.likely_same
    ]
    if rivals:
        card = [*card, (f"与 {min(rivals)} 同样吻合，须人工确认", 0.0)]
    decision: Decision = "joins" if total >= JOIN_AT and not rivals else "proposes"
    return Match(incident.id, total, tuple(card), decision)


def _kind_reason(one: Kind, other: Kind, points: int) -> Reason:
    if one is other:
        return f"事件类别相同：{one.label}", float(points)
    return f"类别可为同一事件：{one.label}—{other.label}", float(points)


def _metres(metres: float) -> str:
    return f"{metres:.0f} 米" if metres < 1000 else f"{metres / 1000:.1f} 公里"


def _minutes(seconds: float) -> str:
    if seconds < 60:
        return f"相隔 {seconds:.0f} 秒"
    return f"相隔 {seconds / 60:.0f} 分钟" if seconds < 5400 else f"相隔 {seconds / 3600:.1f} 小时"
