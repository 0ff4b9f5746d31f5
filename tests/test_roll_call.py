"""每周点名: all nineteen are called, who answers is known, who is silent is sought otherwise."""

import json
import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import select

from ingest.feedback import read_feedback
from ingest.simulate.conduct import Manner, load_departments
from ingest.simulate.departments import Departments
from linkage.alerts import Impostor, Unreadable
from linkage.clocks import subjects
from linkage.duty.rules import last_roll_call, roll_call_is_due
from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.people import Actor
from linkage.record import Record
from linkage.response_tables import notice
from linkage.response_vocabulary import Means, NoticeStatus
from linkage.roll_call import answering, calling
from linkage.roll_call.message import RollAnswer, RollMessage
from linkage.roll_call.rates import RollCall, by_party, last_calls
from linkage.tables import outbound_message
from linkage.vocabulary import Outcome
from tests.desk import AGENCIES, DATA
from tests.rosters import RULES

TIMES = RULES.roll_call
# Monday, 09:00 in Beijing.
MONDAY = datetime(2026, 11, 23, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def call(record: Record, officer: Actor, at: datetime = MONDAY, **options: bool) -> int:
    return calling.call(record, officer, AGENCIES, TIMES, at=at, **options)


def answer(
    record: Record, call_id: int, agency_id: str, at: datetime, by: str = "值班员"
) -> tuple[Outcome, str]:
    said = RollAnswer(roll_call_id=call_id, by=by)
    with record.write(at) as w:
        return answering.apply_answer(w, said, AGENCIES[agency_id])


def test_a_call_in_practice_stands_beside_a_real_one_and_hides_none(
    record: Record, officer: Actor
) -> None:
    real = call(record, officer)
    drill = call(record, officer, MONDAY + MINUTE, exercise=True)
    with record.read() as cx:
        out = select(outbound_message.c.payload, outbound_message.c.exercise)
        for payload, exercise in cx.execute(out):
            assert (json.loads(payload)["roll_call"] == drill) == exercise
        late = MONDAY + timedelta(hours=1)
        running = {one.id: one.exercise for one in subjects.others(cx)}
    assert running == {real: False, drill: True}
    sought = [calling.seek_silent(record, AGENCIES, late) for _ in range(3)]
    assert sought == [real, drill, None]


def last(record: Record) -> RollCall:
    with record.read() as cx:
        return last_calls(cx)[0]


def test_all_nineteen_are_called_on_their_own_topic(record: Record, officer: Actor) -> None:
    call_id = call(record, officer)
    with record.read() as cx:
        sent = {row.topic: json.loads(row.payload) for row in cx.execute(select(outbound_message))}
    assert len(sent) == 19
    message = sent["linkage/v1/roll-call/fire"]
    assert message["roll_call"] == call_id
    assert message["called_at"] == "2026-11-23T09:00:00+08:00"
    assert message["due_at"] == "2026-11-23T09:10:00+08:00"
    assert message["exercise"] is False


def test_an_answer_counts_once_and_its_lateness_is_told(record: Record, officer: Actor) -> None:
    call_id = call(record, officer)
    assert answer(record, call_id, "fire", MONDAY + MINUTE) == (Outcome.STORED, "点名应答")
    assert answer(record, call_id, "fire", MONDAY + 2 * MINUTE)[0] is Outcome.DUPLICATE
    assert "超过时限" in answer(record, call_id, "health", MONDAY + 11 * MINUTE)[1]
    one = last(record)
    assert (len(one.answered), one.in_time, len(one.answers)) == (2, 1, 19)


def test_an_answer_to_nothing_is_refused(record: Record, officer: Actor) -> None:
    outcome, why = answer(record, 99, "fire", MONDAY)
    assert outcome is Outcome.REJECTED
    assert "没有编号为 99 的点名" in why


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"roll_call": "x"}, "roll_call"),
        ({"roll_call": 3, "at": "昨天"}, "at"),
    ],
)
def test_an_answer_that_breaks_the_contract_names_the_field(
    payload: dict[str, object], field: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        read_feedback(json.dumps(payload).encode(), AGENCIES["fire"])
    assert refused.value.field == field


def test_nobody_answers_for_another(officer: Actor) -> None:
    with pytest.raises(Impostor):
        read_feedback(b'{"roll_call": 3, "agency": "health"}', AGENCIES["fire"])


def test_the_answer_is_read_from_the_wire() -> None:
    payload = '{"roll_call": 3, "by": "值班员", "text": "在岗", "at": "2026-11-23T09:01:00+08:00"}'
    said = read_feedback(payload.encode(), AGENCIES["fire"])
    assert said == RollAnswer(roll_call_id=3, by="值班员", text="在岗", at=MONDAY + MINUTE)


def test_who_is_silent_is_sought_by_other_means_once(record: Record, officer: Actor) -> None:
    call_id = call(record, officer)
    for agency_id in AGENCIES:
        if agency_id not in {"fire", "health"}:
            answer(record, call_id, agency_id, MONDAY + MINUTE)
    assert calling.seek_silent(record, AGENCIES, MONDAY + 10 * MINUTE) is None
    assert calling.seek_silent(record, AGENCIES, MONDAY + 11 * MINUTE) == call_id
    assert calling.seek_silent(record, AGENCIES, MONDAY + 12 * MINUTE) is None
    with record.read() as cx:
        rows = list(cx.execute(select(notice)))
    assert {row.agency_id for row in rows} == {"fire", "health"}
    assert {row.agency_id for row in rows if row.means == Means.TELEPHONE} == {"fire", "health"}
    answer(record, call_id, "fire", MONDAY + 13 * MINUTE)
    with record.read() as cx:
        waits = {
            row.agency_id
            for row in cx.execute(select(notice))
            if row.status == NoticeStatus.WAITING
        }
    assert waits == {"health"}


def test_a_telephone_answer_is_noted_with_who_took_the_call(
    record: Record, officer: Actor, fire_officer: Actor
) -> None:
    call_id = call(record, officer)
    with pytest.raises(NotAllowed, match="接听人"):
        answering.note_answer(record, officer, call_id, "health", " ", at=MONDAY)
    answering.note_answer(record, officer, call_id, "health", "值班室", "线路正常", at=MONDAY)
    with pytest.raises(Raced, match="已于 09:00:00 应答（值班室）"):
        answering.note_answer(record, officer, call_id, "health", "值班室", at=MONDAY)
    with pytest.raises(NotPermitted):
        answering.note_answer(record, fire_officer, call_id, "water", "值班室", at=MONDAY)
    done = last(record).answered[0]
    assert (done.means, done.answered_by, done.note) == (Means.TELEPHONE, "值班室", "线路正常")


def test_the_weekly_call_goes_out_by_itself_and_once(record: Record) -> None:
    assert calling.call_due(record, AGENCIES, TIMES, MONDAY - MINUTE) is None
    assert calling.call_due(record, AGENCIES, TIMES, MONDAY) is not None
    assert calling.call_due(record, AGENCIES, TIMES, MONDAY + MINUTE) is None
    assert calling.call_due(record, AGENCIES, TIMES, MONDAY + timedelta(days=7)) is not None
    assert last(record).called_by == "rule:roll_call"


def test_a_call_missed_while_the_system_was_away_is_made_up_or_left_to_next_week() -> None:
    assert last_roll_call(TIMES, MONDAY - MINUTE) == MONDAY - timedelta(days=7)
    assert roll_call_is_due(TIMES, None, MONDAY + timedelta(hours=12))
    assert not roll_call_is_due(TIMES, None, MONDAY + timedelta(hours=13))
    assert not roll_call_is_due(TIMES, MONDAY + MINUTE, MONDAY + timedelta(hours=1))


def test_a_second_press_of_the_button_calls_nobody(record: Record, officer: Actor) -> None:
    call(record, officer)
    with pytest.raises(NotAllowed, match="刚点过名"):
        call(record, officer, MONDAY + timedelta(seconds=20))


def test_analysts_call_no_roll(record: Record, analyst: Actor) -> None:
    with pytest.raises(NotPermitted):
        call(record, analyst)


def test_rate_and_time_are_counted_party_by_party(record: Record, officer: Actor) -> None:
    for week, minutes in enumerate((1, 3, 20)):
        at = MONDAY + timedelta(days=7 * week)
        answer(record, call(record, officer, at), "fire", at + minutes * MINUTE)
    with record.read() as cx:
        calls = last_calls(cx)
    fire, water = by_party(calls)["fire"], by_party(calls)["water"]
    assert (fire.called, fire.in_time, fire.answered, fire.mean_s) == (3, 2, 3, 480)
    assert (water.in_time, water.answered, water.mean_s) == (0, 0, None)
    assert calls[0].rate == 0


def test_an_exercise_is_called_as_one_and_stays_out_of_the_figures(
    record: Record, officer: Actor
) -> None:
    call_id = call(record, officer, exercise=True)
    calling.seek_silent(record, AGENCIES, MONDAY + 11 * MINUTE)
    with record.read() as cx:
        assert last_calls(cx) == []
        payloads = list(cx.execute(select(outbound_message.c.payload)).scalars())
        texts = list(cx.execute(select(notice.c.text)).scalars())
    assert all(json.loads(one)["text"].startswith("【演练】") for one in payloads)
    assert texts
    assert all(text.startswith("【演练】") for text in texts)
    assert call_id


def test_the_simulated_parties_answer_and_the_silent_one_does_not() -> None:
    departments = load_departments(DATA / "demo")
    played = Departments(departments, AGENCIES, pace=1000)
    message = msgspec.json.encode(
        RollMessage(
            roll_call=7,
            called_at=MONDAY,
            due_at=MONDAY + 10 * MINUTE,
            called_by="系统定时点名",
            text="点名",
            exercise=False,
        )
    )
    for agency_id in AGENCIES:
        played.heard(f"linkage/v1/roll-call/{agency_id}", message)
    said = dict(played.turn(time.monotonic() + 60))
    quiet = {i for i, one in departments.items() if one.manner is Manner.SILENT}
    assert set(AGENCIES) - {topic.split("/")[3] for topic in said} == quiet
    assert len(quiet) == 1
    answer_of = read_feedback(said["linkage/v1/feedback/fire"], AGENCIES["fire"])
    assert isinstance(answer_of, RollAnswer)
    assert answer_of.roll_call_id == 7
