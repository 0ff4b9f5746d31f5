"""The earthquake catalogue (地震速报目录): 自动 first, then 正式 under the same id."""

from collections.abc import Callable
from math import cos, hypot, radians

from ingest import fields
from ingest.forgiving import Needs, forgiving
from ingest.json_form import Form, shown
from ingest.local_time import clock
from ingest.position import converter
from linkage.alerts import Alert, Unreadable
from linkage.kinds import Kind
from linkage.sources import Source
from linkage.vocabulary import Certainty, MessageKind, Severity, Urgency

REVIEW = {"A": "自动", "M": "正式"}
NEEDS = Needs(frozenset({"id", "EQ_TYPE", "M", "AUTO_FLAG", "O_TIME"}))
CITY_SEAT = (119.216, 34.598)
# Beyond this even a great quake is felt here at most: it is told, and rings no bell.
FELT_KM = 300
# 地震应急预案 grades by magnitude where many people live; the source's severity follows it.
BY_MAGNITUDE = ((7.0, Severity.EXTREME), (6.0, Severity.SEVERE), (5.0, Severity.MODERATE))


def reader(source: Source) -> Callable[[Form], Alert]:
    when, to_wgs84 = clock(source), converter(source.datum)

    def read(form: Form) -> Alert:
        # 天然, 爆破, 塌陷: a quarry blast is of another kind by the table, so it rings no bell.
        rule = fields.kind(form, ("EQ_TYPE",), source)
        magnitude = fields.number(form, "M")
        if magnitude is None or not -2 <= magnitude <= 10:
            raise Unreadable(f"M：震级应在 -2 到 10 之间，收到 {shown(form.get('M'))}", "M")
        place = fields.text(form, "LOCATION_C")  # 参考位置
        point, sent_xy, note, area = fields.where(form, "EPI_LON", "EPI_LAT", "", to_wgs84)
        depth = fields.number(form, "EPI_DEPTH")  # 千米
        review = _review(form)
        away = None if sent_xy is None else _kilometres(*sent_xy)
        facts = {"magnitude": magnitude, "review": review, "depth_km": depth, "epicentre_km": away}
        deep = "" if depth is None else f"，震源深度 {depth:g} 千米"
        return Alert(
            source_id=source.id,
            source_ref=fields.own_reference(form, "id"),
            message_kind=MessageKind.ALERT if review == "自动" else MessageKind.UPDATE,
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
            headline=fields.headline(place, f"{magnitude:.1f}级{rule.word}"),
            text=f"{place}发生 {magnitude:.1f} 级{rule.word}{deep}（{review}速报）",
            exercise=rule.exercise or fields.flag(form, "exercise"),
            facts={k: v for k, v in facts.items() if v is not None},
        )

    return forgiving(read, NEEDS)


def _review(form: Form) -> str:
    flag = fields.text(form, "AUTO_FLAG")
    if flag not in REVIEW:
        reason = f"AUTO_FLAG：应为 A（自动）或 M（正式），收到 {shown(flag)}"
        raise Unreadable(reason, "AUTO_FLAG")
    return REVIEW[flag]


def _kilometres(lon: float, lat: float) -> int:
    east = (lon - CITY_SEAT[0]) * cos(radians(CITY_SEAT[1]))
    return round(hypot(east, lat - CITY_SEAT[1]) * 111.2)


def _severity(kind: Kind, magnitude: float, away: int | None) -> Severity:
    if kind is Kind.EARTHQUAKE and (away is None or away <= FELT_KM):
        for least, severity in BY_MAGNITUDE:
            if magnitude >= least:
                return severity
    return Severity.MINOR
