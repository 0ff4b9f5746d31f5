"""Which calls are one event: told as a shift tells it."""

from datetime import timedelta
from math import cos, radians
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.alerts import Alert, Casualties, Point
from linkage.correlation.correlate import CERTAIN, JOIN_AT, PROPOSE_AT, Match, correlate, score
from linkage.correlation.open_incidents import OpenIncident, OpenIncidents, opened_by
from linkage.kinds import AREA_KINDS, Kind
from tests.builders import CALL, alert

HERE = Point(119.17, 34.6)


def at(minutes: float, *, east: float = 0.0, north: float = 0.0, **changes: Any) -> Alert:
    """A report so many minutes and metres from the first call."""
    lat = HERE.lat + north / 111_320
    lon = HERE.lon + east / (111_320 * cos(radians(HERE.lat)))
    changes.setdefault("point", Point(lon, lat))
    return alert(
        occurred_at=CALL.occurred_at + timedelta(minutes=minutes),
        headline="",
        **changes,
    )


class Desk:
    """A shift: every report either joins or opens, as intake does it."""

    def __init__(self) -> None:
        self.open = OpenIncidents()
        self.matches: list[Match | None] = []

    def take(self, report: Alert) -> int:
        match = correlate(report, self.open.candidates(report))
        self.matches.append(match)
        if match is not None and match.decision == "joins":
            self.open.absorb(match.incident_id, report)
            return match.incident_id
        incident_id = len(self.open) + 1
        self.open.add(opened_by(report, incident_id, f"20261122-{incident_id:04d}"))
        if match is not None:
            self.open.likely_same(incident_id, match.incident_id)
        return incident_id


def decision(first: Alert, second: Alert) -> str | None:
    desk = Desk()
    desk.take(first)
    match = correlate(second, desk.open.candidates(second))
    return match and match.decision


TANKER = at(
    0,
    kind=Kind.HAZMAT_VEHICLE,
    place="海州区G310 K63+500附近",
    text="一辆槽罐车侧翻，苯泄漏，味道很大",
    hazmat=True,
    caller_phone="13800000001",
)


def tanker_reports() -> list[Alert]:
    return [
        TANKER,
        at(
            1,
            east=190,
            source_id="122-cad",
            source_ref="S1",
            kind=Kind.TRAFFIC_ACCIDENT,
            place="310国道63公里500米处",
            text="罐车翻车，双向封闭",
            hazmat=True,
            plates=("苏G12345",),
        ),
        at(
            1.5,
            north=60,
            source_id="119-cad",
            source_ref="F1",
            kind=Kind.HAZMAT,
            place="G310 63公里处",
            text="苯槽罐车侧翻泄漏",
            hazmat=True,
        ),
        at(
            2,
            east=-80,
            north=40,
            source_id="120-cad",
            source_ref="E1",
            kind=Kind.POISONING,
            place="310国道",
            text="3人吸入有毒气体",
            casualties=Casualties(poisoned=3, critical=1),
        ),
    ]


def test_the_tanker_reported_by_four_systems_is_one_incident() -> None:
    desk = Desk()
    assert [desk.take(report) for report in tanker_reports()] == [1, 1, 1, 1]
    incident = desk.open.get(1)
    assert incident is not None
    assert incident.sources == ("110-cad", "122-cad", "119-cad", "120-cad")


def test_the_tanker_is_one_incident_in_whatever_order_the_desks_are_fast() -> None:
    for seed in range(12):
        reports = tanker_reports()
        Random(seed).shuffle(reports)
        desk = Desk()
        assert {desk.take(report) for report in reports} == {1}


def test_the_score_card_reads_as_an_officer_would_argue() -> None:
    match = correlate(tanker_reports()[1], [opened_by(TANKER, 1, "")])
    assert match is not None
    texts = [text for text, _ in match.reasons]
    assert texts[:3] == [
        "事件类别相同：危化品运输车事故",
        "相距 190 米",
        "相隔 1 分钟",
    ]
    assert "道路同为 G310" in texts
    assert "桩号相同" in texts
    assert match.score == pytest.approx(sum(points for _, points in match.reasons))


def test_the_station_downwind_is_proposed_or_joined_an_hour_on() -> None:
    reading = at(
        35,
        east=900,
        source_id="environment",
        source_ref="H1",
        kind=Kind.AIR_POLLUTION,
        place="徐圩监测站",
        text="苯浓度超标",
        hazmat=True,
    )
    assert decision(TANKER, reading) in {"joins", "proposes"}


def fire(minutes: float, **changes: Any) -> Alert:
    changes.setdefault("source_id", "119-cad")
    changes.setdefault("source_ref", f"F{minutes}")
    changes.setdefault("place", "海州区解放东路")
    changes.setdefault("text", "路边店铺着火")
    return at(minutes, kind=Kind.FIRE, **changes)


def test_two_fires_in_one_street_an_hour_apart_are_two() -> None:
    later = fire(60, east=120, source_id="110-cad")
    assert decision(fire(0), later) != "joins"


def test_two_fires_stay_two_though_the_first_is_reported_again_and_again() -> None:
    desk = Desk()
    for minutes in (0, 4, 9, 15):
        desk.take(fire(minutes, source_id=("119-cad", "110-cad")[minutes % 2]))
    assert desk.take(fire(66, east=150, source_id="110-cad", source_ref="new")) != 1


def test_the_same_fire_seen_by_two_desks_minutes_apart_is_one() -> None:
    seen = fire(3, east=90, source_id="110-cad", place="解放东路附近")
    assert decision(fire(0), seen) == "joins"


def test_a_neighbour_who_calls_again_about_the_same_thing_joins() -> None:
    first = fire(0, caller_phone="13800000001")
    assert decision(first, fire(4, source_ref="F2", caller_phone="138-0000-0001")) == "joins"


def test_one_telephone_reporting_another_thing_hours_later_does_not_join() -> None:
    first = at(0, caller_phone="13800000001")
    later = at(150, source_ref="J2", caller_phone="13800000001", east=100)
    assert decision(first, later) is None


def test_a_switchboard_number_is_nobodys_telephone() -> None:
    first = at(0, caller_phone="12345")
    other = at(3, source_ref="J2", caller_phone="12345", north=1500)
    assert decision(first, other) is None


def test_two_crashes_on_one_highway_three_kilometres_apart_stay_two() -> None:
    first = at(0, source_id="122-cad", place="G15沈海高速K800+000", text="货车追尾")
    other = at(0.5, north=3000, place="沈海高速803公里处", text="货车撞护栏")
    assert decision(first, other) is None


def test_posts_outweigh_a_wrong_position() -> None:
    first = at(0, source_id="122-cad", place="G15沈海高速K800+000", text="货车追尾轿车")
    near = at(0.5, north=300, place="沈海高速804公里处", text="货车撞护栏")
    assert decision(first, near) != "joins"


def test_crashes_on_two_roads_400_metres_apart_in_one_minute_do_not_join() -> None:
    first = at(0, source_id="122-cad", place="海连东路88号", text="轿车追尾")
    other = at(0.5, east=390, place="海州区苍梧路", text="电动车与公交车相撞")
    assert decision(first, other) != "joins"


def test_an_exercise_never_meets_the_real_one() -> None:
    twin = at(1, source_id="122-cad", exercise=True)
    assert decision(at(0), twin) is None
    # Not even by the record number: a desk that forgot the mark must not mix them.
    assert correlate(at(0, exercise=True), [opened_by(at(0), 1, "")]) is None


def test_a_patient_beside_a_crash_is_another_matter() -> None:
    patient = at(1, source_id="120-cad", kind=Kind.INJURY, text="老人胸痛，出冷汗", east=60)
    assert decision(at(0), patient) is None


def test_the_injured_of_the_crash_belong_to_it() -> None:
    injured = at(2, source_id="120-cad", kind=Kind.INJURY, text="车祸，1人受伤", east=60)
    assert decision(at(0), injured) == "joins"


def test_a_silent_call_joins_nothing() -> None:
    assert decision(at(0), at(0, source_ref="J2", kind=Kind.INVALID_CALL)) is None
    silent = at(0, kind=Kind.INVALID_CALL)
    assert decision(silent, at(0, source_ref="J2", kind=Kind.INVALID_CALL)) is None


def test_neighbours_in_two_buildings_are_not_taken_for_one() -> None:
    first = fire(0, place="苍梧小区3号楼", text="厨房着火")
    other = fire(1, source_id="110-cad", place="苍梧小区十二栋", text="阳台着火")
    assert decision(first, other) != "joins"


def test_a_report_without_position_needs_a_place_by_name() -> None:
    first = fire(0, place="连云港市海州区苍梧小区5号楼", text="厨房着火")
    named = fire(2, source_id="110-cad", place="苍梧小区", point=None, text="楼上着火了")
    nameless = fire(2, source_id="110-cad", place="海州区", point=None, text="楼上着火了")
    assert decision(first, named) == "joins"
    assert decision(first, nameless) is None


def test_one_name_in_two_counties_is_two_places() -> None:
    first = fire(0, place="灌云县人民路中心小学", point=None)
    other = fire(1, source_id="110-cad", place="东海县人民路中心小学", point=None)
    assert decision(first, other) != "joins"


def test_a_follow_up_joins_its_own_record_whatever_it_says() -> None:
    desk = Desk()
    desk.take(at(0))
    moved = at(240, north=9000, kind=Kind.FIRE)
    match = correlate(moved, desk.open.candidates(moved))
    assert match == Match(1, CERTAIN, (("同一警单的后续报文：110-cad J1", CERTAIN),), "joins")


def test_a_named_record_joins_what_it_names() -> None:
    desk = Desk()
    desk.take(at(0))
    order = at(
        90, source_id="119-cad", source_ref="F9", north=5000, references=(("110-cad", "J1"),)
    )
    match = correlate(order, desk.open.candidates(order))
    assert match is not None
    assert match.decision == "joins"
    assert match.reasons[0][0] == "报文注明与警单 110-cad J1 为同一事件"


@pytest.mark.parametrize("kind", sorted(AREA_KINDS))
def test_area_events_swallow_nothing_and_nothing_swallows_them(kind: Kind) -> None:
    area = opened_by(at(0, source_id="water", source_ref="W1", kind=kind), 1, "")
    naming = at(1, references=(("water", "W1"),))
    assert correlate(at(1), [area]) is None
    assert correlate(naming, [area]) is None
    assert correlate(at(1, source_id="water", source_ref="W2", kind=kind), [area]) is None
    assert correlate(at(1, source_ref="J9", kind=kind), [opened_by(at(0), 2, "")]) is None


def test_a_storm_does_not_swallow_what_has_nothing_to_do_with_it() -> None:
    rng, desk = Random(5), Desk()
    for number in range(150):
        desk.take(
            at(
                rng.uniform(0, 60),
                east=rng.uniform(-1500, 1500),
                north=rng.uniform(-1500, 1500),
                source_ref=f"W{number}",
                kind=Kind.WATERLOGGING,
                place="海州区",
                text="路面积水到膝盖了",
            )
        )
    theft = at(30, source_ref="T1", kind=Kind.CRIMINAL_CASE, text="电动车被偷")
    crash = at(30, source_id="122-cad", source_ref="T2", text="轿车追尾")
    assert decision_of(desk, theft) is None
    assert decision_of(desk, crash) is None
    # And water in two places is not one water only because all are wet: a person decides.
    joined = [m for m in desk.matches if m is not None and m.decision == "joins"]
    assert joined == []


def decision_of(desk: Desk, report: Alert) -> str | None:
    match = correlate(report, desk.open.candidates(report))
    return match and match.decision


def test_in_a_storm_a_place_by_name_still_joins() -> None:
    desk = Desk()
    for number in range(6):
        desk.take(
            at(number, north=700 + 90 * number, source_ref=f"W{number}", kind=Kind.WATERLOGGING)
        )
    under = {"kind": Kind.WATERLOGGING, "place": "通灌路与海连路交叉口"}
    number = desk.take(at(7, source_ref="U1", text="车熄火在水里", **under))
    again = at(9, source_id="122-cad", source_ref="U2", east=60, text="积水，无法通行", **under)
    assert desk.take(again) == number


def test_a_chain_of_reports_does_not_creep_along_a_street() -> None:
    desk = Desk()
    for step in range(30):
        desk.take(
            at(
                2 * step,
                east=200 * step,
                source_id=("110-cad", "122-cad")[step % 2],
                source_ref=f"C{step}",
                place="海连东路",
                text="两车相撞",
            )
        )
    spread = [incident for incident in map(desk.open.get, range(1, 31)) if incident]
    assert len(spread) > 5


def test_when_two_incidents_fit_alike_a_person_decides() -> None:
    desk = Desk()
    desk.take(at(0, east=-30, source_id="122-cad", source_ref="A"))
    desk.open.add(opened_by(at(0, east=30, source_id="122-cad", source_ref="B"), 2, "0002"))
    report = at(1, source_id="119-cad", source_ref="F1")
    match = correlate(report, desk.open.candidates(report))
    assert match is not None
    assert match.decision == "proposes"
    assert match.reasons[-1][1] == 0
    desk.open.likely_same(1, 2)
    match = correlate(report, desk.open.candidates(report))
    assert match is not None
    assert match.decision == "joins"


def test_the_card_of_any_two_can_be_asked_for() -> None:
    points, reasons = score(at(1, source_id="122-cad"), opened_by(at(0), 1, ""))
    assert points >= JOIN_AT
    assert points == pytest.approx(sum(p for _, p in reasons))
    assert score(at(1, kind=Kind.INVALID_CALL), opened_by(at(0), 1, "")) == (0.0, ())


KINDS = [Kind.FIRE, Kind.TRAFFIC_ACCIDENT, Kind.INJURY, Kind.HAZMAT, Kind.WATERLOGGING]
PLACES = ["", "海州区", "解放东路128号", "苍梧小区3号楼", "G310 K63+500", "海连路与通灌路路口"]
TEXTS = ["", "两车相撞", "着火了", "苯泄漏", "老人胸痛", "积水", "3人受伤"]


@st.composite
def reports(draw: st.DrawFn) -> Alert:
    position = st.one_of(
        st.none(),
        st.builds(Point, st.floats(119.16, 119.18), st.floats(34.59, 34.61)),
    )
    return at(
        draw(st.floats(0, 90)),
        point=draw(position),
        source_id=draw(st.sampled_from(["110-cad", "119-cad", "120-cad", "122-cad", "police"])),
        source_ref=draw(st.sampled_from("ABCDEFGH")),
        kind=draw(st.sampled_from(KINDS)),
        place=draw(st.sampled_from(PLACES)),
        text=draw(st.sampled_from(TEXTS)),
        caller_phone=draw(st.sampled_from([None, "13800000001", "13800000002"])),
        plates=draw(st.sampled_from([(), ("苏G12345",)])),
        exercise=draw(st.booleans()),
        references=draw(st.sampled_from([(), (("110-cad", "A"),)])),
    )


@settings(max_examples=200)
@given(reports(), st.lists(reports(), max_size=8), st.randoms(use_true_random=False))
def test_the_answer_does_not_hang_on_the_order_of_candidates(
    report: Alert, others: list[Alert], rng: Random
) -> None:
    def incidents() -> list[OpenIncident]:
        return [opened_by(other, i, f"{i:04d}") for i, other in enumerate(others, 1)]

    shuffled = incidents()
    rng.shuffle(shuffled)
    assert correlate(report, incidents()) == correlate(report, shuffled)


@settings(max_examples=200)
@given(reports(), st.lists(reports(), max_size=8))
def test_every_card_sums_to_its_score(report: Alert, others: list[Alert]) -> None:
    found = [opened_by(other, i, f"{i:04d}") for i, other in enumerate(others, 1)]
    match = correlate(report, found)
    if match is not None:
        assert match.score == pytest.approx(sum(points for _, points in match.reasons))
        assert match.score >= PROPOSE_AT
        assert all(text for text, _ in match.reasons)
        joined = next(one for one in found if one.id == match.incident_id)
        assert joined.exercise is report.exercise
