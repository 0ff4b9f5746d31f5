"""What every page starts from: the record, the files of facts, who sits here, the header strip."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NoReturn

import streamlit as st

from dashboard import audit_watch, duty_mark, exercise_mark, refusals, who_is_there, words
from dashboard.entrance import COOKIE, Entrance
from dashboard.rhythm import looking_every
from linkage.access.signed_record import SignedRecord
from linkage.access.sitting import Gone, Sitting
from linkage.actions import Action
from linkage.desk import freshness as fresh
from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.people import MAY, Actor
from linkage.plan.grading import GradeTables, load_grading
from linkage.plan.knowledge import Knowledge, load_knowledge
from linkage.plan.run_card_file import in_force, load_versions
from linkage.plan.run_cards import RunCards
from linkage.readings.telemetry import Telemetry, load_telemetry
from linkage.record import UNAVAILABLE, Record
from linkage.response.agencies import Agency, load_agencies
from linkage.response.coverage import Cover, load_coverage
from linkage.response.unit_states import UnitStates, load_unit_states
from linkage.settings import Settings, load_settings
from linkage.sources import Source, load_sources
from linkage.vocabulary import Role

# The strip is read again this often; the map page has the pushed feed besides.
STRIP_EVERY_S = 5
# Where a test puts what a browser would hold as its cookie.
TOKEN = "desk_token"  # noqa: S105
_LAST = "desk_last_sitting"
# A duty screen has no room for Streamlit's margins.
_TIGHT = """<style>
[data-testid="stMainBlockContainer"] { padding: 3.6rem 0.8rem 0.5rem; }
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] { gap: 0.5rem; }
[data-testid="stHeader"] { min-height: 3rem; height: 3rem; }
[data-testid="stMainBlockContainer"] h3 { padding: 0; margin: 0; white-space: nowrap; }
[data-testid="stHeading"] h3 { padding-bottom: 1rem !important; }
.st-key-desk_header { align-items: center; height: 2.75rem; }
/* A long answer is read whole, not behind Streamlit's English "view more". */
[data-testid="stToastText"] { display: block; -webkit-line-clamp: unset; }
[data-testid="stToastText"] { max-height: 40vh; overflow: auto; }
[data-testid="stToastViewButton"] { display: none; }
.st-key-desk_strip { overflow: hidden; white-space: nowrap; }
.st-key-desk_header [data-testid="stMarkdownContainer"],
.st-key-desk_header [data-testid="stMarkdownContainer"] p { margin: 0; }
</style>"""
AWAY = "数据库暂时连不上，刚才的操作没有写入。请稍候重试；超过一分钟请通知系统管理员。"

INCIDENT_PAGE = "dashboard/pages/incident.py"
REPORTS_PAGE = "dashboard/pages/reports.py"


@st.cache_resource
def settings() -> Settings:
    return load_settings()


@st.cache_resource
def record() -> Record:
    """One for the whole process: the pool inside is made for many threads."""
    return Record(settings().database_url)


@st.cache_resource
def sources() -> Mapping[str, Source]:
    return load_sources(settings().sources)


@st.cache_resource
def telemetry() -> Telemetry:
    return load_telemetry(settings().tables, sources())


@st.cache_resource
def agencies() -> Mapping[str, Agency]:
    return load_agencies(settings().tables / "agencies.toml", settings().contact_file)


@st.cache_resource
def card_versions() -> tuple[RunCards, ...]:
    return load_versions(settings().tables, agencies())


def run_cards() -> RunCards:
    """The version in force now: the next takes its place on its day, without a restart."""
    return in_force(card_versions(), datetime.now(UTC))


@st.cache_resource
def grading() -> GradeTables:
    return load_grading(settings().tables / "grading.toml")


@st.cache_resource
def knowledge() -> Knowledge:
    return load_knowledge(settings().tables)


@st.cache_resource
def unit_states() -> UnitStates:
    return load_unit_states(settings().tables / "unit_states.toml")


@st.cache_resource
def coverage() -> tuple[Cover, ...]:
    return load_coverage(settings().tables / "coverage.toml", agencies())


def forget_tables() -> None:
    """The intake has taken others into use: the next look reads them anew."""
    for kept in (sources, telemetry, agencies, card_versions, grading, knowledge):
        kept.clear()


@st.cache_resource
def entrance() -> Entrance:
    return Entrance(record(), settings())


def sitting() -> Sitting | Gone:
    """Who sits at this desk, read anew. While the database is away, who sat here last: nothing
    can be read or written then, and the screen must not go blank."""
    token = st.session_state.get(TOKEN) or st.context.cookies.get(COOKIE, "")
    try:
        found = entrance().sitting(str(token))
    except UNAVAILABLE:
        last: Sitting | Gone = st.session_state.get(_LAST, Gone(AWAY))
        return last
    st.session_state[_LAST] = found
    return found


def signed_record() -> SignedRecord:
    """The record as who sits here holds it. The page ends where nobody does."""
    found = sitting()
    if isinstance(found, Gone):
        who_is_there.gone(found)
        st.stop()
    return SignedRecord(record(), found, entrance().rules)


def actor() -> Actor:
    return signed_record().sitting.actor


def page_header(title: str) -> None:
    """The first line of every page: its name, whether the picture is fresh, who sits here."""
    st.html(_TIGHT)
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", key="desk_header"):
        st.markdown(f"### {title}")
        here = sitting()
        _strip(here)
        who_is_there.who(here, entrance())
    who_is_there.language(here, entrance())
    if _role_of(here) is not Role.AGENCY_OFFICER:  # it names what others owe
        audit_watch.banner(record(), numbers=_role_of(here) in MAY[Action.TELEPHONE])


def attempt(action: Callable[[], object]) -> bool:
    """Do `action`, a write. False if it was refused, with the reason on the screen."""
    try:
        action()
    except (Raced, NotAllowed, NotPermitted) as why:
        st.error(words.plain(str(why)), icon=":material/block:")
        refused(why)
    except UNAVAILABLE:
        st.error(AWAY, icon=":material/cloud_off:")
    else:
        return True
    return False


def refused(why: Exception) -> None:
    """Into the log, where somebody reached for what is not theirs."""
    if isinstance(why, NotPermitted):
        refusals.note(record(), sitting(), why, refusals.here_now())


def incident_in_url() -> int | None:
    """The incident that the address of this page names (`?incident=`), if it names one."""
    asked = st.query_params.get("incident", "")
    return int(asked) if asked.isascii() and asked.isdigit() else None


def open_incident(incident_id: int) -> NoReturn:
    """Go to 事件处置 with this incident."""
    st.switch_page(INCIDENT_PAGE, query_params={"incident": str(incident_id)})


def find_all(words: str) -> NoReturn:
    """Go to 事件处置 and look for `words` in the whole record."""
    st.session_state["incident_find"] = words
    st.switch_page(INCIDENT_PAGE)


def open_reports(number: str) -> NoReturn:
    """Go to 信息报送 with the incident of this number."""
    st.switch_page(REPORTS_PAGE, query_params={"incident": number})


def freshness(now: datetime) -> fresh.Freshness | None:
    """None when the database is away."""
    try:
        with record().read() as cx:
            return fresh.freshness(cx, sources(), now)
    except UNAVAILABLE:
        return None


def _role_of(here: Sitting | Gone) -> Role | None:
    return None if isinstance(here, Gone) else here.actor.role


@looking_every(STRIP_EVERY_S)
def _strip(drawn_for: Sitting | Gone) -> None:
    now = datetime.now(UTC)
    if who_is_there.another(drawn_for, sitting):
        st.rerun(scope="app")  # a role taken away, a stay ended: the page is no longer theirs
    state = freshness(now)
    # One line, always: a header that grows would push the map from under the officer's hand.
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", key="desk_strip"):
        exercise_mark.mark(record())
        if _role_of(drawn_for) is Role.AGENCY_OFFICER:
            return  # which systems are silent and who is on duty is the centre's own business
        for light in words.lights(state, now):
            st.badge(light.text, icon=light.icon, color=light.colour, help=light.help)
        duty_mark.mark(record())
