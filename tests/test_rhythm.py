"""Parts of a page that look again by themselves: each desk in its own time."""

from streamlit.testing.v1 import AppTest

from dashboard.rhythm import APART


def page() -> None:
    # AppTest runs the text of this function alone.
    import streamlit as st

    from dashboard.rhythm import looking_every

    @looking_every(5)
    def part(said: str) -> None:
        st.write(said)

    part("在岗")


def test_twenty_desks_that_came_back_together_do_not_ask_together() -> None:
    shares = set()
    for _ in range(20):
        desk = AppTest.from_function(page).run()
        assert [one.value for one in desk.markdown] == ["在岗"]
        shares.add(desk.session_state["rhythm"])
    assert len(shares) == 20
    assert all(1 - APART / 2 <= share <= 1 + APART / 2 for share in shares)


def test_a_desk_keeps_its_rhythm() -> None:
    desk = AppTest.from_function(page).run()
    first = desk.session_state["rhythm"]
    assert desk.run().session_state["rhythm"] == first
