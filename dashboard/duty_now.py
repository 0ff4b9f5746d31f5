"""值班: who is on duty at this moment, how each is reached, and which hours have nobody."""

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st

from dashboard import words
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.beijing import BEIJING
from linkage.duty.coverage import Gap, Shift, together
from linkage.duty.listing import empty_shifts, shifts
from linkage.duty.people import ways_of
from linkage.duty.rules import DutyRules
from linkage.response_vocabulary import Post

_SHOWN = 6


def on_duty_now(seat: Seat, rules: DutyRules) -> None:
    with seat.record.read() as cx:
        held = shifts(cx, seat.now, seat.now + timedelta(seconds=1))
        gaps = empty_shifts(cx, rules, seat.now)
    for place, post in zip(st.columns(len(Post), gap="small"), Post, strict=True):
        with place, st.container(border=True, gap=4, key=f"duty_now_{post}"):
            _post(post, [one for one in held if one.post is post], seat)
    if gaps:
        _empty(gaps, rules, seat)


def _post(post: Post, held: Sequence[Shift], seat: Seat) -> None:
    st.caption(post.label)
    if not held:
        st.badge("此刻无人", icon=":material/person_off:", color="red")
        return
    for one in held:
        until = one.ends_at.astimezone(BEIJING).strftime("%H:%M")
        mine = "（本席）" if one.person.name == seat.actor.name else ""
        name = words.plain(f"{one.person.name}{mine}")
        st.markdown(f"**{name}**　至 {until}")
        # Who may have to call them in the night sees the numbers of those who are on duty.
        full = seat.may(Action.TELEPHONE)
        reached = ways_of(one.person, full=full)
        if one.person.reachable:
            st.text(reached)  # markdown would make links of addresses
        else:
            st.badge(reached, icon=":material/phone_disabled:", color="red")


def _empty(gaps: Sequence[Gap], rules: DutyRules, seat: Seat) -> None:
    now = [gap for gap in gaps if gap.starts_at <= seat.now]
    listed = together(gaps)
    more = f"；另有 {len(listed) - _SHOWN} 处" if len(listed) > _SHOWN else ""
    first = "；".join(listed[:_SHOWN])
    said = words.plain(f"今后 {rules.ahead.days} 天空班 {len(listed)} 处：{first}{more}")
    if now:
        st.error(said, icon=":material/event_busy:")
    else:
        st.warning(said, icon=":material/event_busy:")


def roster_is_empty() -> None:
    """How to begin."""
    st.info(
        "还没有班表。请在“导入班表”下载模板，填好人员和排班后导入；"
        "或由系统管理员执行 python -m linkage roster import。"
        "没有班表时，超时升级只能找 data/duty.toml 里的常设联系点。",
        icon=":material/calendar_add_on:",
    )
