"""On every page: scripts of ours that notice a broken line and keep what was typed meanwhile."""

import streamlit as st

from dashboard.downloads import base

_HIDDEN = "<style>.st-key-guard { display: none; }</style>"


def stand() -> None:
    """Constant scripts; what each says of itself is in live_layer/."""
    names = ("guard", "drafts", "pulse")
    scripts = "".join(f'<script src="{base()}/live/{name}.js"></script>' for name in names)
    st.html(_HIDDEN)
    with st.container(key="guard"):
        st.html(scripts, unsafe_allow_javascript=True)
