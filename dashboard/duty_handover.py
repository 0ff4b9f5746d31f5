"""值班, the change of shifts: the sheet, what has changed since, both signatures; the notes."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import streamlit as st

from dashboard import words
from dashboard.asked import Form, ask
from dashboard.pressing import clocks
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.beijing import BEIJING
from linkage.duty.rules import DutyRules
from linkage.handover import notes, signing
from linkage.handover.gather import FIRST_NOTES, Facts, last_taken
from linkage.handover.paper import handover_json, handover_pdf
from linkage.handover.sheet import Difference, Section, short
from linkage.handover.signing import Handover
from linkage.handover.turns import Turn, current_turn

_SHEET_HEIGHT = 430


def handover(seat: Seat, rules: DutyRules) -> None:
    facts = Facts(seat.sources, seat.agencies, clocks())
    left, right = st.columns([3, 1.25], gap="medium")
    with left:
        _current(seat, rules, facts)
    with right:
        _notes(seat)
        _history(seat)


def _current(seat: Seat, rules: DutyRules, facts: Facts) -> None:
    with seat.record.read() as cx:
        turn = current_turn(cx, rules, seat.now)
        one = signing.read(cx, turn.at) if turn else None
        changed = signing.since_drawn(cx, one, facts, seat.now) if one and not one.done else []
    if turn is None:
        early = rules.handover.early_min
        st.info(f"{early} 分钟内没有交接班。到时这里可以生成交接单。", icon=":material/schedule:")
        return
    _head(turn, one, seat, rules)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        if one is None or one.given_at is None:
            st.button(
                "生成交接单" if one is None else "重新生成",
                key="duty_draw_up",
                icon=":material/summarize:",
                type="primary" if one is None else "secondary",
                disabled=not seat.may(Action.HAND_OVER),
                on_click=ask,
                args=(
                    partial(signing.draw_up, seat.record, seat.actor, turn, facts),
                    "交接单已按此刻的情况生成。",
                ),
            )
        if one is not None:
            _sign(one, seat, facts)
            _take_along(one)
    if one is None:
        return
    if changed or one.changes:
        _changed(one, changed)
    with st.container(height=_SHEET_HEIGHT, border=True, gap="small", key="duty_sheet"):
        for section in one.sheet.sections:
            _section(section)


def _head(turn: Turn, one: Handover | None, seat: Seat, rules: DutyRules) -> None:
    at = turn.at.astimezone(BEIJING).strftime("%m-%d %H:%M")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(f"**{at} 交接班**")
        off, on = (_names(listed) or "班表上无人" for listed in (turn.off, turn.on))
        st.text(f"{off}　→　{on}")
        if one is None:
            return
        st.badge(f"校验码 {short(one.digest)}", icon=":material/fingerprint:", color="gray")
        if one.done:
            st.badge("已交接", icon=":material/task_alt:", color="green")
        elif seat.now > turn.at + timedelta(minutes=rules.handover.grace_min):
            st.badge("过时未签", icon=":material/alarm:", color="red")
        else:
            who = "待交班签字" if one.given_at is None else "待接班签字"
            st.badge(who, icon=":material/draw:", color="orange")


def _names(listed: Sequence[str]) -> str:
    return "、".join(text.rpartition(" ")[2] for text in listed)


def _sign(one: Handover, seat: Seat, facts: Facts) -> None:
    form = Form("duty_sign", one.id)
    if one.given_at is not None:
        st.text(f"交班 {one.given_by} {one.given_at.astimezone(BEIJING):%m-%d %H:%M}")
    if one.taken_at is not None:
        st.text(f"接班 {one.taken_by} {one.taken_at.astimezone(BEIJING):%m-%d %H:%M}")
        return
    st.text_input(
        "代签理由",
        key=form.key("reason"),
        placeholder="不在班表上的人代签，写明理由",
        max_chars=200,
        label_visibility="collapsed",
        width=240,
    )
    giving = one.given_at is None
    st.button(
        "交班签字" if giving else "接班签字",
        key="duty_give" if giving else "duty_take",
        icon=":material/draw:",
        type="primary",
        disabled=not seat.may(Action.HAND_OVER if giving else Action.TAKE_OVER_DUTY),
        on_click=_give if giving else _take,
        args=(one, seat, facts, form),
    )


def _give(one: Handover, seat: Seat, facts: Facts, form: Form) -> None:  # noqa: ARG001
    reason = form.text("reason")
    do = partial(signing.give, seat.record, seat.actor, one.id, one.digest, reason)
    ask(do, f"{seat.actor.name}已交班签字，请接班人看过后签字。", form)


def _take(one: Handover, seat: Seat, facts: Facts, form: Form) -> None:
    reason = form.text("reason")
    do = partial(signing.take, seat.record, seat.actor, one.id, one.digest, facts, reason)
    ask(do, f"{seat.actor.name}已接班签字，交接完成。", form)


def _take_along(one: Handover) -> None:
    name = f"交接单-{one.change_at.astimezone(BEIJING):%Y%m%d-%H%M}"
    st.download_button(
        "PDF",
        partial(handover_pdf, one),
        file_name=f"{name}.pdf",
        mime="application/pdf",
        key="duty_sheet_pdf",
        icon=":material/print:",
        on_click="ignore",
    )
    st.download_button(
        "JSON",
        partial(handover_json, one),
        file_name=f"{name}.json",
        mime="application/json",
        key="duty_sheet_json",
        icon=":material/data_object:",
        on_click="ignore",
    )


def _changed(one: Handover, now: Sequence[Difference]) -> None:
    listed = one.changes if one.done else now
    told = "两次签字之间的变化" if one.done else "交接单生成之后的变化"
    with st.expander(f"{told} {len(listed)} 处", icon=":material/difference:", key="duty_changes"):
        for each in listed:
            st.text(f"{each.what}　{each.section}：{each.text}")


def _section(section: Section) -> None:
    """One text, not an element a line: there may be hundreds."""
    lines = [f"**{words.plain(section.title)}**　{len(section.items) or section.none}"]
    for item in section.items:
        colour = "red" if item.urgent else "gray"
        text = words.plain(item.text.replace("\n", " "))
        lines.append(f":{colour}[●] {text}")
    st.markdown("  \n".join(lines))


def _notes(seat: Seat) -> None:
    st.markdown("**本班备注**")
    form = Form("duty_note", 0)
    st.text_area(
        "备注",
        key=form.key("text"),
        max_chars=notes.LONGEST,
        height=80,
        placeholder="要交代给下一班的事",
        label_visibility="collapsed",
    )
    st.button(
        "记下",
        key="duty_note_save",
        icon=":material/edit_note:",
        disabled=not seat.may(Action.NOTE),
        on_click=_save_note,
        args=(seat, form),
    )
    with seat.record.read() as cx:
        listed = notes.notes(cx, last_taken(cx) or seat.now - FIRST_NOTES)
    for one in listed:
        at = one.at.astimezone(BEIJING).strftime("%m-%d %H:%M")
        text = words.plain(one.text)
        with st.container(horizontal=True, gap=4, vertical_alignment="center"):
            st.markdown(
                f"{at} {words.plain(one.author)}：{f'~~{text}~~' if one.struck_at else text}"
            )
            if one.struck_at is None:
                st.button(
                    "划去",
                    key=f"duty_note_strike_{one.id}",
                    type="tertiary",
                    disabled=not seat.may(Action.NOTE),
                    on_click=ask,
                    args=(
                        partial(notes.strike_note, seat.record, seat.actor, one.id),
                        "备注已划去。",
                    ),
                )
            else:
                st.caption(words.plain(f"{one.struck_by}划去"))


def _save_note(seat: Seat, form: Form) -> None:
    do = partial(notes.add_note, seat.record, seat.actor, form.text("text"))
    ask(do, "备注已记下，会写进交接单。", form)


def _history(seat: Seat) -> None:
    with seat.record.read() as cx:
        listed = signing.recent(cx, 7)
    if not listed:
        return
    st.markdown("**以往交接**")
    for one in listed:
        at = one.change_at.astimezone(BEIJING).strftime("%m-%d %H:%M")
        if one.done:
            st.caption(words.plain(f"{at}　{one.given_by} → {one.taken_by}"))
        else:
            st.caption(f"{at}　:red[未签完]")
