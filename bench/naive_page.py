"""The page that a tutorial gives: read all, a marker each, draw the map, sleep, run again.

Started by bench.desks as `streamlit run bench/naive_page.py`, on the same record as our desks.
"""

import os
import sqlite3
import time

import folium
import pandas as pd
import streamlit as st
from streamlit_folium import st_folium

COLOURS = {0: "gray", 1: "blue", 2: "orange", 3: "red", 4: "darkred"}

file = os.environ["LINKAGE_DATABASE_URL"].removeprefix("sqlite:///")
connection = sqlite3.connect(file)
open_ = "SELECT * FROM incident WHERE status NOT IN ('closed', 'merged', 'cancelled')"
incidents = pd.read_sql(open_, connection)
revision = connection.execute("SELECT revision FROM ledger").fetchone()[0]
connection.close()

st.set_page_config(layout="wide")
st.title("Incidents")
city = folium.Map([34.6, 119.2], zoom_start=9, tiles=None)
placed = incidents.dropna(subset=["lon", "lat"])
for lat, lon, rank in zip(placed["lat"], placed["lon"], placed["severity_rank"], strict=True):
    folium.CircleMarker([lat, lon], radius=6, color=COLOURS.get(rank, "gray")).add_to(city)
st_folium(city, height=600, width=1200, returned_objects=[])
st.dataframe(incidents[["number", "headline", "status", "claimed_by"]])
st.text(f"revision {revision}")
time.sleep(1)
st.rerun()
