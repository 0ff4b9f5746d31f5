"""The earthquake catalogue (地震速报目录): 自动 first, then 正式 under the same id.

One quake, a list, or a list under `shuju` as the catalogue's own service has it.
"""

import re
from collections.abc import Callable
from math import cos, hypot, radians
from typing import NamedTuple

from ingest import fields
from ingest.forgiving import Needs, forgiving
from ingest.json_form import Form, shown
from ingest.local_time import clock
from ingest.position import converter
from linkage.alerts import Alert, Unreadable
from linkage.kinds import Kind
from linkage.sources import Source
from linkage.vocabulary import Certainty, MessageKind, PositionNote, Severity, Urgency

LISTS = ("shuju", "data.list", "data")
REVIEW = {"A": "自动", "M": "正式"}
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


class Magnitude(NamedTuple):
    value: float
    scale: str


def reader(source: Source) -> Callable[[Form], Alert]:
    when, to_wgs84 = clock(source), converter(source.datum)

    def read(form: Form) -> Alert:
        # 天然, 爆破, 塌陷: a quarry blast is of another kind by the table, so it rings no bell.
        rule = fields.kind(form, ("EQ_TYPE",), source)
        magnitude = _magnitude(form)
        place = fields.text(form, "LOCATION_C")  # 参考位置
        point, sent_xy, note, area = fields.where(form, "EPI_LON", "EPI_LAT", "", to_wgs84)
        # Two decimals are all that is known of an epicentre: it names no village.
        note = PositionNote.EXACT if note is PositionNote.COARSE else note
        depth = _depth(form)
        review = _review(form)
        away = None if sent_xy is None else _kilometres(*sent_xy)
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
            source_ref=fields.own_reference(form, "id"),
            revision=fields.revision(form, "SAVE_TIME", when),
            message_kind=_message_kind(form, review),
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


def _magnitude(form: Form) -> Magnitude | None:
    """None where it is not known yet, as an automatic report may have it. -2 is a small one."""
    for key, scale in SCALES.items():
        value = form.get(key)
        if value is None or value == "" or (key.startswith("M_") and value in {0, "0"}):
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
        reason = f"AUTO_FLAG：应为 A（自动）或 M（正式），收到 {shown(flag)}"
        raise Unreadable(reason, "AUTO_FLAG")
    return REVIEW[flag]


def _message_kind(form: Form, review: str) -> MessageKind:
    if fields.flag(form, "IS_DEL"):  # 已删除
        return MessageKind.CANCEL
    return MessageKind.ALERT if review == "自动" else MessageKind.UPDATE


def _kilometres(lon: float, lat: float) -> int:
    east = (lon - CITY_SEAT[0]) * cos(radians(CITY_SEAT[1]))
    return round(hypot(east, lat - CITY_SEAT[1]) * 111.2)


def _severity(kind: Kind, magnitude: Magnitude | None, away: int | None) -> Severity:
    felt = kind is Kind.EARTHQUAKE and (away is None or away <= FELT_KM)
    if felt and magnitude is None:
        return Severity.UNKNOWN
    if felt and magnitude is not None:
        for least, severity in BY_MAGNITUDE:
            if magnitude.value >= least:
                return severity
    return Severity.MINOR
