"""The keeper of the clocks: each step once, whoever keeps them and however often it was away."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, select, update
from sqlalchemy.exc import OperationalError

from linkage.clocks.keeper import KEEPER, Keeper
from linkage.clocks.next_to_breach import next_to_breach
from linkage.clocks.running import running
from linkage.duty_tables import exercise
from linkage.own_state import read_service
from linkage.record import Record
from linkage.response import responses
from linkage.response_tables import clock_firing, notice
from linkage.tables import assignment, incident, log_entry
from linkage.vocabulary import AssignmentStatus as S
from linkage.vocabulary import IncidentStatus
from tests.builders import alert
from tests.desk import AGENCIES, LEAD, OFFICER, issue, order, say
from tests.onrecord import put_incident
from tests.timekeeping import CLOCKS, put_on_duty

FIRST = "13900000001"  # the officer on duty
NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


@pytest.fixture
def incident_id(record: Record) -> int:
    return put_incident(record, at=NOW - timedelta(minutes=10), status=IncidentStatus.VERIFIED)


@pytest.fixture
def keeper(record: Record) -> Keeper:
    put_on_duty(record, NOW - timedelta(days=1), NOW + timedelta(days=20))
    return keeper_of(record)


def keeper_of(record: Record) -> Keeper:
    """Time passes for it as the test says: no jump is seen where `now` is turned on by `after`."""
    return Keeper(record, CLOCKS, steady=lambda: 0.0)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def given(record: Record, incident_id: int, **changes: Any) -> int:
    """The fire brigade leads, from NOW on; it has a minute to sign."""
    (task,) = issue(record, incident_id, order("fire", LEAD, **changes), at=NOW)
    return task


def taken(record: Record, rule_id: str = "acknowledge_lead") -> list[tuple[int, str]]:
    f = clock_firing.c
    with record.read() as cx:
        rows = select(f.number, f.step).where(f.rule_id == rule_id).order_by(f.number)
        return [(row.number, row.step) for row in cx.execute(rows)]


def letters(record: Record) -> list[Any]:
    with record.read() as cx:
        rows = select(notice).where(notice.c.about == "firing").order_by(notice.c.id)
        return list(cx.execute(rows))


def audited(record: Record) -> str:
    with record.read() as cx:
        rows = select(log_entry.c.reason).where(log_entry.c.action == "audit")
        (said,) = cx.execute(rows).scalars()
        return str(said)


def addressees(record: Record) -> list[str]:
    return list(dict.fromkeys(row.address for row in letters(record)))


def test_a_silent_brigade_is_escalated_post_by_post(
    record: Record, incident_id: int, keeper: Keeper
) -> None:
    """K02: delivered but nobody answers: the clock runs on the acceptance by a person."""
    given(record, incident_id)
    people = []
    for second in range(0, 400, 5):
        keeper.look(after(second))
        people.append(len(addressees(record)))
    steps = [step for _, step in taken(record)]
    assert steps == ["warn", "breach", "escalate", "escalate", "escalate"]
    assert [people[n // 5] for n in (60, 65, 125, 185, 365)] == [0, 1, 2, 3, 4]


def test_the_log_says_who_was_told_of_what(
    record: Record, incident_id: int, keeper: Keeper
) -> None:
    task = given(record, incident_id)
    keeper.look(after(30.5))
    keeper.look(after(62))
    with record.read() as cx:
        rows = select(log_entry.c.reason).where(
            log_entry.c.assignment_id == task, log_entry.c.action == "escalate"
        )
        said = list(cx.execute(rows.order_by(log_entry.c.id)).scalars())
    assert "临近时限：消防（牵头）签收还剩29秒，屏幕提示" in said
    assert "已超时：消防（牵头）超时2秒未签收，已告知当班值班员子" in said


def test_an_answer_stops_it_at_once(record: Record, incident_id: int, keeper: Keeper) -> None:
    task = given(record, incident_id)
    keeper.look(after(61))
    say(record, "fire", task, S.ACKNOWLEDGED, after(62))
    for second in range(63, 1200, 30):
        keeper.look(after(second))
    assert taken(record) == [(0, "warn"), (1, "breach")]
    waiting = [row for row in letters(record) if row.status == "waiting" and row.round > 0]
    assert all("未签收" not in row.title for row in waiting)  # nobody is called for it any more


def test_an_answer_and_a_late_step_cross_and_the_answer_stands(
    record: Record, incident_id: int, keeper: Keeper
) -> None:
    """K05: the answer is written while the keeper has already seen the limit pass."""
    task = given(record, incident_id)
    keeper.look(after(31))
    say(record, "fire", task, S.ACKNOWLEDGED, after(59), received_at=after(61))
    keeper.look(after(61))
    assert taken(record) == [(0, "warn")]


def test_two_keepers_fire_once(record: Record, incident_id: int, keeper: Keeper) -> None:
    given(record, incident_id)
    other = keeper_of(record)
    for second in range(0, 700, 7):
        keeper.look(after(second))
        other.look(after(second))
    assert [n for n, _ in taken(record)] == [0, 1, 2, 3, 4, 5]
    assert len({row.about_id for row in letters(record)}) <= 6 * 3


def test_after_an_hour_off_each_missed_step_is_taken_once_and_nobody_is_stormed(
    record: Record, incident_id: int, keeper: Keeper
) -> None:
    given(record, incident_id, on_scene_s=None, report_s=None)
    keeper.look(after(3600))
    assert [n for n, _ in taken(record)] == [0, 1, 2, 3, 4, 14]
    titles = [row for row in letters(record) if row.means == "sms"]
    assert len(titles) == 4  # one to each of the four, not one for each step
    keeper.look(after(3601))
    assert len([row for row in letters(record) if row.means == "sms"]) == 4
    with record.read() as cx:
        said = list(cx.execute(select(log_entry.c.reason).where(log_entry.c.action == "escalate")))
    newest = [row.reason for row in said if "再次催报" in row.reason]
    assert any("补执行" in row.reason for row in said)
    assert "超时59分0秒未签收" in newest[0]


def test_a_restart_takes_nothing_twice(record: Record, incident_id: int, keeper: Keeper) -> None:
    given(record, incident_id)
    keeper.look(after(130))
    before = taken(record)
    assert keeper_of(record).look(after(131)) == 0
    assert taken(record) == before


def test_an_order_given_anew_runs_anew(record: Record, incident_id: int, keeper: Keeper) -> None:
    task = given(record, incident_id)
    keeper.look(after(70))
    again = order("fire", LEAD)
    responses.reissue(record, OFFICER, task, 1, again, agencies=AGENCIES, at=after(80))
    keeper.look(after(90))
    assert len(taken(record)) == 2
    keeper.look(after(145))
    with record.read() as cx:
        f = clock_firing.c
        rows = select(f.round, f.step).where(f.rule_id == "acknowledge_lead")
        rounds = {(row.round, row.step) for row in cx.execute(rows)}
    assert (2, "breach") in rounds


@pytest.mark.parametrize("status", [IncidentStatus.MERGED, IncidentStatus.CLOSED])
def test_an_incident_that_has_ended_owes_nothing_and_owes_again_when_it_is_reopened(
    record: Record, incident_id: int, keeper: Keeper, status: IncidentStatus
) -> None:
    """Elsewhere an escalation that a window had paused never resumed."""
    given(record, incident_id)
    keeper.look(after(10))
    _set_incident(record, incident_id, status=status)
    keeper.look(after(100))
    assert (1, "breach") not in taken(record)
    _set_incident(record, incident_id, status=IncidentStatus.DISPATCHED)
    keeper.look(after(110))
    assert (1, "breach") in taken(record)


def test_a_withdrawn_order_is_not_chased_for_its_signature_but_for_its_receipt(
    record: Record, incident_id: int, keeper: Keeper
) -> None:
    """K10: a cancellation is confirmed by the department."""
    task = given(record, incident_id)
    responses.cancel(record, OFFICER, task, 1, "误报", agencies=AGENCIES, at=after(20))
    keeper.look(after(100))
    assert taken(record) == []
    keeper.look(after(141))
    assert (1, "breach") in taken(record, "cancel_read")


def test_a_refused_order_goes_back_to_the_officer_until_somebody_else_has_one(
    record: Record, incident_id: int, keeper: Keeper
) -> None:
    """K09: refused with a reason: the incident is back with the officer."""
    task = given(record, incident_id)
    say(record, "fire", task, S.DECLINED, after(20), text="无可用车辆")
    keeper.look(after(201))
    assert (1, "breach") in taken(record, "reassign")
    issue(record, incident_id, order("119", LEAD), at=after(210))
    with record.read() as cx:
        rules = {run.rule_id for run in running(cx, after(211), CLOCKS)}
    assert "reassign" not in rules


class Day:
    """What happens while the time of day goes wrong: `at` a second that was lived through."""

    def __init__(self, record: Record) -> None:
        self.lived, self.wrong_by = 0.0, 0.0
        self.keeper = Keeper(record, CLOCKS, steady=lambda: self.lived)

    def at(self, lived: float) -> None:
        self.lived = lived
        self.keeper.look(after(lived + self.wrong_by))


@pytest.fixture
def day(record: Record, keeper: Keeper) -> Day:
    assert keeper  # people are on duty
    return Day(record)


def test_our_clock_put_back_an_hour_neither_repeats_nor_stops_the_escalation(
    record: Record, incident_id: int, day: Day
) -> None:
    """T24: the day begins again at 13:30; what has gone to the deputy goes on to the chief."""
    given(record, incident_id)
    day.at(62)
    day.at(122)
    before = taken(record)
    day.wrong_by = -3600
    day.at(123)
    day.at(150)
    assert taken(record) == before
    day.at(190)
    assert [n for n, _ in taken(record)] == [0, 1, 2, 3]


def test_our_clock_put_back_does_not_pause_what_has_gone_on_for_longer(
    record: Record, incident_id: int, day: Day
) -> None:
    """T24: nobody has signed for seventy minutes; the leader goes on being told every five, and
    a keeper that was started again in that hour knows it too."""
    given(record, incident_id)
    for minute in range(1, 71):
        day.at(minute * 60 + 1)
    before = len(taken(record))
    day.wrong_by = -3600
    for minute in range(71, 82):
        day.at(minute * 60 + 1)
    assert len(taken(record)) - before == 3
    started_again = Day(record)
    started_again.wrong_by = -3600
    for minute in range(82, 93):
        started_again.at(minute * 60 + 1)
    assert len(taken(record)) - before >= 4


def test_our_clock_put_back_and_right_again_makes_nobody_late(
    record: Record, incident_id: int, day: Day
) -> None:
    """T24: ten seconds of a wrong time of day are no hour that somebody let pass."""
    given(record, incident_id)
    day.at(10)
    day.wrong_by = -3600
    day.at(11)
    day.at(20)
    day.wrong_by = 0
    day.at(21)
    day.at(29)
    assert taken(record) == []
    day.at(62)
    assert [n for n, _ in taken(record)] == [0, 1]


def test_a_jump_while_the_database_is_away_is_said_when_it_is_back(
    record: Record, day: Day
) -> None:
    day.at(1)
    day.wrong_by = -600
    event.listen(record.engine, "begin", _away)
    with pytest.raises(OperationalError):
        day.at(2)
    event.remove(record.engine, "begin", _away)
    day.at(3)
    assert "向后跳变 600 秒" in audited(record)


def test_our_clock_put_forward_is_said_and_storms_nobody(
    record: Record, incident_id: int, keeper: Keeper
) -> None:
    """T24: an hour that nobody lived through."""
    for agency in ("fire", "health", "police"):
        issue(record, incident_id, order(agency), at=NOW)
    keeper.look(after(1))
    keeper.look(after(3601))
    assert "向前跳变 3600 秒" in audited(record)
    assert len([row for row in letters(record) if row.means == "sms"]) == 4


def test_an_exercise_that_has_ended_owes_nothing(
    record: Record, incident_id: int, keeper: Keeper
) -> None:
    task = given(record, incident_id)
    with record.write(NOW) as w:
        w.cx.execute(update(assignment).values(exercise=True, live_revision=w.next_revision()))
        w.cx.execute(
            insert(exercise).values(
                id=w.next_id(),
                name="台风",
                scenario="",
                speed=1.0,
                page_leaders=False,
                started_by="丙",
                started_at=NOW,
                ended_at=after(30),
            )
        )
    keeper.look(after(3600))
    assert (1, "breach") not in taken(record)
    assert task


def test_an_exercise_pages_no_leader_and_says_what_it_is(
    record: Record, incident_id: int, keeper: Keeper
) -> None:
    given(record, incident_id)
    with record.write(NOW) as w:
        w.cx.execute(update(assignment).values(exercise=True, live_revision=w.next_revision()))
    keeper.look(after(380))
    sent = [row for row in letters(record) if row.means == "sms"]
    assert all(row.exercise and row.title.startswith("【演练】") for row in sent)
    assert len({row.address for row in sent}) == 3


def test_a_person_without_any_means_is_passed_by_for_the_next_post_up(record: Record) -> None:
    """Elsewhere a notification jumped to the directors because a person had no channel."""
    incident_id = put_incident(record, at=NOW, status=IncidentStatus.VERIFIED)
    put_on_duty(record, NOW - timedelta(days=1), NOW + timedelta(days=20), officer="")
    given(record, incident_id)
    keeper_of(record).look(after(61))
    with record.read() as cx:
        told = _told_at_breach(cx)
    assert "副值班长丑" in told
    assert "当班值班员子无联系方式，改报副值班长" in told
    assert "卯" not in told


def test_with_nobody_on_duty_the_step_is_taken_and_says_that_it_reached_nobody(
    record: Record,
) -> None:
    incident_id = put_incident(record, at=NOW, status=IncidentStatus.VERIFIED)
    given(record, incident_id)
    keeper_of(record).look(after(61))
    with record.read() as cx:
        told = _told_at_breach(cx)
    assert "无人可通知" in told


def test_a_flood_of_breaches_is_one_letter_to_each_person(
    record: Record, incident_id: int, keeper: Keeper
) -> None:
    for agency in ("fire", "health", "police", "transport", "water", "market", "telecom"):
        issue(record, incident_id, order(agency), at=NOW)
    keeper.look(after(61))
    (sms,) = [row for row in letters(record) if row.means == "sms"]
    assert sms.title == "7 项超时待处置"
    assert "另有 2 项。" in sms.text


def test_nobody_is_called_about_two_matters_that_are_both_answered(
    record: Record, incident_id: int, keeper: Keeper
) -> None:
    """The call list is what is still owed: of a letter of several, when none of them is open."""
    tasks = {
        agency: issue(record, incident_id, order(agency), at=NOW)[0]
        for agency in ("market", "weather")
    }
    keeper.look(after(121))

    def calls() -> list[str]:
        return [r.status for r in letters(record) if r.address == FIRST and r.means == "telephone"]

    assert calls() == ["waiting"]
    say(record, "market", tasks["market"], S.ACKNOWLEDGED, after(122))
    keeper.look(after(123))
    assert calls() == ["waiting"], "one of them is still owed"
    say(record, "weather", tasks["weather"], S.ACKNOWLEDGED, after(124))
    keeper.look(after(125))
    assert calls() == ["void"]


def test_a_limit_passing_each_second_is_three_letters_and_then_one_a_minute(
    record: Record, keeper: Keeper
) -> None:
    """After an outage, in a typhoon: the officer's telephone must be left to make calls with."""
    for second in range(40):
        at = after(second)
        incident_id = put_incident(record, alert(source_ref=f"J{second}"), at=at)
        issue(record, incident_id, order("fire", LEAD), at=at)
    for second in range(61, 120):
        keeper.look(after(second))
    sms = [row for row in letters(record) if row.address == FIRST and row.means == "sms"]
    assert len(sms) == 4
    assert sms[3].title == "37 项超时待处置"
    assert "另有 32 项。" in sms[3].text
    assert sms[3].not_before == sms[2].created_at + timedelta(seconds=60)
    assert [n for n, _ in taken(record)].count(1) == 40


def test_what_was_gathered_and_went_is_followed_by_a_letter_of_its_own(
    record: Record, keeper: Keeper
) -> None:
    for second in range(6):
        at = after(second)
        incident_id = put_incident(record, alert(source_ref=f"J{second}"), at=at)
        issue(record, incident_id, order("fire", LEAD), at=at)
    for second in range(61, 66):
        keeper.look(after(second))
    with record.write(after(65)) as w:
        w.cx.execute(update(notice).where(notice.c.not_before > after(65)).values(attempts=1))
    keeper.look(after(66))
    sms = [row for row in letters(record) if row.address == FIRST and row.means == "sms"]
    assert [row.title for row in sms[3:]] == ["2 项超时待处置", "消防（牵头）超时1秒未签收"]


def test_three_thousand_limits_at_once_leave_the_ledger_to_others(
    record: Record, incident_id: int, keeper: Keeper
) -> None:
    """After an outage: so many at one look and no more, and everybody's letter names the sum."""
    task = given(record, incident_id)
    with record.write(NOW) as w:
        (row,) = w.cx.execute(select(assignment).where(assignment.c.id == task)).mappings()
        rows = [{**row, "id": w.next_id(), "live_revision": w.next_revision()} for _ in range(3000)]
        w.cx.execute(insert(assignment), rows)
    taken_each = [keeper.look(after(61.5 + second)) for second in range(14)]
    assert max(taken_each) <= 1000
    assert [n for n, _ in taken(record)].count(1) == 3001
    sms = [row for row in letters(record) if row.address == FIRST and row.means == "sms"]
    assert len(sms) == 4
    assert "3001" in str(sum(int(row.title.partition(" 项")[0]) for row in sms))


def test_the_keeper_says_that_it_lives(record: Record, keeper: Keeper) -> None:
    keeper.look(after(0))
    keeper.look(after(4))
    with record.read() as cx:
        state = read_service(cx, KEEPER)
    assert state is not None
    assert state.at == after(4)


def test_a_missing_number_of_people_is_asked_for_after_the_arrival(
    record: Record, keeper: Keeper
) -> None:
    incident_id = put_incident(
        record, at=NOW, status=IncidentStatus.ON_SCENE, on_scene_at=NOW, severity="severe"
    )
    keeper.look(after(15 * 60 + 1))
    assert (1, "breach") in taken(record, "people_unknown")
    _set_incident(record, incident_id, injured=0)
    with record.read() as cx:
        rules = {run.rule_id for run in running(cx, after(16 * 60), CLOCKS)}
    assert "people_unknown" not in rules


def test_the_list_puts_the_longest_late_before_what_is_next(
    record: Record, incident_id: int, keeper: Keeper
) -> None:
    given(record, incident_id)
    issue(record, incident_id, order("health", acknowledge_s=120), at=NOW)
    with record.read() as cx:
        found = next_to_breach(running(cx, after(90), CLOCKS), after(90), CLOCKS)
    words = [one.words for one in found if one.running.assignment_id]
    assert words[0].startswith("消防（牵头）超时")
    assert "卫生（配合）签收还剩30秒" in words
    assert found[0].owner == "消防"
    assert keeper


def _away(_: Connection) -> None:
    raise OperationalError("", {}, OSError("away"))


def _told_at_breach(cx: Connection) -> str:
    f = clock_firing.c
    rows = select(f.told).where(f.rule_id == "acknowledge_lead", f.step == "breach")
    return str(cx.execute(rows).scalar_one())


def _set_incident(record: Record, incident_id: int, **columns: Any) -> None:
    with record.write() as w:
        w.cx.execute(
            update(incident)
            .where(incident.c.id == incident_id)
            .values(revision=w.next_revision(), **columns)
        )
