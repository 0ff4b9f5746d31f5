"""接入状态: what was noticed of a source beside its alerts and what to do about it, who spoke where
it may not, which codes the tables lack."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
import streamlit as st

from dashboard.intake_words import ago
from dashboard.words import plain
from linkage.figures.intake_status import IntakeStatus
from linkage.figures.source_notes import SourceNotes
from linkage.intake.denials import DENIED, QUIET, Denied, denials
from linkage.intake.unlisted import CODES, Unlisted, unlisted
from linkage.own_state import ServiceState
from linkage.response.agencies import Agency
from linkage.source_tables import KindRule
from linkage.sources import Source
from linkage.vocabulary import Channel


def doubt(notes: SourceNotes | None, source: Source, names: Mapping[str, str], who: str) -> str:
    """The gravest first; nothing where there is nothing. `names`: of sources, by id."""
    if notes is None:
        return ""
    said = []
    if notes.seems is not None:
        others = "、".join(names.get(i, i) if i else "已知点" for i in notes.others)
        said.append(
            f"坐标疑为 {notes.seems.label}：{notes.pairs} 条与{others}相比"
            f"一致偏 {notes.off_m:,.0f} 米。"
            f'请与{who}核对；属实则把 sources.toml 中 [[source]] "{source.id}" 的 '
            f'datum = "{source.datum}" 改为 datum = "{notes.seems.value}"'
        )
    if notes.skew_s is not None:
        clock = "快" if notes.skew_s < 0 else "慢，或报文积压，"
        said.append(f"来源时钟{clock} {abs(notes.skew_s):,.0f} 秒（中位数）：请联系{who}校时")
    if notes.noted:
        said.append(
            f"累计 {notes.noted:,} 条有字段无法识别，已照收：{notes.last_note}。请联系{who}改正"
        )
    return "；".join(said)


def security(
    status: IntakeStatus,
    sources: Mapping[str, Source],
    agencies: Mapping[str, Agency],
    now: datetime,
) -> None:
    """Who spoke in another's name, in the payload or by the topic: refused, but somebody must find
    out why."""
    for notes in status.notes:
        if not notes.claims:
            continue
        known = sources if notes.channel is Channel.ALERT else agencies
        name = known[notes.source_id].name if notes.source_id in known else notes.source_id
        told = (
            f"安全事件：“{name}”的{notes.channel.label}主题上有 {notes.claims:,} 条报文自称来自"
            f" {notes.last_claim}，均已拒收；最近 {ago(notes.claimed_at, now)}。"
            "请核查该账号是否被冒用，或对方报文中的标识是否填错"
        )
        if notes.is_new(notes.claimed_at, now):
            st.error(plain(told), icon=":material/gpp_bad:")
        else:
            st.caption(plain(told))
    names = {i: agency.name for i, agency in agencies.items()}
    names |= {i: source.name for i, source in sources.items()}
    for denied in denials(_said(status, DENIED)):
        told = _forbidden(denied, names, now)
        if now - denied.last_at <= QUIET:
            st.error(plain(told), icon=":material/gpp_bad:")
        else:
            st.caption(plain(told))


def codes(status: IntakeStatus, sources: Mapping[str, Source]) -> None:
    """The lines that tables of kinds lack. No doubt: the calls were taken by the coarser code."""
    found = {i: lacking for i, lacking in unlisted(_said(status, CODES)).items() if i in sources}
    if not found:
        return
    count = sum(map(len, found.values()))
    with st.expander(
        f"可补的类别代码 {count} 个", icon=":material/playlist_add:", key="intake_codes"
    ):
        st.caption(
            "报文里的细类代码表中没有，已按上一级代码接收。要分得更细，把下面各行补进 "
            "sources.toml，改好类别和用语，再重新读取；不补也不影响接警。"
        )
        for source_id, lacking in found.items():
            kinds = sources[source_id].kinds
            st.markdown(plain(sources[source_id].name))
            lines = [_line(one, kinds[one.parent]) for one in lacking if one.parent in kinds]
            st.code("\n".join(["[source.kinds]", *lines]), language="toml")


def _line(one: Unlisted, parent: KindRule) -> str:
    theirs, word = (msgspec.json.encode(text).decode() for text in (one.code, parent.word))
    rule = f'kind = "{parent.kind}", code = "{parent.event_code}", word = {word}'
    return f"{theirs} = {{ {rule} }}  # {one.field}，现按 {one.parent}"


def _said(status: IntakeStatus, name: str) -> ServiceState | None:
    state = next((s for s in status.services if s.name == name), None)
    return ServiceState(state.at, state.detail) if state else None


def _forbidden(denied: Denied, names: Mapping[str, str], now: datetime) -> str:
    account = f"“{names[denied.who]}”（{denied.who}）" if denied.who in names else f"“{denied.who}”"
    client = f"，客户端 {denied.client}" if denied.client != denied.who else ""
    return (
        f"越权发布：账号{account}{client}向无权的主题发布 {denied.count:,} 条，"
        f"均被消息服务器拒绝：{'、'.join(denied.topics)}；最近 {ago(denied.last_at, now)}。"
        "用 MQTT 3.1.1 的对方以为已经收下。请与其核对发布主题；不是其所发，则核查账号是否被冒用"
    )
