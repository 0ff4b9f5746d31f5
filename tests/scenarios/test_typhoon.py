"""The typhoon, the flood release and the tanker in one process, the clock told by hand.

The demonstration's own story goes through the real readers into the record; officers and
departments act at their times. Real, and as an exercise beside a real evening.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from ingest.exercise_topic import EXERCISE
from ingest.holding import Holding
from ingest.receive import understand
from ingest.registry import ROOT, read_registry, read_rules
from ingest.simulate.city import City
from ingest.simulate.feed import payload_of
from ingest.simulate.scenario import Player, load_scenario, seconds_of
from ingest.simulate.statements import Desk, Step
from ingest.wire import Message
from linkage.alerts import Casualties
from linkage.clocks.keeper import Keeper
from linkage.desk import incidents
from linkage.exercise import exercises
from linkage.intake.take_in import Intake
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.plan.levels import Declaration, start_response
from linkage.plan.run_cards import Proposal, load_run_cards, propose
from linkage.record import Record
from linkage.response import responses
from linkage.response_tables import clock_firing, notice
from linkage.response_vocabulary import About, Post
from linkage.response_vocabulary import Step as ClockStep
from linkage.settings import load_settings
from linkage.tables import assignment, incident, warning
from linkage.verify import verify
from linkage.vocabulary import AssignmentStatus, Grade, WarningColour
from tests.builders import alert
from tests.desk import incident_row, say
from tests.test_intake import take
from tests.timekeeping import CLOCKS, put_on_duty

S = AssignmentStatus
SETTINGS = load_settings({})
REGISTRY = read_registry(SETTINGS)
AGENCIES = REGISTRY.agencies
CARDS = load_run_cards(SETTINGS.tables / "run_cards.toml", AGENCIES)
SCENARIO = load_scenario(SETTINGS.tables / "demo", "typhoon")
SILENT = {"telecom", "work-safety"}


class Evening:
    """The story's clock: `until("16:10")` tells all that is said up to then."""

    def __init__(self, record: Record, begin: datetime, *, exercise: bool) -> None:
        self.record, self.begin, self.exercise = record, begin, exercise
        REGISTRY.devices.put_in_use()
        self.intake = Intake(record, read_rules(SETTINGS, REGISTRY))
        put_on_duty(record, begin - timedelta(days=1), begin + timedelta(days=20))
        self.keeper = Keeper(record, CLOCKS, steady=lambda: 0.0)
        demo = SETTINGS.tables / "demo"
        desk = Desk(REGISTRY.sources, begin)
        player = Player(SCENARIO, begin, City(demo), desk, Random("42/scenario"), 1.0)
        self.steps = sorted(player.steps())

    def at(self, clock: str, seconds: float = 0) -> datetime:
        gone = seconds_of(clock) - seconds_of(SCENARIO.begin_at)
        return self.begin + timedelta(seconds=gone + seconds)

    def until(self, clock: str) -> None:
        while self.steps and self.steps[0].due <= self.at(clock):
            self.tell(self.steps.pop(0))

    def tell(self, step: Step) -> None:
        source = REGISTRY.sources[step.source_id]
        said = None if step.alert is None else replace(step.alert, exercise=self.exercise)
        topic = f"{ROOT}/alert/{source.id}" + (f"/{EXERCISE}" if self.exercise else "")
        payload = payload_of(replace(step, alert=said), source)
        message = Message(1, topic.encode(), payload, retained=False)
        arrival = understand(message, REGISTRY, step.due, Holding())
        self.intake.take_in([arrival], step.due)

    def tanker(self) -> Any:
        with self.record.read() as cx:
            rows = cx.execute(select(incident).where(incident.c.exercise.is_(self.exercise))).all()
        return max((row for row in rows if row.hazmat), key=lambda row: row.alert_count)

    def order_all(self, chief: Actor, at: datetime) -> dict[str, int]:
        """Grade, response, run card, orders: the ids by agency."""
        row = self.tanker()
        incidents.confirm_grade(self.record, chief, row.id, row.version, Grade.CONSIDERABLE, at=at)
        row = incident_row(self.record, row.id)
        card = self.card(row)
        declared = Declaration(
            subject="罐车侧翻泄漏",
            level=3,
            expected_until=at + timedelta(hours=12),
            measures="封路、疏散、堵漏",
        )
        start_response(
            self.record, chief, row.id, row.version, declared, cards=CARDS, proposal=card, at=at
        )
        version = incident_row(self.record, row.id).version
        ids = responses.issue(
            self.record,
            chief,
            row.id,
            version,
            [line.order() for line in card.assignments],
            agencies=AGENCIES,
            proposal=card,
            at=at,
        )
        return dict(zip((line.agency_id for line in card.assignments), ids, strict=True))

    @staticmethod
    def card(row: Any) -> Proposal:
        people = {name: getattr(row, name) for name in Casualties.__struct_fields__}
        return propose(
            Kind(row.kind),
            row.event_code,
            cards=CARDS,
            agencies=AGENCIES,
            casualties=Casualties(**people),
            grade=Grade.CONSIDERABLE,
            hazmat=row.hazmat,
        )

    def answers(self, ids: dict[str, int], at: datetime) -> None:
        """Everybody's system has it; all but the silent sign, and one sends it back."""
        for agency_id, task in ids.items():
            if agency_id in SILENT:
                continue
            status = S.DECLINED if agency_id == "transport" else S.ACKNOWLEDGED
            said = {"text": "力量已全部派出"} if status is S.DECLINED else {}
            say(self.record, agency_id, task, status, at, **said)

    def keep(self, since: datetime, minutes: int) -> None:
        for second in range(0, minutes * 60, 20):
            self.keeper.look(since + timedelta(seconds=second))

    def firings(self) -> list[Any]:
        with self.record.read() as cx:
            return list(cx.execute(select(clock_firing).order_by(clock_firing.c.id)).all())


@pytest.fixture
def evening(fresh_sqlite: Callable[[], Record], now: datetime) -> Callable[..., Evening]:
    """14:30 in Beijing is 15:09 of the story."""

    def begin(*, exercise: bool = False) -> Evening:
        return Evening(fresh_sqlite(), now, exercise=exercise)

    return begin


@pytest.mark.parametrize("exercise", [False, True])
def test_the_evening_as_it_should_go(
    evening: Callable[..., Evening], chief: Actor, *, exercise: bool
) -> None:
    it = evening(exercise=exercise)
    it.until("15:16")
    row = it.tanker()
    assert row.alert_count == 4, "110, 122, 119, 120; what 122 repeats is a duplicate"
    it.until("16:09")
    assert it.tanker().grade_proposed != Grade.CONSIDERABLE
    it.until("16:10")
    row = it.tanker()
    assert (row.grade_proposed, row.grade) == (Grade.CONSIDERABLE, None), "a person decides"
    assert "生产安全事故报告和调查处理条例" in row.grade_reason

    ids = it.order_all(chief, it.at("16:11"))
    assert len(ids) >= 10
    it.answers(ids, it.at("16:11", 20))
    again = say(it.record, "fire", ids["fire"], S.ACKNOWLEDGED, it.at("16:11", 20))
    assert again[0] == "duplicate", "its acknowledgement was lost and said again"
    it.keep(it.at("16:11"), 9)
    told = [
        (row.owner, post.label)
        for row in it.firings()
        for post in Post
        if row.step == ClockStep.ESCALATE and row.owner in SILENT and post.label in row.told
    ]
    assert {owner for owner, post in told if post == Post.CHIEF.label} == SILENT
    with it.record.read() as cx:
        means = cx.execute(
            select(notice.c.agency_id).where(notice.c.about == About.ASSIGNMENT.value)
        )
        assert set(means.scalars()) >= SILENT, "another means is arranged for who is silent"
    it.until("20:00")
    assert it.tanker().id == row.id
    assert it.tanker().poisoned == 4


@pytest.mark.parametrize("exercise", [False, True])
def test_what_must_not_happen(
    evening: Callable[..., Evening], chief: Actor, *, exercise: bool
) -> None:
    it = evening(exercise=exercise)
    it.until("16:10")
    ids = it.order_all(chief, it.at("16:11"))
    it.answers(ids, it.at("16:11", 20))
    it.keep(it.at("16:11"), 30)
    it.until("20:00")
    with it.record.read() as cx:
        rows = cx.execute(select(incident)).all()
        orders = cx.execute(select(assignment)).all()
    tankers = [row for row in rows if row.hazmat and "G310" in row.place]
    assert len(tankers) == 1, "no second incident"
    steps = [(row.rule_id, row.about_id, row.round, row.number) for row in it.firings()]
    assert len(steps) == len(set(steps)), "no step twice"
    answered = {ids[agency] for agency in ids if agency not in SILENT | {"transport"}}
    chased = {row.about_id for row in it.firings() if row.rule_id.startswith("acknowledge")}
    assert not chased & answered, "nobody is chased who has signed"
    assert {order.exercise for order in orders} == {exercise}
    leaders = [row.told for row in it.firings() if "卯" in row.told]
    assert bool(leaders) is not exercise, "practice wakes no leader, half an hour of silence does"
    wrong = [found.fault for found in verify(it.record) if found.fault]
    assert wrong == []


def test_an_exercise_beside_the_real_evening_changes_nothing_of_it(
    evening: Callable[..., Evening], chief: Actor
) -> None:
    alone, beside = evening(), evening()
    exercises.begin(beside.record, chief, "台风", scenario="typhoon", at=beside.begin)
    practice = Evening.__new__(Evening)
    practice.__dict__ |= beside.__dict__ | {"exercise": True, "steps": list(beside.steps)}
    for clock in ("15:10", "15:12", "15:30", "16:10", "20:00"):
        practice.until(clock)
        beside.until(clock)
        alone.until(clock)
    take(beside.intake, beside.at("20:01"), alert(exercise=True, occurred_at=beside.at("20:00")))

    def real(it: Evening) -> list[Any]:
        names = ("kind", "headline", "place", "alert_count", "deaths", "severity", "exercise")
        with it.record.read() as cx:
            rows = cx.execute(
                select(*(incident.c[name] for name in names))
                .where(incident.c.exercise.is_(False))
                .order_by(incident.c.opened_at, incident.c.headline, incident.c.place)
            )
            return [tuple(row) for row in rows]

    assert real(beside) == real(alone)


def test_the_prelude_is_told_at_once_and_only_the_newest_warning_stands(
    evening: Callable[..., Evening],
) -> None:
    it = evening()
    it.until("15:09")
    it.until("15:11")
    with it.record.read() as cx:
        rows = cx.execute(select(warning.c.colour, warning.c.status)).all()
    found = {row.colour: row.status for row in rows}
    assert found[WarningColour.BLUE] == "superseded"
    assert found[WarningColour.YELLOW] == "active"
