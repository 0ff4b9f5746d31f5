"""信息报送: what must go to the province, by when; write it, have it signed, see it received."""

from datetime import UTC, datetime
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import desk, words
from dashboard.asked import Form, answer, ask, waiting
from dashboard.report_rows import report_row
from dashboard.report_sheet import names_of, sheet
from dashboard.seat import Seat, reading, take_seat
from linkage.actions import Action
from linkage.record import BEIJING
from linkage.reporting import drafts
from linkage.reporting.days import make_day
from linkage.reporting.desk import done_reports, of_incident, opened, waiting_reports
from linkage.reporting.limits import FILE, ReportLimits, load_report_limits
from linkage.reporting.reports import incident_numbered
from linkage.response_vocabulary import ReportStage

LIVE_EVERY = "2s"
ROWS = 9
_OPEN = "reports_open"
_ABOUT = "reports_about"  # the number of an incident that has no report yet
_STAGES = (ReportStage.FIRST, ReportStage.FOLLOW_UP, ReportStage.FINAL)


@st.cache_resource
def limits() -> ReportLimits:
    return load_report_limits(desk.settings().tables / FILE)


def page() -> None:
    desk.page_header("信息报送")
    seat = take_seat()
    answer()
    left, right = st.columns([2, 3], gap="medium")
    with reading():
        _asked(seat)
    with left:
        _begin(seat)
        live, past = st.tabs(["待报送", "已办结"], key="reports_tabs")
        with live:
            _list(seat)
        with past, reading():
            _past(seat)
    with right, reading():
        _sheet(seat)


def _asked(seat: Seat) -> None:
    """From 事件处置: the incident's report that is being written, else its last; else a new one."""
    number = st.query_params.get("incident", "").strip()[:20]
    if not number or st.session_state.get(_ABOUT) == number:
        return
    chain = of_incident(seat.record, number)
    form = Form("reports_compose", 0)
    st.session_state[form.key("number")] = number
    if not chain:
        st.session_state[_ABOUT] = number
        return
    if any(one.signed_at for one in chain):
        st.session_state[form.key("stage")] = ReportStage.FOLLOW_UP
    _open(([one for one in chain if one.is_open] or chain)[-1].id)


def _open(report_id: int) -> None:
    st.session_state[_OPEN] = report_id
    st.session_state.pop(_ABOUT, None)
    st.query_params.pop("incident", None)


def _none_yet(number: str, seat: Seat) -> None:
    st.info(
        words.plain(f"事件 {number} 还没有报告。达到报送标准的会自动起草；需要先报的在此起草。"),
        icon=":material/description:",
    )
    st.button(
        f"起草{ReportStage.FIRST.label}",
        key="reports_first",
        type="primary",
        icon=":material/edit_document:",
        disabled=not seat.may(Action.COMPOSE_REPORT),
        on_click=ask,
        args=(partial(_do_compose, seat, number, ReportStage.FIRST), "已起草，请核改后送签。"),
    )


def _begin(seat: Seat) -> None:
    with st.container(horizontal=True, gap="small", key="reports_begin"):
        _compose(seat)
        _days(seat)


def _compose(seat: Seat) -> None:
    form = Form("reports_compose", 0)
    with st.popover("起草报告", icon=":material/edit_document:", key=form.key("menu")):
        st.caption("达到报送标准的事件几秒内自动起草首报；这里用于其他需要报告的情况。")
        st.text_input("事件编号", key=form.key("number"), placeholder="20260805-0003", max_chars=20)
        st.segmented_control(
            "报告",
            _STAGES,
            default=ReportStage.FIRST,
            format_func=lambda s: s.label,
            key=form.key("stage"),
        )
        st.button(
            Action.COMPOSE_REPORT.label,
            key="reports_compose_go",
            type="primary",
            disabled=not seat.may(Action.COMPOSE_REPORT),
            on_click=_ask_compose,
            args=(seat, form),
        )


def _ask_compose(seat: Seat, form: Form) -> None:
    stage = form.value("stage") or ReportStage.FIRST
    do = partial(_do_compose, seat, form.text("number"), ReportStage(stage))
    ask(do, "已起草，请核改后送签。", form)


def _do_compose(seat: Seat, number: str, stage: ReportStage) -> None:
    with seat.record.read() as cx:
        incident_id = incident_numbered(cx, number)
    _open(
        drafts.compose(
            seat.record, seat.actor, incident_id, stage, limits=limits(), names=names_of(seat)
        )
    )


def _days(seat: Seat) -> None:
    form = Form("reports_day", 0)
    label = f"{ReportStage.ZERO.label}与日报"
    with st.popover(label, icon=":material/today:", key=form.key("menu")):
        hours = "；".join(
            f"{one.stage.label} {one.closes_at} 截止、{one.due_at} 前报出"
            for one in limits().days.values()
        )
        st.caption(f"到截止时刻自动起草，核改后送签：{hours}。这里用于补做或提前做。")
        st.date_input("截止日", seat.now.astimezone(BEIJING).date(), key=form.key("day"))
        for stage in (ReportStage.ZERO, ReportStage.BRIEF):
            st.button(
                f"生成{stage.label}",
                key=f"reports_make_{stage}",
                disabled=not seat.may(Action.COMPOSE_REPORT),
                on_click=_ask_day,
                args=(seat, stage, form),
            )


def _ask_day(seat: Seat, stage: ReportStage, form: Form) -> None:
    ask(partial(_do_day, seat, stage, form), f"{stage.label}草稿已生成。", form)


def _do_day(seat: Seat, stage: ReportStage, form: Form) -> None:
    made = make_day(seat.record, seat.actor, stage, limits=limits(), day=form.value("day"))
    _open(made)


@st.fragment(run_every=LIVE_EVERY)
def _list(seat: Seat) -> None:
    """Read anew every other second: a draft that the rule opens shows without a click."""
    if waiting():
        st.rerun(scope="app")
    with reading():
        now = datetime.now(UTC)
        found = waiting_reports(seat.record)
        if not found:
            st.info(
                "没有待报送的报告。达到报送标准的事件会在几秒内出现在这里。",
                icon=":material/task_alt:",
            )
            return
        pages = -(-len(found) // ROWS)
        place = min(int(st.session_state.get("reports_place", 1)), pages)
        for one in found[(place - 1) * ROWS : place * ROWS]:
            if report_row(one, now, chosen=st.session_state.get(_OPEN) == one.id):
                _open(one.id)
                st.rerun(scope="app")
        if pages > 1:
            st.pagination(pages, key="reports_place")


def _past(seat: Seat) -> None:
    found = done_reports(seat.record)
    if not found:
        st.info("还没有办结的报告。", icon=":material/inbox:")
        return
    rows = [
        (
            one.number or "",
            one.name,
            one.incident_number or "",
            one.status.label,
            one.changed_at.astimezone(BEIJING).strftime("%m-%d %H:%M"),
            one.receipt or one.return_reason or "",
            "演练" if one.exercise else "",
        )
        for one in found
    ]
    columns = ["编号", "报告", "事件", "结果", "时间", "回执或理由", "性质"]
    picked = st.dataframe(
        pd.DataFrame(rows, columns=columns),
        hide_index=True,
        height=560,
        key="reports_past",
        on_select="rerun",
        selection_mode="single-row",
        alt="已办结的报告，最新在前",
    )
    if picked.selection.rows:
        chosen = found[picked.selection.rows[0]].id
        if st.button("查看选中的报告", key="reports_past_open", icon=":material/open_in_new:"):
            _open(chosen)
            st.rerun()


def _sheet(seat: Seat) -> None:
    if _ABOUT in st.session_state:
        _none_yet(st.session_state[_ABOUT], seat)
        return
    asked = st.query_params.get("report", "")
    if _OPEN not in st.session_state and asked.isascii() and asked.isdigit():
        st.session_state[_OPEN] = int(asked)
    if _OPEN not in st.session_state:
        first = waiting_reports(seat.record)
        if not first:
            st.caption("在左侧选择一份报告，或起草新的。")
            return
        st.session_state[_OPEN] = first[0].id
    found = opened(seat.record, st.session_state[_OPEN], limits())
    if found is None:
        st.info(words.plain("这份报告不存在，请在左侧重新选择。"), icon=":material/search_off:")
        return
    st.query_params["report"] = str(found.report.id)
    sheet(found, seat, limits())


page()
