"""事件处置 under the fingers: two clicks at the most, one key, and no key that leads nowhere."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.keys import INCIDENT
from linkage.actions import Action
from linkage.desk import incidents, merging
from linkage.desk.queries import read_case
from linkage.desk.split_preview import split_preview
from linkage.people import Actor
from linkage.plan import levels
from linkage.record import Record
from linkage.response import needs, responses
from linkage.response.feedback import Want
from linkage.response.orders import Order
from linkage.response_vocabulary import NeedSort
from linkage.vocabulary import AssignmentRole, Disposition, LinkKind, LinkState
from tests.builders import alert
from tests.desk import declared
from tests.onrecord import add_alert, put_incident, put_link
from tests.screens import desk_on, keys, opened, press, unfold
from tests.test_incident_page import AGENCIES, fire, incident_of

__all__ = ["fire"]
# Of every act of the page: what is pressed, one after the other. A menu is one click, and so is
# what stands in it; words are typed, and a field that holds the usual is not touched.
CLICKS: dict[Action, tuple[str, ...]] = {
    Action.CLAIM: ("incident_claim",),
    Action.RELEASE: ("incident_release_menu", "incident_release"),
    Action.TAKE_OVER: ("incident_take_over_menu", "incident_take_over"),
    Action.VERIFY: ("incident_verify",),
    Action.CONFIRM_GRADE: ("incident_grade_menu", "incident_grade_confirm"),
    Action.PLACE: ("incident_place_menu", "incident_place_confirm"),
    Action.NOTE: ("incident_note_menu", "incident_note_save"),
    Action.MERGE: ("incident_join_menu", "incident_merge"),
    Action.RELATE: ("incident_join_menu", "incident_relate"),
    Action.SPLIT: ("incident_split_menu", "incident_split"),
    Action.CLOSE: ("incident_close_menu", "incident_close_handled"),
    Action.REOPEN: ("incident_reopen_menu", "incident_reopen"),
    Action.CONFIRM_LINK: ("incident_same_yes",),
    Action.REFUSE_LINK: ("incident_same_no",),
    Action.TAKE_BACK: ("incident_take_back",),
    Action.UNDO: ("incident_take_back",),
    Action.COMPOSE_REPORT: ("incident_reports",),
    Action.ISSUE: ("assign_issue",),
    Action.CHASE: ("assign_task_open_", "assign_task_chase_"),
    Action.REISSUE: ("assign_task_open_", "assign_task_reissue_"),
    Action.CANCEL: ("assign_task_open_", "assign_task_cancel_"),
    Action.FEEDBACK: ("assign_task_open_", "assign_task_phone_"),
    Action.START_RESPONSE: ("response_start_menu", "response_start"),
    Action.RAISE_LEVEL: ("response_menu_level", "response_level_"),
    Action.LOWER_LEVEL: ("response_menu_level", "response_level_"),
    Action.HAND_COMMAND: ("response_menu_command", "response_command_"),
    Action.AMEND_RESPONSE: ("response_menu_term", "response_term"),
    Action.END_RESPONSE: ("response_menu_end", "response_end"),
    Action.ASK_NEED: ("needs_ask_menu", "needs_ask"),
    Action.OFFER_NEED: ("needs_toggle_", "needs_offer_"),
    Action.UNMASK: ("uncover_",),
    Action.PRINT: ("incident_print_menu", ""),  # a link for each form
}


@pytest.fixture
def record(fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    record = fresh_sqlite()
    with desk_on(record, monkeypatch):
        yield record
    record.close()


def screens(record: Record, one: int, officer: Actor, chief: Actor) -> Iterator[AppTest]:
    """The page through the life of an incident, so that every act has been on it once."""
    number = incident_of(record, one).number
    yield opened("incident", officer, incident=number)
    twin = put_incident(record, alert(source_ref="T2", place="海棠路"))
    put_link(record, twin, one, LinkKind.PROPOSED, LinkState.OPEN, score=9.0)
    add_alert(record, one, alert(source_id="122-cad", source_ref="S1"))
    incidents.claim(record, officer, one)
    yield opened("incident", officer, incident=number)
    yield opened("incident", chief, incident=number)
    order = Order(agency_id="fire", role=AssignmentRole.LEAD, task="灭火")
    seen = incident_of(record, one).version
    responses.issue(record, officer, one, seen, [order], agencies=AGENCIES)
    screen = opened("incident", officer, incident=number)
    yield screen
    yield unfold(screen, f"needs_ask_menu_{one}_0")
    opens = next(key for key in keys(screen) if key.startswith("assign_task_open_"))
    yield press(screen, opens)
    want = Want(sort=NeedSort.SUPPLIES, what="沙袋", amount=300, measure="个")
    needs.ask(record, officer, one, want, agencies=AGENCIES)
    screen = opened("incident", officer, incident=number)
    opens = next(key for key in keys(screen) if key.startswith("needs_toggle_"))
    yield screen
    yield press(screen, opens)
    yield press(screen, next(key for key in keys(screen) if key.startswith("uncover_")))
    now = datetime.now(UTC)
    seen = incident_of(record, one).version
    levels.start_response(record, officer, one, seen, declared(now), at=now)
    yield opened("incident", chief, incident=number)
    seen = incident_of(record, twin).version
    incidents.close(record, officer, twin, seen, Disposition.HANDLED)
    yield opened("incident", chief, incident=incident_of(record, twin).number)


@pytest.fixture
def on_screen(record: Record, fire: int, officer: Actor, chief: Actor) -> set[str]:
    return {key for screen in screens(record, fire, officer, chief) for key in keys(screen)}


def test_every_act_of_the_page_takes_two_clicks_at_most(on_screen: set[str]) -> None:
    for action, clicks in CLICKS.items():
        assert len(clicks) <= 2, action
        last = clicks[-1]
        if last in {"incident_merge", "incident_relate", "response_start"}:
            continue  # they come with what was found, or with the level; test_incident_page.py
        assert any(key.startswith(last) for key in on_screen), f"{action}: no {last} anywhere"


def test_every_act_of_the_page_has_a_key(on_screen: set[str]) -> None:
    targets = [target for key in INCIDENT for target in key.targets]
    for action, clicks in CLICKS.items():
        assert any(clicks[0].startswith(target) for target in targets), action


def test_no_key_leads_nowhere_and_none_is_taken_twice(on_screen: set[str]) -> None:
    letters = [key.letter for key in INCIDENT]
    assert len(set(letters)) == len(letters)
    assert not {"R", "C"} & set(letters), "Streamlit's own"
    for key in INCIDENT:
        for target in key.targets:
            if not target.endswith(("_menu", "_more_")) and "response_menu" not in target:
                assert any(one.startswith(target) for one in on_screen), key


def test_a_preview_says_what_the_split_then_does(record: Record, fire: int, officer: Actor) -> None:
    later = datetime.now(UTC) - timedelta(minutes=1)
    other = add_alert(
        record,
        fire,
        alert(
            source_id="122-cad",
            source_ref="S1",
            headline="两车追尾",
            place="别处",
            occurred_at=later,
        ),
    )
    seen = incident_of(record, fire).version
    preview = split_preview(record, fire, [other])
    assert preview is not None
    assert preview.moved == (other,)
    assert split_preview(record, fire, []) is None
    merging.split(record, officer, fire, seen, [other], "不是一起")
    case = read_case(record, fire, datetime.now(UTC))
    assert case is not None
    new = case.links[-1].other
    for name in ("headline", "place", "kind", "severity", "casualties", "alert_count", "point"):
        assert getattr(preview.stays, name) == getattr(case.incident, name), name
        assert getattr(preview.leaves, name) == getattr(new, name), name
