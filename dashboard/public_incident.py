"""预警发布, the form: which incident the warning is for."""

import streamlit as st

from dashboard import desk
from dashboard.asked import Form
from dashboard.seat import Seat
from linkage.desk.facts import Incident, read_incidents
from linkage.desk.find import worst_open
from linkage.warnings.public import PublicWarning

MOST = 200


def about_incident(form: Form, base: PublicWarning | None, seat: Seat) -> Incident | None:
    """The incident of a new warning; what goes on with another keeps the other's."""
    asked = desk.incident_in_url()
    wanted = [i for i in (base.incident_id if base else asked,) if i is not None]
    with seat.record.read() as cx:
        given = read_incidents(cx, wanted)
    if base is not None:
        for it in given:
            st.text(f"关联事件：{_name(it)}", width="stretch", wrap=False)
        return None
    found = {it.id: it for it in (*given, *worst_open(seat.record, limit=MOST))}
    chosen = st.selectbox(
        "关联事件（可不选；最重的在前，可输入编号查找）",
        list(found),
        index=0 if given else None,
        format_func=lambda i: _name(found[i]),
        placeholder="不关联事件",
        key=form.key(f"incident_{asked or 0}"),
    )
    return found.get(chosen) if chosen is not None else None


def _name(it: Incident) -> str:
    drill = "【演练】" if it.exercise else ""
    return f"{drill}{it.number}　{it.kind.label}　{it.place or it.headline}"
