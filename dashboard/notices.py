"""多手段: how an agency was told besides MQTT, every try with its delay; and whom to call."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from dashboard import words
from dashboard.asked import Form, ask
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.beijing import clock
from linkage.clocks.next_to_breach import duration
from linkage.exercise.marking import mark
from linkage.means import calls
from linkage.means.calls import Call
from linkage.means.choices import is_broker_away
from linkage.means.listing import Listed, notices_of
from linkage.personal import masked
from linkage.response import responses
from linkage.response.feedback import Feedback
from linkage.response.tasks import Task
from linkage.response_vocabulary import About, CallResult, Means, NoticeStatus
from linkage.vocabulary import AssignmentStatus, Role

MEANS_ICON = {
    Means.MQTT: ":material/lan:",
    Means.SMS: ":material/sms:",
    Means.EMAIL: ":material/mail:",
    Means.WEBHOOK: ":material/chat:",
    Means.SHEET: ":material/print:",
    Means.TELEPHONE: ":material/call:",
}
_COLOUR: dict[NoticeStatus, words.Colour] = {
    NoticeStatus.WAITING: "gray",
    NoticeStatus.SENT: "blue",
    NoticeStatus.DONE: "green",
    NoticeStatus.FAILED: "red",
    NoticeStatus.VOID: "gray",
}
# Lines of the telephone list that are drawn; a person calls one after the other.
CALLS_SHOWN = 8


def told_besides(task: Task, seat: Seat, page: str) -> None:
    """In the form of a task: each means with its state, tries and delay."""
    with seat.record.read() as cx:
        found = notices_of(cx, [task.id]).get(task.id, [])
    now = datetime.now(UTC)
    with st.container(gap=2, key=f"{page}_means_{task.id}"):
        _by_mqtt(task)
        for one in found:
            if one.round == task.revision:
                _one(one, seat, page, now)
    older = [one for one in found if one.round != task.revision]
    if older:
        st.caption(words.plain(f"此前各版指令另有 {len(older)} 条通知，见时间线。"))


def _by_mqtt(task: Task) -> None:
    """The first means, always: what became of the order on the wire."""
    colour: words.Colour = "gray"
    state = "已发出，对方系统没有回执"
    if task.acknowledged_at is not None:
        colour, state = "green", "对方已签收"
    elif task.delivered_at is not None:
        colour, state = "blue", f"对方系统 {clock(task.delivered_at)} 已收"
    elif task.unsent_since is not None:
        colour, state = "orange", "等待消息服务器"
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.badge(Means.MQTT.label, icon=MEANS_ICON[Means.MQTT], color=colour)
        st.text(state)


def _one(one: Listed, seat: Seat, page: str, now: datetime) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.badge(one.means.label, icon=MEANS_ICON[one.means], color=_COLOUR[one.status])
        st.text(state_of(one, now), help=words.plain(history(one)) or None)
        if one.status is NoticeStatus.FAILED:
            st.button(
                Action.NOTIFY_AGAIN.label,
                key=f"{page}_means_again_{one.id}",
                type="tertiary",
                disabled=not seat.may(Action.NOTIFY_AGAIN),
                on_click=_again,
                args=(one, seat),
            )


def state_of(one: Listed, now: datetime) -> str:
    """已送出 14:31:02（下达后 30秒）; or when its turn comes, or what stands in the way."""
    if one.status in {NoticeStatus.SENT, NoticeStatus.DONE} and one.sent_at is not None:
        took = duration(one.delay_s or 0)
        return f"{one.status.label} {clock(one.sent_at)}（下达后 {took}）{_detail(one)}"
    if one.status is not NoticeStatus.WAITING:
        return f"{one.status.label}{_detail(one)}"
    tried = f"已试 {one.attempts} 次{_detail(one)}，" if one.attempts else ""
    turn = one.retry_at if one.attempts and one.retry_at else one.not_before
    if one.means is Means.TELEPHONE:
        return f"{tried}{f'{clock(turn)} 起列入电话名单' if turn > now else '在电话名单上'}"
    return f"{tried}{clock(turn)} 发送" if turn > now else f"{tried}{one.status.label}"


def history(one: Listed) -> str:
    """Every try: when, how long it took, what came of it."""
    return "；".join(
        f"{clock(each.at)}{'成' if each.worked else '未成'}，{each.took_ms} 毫秒，{each.detail}"
        for each in one.tries
    )


def _detail(one: Listed) -> str:
    return f"：{one.result}" if one.result else ""


def _again(one: Listed, seat: Seat) -> None:
    do = partial(calls.again, seat.record, seat.actor, one.id, agencies=seat.agencies)
    ask(do, f"已补发{one.means.label}。")


def call_list(seat: Seat, now: datetime, page: str, incident_id: int | None = None) -> None:
    """Whom an officer has to call now: on one incident, or on all. Nothing where nobody is."""
    if not seat.may(Action.TELEPHONE):
        return
    with seat.record.read() as cx:
        every = calls.calls_due(cx, now)
        away = is_broker_away(cx, now)
    found = [one for one in every if incident_id in {None, one.incident_id}]
    if not found:
        return
    with st.container(border=True, gap=4, key=f"{page}_calls"):
        _title(found, away)
        opened = _opened(found, page)
        for one in found[:CALLS_SHOWN]:
            _call(one, seat, now, page, opened=one.id == opened, here=incident_id is not None)
        if rest := found[CALLS_SHOWN:]:
            names = "、".join(dict.fromkeys(_whom(one, seat) for one in rest))
            st.caption(words.plain(f"另有 {len(rest)} 个电话：{names}"))


def _opened(found: Sequence[Call], page: str) -> int:
    """One call at a time: the one the officer chose while it is there, else the first."""
    chosen = st.session_state.get(f"{page}_call_open")
    return chosen if chosen in {one.id for one in found} else found[0].id


def _choose(page: str, notice_id: int) -> None:
    st.session_state[f"{page}_call_open"] = notice_id


def _title(found: Sequence[Call], away: bool) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        title = "断网时的电话名单" if away else "电话名单"
        st.badge(f"{title} {len(found)}", icon=":material/call:", color="red" if away else "orange")
        st.caption(
            "消息服务器中断，指令送不出去：请逐一电话下达。"
            if away
            else "到时限仍未签收：请逐一电话通知，并记下结果。"
        )


def _call(one: Call, seat: Seat, now: datetime, page: str, *, opened: bool, here: bool) -> None:
    """Whom and which number in one line. `here`: on the incident's own page."""
    waited = duration((now - one.not_before).total_seconds())
    tried = f"，已打 {one.attempts} 次（{one.result}）" if one.attempts else ""
    number = "" if here or not one.incident_number else f"{one.incident_number}　"
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(f"**{words.plain(_whom(one, seat))}　{words.plain(number_of(one, seat))}**")
        st.caption(words.plain(f"{number}已等 {waited}{tried}"), help=words.plain(one.text))
        if not opened:
            st.button(
                "记录通话",
                key=f"{page}_call_choose_{one.id}",
                type="tertiary",
                on_click=_choose,
                args=(page, one.id),
            )
    if opened:
        _results(one, seat, page)


def _results(one: Call, seat: Seat, page: str) -> None:
    form = Form(f"{page}_call", one.id)
    st.text_input(
        "接电话的岗位或说明",
        key=form.key("said"),
        placeholder="接电话的岗位、对方的话",
        max_chars=100,
        label_visibility="collapsed",
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if one.about is About.ASSIGNMENT and seat.may(Action.FEEDBACK):
            st.button(
                f"接通，对方{AssignmentStatus.ACKNOWLEDGED.label}",
                key=f"{page}_call_signed_{one.id}",
                type="primary",
                on_click=_signed,
                args=(one, seat, form),
            )
        for result in CallResult:
            st.button(
                result.label,
                key=f"{page}_call_{result.value}_{one.id}",
                on_click=_note,
                args=(one, result, seat, form),
            )


def _whom(one: Call, seat: Seat) -> str:
    """The person, or the agency with its post; in an exercise marked as one."""
    name = one.person_name
    if name is None and one.agency_id is not None:
        agency, name = seat.agencies.get(one.agency_id), seat.agency(one.agency_id)
        post = agency.contact if agency else ""
        name = post if post.startswith(name) else f"{name}　{post}".strip()
    return f"{mark(exercise=one.exercise)}{name or '（未注明）'}"


def number_of(one: Call, seat: Seat) -> str:
    """The number to dial, as this desk may see it."""
    if not one.address:
        return "号码未登记"
    return masked(one.address) if seat.actor.role is Role.ANALYST else one.address


def _note(one: Call, result: CallResult, seat: Seat, form: Form) -> None:
    do = partial(
        calls.note_call,
        seat.record,
        seat.actor,
        one.id,
        one.attempts,
        result,
        words=form.text("said"),
    )
    ask(do, f"已记录：{_whom(one, seat)}{result.label}。", form)


def _signed(one: Call, seat: Seat, form: Form) -> None:
    ask(
        partial(_take_signature, one, seat, form.text("said")),
        f"已记录：{_whom(one, seat)}电话签收。",
        form,
    )


def _take_signature(one: Call, seat: Seat, said: str) -> None:
    """The call first: if somebody was faster with it, nothing is signed twice."""
    calls.note_call(seat.record, seat.actor, one.id, one.attempts, CallResult.REACHED, words=said)
    answer = Feedback(
        assignment_id=one.about_id,
        revision=one.round,
        status=AssignmentStatus.ACKNOWLEDGED,
        by=seat.actor.name,
        text=said,
    )
    responses.take_by_telephone(seat.record, seat.actor, answer, agencies=seat.agencies)
