"""指挥总览: the large screen of the duty room; nobody touches it, all read it from five metres."""

import streamlit as st

from dashboard import maps

# The screen belongs to the picture: no header, no margins, nothing that dims while a turn runs,
# and none of Streamlit's own notices when the line breaks, for the picture says it larger.
_BARE = """<style>
[data-testid="stHeader"], [data-testid="stToolbar"], [data-testid="stStatusWidget"],
[data-testid="stDecoration"], [data-testid="stSidebar"], [role="dialog"] { display: none; }
[data-testid="stApp"], [data-testid="stMain"] { overflow: hidden; }
[data-stale="true"] { opacity: 1 !important; }
iframe { position: fixed !important; inset: 0; width: 100vw !important; height: 100vh !important;
  z-index: 1000; border: 0; }
</style>"""

st.html(_BARE)
maps.show(maps.wall(), key="wall", height=1080)
