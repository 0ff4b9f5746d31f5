"""The nineteen parties of the response."""

from pathlib import Path

import pytest

from linkage.datum import Datum
from linkage.response.agencies import AgencyKind, load_agencies
from linkage.vocabulary import AssignmentRole

DATA = Path(__file__).parents[1] / "data"
AGENCIES = load_agencies(DATA / "agencies.toml")
CALL_CENTRES = {"110": "police", "119": "fire", "120": "health", "122": "police"}


def test_there_are_four_call_centres_and_fifteen_departments() -> None:
    kinds = [agency.kind for agency in AGENCIES.values()]
    assert kinds.count(AgencyKind.CALL_CENTRE) == 4
    assert kinds.count(AgencyKind.DEPARTMENT) == 15


def test_each_call_centre_is_the_desk_of_its_department() -> None:
    desks = {a.id: a.desk_of for a in AGENCIES.values() if a.kind is AgencyKind.CALL_CENTRE}
    assert desks == CALL_CENTRES
    assert all(a.desk_of is None for a in AGENCIES.values() if a.id not in CALL_CENTRES)


def test_every_party_has_the_name_of_2007_and_who_answers_for_it_today() -> None:
    assert AGENCIES["work-safety"].name == "安监"
    assert AGENCIES["work-safety"].present_owner == "市应急管理局"
    assert all(agency.present_owner for agency in AGENCIES.values())


def test_no_telephone_and_no_person_is_invented() -> None:
    assert {agency.telephone for agency in AGENCIES.values()} == {""}
    assert {agency.contact for agency in AGENCIES.values()} == {""}


def test_who_leads_signs_within_a_minute_who_helps_within_two_and_who_is_told_at_leisure() -> None:
    for agency in AGENCIES.values():
        assert agency.acknowledge_s == {AssignmentRole.LEAD: 60, AssignmentRole.SUPPORT: 120}


def test_one_agency_may_have_agreed_on_times_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "agencies.toml"
    text = (DATA / "agencies.toml").read_text(encoding="utf-8")
    own = 'id = "telecom"\nacknowledge_s = { lead = 300 }'
    path.write_text(text.replace('id = "telecom"', own), encoding="utf-8")
    agencies = load_agencies(path)
    assert agencies["telecom"].acknowledge_s == {AssignmentRole.LEAD: 300}
    assert agencies["fire"].acknowledge_s[AssignmentRole.LEAD] == 60


@pytest.mark.parametrize("agency_id", ["weather", "earthquake", "civil-defence"])
def test_offices_without_vehicles_report_no_units(agency_id: str) -> None:
    assert not AGENCIES[agency_id].has_units


def test_every_map_has_a_declared_datum() -> None:
    assert AGENCIES["fire"].datum is Datum.GCJ02
    assert AGENCIES["market"].datum is Datum.BD09
