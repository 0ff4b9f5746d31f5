"""The response level: started with its four fields, raised, lowered, handed over, ended."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from linkage.desk import incidents, merging
from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.plan import levels
from linkage.plan.levels import JointResponse, active_response
from linkage.plan.run_cards import load_run_cards, propose
from linkage.record import Record
from linkage.response_tables import joint_response, run_card_version
from linkage.response_vocabulary import CommandLevel, ResponseStatus
from linkage.tables import incident
from linkage.vocabulary import AssignmentStatus, Disposition
from tests.builders import alert
from tests.desk import (
    AGENCIES,
    DATA,
    LEAD,
    declared,
    incident_row,
    issue,
    open_list,
    order,
    say,
    story,
    task_row,
)
from tests.onrecord import put_incident

COUNTY, CITY, PROVINCE = CommandLevel


@pytest.fixture
def leak(record: Record) -> int:
    return put_incident(record)


def start(record: Record, actor: Actor, it: int, now: datetime, level: int = 3) -> JointResponse:
    seen = incident_row(record, it).version
    levels.start_response(record, actor, it, seen, declared(now, level), at=now)
    return running(record, it)


def running(record: Record, it: int) -> JointResponse:
    with record.read() as cx:
        found = active_response(cx, it)
    assert found is not None
    return found


def to_level(record: Record, actor: Actor, it: int, level: int, why: str = "伤亡增加") -> None:
    now = running(record, it)
    act = levels.raise_level if level < now.level else levels.lower_level
    act(record, actor, now.id, now.version, level, why, agencies=AGENCIES)


def test_a_response_starts_with_its_four_fields_and_the_incident_says_its_level(
    record: Record, officer: Actor, leak: int, now: datetime
) -> None:
    found = start(record, officer, leak, now)
    assert (found.level, found.command, found.status) == (3, CITY, ResponseStatus.ACTIVE)
    assert found.subject == "徐圩苯泄漏应急处置"
    assert found.expected_until == now + timedelta(hours=24)
    assert found.started_by == str(officer)
    assert incident_row(record, leak).response_level == 3
    last = story(record, leak)[-1]
    assert last.action == "start_response"
    assert "启动Ⅲ级响应" in last.reason


@pytest.mark.parametrize(
    ("field", "value", "missing"),
    [
        ("subject", "  ", "响应事项"),
        ("expected_until", None, "预计期限"),
        ("measures", "\n", "应急处置措施"),
        ("subject", "\u200b\u200b", "响应事项"),
        ("measures", "……", "应急处置措施"),
    ],
)
def test_none_of_the_four_fields_may_be_missing(  # noqa: PLR0917
    record: Record, officer: Actor, leak: int, now: datetime, field: str, value: Any, missing: str
) -> None:
    said = msgspec.structs.replace(declared(now), **{field: value})
    with pytest.raises(NotAllowed, match=missing):
        levels.start_response(record, officer, leak, 1, said, at=now)
    assert incident_row(record, leak).response_level is None


@pytest.mark.parametrize("level", [0, 5, -1])
def test_there_are_four_levels(
    record: Record, officer: Actor, leak: int, now: datetime, level: int
) -> None:
    with pytest.raises(NotAllowed, match="Ⅰ级、Ⅱ级、Ⅲ级、Ⅳ级"):
        levels.start_response(record, officer, leak, 1, declared(now, level), at=now)


@pytest.mark.parametrize("hours", [0, -1, 24 * 91])
def test_the_term_lies_ahead_and_within_reason(
    record: Record, officer: Actor, leak: int, now: datetime, hours: int
) -> None:
    said = declared(now, expected_until=now + timedelta(hours=hours))
    with pytest.raises(NotAllowed, match="预计期限"):
        levels.start_response(record, officer, leak, 1, said, at=now)


def test_an_incident_has_one_response_and_who_comes_second_reads_who_was_first(
    record: Record, officer: Actor, other_officer: Actor, leak: int, now: datetime
) -> None:
    start(record, officer, leak, now)
    with pytest.raises(Raced, match=r"甲（值班员）.*Ⅲ级"):
        levels.start_response(record, other_officer, leak, 2, declared(now, 2), at=now)
    with record.read() as cx:
        assert len(cx.execute(select(joint_response)).all()) == 1


@pytest.mark.parametrize(("level", "who"), [(4, COUNTY), (3, CITY), (2, CITY), (1, CITY)])
def test_who_commands_follows_the_level(  # noqa: PLR0917
    record: Record, officer: Actor, leak: int, now: datetime, level: int, who: CommandLevel
) -> None:
    assert start(record, officer, leak, now, level).command is who


def test_raising_takes_command_from_the_county_to_the_city_and_logs_it(
    record: Record, officer: Actor, leak: int, now: datetime
) -> None:
    start(record, officer, leak, now, 4)
    to_level(record, officer, leak, 3)
    assert (running(record, leak).level, running(record, leak).command) == (3, CITY)
    assert incident_row(record, leak).response_level == 3
    last = story(record, leak)[-1]
    assert last.action == "raise_level"
    assert "Ⅳ级→Ⅲ级" in last.reason
    assert "县区指挥移交市级指挥" in last.reason


def test_lowering_is_for_leaders_and_gives_command_back_to_the_county(
    record: Record, officer: Actor, chief: Actor, leak: int, now: datetime
) -> None:
    start(record, officer, leak, now)
    with pytest.raises(NotPermitted):
        to_level(record, officer, leak, 4)
    to_level(record, chief, leak, 4, "险情受控")
    assert (running(record, leak).level, running(record, leak).command) == (4, COUNTY)


def test_up_is_not_called_down(record: Record, chief: Actor, leak: int, now: datetime) -> None:
    found = start(record, chief, leak, now)
    with pytest.raises(NotAllowed, match="是提级"):
        levels.lower_level(record, chief, found.id, 1, 2, "误按", agencies=AGENCIES)
    with pytest.raises(NotAllowed, match="是降级"):
        levels.raise_level(record, chief, found.id, 1, 4, "误按", agencies=AGENCIES)
    with pytest.raises(NotAllowed, match="已经是Ⅲ级"):
        levels.raise_level(record, chief, found.id, 1, 3, "误按", agencies=AGENCIES)
    with pytest.raises(NotAllowed, match="理由"):
        levels.raise_level(record, chief, found.id, 1, 2, " ", agencies=AGENCIES)


def test_the_province_takes_over_by_an_act_of_its_own_and_gives_back_what_it_took(
    record: Record, commander: Actor, leak: int, now: datetime
) -> None:
    start(record, commander, leak, now, 2)

    def hand(to: CommandLevel, why: str = "省应急厅值班室接手") -> None:
        seen = running(record, leak)
        levels.hand_command(record, commander, seen.id, seen.version, to, why)

    with pytest.raises(NotAllowed, match="由谁接手"):
        hand(PROVINCE, "  ")
    with pytest.raises(NotAllowed, match="不能交给县区"):
        hand(COUNTY)
    hand(PROVINCE)
    assert running(record, leak).command is PROVINCE
    assert "市级指挥移交省级指挥" in story(record, leak)[-1].reason
    with pytest.raises(NotAllowed, match="省级交还"):
        to_level(record, commander, leak, 3)
    to_level(record, commander, leak, 1)
    assert running(record, leak).command is PROVINCE
    hand(CITY, "省级交还市指挥部")
    to_level(record, commander, leak, 3)
    assert running(record, leak).command is CITY


def test_an_officer_does_not_hand_command_over(
    record: Record, officer: Actor, leak: int, now: datetime
) -> None:
    found = start(record, officer, leak, now, 2)
    with pytest.raises(NotPermitted):
        levels.hand_command(record, officer, found.id, 1, PROVINCE, "省里接手")


def test_of_two_who_change_the_level_at_once_the_second_reads_who_was_faster(
    record: Record, officer: Actor, commander: Actor, leak: int, now: datetime
) -> None:
    found = start(record, officer, leak, now, 4)
    to_level(record, commander, leak, 2, "死亡 10 人")
    with pytest.raises(Raced, match=r"丁（指挥员）.*提级.*死亡 10 人"):
        levels.raise_level(record, officer, found.id, found.version, 3, "晚了", agencies=AGENCIES)
    assert running(record, leak).level == 2


def test_the_term_is_extended_while_it_runs(
    record: Record, officer: Actor, leak: int, now: datetime
) -> None:
    found = start(record, officer, leak, now)
    later = now + timedelta(hours=48)
    levels.restate(record, officer, found.id, 1, later, "转入清洗阶段", "洗消未完", at=now)
    assert running(record, leak).expected_until == later
    assert running(record, leak).measures == "转入清洗阶段"
    with pytest.raises(NotAllowed, match="晚于现在"):
        levels.restate(record, officer, found.id, 2, now - timedelta(hours=1), "清洗", at=now)
    with pytest.raises(NotAllowed, match="不超过 4000 字"):
        levels.restate(record, officer, found.id, 2, later, "洗" * 4001, at=now)


def test_a_leader_ends_it_with_a_reason_and_it_may_be_started_anew(
    record: Record, officer: Actor, chief: Actor, leak: int, now: datetime
) -> None:
    found = start(record, officer, leak, now)
    with pytest.raises(NotPermitted):
        levels.end_response(record, officer, found.id, 1, "处置完毕", agencies=AGENCIES)
    for nothing in (" ", "\u200b", "……"):
        with pytest.raises(NotAllowed, match="理由"):
            levels.end_response(record, chief, found.id, 1, nothing, agencies=AGENCIES)
    levels.end_response(record, chief, found.id, 1, "处置完毕", agencies=AGENCIES, at=now)
    with record.read() as cx:
        assert active_response(cx, leak) is None
        (ended,) = levels.responses_of(cx, leak)
    assert (ended.status, ended.ended_by, ended.ended_at) == ("ended", str(chief), now)
    assert incident_row(record, leak).response_level is None
    with pytest.raises(Raced, match=r"丙（值班长）.*处置完毕"):
        levels.end_response(record, chief, found.id, 2, "再按一次", agencies=AGENCIES)
    assert start(record, officer, leak, now).id != found.id


def test_departments_at_work_read_the_new_level_on_their_list(
    record: Record, officer: Actor, leak: int, now: datetime
) -> None:
    issue(record, leak, order("police", LEAD), at=now)
    start(record, officer, leak, now, 4)
    to_level(record, officer, leak, 3)
    (told,) = open_list(record, "police").assignments
    assert "响应等级：Ⅲ级" in told.incident.level
    assert told.revision == 1, "the order itself is as it was"


def test_who_has_signed_does_not_sign_again_when_the_level_changes(
    record: Record, officer: Actor, leak: int, now: datetime
) -> None:
    (task,) = issue(record, leak, order("police", LEAD), at=now)
    say(record, "police", task, AssignmentStatus.ACKNOWLEDGED, now + timedelta(seconds=20))
    start(record, officer, leak, now, 4)
    before = task_row(record, task)
    to_level(record, officer, leak, 3)
    after = task_row(record, task)
    assert (after.status, after.acknowledged_at) == (before.status, before.acknowledged_at)
    assert after.delivered_at == before.delivered_at


def test_the_very_text_of_the_cards_is_kept_once_and_pinned(
    record: Record, officer: Actor, now: datetime
) -> None:
    cards = load_run_cards(DATA / "run_cards.toml", AGENCIES)
    proposal = propose(Kind.FIRE, "12G01", cards=cards, agencies=AGENCIES)
    for ref in ("J1", "J2"):
        it = put_incident(record, alert(source_ref=ref))
        said = declared(now)
        levels.start_response(record, officer, it, 1, said, cards=cards, proposal=proposal, at=now)
        assert running(record, it).card_row == 14
        pinned = running(record, it).card_version_id
    with record.read() as cx:
        (kept,) = cx.execute(select(run_card_version)).all()
    assert (kept.id, kept.label, kept.text) == (pinned, cards.label, cards.text)
    assert kept.text == (DATA / "run_cards.toml").read_text(encoding="utf-8")


def test_the_level_on_the_incident_is_always_that_of_its_running_response(
    record: Record, chief: Actor, leak: int, now: datetime
) -> None:
    def agree() -> bool:
        with record.read() as cx:
            found = active_response(cx, leak)
            shown = cx.execute(select(incident.c.response_level)).scalar_one()
        return shown == (None if found is None else found.level)

    start(record, chief, leak, now, 4)
    assert agree()
    for level in (3, 1, 2, 4):
        to_level(record, chief, leak, level)
        assert agree()
    found = running(record, leak)
    levels.end_response(record, chief, found.id, found.version, "结束", agencies=AGENCIES)
    assert agree()


def test_orders_and_the_response_start_in_one_act(record: Record, leak: int, now: datetime) -> None:
    issue(record, leak, order("police", LEAD), at=now, declared=declared(now, 2))
    assert running(record, leak).level == 2
    assert incident_row(record, leak).response_level == 2
    (told,) = open_list(record, "police").assignments
    assert "响应等级：Ⅱ级" in told.incident.level


def test_orders_that_cannot_go_out_start_no_response(
    record: Record, leak: int, now: datetime
) -> None:
    with pytest.raises(NotAllowed):
        issue(record, leak, order("police", task=" "), at=now, declared=declared(now))
    with record.read() as cx:
        assert active_response(cx, leak) is None


def test_an_incident_does_not_close_under_a_running_response(
    record: Record, officer: Actor, chief: Actor, leak: int, now: datetime
) -> None:
    found = start(record, officer, leak, now)
    with pytest.raises(NotAllowed, match="Ⅲ级响应尚未终止"):
        incidents.close(record, officer, leak, 2, Disposition.HANDLED)
    with pytest.raises(NotAllowed, match="尚未终止"):
        incidents.close(record, officer, leak, 2, Disposition.FALSE_ALARM)
    levels.end_response(record, chief, found.id, 1, "误报", agencies=AGENCIES)
    incidents.close(record, officer, leak, 3, Disposition.FALSE_ALARM)
    incidents.reopen(record, chief, leak, 4, "又起火了")
    assert incident_row(record, leak).response_level is None, "a new response is a new decision"


def two(record: Record) -> tuple[int, int]:
    return put_incident(record), put_incident(record, alert(source_ref="J2"))


def test_a_merged_incidents_response_goes_along_and_comes_back(
    record: Record, officer: Actor, now: datetime
) -> None:
    first, second = two(record)
    before = start(record, officer, second, now, 4)
    link = merging.merge(record, officer, second, first, "同一起", agencies=AGENCIES)
    assert running(record, first).id == before.id
    assert incident_row(record, first).response_level == 4
    assert incident_row(record, second).response_level is None
    to_level(record, officer, first, 3)
    merging.undo(record, officer, link, "不是一起", agencies=AGENCIES)
    assert (running(record, second).id, running(record, second).level) == (before.id, 3)
    assert incident_row(record, second).response_level == 3
    assert incident_row(record, first).response_level is None
    with record.read() as cx:
        assert active_response(cx, first) is None


@pytest.mark.parametrize(("theirs", "ours", "stands"), [(3, 4, 3), (4, 2, 2), (3, 3, 3)])
def test_of_two_running_responses_the_graver_level_stands_until_the_merge_is_undone(  # noqa: PLR0917
    record: Record, officer: Actor, now: datetime, theirs: int, ours: int, stands: int
) -> None:
    first, second = two(record)
    start(record, officer, first, now, theirs)
    start(record, officer, second, now, ours)
    link = merging.merge(record, officer, second, first, "同一起", agencies=AGENCIES)
    assert running(record, first).level == stands == incident_row(record, first).response_level
    with record.read() as cx:
        assert active_response(cx, second) is None
    merging.undo(record, officer, link, "不是一起", agencies=AGENCIES)
    for it, level in ((first, theirs), (second, ours)):
        assert running(record, it).level == level == incident_row(record, it).response_level


@pytest.mark.parametrize(("theirs", "ours"), [(2, 2), (1, 2), (3, 2)])
def test_what_the_province_commands_it_goes_on_commanding_after_a_merge(  # noqa: PLR0917
    record: Record, officer: Actor, chief: Actor, now: datetime, theirs: int, ours: int
) -> None:
    first, second = two(record)
    start(record, officer, first, now, theirs)
    seen = start(record, officer, second, now, ours)
    levels.hand_command(record, chief, seen.id, seen.version, PROVINCE, "省应急厅接手")
    link = merging.merge(record, officer, second, first, "同一起", agencies=AGENCIES)
    assert running(record, first).command is PROVINCE
    assert running(record, first).level == min(theirs, ours)
    merging.undo(record, officer, link, "不是一起", agencies=AGENCIES)
    assert running(record, first).command is CITY
    assert running(record, second).command is PROVINCE
