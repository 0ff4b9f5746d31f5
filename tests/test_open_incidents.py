"""The index finds what the rule would join, and forgets what is closed."""

from datetime import timedelta
from random import Random
from typing import Any

from bench.labelled import Report
from bench.near_misses import labelled_set
from linkage.alerts import Alert, Point
from linkage.correlation.correlate import correlate
from linkage.correlation.open_incident import telephone
from linkage.correlation.open_incidents import IN_ANY, IN_OWN_CELL, OpenIncidents, opened_by
from linkage.kinds import Kind
from tests.builders import CALL, alert


def index_of(*reports: Alert) -> OpenIncidents:
    index = OpenIncidents()
    for number, report in enumerate(reports, 1):
        index.add(opened_by(report, number, f"{number:04d}"))
    return index


def ids(index: OpenIncidents, report: Alert) -> list[int]:
    return sorted(incident.id for incident in index.candidates(report))


def later(minutes: float, **changes: Any) -> Alert:
    changes.setdefault("source_ref", "J2")
    return alert(occurred_at=CALL.occurred_at + timedelta(minutes=minutes), **changes)


def test_what_is_near_in_place_and_time_is_a_candidate() -> None:
    index = index_of(alert())
    assert ids(index, later(5, point=Point(119.174, 34.603), place="")) == [1]
    assert ids(index, later(5, point=Point(119.30, 34.6), place="")) == []
    assert ids(index, later(600)) == []


def test_a_name_finds_an_incident_where_positions_fail() -> None:
    index = index_of(alert(place="海州区苍梧小区3号楼"))
    assert ids(index, later(5, point=None, place="苍梧小区")) == [1]
    assert ids(index, later(5, point=Point(119.2, 34.65), place="苍梧小区门口")) == [1]
    assert ids(index, later(5, point=None, place="绿园小区")) == []


def test_an_incident_without_position_is_found_by_its_name() -> None:
    index = index_of(alert(place="苍梧小区", point=None))
    assert ids(index, later(5, place="海州区苍梧小区3号楼")) == [1]


def test_a_highway_is_searched_for_two_kilometres() -> None:
    index = index_of(alert(place="G15沈海高速", point=Point(119.17, 34.6)))
    assert ids(index, later(5, place="沈海高速", point=Point(119.17, 34.618))) == [1]


def test_telephone_plate_and_number_find_an_incident_anywhere() -> None:
    index = index_of(alert(caller_phone="13800000001", plates=("苏G·12345",), place="", point=None))
    nowhere: dict[str, Any] = {"place": "", "point": None}
    assert ids(index, later(5, caller_phone="+86 138 0000 0001", **nowhere)) == [1]
    assert ids(index, later(5, plates=("苏G12345",), **nowhere)) == [1]
    assert ids(index, later(9000, source_ref="J1", **nowhere)) == [1]
    assert ids(index, later(9000, references=(("110-cad", "J1"),), **nowhere)) == [1]
    found = index.by_ref("110-cad", "J1")
    assert found is not None
    assert found.id == 1


def test_what_is_closed_is_found_no_more() -> None:
    index = index_of(alert(caller_phone="13800000001", plates=("苏G12345",)), later(1))
    index.likely_same(1, 2)
    index.remove(1)
    index.remove(1)
    assert ids(index, later(2, caller_phone="13800000001", plates=("苏G12345",))) == [2]
    assert index.by_ref("110-cad", "J1") is None
    assert index.get(1) is None
    left = index.get(2)
    assert left is not None
    assert left.likely_same == set()
    index.remove(2)
    assert len(index) == 0
    assert index._rows == {}
    assert index._phones == index._plates == index._refs == {}


def test_an_incident_grows_with_what_joins_it() -> None:
    index = index_of(alert(point=None, place="", source_id="120-cad"))
    joined = later(4, plates=("苏G12345",), kind=Kind.FIRE, caller_phone="13800000001", hazmat=True)
    incident = index.absorb(1, joined)
    assert incident.kinds == (Kind.TRAFFIC_ACCIDENT, Kind.FIRE)
    assert incident.sources == ("120-cad", "110-cad")
    assert (incident.lon, incident.lat) == (119.17, 34.6)
    assert incident.last_alert_at == joined.occurred_at
    assert incident.occurred_at == CALL.occurred_at
    assert incident.hazmat
    assert index.by_ref("110-cad", "J2") is incident
    assert ids(index, later(6, source_ref="J3", place="")) == [1]


def test_only_a_finer_position_moves_an_incident() -> None:
    index = index_of(alert())
    index.absorb(1, later(1, source_id="122-cad", point=Point(119.1702, 34.6)))
    incident = index.get(1)
    assert incident is not None
    assert incident.lon == 119.1702
    index.absorb(1, later(2, point=Point(119.18, 34.6)))
    assert incident.lon == 119.1702
    index.move(1, 119.25, 34.6, 50.0)
    assert ids(index, later(3, source_ref="J5", place="", point=Point(119.2501, 34.6))) == [1]
    assert ids(index, later(3, source_ref="J5", place="")) == []


def test_a_flood_relates_to_what_happens_in_its_district_afterwards() -> None:
    flood = alert(kind=Kind.FLOOD, source_id="water", area_codes=("320706",), point=None)
    index = index_of(flood)
    water = {"kind": Kind.WATERLOGGING, "area_code": "320706"}
    assert [a.id for a in index.related_areas(later(30, **water))] == [1]
    assert index.related_areas(later(30, kind=Kind.WATERLOGGING, area_code="320707")) == []
    assert index.related_areas(later(-60, **water)) == []
    assert index.related_areas(later(30, exercise=True, **water)) == []
    assert ids(index, later(30, **water)) == []


def test_a_theft_in_a_flood_is_a_theft() -> None:
    index = index_of(alert(kind=Kind.FLOOD, area_codes=("320706",)))
    assert index.related_areas(later(5, kind=Kind.CRIMINAL_CASE)) == []


def test_a_warning_for_the_whole_city_covers_its_districts() -> None:
    index = index_of(alert(kind=Kind.RAINSTORM, area_codes=("320700",), point=None))
    assert len(index.related_areas(later(5, kind=Kind.FIRE, area_code="320722"))) == 1


def test_a_quake_is_felt_as_far_as_it_is_strong() -> None:
    far = Point(119.17, 34.9)  # 33 km north
    for magnitude, felt in ((3.2, 0), (4.5, 1)):
        quake = alert(kind=Kind.EARTHQUAKE, facts={"magnitude": magnitude}, area_code=None)
        index = index_of(quake)
        collapse = later(5, kind=Kind.COLLAPSE, point=far, area_code="320707")
        assert len(index.related_areas(collapse)) == felt


def test_a_magnitude_nobody_can_read_gives_no_reach() -> None:
    quake = opened_by(alert(kind=Kind.EARTHQUAKE, facts={"magnitude": "四级"}), 1, "")
    assert quake.reach_m is None


def test_an_incident_that_many_joined_does_not_come_to_know_every_street() -> None:
    index = index_of(alert())
    for number in range(200):
        street = chr(0x4E00 + number)
        index.absorb(1, later(1, source_ref=f"R{number}", place=f"{street}{street}路"))
    incident = index.get(1)
    assert incident is not None
    assert len(incident.keys) < 60
    assert len(incident.read_words().names.roads) < 30


def test_a_telephone_is_told_by_its_digits() -> None:
    assert telephone("+86 138-0000-0001") == "13800000001"
    assert telephone("0518-85501234") == "51885501234"
    assert telephone("110") is None
    assert telephone("") is None
    assert telephone(None) is None


def test_the_index_hides_nothing_the_rule_would_join() -> None:
    """Against the rule over everything open: the index may spare work, never an answer."""
    reports: list[Report] = labelled_set(55, events=60, storm_events=40, pairs=1)
    Random(1).shuffle(reports)
    index = OpenIncidents()
    every = []
    for number, report in enumerate(reports, 1):
        found = correlate(report.alert, index.candidates(report.alert))
        whole = correlate(report.alert, every)
        if whole is not None and whole.decision == "joins":
            assert found is not None
            assert found.incident_id == whole.incident_id
        incident = opened_by(report.alert, number, f"{number:04d}")
        index.add(incident)
        every.append(incident)


def _flooded(count: int) -> OpenIncidents:
    """One street, `count` incidents, a tenth of a second apart."""
    return index_of(*(later(n / 600, source_ref=f"F{n}", place="") for n in range(count)))


def test_a_flood_of_incidents_in_one_street_is_read_in_part_and_the_newest_first() -> None:
    index = _flooded(2000)
    found = ids(index, later(2000 / 600, source_ref="new", place=""))
    assert len(found) <= IN_OWN_CELL + 10 * IN_ANY
    assert index.passed_over == 2000 - len(found)
    assert found[-1] == 2000


def test_what_a_flood_left_out_counts_against_place_and_time() -> None:
    index = _flooded(2000)
    report = later(2000 / 600, source_ref="new", source_id="119-cad", place="")
    found = index.candidates(report)
    alone = correlate(report, found[-1:])
    match = correlate(report, found, index.passed_over)
    assert alone is not None
    assert match is None or match.score < alone.score - 25


def test_an_ordinary_street_is_read_whole() -> None:
    index = _flooded(IN_OWN_CELL)
    assert len(ids(index, later(5, source_ref="new", place=""))) == IN_OWN_CELL
    assert index.passed_over == 0
