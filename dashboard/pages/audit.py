"""操作审计: who did what, when; and whether the log is still as it was written."""

import json
from datetime import datetime, time, timedelta
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import desk, words
from dashboard.seat import Seat, reading, take_seat
from linkage.access.audit import (
    Asked,
    Entry,
    Verdict,
    action_label,
    check_chain,
    last_verdict,
    search,
)
from linkage.access_vocabulary import View
from linkage.actions import Action, Happening
from linkage.beijing import BEIJING, clock

_BELOW = "audit_below"
_PRESETS: dict[str, tuple[str, ...]] = {
    "全部": (),
    "登录与退出": (Happening.SIGNED_IN, Happening.SIGNED_OUT, Happening.SIGN_IN_FAILED),
    "登录失败与越权": (Happening.SIGN_IN_FAILED, Happening.DENIED),
    "账户与权限": (
        *(Action.MAKE_ACCOUNT, Action.CHANGE_ACCOUNT, Action.GRANT_ROLE, Action.INVITE),
        *(Action.UNLOCK_ACCOUNT, Action.END_SESSION, Action.SET_PASSWORD),
        Action.SET_SECOND_FACTOR,
    ),
}


def page() -> None:
    desk.page_header(View.AUDIT.label)
    seat = take_seat()
    with reading():
        _chain(seat)
    asked = _asked(seat)
    with reading():
        _found(seat, asked)


def _chain(seat: Seat) -> None:
    left, right = st.columns([5, 1], vertical_alignment="center")
    if right.button("核验记录链", type="primary", key="audit_check", width="stretch"):
        bar = st.progress(0.0, "正在逐条核验……")
        desk.attempt(partial(check_chain, seat.record, seat.actor, bar.progress))
        bar.empty()
    with left:
        _verdict(last_verdict(seat.record))


def _verdict(last: Verdict | None) -> None:
    if last is None:
        st.info("记录链还没有核验过。", icon=":material/link:")
        return
    when = f"{clock(last.at)} 由{last.actor}核验 {last.counted} 条"
    if last.fault is None:
        st.success(words.plain(f"{when}：记录链完好。"), icon=":material/verified:")
    else:
        st.error(words.plain(f"{when}：{last.fault}。请保全数据库并立即上报。"))


def _asked(seat: Seat) -> Asked:
    today = seat.now.astimezone(BEIJING).date()
    one, two, three, four = st.columns(4)
    since = one.date_input("自", today - timedelta(days=7), key="audit_since", on_change=_anew)
    until = two.date_input("至", today, key="audit_until", on_change=_anew)
    preset = three.selectbox("类别", list(_PRESETS), key="audit_preset", on_change=_anew)
    codes = [*Action, *Happening]
    picked = four.multiselect(
        "操作",
        [code.value for code in codes],
        format_func=action_label,
        placeholder="不限",
        key="audit_actions",
        on_change=_anew,
    )
    five, six, seven = st.columns(3)
    who = five.text_input("操作人", max_chars=60, key="audit_actor", on_change=_anew)
    number = six.text_input("事件编号", max_chars=20, key="audit_number", on_change=_anew)
    word = seven.text_input("理由或内容含有", max_chars=60, key="audit_word", on_change=_anew)
    return Asked(
        since=datetime.combine(since, time(), BEIJING),
        until=datetime.combine(until, time(), BEIJING) + timedelta(days=1),
        actor=who,
        actions=tuple(picked) or tuple(str(code) for code in _PRESETS[preset]),
        number=number,
        word=word,
    )


def _anew() -> None:
    st.session_state.pop(_BELOW, None)


def _found(seat: Seat, asked: Asked) -> None:
    found = search(seat.record, seat.actor, asked, st.session_state.get(_BELOW))
    if not found.entries:
        more = "，可继续查找更早的记录" if found.below else ""
        st.info(f"没有符合条件的记录{more}。", icon=":material/search_off:")
    else:
        chosen = st.dataframe(
            pd.DataFrame([_row(seat, each) for each in found.entries]),
            hide_index=True,
            width="stretch",
            on_select="rerun",
            selection_mode="single-row",
            key="audit_table",
        )
        for at in chosen.selection.rows[:1]:
            if at < len(found.entries):
                _one(seat, found.entries[at])
    newest, older = st.columns(2)
    if _BELOW in st.session_state:
        newest.button("回到最新", key="audit_newest", on_click=_anew)
    if found.below is not None:
        older.button("更早的记录", key="audit_older", on_click=_older, args=(found.below,))


def _older(below: int) -> None:
    st.session_state[_BELOW] = below


def _who(seat: Seat, actor: str) -> str:
    """A person as logged; a rule, a source or an agency by its name."""
    kind, _, name = actor.partition(":")
    if kind == "rule":
        return "系统"
    names = {"source": seat.source, "agency": seat.agency}
    return names[kind](name) if name and kind in names else actor


def _row(seat: Seat, entry: Entry) -> dict[str, object]:
    return {
        "编号": entry.id,
        "时间": entry.at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
        "操作人": _who(seat, entry.actor),
        "操作": action_label(entry.action),
        "事件": entry.number,
        "理由": entry.reason,
    }


def _one(seat: Seat, entry: Entry) -> None:
    st.text(
        f"第 {entry.id} 号　{action_label(entry.action)}　{_who(seat, entry.actor)}　{entry.reason}"
    )
    before, after = st.columns(2)
    for column, title, text in ((before, "操作前", entry.before), (after, "操作后", entry.after)):
        column.caption(title)
        column.code(_laid_out(text) or "（无）", language=None)


def _laid_out(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1) if text else ""
    except ValueError:
        return text


page()
