"""圈选导出: what lies inside an outline as CSV or GeoJSON; asked for, logged, harmless to open.

Reckoned here from the record, at one cut, by the rule that the map's own list follows too. Real
and practised incidents are never counted together; where both lie inside, every row says which.
"""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from linkage.actions import Action
from linkage.alerts import Casualties, Point
from linkage.desk import inside
from linkage.desk.sites import Site
from linkage.errors import NotAllowed
from linkage.figures.export import Format, as_text
from linkage.figures.selection import Cut, snapshot
from linkage.kinds import Kind
from linkage.people import Actor, permit
from linkage.personal import masked
from linkage.plan.plume import CAVEAT
from linkage.reading_tables import series
from linkage.readings.telemetry import Telemetry
from linkage.record import BEIJING, Record
from linkage.response.nearest import metres
from linkage.tables import incident, unit
from linkage.vocabulary import OPEN_STATUSES, Count, IncidentStatus, Labelled, Severity

FORMATS = (Format.CSV, Format.GEOJSON)
# A vehicle not heard of for a day is not where it was: the map does not draw it either.
GONE = timedelta(days=1)
_encode = msgspec.json.Encoder().encode


class Sort(Labelled):
    """What a row of the export is."""

    INCIDENT = "incident", "事件"
    UNIT = "unit", "处置力量"
    VEHICLE = "vehicle", "监管车辆"
    STATION = "station", "测站"
    SITE = "site", "重点单位"


class AreaOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants what lies inside `outline`, and what for. `why` goes to the log. `aid`: the outline
    is the ground downwind of a release, and every file says that it is a rough aid."""

    actor: Actor
    why: str
    outline: inside.Outline
    aid: bool = False
    telemetry: Telemetry
    sites: tuple[Site, ...]
    agency_names: Mapping[str, str]
    at: datetime


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One thing inside. `number`: how it is called in the record. `state`: level or state."""

    sort: Sort
    number: str
    name: str
    what: str
    state: str
    place: str
    point: Point
    metres: int  # from the centre of the outline
    at: datetime | None
    people: dict[str, int] = {}
    exercise: bool = False


class Inside(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Row, ...]
    cut: Cut
    unlocated: int  # open incidents without a position: they may lie inside, nobody knows

    def of(self, sort: Sort, *, exercise: bool = False) -> list[Row]:
        return [row for row in self.rows if row.sort is sort and row.exercise is exercise]

    @property
    def practised(self) -> bool:
        return any(row.exercise for row in self.rows)


_COUNTS = tuple(count for count in Count if count.value in Casualties.__struct_fields__)
HEADINGS = (
    "分类", "编号", "名称", "类别", "程度或状态", "地点或单位", "经度", "纬度", "距中心（米）",
    "时间（北京时间）", *(f"{count.label}人数" for count in _COUNTS), "演练",
)  # fmt: skip


def look_inside(record: Record, order: AreaOrder) -> Inside:
    """For the page that offers the export: the same rows, nothing logged."""
    with snapshot(record, order.at) as (cx, cut):
        return _gather(cx, cut, order)


def export_area(record: Record, order: AreaOrder, format_: Format) -> tuple[str, bytes]:
    """(file name, file). Raises NotPermitted or NotAllowed; then nothing was logged."""
    permit(order.actor, Action.EXPORT)
    why = order.why.strip()
    if not why:
        raise NotAllowed("请写明导出用途：每次导出都要留下谁、何时、为何、多少行。")
    if format_ not in FORMATS:
        raise NotAllowed("圈选范围只能导出 CSV 或 GeoJSON，请重新选择。")
    found = look_inside(record, order)
    body = _csv(found) if format_ is Format.CSV else _geojson(found, order)
    with record.write(order.at) as w:
        after = {
            "format": format_.value,
            "rows": len(found.rows),
            "question": question(order),
            "revision": found.cut.revision,
        }
        w.log.add(str(order.actor), Action.EXPORT, why, after=after)
    return file_name(found, order, format_), body


def question(order: AreaOrder) -> str:
    area = f"下风向示意范围（{CAVEAT}）" if order.aid else "圈选范围"
    return f"{area}内的在办事件、力量、测站和重点单位：{inside.in_words(order.outline)}"


def file_name(found: Inside, order: AreaOrder, format_: Format) -> str:
    when = order.at.astimezone(BEIJING).strftime("%Y%m%d-%H%M")
    mark = "含演练_" if found.practised else ""
    area = "下风向粗略示意" if order.aid else "圈选范围"
    return f"{area}_{mark}{inside.km2(order.outline):.1f}平方公里_{when}.{format_.value}"


def _gather(cx: Connection, cut: Cut, order: AreaOrder) -> Inside:
    middle = inside.centre(order.outline)
    every, unlocated = _incidents(cx, middle)
    every += _units(cx, order, middle) + _stations(cx, order, middle) + _sites(order, middle)
    kept = [every[n] for n in inside.within(order.outline, [row.point for row in every])]
    ranks = {sort: n for n, sort in enumerate(Sort)}
    kept.sort(key=lambda row: (row.exercise, ranks[row.sort], row.metres, row.number))
    return Inside(rows=tuple(kept), cut=cut, unlocated=unlocated)


def _incidents(cx: Connection, middle: Point) -> tuple[list[Row], int]:
    ask = select(incident).where(
        incident.c.status.in_([status.value for status in OPEN_STATUSES]),
        incident.c.kind != Kind.SYSTEM_FAULT.value,
    )
    found, unlocated = [], 0
    for row in cx.execute(ask):
        if row.lon is None or row.lat is None:
            unlocated += not row.exercise
            continue
        point = Point(row.lon, row.lat)
        state = f"{Severity(row.severity).label} · {IncidentStatus(row.status).label}"
        found.append(
            Row(
                sort=Sort.INCIDENT,
                number=row.number,
                name=masked(row.headline),
                what=Kind(row.kind).label,
                state=state,
                place=masked(row.place),
                point=point,
                metres=round(metres(middle, point)),
                at=row.opened_at,
                people={c.value: n for c in _COUNTS if (n := getattr(row, c.value)) is not None},
                exercise=row.exercise,
            )
        )
    return found, unlocated


def _units(cx: Connection, order: AreaOrder, middle: Point) -> list[Row]:
    ask = select(unit).where(unit.c.lon.is_not(None), unit.c.lat.is_not(None))
    found = []
    for row in cx.execute(ask):
        if row.watched and order.at - row.reported_at > GONE:
            continue
        point = Point(row.lon, row.lat)
        goods = f"危险货物 {row.cargo or '品名未登记'}" if row.hazmat else ""
        found.append(
            Row(
                sort=Sort.VEHICLE if row.watched else Sort.UNIT,
                number=f"{row.agency_id}/{row.unit_id}",
                name=row.label,
                what=goods,
                state=row.state,
                place=order.agency_names.get(row.agency_id, row.agency_id),
                point=point,
                metres=round(metres(middle, point)),
                at=row.reported_at,
            )
        )
    return found


def _stations(cx: Connection, order: AreaOrder, middle: Point) -> list[Row]:
    """The registered, and those that say in their payloads where they stand."""
    heard: dict[tuple[str, str], tuple[Point | None, int]] = {}
    for row in cx.execute(select(series).where(series.c.exercise.is_(False))):
        key = (row.source_id, row.station_id)
        known, last = heard.get(key, (None, 0))
        stated = None if row.lon is None or row.lat is None else Point(row.lon, row.lat)
        heard[key] = (stated or known, max(last, row.received_ms))
    found = []
    for key in sorted({*heard, *order.telemetry.stations}):
        station = order.telemetry.stations.get(key)
        stated, last = heard.get(key, (None, 0))
        point = station.point if station else stated
        if point is None:
            continue
        found.append(
            Row(
                sort=Sort.STATION,
                number="/".join(key),
                name=station.name if station else f"未登记 {key[1]}",
                what=station.kind if station else "",
                state="有读数" if last else "尚无读数",
                place="",
                point=point,
                metres=round(metres(middle, point)),
                at=datetime.fromtimestamp(last / 1000, UTC) if last else None,
            )
        )
    return found


def _sites(order: AreaOrder, middle: Point) -> list[Row]:
    return [
        Row(
            sort=Sort.SITE,
            number=site.id,
            name=site.name,
            what=site.what,
            state=site.known_from,
            place=site.place,
            point=site.point,
            metres=round(metres(middle, site.point)),
            at=None,
        )
        for site in order.sites
    ]


def _cells(row: Row) -> dict[str, Any]:
    at = row.at.astimezone(BEIJING).replace(tzinfo=None, microsecond=0) if row.at else None
    values = (
        row.sort.label, row.number, row.name, row.what, row.state, row.place,
        round(row.point.lon, 6), round(row.point.lat, 6), row.metres, at,
        *(row.people.get(count.value) for count in _COUNTS), "是" if row.exercise else "否",
    )  # fmt: skip
    return dict(zip(HEADINGS, values, strict=True))


def _csv(found: Inside) -> bytes:
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(HEADINGS)
    for row in found.rows:
        lines.writerow(as_text(value) for value in _cells(row).values())
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace")


def _geojson(found: Inside, order: AreaOrder) -> bytes:
    """RFC 7946 in WGS-84: first the outline itself, then what lies inside."""
    first = {
        "type": "Feature",
        "geometry": inside.geometry(order.outline),
        "properties": {"分类": "圈选范围", "说明": question(order)},
    }
    features = [first]
    for row in found.rows:
        said = {k: as_text(v) if isinstance(v, datetime) else v for k, v in _cells(row).items()}
        place = {"type": "Point", "coordinates": [row.point.lon, row.point.lat]}
        features.append({"type": "Feature", "geometry": place, "properties": said})
    head = {
        "type": "FeatureCollection",
        "name": "圈选范围",
        "question": question(order),
        "cut": str(found.cut),
        "revision": found.cut.revision,
        "exercise": found.practised,
        "total": len(found.rows),
        "unlocated": found.unlocated,
        "features": features,
    }
    return _encode(head)
