"""事件处置, how this incident stands to others: same event or not, merge, relate, split, undo."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard import words
from dashboard.asked import Form, ask
from dashboard.seat import Seat
from dashboard.side_by_side import Pair, both_on_map, pairs, side_by_side
from dashboard.voices import score_card
from linkage.actions import Action
from linkage.desk import merging
from linkage.desk.facts import Incident
from linkage.desk.find import find
from linkage.desk.queries import Case, Link, Said
from linkage.desk.split_preview import SplitPreview, split_preview
from linkage.personal import masked
from linkage.record import BEIJING
from linkage.vocabulary import OPEN_STATUSES, LinkKind, LinkState

_STANDS = frozenset({LinkState.CONFIRMED, LinkState.OPEN})
_UNDOABLE = frozenset({LinkKind.MERGED, LinkKind.SPLIT, LinkKind.RELATED})


def proposals(case: Case) -> list[Link]:
    """What an officer has yet to decide, the likeliest first."""
    open_ones = (
        link
        for link in case.links
        if link.kind is LinkKind.PROPOSED and link.state is LinkState.OPEN
    )
    return sorted(open_ones, key=lambda link: -(link.score or 0))


def decide(case: Case, seat: Seat) -> None:
    """疑似同一事件: two buttons, the two side by side, why the rule thinks so, and both places."""
    waiting = proposals(case)
    for link in waiting[:1]:
        it, other = case.incident, link.other
        with st.container(border=True, key="incident_same", gap=6):
            more = f"（共 {len(waiting)} 件待确认）" if len(waiting) > 1 else ""
            score = "" if link.score is None else f"　{link.score:g} 分"
            st.markdown(f":material/join: **{LinkKind.PROPOSED.label}**{score}{more}")
            _two_buttons(case, link, seat)
            titles = f"本事件 {it.number}", f"另一事件 {other.number}"
            side_by_side(titles, pairs(it, other, seat, seat.now), "两个事件逐项对照")
            why, where = st.columns(2, gap="small")
            with why:
                st.caption("评分依据")
                score_card(link.reasons, link.score)
            with where:
                both_on_map(it, other, f"incident_same_map_{link.id}")


def _two_buttons(case: Case, link: Link, seat: Seat) -> None:
    # The later incident goes into the earlier one: its number is the one already read aloud.
    into = link.other.number if link.later else case.incident.number
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.button(
            f"{Action.MERGE.label}到 {into}",
            key="incident_same_yes",
            icon=":material/merge:",
            type="primary",
            disabled=not seat.may(Action.CONFIRM_LINK),
            on_click=ask,
            args=(
                partial(merging.confirm, seat.record, seat.actor, link.id, agencies=seat.agencies),
                f"已并案，后续在 {into} 处置。",
            ),
        )
        st.button(
            "不是同一事件",
            key="incident_same_no",
            icon=":material/call_split:",
            disabled=not seat.may(Action.REFUSE_LINK),
            on_click=ask,
            args=(
                partial(merging.refuse, seat.record, seat.actor, link.id),
                f"已记录：与 {link.other.number} 不是同一事件。",
            ),
        )


def links(case: Case, seat: Seat) -> None:
    """Everything that ties this incident to others, decided or not."""
    if not case.links:
        st.info("与其他事件没有关联。可在上方“并案·关联”中查找。", icon=":material/info:")
    for link in case.links:
        with st.container(border=True, gap="small", key=f"incident_link_{link.id}"):
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                st.markdown(f"**{link.kind.label}** {link.other.number}")
                st.badge(link.state.label, color="blue" if link.state in _STANDS else "gray")
                _open_button(f"incident_link_open_{link.id}", link.other)
                if link.kind in _UNDOABLE and link.state is LinkState.CONFIRMED:
                    _undo_button(link, seat)
            st.text(f"{link.other.headline}　{link.other.place}")
            decided = link.decided_at.astimezone(BEIJING).strftime("%m-%d %H:%M:%S")
            who = "规则" if link.decided_by == "rule" else link.decided_by
            st.caption(words.plain(f"{who} {decided}"))


def _open_button(key: str, other: Incident) -> None:
    st.button("打开", key=key, icon=":material/open_in_new:", on_click=_go, args=(other.number,))


def _go(number: str) -> None:
    st.query_params["incident"] = number


def _undo_button(link: Link, seat: Seat) -> None:
    undo = partial(merging.undo, seat.record, seat.actor, link.id, agencies=seat.agencies)
    st.button(
        f"撤销{link.kind.label}",
        key=f"incident_undo_{link.id}",
        icon=":material/undo:",
        disabled=not seat.may(Action.UNDO),
        on_click=ask,
        args=(undo, f"已撤销与 {link.other.number} 的{link.kind.label}。"),
    )


def join_form(case: Case, seat: Seat, form: Form) -> None:
    """Find the other incident, then merge with it or relate to it."""
    it = case.incident
    asked = st.text_input(
        "查找另一事件", key=form.key("find"), placeholder="编号、地点、电话、车牌或原文"
    )
    found = find(seat.record, asked, seat.now, limit=8, personal=seat.may(Action.UNMASK))
    found = [f for f in found if f.incident.id != it.id]
    found = [f for f in found if f.incident.exercise == it.exercise]
    if not found:
        st.caption("输入后按回车查找。" if not asked else "没有符合的其他事件。")
        return
    labels = {
        f.incident.id: f"{f.incident.number} {f.incident.kind.label} {f.incident.headline}"
        for f in found
    }
    other_id = st.radio(
        "符合的事件",
        list(labels),
        format_func=lambda i: words.plain(labels[i]),
        captions=[words.plain(f"按{f.by.label} · {f.incident.status.label}") for f in found],
        key=form.key("other"),
    )
    other = next(f.incident for f in found if f.incident.id == other_id)
    st.text_input("理由", key=form.key("reason"), max_chars=200)
    with st.container(horizontal=True, gap="small"):
        st.button(
            f"{Action.MERGE.label}：本事件并入 {other.number}",
            key="incident_merge",
            icon=":material/merge:",
            disabled=other.status not in OPEN_STATUSES or not seat.may(Action.MERGE),
            on_click=_join,
            args=(Action.MERGE, it, other, seat, form),
        )
        st.button(
            Action.RELATE.label,
            key="incident_relate",
            icon=":material/link:",
            disabled=not seat.may(Action.RELATE),
            on_click=_join,
            args=(Action.RELATE, it, other, seat, form),
        )


def _join(action: Action, it: Incident, other: Incident, seat: Seat, form: Form) -> None:
    reason = form.text("reason")
    if action is Action.MERGE:
        do = partial(
            merging.merge, seat.record, seat.actor, it.id, other.id, reason, agencies=seat.agencies
        )
        ask(do, f"{it.number} 已并入 {other.number}。", form)
    else:
        do = partial(merging.relate, seat.record, seat.actor, it.id, other.id, reason)
        ask(do, f"已关联 {other.number}。", form)


def split_form(case: Case, seat: Seat, form: Form) -> None:
    """Choose the statements that are another event, see what both would be, and confirm."""
    if len(case.said) < 2:
        st.info("只有一条来报，无可拆分。", icon=":material/info:")
        return
    st.caption("勾选不属于本事件的来报，它们将另立一个事件。归并分最低的一条已勾选；可撤回。")
    unlike = _least_alike(case.said)
    with st.container(height=min(150, 28 * len(case.said) + 8), border=False, gap=2):
        for each in case.said:
            points = "" if each.score is None else f"　归并 {each.score:g} 分"
            label = (
                f"{seat.source(each.source_id)} {each.source_ref}　{masked(each.headline)}{points}"
            )
            key = form.key(f"alert_{each.id}")
            st.checkbox(words.plain(label), each.id == unlike, key=key)
    preview = split_preview(seat.record, case.incident.id, _ticked(case, form))
    # The button stands above what it would do, so that it is on the screen without scrolling.
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.text_input("理由", key=form.key("reason"), max_chars=200)
        st.button(
            Action.SPLIT.label,
            key="incident_split",
            icon=":material/call_split:",
            type="primary",
            disabled=preview is None or not seat.may(Action.SPLIT),
            on_click=_split,
            args=(case, seat, form),
        )
    if preview is None:
        st.info("至少勾选一条，并至少留下一条，才能拆分。", icon=":material/info:")
    else:
        _after(case, preview, seat)


def _least_alike(said: Sequence[Said]) -> int:
    """What is ticked to begin with: the likeliest to be another event, never the first words."""
    scored = [each for each in said if each.score is not None]
    return min(scored, key=lambda each: each.score or 0).id if scored else said[-1].id


def _ticked(case: Case, form: Form) -> list[int]:
    return [each.id for each in case.said if form.value(f"alert_{each.id}")]


def _after(case: Case, preview: SplitPreview, seat: Seat) -> None:
    """Both incidents as they would stand. Orders were given for the one, and stay with it."""
    tasks = len(case.tasks)
    lines = [
        pair
        for pair in pairs(preview.stays, preview.leaves, seat, seat.now)
        if pair.label not in {"级别", "接手"}
    ]
    lines.append(Pair("联动任务", f"{tasks} 项留在本事件" if tasks else "无", "无，可另行下达"))
    st.caption(f"拆分后（同一系统同一编号的续报一并拆出，共拆出 {len(preview.moved)} 条）")
    titles = f"留下：{case.incident.number}", "另立：确认后编号"
    side_by_side(titles, lines, "拆分后两个事件逐项对照")


def _split(case: Case, seat: Seat, form: Form) -> None:
    chosen = _ticked(case, form)
    it, reason = case.incident, form.text("reason")
    do = partial(merging.split, seat.record, seat.actor, it.id, it.version, chosen, reason)
    ask(do, f"已将 {len(chosen)} 条来报拆出，另立事件，见“关联”。", form)
