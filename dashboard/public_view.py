"""预警发布: one of our own warnings as the public would read it."""

from datetime import datetime

import streamlit as st

from dashboard import words
from dashboard.cards import WARNING_COLOUR
from linkage.exercise.marking import mark
from linkage.record import BEIJING
from linkage.warnings.legal import Text

TIME = "%Y-%m-%d %H:%M"


def said(at: datetime) -> str:
    return at.astimezone(BEIJING).strftime(TIME)


def public_view(text: Text, *, exercise: bool, issued_at: datetime | None) -> None:
    """As the public would read it: the eight fields and nothing else."""
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.caption("公众所见", width="content")
            if text.colour is not None:
                st.badge(f"{text.colour.label}预警", color=WARNING_COLOUR[text.colour])
            if exercise:
                st.badge("演练", icon=":material/theater_comedy:", color="violet")
        drill = mark(exercise=exercise)
        st.markdown(f"**{words.plain(drill + text.headline)}**")
        st.text(drill + text.notice)
        if text.measures.strip():
            st.text(f"应采取措施：{drill}{text.measures}")
        span = " 至 ".join(said(at) if at else "？" for at in (text.starts_at, text.expires_at))
        st.text(f"影响范围：{text.area}\n时间：{span}")
        when = said(issued_at) if issued_at else "审签时写入"
        st.caption(words.plain(f"发布单位：{text.issuer}　发布时间：{when}"))
