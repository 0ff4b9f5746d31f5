"""部门工作台, answering: the next step with one press; what cannot be undone asks first.

Every field keeps its place and its key while the page is drawn anew, so that half-written words
survive whatever arrives.
"""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard import desk
from dashboard.asked import Form, ask
from dashboard.department_forms import casualties, completing, declining, reporting
from dashboard.seat import Seat
from linkage.response import own_answers
from linkage.response.agencies import Agency
from linkage.response.feedback import Feedback
from linkage.response.moves import moves
from linkage.response.own_answers import LONGEST_WORDS
from linkage.response.own_desk import OwnTask
from linkage.vocabulary import AssignmentRole
from linkage.vocabulary import AssignmentStatus as S

# What one says and does next; said with one press.
_STEP = {S.ACKNOWLEDGED: "签收", S.EN_ROUTE: "出动", S.ON_SCENE: "到场", S.WORKING: "开始处置"}
_NEXT = {S.ISSUED: S.ACKNOWLEDGED, S.ACKNOWLEDGED: S.EN_ROUTE, S.EN_ROUTE: S.ON_SCENE}
_NEXT |= {S.ON_SCENE: S.WORKING, S.WORKING: S.REPORTED, S.REPORTED: S.COMPLETED}
_ICON = {
    S.ACKNOWLEDGED: ":material/draw:",
    S.EN_ROUTE: ":material/local_shipping:",
    S.ON_SCENE: ":material/location_on:",
    S.WORKING: ":material/construction:",
    S.REPORTED: ":material/feedback:",
    S.COMPLETED: ":material/task_alt:",
}
_ETA = (5, 10, 15, 20, 30, 60)
_OPEN = "department_form"
_FORMS = {S.REPORTED: "反馈情况", S.COMPLETED: "办结", S.DECLINED: "退回"}


def bar(task: OwnTask, seat: Seat) -> None:
    """At the lower edge, under the thumb: an open form, the next step, the other steps."""
    agency = seat.agencies[task.agency_id]
    follows = moves(task.status, has_units=agency.has_units)
    opened = _opened(task)
    with st.container(key="department_bar", gap="small"):
        with st.container(gap="small"):
            if opened is not None:
                _form(opened, task, seat, allowed=_may(opened, task, follows, agency))
        form = Form("department_step", task.id)
        main = _main(task, agency)
        with st.container(gap="small"):
            if opened is None and main in _STEP:
                _words(main, task, form)
        with st.container(key="department_main"):
            if opened is None:
                _next(main, task, seat, form)
        with st.container(horizontal=True, gap="small"):
            if opened is None and task.open:
                _others(task, seat, follows, main)


def _opened(task: OwnTask) -> S | None:
    of, name = st.session_state.get(_OPEN, (None, None))
    return S(name) if of == task.id and name else None


def _main(task: OwnTask, agency: Agency) -> S | None:
    """What comes next of itself; None where nothing is owed any more."""
    if task.status is S.CANCELLED:
        return S.ACKNOWLEDGED if task.cancel_read_at is None else None
    if not task.open:
        return None
    if task.status is S.ACKNOWLEDGED and not agency.has_units:
        return None if task.role is AssignmentRole.INFORM else S.REPORTED
    return _NEXT.get(task.status)


def _words(main: S, task: OwnTask, form: Form) -> None:
    if main is S.EN_ROUTE:
        st.pills(
            "预计多久到场",
            _ETA,
            format_func=lambda minutes: f"{minutes} 分钟",
            key=form.key("eta"),
        )
    if task.status is not S.CANCELLED:
        st.text_input(
            "补充说明",
            key=form.key("words"),
            placeholder="补充说明（可不填）",
            max_chars=LONGEST_WORDS,
            label_visibility="collapsed",
        )


def _next(main: S | None, task: OwnTask, seat: Seat, form: Form) -> None:
    if main is None:
        return
    cancelled = task.status is S.CANCELLED
    label = "确认已知悉撤销" if cancelled else _STEP.get(main) or _FORMS[main]
    st.button(
        label,
        key=f"department_next_{task.id}",
        icon=_ICON[main],
        type="primary",
        width="stretch",
        on_click=_step if main in _STEP else _show,
        args=(main, task, seat, form) if main in _STEP else (main, task),
    )


def _others(task: OwnTask, seat: Seat, follows: frozenset[S], main: S | None) -> None:
    """Words and counts, an end, a refusal; and steps out of their turn."""
    if task.status in {S.ACKNOWLEDGED, S.EN_ROUTE, S.ON_SCENE, S.WORKING, S.REPORTED}:
        again = S.REPORTED if task.status is not S.REPORTED else None
        if main is not S.REPORTED:
            label = _FORMS[S.REPORTED] if again else "补充或更正反馈"
            _opens(label, S.REPORTED, task, ":material/feedback:")
    if S.COMPLETED in follows and main is not S.COMPLETED:
        _opens(_FORMS[S.COMPLETED], S.COMPLETED, task, ":material/task_alt:")
    if S.DECLINED in follows:
        _opens(_FORMS[S.DECLINED], S.DECLINED, task, ":material/undo:")
    skips = [s for s in _STEP if s in follows and s is not main and task.status is not S.ISSUED]
    if skips:
        _skips(skips, task, seat)


def _skips(skips: Sequence[S], task: OwnTask, seat: Seat) -> None:
    form = Form("department_skip", task.id)
    with st.popover("其他步骤", icon=":material/more_horiz:", key=form.key("menu")):
        if S.WORKING in skips and task.status is S.REPORTED:
            st.caption("反馈之后又有新情况，可以回到处置中。")
        else:
            st.caption("漏按了前一步也不要紧，可以直接报现在到了哪一步。")
        for status in skips:
            label = "继续处置" if task.status is S.REPORTED else f"直接报“{_STEP[status]}”"
            st.button(
                label,
                key=f"department_skip_{task.id}_{status}",
                icon=_ICON[status],
                width="stretch",
                on_click=_step,
                args=(status, task, seat, form),
            )


def _opens(label: str, status: S, task: OwnTask, icon: str) -> None:
    st.button(
        label,
        key=f"department_form_{task.id}_{status}",
        icon=icon,
        on_click=_show,
        args=(status, task),
    )


def _show(status: S | None, task: OwnTask) -> None:
    st.session_state[_OPEN] = (task.id, status.value if status else None)


def _may(asked: S, task: OwnTask, follows: frozenset[S], agency: Agency) -> bool:
    """Whether the open form can still be sent; the order may have changed while it was filled."""
    if asked is S.REPORTED:
        return _reported_as(task, agency) is task.status or S.REPORTED in follows
    return asked in follows


def _form(asked: S, task: OwnTask, seat: Seat, *, allowed: bool) -> None:
    form = Form(f"department_{asked}", task.id)
    with st.container(gap=2):
        if not allowed:
            why = {S.CANCELLED: "任务已撤销", S.ISSUED: "指令已更新，请先签收新指令"}
            told = why.get(task.status, f"任务现为“{task.status.label}”")
            st.error(f"{told}，下面写的内容不能提交；如需留用请先复制。", icon=":material/block:")
    drawn = {S.REPORTED: reporting, S.COMPLETED: completing, S.DECLINED: declining}
    drawn[asked](task, form)
    with st.container(horizontal=True, gap="small", key="department_sending"):
        st.button(
            {S.REPORTED: "提交反馈", S.COMPLETED: "确认办结", S.DECLINED: "确认退回"}[asked],
            key=f"department_send_{task.id}_{asked}",
            type="primary",
            disabled=not allowed,
            on_click=_send,
            args=(asked, task, seat, form),
        )
        st.button(
            "取消",
            key=f"department_shut_{task.id}_{asked}",
            on_click=_show,
            args=(None, task),
        )


def _reported_as(task: OwnTask, agency: Agency) -> S:
    """On the way or at work, words and counts leave the stage as it is; then they are 已反馈."""
    on_the_way = task.status in {S.EN_ROUTE, S.ON_SCENE}
    waiting = task.status is S.ACKNOWLEDGED and agency.has_units
    return task.status if on_the_way or waiting else S.REPORTED


def _step(status: S, task: OwnTask, seat: Seat, form: Form) -> None:
    eta = form.value("eta") if status is S.EN_ROUTE else None
    parts = (form.text("words"), f"预计 {eta} 分钟到场" if eta else "")
    said = Feedback(
        assignment_id=task.id,
        revision=task.revision,
        status=status,
        text="；".join(filter(None, parts)),
    )
    done = "已确认知悉撤销" if task.status is S.CANCELLED else f"已报“{status.label}”"
    _ask(said, f"{done}：{task.scene.number}。", task, seat, form)


def _send(asked: S, task: OwnTask, seat: Seat, form: Form) -> None:
    agency = seat.agencies[task.agency_id]
    reasons = form.value("reasons") or ()
    text = "；".join(filter(None, (*reasons, form.text("words"))))
    said = Feedback(
        assignment_id=task.id,
        revision=task.revision,
        status=_reported_as(task, agency) if asked is S.REPORTED else asked,
        text=text,
        casualties=casualties(form),
    )
    _ask(said, f"已提交“{_FORMS[asked]}”：{task.scene.number}。", task, seat, form)


def _ask(said: Feedback, done: str, task: OwnTask, seat: Seat, form: Form) -> None:
    ask(partial(_answer, said, task, seat), done, form)


def _answer(said: Feedback, task: OwnTask, seat: Seat) -> None:
    own_answers.answer(
        seat.record,
        seat.actor,
        said,
        task.stand,
        agencies=seat.agencies,
        grading=desk.grading(),
    )
    st.session_state.pop(_OPEN, None)
