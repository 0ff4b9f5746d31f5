"""值班, the roster: coming shifts as a calendar, changed by hand, the last change undone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import words
from dashboard.asked import Form, ask
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.beijing import BEIJING
from linkage.duty import edit
from linkage.duty.changing import last_change
from linkage.duty.coverage import Shift, gaps, span_words
from linkage.duty.listing import people, shifts
from linkage.duty.people import Person, ways_of
from linkage.duty.rules import WEEKDAYS, DutyRules
from linkage.errors import NotAllowed
from linkage.response_vocabulary import Post

DAYS = 14
_HEIGHT = 430


def roster(seat: Seat, rules: DutyRules) -> None:
    with seat.record.read() as cx:
        held = shifts(cx, seat.now, seat.now + timedelta(days=DAYS))
        known = people(cx)
        last = last_change(cx)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        _add(seat, rules, known)
        _change(seat, rules, held, known)
        if last is not None:
            at = last.at.astimezone(BEIJING).strftime("%m-%d %H:%M")
            st.button(
                "撤销最近一次改动",
                key="duty_undo",
                icon=":material/undo:",
                disabled=not seat.may(Action.EDIT_ROSTER),
                help=words.plain(f"{at} {last.actor}：{last.reason}"),
                on_click=ask,
                args=(
                    partial(edit.undo, seat.record, seat.actor, last.id, rules),
                    f"已撤销：{last.reason}",
                ),
            )
        _directory(seat, known)
        if not seat.may(Action.EDIT_ROSTER):
            st.caption("班表由值班长或指挥员改动。")
    _calendar(held, rules, seat)


def _calendar(held: Sequence[Shift], rules: DutyRules, seat: Seat) -> None:
    spans = sorted({(one.starts_at, one.ends_at) for one in held})
    if not spans:
        st.info(f"今后 {DAYS} 天没有班次。", icon=":material/event_busy:")
        return
    rows = [_line(span, held, rules, seat.now) for span in spans]
    heads = ["日期", "时间", *(post.label for post in Post), "空缺"]
    table = pd.DataFrame(rows, columns=heads)
    st.dataframe(
        table, hide_index=True, height=_HEIGHT, key="duty_calendar", alt="今后十四天的班次"
    )


def _line(
    span: tuple[datetime, datetime], held: Sequence[Shift], rules: DutyRules, now: datetime
) -> list[str]:
    start, end = (moment.astimezone(BEIJING) for moment in span)
    day = f"{start:%m-%d} {WEEKDAYS[start.weekday()]}"
    last = f"{end:%H:%M}" if end.date() == start.date() else f"次日 {end:%H:%M}"
    running = "　当班中" if span[0] <= now else ""
    names = [
        "、".join(
            s.person.name for s in held if s.post is post and (s.starts_at, s.ends_at) == span
        )
        for post in Post
    ]
    missing = gaps(held, rules.posts.must_be_filled, max(span[0], now), span[1])
    posts = dict.fromkeys(gap.post.label for gap in missing)
    return [day, f"{start:%H:%M}—{last}{running}", *names, "、".join(posts)]


def _add(seat: Seat, rules: DutyRules, known: dict[str, Person]) -> None:
    form = Form("duty_add", 0)
    with st.popover("排一班", icon=":material/person_add:", key=form.key("menu")):
        today = seat.now.astimezone(BEIJING).date()
        st.date_input("日期", today + timedelta(days=1), min_value=today, key=form.key("day"))
        st.selectbox(
            "班次",
            rules.shifts,
            format_func=lambda one: f"{one.name} {one.start}—{one.end}",
            key=form.key("shift"),
        )
        for post in Post:
            st.multiselect(post.label, list(known), key=form.key(post.value), placeholder="选人")
        st.button(
            "保存",
            key="duty_add_save",
            type="primary",
            disabled=not seat.may(Action.EDIT_ROSTER),
            on_click=_save,
            args=(seat, rules, form),
        )


def _save(seat: Seat, rules: DutyRules, form: Form) -> None:
    day, shift = form.value("day"), form.value("shift")
    span = shift.span(day)
    chosen = {post: form.value(post.value) or [] for post in Post}
    do = partial(edit.add, seat.record, seat.actor, span, chosen, rules)
    ask(do, f"已排入 {span_words(*span)}。", form)


def _change(seat: Seat, rules: DutyRules, held: Sequence[Shift], known: dict[str, Person]) -> None:
    form = Form("duty_change", 0)
    with st.popover("换班·移去", icon=":material/swap_horiz:", key=form.key("menu")):
        st.selectbox(
            "哪一班",
            [one.id for one in held],
            index=None,
            format_func={one.id: _named(one) for one in held}.__getitem__,
            key=form.key("which"),
            placeholder="选一班",
        )
        st.selectbox("换成谁", list(known), index=None, key=form.key("who"), placeholder="选人")
        st.text_input("理由", key=form.key("reason"), max_chars=200)
        st.caption("已开始的班次从此刻起换人，之前仍记原来的人。")
        with st.container(horizontal=True, gap="small"):
            for label, key, act in (("换班", "replace", _replace), ("移去", "remove", _remove)):
                st.button(
                    label,
                    key=f"duty_{key}",
                    disabled=not seat.may(Action.EDIT_ROSTER),
                    on_click=act,
                    args=(seat, rules, form),
                )


def _named(one: Shift) -> str:
    return f"{span_words(one.starts_at, one.ends_at)} {one.post.label} {one.person.name}"


def _replace(seat: Seat, rules: DutyRules, form: Form) -> None:
    which, who, why = form.value("which"), form.value("who"), form.text("reason")

    def do() -> None:
        if which is None or who is None:
            raise NotAllowed("请先选一班，再选换成谁。")
        edit.replace(seat.record, seat.actor, which, who, why, rules)

    ask(do, f"已换班：{who}。", form)


def _remove(seat: Seat, rules: DutyRules, form: Form) -> None:
    which, why = form.value("which"), form.text("reason")

    def do() -> None:
        if which is None:
            raise NotAllowed("请先选要移去的一班。")
        edit.remove(seat.record, seat.actor, which, why, rules)

    ask(do, "已移去。", form)


def _directory(seat: Seat, known: dict[str, Person]) -> None:
    with st.popover(f"人员 {len(known)}", icon=":material/contacts:", key="duty_people"):
        full = seat.may(Action.EDIT_ROSTER)
        rows = [
            (
                one.name,
                seat.agency(one.agency_id) if one.agency_id else "指挥中心",
                ways_of(one, full=full),
            )
            for one in known.values()
        ]
        st.dataframe(
            pd.DataFrame(rows, columns=["姓名", "单位", "联系方式"]),
            hide_index=True,
            width=620,
            key="duty_people_table",
            alt="人员及联系方式",
        )
        if full:
            _enter(seat)
        else:
            st.caption("号码已遮挡，值班长和指挥员可见全号。")


def _enter(seat: Seat) -> None:
    form = Form("duty_person", 0)
    fields = ("name", "mobile", "telephone", "email", "webhook")
    heads = ("姓名", "手机", "办公电话", "邮箱", "政务微信")
    for place, field, head in zip(st.columns(len(fields), gap="small"), fields, heads, strict=True):
        place.text_input(head, key=form.key(field), max_chars=60)
    st.button(
        "登记或更新",
        key="duty_person_save",
        help="姓名相同即更新；空着的格不改原有号码",
        on_click=_save_person,
        args=(seat, form, fields),
    )


def _save_person(seat: Seat, form: Form, fields: Sequence[str]) -> None:
    said = {field: form.text(field) for field in fields}
    ask(partial(edit.enter_person, seat.record, seat.actor, said), f"已登记{said['name']}。", form)
