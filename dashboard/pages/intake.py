"""接入状态: are all nineteen systems heard, do the accounts balance, what was refused and why."""

from datetime import UTC, datetime

import streamlit as st

from dashboard import desk, intake_tables, stations
from dashboard.asked import answer
from dashboard.intake_doubts import codes, security
from dashboard.mending import is_asked_for, refused
from dashboard.seat import take_seat
from dashboard.trying import tables
from linkage.figures.intake_status import IntakeStatus, intake_status
from linkage.figures.kept import Imbalance, imbalances
from linkage.figures.selection import snapshot
from linkage.record import UNAVAILABLE


# One reading serves all desks that look within two seconds.
@st.cache_data(ttl=2, show_spinner=False)
def read(url: str) -> tuple[datetime, IntakeStatus]:  # noqa: ARG001 - the key of the cache
    now = datetime.now(UTC)
    with snapshot(desk.record(), now) as (cx, _):
        return now, intake_status(cx, desk.sources(), list(desk.agencies()), now)


# Counts every message ever kept, so once a minute for all desks together.
@st.cache_data(ttl=60, show_spinner=False)
def checked(url: str) -> tuple[datetime, list[Imbalance]]:  # noqa: ARG001
    now = datetime.now(UTC)
    with snapshot(desk.record(), now) as (cx, _):
        return now, imbalances(cx)


@st.fragment(run_every="5s")
def systems() -> None:
    url = desk.settings().database_url
    try:
        now, status = read(url)
        at, differences = checked(url)
    except UNAVAILABLE:
        st.error(desk.AWAY, icon=":material/cloud_off:")
        return
    intake_tables.summary(status)
    intake_tables.verdict(status, at, differences)
    security(status, desk.sources(), desk.agencies(), now)
    intake_tables.sources(status, desk.sources(), desk.agencies(), now)
    codes(status, desk.sources())


@st.fragment(run_every="5s")
def ways_out() -> None:
    try:
        now, status = read(desk.settings().database_url)
    except UNAVAILABLE:
        return  # said above
    intake_tables.agencies(status, desk.agencies(), now)
    intake_tables.services(status, now)


desk.page_header("接入状态")
seat = take_seat()
answer()
if is_asked_for():
    refused(seat)
    systems()
else:
    systems()
    refused(seat)
tables(seat)
stations.section()
ways_out()
