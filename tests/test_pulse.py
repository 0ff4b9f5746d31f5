"""Pages drawn on the server hear at once that what they show has changed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard import gate, pulse_feed
from dashboard.gate import PULSE
from dashboard.sockets import REFUSED
from linkage.access.signing_in import leave
from linkage.access.sitting import Sitting
from linkage.access_vocabulary import View
from linkage.people import SEES, Actor
from linkage.record import Record
from linkage.response.feedback import Feedback
from linkage.response.responses import take_by_telephone
from linkage.vocabulary import AssignmentStatus, Role
from tests.browser import scene
from tests.builders import alert
from tests.desk import AGENCIES
from tests.feed_house import House, closed_with, opened_house
from tests.onrecord import change_incident, put_incident, put_task
from tests.parts import wait_until
from tests.signing import OFFICER, sit_down

CHANGED = '{"parts":[],"whole":true}'
FIREMAN = Actor("消防值班员", Role.AGENCY_OFFICER, "fire")


@pytest.fixture
def house(record: Record, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with opened_house(record, database_url, monkeypatch) as opened:
        yield opened


def two_incidents(house: House) -> tuple[int, int]:
    other = put_incident(house.record, alert(source_ref="J2"))
    return put_incident(house.record), other


def known(house: House, watched: pulse_feed.Watched) -> None:
    """How it was when the page began to watch has been read."""
    wait_until(lambda: watched in house.feed.pulses._seen, what="the first look")


def change(house: House, incident_id: int) -> None:
    with house.record.write() as w:
        scene.change_incident(w, incident_id, headline="又有来报")


def test_a_page_hears_of_its_own_incident_and_of_no_other(house: House) -> None:
    mine, other = two_incidents(house)
    with (
        house.line("pulse", {"incident": mine}) as line,
        house.line("pulse", {"incident": other}) as beside,
    ):
        known(house, mine)
        known(house, other)
        change(house, mine)
        assert line.recv(timeout=5) == CHANGED
        with pytest.raises(TimeoutError):
            beside.recv(timeout=0.5)


def test_an_answer_is_told_as_what_moves_the_list_of_agencies_alone(house: House) -> None:
    mine = put_incident(house.record)
    task = put_task(house.record, mine, "fire")
    stamps = dict.fromkeys(("dispatched_at", "acknowledged_at"), datetime.now(UTC))
    change_incident(house.record, mine, status="acknowledged", **stamps)
    answer = Feedback(assignment_id=task, revision=1, status=AssignmentStatus.ACKNOWLEDGED)
    with house.line("pulse", {"incident": mine}) as line:
        known(house, mine)
        take_by_telephone(house.record, OFFICER, answer, agencies=AGENCIES)
        assert json.loads(line.recv(timeout=5)) == {"parts": ["tasks"], "whole": False}
        change(house, mine)
        assert line.recv(timeout=5) == CHANGED, "of the incident itself the whole page"


def test_a_department_hears_of_its_own_desk_whatever_it_asks_for(house: House) -> None:
    mine, other = two_incidents(house)
    token = sit_down(house.record, FIREMAN)
    with house.line("pulse", {"incident": other}, token) as line:
        known(house, FIREMAN)
        change(house, other)
        with pytest.raises(TimeoutError):
            line.recv(timeout=0.5)
        put_task(house.record, mine, "fire")
        assert line.recv(timeout=5) == CHANGED


@pytest.mark.parametrize("role", sorted(set(Role) - SEES[View.INCIDENT] - SEES[View.DEPARTMENT]))
def test_who_sees_no_incident_hears_of_none(house: House, role: Role) -> None:
    token = sit_down(house.record, Actor("旁人", role))
    with house.line("pulse", {"incident": put_incident(house.record)}, token) as line:
        assert wait_until(lambda: closed_with(line)) == REFUSED


@pytest.mark.parametrize(
    "hello", [{"incident": "5"}, {"incident": None}, {"incident": [1]}, {"incident": 10**30}]
)
def test_a_first_word_that_names_no_incident_is_refused(
    house: House, hello: dict[str, object]
) -> None:
    with house.line("pulse", hello) as line:
        assert wait_until(lambda: closed_with(line)) == REFUSED
    assert house.get("/api/health")[0] == 200


def test_who_signed_out_hears_nothing_more(house: House) -> None:
    mine = put_incident(house.record)
    with house.line("pulse", {"incident": mine}) as line:
        known(house, mine)
        found = house.feed.entrance().sitting(house.token)
        assert isinstance(found, Sitting)
        leave(house.record, found.id)
        change(house, mine)
        assert wait_until(lambda: closed_with(line)) == REFUSED


def test_a_number_of_any_size_harms_nobody(house: House) -> None:
    mine = put_incident(house.record)
    with (
        house.line("pulse", {"incident": 10**18}),
        house.line("pulse", {"incident": mine}) as line,
    ):
        known(house, mine)
        change(house, mine)
        assert line.recv(timeout=5) == CHANGED


def pressed(name: str) -> bytes:
    said = BackMsg()
    said.rerun_script.widget_states.widgets.add(id=f"$$ID-0123-{name}", trigger_value=True)
    return said.SerializeToString()


def test_a_page_that_looks_by_itself_is_no_sign_of_a_person() -> None:
    assert not gate._by_hand(pressed(PULSE))
    assert gate._by_hand(pressed("incident_verify"))


def test_what_was_seen_of_pages_long_closed_is_forgotten(house: House) -> None:
    mine, other = two_incidents(house)
    with house.line("pulse", {"incident": mine}):
        known(house, mine)
    with house.line("pulse", {"incident": other}):
        known(house, other)
        change_incident(house.record, other)
        wait_until(lambda: mine not in house.feed.pulses._seen)
