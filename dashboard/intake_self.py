"""接入状态, what we say of ourselves: how fast new incidents come, our processes, the broker."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import streamlit as st

from dashboard.intake_words import ago
from dashboard.words import OWN_NAME, plain
from linkage.beijing import day_second
from linkage.figures.flood import OFF_BELOW, ON_ABOVE, Flood, Passed
from linkage.figures.intake_status import IntakeStatus
from linkage.intake.watch import lasting
from linkage.kinds import Kind
from linkage.own_state import BOARD, BROKER, CERTIFICATES, CLASH
from linkage.record import BEIJING
from linkage.sources import OURSELVES

_CLASH_IS_NEWS = timedelta(minutes=10)


def flood_line(status: IntakeStatus) -> None:
    """While more comes than a desk can take in: how much, since when, of what, from whom."""
    flood = status.watch.flood if status.watch else None
    if flood is None or not flood.on:
        return
    names = {source.id: source.name for source in status.sources} | {OURSELVES: OWN_NAME}
    kinds = "、".join(f"{Kind(kind).label} {count}" for kind, count in flood.kinds)
    sources = "、".join(f"{names.get(i, i)} {count}" for i, count in flood.sources)
    since = f"，自 {day_second(flood.since)} 起" if flood.since else ""
    told = (
        f"警情洪峰：近 10 分钟每席新增 {flood.rate:g} 起（超过 {ON_ABOVE:g} 起即为洪峰）{since}，"
        f"峰值 {flood.peak:g} 起。类别：{kinds}；首报来源：{sources}。"
        "全部事件仍在列，态势列表改为严重的在前"
    )
    st.warning(plain(told), icon=":material/flood:")


def certificate_line(status: IntakeStatus) -> None:
    """A certificate that ends within a week stops the intake on that day: said in time."""
    detail = next((s.detail for s in status.services if s.name == CERTIFICATES), {})
    light, why = detail.get("light"), plain(str(detail.get("why", "")))
    if light in {"red", "ended"}:
        st.error(why, icon=":material/badge:")
    elif light == "amber":
        st.warning(why, icon=":material/badge:")


def board_line(status: IntakeStatus) -> None:
    """The paper that work goes on by when everything is down must lie there before it is."""
    for one in status.services:
        error = one.detail.get("error")
        if one.name.startswith(BOARD) and error:
            drawn = one.detail.get("drawn")
            last = "还没有写成过" if drawn is None else f"最近写成的一张绘于 {_clock(drawn)}"
            told = (
                f"值守看板写不出（{one.name.removeprefix(BOARD)}）：{error}。{last}。请检查该机磁盘的空间和"
                f"目录 {one.detail.get('folder', '')} 的权限；恢复之前请另行打印"
                "（联动任务页“打印”，或 python -m linkage board --out 另一目录）"
            )
            st.error(plain(told), icon=":material/print_error:")


def _clock(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(BEIJING).strftime("%m-%d %H:%M")


def service_lines(status: IntakeStatus, now: datetime) -> Iterator[str]:
    for one in status.workers:
        role = "热备" if one.standby else f"{len(one.lanes)} 条通道"
        yield f"接入进程 {one.id}　{role}　最近心跳 {ago(one.seen_at, now)}"
    if status.free_lanes:
        yield f"无人负责的通道　{'、'.join(status.free_lanes)}：等待接入进程接管，请检查各接入进程"
    told = {service.name: service for service in status.services}
    yield _probe(status, now)
    broker = told.get(BROKER)
    if broker is not None:
        version = broker.detail.get("version", "版本未知")
        dropped = broker.detail.get("dropped")
        lost = f"，启动以来丢弃 {dropped:,} 条" if isinstance(dropped, int) else ""
        yield f"消息服务器　{version}{lost}"
    certificates = told.get(CERTIFICATES)
    if certificates is not None and certificates.detail.get("why"):
        yield f"证书　{certificates.detail['why']}"
    for name, service in told.items():
        if name.startswith(BOARD):
            how = "没有写成" if service.detail.get("error") else "写成"
            folder = service.detail.get("folder", "")
            yield f"值守看板　{name.removeprefix(BOARD)}　{ago(service.at, now)}{how}　{folder}"
    clash = told.get(CLASH)
    if clash is not None and now - clash.at < _CLASH_IS_NEWS:
        yield f"会话冲突　{ago(clash.at, now)}　{clash.detail.get('why', '')}"
    if status.watch is not None:
        yield _rate(status.watch.flood)
        for flood in status.watch.floods[:5]:
            yield _passed(flood)


def _probe(status: IntakeStatus, now: datetime) -> str:
    at = datetime.fromtimestamp(status.intake.at, BEIJING) if status.intake.at else None
    trip = status.intake.round_trip_ms
    length = f"，往返 {trip:.0f} 毫秒" if trip is not None else ""
    return f"自检　{status.intake.road.label}　{ago(at, now)}{length}"


def _rate(flood: Flood | None) -> str:
    if flood is None:
        return "警情密度　尚未统计"
    state = "洪峰中" if flood.on else "平常"
    return (
        f"警情密度　近 10 分钟每席新增 {flood.rate:g} 起（{flood.desks} 席），{state}；"
        f"超过 {ON_ABOVE:g} 起为洪峰，低于 {OFF_BELOW:g} 起解除"
    )


def _passed(flood: Passed) -> str:
    length = lasting(flood.ended - flood.began)
    return f"曾有洪峰　{day_second(flood.began)} 起 {length}，峰值每席 {flood.peak:g} 起/10 分钟"
