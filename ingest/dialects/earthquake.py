"""The earthquake catalogue (地震速报目录): 自动 first, then 正式 under the same id.

One quake, a list, or a list under `shuju` as the catalogue's own service has it; under other
names too (`earthquake_forms`).
"""

import re
from collections.abc import Callable
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from ingest import fields
from ingest.dialects.earthquake_forms import listed, told
from ingest.forgiving import Needs, forgiving
from ingest.json_form import Form, shown
from ingest.local_time import Clock, clock
from ingest.position import converter
from linkage.alerts import CONFIRMED, Alert, Unreadable
from linkage.intake.arrivals import Several
from linkage.kinds import Kind
from linkage.source_tables import KindRule
from linkage.sources import Source
from linkage.vocabulary import Certainty, MessageKind, PositionNote, Severity, Urgency

LISTS = ("shuju", "data.list", "data", "features")
REVIEW = {
    **dict.fromkeys(("A", "automatic", "[自动测定]"), "自动"),
    **dict.fromkeys(("M", "I", "reviewed", "[正式测定]"), "正式"),  # I: abroad
}
NEEDS = Needs(frozenset({"id", "EQ_TYPE", "M", "AUTO_FLAG", "O_TIME"}))
CITY_SEAT = (119.216, 34.598)
# Beyond this even a great quake is felt here at most: it is told, and rings no bell.
FELT_KM = 300
# 地震应急预案 grades by magnitude where many people live; the source's severity follows it.
BY_MAGNITUDE = ((7.0, Severity.EXTREME), (6.0, Severity.SEVERE), (5.0, Severity.MODERATE))
# Their field → the scale. A plain M is the one that is published; the others stand beside it,
# and 0 there means that it was not measured.
SCALES = {name: name for name in ("M", "Ms", "Mw", "ML", "mb")} | {
    "M_MS": "Ms",
    "M_MW": "Mw",
    "M_ML": "ML",
    "M_MB": "mb",
}
_MAGNITUDE = re.compile(r"(M[sSwWlLbB]?|m[bB])?\s?([+-]?[0-9]{1,2}(?:\.[0-9]{1,3})?)\s?级?")
_DEPTH = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?)\s?(?:km|千米|公里)?", re.IGNORECASE)


# The number of one quake ends in the word of its review: CC.20251004000748.000_A, then …_M or …_I.
_REVIEWED = re.compile(r"(C[A-Z]\.[0-9]{14}\.[0-9]{3})_[A-Z]")
# 辽宁营口市盖州市(疑爆): the place says what the type does not.
_NO_QUAKE = re.compile(r"[(（]([^()（）]*(?:爆|塌|陷|矿震|非天然)[^()（）]*)[)）]\s*$")


class Magnitude(NamedTuple):
    value: float
    scale: str


def reader(source: Source) -> Callable[[Form], Alert | Several]:
    read_one = _reader(source)

    def read_told(form: Form) -> Alert:
        record = told(form)
        try:
            return read_one(record.form)
        except Unreadable as why:
            theirs = record.theirs.get(why.field or "")
            if theirs is None:
                raise
            raise Unreadable(f"{theirs}：{why.reason.partition('：')[2]}", theirs) from None

    def read(form: Form) -> Alert | Several:
        records = listed(form)
        if not records:
            return read_told(form)
        return Several(tuple(_part(record, read_told) for record in records))

    return read


def _part(record: object, read: Callable[[Form], Alert]) -> Alert | Unreadable:
    if not isinstance(record, dict):
        return Unreadable(f"记录应为 JSON 对象 {{…}}，收到 {shown(record)}")
    try:
        return read(record)
    except Unreadable as why:
        return why


def _reader(source: Source) -> Callable[[Form], Alert]:
    when, to_wgs84 = clock(source), converter(source.datum)

    def read(form: Form) -> Alert:
        # 天然, 爆破, 塌陷: a quarry blast is of another kind by the table, so it rings no bell.
        place = fields.text(form, "LOCATION_C")  # 参考位置
        rule = _rule(form, place, source)
        magnitude = _magnitude(form)
        point, sent_xy, note, area = fields.where(form, "EPI_LON", "EPI_LAT", "", to_wgs84)
        # Two decimals are all that is known of an epicentre: it names no village.
        note = PositionNote.EXACT if note is PositionNote.COARSE else note
        depth = _depth(form)
        review = _review(form)
        does = _message_kind(form, review)
        away = _kilometres((point.lon, point.lat) if point is not None else sent_xy)
        facts = {
            "magnitude": magnitude and magnitude.value,
            "magnitude_scale": magnitude.scale if magnitude and magnitude.scale != "M" else None,
            "review": review,
            "depth_km": depth,
            "epicentre_km": away,
            "intensity": fields.number(form, "intensity"),
        }
        level = f"{magnitude.value:.1f}级" if magnitude else "震级待定的"
        size = f" {magnitude.value:.1f} 级" if magnitude else "震级待定的"
        deep = "" if depth is None else f"，震源深度 {depth:g} 千米"
        return Alert(
            source_id=source.id,
            source_ref=_REVIEWED.sub(r"\1", fields.own_reference(form, "id")),
            revision=_revision(form, does, when),
            message_kind=does,
            kind=rule.kind,
            event_code=rule.event_code,
            source_kind=rule.word,
            occurred_at=when(form.get("O_TIME"), "O_TIME"),  # 发震时刻
            place=place,
            point=point,
            source_xy=sent_xy,
            position_note=note,
            area_code=area,
            severity=_severity(rule.kind, magnitude, away),
            urgency=Urgency.PAST,
            certainty=Certainty.LIKELY if review == "自动" else Certainty.OBSERVED,
            headline=fields.headline(place, f"{level}{rule.word}"),
            text=f"{place}发生{size}{rule.word}{deep}（{review}速报）",
            exercise=rule.exercise or fields.flag(form, "exercise"),
            facts={k: v for k, v in facts.items() if v is not None},
        )

    return forgiving(read, NEEDS)


def _rule(form: Form, place: str, source: Source) -> KindRule:
    rule = fields.kind(form, ("EQ_TYPE",), source)
    no_quake = _NO_QUAKE.search(place) if rule.kind is Kind.EARTHQUAKE else None
    if no_quake:
        return fields.kind({"EQ_TYPE": no_quake[1]}, ("EQ_TYPE",), source)
    return rule


def _revision(form: Form, does: MessageKind, when: Clock) -> int | None:
    """By the time of saving; without it what is determined follows what is automatic."""
    saved = fields.revision(form, "SAVE_TIME", when)
    return CONFIRMED if saved is None and does is not MessageKind.ALERT else saved


def _magnitude(form: Form) -> Magnitude | None:
    """None where it is not known yet, as an automatic report may have it. -2 is a small one."""
    for key, scale in SCALES.items():
        value = form.get(key)
        if value is None or value == "" or (key.startswith("M_") and str(value) == "0"):
            continue
        found = _MAGNITUDE.fullmatch(value) if isinstance(value, str) else None
        size = float(found[2]) if found else fields.number(form, key)
        if size is None or not -2 <= size <= 10:
            raise Unreadable(f"{key}：震级应在 -2 到 10 之间，收到 {shown(value)}", "M")
        return Magnitude(size, found[1] if found and found[1] else scale)
    return None


def _depth(form: Form) -> float | None:
    value = form.get("EPI_DEPTH")  # 千米; 0 is a blast at the surface
    found = _DEPTH.fullmatch(value) if isinstance(value, str) else None
    return float(found[1]) if found else fields.number(form, "EPI_DEPTH")


def _review(form: Form) -> str:
    flag = fields.text(form, "AUTO_FLAG")
    if flag not in REVIEW:
        reason = f"AUTO_FLAG：应为 A（自动）或 M、I（正式），收到 {shown(flag)}"
        raise Unreadable(reason, "AUTO_FLAG")
    return REVIEW[flag]


def _message_kind(form: Form, review: str) -> MessageKind:
    if fields.flag(form, "IS_DEL"):  # 已删除
        return MessageKind.CANCEL
    return MessageKind.ALERT if review == "自动" else MessageKind.UPDATE


def _kilometres(epicentre: tuple[float, float] | None) -> int | None:
    """To the city, over the globe: quakes are told from its other side too."""
    if epicentre is None or epicentre == (0, 0):
        return None
    lon, lat = epicentre
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return None
    here, there = radians(CITY_SEAT[1]), radians(lat)
    over, along = there - here, radians(lon - CITY_SEAT[0])
    half = sin(over / 2) ** 2 + cos(here) * cos(there) * sin(along / 2) ** 2
    return round(2 * 6371 * asin(sqrt(min(1.0, half))))


def _severity(kind: Kind, magnitude: Magnitude | None, away: int | None) -> Severity:
    felt = kind is Kind.EARTHQUAKE and (away is None or away <= FELT_KM)
    if felt and magnitude is None:
        return Severity.UNKNOWN
    if felt and magnitude is not None:
        for least, severity in BY_MAGNITUDE:
            if magnitude.value >= least:
                return severity
    return Severity.MINOR
