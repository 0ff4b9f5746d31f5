"""就近力量: the units that could go to an incident, with reasons, and those that were sent."""

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from dashboard import desk, words
from dashboard.asked import Form, ask
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.areas import AREAS
from linkage.response import bookings
from linkage.response.bookings import Booking, agencies_of, booked
from linkage.response.coverage import gaps
from linkage.response.moves import LIVE
from linkage.response.nearest import Candidate, Nearest, nearest
from linkage.response.tasks import Task
from linkage.response.unit_list import read_units, scene_of

_SKIPPED = 6


def nearby(task: Task, seat: Seat, page: str) -> None:
    """For an agency that has units, and a task that still runs."""
    ours = agencies_of(task.agency_id, seat.agencies)
    units = read_units(seat.record, ours)
    if task.status not in LIVE or not units:
        return
    form, now = Form(f"{page}_units", task.id), datetime.now(UTC)
    with st.expander("就近力量", icon=":material/near_me:"):
        sent = [one for one in booked(seat.record) if one.assignment_id == task.id]
        for one in sent:
            _sent(one, seat, page)
        scene = scene_of(seat.record, task.incident_id)
        if scene is None:
            st.info("事件待定位，无法按距离推荐。", icon=":material/location_off:")
            return
        found = nearest(scene, units, now, desk.unit_states(), wanted=1)
        if found.words and not sent:
            st.warning(found.words, icon=":material/warning:")
        for candidate in found.candidates:
            _candidate(candidate, task, seat, form)
        _others(found, task, seat, form)
        _gaps(seat, now)


def _sent(one: Booking, seat: Seat, page: str) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.badge(f"已调派 {words.plain(one.unit_id)}", icon=":material/local_shipping:")
        st.button(
            Action.FREE_UNIT.label,
            key=f"{page}_unit_free_{one.id}",
            type="tertiary",
            disabled=not seat.may(Action.FREE_UNIT),
            on_click=_free,
            args=(one, seat),
        )


def _free(one: Booking, seat: Seat) -> None:
    do = partial(bookings.free, seat.record, seat.actor, one.id)
    ask(do, f"已释放 {one.unit_id}。")


def _candidate(candidate: Candidate, task: Task, seat: Seat, form: Form) -> None:
    unit = candidate.unit
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.text(f"{unit.label}　{candidate.reason}")
        st.button(
            Action.BOOK_UNIT.label,
            key=form.key(f"book_{unit.agency_id}_{unit.unit_id}"),
            icon=":material/add_task:",
            disabled=not seat.may(Action.BOOK_UNIT),
            on_click=_book,
            args=(task, unit.agency_id, unit.unit_id, unit.label, seat, form, ""),
        )


def _others(found: Nearest, task: Task, seat: Seat, form: Form) -> None:
    """Who is not proposed, and why; one of them may be sent with a reason."""
    if not found.skipped:
        return
    told = "；".join(f"{one.unit.label}：{one.why}" for one in found.skipped[:_SKIPPED])
    more = f" 等 {len(found.skipped)} 个" if len(found.skipped) > _SKIPPED else ""
    st.caption(words.plain(f"未推荐：{told}{more}"))
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        by_key = {(one.unit.agency_id, one.unit.unit_id): one.unit for one in found.skipped}
        st.selectbox(
            "仍要调派",
            [None, *by_key],
            format_func=lambda key: "仍要调派…" if key is None else by_key[key].label,
            key=form.key("other"),
            label_visibility="collapsed",
            width=180,
        )
        st.text_input(
            "理由",
            key=form.key("despite"),
            placeholder="理由（必填）",
            max_chars=200,
            label_visibility="collapsed",
        )
        st.button(
            "仍要调派",
            key=form.key("force"),
            disabled=not seat.may(Action.BOOK_UNIT),
            on_click=_force,
            args=(task, seat, form),
        )


def _force(task: Task, seat: Seat, form: Form) -> None:
    chosen = form.value("other")
    if chosen is not None:
        agency_id, unit_id = chosen
        _book(task, agency_id, unit_id, unit_id, seat, form, form.text("despite"))


def _book(  # noqa: PLR0917
    task: Task, agency_id: str, unit_id: str, label: str, seat: Seat, form: Form, despite: str
) -> None:
    do = partial(
        bookings.book,
        seat.record,
        seat.actor,
        task.id,
        agency_id,
        unit_id,
        despite,
        agencies=seat.agencies,
        states=desk.unit_states(),
    )
    ask(do, f"已调派{label}，并已告知{seat.agency(agency_id)}。", form)


def _gaps(seat: Seat, now: datetime) -> None:
    """Which districts are left with too few."""
    short = gaps(desk.coverage(), read_units(seat.record), now, desk.unit_states())
    for gap in short:
        where = AREAS.get(gap.cover.area, gap.cover.area)
        st.warning(f"覆盖缺口（{where}）：{gap.words}", icon=":material/shield_question:")
