"""事件处置, the row of actions: each a button or a small form; none further than two clicks."""

from functools import partial

import streamlit as st
from streamlit.elements.lib.mutable_popover_container import PopoverContainer

from dashboard import desk, maps
from dashboard.asked import Form, ask
from dashboard.claiming import claim
from dashboard.keys import incident_keys
from dashboard.kinship import join_form, split_form
from dashboard.prints import incident_menu
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.alerts import Point
from linkage.desk import incidents
from linkage.desk.facts import Incident
from linkage.desk.queries import Case
from linkage.plan.grading import GradeProposal
from linkage.vocabulary import (
    OPEN_STATUSES,
    Disposition,
    Grade,
    IncidentStatus,
    PositionNote,
)

# Around the city; a point further out is a slip of the hand.
_WEST, _SOUTH, _EAST, _NORTH = 117.0, 33.0, 121.5, 36.5
_MIDDLE = (119.2, 34.6)


def action_row(case: Case, proposed: GradeProposal, seat: Seat) -> None:
    it = case.incident
    if it.status is IncidentStatus.MERGED:
        return
    with st.container(horizontal=True, gap="small", key="incident_actions"):
        if it.status in OPEN_STATUSES:
            claim(it, seat)
            _verify(it, seat)
            _grade(it, proposed, seat)
            join, split = Form("incident_join", it.id), Form("incident_split", it.id)
            with _menu("并案·关联", join, ":material/join:"):
                join_form(case, seat, join)
            with _menu(Action.SPLIT.label, split, ":material/call_split:"):
                split_form(case, seat, split)
            _place(it, seat)
        _note(it, seat)
        if seat.may(Action.COMPOSE_REPORT) and st.button(
            "信息报送",
            key="incident_reports",
            icon=":material/outgoing_mail:",
            help="到“信息报送”起草、查看本事件的报告",
        ):
            desk.open_reports(it.number)
        incident_menu(it, seat)
        if it.status in OPEN_STATUSES:
            _close(it, seat)
        else:
            _reopen(it, seat)
        incident_keys()


def _menu(label: str, form: Form, icon: str) -> PopoverContainer:
    return st.popover(label, icon=icon, key=form.key("menu"))


def _verify(it: Incident, seat: Seat) -> None:
    st.button(
        Action.VERIFY.label,
        key="incident_verify",
        icon=":material/fact_check:",
        disabled=IncidentStatus.VERIFIED in it.stamps or not seat.may(Action.VERIFY),
        on_click=ask,
        args=(
            partial(incidents.verify, seat.record, seat.actor, it.id, it.version),
            f"{it.number} 已核实。",
        ),
    )


def _grade(it: Incident, proposed: GradeProposal, seat: Seat) -> None:
    form = Form("incident_grade", it.id)
    with _menu(Action.CONFIRM_GRADE.label, form, ":material/gavel:"):
        name = proposed.grade.label if proposed.grade else "不建议级别"
        st.markdown(f"**系统建议：{name}**（由人员确认）")
        st.text(proposed.reason)
        if proposed.missing_to_next:
            st.text(proposed.missing_to_next)
        grades = list(Grade)
        now = it.grade or proposed.grade
        st.radio(
            "事件级别",
            grades,
            index=grades.index(now) if now else None,
            format_func=lambda g: g.label,
            key=form.key("grade"),
            horizontal=True,
        )
        st.text_input("理由（与建议不一致时必填）", key=form.key("reason"), max_chars=300)
        st.button(
            "确认定级",
            key="incident_grade_confirm",
            type="primary",
            disabled=not seat.may(Action.CONFIRM_GRADE),
            on_click=_confirm_grade,
            args=(it, proposed, seat, form),
        )


def _confirm_grade(it: Incident, proposed: GradeProposal, seat: Seat, form: Form) -> None:
    grade: Grade | None = form.value("grade")
    reason = form.text("reason")
    if not reason and grade is proposed.grade:
        reason = proposed.reason
    ask(
        partial(
            incidents.confirm_grade,
            seat.record,
            seat.actor,
            it.id,
            it.version,
            grade,
            reason,
        ),
        f"{it.number} 定为{grade.label if grade else '不分级'}。",
        form,
    )


def _place(it: Incident, seat: Seat) -> None:
    form = Form("incident_place", it.id)
    lost = it.position_note is not PositionNote.EXACT
    menu = st.popover(
        "定位",
        icon=":material/location_on:",
        type="primary" if lost else "secondary",
        key=form.key("menu"),
        on_change="rerun",  # the map is drawn only while somebody looks at it
    )
    with menu:
        if lost:
            note = f"{it.position_note.label}，请与报警人或现场核对。"
            st.warning(note, icon=":material/warning:")
        at = _pointed(it, form) if menu.open else it.point
        # A field belongs to the point it begins with: another point, another field.
        spot = at or Point(*_MIDDLE)
        keys = tuple(form.key(f"{axis}_{spot.lon:.5f}_{spot.lat:.5f}") for axis in ("lon", "lat"))
        lon, lat = st.columns(2, gap="small")
        lon.number_input("经度", _WEST, _EAST, spot.lon, 0.001, format="%.5f", key=keys[0])
        lat.number_input("纬度", _SOUTH, _NORTH, spot.lat, 0.001, format="%.5f", key=keys[1])
        st.caption("在图上点选，或直接填写 WGS-84 坐标；高德、腾讯地图的坐标须先换算。")
        st.text_input("地点", it.place, key=form.key("place"), max_chars=200)
        st.button(
            Action.PLACE.label,
            key="incident_place_confirm",
            type="primary",
            disabled=not seat.may(Action.PLACE),
            on_click=_confirm_place,
            args=(it, seat, form, keys),
        )


def _pointed(it: Incident, form: Form) -> Point | None:
    """Where the officer pointed on the map, or where the incident is."""
    pointed = form.key("pointed")
    before: Point | None = st.session_state.get(pointed)
    now = maps.pick(before or it.point, form.key("map"), 260)
    if now is not None and now != before and _WEST < now.lon < _EAST and _SOUTH < now.lat < _NORTH:
        st.session_state[pointed] = now
        st.rerun()  # the mark goes where the click was
    return before or it.point


def _confirm_place(it: Incident, seat: Seat, form: Form, keys: tuple[str, ...]) -> None:
    lon, lat = (float(st.session_state[key]) for key in keys)
    do = partial(
        incidents.place_at,
        seat.record,
        seat.actor,
        it.id,
        it.version,
        Point(lon, lat),
        form.text("place"),
    )
    ask(do, f"{it.number} 已定位。", form)


def _note(it: Incident, seat: Seat) -> None:
    form = Form("incident_note", it.id)
    with _menu("备注", form, ":material/edit_note:"):
        st.text_area("写入处置记录", key=form.key("text"), max_chars=1000, height=120)
        st.button(
            "保存",
            key="incident_note_save",
            type="primary",
            disabled=not seat.may(Action.NOTE),
            on_click=_save_note,
            args=(it, seat, form),
        )


def _save_note(it: Incident, seat: Seat, form: Form) -> None:
    do = partial(incidents.note, seat.record, seat.actor, it.id, form.text("text"))
    ask(do, "已写入处置记录。", form)


def _close(it: Incident, seat: Seat) -> None:
    """The result is the button: two clicks, and for some minutes one more takes it back."""
    form = Form("incident_close", it.id)
    with _menu(Action.CLOSE.label, form, ":material/task_alt:"):
        st.text_area("说明（可不填）", key=form.key("note"), max_chars=500, height=80)
        st.caption(f"选择处置结果，即办结 {it.number}；五分钟内可以撤回。")
        with st.container(horizontal=True, gap="small"):
            for disposition in Disposition:
                st.button(
                    disposition.label,
                    key=f"incident_close_{disposition.value}",
                    disabled=not seat.may(Action.CLOSE),
                    on_click=_confirm_close,
                    args=(it, seat, disposition, form),
                )


def _confirm_close(it: Incident, seat: Seat, disposition: Disposition, form: Form) -> None:
    do = partial(
        incidents.close,
        seat.record,
        seat.actor,
        it.id,
        it.version,
        disposition,
        form.text("note"),
        agencies=seat.agencies,
    )
    ask(do, f"{it.number} 已办结：{disposition.label}。", form)


def _reopen(it: Incident, seat: Seat) -> None:
    form = Form("incident_reopen", it.id)
    with _menu(Action.REOPEN.label, form, ":material/restart_alt:"):
        st.text_input("重启理由（必填）", key=form.key("reason"), max_chars=300)
        st.button(
            Action.REOPEN.label,
            key="incident_reopen",
            type="primary",
            disabled=not seat.may(Action.REOPEN),
            on_click=_confirm_reopen,
            args=(it, seat, form),
        )
        if not seat.may(Action.REOPEN):
            st.caption("重启由值班长或指挥员执行。")


def _confirm_reopen(it: Incident, seat: Seat, form: Form) -> None:
    do = partial(
        incidents.reopen,
        seat.record,
        seat.actor,
        it.id,
        it.version,
        form.text("reason"),
        agencies=seat.agencies,
    )
    ask(do, f"{it.number} 已重启。", form)
