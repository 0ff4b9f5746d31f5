"""预警发布, right: our own warnings that wait for somebody, and those that went out."""

from functools import partial

import streamlit as st

from dashboard import desk, words
from dashboard.asked import Form, ask
from dashboard.cards import WARNING_COLOUR, when
from dashboard.public_form import about
from dashboard.public_view import public_view
from dashboard.seat import Seat
from dashboard.warning_tables import public_words
from linkage.actions import Action
from linkage.response_vocabulary import PublicWarningStatus as Status
from linkage.vocabulary import MessageKind
from linkage.warnings import approving, composing
from linkage.warnings.public import OPEN_TO_EDIT, PublicWarning, at_work, earlier, published

_STATE: dict[Status, words.Colour] = {
    Status.DRAFT: "gray",
    Status.PENDING: "orange",
    Status.RETURNED: "red",
    Status.ISSUED: "blue",
}


def waiting_rows(seat: Seat) -> None:
    with seat.record.read() as cx:
        found = at_work(cx)
    if not found:
        st.info("没有待办的对外预警。", icon=":material/inbox:")
    for it in found:
        _waiting(it, seat)


def published_rows(seat: Seat) -> None:
    with seat.record.read() as cx:
        found = published(cx)
    if not found:
        st.info("还没有对外发布过预警。", icon=":material/campaign:")
    for it in found:
        _published(it, seat)


def _head(it: PublicWarning) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.badge(it.status.label, color=_STATE.get(it.status, "green"))
        st.badge(it.colour.label, color=WARNING_COLOUR[it.colour])
        if it.message_kind is not MessageKind.ALERT:
            st.badge(it.message_kind.label, color="gray")
        if it.exercise:
            st.badge("演练", icon=":material/theater_comedy:", color="violet")
        st.text(it.headline, width="stretch", wrap=False)


def _waiting(it: PublicWarning, seat: Seat) -> None:
    form = Form("warnings_row", it.id)
    with st.container(border=True, gap="small", key=f"warnings_work_{it.id}"):
        _head(it)
        said = f"拟制 {it.composed_by}　{when(it.composed_at, seat.now)}"
        back = f"　退回理由：{it.return_reason}" if it.return_reason else ""
        st.caption(words.plain(said + back))
        with st.container(horizontal=True, gap="small"):
            _look(it, seat)
            if it.status in OPEN_TO_EDIT:
                _edit(it, form, seat)
            else:
                _decide(it, form, seat)


def _look(it: PublicWarning, seat: Seat) -> None:
    look = st.popover("查看", icon=":material/visibility:", key=f"warnings_look_{it.id}")
    with look:
        public_view(it.text, exercise=it.exercise, issued_at=it.issued_at)
        xml = it.xml
        if xml is None:
            with seat.record.read() as cx:
                before = earlier(cx, it)
            xml = approving.preview(it, before, public_words()).decode()
            st.caption("以下报文中的编号和时间在审签时写入。")
        st.code(xml, language="xml", height=200)


def _edit(it: PublicWarning, form: Form, seat: Seat) -> None:
    may = seat.may(Action.COMPOSE_WARNING)
    st.button(
        "修改", key=f"warnings_edit_{it.id}", disabled=not may, on_click=about, args=(it, None)
    )
    st.button(
        "送审",
        key=f"warnings_submit_{it.id}",
        type="primary",
        disabled=not seat.may(Action.SUBMIT_WARNING),
        on_click=_submit,
        args=(it, seat),
    )
    with st.popover("作废", key=form.key("discard")):
        st.text_input("作废理由", key=form.key("why"), max_chars=200)
        st.button(
            "作废",
            key=f"warnings_discard_{it.id}",
            disabled=not may,
            on_click=_discard,
            args=(it, form, seat),
        )


def _decide(it: PublicWarning, form: Form, seat: Seat) -> None:
    own = approving.wrote_in(it, seat.actor)
    with st.popover("审签发布", icon=":material/how_to_reg:", key=form.key("approve")):
        if own:
            st.caption("您参与了拟制，须由另一位值班长或指挥员审签。")
        public_view(it.text, exercise=it.exercise, issued_at=None)
        sure = st.checkbox("我已核对八要素，发布后不能收回，只能更新或解除", key=form.key("sure"))
        st.button(
            "审签发布",
            key=f"warnings_approve_{it.id}",
            type="primary",
            disabled=own or not sure or not seat.may(Action.APPROVE_WARNING),
            on_click=_approve,
            args=(it, seat),
        )
    with st.popover("退回", icon=":material/undo:", key=form.key("return")):
        st.text_input("退回理由（拟制人会看到）", key=form.key("back"), max_chars=200)
        st.button(
            "退回",
            key=f"warnings_return_{it.id}",
            disabled=not seat.may(Action.RETURN_WARNING),
            on_click=_send_back,
            args=(it, form, seat),
        )
    if not seat.may(Action.APPROVE_WARNING):
        st.caption("审签和退回由值班长或指挥员执行。")


def _published(it: PublicWarning, seat: Seat) -> None:
    with st.container(border=True, gap="small", key=f"warnings_out_{it.id}"):
        _head(it)
        out = "公开渠道已收" if it.published_at else "等待消息服务器确认"
        disk = f"文件 {it.file}" if it.file else "文件待写入"
        at = when(it.issued_at, seat.now) if it.issued_at else ""
        said = f"{it.identifier}　审签 {it.approved_by}　{at}　{out}　{disk}"
        st.caption(words.plain(said))
        with st.container(horizontal=True, gap="small"):
            _look(it, seat)
            if it.in_force and it.expires_at > seat.now:
                for kind in (MessageKind.UPDATE, MessageKind.CANCEL):
                    st.button(
                        kind.label,
                        key=f"warnings_{kind.value}_{it.id}",
                        disabled=not seat.may(Action.COMPOSE_WARNING),
                        on_click=about,
                        args=(it, kind),
                    )


def _submit(it: PublicWarning, seat: Seat) -> None:
    do = partial(composing.submit, seat.record, seat.actor, it.id, it.version, words=public_words())
    ask(do, f"{it.headline}：已送审。")


def _discard(it: PublicWarning, form: Form, seat: Seat) -> None:
    do = partial(composing.discard, seat.record, seat.actor, it.id, it.version, form.text("why"))
    ask(do, f"{it.headline}：已作废。", form)


def _approve(it: PublicWarning, seat: Seat) -> None:
    do = partial(
        approving.approve,
        seat.record,
        seat.actor,
        it.id,
        it.version,
        words=public_words(),
        region=desk.settings().region,
    )
    ask(do, f"{it.headline}：已审签，正在发布。")


def _send_back(it: PublicWarning, form: Form, seat: Seat) -> None:
    do = partial(approving.send_back, seat.record, seat.actor, it.id, it.version, form.text("back"))
    ask(do, f"{it.headline}：已退回。", form)
