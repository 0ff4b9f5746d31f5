"""What would change the proposal: each line is what the rules really say of the changed facts."""

import random
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from linkage.alerts import Casualties
from linkage.kinds import ROUTINE_KINDS, Kind
from linkage.plan.grading import load_grading, propose_grade
from linkage.plan.run_cards import Situation, load_run_cards, propose_for
from linkage.plan.what_if import MOST, Change, Rules, what_would_change
from linkage.response.agencies import load_agencies
from linkage.vocabulary import AssignmentRole, Count, Grade

DATA = Path(__file__).parents[1] / "data"
AGENCIES = load_agencies(DATA / "agencies.toml")
CARDS = load_run_cards(DATA / "run_cards.toml", AGENCIES)
RULES = Rules(CARDS, AGENCIES, load_grading(DATA / "grading.toml"))


def situation(kind: Kind, **known: Any) -> Situation:
    return Situation(kind=kind, event_code=kind.event_code, **known)


def changes(now: Situation) -> dict[str, Change]:
    """By each thing that may get worse; several of the same effect stand in one line."""
    return {
        f"若{when}": change
        for change in what_would_change(now, RULES)
        for when in change.when.removeprefix("若").split("，或")
    }


def test_one_more_dead_makes_it_considerable_and_brings_the_city_in() -> None:
    now = situation(Kind.HAZMAT, casualties=Casualties(deaths=2), hazmat=True)
    found = changes(now)["若再死亡1人"]
    assert (found.grade, found.level) == (Grade.CONSIDERABLE, 3)
    assert "事件等级将建议较大，响应将建议Ⅲ级" in found.then
    assert {"weather", "economy", "civil-affairs", "telecom"} <= set(found.added)


def test_what_it_says_is_what_the_rules_then_propose() -> None:
    now = situation(Kind.HAZMAT, casualties=Casualties(deaths=2), hazmat=True)
    found = changes(now)["若再死亡1人"]
    then = msgspec.structs.replace(now, casualties=Casualties(deaths=3), grade=Grade.CONSIDERABLE)
    proposal = propose_for(then, CARDS, AGENCIES)
    doing = {a.agency_id for a in proposal.assignments if a.role is not AssignmentRole.INFORM}
    assert set(found.added) <= doing
    assert proposal.response_level == found.level


def test_a_running_response_is_never_said_to_go_down() -> None:
    now = situation(Kind.HAZMAT, casualties=Casualties(deaths=2), response_level=2)
    assert all(change.level in {None, 1, 2} for change in what_would_change(now, RULES))
    assert "若再死亡1人" in changes(now), "the grade would still change"
    assert "响应将建议" not in changes(now)["若再死亡1人"].then


def test_somebody_trapped_brings_119_and_120() -> None:
    found = changes(situation(Kind.CROP_PEST))["若被困1人"]
    assert set(found.added) == {"119", "120"}
    # Where the health office is in already, its own desk is not told a second time.
    assert set(changes(situation(Kind.TELECOM_OUTAGE))["若被困1人"].added) == {"119"}


def test_dangerous_goods_in_a_collision_change_the_card() -> None:
    found = changes(situation(Kind.TRAFFIC_ACCIDENT))["若涉及危险化学品"]
    assert "改用联动方案第16行" in found.then


def test_a_higher_fire_alarm_raises_the_level() -> None:
    found = changes(situation(Kind.FIRE, fire_alarm_level=3))["若火警等级达到4级"]
    assert found.level == 3


def test_going_up_a_level_names_who_comes_in_addition() -> None:
    found = changes(situation(Kind.FLOOD, response_level=4))["若提为Ⅲ级"]
    assert "weather" in found.added


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in ROUTINE_KINDS])
def test_every_kind_is_answered_shortly_and_never_says_that_nothing_changes(kind: Kind) -> None:
    found = what_would_change(situation(kind), RULES)
    assert len(found) <= MOST
    assert all(change.then for change in found)


def test_a_routine_call_has_nothing_to_change() -> None:
    assert what_would_change(situation(Kind.HELP), RULES) == []


def test_what_a_proposed_grade_brings_is_said_of_its_confirmation_and_of_nothing_else() -> None:
    now = situation(Kind.FIRE, casualties=Casualties(deaths=3, trapped=1))
    found = changes(now)
    assert found["若确认事件等级为较大"].level == 3
    assert [when for when, one in found.items() if "Ⅲ级" in one.then] == ["若确认事件等级为较大"]
    confirmed = msgspec.structs.replace(now, grade=Grade.CONSIDERABLE)
    assert "若确认事件等级为较大" not in changes(confirmed)


def test_what_has_the_same_effect_is_one_line_and_hides_nothing_else() -> None:
    now = situation(Kind.FIRE, casualties=Casualties(deaths=1))
    lines = {change.when: change for change in what_would_change(now, RULES)}
    assert lines["若重伤1人，或受伤1人，或中毒1人"].added == ("120",)
    assert "若涉及危险化学品" in lines


PEOPLE = {count.label: count.value for count in Count}


@pytest.mark.parametrize("seed", range(40))
def test_when_what_it_says_comes_true_the_rules_propose_what_it_said(seed: int) -> None:
    """Whatever stands on the screen as what would change it does change it, and just so."""
    dice = random.Random(seed)
    kind = dice.choice([kind for kind in Kind if kind not in ROUTINE_KINDS])
    people = {
        name: dice.choice([None, 0, 1, 2, 9, 28]) for name in dice.sample(list(PEOPLE.values()), 3)
    }
    now = Situation(
        kind=kind,
        event_code=dice.choice([kind.event_code, Kind.OTHER.event_code]),
        casualties=Casualties(**people),
        hazmat=dice.random() < 0.3,
        response_level=dice.choice([None, None, 3, 4]),
    )
    for change in what_would_change(now, RULES):
        for when in change.when.removeprefix("若").split("，或"):
            told = re.fullmatch(r"(?:再)?(\D+?)(\d+)人", when)
            if told is None:
                continue
            name = PEOPLE[told[1]]
            more = (getattr(now.casualties, name) or 0) + int(told[2])
            then = msgspec.structs.replace(
                now, casualties=msgspec.structs.replace(now.casualties, **{name: more})
            )
            assert change.grade in {None, _grade(then)}, (when, change.then)
            worse = msgspec.structs.replace(then, grade=_grade(then), response_level=None)
            after = propose_for(worse, CARDS, AGENCIES)
            if now.response_level is not None:  # what runs does not go down by itself
                up = min(now.response_level, after.response_level or now.response_level)
                running = msgspec.structs.replace(worse, response_level=up)
                after = propose_for(running, CARDS, AGENCIES)
            assert change.level in {None, after.response_level}, (when, change.then)
            doing = {a.agency_id for a in after.assignments if a.role is not AssignmentRole.INFORM}
            assert set(change.added) <= doing, (when, change.then)


def _grade(now: Situation) -> Grade | None:
    people = now.casualties
    return propose_grade(now.kind, now.event_code, people, {}, tables=RULES.grading).grade


def test_a_code_that_says_nothing_is_explained_by_the_kind() -> None:
    now = Situation(
        kind=Kind.FIRE, event_code=Kind.OTHER.event_code, casualties=Casualties(deaths=2)
    )
    assert changes(now)["若再死亡1人"].grade is Grade.CONSIDERABLE
