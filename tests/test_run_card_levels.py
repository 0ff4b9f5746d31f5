"""What the level changes on a card, where the level comes from, and who must sign in a minute."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from linkage.alerts import Casualties
from linkage.errors import BadConfig
from linkage.kinds import Kind
from linkage.plan.run_card_file import in_force, load_run_cards, load_versions
from linkage.plan.run_cards import Proposal, Situation, propose_for
from linkage.response.agencies import load_agencies
from linkage.vocabulary import AssignmentRole, Grade, WarningColour

DATA = Path(__file__).parents[1] / "data"
AGENCIES = load_agencies(DATA / "agencies.toml")
CARDS = load_run_cards(DATA / "run_cards.toml", AGENCIES)
LEAD, SUPPORT, INFORM = AssignmentRole


def proposed(kind: Kind, **known: Any) -> Proposal:
    return propose_for(Situation(kind=kind, event_code=kind.event_code, **known), CARDS, AGENCIES)


def roles(proposal: Proposal) -> dict[str, AssignmentRole]:
    return {line.agency_id: line.role for line in proposal.assignments}


@pytest.mark.parametrize("card", CARDS.cards, ids=lambda card: f"row{card.row}")
def test_at_four_the_county_leads_and_city_departments_stand_by(card: Any) -> None:
    found = roles(proposed(card.kinds[0], hazmat=card.hazmat, response_level=4))
    assert found[card.lead] is LEAD
    front = {*CARDS.levels[4].front, card.on_scene_command}
    auto = {"fire", "environment", "transport", "health", "work-safety"} if card.hazmat else set()
    for agency_id in card.support:
        expected = SUPPORT if agency_id in front | auto else INFORM
        assert found[agency_id] is expected, agency_id


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("card", CARDS.cards, ids=lambda card: f"row{card.row}")
def test_from_three_up_everybody_on_the_card_works(card: Any, level: int) -> None:
    found = roles(proposed(card.kinds[0], hazmat=card.hazmat, response_level=level))
    assert found[card.lead] is LEAD
    assert {found[agency_id] for agency_id in card.support} == {SUPPORT}


@pytest.mark.parametrize(("people", "level"), [(9999, None), (10000, 4), (300000, 4)])
def test_ten_thousand_without_drinking_water_start_a_response(
    people: int, level: int | None
) -> None:
    found = proposed(Kind.WATER_SUPPLY, figures={"people_affected": people})
    assert found.response_level == level
    assert ("方案：10000人以上" in found.level_reason) is (level is not None)


def test_who_stands_by_is_told_what_for_and_why() -> None:
    proposal = proposed(Kind.FLOOD, response_level=4)
    line = {line.agency_id: line for line in proposal.assignments}["telecom"]
    assert line.task.startswith("待命")
    assert "Ⅳ级由县区牵头" in line.reason
    assert (line.acknowledge_s, line.on_scene_s, line.report_s) == (None, None, None)


def test_at_two_and_one_the_province_is_telephoned() -> None:
    for level in (1, 2):
        assert "省应急指挥中心" in proposed(Kind.FIRE, response_level=level).others
    assert "省应急指挥中心" not in proposed(Kind.FIRE, response_level=3).others


@pytest.mark.parametrize(
    ("kind", "known", "level"),
    [
        (Kind.EARTHQUAKE, {"figures": {"magnitude": 4.0}}, 4),
        (Kind.EARTHQUAKE, {"figures": {"magnitude": 5.0}}, 3),
        (Kind.EARTHQUAKE, {"figures": {"magnitude": 6.0}}, 2),
        (Kind.FIRE, {"fire_alarm_level": 2}, None),
        (Kind.FIRE, {"fire_alarm_level": 3}, 4),
        (Kind.FIRE, {"fire_alarm_level": 5}, 2),
        (Kind.HAZMAT, {"casualties": Casualties(deaths=2)}, 4),
        (Kind.HAZMAT, {"casualties": Casualties(deaths=3)}, 3),
        (Kind.HAZMAT, {"casualties": Casualties(critical=10)}, 3),
        (Kind.VESSEL, {"casualties": Casualties(missing=3)}, 3),
        (Kind.NUCLEAR, {"figures": {"nuclear_stage": 1}}, None),
        (Kind.NUCLEAR, {"figures": {"nuclear_stage": 2}}, 3),
        (Kind.LIFT, {"figures": {"trapped_min": 120}}, 4),
        (Kind.TYPHOON, {"colours": {Kind.TYPHOON: WarningColour.BLUE}}, 4),
        (Kind.TYPHOON, {"colours": {Kind.TYPHOON: WarningColour.RED}}, 1),
        (Kind.TYPHOON, {"colours": {Kind.RAINSTORM: WarningColour.RED}}, None),
        (Kind.HAZMAT, {"grade": Grade.ORDINARY, "casualties": Casualties(deaths=3)}, 3),
    ],
)
def test_the_card_says_from_which_number_on_it_starts(
    kind: Kind, known: dict[str, Any], level: int | None
) -> None:
    proposal = proposed(kind, **known)
    assert proposal.response_level == level
    assert proposal.level_reason


def test_what_the_officer_chooses_stands_and_the_proposal_is_kept_in_the_words() -> None:
    proposal = proposed(Kind.HAZMAT, chosen_level=3)
    assert proposal.response_level == 3
    assert "由值班员选定Ⅲ级" in proposal.level_reason
    assert "建议Ⅳ级" in proposal.level_reason
    assert proposed(Kind.HAZMAT, chosen_level=4).level_reason.startswith("按方案起始级别")


@pytest.mark.parametrize(
    "people", [Casualties(trapped=1), Casualties(missing=2), Casualties(injured=1)]
)
@pytest.mark.parametrize("kind", [Kind.LIFT, Kind.FIRE, Kind.TELECOM_OUTAGE, Kind.RESCUE])
def test_for_people_in_danger_119_and_120_sign_within_a_minute(
    kind: Kind, people: Casualties
) -> None:
    found = {line.agency_id: line for line in proposed(kind, casualties=people).assignments}
    wanted = [("120", "health")] if people.injured else [("119", "fire"), ("120", "health")]
    for pair in wanted:
        line = next(found[a] for a in pair if a in found and found[a].role is not INFORM)
        assert line.acknowledge_s is not None
        assert line.acknowledge_s <= 60
        assert line.order().acknowledge_s == line.acknowledge_s


def test_a_tanker_brings_fire_environment_transport_and_health_whatever_the_level() -> None:
    for level in (None, 4, 3):
        found = roles(proposed(Kind.HAZMAT_VEHICLE, hazmat=True, response_level=level))
        for agency_id in ("fire", "environment", "transport", "health"):
            assert found[agency_id] is SUPPORT


# Versions


def two_versions(folder: Path) -> None:
    text = (DATA / "run_cards.toml").read_text(encoding="utf-8")
    (folder / "run_cards.toml").write_text(text, encoding="utf-8")
    later = text.replace('version = "2026-1"', 'version = "2027-1"').replace(
        "effective_from = 2026-01-01", "effective_from = 2027-01-01"
    )
    (folder / "run_cards.next.toml").write_text(later, encoding="utf-8")


def test_a_version_whose_day_has_not_come_is_not_used(tmp_path: Path) -> None:
    two_versions(tmp_path)
    versions = load_versions(tmp_path, AGENCIES)
    new_year = datetime(2026, 12, 31, 16, tzinfo=UTC)  # midnight in Beijing
    assert in_force(versions, new_year - timedelta(seconds=1)).label == "2026-1"
    assert in_force(versions, new_year).label == "2027-1"


def test_with_no_version_in_force_the_file_is_named(tmp_path: Path) -> None:
    two_versions(tmp_path)
    versions = load_versions(tmp_path, AGENCIES)
    with pytest.raises(BadConfig, match="2026-01-01 才生效"):
        in_force(versions, datetime(2025, 6, 1, tzinfo=UTC))


def test_two_versions_of_one_day_are_refused(tmp_path: Path) -> None:
    two_versions(tmp_path)
    path = tmp_path / "run_cards.next.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("2027-01-01", "2026-01-01"), encoding="utf-8")
    with pytest.raises(BadConfig, match="生效日期相同"):
        load_versions(tmp_path, AGENCIES)


def test_a_folder_without_cards_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="一份联动方案也没有"):
        load_versions(tmp_path, AGENCIES)
