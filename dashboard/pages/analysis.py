"""统计研判: figures of a period that add up, reproduce and can be taken along."""

from datetime import datetime

import streamlit as st

from dashboard import charts, density, desk, downloads, figure_tables, question, words
from linkage.figures.density import Density
from linkage.figures.density import density as count_density
from linkage.figures.export import Format, Order
from linkage.figures.response_times import ResponseTimes, response_times
from linkage.figures.selection import Selection, snapshot
from linkage.figures.statistics import Figures, figures
from linkage.record import UNAVAILABLE
from linkage.sources import OURSELVES

VIEWS = ("概况", "接入系统", "响应时间", "空间分布", "导出")
SQUARES = {0.5: "0.5 公里", 1.0: "1 公里", 2.0: "2 公里", 5.0: "5 公里"}


def names() -> dict[str, str]:
    named = {source_id: source.name for source_id, source in desk.sources().items()}
    return named | {OURSELVES: words.OWN_NAME}


# Kept for a while: going from view to view asks the same question of the same cut.
@st.cache_data(ttl=600, max_entries=64, show_spinner="正在统计…", hash_funcs={Selection: repr})
def counted(url: str, asked: Selection, at: datetime) -> Figures:  # noqa: ARG001
    with snapshot(desk.record(), at) as (cx, cut):
        return figures(cx, cut, asked, names())


@st.cache_data(ttl=600, max_entries=64, show_spinner="正在统计…", hash_funcs={Selection: repr})
def timed(url: str, asked: Selection, at: datetime) -> ResponseTimes:  # noqa: ARG001
    with snapshot(desk.record(), at) as (cx, _):
        return response_times(cx, asked, at)


@st.cache_data(ttl=600, max_entries=64, show_spinner="正在统计…", hash_funcs={Selection: repr})
def gridded(url: str, asked: Selection, at: datetime, size_km: float) -> Density:  # noqa: ARG001
    with snapshot(desk.record(), at) as (cx, _):
        return count_density(cx, asked, size_km)


def spread(url: str, asked: Selection, at: datetime) -> None:
    size = st.segmented_control(
        "方格边长",
        list(SQUARES),
        default=1.0,
        required=True,
        format_func=SQUARES.__getitem__,
        key="analysis_square",
    )
    found = gridded(url, asked, at, size or 1.0)
    if not found.cells:
        st.info("所选事件都没有可用的坐标，无法成图。")
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        density.draw(found, "analysis_density")
        drawn = density.legend(found, density.palette().classes)
        charts.show(charts.STYLE + charts.legend(drawn.names, drawn.colours))
    with right:
        figure_tables.fullest(found)
        total = found.counted + found.elsewhere + found.unlocated
        st.caption(
            f"图上 {found.counted:,} 起 ＋ 坐标在市域外或存疑 {found.elsewhere:,} 起"
            f" ＋ 待定位 {found.unlocated:,} 起 ＝ {total:,} 起。"
            "底图：区县界 天地图（概略，审图号未核），海岸与河流 GSHHG、WDB-II。"
        )


def take_along(asked: Selection, at: datetime) -> None:
    st.markdown("导出所选事件的明细，字段为中文；Excel 另附汇总、时段、响应时间与数据字典。")
    why = st.text_input(
        "用途（必填，写入处置记录）", max_chars=200, key="analysis_why", placeholder="例：周报"
    ).strip()
    if asked.exercise:
        st.warning("导出的是演练数据，文件名和内容均已注明。", icon=":material/theater_comedy:")
    order = Order(actor=desk.actor(), why=why, selection=asked, source_names=names(), at=at)
    with st.container(horizontal=True):
        for form in Format:
            st.link_button(
                f"导出 {form.label}",
                downloads.address(desk.record(), order, form) if why else "about:blank",
                icon=":material/download:",
                disabled=not why,
                key=f"analysis_export_{form.value}",
            )
    st.caption(
        "不含报警人信息；文字中的电话、证件号和写明的姓名已脱敏，像公式的文字已作无害处理。"
        "链接十分钟内有效；每次导出都记下何人、何时、为何、多少行。"
    )


def page() -> None:
    desk.page_header("统计研判")
    asked, at = question.ask(names())
    url = desk.settings().database_url
    try:
        answer = counted(url, asked, at)
    except UNAVAILABLE:
        st.error(desk.AWAY, icon=":material/cloud_off:")
        return
    if asked.exercise:
        st.warning("以下全部为演练数据，不得与实战数据相加。", icon=":material/theater_comedy:")
    st.caption(words.plain(f"{asked.question(names())}。{answer.cut}"))
    figure_tables.key_figures(answer)
    view = st.segmented_control(
        "视图",
        VIEWS,
        default=VIEWS[0],
        required=True,
        label_visibility="collapsed",
        key="analysis_view",
    )
    if not answer.total:
        st.info("所选条件下没有事件：可放宽时段、改选全部区县或类别，或切换实战与演练。")
        return
    if view == "概况":
        figure_tables.overview(answer)
    elif view == "接入系统":
        figure_tables.by_source(answer)
    elif view == "响应时间":
        figure_tables.response(timed(url, asked, at), desk.agencies())
    elif view == "空间分布":
        spread(url, asked, at)
    else:
        take_along(asked, at)


page()
