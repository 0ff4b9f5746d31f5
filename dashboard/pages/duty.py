"""值班: who is on duty, the change of shifts with both signatures, the roster, the roll call."""

import streamlit as st

from dashboard import desk
from dashboard.asked import answer
from dashboard.duty_handover import handover
from dashboard.duty_import import import_form
from dashboard.duty_now import on_duty_now, roster_is_empty
from dashboard.duty_roll_call import roll_call
from dashboard.duty_roster import roster
from dashboard.pressing import clocks
from dashboard.seat import reading, take_seat
from linkage.duty.listing import is_empty


def page() -> None:
    desk.page_header("值班")
    seat = take_seat()
    answer()
    rules = clocks().duty
    with reading():
        with seat.record.read() as cx:
            begun = not is_empty(cx)
        if begun:
            on_duty_now(seat, rules)
        else:
            roster_is_empty()
        names = ["交接班", "班表", "导入班表", "点名"]
        shifts, calendar, file, called = st.tabs(
            names if begun else ["导入班表", "班表", "交接班", "点名"], key="duty_tabs"
        )
        if not begun:
            shifts, file = file, shifts
        with shifts:
            handover(seat, rules)
        with calendar:
            roster(seat, rules)
        with file:
            import_form(seat, rules)
        with called:
            roll_call(seat, rules)


page()
