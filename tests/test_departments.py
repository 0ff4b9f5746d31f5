"""The simulated departments: an order in, the right answers out, in time or too late."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingest.feedback import read_feedback, read_unit
from ingest.simulate.conduct import Answer, Manner, answers, load_departments, on_the_way
from ingest.simulate.departments import Departments
from linkage.alerts import Casualties, Point
from linkage.datum import Datum, from_wgs84
from linkage.response.agencies import load_agencies
from linkage.response.feedback import Feedback
from linkage.response.moves import advance
from linkage.response.need_messages import NeedList, NeedMessage
from linkage.response.orders import IncidentBrief, OpenList, OpenRef, OrderMessage, Where
from linkage.response_vocabulary import NeedSort
from linkage.vocabulary import AssignmentRole, AssignmentStatus

S = AssignmentStatus
DEMO = Path("data/demo")
AGENCIES = load_agencies(Path("data/agencies.toml"))
DEPARTMENTS = load_departments(DEMO)
SCENE = Point(119.298, 34.69)
NOW = datetime(2026, 11, 22, 7, 10, tzinfo=UTC)


def order(agency_id: str = "fire", **changes: object) -> OrderMessage:
    own = Point(*from_wgs84(AGENCIES[agency_id].datum, SCENE.lon, SCENE.lat))
    told: dict[str, object] = {
        "id": 7,
        "revision": 1,
        "status": S.ISSUED,
        "role": AssignmentRole.SUPPORT,
        "role_label": AssignmentRole.SUPPORT.label,
        "task": "稀释堵漏",
        "reason": "联动方案第16行",
        "incident": IncidentBrief(
            number="20261122-0007",
            kind="hazmat_vehicle",
            kind_label="危化品运输车事故",
            event_code="12H99",
            headline="G310罐车侧翻",
            place="G310国道",
            level="",
            casualties=Casualties(injured=1),
        ),
        "where": Where(wgs84=SCENE, own=own, datum=str(Datum.WGS84)),
        "issued_by": "值班长",
        "issued_at": NOW,
        "acknowledge_due_at": NOW,
        "on_scene_due_at": None,
        "report_due_at": None,
        "exercise": False,
    }
    return OrderMessage(**(told | changes))  # type: ignore[arg-type]


def said(agency_id: str, seed: int = 42, **changes: object) -> list[Answer]:
    given = order(agency_id, **changes)
    return answers(given, DEPARTMENTS[agency_id], AGENCIES[agency_id], seed)


def on_the_wire(message: OrderMessage) -> bytes:
    return msgspec.json.encode(message)


def test_every_party_of_the_response_has_somebody_to_play_it() -> None:
    assert set(DEPARTMENTS) == set(AGENCIES)


def test_one_department_never_answers_and_some_are_late() -> None:
    manners = [department.manner for department in DEPARTMENTS.values()]
    assert manners.count(Manner.SILENT) == 1
    assert manners.count(Manner.LATE) >= 2
    assert said("telecom") == []


@pytest.mark.parametrize("agency_id", [d for d in DEPARTMENTS if d != "telecom"])
@pytest.mark.parametrize("role", list(AssignmentRole))
def test_nobody_makes_a_move_that_the_table_does_not_have(
    agency_id: str, role: AssignmentRole
) -> None:
    for seed in range(20):
        status = S.ISSUED
        for answer in said(agency_id, seed, role=role):
            has_units = AGENCIES[agency_id].has_units
            status = advance(status, answer.status, has_units=has_units)
        assert status in {S.COMPLETED, S.DECLINED}


def test_a_prompt_department_signs_within_seconds_and_a_late_one_after_its_time() -> None:
    lead = AssignmentRole.LEAD
    assert said("fire", role=lead)[0].after_s <= 6
    assert said("transport", role=lead)[0].after_s > AGENCIES["transport"].acknowledge_s[lead]


def test_the_one_in_charge_never_sends_the_order_back() -> None:
    for seed in range(200):
        first = said("economy", seed, role=AssignmentRole.LEAD)[0]
        assert first.status is S.ACKNOWLEDGED


def test_some_supporters_send_the_order_back_with_a_reason() -> None:
    firsts = [said("economy", seed)[0] for seed in range(200)]
    declined = [first for first in firsts if first.status is S.DECLINED]
    assert 5 <= len(declined) <= 40
    assert all(first.text for first in declined)


def test_the_same_order_and_seed_get_the_same_answers() -> None:
    assert said("water", 1) == said("water", 1)
    assert said("water", 1) != said("water", 2)


def test_a_unit_is_at_its_base_then_half_way_then_there() -> None:
    base = Point(119.0, 34.0)
    assert on_the_way(base, SCENE, -0.1) == base
    assert on_the_way(base, SCENE, 0.5).lat == pytest.approx((34.0 + SCENE.lat) / 2)
    assert on_the_way(base, SCENE, 2.0) == SCENE


class Stage:
    """The departments with a clock that the test turns."""

    def __init__(self) -> None:
        self.played = Departments(DEPARTMENTS, AGENCIES)
        self.far = 1e12

    def order(self, agency_id: str, message: OrderMessage) -> None:
        self.played.heard(f"linkage/v1/assignment/{agency_id}", on_the_wire(message))

    def statuses(self, agency_id: str = "fire") -> list[tuple[int, str]]:
        """(revision, status) of what people there said, to the end of time."""
        told = [one for one in self.said(agency_id) if one["status"] != "delivered"]
        return [(one["revision"], one["status"]) for one in told]

    def said(self, agency_id: str = "fire") -> list[dict[str, Any]]:
        """Everything that was said in its name."""
        return [
            msgspec.json.decode(payload)
            for topic, payload in self.played.turn(self.far)
            if topic == f"linkage/v1/feedback/{agency_id}"
        ]


def test_an_order_is_carried_to_its_end() -> None:
    stage = Stage()
    stage.order("fire", order())
    names = [status for _, status in stage.statuses()]
    assert names == ["acknowledged", "en_route", "on_scene", "working", "reported", "completed"]


def test_the_same_order_twice_is_answered_once() -> None:
    stage = Stage()
    stage.order("fire", order())
    stage.order("fire", order())
    assert len(stage.statuses()) == 6


def test_a_cancelled_order_is_dropped_and_its_withdrawal_confirmed() -> None:
    stage = Stage()
    stage.order("fire", order())
    stage.order("fire", order(revision=2, status=S.CANCELLED))
    assert stage.statuses() == [(2, "acknowledged")]


def test_a_withdrawal_that_was_missed_is_read_in_the_list() -> None:
    stage = Stage()
    gone = OpenList(agency="fire", at=NOW, assignments=[], cancelled=[OpenRef(7, 2)])
    for _ in range(2):
        stage.played.heard("linkage/v1/assignment/fire/open", msgspec.json.encode(gone))
    assert stage.statuses() == [(2, "acknowledged")]


def test_every_copy_of_an_order_is_receipted_by_the_system() -> None:
    stage = Stage()
    stage.order("fire", order())
    stage.order("fire", order())
    told = [one["status"] for one in stage.said()]
    assert told[:2] == ["delivered", "delivered"]
    assert told.count("acknowledged") == 1


def test_a_silent_department_is_silent_on_the_wire_too() -> None:
    stage = Stage()
    stage.order("telecom", order("telecom"))
    stage.order("telecom", order("telecom", revision=2, status=S.CANCELLED))
    assert stage.said("telecom") == []


def test_one_loses_its_acknowledgement_and_repeats_it_with_the_time_it_had() -> None:
    """K03: the first is never heard; the others are the same answer, twice."""
    stage = Stage()
    stage.order("market", order("market"))
    signed = [one for one in stage.said("market") if one["status"] == "acknowledged"]
    assert len(signed) == 2
    first = said("market")[0]
    assert (first.status, first.lost) == (S.ACKNOWLEDGED, True)
    assert all(datetime.fromisoformat(one["at"]) < datetime.now(UTC) for one in signed)
    assert said("market")[1].after_s > AGENCIES["market"].acknowledge_s[AssignmentRole.LEAD]


def test_what_is_put_to_a_department_is_offered_sent_brought_and_given_back() -> None:
    wanted = NeedMessage(
        id=31,
        sort=NeedSort.SUPPLIES,
        sort_label="物资",
        what="沙袋",
        amount=300,
        measure="个",
        short=300,
        short_words="300个",
        note="",
        incident="20261122-0007",
        place="堤防",
        asked_at=NOW,
        asked_of_you=True,
        own=False,
        yours=None,
        exercise=False,
    )
    heard = set()
    for agency in AGENCIES:
        stage = Stage()
        listed = NeedList(agency=agency, at=NOW, needs=[wanted])
        stage.played.heard(f"linkage/v1/assignment/{agency}/needs", msgspec.json.encode(listed))
        told = stage.said(agency)
        heard.add(tuple(one["status"] for one in told))
        for one in told:
            read_feedback(msgspec.json.encode(one), AGENCIES[agency])
    assert heard == {
        (),
        ("withdrawn",),
        ("offered", "on_the_way", "arrived", "released"),
    }


def test_a_changed_order_is_answered_as_changed_only() -> None:
    stage = Stage()
    stage.order("fire", order())
    stage.order("fire", order(revision=2, task="改为警戒"))
    assert {revision for revision, _ in stage.statuses()} == {2}


def test_who_was_away_reads_the_open_list() -> None:
    stage = Stage()
    listed = OpenList(agency="fire", at=NOW, assignments=[order()])
    stage.played.heard("linkage/v1/assignment/fire/open", msgspec.json.encode(listed))
    assert stage.statuses()[0] == (1, "acknowledged")


def test_what_is_no_longer_open_is_not_worked_on() -> None:
    stage = Stage()
    stage.order("fire", order())
    empty = OpenList(agency="fire", at=NOW, assignments=[])
    stage.played.heard("linkage/v1/assignment/fire/open", msgspec.json.encode(empty))
    assert stage.statuses() == []


def test_the_intake_reads_what_the_departments_write() -> None:
    stage = Stage()
    stage.order("health", order("health"))
    payloads = [payload for _, payload in stage.played.turn(stage.far)]
    everything = [read_feedback(payload, AGENCIES["health"]) for payload in payloads]
    read = [one for one in everything if isinstance(one, Feedback)]
    assert [one.assignment_id for one in read] == [7] * len(read)
    assert read[-1].status is S.COMPLETED
    assert read[0].by == "卫生值班员"
    assert any(one.casualties == Casualties(injured=1) for one in read)


def test_a_unit_reports_its_way_in_its_own_datum_and_the_intake_finds_it_at_the_scene() -> None:
    stage = Stage()
    stage.order("fire", order("fire"))
    stage.played.turn(stage.far)
    reports = stage.played.positions(stage.far)
    topic, payload = reports[0]
    agency_id, unit_id = topic.split("/")[3:]
    report = read_unit(payload, AGENCIES[agency_id], unit_id)
    assert report.assignment_id == 7
    assert report.state == "到场"
    assert report.point is not None
    assert report.point.lon == pytest.approx(SCENE.lon, abs=1e-4)
    assert report.point.lat == pytest.approx(SCENE.lat, abs=1e-4)
    assert stage.played.positions(stage.far) == []


def test_a_message_that_breaks_the_contract_is_refused() -> None:
    with pytest.raises(ValueError, match="missing"):
        Stage().played.heard("linkage/v1/assignment/fire", b'{"id": 7}')
