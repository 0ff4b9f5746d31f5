"""响应, as it stands: level, who commands, until when; raised, lowered, handed over and ended."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

import streamlit as st

from dashboard import desk, pulse_feed, words
from dashboard.asked import Form, ask, waiting
from dashboard.card_version import card_version
from dashboard.response_start import choose_level, declared_in, start_fields
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.beijing import time_near
from linkage.desk.facts import Incident
from linkage.desk.queries import Line
from linkage.plan import levels
from linkage.plan.declaring import MEASURES_LENGTH, command_words
from linkage.plan.response_rows import JointResponse, read_responses
from linkage.plan.run_cards import Proposal, Situation, propose_for
from linkage.record import BEIJING
from linkage.response_vocabulary import CommandLevel, ResponseStatus
from linkage.vocabulary import OPEN_STATUSES, RESPONSE_LEVELS


def response_panel(it: Incident, situation: Situation, seat: Seat, *, ordered: bool) -> bool:
    """Whether a response runs. What runs is shown with its acts; where orders went out without
    one (`ordered`) it can be started here."""
    known = read_responses(seat.record, it.id)
    running = next((one for one in known if one.status is ResponseStatus.ACTIVE), None)
    if running is not None:
        _running(it, running, seat)
        return True
    if known:
        last = known[0]
        ended = f"{_clock(last.ended_at, seat)} 由{last.ended_by}终止"
        st.caption(words.plain(f"{RESPONSE_LEVELS[last.level]}响应已于 {ended}：{last.end_reason}"))
        card_version(last, seat)
    if ordered and it.status in OPEN_STATUSES:
        start_alone(it, situation, seat)
    return False


@st.fragment
def _running(it: Incident, drawn: JointResponse, seat: Seat) -> None:
    """Drawn alone when it was moved elsewhere; the page follows."""
    pulse_feed.watch_part("response", it.id)
    known = read_responses(seat.record, it.id)
    running = next((one for one in known if one.id == drawn.id), drawn)
    if waiting() or running.status is not ResponseStatus.ACTIVE:
        st.rerun(scope="app")
    with st.container(border=True, gap="small", key="response_panel"):
        _head(running, seat)
        _acts(it, running, seat)


def deviated(log: Iterable[Line]) -> None:
    """What the officer ordered otherwise than the card; newest first."""
    found = [line for line in log if isinstance(line.after, dict) and line.after.get("deviation")]
    if not found:
        return
    with st.expander(f"与方案不同 {len(found)} 处", type="compact", key="response_deviations"):
        for line in found:
            at = line.at.astimezone(BEIJING).strftime("%H:%M")
            st.caption(words.plain(f"{at}　{line.actor}　{line.reason}"))


def _head(running: JointResponse, seat: Seat) -> None:
    late = running.expected_until is not None and running.expected_until < seat.now
    with st.container(horizontal=True, gap=6, vertical_alignment="center"):
        st.badge(
            f"{RESPONSE_LEVELS[running.level]}响应",
            icon=":material/campaign:",
            color="red",
            help="已启动的应急响应级别，Ⅰ级最高",
        )
        st.badge(running.command.label, icon=":material/military_tech:", color="blue")
        until = _clock(running.expected_until, seat)
        st.badge(
            f"已过期限 {until}" if late else f"预计至 {until}",
            icon=":material/timer_off:" if late else ":material/event:",
            color="orange" if late else "gray",
            help="到期前请终止响应，或延长期限" if late else None,
        )
    st.text(running.subject, help=words.plain(running.measures))
    who = command_words(running.level, running.command)
    since = f"{_clock(running.started_at, seat)} 由{running.started_by}启动"
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption(words.plain(since if who == running.command.label else f"{since}。{who}"))
        card_version(running, seat)


def _acts(it: Incident, running: JointResponse, seat: Seat) -> None:
    form = Form("response", running.id)
    with st.container(horizontal=True, gap="small", key="response_acts"):
        with st.popover("级别", icon=":material/swap_vert:", key=form.key("menu_level")):
            _level(running, form, seat)
        with st.popover("指挥", icon=":material/handshake:", key=form.key("menu_command")):
            _command(running, form, seat)
        with st.popover("期限", icon=":material/edit_document:", key=form.key("menu_term")):
            _term(running, form, seat)
        with st.popover("终止", icon=":material/stop_circle:", key=form.key("menu_end")):
            _end(it, running, form, seat)


def _level(running: JointResponse, form: Form, seat: Seat) -> None:
    st.text_input("理由（必填）", key=form.key("level_why"), max_chars=300)
    for level in RESPONSE_LEVELS:
        if level == running.level:
            continue
        action = Action.LOWER_LEVEL if level > running.level else Action.RAISE_LEVEL
        st.button(
            f"{action.label}为{RESPONSE_LEVELS[level]}",
            key=f"response_level_{level}",
            disabled=not seat.may(action),
            on_click=_to_level,
            args=(running, level, form, seat),
            width="stretch",
        )
    if not seat.may(Action.LOWER_LEVEL):
        st.caption("降级由值班长或指挥员执行。")


def _to_level(running: JointResponse, level: int, form: Form, seat: Seat) -> None:
    act = levels.lower_level if level > running.level else levels.raise_level
    do = partial(
        act,
        seat.record,
        seat.actor,
        running.id,
        running.version,
        level,
        form.text("level_why"),
        agencies=seat.agencies,
    )
    ask(do, f"响应已改为{RESPONSE_LEVELS[level]}，在办单位已告知。", form)


def _command(running: JointResponse, form: Form, seat: Seat) -> None:
    st.text(f"现由{command_words(running.level, running.command)}")
    st.text_input("交给谁、由谁接手（必填）", key=form.key("command_why"), max_chars=300)
    for command in CommandLevel:
        if command is running.command:
            continue
        st.button(
            f"移交给{command.label}",
            key=f"response_command_{command.value}",
            disabled=not seat.may(Action.HAND_COMMAND),
            on_click=_hand,
            args=(running, command, form, seat),
            width="stretch",
        )
    if not seat.may(Action.HAND_COMMAND):
        st.caption("移交指挥由值班长或指挥员登记。")


def _hand(running: JointResponse, command: CommandLevel, form: Form, seat: Seat) -> None:
    do = partial(
        levels.hand_command,
        seat.record,
        seat.actor,
        running.id,
        running.version,
        command,
        form.text("command_why"),
    )
    ask(do, f"指挥权已登记移交：{command.label}。", form)


def _term(running: JointResponse, form: Form, seat: Seat) -> None:
    until = running.expected_until or seat.now
    st.datetime_input(
        "预计期限（北京时间）",
        until.astimezone(BEIJING).replace(tzinfo=None),
        key=form.key("until"),
    )
    st.text_area(
        "应急处置措施",
        running.measures,
        max_chars=MEASURES_LENGTH,
        height=160,
        key=form.key("measures"),
    )
    st.text_input("说明", key=form.key("term_why"), max_chars=300)
    st.button(
        "保存",
        key="response_term",
        type="primary",
        disabled=not seat.may(Action.AMEND_RESPONSE),
        on_click=_restate,
        args=(running, form, seat),
    )


def _restate(running: JointResponse, form: Form, seat: Seat) -> None:
    until: datetime | None = form.value("until")
    do = partial(
        levels.restate,
        seat.record,
        seat.actor,
        running.id,
        running.version,
        (until or seat.now).replace(tzinfo=BEIJING),
        form.text("measures"),
        form.text("term_why"),
    )
    ask(do, "响应的期限和措施已更新。", form)


def _end(it: Incident, running: JointResponse, form: Form, seat: Seat) -> None:
    st.text_input("终止理由（必填）", key=form.key("end_why"), max_chars=300)
    st.caption("终止后不能撤回，只能重新启动。未办结的联动任务不受影响，仍需逐项办结或撤销。")
    st.button(
        f"终止 {it.number} 的响应",
        key="response_end",
        type="primary",
        disabled=not seat.may(Action.END_RESPONSE),
        on_click=_end_it,
        args=(it, running, form, seat),
    )
    if not seat.may(Action.END_RESPONSE):
        st.caption("终止响应由值班长或指挥员执行。")


def _end_it(it: Incident, running: JointResponse, form: Form, seat: Seat) -> None:
    do = partial(
        levels.end_response,
        seat.record,
        seat.actor,
        running.id,
        running.version,
        form.text("end_why"),
        agencies=seat.agencies,
    )
    ask(do, f"{it.number} 的响应已终止。", form)


def start_alone(it: Incident, situation: Situation, seat: Seat) -> None:
    """Without orders: they went out before, or the county's own response is noted."""
    form = Form("response_start", it.id)
    with st.popover("只启动响应", icon=":material/campaign:", key=form.key("menu")):
        situation = choose_level(situation, form, seat)
        level = situation.chosen_level
        if level is None:
            st.caption("请选择级别。")
            return
        proposal = propose_for(situation, desk.run_cards(), seat.agencies)
        start_fields(it, proposal, level, form, seat)
        st.button(
            f"启动{RESPONSE_LEVELS[level]}响应",
            key="response_start",
            type="primary",
            disabled=not seat.may(Action.START_RESPONSE),
            on_click=_start,
            args=(it, proposal, level, form, seat),
        )


def _start(it: Incident, proposal: Proposal, level: int, form: Form, seat: Seat) -> None:
    do = partial(
        levels.start_response,
        seat.record,
        seat.actor,
        it.id,
        it.version,
        declared_in(form, level),
        cards=desk.run_cards(),
        proposal=proposal,
    )
    ask(do, f"已启动{RESPONSE_LEVELS[level]}响应。", form)


def _clock(at: datetime | None, seat: Seat) -> str:
    return "未定" if at is None else time_near(at, seat.now)
