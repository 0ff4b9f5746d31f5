"""态势总览: the live map with the queue beside it."""

import streamlit as st

from dashboard import desk, maps, pressing, tickets

desk.page_header("态势总览")
pressing.strip()
told = maps.show(
    maps.situation(tickets.mint(), desk.incident_in_url()), key="situation_map", height=720
)

# Each message of the layer is numbered: an old one, seen again when the page is drawn anew, must
# not act a second time.
if told.get("seq", 0) > st.session_state.get("situation_seq", 0):
    st.session_state["situation_seq"] = told["seq"]
    chosen = told.get("incident_id")
    if told.get("open") and chosen:
        desk.open_incident(int(chosen))
    elif chosen:
        st.query_params["incident"] = chosen
    elif "incident_id" in told:
        st.query_params.pop("incident", None)
