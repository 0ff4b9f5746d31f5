"""The files of facts of 预警发布, read once a process."""

import streamlit as st

from dashboard import desk
from linkage.warnings.preparing import WarningResponses, load_warning_responses
from linkage.warnings.public_words import PublicWords, load_public_words


@st.cache_resource
def public_words() -> PublicWords:
    return load_public_words(desk.settings().tables / "public_warnings.toml")


@st.cache_resource
def warning_responses() -> WarningResponses:
    return load_warning_responses(
        desk.settings().tables / "warning_responses.toml", desk.agencies()
    )
