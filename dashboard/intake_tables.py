"""接入状态, its tables: the nineteen systems, the agencies' way back, our own processes."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from dashboard import charts
from dashboard.intake_doubts import doubt
from dashboard.intake_self import board_line, certificate_line, flood_line, service_lines
from dashboard.intake_words import advice, ago, delay, every, outbox_advice, who
from dashboard.words import broken, plain
from linkage.figures.intake_status import Account, IntakeStatus, SourceHealth, SourceStatus
from linkage.figures.kept import Imbalance
from linkage.record import BEIJING
from linkage.response.agencies import Agency
from linkage.sources import Source

# Shape as well as colour: a filled disc, a square, a square, a ring.
_MARK = {
    SourceHealth.NORMAL: charts.dot(charts.GREEN),
    SourceHealth.REFUSED: charts.dot(charts.AMBER, "square"),
    SourceHealth.DOUBTFUL: charts.dot(charts.AMBER, "square"),
    SourceHealth.SILENT: charts.dot(charts.RED, "square"),
    SourceHealth.NEVER: charts.dot("transparent", "ring"),
}
_TINT = {
    SourceHealth.REFUSED: "amber",
    SourceHealth.DOUBTFUL: "amber",
    SourceHealth.SILENT: "red",
}
_BADGE = {
    SourceHealth.NORMAL: (":material/check_circle:", "green"),
    SourceHealth.REFUSED: (":material/report:", "orange"),
    SourceHealth.DOUBTFUL: (":material/rule:", "orange"),
    SourceHealth.SILENT: (":material/sensors_off:", "red"),
    SourceHealth.NEVER: (":material/radio_button_unchecked:", "gray"),
}


def summary(status: IntakeStatus) -> None:
    """One line: how many are well, and whether the intake itself is."""
    counted = Counter(source.health for source in status.sources)
    with st.container(horizontal=True, vertical_alignment="center"):
        for health in SourceHealth:
            icon, colour = _BADGE[health]
            if counted[health] or health is SourceHealth.NORMAL:
                st.badge(f"{health.label} {counted[health]}", icon=icon, color=colour)  # type: ignore[arg-type]
        if status.intake.alive:
            st.caption(plain(_intake(status)))
    if not status.intake.alive:
        st.error(plain(broken(status.intake)), icon=":material/error:")
    flood_line(status)
    certificate_line(status)
    board_line(status)
    if status.ours.rejected:
        st.error(
            f"有人以本系统的名义（linkage）发来 {status.ours.rejected:,} 条报文，已拒收："
            "请系统管理员核查消息服务器的账号权限。",
            icon=":material/security:",
        )


def _intake(status: IntakeStatus) -> str:
    intake = status.intake
    parts = ["接入进程正常", f"消息代理 {intake.broker or '未知'}"]
    if not intake.durable:
        parts.append("演示：消息仅在内存，重启会丢未入库的报文")
    if intake.round_trip_ms:
        parts.append(f"自检往返 {intake.round_trip_ms:.0f} 毫秒")
    return "　".join(parts)


def verdict(status: IntakeStatus, at: datetime, differences: list[Imbalance]) -> None:
    """Whether received = stored + duplicate + rejected, and every payload is where it should be."""
    if not status.total.balances or any(not s.account.balances for s in status.sources):
        st.error(
            "收支不平：收到 ≠ 入库＋重复＋拒收。请立即通知系统管理员。", icon=":material/error:"
        )
    if differences:
        listed = "；".join(
            f"{d.source_id} {d.outcome.label} 记账 {d.accounted:,}、留存 {d.kept:,}"
            for d in differences
        )
        clock = at.astimezone(BEIJING).strftime("%H:%M:%S")
        told = f"{clock} 核对：记账与留存的原始报文不一致。请通知系统管理员。{listed}"
        st.error(plain(told), icon=":material/error:")


def sources(
    status: IntakeStatus,
    known: Mapping[str, Source],
    agencies_: Mapping[str, Agency],
    now: datetime,
) -> None:
    names = {source.id: source.name for source in known.values()}
    rows = []
    for source in status.sources:
        fact = known[source.id]
        agency = agencies_.get(fact.agency)
        doubts = doubt(status.notes_of(source.id), fact, names, who(agency))
        what = "；".join(filter(None, (advice(source, agency, fact, now), doubts)))
        rows.append(_row(source, what, now))
    tints = [_TINT.get(source.health, "") for source in status.sources]
    heads: list[str | charts.Cell] = [
        *(charts.text(name) for name in ("状态", "接入系统", "最近接报", "最近心跳", "应有间隔")),
        *("条/分钟", "时延", "超额", "收到", "入库", "重复", "拒收"),
        charts.text("建议", "w"),
    ]
    total = status.total
    balance = f"收到 {total.received:,} {'＝' if total.balances else '≠'} 入库 {total.stored:,}"
    balance += f" ＋ 重复 {total.duplicate:,} ＋ 拒收 {total.rejected:,}"
    foot = [
        charts.text("合计"),
        *([charts.text("")] * 4),
        charts.number(sum(s.per_minute for s in status.sources), 1),
        charts.text(""),
        charts.number(sum(s.excess for s in status.sources)),
        *_account(total),
        charts.text(balance, "w"),
    ]
    clock = now.astimezone(BEIJING).strftime("%H:%M:%S")
    note = f"{len(rows)} 个；每 5 秒更新，{clock}"
    charts.show(
        charts.STYLE + charts.table("接入系统", heads, rows, note=note, foot=foot, tints=tints)
    )
    if status.strangers:
        listed = "、".join(f"{i}（{a.received:,} 条）" for i, a in status.strangers.items())
        st.warning(
            plain(f"sources.toml 中没有、但收到过报文的来源：{listed}"), icon=":material/help:"
        )


def _row(source: SourceStatus, what: str, now: datetime) -> list[charts.Cell]:
    return [
        charts.Cell(_MARK[source.health] + charts.text(source.health.label).html),
        charts.text(source.name),
        charts.text(ago(source.last_alert_at, now)),
        charts.text(ago(source.last_heartbeat_at, now)),
        charts.text(every(source.expect_every)),
        charts.number(source.per_minute, 1),
        charts.text(delay(source.delay_s), ""),
        charts.number(source.excess),
        *_account(source.account),
        charts.text(what, "w"),
    ]


def _account(account: Account) -> list[charts.Cell]:
    return [charts.number(count) for count in account.counts()]


def agencies(status: IntakeStatus, known: Mapping[str, Agency], now: datetime) -> None:
    """Every agency: what came back from it, and what still waits on the way to it."""
    rows, tints = [], []
    for agency in status.agencies:
        what = outbox_advice(agency, known.get(agency.id), now)
        waits = ago(agency.oldest_at, now).removesuffix("前") if agency.oldest_at else "–"
        why = f"（{agency.last_error}）" if agency.last_error else ""
        drills = f"另有演练报文 {agency.drills} 条待发。" if agency.drills else ""
        rows.append(
            [
                charts.text(known[agency.id].name),
                charts.text(ago(agency.last_at, now)),
                *_account(agency.feedback),
                charts.number(agency.units.received),
                charts.number(agency.waiting),
                charts.number(agency.failing),
                charts.text(waits),
                charts.text(drills + what + why, "w"),
            ]
        )
        tints.append("red" if agency.failing else "amber" if what else "")
    heads: list[str | charts.Cell] = [
        charts.text("联动单位"),
        charts.text("最近来文"),
        *("反馈", "采用", "重复", "拒收", "力量报文", "待发", "发送失败"),
        charts.text("最久等待"),
        charts.text("建议", "w"),
    ]
    back = sum((a.feedback for a in status.agencies), Account())
    waiting = sum(a.waiting for a in status.agencies)
    failing = sum(a.failing for a in status.agencies)
    foot = [
        charts.text("合计"),
        charts.text(""),
        *_account(back),
        *(charts.number(n) for n in (sum(a.units.received for a in status.agencies), waiting)),
        charts.number(failing),
        charts.text(""),
        charts.text("", "w"),
    ]
    state = f"待发 {waiting}，其中发送失败 {failing}" if waiting else "下行报文全部送达"
    practice = sum(a.drills for a in status.agencies)
    state += f"；另有演练报文 {practice} 条待发" if practice else ""
    with st.expander(f"联动单位的反馈与下行报文：{state}", key="intake_agencies"):
        charts.show(charts.STYLE + charts.table("", heads, rows, foot=foot, tints=tints))


def services(status: IntakeStatus, now: datetime) -> None:
    """Our own processes, what the broker says of itself, the floods that are over."""
    free = f"；{len(status.free_lanes)} 条通道无人负责" if status.free_lanes else ""
    at_work = sum(not one.standby for one in status.workers)
    with st.expander(f"本系统各进程：接入进程 {at_work} 个在工作{free}", key="intake_services"):
        if not status.services:
            st.info("还没有进程报过自己的状态：请确认接入进程（python -m ingest run）已启动。")
        for line in service_lines(status, now):
            st.text(line)
