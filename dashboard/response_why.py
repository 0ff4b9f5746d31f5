"""为何这样建议: why this card and level, what would change it, which version, how it differs."""

import streamlit as st

from dashboard import desk, words
from dashboard.seat import Seat
from dashboard.unfolding import unfolding
from linkage.plan.card_changes import card_changes
from linkage.plan.run_cards import Proposal, Situation
from linkage.plan.what_if import Rules, what_would_change

# A page is no gazette: the command lists the rest.
_CHANGES_SHOWN = 12


def why(situation: Situation, proposal: Proposal, seat: Seat) -> None:
    """Closed until somebody asks; the short answer stands in its title."""
    card = proposal.card
    title = f"为何这样建议：第{card.row}行 {card.name}" if card else "没有联动方案"
    said = unfolding(title, key="response_why")
    if not said.open:
        return
    with said:
        st.text(proposal.reason)
        if proposal.level_reason:
            st.text(f"级别：{proposal.level_reason}")
        if card is not None and card.note:
            st.caption(words.plain(card.note))
        rules = Rules(desk.run_cards(), seat.agencies, desk.grading())
        changes = what_would_change(situation, rules)
        if changes:
            st.markdown("**什么会改变它**（按规则推算）")
            st.markdown("\n".join(f"- {words.plain(change.words)}" for change in changes))
        _version(seat)


def _version(seat: Seat) -> None:
    now = desk.run_cards()
    before = [one for one in desk.card_versions() if one.effective_at < now.effective_at]
    coming = [one for one in desk.card_versions() if one.effective_at > now.effective_at]
    said = f"联动方案版本 {now.label}，{words.day(now.effective_at)} 起生效"
    if coming:
        said += f"；{coming[0].label} 自 {words.day(coming[0].effective_at)} 起生效，现在不用"
    st.caption(words.plain(said))
    if before:
        changes = card_changes(before[-1], now, seat.agencies)
        st.caption(f"与 {words.plain(before[-1].label)} 相比 {len(changes)} 处不同：")
        lines = changes[:_CHANGES_SHOWN]
        st.markdown("\n".join(f"- {words.plain(line)}" for line in lines))
