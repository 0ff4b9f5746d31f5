"""统计研判, the question: which incidents, and as of when. Asked once, it stays asked."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from linkage.areas import AREAS
from linkage.figures.selection import NO_AREA, Period, Selection, area_name, span_of
from linkage.kinds import Kind
from linkage.record import BEIJING

REAL, EXERCISE = "实战", "演练"
Days = tuple[date, date] | None


def ask(source_names: Mapping[str, str]) -> tuple[Selection, datetime]:
    """What is asked, and when it was: that moment stays until the question or 刷新 changes it.

    So tables, map and export speak of the same incidents, however long they are looked at.
    """
    top = st.columns([4, 2, 2, 1.4, 1], vertical_alignment="bottom")
    period = _period(top[0])
    kind, source_id = _kind(top[1]), _source(top[2], source_names)
    exercise = (
        top[3].segmented_control(
            "数据", [REAL, EXERCISE], default=REAL, required=True, key="analysis_nature"
        )
        == EXERCISE
    )
    refresh = top[4].button("刷新", icon=":material/refresh:", key="analysis_refresh")
    below = st.columns([4, 6.4], vertical_alignment="bottom")
    days = _days(below[0]) if period is Period.CUSTOM else None
    areas = _areas(below[1 if days else 0])
    chosen = (period, days, kind, source_id, exercise, areas)
    if refresh or st.session_state.get("analysis_chosen") != chosen:
        st.session_state["analysis_chosen"] = chosen
        st.session_state["analysis_at"] = datetime.now(UTC).replace(microsecond=0)
    at: datetime = st.session_state["analysis_at"]
    since, until = span_of(period, at, *(days or (None, None)))
    selection = Selection(
        since=since,
        until=until,
        kinds=(Kind(kind),) if kind else (),
        areas=areas,
        source_id=source_id,
        exercise=exercise,
    )
    return selection, at


def _period(where: DeltaGenerator) -> Period:
    picked = where.segmented_control(
        "统计时段",
        [period.value for period in Period],
        default=Period.DAY.value,
        required=True,
        format_func=lambda value: Period(value).label,
        key="analysis_period",
    )
    return Period(picked)


def _kind(where: DeltaGenerator) -> str:
    return where.selectbox(
        "事件类别",
        ["", *(kind.value for kind in Kind)],
        format_func=lambda value: Kind(value).label if value else "全部类别",
        key="analysis_kind",
    )


def _source(where: DeltaGenerator, names: Mapping[str, str]) -> str:
    return where.selectbox(
        "接入系统",
        ["", *names],
        format_func=lambda value: names.get(value, "全部系统"),
        key="analysis_source",
    )


def _areas(where: DeltaGenerator) -> tuple[str, ...]:
    picked = where.pills(
        "区县（不选即全部）",
        [*AREAS, NO_AREA],
        selection_mode="multi",
        format_func=area_name,
        key="analysis_areas",
    )
    return tuple(picked)


def _days(where: DeltaGenerator) -> Days:
    today = datetime.now(BEIJING).date()
    picked = where.date_input(
        "起止日期（含首尾）",
        (today - timedelta(days=6), today),
        max_value=today,
        format="YYYY-MM-DD",
        key="analysis_days",
    )
    # Between the two clicks of the calendar there is only a first day.
    return (picked[0], picked[-1]) if isinstance(picked, tuple) and picked else None
