"""接入状态, sources.toml: try a changed file on the last messages; take one into use."""

from functools import partial

import streamlit as st

from dashboard.asked import ask
from dashboard.errand_watch import panel, send
from dashboard.seat import Seat, reading
from linkage.actions import Action
from linkage.errors import NotAllowed
from linkage.intake.errands import ErrandKind

_COUNTS = (100, 1_000, 5_000, 20_000)
_SCOPE = "sources"


def tables(seat: Seat) -> None:
    with (
        st.expander("接入配置：试运行与重新读取", icon=":material/rule:", key="intake_tables"),
        reading(),
    ):
        st.caption(
            "先在接入服务器上改好 sources.toml（或在此上传一份），试运行看会怎样，再换用；"
            "试运行只读最近的报文，什么也不写入。换用时 data 里的各表一同重读，有误则都保留原来的。"
        )
        _try(seat)
        panel(_SCOPE, seat)


def _try(seat: Seat) -> None:
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        st.selectbox("最近", _COUNTS, index=1, format_func=lambda n: f"{n:,} 条", key="intake_last")
        st.selectbox(
            "接入系统",
            ["", *seat.sources],
            format_func=lambda i: seat.source(i) if i else "全部系统",
            key="intake_try_source",
        )
        may_try = seat.may(Action.REDRIVE)
        for key, label, uploaded in (
            ("intake_dry_disk", "试运行服务器上的文件", False),
            ("intake_dry_upload", "试运行上传的文件", True),
        ):
            st.button(
                label,
                key=key,
                icon=":material/experiment:",
                disabled=not may_try,
                on_click=ask,
                args=(partial(_dry_run, seat, uploaded), "已请接入进程试运行。"),
            )
        st.button(
            "换用服务器上的文件",
            key="intake_reload",
            icon=":material/sync:",
            disabled=not seat.may(Action.RELOAD),
            help="由值班长或指挥员执行",
            on_click=ask,
            args=(
                partial(send, seat, ErrandKind.RELOAD, _SCOPE, {}),
                "已请接入进程重新读取。",
            ),
        )
    st.file_uploader("改动后的 sources.toml", type="toml", key="intake_file", max_upload_size=1)


def _dry_run(seat: Seat, uploaded: bool) -> None:
    held = st.session_state
    payload = None
    if uploaded:
        file = held.get("intake_file")
        if file is None:
            raise NotAllowed("请先上传改动后的 sources.toml。")
        payload = file.getvalue()
    detail = {"last": held["intake_last"], "source": held["intake_try_source"] or None}
    send(seat, ErrandKind.DRY_RUN, _SCOPE, detail, payload)
