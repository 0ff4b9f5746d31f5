"""测站读数 and 每周抖动清单: the stations' section on 接入状态."""

from datetime import UTC, datetime
from typing import NamedTuple

import streamlit as st

from dashboard import charts, desk
from dashboard.intake_words import ago
from linkage.desk.stations import LiveReading, LiveStation, stale_after, stations_since
from linkage.figures.chatter import Chatter, chatter, worth_a_look
from linkage.readings.judge import Fault
from linkage.readings.telemetry import Telemetry
from linkage.record import BEIJING, UNAVAILABLE
from linkage.vocabulary import Quality, Severity

# The page lists what needs a hand, not a thousand stations that are well.
LISTED = 60
_TONE = {
    Severity.EXTREME: "red",
    Severity.SEVERE: "red",
    Severity.MODERATE: "amber",
    Severity.MINOR: "amber",
}


# One reading serves all desks that look within a while.
@st.cache_data(ttl=5, show_spinner=False)
def _read(url: str) -> tuple[datetime, list[LiveStation], list[Chatter]]:  # noqa: ARG001
    now = datetime.now(UTC)
    with desk.record().read() as cx:
        return now, stations_since(cx, -1), chatter(cx, desk.telemetry(), now)


@st.fragment(run_every="10s")
def section() -> None:
    """测站与读数: who speaks, who is stale, who is not registered, and the weekly list."""
    try:
        now, stations, sensors = _read(desk.settings().database_url)
    except UNAVAILABLE:
        return  # said above on the page
    telemetry = desk.telemetry()
    if not stations and not telemetry.stations:
        return
    _stations(stations, telemetry, now)
    _chatter(sensors)


def _stations(stations: list[LiveStation], telemetry: Telemetry, now: datetime) -> None:
    heard = {station.id: station for station in stations if not station.exercise}
    known = {f"{source}/{ref}" for source, ref in telemetry.stations}
    rows = [_row(heard[i], telemetry, now) for i in heard]
    rows += [_unheard(i, telemetry) for i in sorted(known - heard.keys())]
    wrong = sorted((row for row in rows if row.rank), key=lambda row: (-row.rank, row.name))
    strangers = len(heard.keys() - known)
    state = f"{len(heard)} 站有读数"
    state += f"，{len(wrong)} 站需要看一眼" if wrong else "，全部正常"
    state += f"，其中 {strangers} 站未登记" if strangers else ""
    with st.expander(f"测站读数：{state}", key="intake_stations"):
        heads: list[str | charts.Cell] = [
            *(charts.text(head) for head in ("状态", "测站", "接入系统", "最近读数", "时间")),
            charts.text("说明", "w"),
        ]
        shown = wrong[:LISTED] or sorted(rows, key=lambda row: row.name)[:LISTED]
        more = f"；只列出 {LISTED} 站" if len(wrong or rows) > LISTED else ""
        charts.show(
            charts.STYLE
            + charts.table(
                "需要看一眼的测站" if wrong else "测站",
                heads,
                [row.cells for row in shown],
                note=f"共登记 {len(known)} 站{more}",
                tints=[row.tint for row in shown],
            )
        )


class _Row(NamedTuple):
    rank: int  # 0: well
    name: str
    tint: str
    cells: list[charts.Cell]


def _row(station: LiveStation, telemetry: Telemetry, now: datetime) -> _Row:
    source_id, _, station_id = station.id.partition("/")
    known = telemetry.station_of(source_id, station_id)
    name = known.name if known else f"未登记 {station_id}"
    worst = Severity(station.severity) if station.severity else None
    late = [r for r in station.readings if _is_stale(r.at, r.factor, station.id, telemetry, now)]
    faults = [r for r in station.readings if r.fault]
    notes = [f"{_factor(r, telemetry)}{Fault(r.fault).label}" for r in faults]
    if not known:
        notes.append("请在 data/stations.toml 登记站名和位置")
    if late:
        notes.append(f"{len(late)} 项读数过期，请联系该站所属单位")
    said = "；".join(_value(r, telemetry) for r in _worst_first(station)[:3])
    tint = _TONE[worst] if worst else "amber" if faults or late or not known else ""
    state = worst.label if worst else "过期" if late else "检修" if faults else "正常"
    state = state if known or worst or late else "未登记"
    mark = charts.dot(
        {"red": charts.RED, "amber": charts.AMBER}.get(tint, charts.GREEN),
        "square" if tint else "",
    )
    rank = 10 + worst.rank if worst else 3 * bool(faults) + 2 * bool(late) + (not known)
    cells = [
        charts.Cell(mark + charts.text(state).html),
        charts.text(name),
        charts.text(desk.sources()[source_id].name if source_id in desk.sources() else source_id),
        charts.text(said),
        charts.text(ago(datetime.fromtimestamp(max(r.at for r in station.readings), UTC), now)),
        charts.text("；".join(notes), "w"),
    ]
    return _Row(rank, name, tint, cells)


def _unheard(station: str, telemetry: Telemetry) -> _Row:
    source_id, _, station_id = station.partition("/")
    known = telemetry.stations[source_id, station_id]
    source = desk.sources().get(source_id)
    cells = [
        charts.Cell(charts.dot("transparent", "ring") + charts.text("无读数").html),
        charts.text(known.name),
        charts.text(source.name if source else source_id),
        charts.text("–"),
        charts.text("–"),
        charts.text("已登记，从未收到读数", "w"),
    ]
    return _Row(0, known.name, "", cells)


def _is_stale(at: int, factor: str, station: str, telemetry: Telemetry, now: datetime) -> bool:
    source_id, _, station_id = station.partition("/")
    return now.timestamp() - at > stale_after(telemetry, source_id, station_id, factor)


def _worst_first(station: LiveStation) -> list[LiveReading]:
    return sorted(station.readings, key=lambda r: -Severity(r.severity).rank if r.severity else 1)


def _value(reading: LiveReading, telemetry: Telemetry) -> str:
    value = "–" if reading.value is None else f"{reading.value:.7g}"
    mark = f"{Severity(reading.severity).label}·" if reading.severity else ""
    flag = "" if reading.quality == Quality.NORMAL else f"（{Quality(reading.quality).label}）"
    return f"{mark}{_factor(reading, telemetry)} {value} {reading.unit}{flag}".rstrip()


def _factor(reading: LiveReading, telemetry: Telemetry) -> str:
    return telemetry.factor_name(reading.factor)


def _chatter(sensors: list[Chatter]) -> None:
    bad = worth_a_look(sensors)
    state = f"{len(bad)} 个传感器需要检修或调整阈值" if bad else "没有需要检修的传感器"
    with st.expander(f"每周抖动清单：{state}", key="intake_chatter"):
        if not bad:
            st.info("近七天没有抖动、卡死或长期越限的传感器。")
            return
        heads: list[str | charts.Cell] = [
            charts.text("测站"),
            charts.text("因子"),
            charts.text("现况"),
            *("越限", "单独报出", "合并", "瞬时", "卡死", "抖动"),
            charts.text("起"),
            charts.text("最近"),
            charts.text("建议", "w"),
        ]
        rows = [
            [
                charts.text(one.station),
                charts.text(one.factor),
                charts.text(one.now),
                *map(
                    charts.number,
                    (one.crossings, one.told, one.folded, one.fleeting, one.stuck, one.flapping),
                ),
                charts.text(_day(one.first_at or one.fault_since or one.standing_since)),
                charts.text(_day(one.last_at)),
                charts.text(one.remedy, "w"),
            ]
            for one in bad[:LISTED]
        ]
        tints = ["amber" if one.fault or one.standing_since else "" for one in bad[:LISTED]]
        note = "近七天；合并的越限没有单独报出，最高一级和持续十分钟以上的总会单独报出"
        table = charts.table("每周抖动清单", heads, rows, note=note, tints=tints)
        charts.show(charts.STYLE + table)


def _day(at: datetime | None) -> str:
    return at.astimezone(BEIJING).strftime("%m-%d %H:%M") if at else "–"
