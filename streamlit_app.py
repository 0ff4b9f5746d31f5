"""The dashboard's front door: `streamlit run streamlit_app.py`.

Streamlit finds `app` below and serves it: the live feed's routes and the pages. The same file is
then run once for every turn of every browser, and draws the page that the browser is on.
"""

import sys
from collections.abc import Callable

import streamlit as st
from streamlit import runtime

from dashboard import (
    desk,
    downloads,
    feed,
    fence,
    front_page,
    gate,
    guard,
    mishap,
    prints,
    refusals,
    tiles,
    unified,
    who_is_there,
    words,
)
from dashboard.entrance import Entrance
from dashboard.sign_in import SignIn
from linkage.access.sitting import Gone, Sitting
from linkage.access_vocabulary import View
from linkage.errors import BadConfig
from linkage.people import HOME, SEES
from linkage.record import Record
from linkage.response.agencies import load_agencies
from linkage.settings import load_settings

PAGES = (
    View.SITUATION,
    View.WALL,
    View.INCIDENT,
    View.RESPONSES,
    View.DEPARTMENT,
    View.REPORTS,
    View.WARNINGS,
    View.DUTY,
    View.EXERCISE,
    View.INTAKE,
    View.ANALYSIS,
    View.ACCOUNTS,
    View.AUDIT,
    View.OWN,
)


def draw() -> None:
    # A local picture: a material icon here would be fetched from the internet.
    st.set_page_config(page_title="应急联动指挥", page_icon=str(words.FAVICON), layout="wide")
    guard.stand()
    here = desk.sitting()
    if isinstance(here, Gone):
        who_is_there.gone(here)
        return
    role = here.actor.role
    first = View.OWN if here.unready else HOME[role]
    first = first if first in PAGES else View.OWN
    pages = [
        st.Page(
            f"dashboard/pages/{view.value}.py" if role in SEES[view] else refusing(here, view),
            title=view.label,
            url_path=view.value,
            default=view is first,
            visibility="visible" if role in SEES[view] else "hidden",
        )
        for view in PAGES
        if view is first or not here.unready
    ]
    st.navigation(pages, position="top").run()


def refusing(here: Sitting, view: View) -> Callable[[], None]:
    def page() -> None:
        refusals.note_page(desk.record(), here, view.label)
        desk.page_header("没有权限")
        who_is_there.not_yours(here, view)

    return page


if runtime.exists():
    draw()
else:
    try:
        settings = load_settings()
        tiles.check()
        base = downloads.base()
        by_city = unified.configured(base)
        agencies = load_agencies(settings.tables / "agencies.toml")
    except BadConfig as why:
        sys.exit(f"无法启动：{why}")
    mishap.number_them()
    entrance = gate.Entrances(lambda: Entrance(Record(settings.database_url), settings))
    signing_in = SignIn(
        entrance, base, {each.id: each.name for each in agencies.values()}, by_city=by_city
    )
    live = feed.Feed(entrance)
    # Streamlit looks for this very assignment before it runs the file.
    app = st.App(
        __file__,
        lifespan=live.lifespan,
        routes=[*signing_in.routes(), *live.routes(), *downloads.routes(), *prints.routes()],
        middleware=[
            *fence.middleware(),
            *gate.middleware(entrance, base, unified=by_city),
            *front_page.middleware(base),
        ],
    )
