"""试运行 and 重读: what a changed sources.toml would do, and what a new one does."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, desk
from dashboard.seat import Seat
from dashboard.words import plain


def compared(result: dict[str, Any], seat: Seat) -> None:
    """The last messages read both ways: counts, which fields, and the differences one by one."""
    counts = result["counts"]
    if not counts["read"]:
        st.info("库里没有可读的报文。", icon=":material/inbox:")
        return
    heads = ["", "接收", "拒收"]
    rows = [
        [
            charts.text(name),
            charts.number(counts[side]["accepted"]),
            charts.number(counts[side]["refused"]),
        ]
        for name, side in (("现行", "before"), ("改后", "after"))
    ]
    note = f"最近 {counts['read']:,} 条；没有写入"
    charts.show(charts.STYLE + charts.table("试运行结果", heads, rows, note=note))
    if not counts["changed"]:
        st.success("两份配置读出的结果完全相同。", icon=":material/check_circle:")
        return
    with st.container(horizontal=True, gap="small"):
        st.badge(f"有变化 {counts['changed']:,}", color="blue")
        st.badge(f"拒收变接收 {counts['now_accepted']:,}", color="green")
        worse = counts["now_refused"]
        st.badge(f"接收变拒收 {worse:,}", color="red" if worse else "gray")
    for source_id, fields in result["sources"].items():
        listed = "，".join(f"{name} {count:,}" for name, count in fields.items())
        st.text(f"{seat.source(source_id)}：{listed}")
    found = result["differences"]
    table = pd.DataFrame(
        {
            "报文": str(one["id"]) + (f" 第 {one['part']} 段" if one["part"] else ""),
            "接入系统": seat.source(one["source_id"]),
            "字段": one["field"],
            "现行": one["before"],
            "改后": one["after"],
        }
        for one in found
    )
    st.dataframe(
        table,
        hide_index=True,
        height="content" if len(found) < 9 else 360,
        column_config={
            name: st.column_config.TextColumn(width=width)
            for name, width in (("报文", 110), ("接入系统", 130), ("字段", 130))
        },
        alt="对照表",
    )


def reloaded(number: int, result: dict[str, Any], seat: Seat) -> None:
    """`number`: of the errand; two reloads may answer the same."""
    names = {"added": "新增", "removed": "删除", "changed": "改动"}
    parts = [
        f"{word}：{'、'.join(seat.source(i) for i in result[key])}"
        for key, word in names.items()
        if result[key]
    ]
    parts += [f"改动的表：{'、'.join(result['tables'])}"] if result.get("tables") else []
    said = f"接入进程已换用新的配置，共 {result['sources']} 个接入系统。"
    st.success(
        plain(said + ("；".join(parts) or "内容没有变化") + "。"), icon=":material/check_circle:"
    )
    if parts and st.session_state.get("intake_reread") != number:
        # This process has read the files too, for names, places and character sets.
        st.session_state["intake_reread"] = number
        desk.forget_tables()
        st.rerun()
