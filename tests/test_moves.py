"""The moves an assignment may make, and what an officer of an agency is told when it may not."""

import itertools

import pytest

from linkage.errors import NotAllowed
from linkage.response.moves import BY_UNITS, LIVE, NEXT, ORDER, advance, moves
from linkage.vocabulary import AssignmentStatus as S

ENDED = {S.COMPLETED, S.DECLINED, S.CANCELLED}


def test_no_status_is_forgotten() -> None:
    assert set(NEXT) == set(S)
    assert set().union(*NEXT.values()) <= set(S)


def test_every_status_but_the_first_can_be_reached() -> None:
    assert set().union(*NEXT.values()) == set(S) - {S.PROPOSED}


def test_every_live_assignment_can_be_withdrawn_and_every_life_can_end() -> None:
    for status in LIVE:
        assert S.CANCELLED in NEXT[status]
    assert LIVE.isdisjoint(ENDED)
    assert set(S) == LIVE | ENDED | {S.PROPOSED}


def test_the_whole_way_of_an_engine_crew() -> None:
    for now, asked in itertools.pairwise(ORDER):
        assert advance(now, asked, has_units=True) is asked


def test_an_office_without_vehicles_goes_from_signing_to_its_report() -> None:
    way = [status for status in ORDER if status not in BY_UNITS]
    for now, asked in itertools.pairwise(way):
        assert advance(now, asked, has_units=False) is asked


@pytest.mark.parametrize("asked", sorted(BY_UNITS))
def test_an_office_without_vehicles_never_sets_out(asked: S) -> None:
    with pytest.raises(NotAllowed, match=f"不经过“{asked.label}”"):
        advance(S.ACKNOWLEDGED, asked, has_units=False)


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize("has_units", [True, False])
def test_saying_the_same_again_is_harmless(status: S, has_units: bool) -> None:
    assert advance(status, status, has_units=has_units) is status


@pytest.mark.parametrize("asked", [S.EN_ROUTE, S.ON_SCENE, S.WORKING, S.REPORTED, S.COMPLETED])
def test_nobody_acts_on_an_order_nobody_has_signed(asked: S) -> None:
    with pytest.raises(NotAllowed, match="请先签收"):
        advance(S.ISSUED, asked, has_units=True)


def test_a_forgotten_press_on_the_way_does_not_hide_the_arrival() -> None:
    assert advance(S.ACKNOWLEDGED, S.ON_SCENE, has_units=True) is S.ON_SCENE
    assert advance(S.EN_ROUTE, S.REPORTED, has_units=True) is S.REPORTED


def test_work_that_flares_up_again_goes_on_after_the_report() -> None:
    assert advance(S.REPORTED, S.WORKING, has_units=True) is S.WORKING


@pytest.mark.parametrize(
    ("now", "words"),
    [(S.COMPLETED, "任务已办结"), (S.CANCELLED, "任务已撤销"), (S.DECLINED, "任务已退回")],
)
def test_what_has_ended_says_how_it_ended(now: S, words: str) -> None:
    with pytest.raises(NotAllowed, match=words):
        advance(now, S.ON_SCENE, has_units=True)


def test_completing_takes_a_report_or_work_on_scene() -> None:
    with pytest.raises(NotAllowed, match="可转为"):
        advance(S.EN_ROUTE, S.COMPLETED, has_units=True)


def test_who_is_on_scene_cannot_decline_any_more() -> None:
    assert S.DECLINED in NEXT[S.EN_ROUTE]
    with pytest.raises(NotAllowed, match="现为“已到场”"):
        advance(S.ON_SCENE, S.DECLINED, has_units=True)


def test_the_refusal_offers_what_may_be_done_instead() -> None:
    with pytest.raises(NotAllowed) as refused:
        advance(S.ON_SCENE, S.EN_ROUTE, has_units=True)
    offered = str(refused.value).rsplit("可转为：", 1)[1].rstrip("。").split("、")
    assert set(offered) == {status.label for status in moves(S.ON_SCENE, has_units=True)}


def test_a_declined_or_withdrawn_order_can_be_given_again_a_completed_one_cannot() -> None:
    assert S.ISSUED in NEXT[S.DECLINED] & NEXT[S.CANCELLED]
    assert NEXT[S.COMPLETED] == frozenset()
