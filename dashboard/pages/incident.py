"""事件处置: one incident on one screen: what it is, who said what, what is being done about it."""

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from dashboard import desk, pressing, pulse_feed, words
from dashboard.acts import action_row
from dashboard.asked import answer, waiting
from dashboard.assign import adjusting, joint_response
from dashboard.cards import facts, head
from dashboard.choose import choose, open_here
from dashboard.kinship import decide, links
from dashboard.knowledge import knowledge
from dashboard.needs import needs_of_incident
from dashboard.seat import Seat, reading, take_seat
from dashboard.undo_bar import undo_bar
from dashboard.voices import raw, story, voices
from linkage.desk.find import incident_id_of
from linkage.desk.late_casualties import told_after_close
from linkage.desk.queries import Case, Pulse, pulse, read_case
from linkage.desk.situating import figures_of, situation_of
from linkage.plan.grading import GradeProposal, propose_grade
from linkage.plan.regrading import regrading
from linkage.plan.run_cards import Situation
from linkage.response.involved import involved
from linkage.vocabulary import Role

# The ages; a colleague's act, a new report, an agency's answer is told at once by pulse_feed.py.
WATCH_EVERY = "5s"
# The page itself never scrolls: what stands above takes its lines, the columns share what is left,
# and each scrolls by itself.
COLUMN_HEIGHT = 600
_MAIN = '[data-testid="stMainBlockContainer"]:has(.st-key-incident_known)'
_ROW = '[data-testid="stHorizontalBlock"]:has(.st-key-incident_known)'
_EACH = ":is(.st-key-incident_known, .st-key-incident_told, .st-key-incident_done)"
_TALL = f"""<style>
{_MAIN} {{ height: 100vh; box-sizing: border-box; overflow: hidden; }}
{_MAIN} > [data-testid="stVerticalBlock"] {{ height: 100%; }}
[data-testid="stLayoutWrapper"]:has(> [data-testid="stHorizontalBlock"] .st-key-incident_known) {{
  flex: 1 1 0; min-height: 300px; }}
{_ROW}, [data-testid="stColumn"]:has(> * > * > {_EACH}) {{ height: 100%; }}
[data-testid="stLayoutWrapper"]:has(> {_EACH}) {{ height: 100% !important;
  flex: 1 1 0; min-height: 0; }}
{_EACH} {{ height: 100% !important; }}
[data-testid=stTable] :is(th, td):is(:first-child, :nth-child(3)) {{ white-space: nowrap; }}
html[lang=en] .st-key-incident_facts > * > * > :first-child,
html[lang=en] .st-key-incident_facts > * > * > :first-child * {{ min-width: 80px; }}
</style>"""


# No counts in the labels: a label that changes would throw the reader to the first tab.
_TABS: dict[str, Callable[[Case, Seat], None]] = {
    "来报": voices,
    "时间线": story,
    "知识": knowledge,
    "关联": links,
    "原始报文": raw,
}


def page() -> None:
    desk.page_header("事件处置")
    seat = take_seat()
    answer()
    asked = st.query_params.get("incident", "").strip()
    with reading():
        incident_id = incident_id_of(seat.record, asked) if asked else None
        if incident_id is None and seat.actor.role is Role.AGENCY_OFFICER:
            st.info("请从“联动任务”打开本单位参与的事件。", icon=":material/info:")
        elif incident_id is None:
            choose(asked, seat)
        else:
            _one(incident_id, seat)


def _one(incident_id: int, seat: Seat) -> None:
    seen = pulse(seat.record, incident_id)
    case = read_case(seat.record, incident_id, seat.now)
    if case is None:
        choose(str(incident_id), seat)
        return
    if not _may_see(case, seat):
        st.info("本事件没有本单位的联动任务或需求，不能查看。", icon=":material/lock:")
        return
    if case.incident.exercise:
        drill = "演练事件：下达的指令标明“演练”，不计入统计。"
        st.info(drill, icon=":material/theater_comedy:")
    _head(case, seen, seat)
    if case.merged_into is not None:
        _merged(case.merged_into)
    proposed = _grade(case)
    _regrade(case, proposed, seat)
    action_row(case, proposed, seat)
    _columns(case, situation_of(case), seat)


def _may_see(case: Case, seat: Seat) -> bool:
    """A department sees what it takes part in: by a task or a need, merged or not."""
    if seat.actor.role is not Role.AGENCY_OFFICER:
        return True
    with seat.record.read() as cx:
        return involved(cx, seat.actor.agency_id or "", case.incident.id)


@st.fragment(run_every=WATCH_EVERY)
def _head(case: Case, seen: Pulse, seat: Seat) -> None:
    """The two lines of the head and what presses, true to five seconds; the page runs anew when
    anything changed."""
    pulse_feed.watch(case.incident.id)
    with reading():
        if waiting() or pulse(seat.record, case.incident.id) != seen:
            st.rerun(scope="app")
    now = datetime.now(UTC)
    head(case.incident, case.warnings, now, lambda: undo_bar(case, seat, now))
    pressing.line(case.incident.id)


def _merged(into: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(f"本事件已并入 {into}，请到 {into} 处置。", icon=":material/merge:")
        st.button(f"打开 {into}", key="incident_open_merged", on_click=open_here, args=(into,))


def _columns(case: Case, situation: Situation, seat: Seat) -> None:
    wide = adjusting(case.incident)
    known, told, done = st.columns([0.22, 0.2, 0.58] if wide else [0.25, 0.4, 0.35], gap="small")
    st.html(_TALL)
    with known.container(height=COLUMN_HEIGHT, key="incident_known"):
        facts(case.incident, seat)
    with told.container(height=COLUMN_HEIGHT, key="incident_told", gap="small"):
        decide(case, seat)
        # Only the open one is drawn: five at each change cost every looker's browser 0.2 s.
        tabs = st.tabs(list(_TABS), key="incident_tabs", on_change="rerun")
        for tab, draw in zip(tabs, _TABS.values(), strict=True):
            if tab.open:
                with tab:
                    draw(case, seat)
    with done.container(height=COLUMN_HEIGHT, key="incident_done"):
        st.markdown("##### 联动处置")
        joint_response(case, situation, seat)
        needs_of_incident(case.incident, seat)


def _regrade(case: Case, proposed: GradeProposal, seat: Seat) -> None:
    """Casualties told after the grade, or after the end: what the law wants done about them."""
    it = case.incident
    late, tables = told_after_close(case), desk.grading()
    found = regrading(it.event_code, it.grade, proposed, it.occurred_at, late, seat.now, tables)
    if found is not None and found.due:
        st.warning(words.plain(found.words), icon=":material/gavel:")
    elif found is not None:
        st.info(words.plain(found.words), icon=":material/gavel:")


def _grade(case: Case) -> GradeProposal:
    it = case.incident
    facts = figures_of(case)
    return propose_grade(it.kind, it.event_code, it.casualties, facts, tables=desk.grading())


page()
