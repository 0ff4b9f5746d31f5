"""The dashboard's front door: `streamlit run streamlit_app.py`.

Streamlit finds `app` below and serves it: the live feed's routes and the pages. The same file is
then run once for every turn of every browser, and draws the page that the browser is on.
"""

import sys

import streamlit as st
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route
from streamlit import runtime

from dashboard import downloads, feed, fence, words
from linkage.errors import BadConfig
from linkage.settings import load_settings

PAGES = (
    ("dashboard/pages/situation.py", "态势总览", "situation"),
    ("dashboard/pages/incident.py", "事件处置", "incident"),
    ("dashboard/pages/responses.py", "联动任务", "responses"),
    ("dashboard/pages/reports.py", "信息报送", "reports"),
    ("dashboard/pages/warnings.py", "预警发布", "warnings"),
    ("dashboard/pages/duty.py", "值班", "duty"),
    ("dashboard/pages/exercise.py", "演练", "exercise"),
    ("dashboard/pages/intake.py", "接入状态", "intake"),
    ("dashboard/pages/analysis.py", "统计研判", "analysis"),
)


def _home(request: Request) -> RedirectResponse:
    """The first page has no path of its own; who noted this one finds it all the same."""
    return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/")


def draw() -> None:
    # A local picture: a material icon here would be fetched from the internet.
    st.set_page_config(page_title="应急联动指挥", page_icon=str(words.FAVICON), layout="wide")
    pages = [
        st.Page(path, title=title, url_path=name, default=name == "situation")
        for path, title, name in PAGES
    ]
    st.navigation(pages, position="top").run()


if runtime.exists():
    draw()
else:
    try:
        load_settings()
    except BadConfig as why:
        sys.exit(f"无法启动：{why}")
    live = feed.Feed()
    app = st.App(
        __file__,
        lifespan=live.lifespan,
        routes=[*live.routes(), *downloads.routes(), Route("/situation", _home)],
        middleware=fence.middleware(),
    )
