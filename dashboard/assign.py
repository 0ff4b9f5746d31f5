"""联动处置: what the run card proposes, edited by the officer, issued to all agencies at once."""

from collections.abc import Iterable
from functools import partial

import msgspec
import pandas as pd
import streamlit as st

from dashboard import desk, words
from dashboard.asked import Form, ask
from dashboard.response_panel import deviated, response_panel, start_alone
from dashboard.response_start import choose_level, declared_in, start_fields
from dashboard.response_why import why
from dashboard.seat import Seat
from dashboard.standby import stand_by
from dashboard.standing import standing
from dashboard.unfolding import unfolding
from linkage.actions import Action
from linkage.desk.facts import Incident
from linkage.desk.queries import Case
from linkage.plan.run_cards import Proposal, Situation, propose_for
from linkage.plan.seating import ProposedAssignment
from linkage.response import responses
from linkage.response.moves import LIVE
from linkage.response.order_rules import doubled
from linkage.response.orders import Order
from linkage.response.tasks import Task
from linkage.vocabulary import OPEN_STATUSES, RESPONSE_LEVELS, AssignmentRole, AssignmentStatus

TASK_LENGTH = 500
_ENGAGED = LIVE | {AssignmentStatus.DECLINED}
# A toast cuts what is longer; every agency stands on the page with its state anyway.
_NAMED = 10
_WIDTHS = (0.9, 1.5, 5, 1.3)
_TITLES = ("单位", "角色", "任务", "签收时限（秒）")
OWN_CHOICE = "值班员增加"
OWN_TASK = "按本单位职责参与处置，及时反馈情况"


def joint_response(case: Case, situation: Situation, seat: Seat) -> None:
    """The response and its level; how the agencies stand, if any have orders; and the form for
    those that have none yet."""
    it = case.incident
    running = response_panel(it, situation, seat, ordered=bool(case.tasks))
    deviated(case.log)
    proposal = propose_for(situation, desk.run_cards(), seat.agencies)
    if running and it.status in OPEN_STATUSES:
        stand_by(it.id, case.tasks, proposal, seat)
    if case.tasks:
        live = [(task.agency_id, task.role) for task in case.tasks if task.status in LIVE]
        for told in doubled(live, seat.agencies):
            st.warning(words.plain(told), icon=":material/call_merge:")
        standing(it.id, seat)
    if it.status not in OPEN_STATUSES:
        if not case.tasks:
            st.info("本事件没有下达过联动任务。", icon=":material/info:")
        return
    engaged = engaged_agencies(case.tasks)
    why(situation, proposal, seat)
    if not engaged:
        _form(it, situation, engaged, seat, starts=not running)
        if not running:
            start_alone(it, situation, seat)
        return
    more = _form_of(it).key("more")
    form = unfolding("追加联动单位", icon=":material/group_add:", key=more)
    if form.open:
        with form:
            _form(it, situation, engaged, seat, starts=False)


def engaged_agencies(tasks: Iterable[Task]) -> set[str]:
    """Who already has an order: to change it is to give it again, not a second one."""
    return {t.agency_id for t in tasks if t.status in _ENGAGED}


def adjusting(it: Incident) -> bool:
    """The officer edits line by line: the page makes room."""
    return bool(_form_of(it).value("adjust"))


def _form_of(it: Incident) -> Form:
    return Form("assign", it.id)


def _form(
    it: Incident, situation: Situation, engaged: set[str], seat: Seat, *, starts: bool
) -> None:
    """`starts`: no response runs yet; one starts with the orders where a level is chosen."""
    form = _form_of(it)
    # The button stands above what it sends, so that it is on the screen without scrolling.
    above = st.container(gap="small")
    if starts:
        with above:
            situation = choose_level(situation, form, seat, or_none=True)
    proposal = propose_for(situation, desk.run_cards(), seat.agencies)
    level = situation.chosen_level
    lines = {p.agency_id: p for p in proposal.assignments if p.agency_id not in engaged}
    with above:
        if level is not None:
            start_fields(it, proposal, level, form, seat)
        button = st.container(horizontal=True, gap="small", vertical_alignment="center")
    _choose(form, lines, engaged, level, seat)
    drafts = _drafts(form, lines, level, seat)
    if adjusting(it):
        for at, title in zip(st.columns(_WIDTHS), _TITLES, strict=True):
            at.caption(title)
        for draft in drafts:
            _edit(form, draft, seat)
    else:
        _preview([_as_edited(form, draft) for draft in drafts], seat)
    if proposal.others:
        st.caption(words.plain("另请电话通知：" + "、".join(proposal.others)))
    with button:
        _buttons(it, lines, proposal, level, seat, len(drafts))


def _buttons(  # noqa: PLR0917
    it: Incident,
    lines: dict[str, ProposedAssignment],
    proposal: Proposal,
    level: int | None,
    seat: Seat,
    count: int,
) -> None:
    start = f"启动{RESPONSE_LEVELS[level]}响应并下达" if level is not None else "下达联动指令"
    st.button(
        f"{start}（{count} 个单位）",
        key="assign_issue",
        type="primary",
        icon=":material/send:",
        disabled=not count or not seat.may(Action.ISSUE),
        on_click=_issue,
        args=(it, lines, proposal, level, seat),
    )
    st.toggle("逐项调整", key=_form_of(it).key("adjust"), help="改角色、任务和签收时限")


def _choose(
    form: Form,
    lines: dict[str, ProposedAssignment],
    engaged: set[str],
    level: int | None,
    seat: Seat,
) -> None:
    """One row of pills for each role: what the run card proposes is already chosen.

    Another level proposes others: its pills are others too.
    """
    for role in AssignmentRole:
        proposed = [a for a, line in lines.items() if line.role is role]
        if proposed:
            st.pills(
                role.label,
                proposed,
                selection_mode="multi",
                default=proposed,
                format_func=seat.agency,
                key=form.key(f"{role}_{level}"),
            )
    rest = [a for a in seat.agencies if a not in lines and a not in engaged]
    if rest:
        st.pills(
            "增加单位",
            rest,
            selection_mode="multi",
            format_func=seat.agency,
            key=form.key(f"added_{level}"),
        )


def _drafts(
    form: Form, lines: dict[str, ProposedAssignment], level: int | None, seat: Seat
) -> list[ProposedAssignment]:
    chosen: list[str] = []
    for name in (*AssignmentRole, "added"):
        chosen += form.value(f"{name}_{level}") or []
    return [lines.get(agency_id) or _own(agency_id, seat) for agency_id in chosen]


def _own(agency_id: str, seat: Seat) -> ProposedAssignment:
    role = AssignmentRole.SUPPORT
    return ProposedAssignment(
        agency_id=agency_id,
        role=role,
        task=OWN_TASK,
        reason=OWN_CHOICE,
        acknowledge_s=seat.agencies[agency_id].acknowledge_s.get(role),
    )


def _preview(drafts: list[ProposedAssignment], seat: Seat) -> None:
    if not drafts:
        st.info("尚未选择单位；在上面点选要下达的单位。", icon=":material/info:")
        return
    rows = [(d.role.label, seat.agency(d.agency_id), d.task, limits(d), d.reason) for d in drafts]
    table = pd.DataFrame(rows, columns=["角色", "单位", "任务", "时限", "依据"])
    st.dataframe(
        table,
        hide_index=True,
        height=min(250, 36 * (len(rows) + 1)),
        column_config={
            "角色": st.column_config.TextColumn(width=48),
            "单位": st.column_config.TextColumn(width=86),
            "任务": st.column_config.TextColumn(width=200),
        },
        alt="拟下达的任务",
    )


def limits(line: ProposedAssignment) -> str:
    """60 秒签收，15 分钟到场; empty where nothing is timed."""
    parts = (
        (line.acknowledge_s, "签收"),
        (line.on_scene_s, "到场"),
        (line.report_s, "反馈"),
    )
    return "，".join(f"{_span(seconds)}{what}" for seconds, what in parts if seconds is not None)


def _span(seconds: int) -> str:
    return f"{seconds // 60} 分钟" if seconds >= 120 and seconds % 60 == 0 else f"{seconds} 秒"


def _edit(form: Form, draft: ProposedAssignment, seat: Seat) -> None:
    """One line with its fields."""
    name, role_at, task_at, limit_at = st.columns(_WIDTHS, vertical_alignment="center")
    name.text(seat.agency(draft.agency_id), help=words.plain(draft.reason))
    roles = list(AssignmentRole)
    role_at.selectbox(
        "角色",
        roles,
        roles.index(draft.role),
        format_func=lambda r: r.label,
        key=form.key(f"role_{draft.agency_id}"),
        label_visibility="collapsed",
        persist_state="session",
    )
    task_at.text_input(
        "任务",
        draft.task,
        max_chars=TASK_LENGTH,
        key=form.key(f"task_{draft.agency_id}"),
        label_visibility="collapsed",
        persist_state="session",
    )
    limit_at.number_input(
        "签收时限（秒）",
        10,
        86_400,
        draft.acknowledge_s,
        10,
        key=form.key(f"limit_{draft.agency_id}"),
        label_visibility="collapsed",
        placeholder="不计时",
        persist_state="session",
    )


def _as_edited(form: Form, draft: ProposedAssignment) -> ProposedAssignment:
    """The line as its fields say now, or as proposed where nobody opened them."""
    held = st.session_state
    return msgspec.structs.replace(
        draft,
        role=held.get(form.key(f"role_{draft.agency_id}"), draft.role),
        task=(held.get(form.key(f"task_{draft.agency_id}")) or "").strip() or draft.task,
        acknowledge_s=held.get(form.key(f"limit_{draft.agency_id}"), draft.acknowledge_s),
    )


def _issue(
    it: Incident,
    lines: dict[str, ProposedAssignment],
    proposal: Proposal,
    level: int | None,
    seat: Seat,
) -> None:
    form = _form_of(it)
    # Fields are read now, not when the page was drawn: a click may come with the last keystroke.
    drafts = _drafts(form, lines, level, seat)
    orders: list[Order] = [_as_edited(form, draft).order() for draft in drafts]
    do = partial(
        responses.issue,
        seat.record,
        seat.actor,
        it.id,
        it.version,
        orders,
        agencies=seat.agencies,
        proposal=proposal,
        declared=declared_in(form, level) if level is not None else None,
        cards=desk.run_cards(),
    )
    names = [seat.agency(order.agency_id) for order in orders]
    told = "、".join(names[:_NAMED]) + ("等" if len(names) > _NAMED else "")
    start = f"已启动{RESPONSE_LEVELS[level]}响应，" if level is not None else ""
    ask(do, f"{start}已下达 {len(orders)} 个单位：{told}。", form)
