"""启动响应, the form: the level, and the four fields the law wants, filled in beforehand."""

from datetime import datetime

import msgspec
import streamlit as st

from dashboard import desk, words
from dashboard.asked import Form
from dashboard.seat import Seat
from linkage.desk.facts import Incident
from linkage.plan.declaring import (
    MEASURES_LENGTH,
    SUBJECT_LENGTH,
    Declaration,
    command_words,
    draft,
    first_command,
)
from linkage.plan.run_cards import Proposal, Situation, propose_for
from linkage.record import BEIJING
from linkage.vocabulary import RESPONSE_LEVELS

NO_RESPONSE = 0


def choose_level(
    situation: Situation, form: Form, seat: Seat, *, or_none: bool = False
) -> Situation:
    """The situation with the level the officer has chosen, the proposed one to begin with.

    `or_none`: orders may go out without a response; that is chosen in words, like a level.
    """
    proposed = propose_for(situation, desk.run_cards(), seat.agencies)
    choices = [*([NO_RESPONSE] if or_none else ()), *RESPONSE_LEVELS]
    level = st.segmented_control(
        "启动响应级别",
        choices,
        default=proposed.response_level or (NO_RESPONSE if or_none else None),
        required=True,
        format_func=lambda level: RESPONSE_LEVELS.get(level, "不启动响应"),
        key=form.key("level"),
        help=words.plain(proposed.level_reason) or None,
    )
    return msgspec.structs.replace(situation, chosen_level=level or None)


def start_fields(it: Incident, proposal: Proposal, level: int, form: Form, seat: Seat) -> None:
    """响应事项, 预计期限, 应急处置措施: 突发事件应对法 §72. Another level fills them in anew."""
    cards = desk.run_cards()
    hours = {level: rule.expected_hours for level, rule in cards.levels.items()}
    written = draft(
        it.place or it.headline, it.kind.label, level, seat.now, proposal, seat.agencies, hours
    )
    st.caption(
        words.plain(f"{proposal.level_reason}。{command_words(level, first_command(level))}")
    )
    title = f"{RESPONSE_LEVELS[level]}响应的事项、期限、措施"
    with st.expander(title, icon=":material/edit_document:", key=form.key("declared")):
        st.text_input(
            "响应事项", written.subject, max_chars=SUBJECT_LENGTH, key=form.key(f"subject_{level}")
        )
        # The draft moves on with the clock; a field that is drawn keeps its first value.
        until = (written.expected_until or seat.now).astimezone(BEIJING).replace(tzinfo=None)
        kept = st.session_state.setdefault(form.key(f"draft_{level}"), until)
        st.datetime_input(
            "预计期限（北京时间）",
            kept,
            key=form.key(f"until_{level}"),
        )
        st.text_area(
            "应急处置措施",
            written.measures,
            max_chars=MEASURES_LENGTH,
            height=150,
            key=form.key(f"measures_{level}"),
        )
        st.caption("依据：突发事件应对法第七十二条；四项缺一不能启动。")


def declared_in(form: Form, level: int) -> Declaration:
    """What the fields of `form` hold, for a callback."""
    until: datetime | None = form.value(f"until_{level}")
    return Declaration(
        subject=form.text(f"subject_{level}"),
        level=level,
        expected_until=until.replace(tzinfo=BEIJING) if until is not None else None,
        measures=form.text(f"measures_{level}"),
    )
