"""Placeholder; its part fills it."""

import streamlit as st

st.info("建设中")
