"""接入状态: are all nineteen systems heard, do the accounts balance, what was refused and why."""

from datetime import UTC, datetime

import streamlit as st

from dashboard import desk, intake_tables, words
from dashboard.payload import as_hex, as_text
from linkage.figures.intake_status import IntakeStatus, intake_status
from linkage.figures.kept import Imbalance, imbalances
from linkage.figures.refusals import Refusal, Sieve, refusals
from linkage.figures.selection import snapshot
from linkage.record import BEIJING, UNAVAILABLE

PER_PAGE = 10


# One reading serves all desks that look within two seconds.
@st.cache_data(ttl=2, show_spinner=False)
def read(url: str) -> tuple[datetime, IntakeStatus]:  # noqa: ARG001 - the key of the cache
    now = datetime.now(UTC)
    with snapshot(desk.record(), now) as (cx, _):
        return now, intake_status(cx, desk.sources(), list(desk.agencies()), now)


# Counts every message ever kept, so once a minute for all desks together.
@st.cache_data(ttl=60, show_spinner=False)
def checked(url: str) -> tuple[datetime, list[Imbalance]]:  # noqa: ARG001
    now = datetime.now(UTC)
    with snapshot(desk.record(), now) as (cx, _):
        return now, imbalances(cx)


@st.fragment(run_every="5s")
def systems() -> None:
    url = desk.settings().database_url
    try:
        now, status = read(url)
        at, differences = checked(url)
    except UNAVAILABLE:
        st.error(desk.AWAY, icon=":material/cloud_off:")
        return
    intake_tables.summary(status, now)
    intake_tables.verdict(status, at, differences)
    intake_tables.sources(status, desk.sources(), desk.agencies(), now)


@st.fragment(run_every="5s")
def ways_out() -> None:
    try:
        now, status = read(desk.settings().database_url)
    except UNAVAILABLE:
        return  # said above
    intake_tables.agencies(status, desk.agencies(), now)
    intake_tables.services(status, now)


@st.fragment
def refused() -> None:
    known = desk.sources()
    left, middle, right = st.columns([3, 1, 1], vertical_alignment="bottom")
    left.markdown("#### 拒收报文")
    chosen = middle.selectbox(
        "接入系统",
        ["", *known],
        format_func=lambda i: known[i].name if i else "全部系统",
        key="intake_source",
    )
    page = int(st.session_state.get("intake_page", 1))
    try:
        with desk.record().read() as cx:
            count, found = refusals(
                cx, Sieve(source_id=chosen or None), page=page - 1, size=PER_PAGE
            )
    except UNAVAILABLE:
        st.error(desk.AWAY, icon=":material/cloud_off:")
        return
    pages = max(1, -(-count // PER_PAGE))
    st.session_state["intake_page"] = min(page, pages)
    right.number_input(f"页（共 {pages} 页）", 1, pages, key="intake_page")
    if not count:
        st.success("没有拒收的报文。", icon=":material/check_circle:")
        return
    st.caption(f"共 {count:,} 条，最新在前；原始字节完整保留，改正后由来源重发即可，不会重复立案。")
    for refusal in found:
        one(refusal)


def one(refusal: Refusal) -> None:
    known = desk.sources().get(refusal.source_id)
    name = known.name if known else refusal.source_id
    at = refusal.received_at.astimezone(BEIJING).strftime("%m-%d %H:%M:%S")
    title = words.plain(f"{at}　{name}　{refusal.reason}")
    with st.expander(title, key=f"intake_refusal_{refusal.id}"):
        field = f"字段 {refusal.field}；" if refusal.field else ""
        st.text(f"{field}主题 {refusal.topic}；{len(refusal.payload):,} 字节；编号 {refusal.id}")
        if not refusal.payload:
            st.info("报文标有涉密，按规定未留存内容；请通过涉密渠道向来源单位了解。")
            return
        charset = known.charset if known else "utf-8"
        text, raw = st.tabs([f"原文（{charset}）", "十六进制"])
        text.code(as_text(refusal.payload, charset), language=None, wrap_lines=True)
        raw.code(as_hex(refusal.payload), language=None)


desk.page_header("接入状态")
systems()
refused()
ways_out()
