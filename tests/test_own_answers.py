"""部门应答: a department answers at our desk; by screen and by line once; and for nobody else."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import permutations

import msgspec
import pytest
from sqlalchemy import event, func, insert, select, text

from linkage.actions import Action
from linkage.alerts import Casualties
from linkage.duty_tables import roll_call, roll_call_answer
from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.people import Actor
from linkage.plan.grading import load_grading
from linkage.record import Record
from linkage.response import needs, own_answers, responses
from linkage.response.feedback import Feedback, NeedStep, Want
from linkage.response.own_answers import LONGEST_WORDS, Stand
from linkage.response.own_desk import own_task
from linkage.response.own_needs import own_needs
from linkage.response_vocabulary import NeedSort, NeedStatus
from linkage.roll_call import answering
from linkage.tables import log_entry, outbound_message
from linkage.vocabulary import AssignmentStatus, Outcome, Role
from tests.builders import alert
from tests.desk import (
    AGENCIES,
    DATA,
    LEAD,
    OFFICER,
    incident_row,
    issue,
    open_list,
    order,
    say,
    story,
    task_row,
)
from tests.onrecord import put_incident
from tests.timekeeping import CLOCKS

S = AssignmentStatus
SECOND = timedelta(seconds=1)
COLLEAGUE = Actor("壬", Role.AGENCY_OFFICER, "fire")
PUMP = Want(sort=NeedSort.EQUIPMENT, what="防爆泵", amount=2, measure="台")


@pytest.fixture
def fire(record: Record) -> int:
    return put_incident(record, alert())


@pytest.fixture
def task(record: Record, fire: int, now: datetime) -> int:
    return issue(record, fire, order("fire", LEAD), order("health"), at=now)[0]


def seen(record: Record, actor: Actor, task_id: int, at: datetime) -> tuple[int, Stand]:
    found = own_task(record, actor, task_id, at, CLOCKS)
    return found.revision, found.stand


def press(
    record: Record,
    actor: Actor,
    task_id: int,
    status: S,
    at: datetime,
    *,
    saw: tuple[int, Stand] | None = None,
    **said: object,
) -> Outcome:
    """`saw`: what the screen showed; what is so, if not given."""
    revision, stand = saw or seen(record, actor, task_id, at)
    feedback = Feedback(
        **{"assignment_id": task_id, "revision": revision, "status": status, **said}  # type: ignore[arg-type]
    )
    grading = load_grading(DATA / "grading.toml")
    return own_answers.answer(
        record, actor, feedback, stand, agencies=AGENCIES, grading=grading, at=at
    )


def lists_sent(record: Record) -> int:
    topic = "linkage/v1/assignment/fire/open"
    wire = outbound_message.c
    with record.read() as cx:
        return cx.execute(select(func.count()).where(wire.topic == topic)).scalar_one()


def test_the_whole_way_at_the_desk_without_a_line(
    record: Record, fire: int, task: int, fire_officer: Actor, now: datetime
) -> None:
    way = (S.ACKNOWLEDGED, S.EN_ROUTE, S.ON_SCENE, S.WORKING, S.REPORTED, S.COMPLETED)
    for minutes, status in enumerate(way, start=1):
        at = now + timedelta(minutes=minutes)
        assert (
            press(record, fire_officer, task, status, at, text=f"第{minutes}步") is Outcome.STORED
        )
        row = task_row(record, task)
        assert (row.status, getattr(row, f"{status}_at")) == (status, at)
    assert row.last_feedback_by == "己"
    log = [e for e in story(record, fire) if e.action == Action.FEEDBACK and e.assignment_id]
    assert {entry.actor for entry in log} == {"己（部门值班员）"}
    assert len(log) == len(way), "exactly one entry an answer"


def test_its_own_system_finds_the_list_as_it_is_when_it_comes_back(
    record: Record, task: int, fire_officer: Actor, now: datetime
) -> None:
    before = lists_sent(record)
    press(record, fire_officer, task, S.ACKNOWLEDGED, now + SECOND)
    assert lists_sent(record) > before
    assert open_list(record, "fire").ids == {task}
    press(record, fire_officer, task, S.REPORTED, now + 2 * SECOND, text="已处置")
    press(record, fire_officer, task, S.COMPLETED, now + 3 * SECOND, text="已处置")
    assert open_list(record, "fire").ids == set()


def test_by_screen_and_then_by_line_it_counts_once(
    record: Record, fire: int, task: int, fire_officer: Actor, now: datetime
) -> None:
    press(record, fire_officer, task, S.ACKNOWLEDGED, now + SECOND)
    outcome, _ = say(record, "fire", task, S.ACKNOWLEDGED, now + 2 * SECOND)
    assert outcome is Outcome.DUPLICATE
    row = task_row(record, task)
    assert row.acknowledged_at == now + SECOND
    answers = [e for e in story(record, fire) if e.assignment_id == task and e.action == "feedback"]
    assert len(answers) == 1


def test_by_line_and_then_by_screen_it_counts_once_and_the_officer_is_told(
    record: Record, task: int, fire_officer: Actor, now: datetime
) -> None:
    saw = seen(record, fire_officer, task, now)
    say(record, "fire", task, S.ACKNOWLEDGED, now + SECOND, text="两车出动")
    with pytest.raises(Raced, match="本单位系统已于 14:30:01 报“已签收”（两车出动）"):
        press(record, fire_officer, task, S.ACKNOWLEDGED, now + 2 * SECOND, saw=saw)
    assert task_row(record, task).acknowledged_at == now + SECOND


def test_two_of_one_department_the_second_is_told_who_was_faster(
    record: Record, task: int, fire_officer: Actor, now: datetime
) -> None:
    """D10: within the same second; one answer stands, the other learns of it."""
    saw = seen(record, fire_officer, task, now)
    press(record, fire_officer, task, S.ACKNOWLEDGED, now + SECOND, saw=saw)
    with pytest.raises(Raced, match="己（部门值班员）已于 14:30:01 报“已签收”"):
        press(record, COLLEAGUE, task, S.DECLINED, now + SECOND, saw=saw, text="力量不足")
    assert task_row(record, task).status == S.ACKNOWLEDGED


def test_two_who_report_at_once_do_not_write_over_each_other(
    record: Record, task: int, fire_officer: Actor, now: datetime
) -> None:
    press(record, fire_officer, task, S.ACKNOWLEDGED, now)
    press(record, fire_officer, task, S.WORKING, now)
    saw = seen(record, fire_officer, task, now)
    press(record, fire_officer, task, S.WORKING, now + SECOND, saw=saw, text="二层有明火")
    with pytest.raises(Raced, match="二层有明火"):
        press(record, COLLEAGUE, task, S.WORKING, now + SECOND, saw=saw, text="没有明火")
    assert task_row(record, task).last_feedback == "二层有明火"


def test_a_button_pressed_twice_acts_once(
    record: Record, fire: int, task: int, fire_officer: Actor, now: datetime
) -> None:
    saw = seen(record, fire_officer, task, now)
    press(record, fire_officer, task, S.ACKNOWLEDGED, now + SECOND, saw=saw)
    again = press(record, fire_officer, task, S.ACKNOWLEDGED, now + 2 * SECOND, saw=saw)
    assert again is Outcome.DUPLICATE
    answers = [e for e in story(record, fire) if e.assignment_id == task and e.action == "feedback"]
    assert len(answers) == 1


def test_an_order_that_was_changed_or_withdrawn_while_one_wrote_is_told_plainly(
    record: Record, task: int, fire_officer: Actor, now: datetime
) -> None:
    press(record, fire_officer, task, S.ACKNOWLEDGED, now)
    saw = seen(record, fire_officer, task, now)
    anew = order("fire", LEAD, task="改为警戒")
    responses.reissue(record, OFFICER, task, 1, anew, agencies=AGENCIES, at=now + SECOND)
    with pytest.raises(NotAllowed, match="现行是第 2 版"):
        press(record, fire_officer, task, S.REPORTED, now + 2 * SECOND, saw=saw, text="已警戒")
    responses.cancel(record, OFFICER, task, 2, "误报", agencies=AGENCIES, at=now + 3 * SECOND)
    with pytest.raises(NotAllowed, match="已于 14:30:03 撤销"):
        press(record, fire_officer, task, S.REPORTED, now + 4 * SECOND, saw=saw, text="已警戒")
    press(record, fire_officer, task, S.ACKNOWLEDGED, now + 5 * SECOND)
    assert task_row(record, task).cancel_read_at == now + 5 * SECOND


@pytest.mark.parametrize("status", [S.DECLINED, S.REPORTED, S.COMPLETED])
def test_what_tells_nothing_is_asked_for_its_words(
    record: Record, task: int, fire_officer: Actor, now: datetime, status: S
) -> None:
    press(record, fire_officer, task, S.ACKNOWLEDGED, now)
    if status is S.COMPLETED:
        press(record, fire_officer, task, S.WORKING, now)
    with pytest.raises(NotAllowed, match="请写明"):
        press(record, fire_officer, task, status, now + SECOND, text=" \n")
    with pytest.raises(NotAllowed, match="请精简"):
        press(record, fire_officer, task, status, now + SECOND, text="长" * (LONGEST_WORDS + 1))


def test_people_counted_are_words_enough_and_reach_the_incident(
    record: Record, fire: int, task: int, fire_officer: Actor, now: datetime
) -> None:
    press(record, fire_officer, task, S.ACKNOWLEDGED, now)
    press(record, fire_officer, task, S.REPORTED, now, casualties=Casualties(injured=2, deaths=0))
    row = incident_row(record, fire)
    assert (row.injured, row.deaths, row.missing) == (2, 0, None)


def test_a_move_that_the_table_does_not_have_says_what_may_follow(
    record: Record, task: int, fire_officer: Actor, now: datetime
) -> None:
    with pytest.raises(NotAllowed, match="请先签收"):
        press(record, fire_officer, task, S.ON_SCENE, now)


# Nobody for others


class Stage:
    """Each department has a task in an incident of its own, and has asked for a pump."""

    def __init__(self, record: Record, now: datetime) -> None:
        self.record, self.now = record, now
        self.task: dict[str, int] = {}
        self.incident: dict[str, int] = {}
        self.need: dict[str, int] = {}
        with record.write(now) as w:
            w.cx.execute(
                insert(roll_call).values(
                    id=w.next_id(), called_by="甲", called_at=now, due_at=now, exercise=False
                )
            )
            self.roll = w.last_id
            w.cx.execute(
                insert(roll_call_answer),
                [{"roll_call_id": self.roll, "agency_id": agency} for agency in AGENCIES],
            )
        for agency in AGENCIES:
            at = put_incident(record, alert(source_ref=f"J-{agency}"))
            self.incident[agency] = at
            self.task[agency] = issue(record, at, order(agency), at=now)[0]
            actor = Actor("己", Role.AGENCY_OFFICER, agency)
            self.need[agency] = needs.ask(record, actor, at, PUMP, agencies=AGENCIES, at=now)

    def acts(self, actor: Actor, of: str) -> list[tuple[str, Callable[[], object]]]:
        """Everything that a department may do, done to what is another's (`of`)."""
        record, at, task = self.record, self.now, self.task[of]
        own = str(actor.agency_id)
        stand = Stand(status=S.ISSUED, last_feedback=None, casualties=None)

        def said(status: S) -> Feedback:
            return Feedback(assignment_id=task, revision=1, status=status, text="说明")

        def step(status: NeedStatus) -> NeedStep:
            return NeedStep(need_id=self.need[of], status=status, amount=1)

        acts: list[tuple[str, Callable[[], object]]] = [
            ("look", lambda: own_task(record, actor, task, at, CLOCKS)),
        ]
        for status in (S.ACKNOWLEDGED, S.DECLINED, S.EN_ROUTE, S.REPORTED, S.COMPLETED):
            acts += [
                (
                    f"answer {status}",
                    lambda s=status: own_answers.answer(
                        record, actor, said(s), stand, agencies=AGENCIES, at=at
                    ),
                ),
                (
                    f"telephone {status}",
                    lambda s=status: responses.take_by_telephone(
                        record, actor, said(s), agencies=AGENCIES, at=at
                    ),
                ),
            ]
        for which in (NeedStatus.OFFERED, NeedStatus.ARRIVED, NeedStatus.WITHDRAWN):
            for giver in (own, of):
                acts.append(
                    (
                        f"give {which} by {'itself' if giver == own else 'the other'}",
                        lambda s=which, g=giver: needs.give(
                            record, actor, step(s), g, agencies=AGENCIES, at=at
                        ),
                    )
                )
        acts += [
            (
                "ask",
                lambda: needs.ask(record, actor, self.incident[of], PUMP, agencies=AGENCIES, at=at),
            ),
            (
                "ask by name",
                lambda: needs.ask(
                    record, actor, self.incident[own], PUMP, agencies=AGENCIES, of=[of], at=at
                ),
            ),
            ("withdraw", lambda: needs.withdraw(record, actor, self.need[of], 1, "不要", at=at)),
            ("roll", lambda: answering.note_answer(record, actor, self.roll, of, "己", at=at)),
        ]
        return acts

    def everything(self) -> list[object]:
        """Every row of what could have been changed."""
        names = ("assignment", "need", "need_offer", "roll_call_answer", "incident", "notice")
        with self.record.read() as cx:
            return [cx.execute(text(f"SELECT * FROM {n} ORDER BY 1, 2")).all() for n in names]

    def log(self) -> int:
        with self.record.read() as cx:
            return cx.execute(select(func.count()).select_from(log_entry)).scalar_one()

    def security(self) -> int:
        ask = select(func.count()).where(log_entry.c.action == "denied")
        with self.record.read() as cx:
            return cx.execute(ask).scalar_one()


def test_nineteen_departments_eighteen_others_every_act(
    fresh_sqlite: Callable[[], Record], now: datetime
) -> None:
    """D06: denied where the write happens, one entry each, and nothing else on the record moves."""
    record = fresh_sqlite()
    # Thousands of refusals: none has to survive a power cut.
    event.listen(record.engine, "connect", lambda c, _: c.execute("PRAGMA synchronous = OFF"))
    stage = Stage(record, now)
    before, entries, noted = stage.everything(), stage.log(), stage.security()
    tried, missed = 0, []
    for own, other in permutations(AGENCIES, 2):
        stage.now += timedelta(hours=1)  # the log bounds what one person may fill of it
        for name, act in stage.acts(Actor("己", Role.AGENCY_OFFICER, own), other):
            tried += 1
            try:
                act()
            except NotPermitted:
                continue
            missed.append((own, other, name))
    assert missed == []
    assert tried == 19 * 18 * 21
    assert stage.security() - noted == tried
    assert stage.log() - entries == tried, "exactly one entry each"
    assert stage.everything() == before
    record.close()


def test_a_department_may_do_all_that_to_its_own(
    record: Record, now: datetime, fire_officer: Actor
) -> None:
    """The other side of the table: what is refused above is not refused to whose it is."""
    stage = Stage(record, now)
    task = stage.task["fire"]
    press(record, fire_officer, task, S.ACKNOWLEDGED, now)
    answering.note_answer(record, fire_officer, stage.roll, "fire", "己", at=now)
    (own,) = own_needs(record, fire_officer)
    needs.withdraw(record, fire_officer, own.id, own.version or 0, "已解决", at=now)
    asked = needs.ask(
        record, OFFICER, stage.incident["health"], PUMP, agencies=AGENCIES, of=["fire"], at=now
    )
    step = NeedStep(need_id=asked, status=NeedStatus.WITHDRAWN)
    needs.give(record, fire_officer, step, "fire", agencies=AGENCIES, at=now)
    again = msgspec.structs.replace(step, status=NeedStatus.OFFERED, amount=1)
    needs.give(record, fire_officer, again, "fire", agencies=AGENCIES, at=now + SECOND)
    assert stage.security() == 0


def test_a_second_who_answers_the_roll_call_is_told(
    record: Record, now: datetime, fire_officer: Actor
) -> None:
    stage = Stage(record, now)
    answering.note_answer(record, fire_officer, stage.roll, "fire", "己", at=now)
    with pytest.raises(Raced, match="应答（己）"):
        answering.note_answer(record, COLLEAGUE, stage.roll, "fire", "壬", at=now + SECOND)
    with record.read() as cx:
        ask = select(roll_call_answer.c.means).where(roll_call_answer.c.agency_id == "fire")
        assert cx.execute(ask).scalar_one() == "mqtt", "it came through the system"
