"""信息报送, one report: its limits, why it is due, the form, what changed, and the next step."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import words
from dashboard.asked import Form, ask
from dashboard.report_acts import acts
from dashboard.report_rows import status_badge, timer_badges
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.beijing import day_minute
from linkage.reporting import flow
from linkage.reporting.desk import Opened
from linkage.reporting.elements import LONG, UNKNOWN, elements_of
from linkage.reporting.limits import ReportLimits
from linkage.reporting.prefill import Names
from linkage.reporting.reports import Report
from linkage.reporting.titles import title_of
from linkage.response_vocabulary import ReportElement, ReportStatus

_EDITABLE = frozenset({ReportStatus.DRAFT, ReportStatus.RETURNED})
_COLUMNS = 3
_HEIGHT = 430


def names_of(seat: Seat) -> Names:
    return Names(
        {one.id: one.name for one in seat.sources.values()},
        {one.id: one.name for one in seat.agencies.values()},
    )


def sheet(found: Opened, seat: Seat, limits: ReportLimits) -> None:
    one = found.report
    with st.container(border=True, gap="small", key="reports_sheet"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(f"**{words.plain(title_of(one, limits))}**")
            status_badge(one)
            if one.exercise:
                st.badge("演练", icon=":material/theater_comedy:", color="violet")
        _clocks(one)
        st.caption(words.plain(_facts(one, limits)))
        _said_back(one)
        acts(found, seat, limits)
        if found.changes:
            _changes(found)
        editing = one.status in _EDITABLE and seat.may(Action.COMPOSE_REPORT)
        _form(one, seat, limits) if editing else _read(one, limits)


@st.fragment(run_every="1s")
def _clocks(one: Report) -> None:
    timer_badges(one, datetime.now(UTC))


def _facts(one: Report, limits: ReportLimits) -> str:
    """One line: to whom, number, from when, why."""
    authority = limits.authorities.get(one.authority)
    parts = [
        f"报{authority.name if authority else one.authority}",
        one.number or "未编号",
        f"自 {day_minute(one.runs_from)} 起算",
    ]
    if one.telephoned_at is not None:
        parts.append(f"{day_minute(one.telephoned_at)} 已电话报告（{one.telephone_note}）")
    if one.signed_at is not None:
        parts.append(f"{one.signed_by} {day_minute(one.signed_at)} 签发")
    if one.sent_at is not None:
        parts.append(f"{day_minute(one.sent_at)} 报出")
    if one.resends:
        parts.append(f"已重报 {one.resends} 次")
    if one.late_reason:
        parts.append(f"迟报原因：{one.late_reason}")
    return f"{'　'.join(parts)}\n\n{one.basis}"


def _said_back(one: Report) -> None:
    """What the leader or the province answered."""
    if one.status is ReportStatus.RETURNED:
        why = f"{one.returned_by}退回：{one.return_reason}"
        st.warning(words.plain(why), icon=":material/undo:")
    elif one.status is ReportStatus.REFUSED:
        st.error(
            words.plain(f"上级退回：{one.receipt}。已签发的不改，请在自动起草的续报中补正。"),
            icon=":material/assignment_return:",
        )
    elif one.status is ReportStatus.RECEIVED and one.received_at is not None:
        st.success(
            words.plain(f"{day_minute(one.received_at)} 上级已收：{one.receipt}"),
            icon=":material/mark_email_read:",
        )
    elif one.status is ReportStatus.WITHDRAWN:
        why = f"{one.returned_by}决定不再报送：{one.return_reason}"
        st.info(words.plain(why), icon=":material/cancel:")


def _changes(found: Opened) -> None:
    before = found.before.name if found.before else ""
    with st.expander(
        f"与{before}相比变化 {len(found.changes)} 项", expanded=True, key="reports_diff"
    ):
        rows = [(c.element.label, c.before or "（未报）", c.after) for c in found.changes]
        st.dataframe(
            pd.DataFrame(rows, columns=["要素", "上一报", "本报"]),
            hide_index=True,
            height=min(38 + 35 * len(rows), 180),
            key="reports_changes",
            alt="与上一报相比变化的要素",
        )


def _form(one: Report, seat: Seat, limits: ReportLimits) -> None:
    form = Form("reports_form", one.id)
    elements = elements_of(one.stage, limits.domains[one.domain].form)
    version = _seen(one, form, elements[0])
    with st.form(form.key("sheet"), border=False):
        with st.container(horizontal=True, gap="small"):
            st.form_submit_button(
                "保存草稿",
                key=form.key("save"),
                icon=":material/save:",
                on_click=_save,
                args=(one, version, elements, seat, limits, form, False),
            )
            st.form_submit_button(
                "保存并送签",
                key=form.key("submit"),
                icon=":material/send:",
                type="primary",
                disabled=not seat.may(Action.SUBMIT_REPORT),
                on_click=_save,
                args=(one, version, elements, seat, limits, form, True),
            )
            st.caption("不清楚的写“待核”，不要因此迟报。")
        with st.container(height=_HEIGHT, border=False, key="reports_fields"):
            _fields(one, elements, form)


def _fields(one: Report, elements: tuple[ReportElement, ...], form: Form) -> None:
    """The story first, then the short facts: what the officer writes stands above what is known."""
    long = [element for element in elements if element in LONG]
    for pair in _rows(long, 2):
        for column, element in zip(st.columns(2, gap="small"), pair, strict=False):
            said = one.elements.get(element, "")
            column.text_area(element.label, said, key=form.key(element), height=96)
    short = [element for element in elements if element not in LONG]
    for row in _rows(short, _COLUMNS):
        for column, element in zip(st.columns(_COLUMNS, gap="small"), row, strict=False):
            column.text_input(element.label, one.elements.get(element, ""), key=form.key(element))


def _rows(elements: list[ReportElement], wide: int) -> Iterator[list[ReportElement]]:
    yield from (elements[start : start + wide] for start in range(0, len(elements), wide))


def _seen(one: Report, form: Form, first: ReportElement) -> int:
    """The version whose words stand in the form. A colleague's words are not overwritten."""
    key = form.key("seen")
    if form.key(first) not in st.session_state:  # the fields begin anew with what is read now
        st.session_state[key] = (one.version, one.elements)
    version, elements = st.session_state[key]
    if elements == one.elements:
        return one.version
    st.warning(
        words.plain(f"{one.written_by}刚修改了这份报告；您在此处的修改不能保存，请先重新载入。"),
        icon=":material/sync_problem:",
    )
    st.button("重新载入", key=form.key("reload"), icon=":material/refresh:", on_click=form.served)
    return int(version)


def _save(  # noqa: PLR0917
    one: Report,
    version: int,
    elements: tuple[ReportElement, ...],
    seat: Seat,
    limits: ReportLimits,
    form: Form,
    then_submit: bool,
) -> None:
    said = {element.value: form.text(element) for element in elements}
    done = "已保存并送签，等待另一位值班长或指挥员签发。" if then_submit else "草稿已保存。"
    ask(partial(_do_save, one, version, said, seat, limits, then_submit), done, form)


def _do_save(  # noqa: PLR0917
    one: Report,
    version: int,
    said: dict[str, str],
    seat: Seat,
    limits: ReportLimits,
    then_submit: bool,
) -> None:
    now = flow.save(seat.record, seat.actor, one.id, version, said, limits=limits)
    if then_submit:
        flow.submit(seat.record, seat.actor, one.id, now)


def _read(one: Report, limits: ReportLimits) -> None:
    """The words whole, as who signs must read them; then the short facts."""
    elements = elements_of(one.stage, limits.domains[one.domain].form)
    for element in elements:
        said = one.elements.get(element, UNKNOWN)
        if element in LONG and said != UNKNOWN:
            st.markdown(f"**{element.label}**")
            st.text(said)
    rows = [
        (element.label, one.elements.get(element, UNKNOWN))
        for element in elements
        if element not in LONG or one.elements.get(element, UNKNOWN) == UNKNOWN
    ]
    st.dataframe(
        pd.DataFrame(rows, columns=["要素", "内容"]),
        hide_index=True,
        height=_HEIGHT,
        key="reports_read",
        alt="报告的其他要素",
    )
