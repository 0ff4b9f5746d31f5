"""事件处置, the middle: every source's own words, score card and payload; the timeline."""

import pandas as pd
import streamlit as st

from dashboard import looking_at, words
from dashboard.cards import counted, when
from dashboard.seat import Seat
from dashboard.unfolding import unfolding
from linkage.actions import Action
from linkage.desk.fact_labels import in_words
from linkage.desk.queries import Case, Payload, Said, read_payload
from linkage.desk.timeline import Event, timeline
from linkage.figures.raw_bytes import as_hex, as_text
from linkage.personal import masked
from linkage.record import BEIJING
from linkage.vocabulary import FIRE_ALARM_LEVELS, TRIAGE_LEVELS, MessageKind, PositionNote

# Lines of the log that are drawn one by one; what is older stands in a table.
NEWEST = 40


def sees_callers(case: Case, seat: Seat) -> bool:
    """Who answers the caller back, and has asked to: the look is in the log."""
    return looking_at.is_open(seat, _callers(case))


def _callers(case: Case) -> str:
    return f"callers_{case.incident.id}"


def voices(case: Case, seat: Seat) -> None:
    """Oldest first: the first words are what everything after them is read against."""
    if any(_covers(each) for each in case.said):
        label, what = "显示报警人姓名、电话", "查看报警人信息"
        looking_at.offer(seat, _callers(case), label, what, case.incident.id)
    if not case.said:
        st.info("还没有归入本事件的来报。", icon=":material/info:")
    for each in case.said:
        with st.container(border=True, key=f"incident_said_{each.id}", gap=4):
            _voice(each, seat, personal=sees_callers(case, seat))


def _voice(each: Said, seat: Seat, *, personal: bool) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(f"**{words.plain(seat.source(each.source_id))}**")
        if each.message_kind is not MessageKind.ALERT:
            st.badge(each.message_kind.label, icon=":material/update:", color="blue")
        st.caption(words.plain(f"{each.source_ref}　{when(each.received_at, seat.now)}收到"))
    st.text(_hidden(each.headline, personal))
    if each.text and each.text != each.headline:
        st.text(_hidden(each.text, personal))
    st.caption(words.plain(" · ".join(_particulars(each, personal))))
    _score(each)


def _particulars(each: Said, personal: bool) -> list[str]:
    parts = [each.source_kind, f"{each.occurred_at.astimezone(BEIJING):%H:%M:%S} 发生"]
    if each.place:
        parts.append(_hidden(each.place, personal))
    if each.position_note is not PositionNote.EXACT:
        parts.append(each.position_note.label)
    if each.fire_alarm_level in FIRE_ALARM_LEVELS:
        parts.append(FIRE_ALARM_LEVELS[each.fire_alarm_level])
    if each.triage_level in TRIAGE_LEVELS:
        parts.append(f"病情{TRIAGE_LEVELS[each.triage_level]}")
    if people := counted(each.casualties):
        parts.append(people)
    if each.plates:
        parts.append("车牌 " + "、".join(each.plates))
    if each.caller_name or each.caller_phone:
        parts.append(f"报警人 {caller(each, personal)}")
    parts.extend(in_words(each.facts, each.casualties))
    return parts


def caller(each: Said, personal: bool) -> str:
    """Who called, as this desk may see it."""
    name, phone = each.caller_name or "", each.caller_phone or ""
    if not personal:
        name = name[:1] + "**" if name else ""
        # Not every number has the shape that `masked` knows: here it is known to be one.
        phone = f"{phone[:3]}****{phone[-4:]}" if len(phone) > 7 else "****" if phone else ""
    return f"{name} {phone}".strip()


def _covers(each: Said) -> bool:
    texts = (each.headline, each.text, each.place)
    return bool(each.caller_name or each.caller_phone) or any(masked(t) != t for t in texts)


def _hidden(text: str, personal: bool) -> str:
    return text if personal else masked(text)


def _score(each: Said) -> None:
    if each.score is None and not each.reasons:
        st.caption("本条立案" if each.decided_by == "rule" else "由人员归入本事件")
        return
    who = "规则判定" if each.decided_by == "rule" else f"{each.decided_by}判定"
    total = "" if each.score is None else f"，{each.score:g} 分"
    card = unfolding(f"归入依据：{who}{total}", key=f"incident_score_{each.id}")
    if card.open:
        with card:
            score_card(each.reasons, each.score)


def score_card(reasons: tuple[tuple[str, float | None], ...], score: float | None) -> None:
    """Each reason with its points; the sum last."""
    rows = [(text, "" if points is None else f"{points:+g}") for text, points in reasons]
    if score is not None:
        rows.append(("合计", f"{score:g}"))
    table = pd.DataFrame(rows, columns=["依据", "分值"])
    st.dataframe(table, hide_index=True, height="content", alt="归并评分表")


def raw(case: Case, seat: Seat) -> None:
    """The payload of one statement, byte for byte."""
    if not seat.may(Action.UNMASK):
        st.info("原始报文含报警人信息，仅值班岗位可查看。", icon=":material/lock:")
        return
    labels = {
        each.inbound_id: f"{seat.source(each.source_id)} {each.source_ref}" for each in case.said
    }
    chosen = st.selectbox(
        "报文",
        list(labels),
        format_func=lambda i: words.plain(labels[i]),
        key=f"incident_raw_{case.incident.id}",
    )
    if chosen is not None:
        of, what = f"payload_{chosen}", f"查看原始报文：{labels[chosen]}"
        looking_at.offer(seat, of, "查看原始报文", what, case.incident.id)
        if not looking_at.is_open(seat, of):
            st.caption("原始报文含报警人信息，查看记入处置记录。")
            return
    kept = read_payload(seat.record, chosen) if chosen is not None else None
    if kept is None:
        st.info("没有保存的报文。", icon=":material/info:")
        return
    charset = seat.sources[kept.source_id].charset if kept.source_id in seat.sources else "utf-8"
    came = f"{kept.received_at.astimezone(BEIJING):%m-%d %H:%M:%S} 收到"
    st.caption(words.plain(f"{kept.topic} · {len(kept.payload)} 字节 · {came}"))
    _bytes(kept, charset)


def _bytes(kept: Payload, charset: str) -> None:
    readable, exact = st.tabs(["文本", "十六进制"], key="incident_raw_as")
    with readable:
        st.code(as_text(kept.payload, charset), language=None, wrap_lines=True)
    with exact:
        st.code(as_hex(kept.payload), language=None)


def story(case: Case, seat: Seat) -> None:
    """Who did what, when and why: newest first."""
    personal = sees_callers(case, seat)
    lines = [_line(event, seat, personal) for event in timeline(case)]
    if not lines:
        st.info("还没有处置记录。", icon=":material/info:")
    with st.container(gap=2, key="incident_timeline"):
        for at, who, did, told in lines[:NEWEST]:
            st.caption(words.plain(f"{at}　{who}　{did}"))
            if told:
                st.text(told)
    if older := lines[NEWEST:]:
        rest = unfolding(f"更早的 {len(older)} 条", key="incident_older")
        if rest.open:
            table = pd.DataFrame(older, columns=["时间", "谁", "做了什么", "说明"])
            rest.dataframe(table, hide_index=True, height=300, alt="更早的处置记录，最新在前")


def _line(event: Event, seat: Seat, personal: bool) -> tuple[str, str, str, str]:
    who = _who(event.who, seat)
    agency = seat.agency(event.agency_id) if event.agency_id else ""
    did = f"{event.did}（{agency}）" if agency and agency not in who else event.did
    told = f"{event.words}：{event.said.headline}" if event.said else event.words
    at = event.at.astimezone(BEIJING)
    today = at.date() == seat.now.astimezone(BEIJING).date()
    return at.strftime("%H:%M:%S" if today else "%m-%d %H:%M:%S"), who, did, _hidden(told, personal)


def _who(actor: str, seat: Seat) -> str:
    """A person as logged; a source or an agency by its name."""
    if actor.startswith("source:"):
        return seat.source(actor.removeprefix("source:"))
    if actor.startswith("agency:"):
        return seat.agency(actor.removeprefix("agency:"))
    return actor
