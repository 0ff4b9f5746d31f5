"""信息报送, the row of acts: call, sign, send back, send again, print."""

from datetime import UTC, datetime, time, timedelta
from functools import partial

import streamlit as st

from dashboard import desk
from dashboard.asked import Form, ask
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.record import BEIJING
from linkage.reporting import flow
from linkage.reporting.desk import Opened
from linkage.reporting.lateness import late_paper, late_telephone
from linkage.reporting.limits import ReportLimits
from linkage.reporting.paper import file_name, report_pdf, report_word
from linkage.reporting.reports import Report
from linkage.reporting.sending import resend
from linkage.response_vocabulary import ReportStatus

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def acts(found: Opened, seat: Seat, limits: ReportLimits) -> None:
    one = found.report
    with st.container(horizontal=True, gap="small", key="reports_acts"):
        if one.telephoned_at is None and one.telephone_due_at and one.signed_at is None:
            _telephone(one, seat)
        if one.status is ReportStatus.PENDING:
            _sign(one, seat, limits)
            _return(one, seat)
        if one.status in {ReportStatus.SIGNED, ReportStatus.SENT}:
            _resend(one, seat)
        if one.is_open:
            _withdraw(one, seat)
        if one.incident_id is not None and st.button(
            "打开事件",
            key="reports_incident",
            icon=":material/open_in_new:",
            help=f"到“事件处置”查看 {one.incident_number}",
        ):
            desk.open_incident(one.incident_id)
        for name, ending, kind, make in (
            ("PDF", "pdf", "application/pdf", report_pdf),
            ("Word", "docx", _WORD, report_word),
        ):
            st.download_button(
                name,
                data=partial(make, one, found.changes, limits),
                file_name=file_name(one, ending),
                mime=kind,
                key=f"reports_{ending}",
                icon=":material/download:",
                on_click="ignore",
            )


def _telephone(one: Report, seat: Seat) -> None:
    form = Form("reports_call", one.id)
    label = Action.TELEPHONE_REPORT.label
    with st.popover(label, icon=":material/call:", key=form.key("menu")):
        st.text_input("告知了谁（单位、姓名或工号）和要点", key=form.key("told"), max_chars=300)
        now = seat.now.astimezone(BEIJING)
        st.time_input("通话时间（北京）", now.time(), key=form.key("when"), step=60)
        late = late_telephone(one, seat.now)
        if late:
            st.text_input(f"{late}，迟报原因（必填）", key=form.key("late"), max_chars=300)
        st.button(
            "记录电话报告",
            key="reports_call_go",
            type="primary",
            disabled=not seat.may(Action.TELEPHONE_REPORT),
            on_click=_ask_telephone,
            args=(one, seat, form),
        )


def _ask_telephone(one: Report, seat: Seat, form: Form) -> None:
    do = partial(
        flow.telephone,
        seat.record,
        seat.actor,
        one.id,
        one.version,
        form.text("told"),
        when=_called(form.value("when")),
        late_reason=form.text("late"),
    )
    ask(do, "电话报告已记录。", form)


def _called(said: time | None) -> datetime | None:
    """The last moment at which clocks showed that time: shortly after midnight it was yesterday."""
    if said is None:
        return None
    now = datetime.now(UTC).astimezone(BEIJING)
    if (said.hour, said.minute) == (now.hour, now.minute):
        return None  # now, to the second
    called = now.replace(hour=said.hour, minute=said.minute, second=0, microsecond=0)
    return called if called <= now else called - timedelta(days=1)


def _sign(one: Report, seat: Seat, limits: ReportLimits) -> None:
    form = Form("reports_sign", one.id)
    menu = st.popover(
        Action.SIGN_REPORT.label, icon=":material/approval:", type="primary", key=form.key("menu")
    )
    with menu:
        st.markdown("签发后立即编号、报出，**不能修改**；要更正只能另报续报。")
        late = late_paper(one, seat.now)
        if late and not one.late_reason:
            st.text_area(
                f"{late}，迟报原因（必填）", key=form.key("late"), max_chars=500, height=80
            )
        sure = st.checkbox("内容已核对，确认签发并报出", key=form.key("sure"))
        st.button(
            Action.SIGN_REPORT.label,
            key="reports_sign_go",
            type="primary",
            disabled=not sure or not seat.may(Action.SIGN_REPORT),
            on_click=_ask_sign,
            args=(one, seat, limits, form),
        )
        if not seat.may(Action.SIGN_REPORT):
            st.caption("由值班长或指挥员签发，起草人不能签发自己的报告。")


def _ask_sign(one: Report, seat: Seat, limits: ReportLimits, form: Form) -> None:
    do = partial(
        flow.sign,
        seat.record,
        seat.actor,
        one.id,
        one.version,
        limits=limits,
        late_reason=form.text("late"),
    )
    ask(do, f"{one.name}已签发，正在报出。", form)


def _return(one: Report, seat: Seat) -> None:
    form = Form("reports_return", one.id)
    with st.popover("退回", icon=":material/undo:", key=form.key("menu")):
        st.text_area("退回理由（起草人会看到）", key=form.key("why"), max_chars=500, height=80)
        st.button(
            Action.RETURN_REPORT.label,
            key="reports_return_go",
            disabled=not seat.may(Action.RETURN_REPORT),
            on_click=_ask_return,
            args=(one, seat, form),
        )


def _ask_return(one: Report, seat: Seat, form: Form) -> None:
    why = form.text("why")
    do = partial(flow.return_to_writer, seat.record, seat.actor, one.id, one.version, why)
    ask(do, f"{one.name}已退回修改。", form)


def _withdraw(one: Report, seat: Seat) -> None:
    form = Form("reports_withdraw", one.id)
    label = ReportStatus.WITHDRAWN.label
    with st.popover(label, icon=":material/cancel:", key=form.key("menu")):
        st.caption("核实为误报、重复等才可撤下；应报不报要承担责任。")
        st.text_area("理由（必填，存档）", key=form.key("why"), max_chars=500, height=80)
        sure = st.checkbox("确认不再报送，不能恢复", key=form.key("sure"))
        st.button(
            "撤下",
            key="reports_withdraw_go",
            disabled=not sure or not seat.may(Action.RETURN_REPORT),
            on_click=_ask_withdraw,
            args=(one, seat, form),
        )


def _ask_withdraw(one: Report, seat: Seat, form: Form) -> None:
    do = partial(flow.withdraw, seat.record, seat.actor, one.id, one.version, form.text("why"))
    ask(do, f"{one.name}已撤下。", form)


def _resend(one: Report, seat: Seat) -> None:
    st.button(
        Action.RESEND_REPORT.label,
        key="reports_resend",
        icon=":material/replay:",
        help="同一报告、同一编号再发一次，对方重复收到也无妨",
        disabled=not seat.may(Action.RESEND_REPORT),
        on_click=ask,
        args=(
            partial(resend, seat.record, seat.actor, one.id, one.version),
            f"{one.number}已重报。",
        ),
    )
