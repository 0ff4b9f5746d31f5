"""The run cards: who leads, who helps, who is told, and why, for every kind of incident."""

from pathlib import Path

import pytest

from linkage.alerts import NOBODY, Casualties
from linkage.kinds import ROUTINE_KINDS, Kind
from linkage.plan.run_cards import Proposal, ProposedAssignment, load_run_cards, propose
from linkage.response.agencies import load_agencies
from linkage.vocabulary import AssignmentRole, Grade, WarningColour

DATA = Path(__file__).parents[1] / "data"
AGENCIES = load_agencies(DATA / "agencies.toml")
CARDS = load_run_cards(DATA / "run_cards.toml", AGENCIES)
ROW = {card.row: card for card in CARDS.cards}
LEAD, SUPPORT, INFORM = AssignmentRole.LEAD, AssignmentRole.SUPPORT, AssignmentRole.INFORM

# fmt: off
COLUMNS = (
    "police", "fire", "health", "work-safety", "water", "agriculture", "environment", "weather",
    "earthquake", "economy", "civil-affairs", "transport", "market", "telecom", "civil-defence",
)
# fmt: on
# The matrix as drawn up, a letter for each column: L lead, S support, i inform.
MATRIX = {
    1: "SSSLLSSS-SSS-SS",
    2: "SSSLSSSS-SSS-SS",
    3: "SSSLSS-S-SSS-S-",
    4: "SSSL-S-S-SSL-S-",
    5: "i--SLS-S-SS----",
    6: "SSSLSSSSSSSS-SS",
    7: "SSSSS--SiSSS-S-",
    8: "SSSSSS-S--SS-S-",
    9: "SSSL---S--SS-S-",
    10: "SiSS-LS----SS--",
    11: "S-LS-S---SSSSS-",
    12: "S-Si-S------L--",
    13: "SSLS--S-----S--",
    14: "SLSS--Si--iS-S-",
    15: "SLSLi-SS-SSS-SS",
    16: "LSSS--Si---SiS-",
    17: "LSSS---i--iS---",
    18: "SSSSiSSS--SS-S-",
    19: "iSiS-SSS---S-S-",
    20: "SSSSSSLS-iiS---",
    21: "SSSSS-S--SS-SS-",
    22: "SSSi--L----S--S",
    23: "SSSSiSSSiSSSiSS",
    24: "SSSS--------L--",
    25: "SSSL----i-SS-S-",
    26: "SSSSS--i-L-S-S-",
    27: "S-SS-----S---L-",
    28: "LSSi------iSiS-",
    29: "LSSS--Si-SSS-SS",
    30: "LSSS---S--SS-S-",
    31: "i--i-S---LSSS--",
    32: "SSSS------SS-SL",
    33: "i-SL-S---SSSS--",
}


def proposed(
    kind: Kind,
    event_code: str | None = None,
    *,
    casualties: Casualties = NOBODY,
    grade: Grade | None = None,
    response_level: int | None = None,
    hazmat: bool = False,
    warning_colour: WarningColour | None = None,
) -> Proposal:
    return propose(
        kind,
        event_code or kind.event_code,
        cards=CARDS,
        agencies=AGENCIES,
        casualties=casualties,
        grade=grade,
        response_level=response_level,
        hazmat=hazmat,
        warning_colour=warning_colour,
    )


def lines(proposal: Proposal) -> dict[str, ProposedAssignment]:
    found = {line.agency_id: line for line in proposal.assignments}
    assert len(found) == len(proposal.assignments)
    return found


def row_of(proposal: Proposal) -> int | None:
    return proposal.card.row if proposal.card else None


@pytest.mark.parametrize("row", list(MATRIX))
def test_each_row_says_what_the_matrix_says(row: int) -> None:
    card = ROW[row]
    marks = dict(zip(COLUMNS, MATRIX[row], strict=True))
    leads = {agency for agency, mark in marks.items() if mark == "L"}
    # Where two lead, one coordinates and the other commands on the spot; where the leader by law
    # is none of ours, one of those who support takes the order for them.
    assert leads <= {card.lead, card.on_scene_command}
    assert card.lead in leads or card.statutory_lead
    assert set(card.support) == {a for a, mark in marks.items() if mark in "LS"} - {card.lead}
    assert set(card.inform) == {agency for agency, mark in marks.items() if mark == "i"}
    assert card.basis


def test_all_thirty_three_rows_are_there_and_what_we_added_says_so() -> None:
    assert set(MATRIX) == set(range(1, 34)) <= set(ROW)
    for row in set(ROW) - set(MATRIX):
        assert "设计补充" in ROW[row].basis


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in ROUTINE_KINDS])
def test_every_kind_has_a_card_or_is_without_one_on_purpose(kind: Kind) -> None:
    proposal = proposed(kind)
    if kind in CARDS.without_card:
        assert proposal.card is None
        assert CARDS.without_card[kind] in proposal.reason
    else:
        assert proposal.card is not None
        assert kind in proposal.card.kinds
        assert f"第{proposal.card.row}行" in proposal.reason


@pytest.mark.parametrize("kind", sorted(ROUTINE_KINDS))
def test_a_routine_call_starts_no_joint_response(kind: Kind) -> None:
    proposal = proposed(kind, casualties=Casualties(injured=3))
    assert proposal.assignments == ()
    assert "不启动联动" in proposal.reason


def test_what_is_not_yet_known_proposes_nobody_and_says_what_to_do() -> None:
    proposal = proposed(Kind.OTHER)
    assert proposal.assignments == ()
    assert "没有联动方案" in proposal.reason
    assert "值班员自行选定" in proposal.reason


@pytest.mark.parametrize("card", CARDS.cards, ids=lambda card: f"row{card.row}")
def test_exactly_one_leads_and_every_line_has_a_task_a_reason_and_its_times(card: object) -> None:
    kind = card.kinds[0]  # type: ignore[attr-defined]
    proposal = proposed(kind, hazmat=card.hazmat)  # type: ignore[attr-defined]
    assert [line.role for line in proposal.assignments].count(LEAD) == 1
    for line in proposal.assignments:
        assert 6 <= len(line.task) <= 200
        assert "联动方案第" in line.reason or line.reason.startswith("附加：")
        limits = (line.acknowledge_s, line.on_scene_s, line.report_s)
        if line.role is INFORM:
            assert limits == (None, None, None)
        else:
            assert line.acknowledge_s == (60 if line.role is LEAD else 120)
            assert line.report_s
        if not AGENCIES[line.agency_id].has_units:
            assert line.on_scene_s is None


def test_a_house_fire_is_led_by_the_fire_service_on_the_scene_in_fifteen_minutes() -> None:
    fire = lines(proposed(Kind.FIRE))["fire"]
    assert fire.role is LEAD
    assert (fire.acknowledge_s, fire.on_scene_s, fire.report_s) == (60, 900, 1800)
    assert fire.reason == "联动方案第14行：火灾、燃气泄漏，消防牵头（依据：消防法§45）"


def test_an_overturned_tanker_is_led_by_the_police_with_fire_environment_and_transport() -> None:
    proposal = proposed(Kind.HAZMAT_VEHICLE, hazmat=True)
    found = lines(proposal)
    assert row_of(proposal) == 16
    assert found["police"].role is LEAD
    assert {found[a].role for a in ("fire", "environment", "transport", "work-safety")} == {SUPPORT}
    assert found["weather"].role is INFORM
    assert "路网中心" in proposal.others


def test_a_collision_with_dangerous_goods_aboard_takes_the_tanker_card() -> None:
    assert row_of(proposed(Kind.TRAFFIC_ACCIDENT, "12H02")) == 17
    proposal = proposed(Kind.TRAFFIC_ACCIDENT, "12H02", hazmat=True)
    assert row_of(proposal) == 16
    assert "涉及危险品" in proposal.reason


def test_dangerous_goods_bring_fire_environment_transport_and_work_safety_everywhere() -> None:
    assert "transport" not in lines(proposed(Kind.LIFT))
    found = lines(proposed(Kind.LIFT, hazmat=True))
    for agency_id in ("fire", "environment", "transport", "work-safety"):
        assert found[agency_id].role is SUPPORT
    assert found["transport"].reason.startswith("附加：接报涉及危险化学品")


def test_the_finer_code_of_the_source_overrules_a_vague_kind() -> None:
    assert row_of(proposed(Kind.FIRE, "12D03")) == 15
    assert row_of(proposed(Kind.RESCUE, "12P13")) == 25
    assert row_of(proposed(Kind.WEATHER, "11B01")) == 2
    assert "比类别“抢险救援”具体" in proposed(Kind.RESCUE, "12P13").reason


def test_a_code_that_says_no_more_than_the_kind_changes_nothing() -> None:
    assert row_of(proposed(Kind.RELIEF, "19000")) == 33
    assert row_of(proposed(Kind.HAZMAT_VEHICLE, "12H02")) == 16
    assert row_of(proposed(Kind.GAS_LEAK, "19000")) == 14


def test_ice_on_the_road_is_coordinated_by_one_and_commanded_by_another() -> None:
    found = lines(proposed(Kind.SNOW_ICE))
    assert found["work-safety"].role is LEAD
    assert found["transport"].role is SUPPORT
    assert "现场指挥" in found["transport"].reason


def test_who_leads_by_law_outside_our_network_is_named_to_who_takes_the_order() -> None:
    proposal = proposed(Kind.VESSEL)
    assert "法定牵头为海上搜救中心（网外）" in lines(proposal)["transport"].reason
    assert "海事" in proposal.others


def test_the_hurt_bring_the_ambulance_and_the_health_office() -> None:
    found = lines(proposed(Kind.FIRE, casualties=Casualties(injured=3, critical=1)))
    assert found["120"].role is SUPPORT
    assert found["120"].reason.startswith("附加：接报称3人受伤、1人危重")
    sprayers = lines(proposed(Kind.CROP_PEST, casualties=Casualties(poisoned=2)))
    assert sprayers["health"].role is SUPPORT
    assert "2人中毒" in sprayers["health"].reason


def test_nobody_hurt_brings_no_ambulance() -> None:
    assert "120" not in lines(proposed(Kind.FIRE, casualties=Casualties(injured=0)))
    assert "120" not in lines(proposed(Kind.FIRE))


def test_the_trapped_bring_119_unless_its_own_service_is_already_on_the_card() -> None:
    trapped = Casualties(trapped=2)
    assert "119" not in lines(proposed(Kind.LIFT, casualties=trapped))
    found = lines(proposed(Kind.TELECOM_OUTAGE, casualties=trapped))
    assert found["119"].role is SUPPORT
    assert "2人被困" in found["119"].reason


def test_several_hurt_in_a_kind_without_a_card_still_bring_help() -> None:
    proposal = proposed(Kind.INJURY, casualties=Casualties(injured=4))
    assert proposal.card is None
    assert set(lines(proposal)) == {"120", "health"}


def test_level_three_and_above_takes_power_and_telephone_repair_along() -> None:
    assert "economy" not in lines(proposed(Kind.FIRE, response_level=4))
    for level in (3, 2, 1):
        found = lines(proposed(Kind.FIRE, response_level=level))
        assert found["economy"].role is SUPPORT
        assert "附加：响应级别为" in found["economy"].reason


def test_who_was_only_told_becomes_a_helper_when_the_level_asks_for_it() -> None:
    assert lines(proposed(Kind.AIR_POLLUTION))["economy"].role is INFORM
    assert lines(proposed(Kind.AIR_POLLUTION, response_level=2))["economy"].role is SUPPORT


def test_the_grade_proposes_a_level_and_says_who_runs_it() -> None:
    proposal = proposed(Kind.HAZMAT, grade=Grade.CONSIDERABLE)
    assert proposal.response_level == 3
    assert proposal.level_reason == "按较大事件建议Ⅲ级，由市级牵头"
    assert proposed(Kind.HAZMAT, grade=Grade.MAJOR).response_level == 2
    assert "省级牵头" in proposed(Kind.HAZMAT, grade=Grade.EXCEPTIONAL).level_reason


def test_the_level_a_person_has_activated_stands_above_the_grade() -> None:
    proposal = proposed(Kind.HAZMAT, grade=Grade.EXCEPTIONAL, response_level=4)
    assert proposal.response_level == 4
    assert proposal.level_reason.startswith("已启动Ⅳ级")


def test_without_a_grade_the_card_says_where_to_start_and_the_law_may_know_no_level() -> None:
    assert proposed(Kind.HAZMAT).response_level == 4
    assert proposed(Kind.PUBLIC_ORDER).response_level is None
    assert "由指挥员决定" in proposed(Kind.PUBLIC_ORDER).level_reason


def test_a_red_warning_brings_police_transport_water_and_a_call_to_the_builders() -> None:
    proposal = proposed(Kind.POWER_OUTAGE, warning_colour=WarningColour.RED)
    assert lines(proposal)["water"].role is SUPPORT
    assert "住建" in proposal.others
    orange = proposed(Kind.CROP_PEST, warning_colour=WarningColour.ORANGE)
    assert "police" not in lines(orange)


def test_a_proposed_line_becomes_an_order_as_it_stands() -> None:
    line = proposed(Kind.FIRE).assignments[0]
    order = line.order()
    assert (order.agency_id, order.role, order.task) == ("fire", LEAD, line.task)
    assert (order.acknowledge_s, order.on_scene_s, order.report_s) == (60, 900, 1800)


def test_the_same_question_has_the_same_answer() -> None:
    assert proposed(Kind.FLOOD, hazmat=True) == proposed(Kind.FLOOD, hazmat=True)
