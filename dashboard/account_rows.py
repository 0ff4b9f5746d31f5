"""Accounts, stays and rights as rows and sentences; nothing here writes."""

import pandas as pd
import streamlit as st

from linkage.access.sessions import AccountRow, Session
from linkage.access_vocabulary import View
from linkage.actions import Action
from linkage.beijing import clock
from linkage.people import MAY, SEES
from linkage.vocabulary import Role


def state(row: AccountRow) -> str:
    if row.cast:
        return "演示角色"
    if not row.active:
        return "停用或待授权"
    if row.locked_until:
        return f"锁定至 {clock(row.locked_until)}"
    if not row.has_password and not row.unified_id:
        return "未设口令"
    return "正常"


def open_desks(stay: Session, this: int | None = None) -> str:
    """One stay as a sentence. `this`: the stay of who reads it."""
    mark = "（本席位）" if stay.id == this else ""
    return (
        f"{clock(stay.began_at)} 起{mark}，最近操作 {clock(stay.seen_at)}，"
        f"{stay.means.label}，{stay.address or '地址不明'}，{_browser(stay.agent)}"
    )


def rights(role: Role) -> None:
    """What one role sees and does."""
    pages = "、".join(view.label for view in View if role in SEES[view])
    acts = "、".join(action.label for action in Action if role in MAY.get(action, ()))
    st.text(f"页面：{pages or '无'}")
    st.text(f"操作：{acts or '无'}")
    if role is Role.AGENCY_OFFICER:
        st.text("只限本单位的联动任务。")


def matrix() -> None:
    """Roles across, pages and actions down: drawn from the one table that is enforced."""
    rows = [("页面", view.label, SEES[view]) for view in View]
    rows += [("操作", action.label, MAY.get(action, frozenset())) for action in Action]
    table = pd.DataFrame(
        [
            {"类别": kind, "名称": label}
            | {role.label: "✓" if role in allowed else "" for role in Role}
            for kind, label, allowed in rows
        ]
    )
    st.dataframe(table, hide_index=True, width="stretch", height=480, key="accounts_matrix")


def _browser(agent: str) -> str:
    names = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
    return next((name for sign, name in names if sign in agent), "其他浏览器")
