"""账户权限: who may come in, as what; whose desks are open; what each role may do."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import account_rows, desk, unified, words
from dashboard.downloads import base
from dashboard.seat import Seat, reading, take_seat
from linkage.access import accounts as acts
from linkage.access.invitations import invite
from linkage.access.sessions import MOST, AccountRow, accounts, sessions
from linkage.access.unified import LONGEST, bind
from linkage.access_vocabulary import View
from linkage.actions import Action
from linkage.beijing import clock
from linkage.vocabulary import Role

_SAID = "accounts_said"
_LINK = "accounts_link"  # shown once: gone with the next turn of the page
_FORM = "accounts_form"


def page() -> None:
    desk.page_header(View.ACCOUNTS.label)
    seat = take_seat()
    if said := st.session_state.pop(_SAID, ""):
        st.success(words.plain(said), icon=":material/check:")
    if link := st.session_state.pop(_LINK, None):
        _once(*link)
    people, open_ones, rights = st.tabs(["账户", "登录席位", "角色权限"], key="accounts_tabs")
    with people, reading():
        _accounts(seat)
    with open_ones, reading():
        _sessions(seat)
    with rights:
        st.caption("系统按此表逐项核查；界面不显示的操作，直接请求同样会被拒绝并记入日志。")
        account_rows.matrix()


def _once(name: str, secret: str, hours: int) -> None:
    with st.container(border=True):
        st.text(f"{name}的一次性链接（{hours} 小时内有效，只显示这一次，只能用一次）：")
        st.code(f"{_origin()}{base()}/sign-in/key/{secret}", language=None)
        st.caption("请当面或经可靠渠道交给本人。打开链接设置口令后，原口令、动态码和席位失效。")


def _origin() -> str:
    """As this browser reached us; "" where that is not known."""
    parts = (st.context.url or "").split("/")
    return "/".join(parts[:3]) if len(parts) >= 3 else ""


def _accounts(seat: Seat) -> None:
    rows = accounts(seat.record, at=seat.now)
    if seat.may(Action.MAKE_ACCOUNT):
        _make(seat)
    if not rows:
        st.info("还没有账户。", icon=":material/group:")
        return
    table = pd.DataFrame([_row(seat, each) for each in rows])
    st.dataframe(table, hide_index=True, width="stretch", key="accounts_table")
    by_id = {row.id: row for row in rows}
    picked = st.selectbox(
        "要处理的账户",
        list(by_id),
        index=None,
        placeholder="选择账户",
        format_func=lambda one: f"{by_id[one].name}（{by_id[one].login}）",
        key="accounts_pick",
    )
    if picked is not None and picked in by_id:
        _deeds(seat, by_id[picked])


def _row(seat: Seat, row: AccountRow) -> dict[str, object]:
    return {
        "登录名": row.login,
        "姓名": row.name,
        "角色": row.role.label,
        "单位": seat.agency(row.agency_id) if row.agency_id else "",
        "状态": account_rows.state(row),
        "动态码": "已启用" if row.has_second_factor else "",
        "统一身份": "已绑定" if row.unified_id else "",
        "最近操作": clock(row.seen_at) if row.seen_at else "从未登录",
        "席位": row.desks,
    }


def _make(seat: Seat) -> None:
    with st.expander("新建账户", icon=":material/person_add:"):
        login = st.text_input("登录名", max_chars=60, key=_key("login"))
        name = st.text_input("姓名（操作署名）", max_chars=20, key=_key("name"))
        role, agency = _role(seat, "make", Role.DUTY_OFFICER, None)
        st.caption("新账户没有口令；有安全管理员时，由其授予角色后启用，再发一次性链接。")
        if st.button("新建账户", type="primary", key="accounts_make"):
            new = acts.NewAccount(login=login, name=name, role=role, agency_id=agency)
            _do(partial(acts.make_account, seat.record, seat.actor, new), "账户已新建。")


def _role(seat: Seat, form: str, role: Role, agency: str | None) -> tuple[Role, str | None]:
    roles, agencies = list(Role), list(seat.agencies)
    chosen = st.selectbox(
        "角色",
        roles,
        index=roles.index(role),
        format_func=lambda one: one.label,
        key=_key(f"{form}_role"),
    )
    if chosen is not Role.AGENCY_OFFICER:
        return chosen, None
    at = agencies.index(agency) if agency in agencies else None
    unit = st.selectbox(
        *("单位", agencies),
        index=at,
        format_func=seat.agency,
        placeholder="选择单位",
        key=_key(f"{form}_agency"),
    )
    return chosen, unit


def _deeds(seat: Seat, row: AccountRow) -> None:
    record, actor = seat.record, seat.actor
    with st.container(border=True):
        st.text(f"{row.name}（{row.login}）　{row.role.label}　{account_rows.state(row)}")
        if seat.may(Action.GRANT_ROLE):
            role, agency = _role(seat, f"grant_{row.id}", row.role, row.agency_id)
            if st.button("授予角色并启用", key="accounts_grant"):
                give = partial(acts.grant_role, record, actor, row.id, row.version, role, agency)
                _do(give, f"{row.name}现在是{role.label}。")
        if seat.may(Action.INVITE):
            sure = st.checkbox("我已核实本人身份", key=_key(f"sure_{row.id}"))
            if st.button("发放一次性链接", disabled=not sure, key="accounts_invite"):
                _do(partial(_invite, seat, row), "链接已生成；之前未用的链接作废。")
        if unified.configured(base()) and seat.may(Action.INVITE):
            _bind(seat, row)
        if (
            row.locked_until
            and seat.may(Action.UNLOCK_ACCOUNT)
            and st.button("解除锁定", key="accounts_unlock")
        ):
            _do(partial(acts.unlock_account, record, actor, row.id, row.version), "已解除锁定。")
        _with_reason(seat, row)


def _bind(seat: Seat, row: AccountRow) -> None:
    subject = st.text_input(
        "统一身份标识（留空为解除）",
        row.unified_id or "",
        max_chars=LONGEST,
        key=_key(f"city_{row.id}"),
    )
    if st.button("绑定统一身份", disabled=subject == (row.unified_id or ""), key="accounts_bind"):
        do = partial(bind, seat.record, seat.actor, row.id, row.version, subject)
        _do(do, "统一身份已绑定。" if subject.strip() else "统一身份已解除。")


def _with_reason(seat: Seat, row: AccountRow) -> None:
    record, actor = seat.record, seat.actor
    closes, ends = seat.may(Action.CHANGE_ACCOUNT), seat.may(Action.END_SESSION) and row.desks > 0
    if not (closes or ends):
        return
    reason = st.text_input("理由", max_chars=200, key=_key(f"reason_{row.id}"))
    label = "停用账户（席位立即退出）" if row.active else "重新启用账户"
    if closes and st.button(label, disabled=not reason.strip(), key="accounts_close"):
        turn = partial(acts.set_active, record, actor, row.id, row.version, not row.active, reason)
        _do(turn, "账户已停用。" if row.active else "账户已启用。")
    told = f"强制退出全部席位（{row.desks} 个）"
    if ends and st.button(told, disabled=not reason.strip(), key="accounts_end"):
        _do(partial(acts.end_sessions, record, actor, row.id, reason), "席位已全部退出。")


def _invite(seat: Seat, row: AccountRow) -> None:
    rules = desk.entrance().rules
    secret = invite(seat.record, seat.actor, row.id, rules)
    st.session_state[_LINK] = (row.name, secret, rules.link.hours)


def _sessions(seat: Seat) -> None:
    found = sessions(seat.record, at=seat.now)
    if not found:
        st.info("现在没有人登录。", icon=":material/group:")
        return
    if len(found) == MOST:
        st.warning(f"只列出最近操作的 {MOST} 个席位。")
    table = pd.DataFrame(
        [
            {
                "姓名": each.name,
                "角色": each.role.label,
                "登录方式": each.means.label,
                "登录时间": clock(each.began_at),
                "最近操作": clock(each.seen_at),
                "地址": each.address,
            }
            for each in found
        ]
    )
    st.dataframe(table, hide_index=True, width="stretch", key="accounts_sessions")
    if seat.may(Action.END_SESSION):
        st.caption("要强制退出，请在“账户”中选定本人。")


def _do(action: Callable[[], object], said: str) -> None:
    if desk.attempt(action):
        st.session_state[_SAID] = said
        st.session_state[_FORM] = st.session_state.get(_FORM, 0) + 1
        st.rerun()


def _key(name: str) -> str:
    return f"accounts_{name}_{st.session_state.get(_FORM, 0)}"


page()
