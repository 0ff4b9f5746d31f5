"""知识, beside the incident: substance sheets, first measures, what happened here before."""

import streamlit as st

from dashboard import desk, words
from dashboard.seat import Seat
from linkage.desk.past import cargo_of, read_past
from linkage.desk.queries import Case
from linkage.plan.knowledge import FirstMeasures, Sheet
from linkage.record import BEIJING


def knowledge(case: Case, seat: Seat) -> None:
    """What is known beforehand about such an incident, without leaving its page."""
    known = desk.knowledge()
    it = case.incident
    for sheet in known.sheets(_texts(case, seat)):
        _sheet(sheet)
    measures = known.measures.get(it.kind)
    if measures is not None:
        _measures(measures)
    _past(case, seat)


def _texts(case: Case, seat: Seat) -> list[str]:
    """What the sources said, newest words first, and what the named vehicles carry."""
    texts = cargo_of(seat.record, tuple(plate for each in case.said for plate in each.plates))
    texts.append(case.incident.headline)
    for each in reversed(case.said):
        texts += [each.headline, each.text]
        texts += [value for value in each.facts.values() if isinstance(value, str)]
    return texts


def _sheet(sheet: Sheet) -> None:
    one, guide = sheet.substance, sheet.guide
    with st.expander(f"{one.name}　UN{one.un}", icon=":material/science:", expanded=True):
        with st.container(horizontal=True, gap=6):
            st.badge(f"隔离 {guide.isolate_m} 米", icon=":material/block:", color="red")
            if guide.large_m:
                st.badge(f"大量泄漏下风向 {guide.large_m} 米", color="orange")
            st.badge(f"罐体着火 {guide.fire_m} 米", color="orange")
            if not one.checked:
                st.badge("待核", color="gray", help="数值未与原书逐条核对，以侦检和专家意见为准")
        if one.toxic:
            st.text(one.toxic)
        for bad in (*one.do_not, *guide.do_not):
            st.markdown(f":red[**✕ {words.plain(bad)}**]")
        rows = (
            ("危险性", f"{one.hazards}{guide.hazards}"),
            ("泄漏", guide.spill),
            ("灭火", guide.fire),
            ("急救", guide.first_aid),
        )
        for label, text in rows:
            st.markdown(f"**{label}**　{words.plain(text)}")
        source = f"报文中的“{sheet.found}”　CAS {one.cas}　{guide.name}　来源：{guide.source}；"
        st.caption(words.plain(source + one.source))


def _measures(card: FirstMeasures) -> None:
    with st.expander("首要措施", icon=":material/checklist:", expanded=True):
        for title, lines in (("先问", card.ask), ("先做", card.first)):
            st.markdown(f"**{title}**\n" + "\n".join(f"- {words.plain(one)}" for one in lines))
        for bad in card.do_not:
            st.markdown(f":red[**✕ {words.plain(bad)}**]")
        st.caption(words.plain(f"依据：{card.basis}"))


def _past(case: Case, seat: Seat) -> None:
    it = case.incident
    found = read_past(seat.record, it.id, it.kind, it.point)
    with st.expander("此地以往同类事件", icon=":material/history:", expanded=bool(found)):
        if not found:
            st.caption("一公里内没有办结过的同类事件。")
        for one in found:
            day = one.occurred_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
            how = one.disposition.label if one.disposition else ""
            st.text(f"{day}　{one.headline}")
            people = "，".join(
                f"{label}{count}人"
                for label, count in (("死亡", one.deaths), ("受伤", one.injured))
                if count
            )
            parts = (one.number, f"相距 {one.metres:.0f} 米", one.place, people, how)
            st.caption(words.plain("　".join(filter(None, parts))))
