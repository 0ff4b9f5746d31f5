"""Whatever officers put together and take apart, no statement is ever lost."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from linkage.alerts import Alert, Casualties, Point
from linkage.desk import incidents, merging
from linkage.desk.refold import told
from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.record import Record
from linkage.response.agencies import load_agencies
from linkage.response.feedback import Feedback
from linkage.response.responses import apply_feedback
from linkage.tables import alert as statements
from linkage.tables import (
    assignment,
    incident,
    incident_alert,
    incident_link,
    log_entry,
    outbound_message,
)
from linkage.vocabulary import (
    AssignmentStatus,
    Disposition,
    Grade,
    IncidentStatus,
    LinkKind,
    LinkState,
    PositionNote,
    Role,
    Severity,
)
from tests.builders import alert
from tests.onrecord import add_alert, put_incident, put_link, put_task

S = IncidentStatus
# What may differ after a merge and its undoing: the traces that it was done.
TRACES = {"version", "revision", "changed_at"}


def row_of(record: Record, incident_id: int) -> dict[str, Any]:
    with record.read() as cx:
        rows = select(incident).where(incident.c.id == incident_id)
        return dict(cx.execute(rows).mappings().one())


def facts_of(record: Record, incident_id: int) -> dict[str, Any]:
    return {n: v for n, v in row_of(record, incident_id).items() if n not in TRACES}


def mapping(record: Record) -> dict[int, int]:
    """alert → incident"""
    with record.read() as cx:
        rows = select(incident_alert.c.alert_id, incident_alert.c.incident_id)
        return dict(cx.execute(rows).all())


def link_of(record: Record, link_id: int) -> Any:
    with record.read() as cx:
        return cx.execute(select(incident_link).where(incident_link.c.id == link_id)).one()


def said_of(record: Record, incident_id: int) -> list[str]:
    with record.read() as cx:
        rows = select(log_entry.c.reason).where(log_entry.c.incident_id == incident_id)
        return list(cx.execute(rows.order_by(log_entry.c.id)).scalars())


@pytest.fixture
def merge(record: Record, officer: Actor) -> Callable[[int, int], int]:
    def merge(from_id: int, to_id: int) -> int:
        return merging.merge(record, officer, from_id, to_id, "同一起事故", agencies={})

    return merge


@pytest.fixture
def undo(record: Record, officer: Actor) -> Callable[[int], None]:
    def undo(link_id: int) -> None:
        merging.undo(record, officer, link_id, "并错了", agencies={})

    return undo


def two(record: Record, **second: Any) -> tuple[int, int]:
    """A collision called in to 110, and the same to 120, opened as two."""
    call = alert(
        source_id="120-cad",
        source_ref="E1",
        casualties=Casualties(injured=3),
        severity=Severity.SEVERE,
        **second,
    )
    return put_incident(record), put_incident(record, call)


def graded(record: Record, incident_id: int) -> tuple[str | None, str | None]:
    row = row_of(record, incident_id)
    return row["grade_proposed"], row["grade_reason"]


def test_what_is_split_off_is_graded_by_its_own_figures_at_once(
    record: Record, officer: Actor, undo: Callable[[int], None]
) -> None:
    first = put_incident(record, alert(casualties=Casualties(deaths=1)))
    plant = alert(
        source_id="work-safety",
        source_ref="W1",
        kind=Kind.WORK_ACCIDENT,
        event_code="12F00",
        facts={"loss_10k_yuan": 1200},
    )
    blast = add_alert(record, first, plant)
    new = merging.split(record, officer, first, 1, [blast], "两起事故")
    grade, reason = graded(record, new)
    assert grade == Grade.CONSIDERABLE
    assert str(reason).startswith("直接经济损失1200万元")
    grade, reason = graded(record, first)
    assert grade == Grade.ORDINARY
    assert str(reason).startswith("死亡1人")
    with record.read() as cx:
        link_id = cx.execute(select(incident_link.c.id)).scalar_one()
    undo(link_id)
    assert graded(record, first)[0] == Grade.CONSIDERABLE, "together again"


def test_a_merge_proposes_the_grade_of_all_that_was_said_and_undoing_takes_it_back(
    record: Record, merge: Callable[[int, int], int], undo: Callable[[int], None]
) -> None:
    first = put_incident(record)
    dead = alert(source_id="120-cad", source_ref="E1", casualties=Casualties(deaths=3))
    second = put_incident(record, dead)
    link_id = merge(second, first)
    assert graded(record, first)[0] == Grade.CONSIDERABLE
    undo(link_id)
    assert graded(record, first) == (None, None)
    assert graded(record, second)[0] == Grade.CONSIDERABLE


def test_what_an_officer_graded_keeps_its_proposal_through_a_merge(
    record: Record, merge: Callable[[int, int], int]
) -> None:
    settled: dict[str, Any] = {
        "grade": "ordinary",
        "grade_proposed": "ordinary",
        "grade_reason": "死亡1人",
    }
    first = put_incident(record, **settled)
    second = put_incident(record, alert(source_ref="J2", casualties=Casualties(deaths=3)))
    merge(second, first)
    row = row_of(record, first)
    assert {name: row[name] for name in settled} == settled


def test_a_merge_brings_the_statements_together(
    record: Record, officer: Actor, merge: Callable[[int, int], int], now: datetime
) -> None:
    first, second = two(record)
    merge(second, first)
    assert set(mapping(record).values()) == {first}
    kept, gone = row_of(record, first), row_of(record, second)
    assert (kept["alert_count"], kept["source_ids"]) == (2, '["110-cad","120-cad"]')
    assert (kept["injured"], kept["severity"], kept["severity_rank"]) == (3, "severe", 3)
    assert (gone["status"], gone["merged_into"], gone["alert_count"]) == (S.MERGED, first, 0)


def test_both_incidents_tell_of_the_merge(record: Record, merge: Callable[[int, int], int]) -> None:
    first, second = two(record)
    merge(second, first)
    numbers = [row_of(record, it)["number"] for it in (first, second)]
    assert said_of(record, second)[-1] == f"并入 {numbers[0]}：同一起事故"
    assert said_of(record, first)[-1] == f"{numbers[1]} 并入：同一起事故"


def test_a_merge_undone_leaves_everything_as_it_was(
    record: Record, merge: Callable[[int, int], int], undo: Callable[[int], None]
) -> None:
    first, second = two(record)
    before = mapping(record), facts_of(record, first), facts_of(record, second)
    link_id = merge(second, first)
    undo(link_id)
    assert (mapping(record), facts_of(record, first), facts_of(record, second)) == before
    assert link_of(record, link_id).state == LinkState.UNDONE


def test_the_further_status_and_the_earlier_stamp_stand_and_go_back(
    record: Record,
    merge: Callable[[int, int], int],
    undo: Callable[[int], None],
    now: datetime,
) -> None:
    first, second = two(record)
    early, late = now, now + timedelta(minutes=5)
    with record.write() as w:
        for it, values in (
            (first, {"status": "verified", "verified_at": late, "response_level": 4}),
            (second, {"status": "on_scene", "verified_at": early, "on_scene_at": late}),
        ):
            w.cx.execute(incident.update().where(incident.c.id == it).values(**values))
        graded = {
            "grade": Grade.MAJOR,
            "response_level": 2,
            "claimed_by": "乙（值班员）",
        }
        w.cx.execute(incident.update().where(incident.c.id == second).values(**graded))
    before = facts_of(record, first), facts_of(record, second)
    link_id = merge(second, first)
    row = row_of(record, first)
    assert (row["status"], row["verified_at"], row["on_scene_at"]) == (S.ON_SCENE, early, late)
    assert (row["grade"], row["response_level"]) == (Grade.MAJOR, 2)
    assert row["claimed_by"] == "乙（值班员）"
    undo(link_id)
    assert (facts_of(record, first), facts_of(record, second)) == before


def test_what_was_done_after_the_merge_stays_when_it_is_undone(
    record: Record,
    officer: Actor,
    merge: Callable[[int, int], int],
    undo: Callable[[int], None],
    now: datetime,
) -> None:
    first, second = two(record)
    with record.write() as w:
        reached = {"status": "on_scene", "on_scene_at": now}
        w.cx.execute(incident.update().where(incident.c.id == second).values(**reached))
    link_id = merge(second, first)
    incidents.verify(record, officer, first, row_of(record, first)["version"], at=now)
    undo(link_id)
    row = row_of(record, first)
    assert (row["status"], row["verified_at"], row["on_scene_at"]) == (S.VERIFIED, now, None)


def test_an_update_goes_home_with_its_record(
    record: Record, merge: Callable[[int, int], int], undo: Callable[[int], None]
) -> None:
    first, second = two(record)
    link_id = merge(second, first)
    said = alert(source_id="120-cad", source_ref="E1", revision=2, text="伤者增至四人")
    update = add_alert(record, first, said)
    undo(link_id)
    assert mapping(record)[update] == second


def test_a_late_old_update_does_not_count_as_a_further_report(
    record: Record, merge: Callable[[int, int], int]
) -> None:
    first, second = two(record)
    for revision in (3, 2):
        add_alert(record, second, alert(source_id="120-cad", source_ref="E1", revision=revision))
    merge(second, first)
    assert row_of(record, first)["alert_count"] == 2


def test_a_report_that_came_after_the_merge_stays_where_it_came(
    record: Record, merge: Callable[[int, int], int], undo: Callable[[int], None]
) -> None:
    first, second = two(record)
    link_id = merge(second, first)
    new = add_alert(record, first, alert(source_id="122-cad", source_ref="T1"))
    undo(link_id)
    assert mapping(record)[new] == first
    assert row_of(record, first)["source_ids"] == '["110-cad","122-cad"]'


def test_the_placing_of_an_officer_outlives_a_merge(
    record: Record,
    officer: Actor,
    merge: Callable[[int, int], int],
    undo: Callable[[int], None],
) -> None:
    first, second = two(record)
    incidents.place_at(record, officer, second, 1, Point(119.2, 34.65), "立交桥下")
    before = facts_of(record, first), facts_of(record, second)
    link_id = merge(second, first)
    assert (row_of(record, first)["lon"], row_of(record, first)["place"]) == (119.2, "立交桥下")
    undo(link_id)
    assert (facts_of(record, first), facts_of(record, second)) == before


AGENCIES = load_agencies(Path(__file__).parents[1] / "data" / "agencies.toml")


def told_to(record: Record, agency_id: str) -> list[Any]:
    """The orders on their way to an agency, oldest first."""
    topic = f"linkage/v1/assignment/{agency_id}"
    with record.read() as cx:
        rows = select(outbound_message.c.payload).where(outbound_message.c.topic == topic)
        payloads = cx.execute(rows.order_by(outbound_message.c.id)).scalars().all()
    return [msgspec.json.decode(payload) for payload in payloads]


def test_assignments_follow_their_incident_there_and_back(record: Record, officer: Actor) -> None:
    first, second = two(record)
    going = put_task(record, second, "fire")
    done = put_task(record, second, "health", status="completed")
    own = put_task(record, first, "police")

    def holders() -> dict[int, int]:
        with record.read() as cx:
            return dict(cx.execute(select(assignment.c.id, assignment.c.incident_id)).all())

    link_id = merging.merge(record, officer, second, first, "同一起", agencies=AGENCIES)
    assert holders() == {going: first, done: second, own: first}
    merging.undo(record, officer, link_id, agencies=AGENCIES)
    assert holders() == {going: second, done: second, own: first}
    numbers = [row_of(record, it)["number"] for it in (first, second)]
    orders = told_to(record, "fire")
    assert [order["incident"]["number"] for order in orders] == numbers
    assert {order["revision"] for order in orders} == {1}, "an answer on its way stays good"
    assert told_to(record, "health") == told_to(record, "police") == []


def test_what_an_agency_answered_after_the_merge_goes_home_with_its_assignment(
    record: Record, officer: Actor, now: datetime
) -> None:
    first, second = two(record)
    task = put_task(record, second, "fire", at=now)
    link_id = merging.merge(record, officer, second, first, "同一起", agencies=AGENCIES)
    with record.write(at=now) as w:
        said = Feedback(
            assignment_id=task,
            revision=1,
            status=AssignmentStatus.ACKNOWLEDGED,
            at=now,
            casualties=Casualties(deaths=2),
        )
        apply_feedback(w, said, AGENCIES["fire"])
    assert row_of(record, first)["deaths"] == 2
    merging.undo(record, officer, link_id, agencies=AGENCIES)
    home, left = row_of(record, second), row_of(record, first)
    assert (home["status"], home["acknowledged_at"], home["deaths"]) == ("acknowledged", now, 2)
    assert left["deaths"] is None


def test_steps_are_undone_last_first(
    record: Record, merge: Callable[[int, int], int], undo: Callable[[int], None]
) -> None:
    first, second = two(record)
    third = put_incident(record, alert(source_id="122-cad", source_ref="T1"))
    before = mapping(record)
    one = merge(third, second)
    other = merge(second, first)
    with pytest.raises(NotAllowed, match="请先撤销那一步"):
        undo(one)
    undo(other)
    undo(one)
    assert mapping(record) == before


def test_two_merges_side_by_side_are_undone_in_any_order(
    record: Record, merge: Callable[[int, int], int], undo: Callable[[int], None]
) -> None:
    first, second = two(record)
    third = put_incident(record, alert(source_id="122-cad", source_ref="T1"))
    before = mapping(record)
    one, other = merge(second, first), merge(third, first)
    undo(one)
    undo(other)
    assert mapping(record) == before


def test_undoing_twice_tells_who_was_first(
    record: Record,
    other_officer: Actor,
    merge: Callable[[int, int], int],
    undo: Callable[[int], None],
) -> None:
    first, second = two(record)
    link_id = merge(second, first)
    undo(link_id)
    with pytest.raises(Raced, match="甲（值班员）已于"):
        merging.undo(record, other_officer, link_id, agencies={})


def test_a_statement_is_split_off_with_its_updates(
    record: Record, officer: Actor, undo: Callable[[int], None]
) -> None:
    first = put_incident(record)
    fire = alert(source_id="119-cad", source_ref="F1", kind=Kind.FIRE, headline="仓库起火")
    call = add_alert(record, first, fire)
    update = add_alert(record, first, msgspec.structs.replace(fire, revision=2))
    before = mapping(record)
    new = merging.split(record, officer, first, 1, [call], "两起事故")
    assert mapping(record) == before | {call: new, update: new}
    row = row_of(record, new)
    assert (row["kind"], row["headline"], row["status"]) == (Kind.FIRE, "仓库起火", S.RECEIVED)
    assert (row["alert_count"], row_of(record, first)["alert_count"]) == (1, 1)
    assert row["number"] != row_of(record, first)["number"]
    with record.read() as cx:
        link_id = cx.execute(select(func.max(incident_link.c.id))).scalar_one()
    undo(link_id)
    assert mapping(record) == before
    gone = row_of(record, new)
    assert (gone["status"], gone["merged_into"]) == (S.MERGED, first)


def test_a_split_leaves_something_behind(record: Record, officer: Actor) -> None:
    first = put_incident(record)
    (only,) = mapping(record)
    with pytest.raises(NotAllowed, match="至少要有一条"):
        merging.split(record, officer, first, 1, [only], "")


def test_a_split_takes_only_what_is_there(record: Record, officer: Actor) -> None:
    first, second = two(record)
    other = next(a for a, it in mapping(record).items() if it == second)
    for chosen in ([other], []):
        with pytest.raises(NotAllowed, match="请刷新后重新选择"):
            merging.split(record, officer, first, 1, chosen, "")


def test_a_split_on_an_old_screen_loses_the_race(
    record: Record, officer: Actor, other_officer: Actor
) -> None:
    first = put_incident(record)
    call = add_alert(record, first, alert(source_ref="J2"))
    incidents.verify(record, other_officer, first, 1)
    with pytest.raises(Raced, match="乙（值班员）"):
        merging.split(record, officer, first, 1, [call], "")


def proposal(record: Record, later: int, earlier: int) -> int:
    return put_link(record, later, earlier, LinkKind.PROPOSED, LinkState.OPEN, score=5.5)


def test_one_click_confirms_a_proposal(record: Record, officer: Actor) -> None:
    first, second = two(record)
    link_id = proposal(record, second, first)
    merged = merging.confirm(record, officer, link_id, agencies={})
    assert set(mapping(record).values()) == {first}
    assert link_of(record, link_id).state == LinkState.CONFIRMED
    assert link_of(record, merged).kind == LinkKind.MERGED


def test_a_proposal_is_decided_once(record: Record, officer: Actor, other_officer: Actor) -> None:
    first, second = two(record)
    link_id = proposal(record, second, first)
    merging.refuse(record, officer, link_id, "相隔一条街")
    with pytest.raises(Raced, match=r"甲（值班员）.*已否决"):
        merging.confirm(record, other_officer, link_id, agencies={})
    assert set(mapping(record).values()) == {first, second}
    assert said_of(record, first)[-1] == "相隔一条街"
    assert (link_of(record, link_id).state, link_of(record, link_id).score) == ("refused", 5.5)


def test_a_proposal_follows_an_incident_that_was_merged_meanwhile(
    record: Record, officer: Actor, merge: Callable[[int, int], int]
) -> None:
    first, second = two(record)
    third = put_incident(record, alert(source_id="122-cad", source_ref="T1"))
    link_id = proposal(record, third, second)
    merge(second, first)
    merging.confirm(record, officer, link_id, agencies={})
    assert set(mapping(record).values()) == {first}


def test_a_proposal_about_what_is_one_already_is_just_confirmed(
    record: Record, officer: Actor, merge: Callable[[int, int], int]
) -> None:
    first, second = two(record)
    link_id = proposal(record, second, first)
    merge(second, first)
    assert merging.confirm(record, officer, link_id, agencies={}) == link_id


def test_a_proposal_is_not_undone_but_refused(record: Record, undo: Callable[[int], None]) -> None:
    first, second = two(record)
    with pytest.raises(NotAllowed, match="请选择否决"):
        undo(proposal(record, second, first))


def test_related_incidents_stay_two(
    record: Record, officer: Actor, undo: Callable[[int], None]
) -> None:
    first, second = two(record)
    before = mapping(record)
    link_id = merging.relate(record, officer, first, second, "同一路段")
    assert mapping(record) == before
    link = link_of(record, link_id)
    assert (link.kind, link.from_id, link.to_id) == (LinkKind.RELATED, second, first)
    with pytest.raises(NotAllowed, match="已经关联"):
        merging.relate(record, officer, second, first, "")
    undo(link_id)
    assert link_of(record, link_id).state == LinkState.UNDONE
    merging.relate(record, officer, second, first, "还是有关")


@pytest.mark.parametrize("act", [merging.merge, merging.relate])
def test_an_exercise_never_meets_the_real_thing(
    record: Record, officer: Actor, act: Callable[..., int]
) -> None:
    first, second = two(record, exercise=True)
    more = {"agencies": {}} if act is merging.merge else {}
    with pytest.raises(NotAllowed, match="演练"):
        act(record, officer, second, first, "误并", **more)


def test_an_incident_is_not_merged_into_itself(
    record: Record, merge: Callable[[int, int], int]
) -> None:
    first = put_incident(record)
    with pytest.raises(NotAllowed, match="自身"):
        merge(first, first)


def test_there_are_no_rings_of_merges(record: Record, merge: Callable[[int, int], int]) -> None:
    first, second = two(record)
    merge(second, first)
    with pytest.raises(NotAllowed, match="已并入"):
        merge(first, second)


@pytest.mark.parametrize("closed_is_target", [True, False])
def test_a_closed_incident_is_not_merged(
    record: Record, officer: Actor, merge: Callable[[int, int], int], *, closed_is_target: bool
) -> None:
    first, second = two(record)
    incidents.close(record, officer, first, 1, Disposition.HANDLED)
    with pytest.raises(NotAllowed, match="请先重启"):
        merge(*((second, first) if closed_is_target else (first, second)))


def test_a_storm_swallows_no_call(
    record: Record, officer: Actor, merge: Callable[[int, int], int]
) -> None:
    call = put_incident(record)
    storm = put_incident(record, alert(source_ref="W1", source_id="weather", kind=Kind.RAINSTORM))
    with pytest.raises(NotAllowed, match="请改用关联"):
        merge(call, storm)
    merging.relate(record, officer, call, storm, "暴雨致路面积水")


def test_only_the_desk_merges(record: Record, analyst: Actor) -> None:
    first, second = two(record)
    with pytest.raises(NotPermitted):
        merging.merge(record, analyst, second, first, "", agencies={})


def test_a_position_known_to_the_other_is_taken(
    record: Record, merge: Callable[[int, int], int], undo: Callable[[int], None]
) -> None:
    blind = alert(point=None, position_note=PositionNote.MISSING, area_code=None)
    first = put_incident(record, blind)
    second = put_incident(record, alert(source_id="122-cad", source_ref="T1"))
    link_id = merge(second, first)
    assert row_of(record, first)["lon"] == 119.17
    undo(link_id)
    assert row_of(record, first)["lon"] is None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["merge", "split", "undo", "report"]),
        st.integers(0, 50),
        st.integers(0, 50),
    ),
    min_size=3,
    max_size=25,
)


class Shift:
    """Officers at work at random, on a fresh record, and what must hold after every step."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.officer = Actor("甲", Role.DUTY_OFFICER)
        self.incidents = [
            put_incident(record, alert(source_ref=f"J{n}", casualties=Casualties(injured=n)))
            for n in range(4)
        ]
        for n in range(6):
            add_alert(record, self.incidents[n % 3], self.call(f"K{n}"))
        with record.write() as w:
            for it in self.incidents:
                w.cx.execute(incident.update().where(incident.c.id == it).values(**told(w, it)))
        self.links: list[int] = []

    def call(self, ref: str, revision: int = 1) -> Alert:
        return alert(source_id="122-cad", source_ref=ref, revision=revision)

    def take(self, step: str, a: int, b: int) -> None:
        try:
            getattr(self, step)(a, b)
        except NotAllowed:
            return  # refused: then nothing may have changed, and `check` sees to it

    def merge(self, a: int, b: int) -> None:
        from_id, to_id = (self.incidents[i % len(self.incidents)] for i in (a, b))
        self.links.append(merging.merge(self.record, self.officer, from_id, to_id, "", agencies={}))

    def split(self, a: int, b: int) -> None:
        it = self.incidents[a % len(self.incidents)]
        here = [alert_id for alert_id, holder in mapping(self.record).items() if holder == it]
        chosen = [alert_id for n, alert_id in enumerate(here) if b >> n & 1]
        version = row_of(self.record, it)["version"]
        new = merging.split(self.record, self.officer, it, version, chosen, "")
        self.incidents.append(new)
        with self.record.read() as cx:
            links = select(incident_link.c.id).where(incident_link.c.to_id == new)
            self.links.append(cx.execute(links).scalar_one())

    def undo(self, a: int, _: int = 0) -> None:
        if self.links:
            link = self.links[a % len(self.links)]
            merging.undo(self.record, self.officer, link, agencies={})
            self.links.remove(link)

    def report(self, a: int, _: int) -> None:
        """An update of a record comes in, and joins wherever the record is."""
        known = f"K{a % 6}"
        with self.record.read() as cx:
            holder = (
                select(incident_alert.c.incident_id, func.max(statements.c.revision))
                .join(statements, statements.c.id == incident_alert.c.alert_id)
                .where(statements.c.source_ref == known)
                .group_by(incident_alert.c.incident_id)
            )
            ((it, newest),) = cx.execute(holder).all()
        add_alert(self.record, it, self.call(known, newest + 1))

    def check(self) -> None:
        with self.record.read() as cx:
            rows = cx.execute(select(incident)).mappings().all()
        held = mapping(self.record)
        merged = {row["id"]: row["merged_into"] for row in rows if row["status"] == S.MERGED}
        for row in rows:
            assert (row["merged_into"] is not None) == (row["status"] == S.MERGED)
            assert (row["id"] in held.values()) == (row["status"] != S.MERGED)
            seen = {row["id"]}
            at = row["id"]
            while at in merged:
                at = merged[at]
                assert at not in seen, "a ring of merges"
                seen.add(at)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_whatever_is_merged_and_split_no_statement_is_lost(
    fresh_sqlite: Callable[[], Record], steps: list[tuple[str, int, int]]
) -> None:
    record = fresh_sqlite()
    shift = Shift(record)
    first = mapping(record)
    homes = {it: facts_of(record, it) for it in shift.incidents}
    for step in steps:
        shift.take(*step)
        shift.check()
    reports = set(mapping(record)) - set(first)
    while shift.links:
        before = len(shift.links)
        for link in list(shift.links):
            shift.take("undo", shift.links.index(link), 0)
        assert len(shift.links) < before, "stuck: links that nothing can undo"
    shift.check()
    now = mapping(record)
    assert {a: it for a, it in now.items() if a not in reports} == first
    if not reports:
        assert {it: facts_of(record, it) for it in homes} == homes
    record.close()
